//! Fuel bounds the time of a call, whatever the call does.

use std::time::{Duration, Instant};

use wattle_runtime::{Config, Func, Imports, Instance, Limits, Store, Trap};

use crate::common::module;

/// A kind of work: its name, the definitions it needs, and one round of it.
type Work = (&'static str, String, String);

fn work() -> Vec<Work> {
    let mut all = Vec::new();
    let mut add = |name, fields: &str, round: &str| {
        all.push((name, fields.to_owned(), round.to_owned()));
    };
    let many = |count: usize, what: &str| vec![what; count].join(" ");
    let numbers = |count| many(count, "(i32.const 1)");
    // Bytes of memory.
    let memory = "(memory 64) (data $d \"0123456789abcdef\")";
    for (name, len) in [
        ("memory.fill 0", 0),
        ("memory.fill 16", 16),
        ("memory.fill 1000", 1000),
        ("memory.fill 4 MiB", 4 << 20),
    ] {
        add(name, memory, &format!("(memory.fill (i32.const 0) (i32.const 1) (i32.const {len}))"));
    }
    for (name, len) in
        [("memory.copy 0", 0), ("memory.copy 1000", 1000), ("memory.copy 2 MiB", 2 << 20)]
    {
        let round = format!("(memory.copy (i32.const 64) (i32.const 0) (i32.const {len}))");
        add(name, memory, &round);
    }
    add("memory.init", memory, "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 16))");
    let long = format!("(memory 16) (data $d \"{}\")", "x".repeat(1 << 19));
    add(
        "memory.init 512 KiB",
        &long,
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 0x80000))",
    );
    add("memory.size", memory, "(drop (memory.size))");
    add("memory.grow 0", memory, "(drop (memory.grow (i32.const 0)))");
    add(
        "memory.grow 1, and its bytes",
        "(memory 0) (global $at (mut i32) (i32.const 0))",
        "(if (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)) (then
            (loop $page
              (i32.store8 (global.get $at) (i32.const 1))
              (global.set $at (i32.add (global.get $at) (i32.const 4096)))
              (br_if $page (i32.and (global.get $at) (i32.const 0xffff))))))",
    );
    add("memory.grow that fails", memory, "(drop (memory.grow (i32.const 0x8000)))");
    // Tables.
    let table = "(table $t 100000 funcref) (table $u 100000 funcref)
        (elem $e func $f $f $f $f) (func $f)";
    for (name, len) in [("table.fill 0", 0), ("table.fill 100000", 100_000)] {
        add(
            name,
            table,
            &format!("(table.fill $t (i32.const 0) (ref.null func) (i32.const {len}))"),
        );
    }
    add("table.copy", table, "(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 100000))");
    add("table.init", table, "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 4))");
    add("table.get", table, "(drop (table.get $t (i32.const 3)))");
    add("table.set", table, "(table.set $t (i32.const 3) (ref.null func))");
    add(
        "table.grow",
        "(table $t 0 funcref)",
        "(drop (table.grow $t (ref.func $g) (i32.const 100))) ",
    );
    // Objects.
    let types = "(type $s (struct (field i32) (field i64))) (type $a (array (mut i64)))
        (type $b (array (mut i8))) (data $d \"0123456789abcdef\")
        (global $a (mut (ref null $a)) (ref.null $a)) (global $b (mut (ref null $b)) (ref.null $b))";
    add("struct.new", types, "(drop (struct.new $s (i32.const 1) (i64.const 2)))");
    add("struct.new_default", types, "(drop (struct.new_default $s))");
    let wide = format!("(type $w (struct {}))", many(500, "(field i64)"));
    let values = many(500, "(i64.const 1)");
    add("struct.new of 500", &wide, &format!("(drop (struct.new $w {values}))"));
    add("struct.new_default of 500", &wide, "(drop (struct.new_default $w))");
    for (name, len) in [("array.new 0", 0), ("array.new 10", 10), ("array.new 1000000", 1_000_000)]
    {
        add(name, types, &format!("(drop (array.new $a (i64.const 7) (i32.const {len})))"));
    }
    add("array.new_default", types, "(drop (array.new_default $b (i32.const 1000000)))");
    add("array.new_data", types, "(drop (array.new_data $b $d (i32.const 0) (i32.const 16)))");
    let kept = "(if (ref.is_null (global.get $a)) (then
        (global.set $a (array.new $a (i64.const 7) (i32.const 1000000)))))";
    add(
        "array.fill",
        types,
        &format!(
            "{kept} (array.fill $a (global.get $a) (i32.const 0) (i64.const 1) (i32.const 1000000))"
        ),
    );
    add(
        "array.copy",
        types,
        &format!(
            "{kept} (array.copy $a $a (global.get $a) (i32.const 1) (global.get $a) (i32.const 0) (i32.const 999999))"
        ),
    );
    add(
        "array.new_fixed",
        types,
        &format!("(drop (array.new_fixed $a 300 {}))", many(300, "(i64.const 1)")),
    );
    // A heap that is almost full is collected again and again.
    add(
        "struct.new in a full heap",
        "(type $n (struct (field (ref null $n)))) (global $n (mut (ref null $n)) (ref.null $n))
         (global $i (mut i32) (i32.const 90000)) (type $s (struct (field i32)))",
        "(if (global.get $i) (then
            (global.set $i (i32.sub (global.get $i) (i32.const 1)))
            (global.set $n (struct.new $n (global.get $n)))))
         (drop (struct.new $s (i32.const 1)))",
    );
    // Calls, values and exceptions.
    add("call", "(func $c)", "(call $c)");
    let locals = format!("(func $c (local {}))", many(20_000, "i64"));
    add("call with 20000 locals", &locals, "(call $c)");
    let wide = format!(
        "(type $w (func (param {0}) (result {0}))) (func $c (type $w) {1} (call $d))
         (func $d (type $w) {1})",
        many(900, "i64"),
        (0..900).map(|n| format!("(local.get {n})")).collect::<String>(),
    );
    let round = format!("{} (call $c) {}", many(900, "(i64.const 1)"), many(900, "drop"));
    add("call with 900 values", &wide, &round);
    let relay = format!(
        "(func $c (result {0}) {1}) (func $d (result {0}) (local i32) (call $c))
         (func $e (result {0}) (local i32) (call $d)) (func $h (result {0}) (local i32) (call $e))",
        many(900, "i64"),
        many(900, "(i64.const 1)"),
    );
    add("results of 900 values", &relay, &format!("(call $h) {}", many(900, "drop")));
    add("call_indirect", "(table funcref (elem $c)) (func $c)", "(call_indirect (i32.const 0))");
    add(
        "call_ref",
        "(type $v (func)) (elem declare func $c) (func $c (type $v))",
        "(call_ref $v (ref.func $c))",
    );
    let ladder = "(tag $t) (func $deep (param i32) (if (local.get 0)
        (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t))))";
    add("throw", ladder, "(block $h (try_table (catch $t $h) (throw $t)))");
    add(
        "throw through 1000 frames",
        ladder,
        "(block $h (try_table (catch $t $h) (call $deep (i32.const 1000))))",
    );
    let clauses = many(2000, "(catch $u $h)");
    let many_clauses = format!(
        "(tag $t) (tag $u) (func $deep (param i32)
        (block $h (try_table {clauses} (if (local.get 0)
          (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t))))))"
    );
    add(
        "throw through 200000 clauses",
        &many_clauses,
        "(block $h (try_table (catch $t $h) (call $deep (i32.const 100))))",
    );
    add(
        "ref.test",
        types,
        "(drop (ref.test (ref $a) (global.get $b)))".replace("$a", "$s").as_str(),
    );
    add(
        "atomics",
        "(memory 1 1 shared)",
        "(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))",
    );
    add("division", "", "(drop (i64.rem_s (i64.const -7654321234567) (i64.const 123)))");
    add("v128", "", "(drop (i8x16.swizzle (v128.const i64x2 1 2) (v128.const i64x2 3 4)))");
    // The host.
    add("call of the host", "", "(call $host)");
    add(
        "call of the host with values",
        "",
        &format!("(call $values {}) {}", numbers(40), many(40, "drop")),
    );
    all
}

fn run(fields: &str, round: &str, fuel: u64) -> (Duration, u64) {
    let values = ["i32"; 40].join(" ");
    let text = format!(
        "(module (import \"host\" \"none\" (func $host))
           (import \"host\" \"values\" (func $values (param {values}) (result {values})))
           {fields} (elem declare func $g) (func $g)
           (func (export \"run\") (loop $again {round} (br $again))))"
    );
    // A small heap is full of few objects.
    let bytes = if fields.contains("$n") { 5 << 20 } else { 128 << 20 };
    let limits = Limits { bytes, ..Limits::default() };
    let mut store = Store::with_config((), Config { limits, ..Config::default() });
    let mut imports = Imports::default();
    imports.define("host", "none", Func::wrap(&mut store, || ()));
    let i32s = [wattle_ast::ValType::I32; 40];
    let ty = wattle_ast::FuncType::new(i32s, i32s);
    let values = Func::new(&mut store, ty, |_, values| Ok(values.to_vec())).unwrap();
    imports.define("host", "values", values);
    let instance = Instance::new(&mut store, &module(&text), &imports).unwrap();
    let run = instance.func(&store, "run").unwrap();
    // This call only translates the function.
    store.set_fuel(Some(0));
    run.call(&mut store, &[]).unwrap_err();
    store.set_fuel(Some(fuel));
    let start = Instant::now();
    let error = run.call(&mut store, &[]).unwrap_err();
    let time = start.elapsed();
    assert_eq!(error.trap(), Some(Trap::OutOfFuel), "{round}");
    (time, fuel)
}

/// The time of arithmetic, accesses, branches and calls, with which other work is compared.
fn plain(fuel: u64) -> Duration {
    let fields = "(memory 1)
        (func $fib (param i32) (result i32)
          (i32.store (i32.shl (local.get 0) (i32.const 2)) (local.get 0))
          (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (i32.load (i32.shl (local.get 0) (i32.const 2))))
            (else (i32.add
              (call $fib (i32.sub (local.get 0) (i32.const 1)))
              (call $fib (i32.sub (local.get 0) (i32.const 2)))))))";
    run(fields, "(drop (call $fib (i32.const 15)))", fuel).0
}

/// The most that work may take, as a multiple. Work that is not paid by its size takes thousands of
/// times as long. Builds without optimisation are slower at some of it than at plain instructions,
/// and other programs may use the machine; `docs/embedding.md` has the ratios of a release build.
const BOUND: f64 = 50.0;

#[test]
fn no_work_takes_longer_than_its_fuel_of_plain_instructions() {
    const FUEL: u64 = 4_000_000;
    let base = (0..9).map(|_| plain(FUEL)).min().unwrap();
    println!("plain: {:.2} ns for a unit", base.as_nanos() as f64 / FUEL as f64);
    let mut slow = Vec::new();
    for (name, fields, round) in work() {
        let ratio = || {
            let (time, fuel) = run(&fields, &round, FUEL);
            time.as_secs_f64() / base.as_secs_f64() * FUEL as f64 / fuel as f64
        };
        let best = (0..5).map(|_| ratio()).fold(f64::INFINITY, f64::min);
        println!("{name:<32} {best:.2}");
        if best > BOUND {
            slow.push(format!("{name}: {best:.2}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
