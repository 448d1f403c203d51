//! Fused operations have the effect of their instructions one by one: a store that is observed
//! executes each instruction on its own, and a store with fuel pays for each. All must agree, on
//! traps and their places too.

use std::any::Any;
use std::fmt::Write;

use crate::common::instantiate;
use pretty_assertions::assert_eq;
use wattle_ast::Opcode;
use wattle_runtime::{Config, Observer, Outcome, Step, Store, Trap, Value};

/// A trap, and the functions and offsets of its backtrace.
type Trapped = (Option<Trap>, Vec<(u32, u32)>);

/// The outcome of a run.
#[derive(Debug, PartialEq)]
struct End {
    results: Result<Vec<Value>, Trapped>,
    memory: Option<u64>,
}

/// Counts the fuel of instructions.
#[derive(Default)]
struct Count(u64);

impl Observer for Count {
    fn step(&mut self, step: Step) {
        self.0 += if step.opcode == Opcode::Call { 6 } else { 1 };
    }
}

fn run(store: &mut Store<()>, text: &str, arguments: &[Value]) -> End {
    let instance = instantiate(store, text);
    let results = instance.call(store, "run", arguments).map_err(|error| {
        let places = error.backtrace().iter().map(|site| (site.func, site.offset)).collect();
        (error.trap(), places)
    });
    let memory = instance.memory(store, "memory").ok().map(|memory| memory.hash(store).unwrap());
    End { results, memory }
}

/// Runs a module plainly, observed, and on fuel. Checks that the outcomes are equal, and returns
/// them.
fn agree(text: &str, arguments: &[Value]) -> End {
    let plain = run(&mut Store::new(()), text, arguments);

    let mut store = Store::new(());
    store.observe(Some(Box::<Count>::default()));
    assert_eq!(plain, run(&mut store, text, arguments), "observed: {text}");
    let observer: Box<dyn Any> = store.observe(None).unwrap();
    let Count(steps) = *observer.downcast().unwrap();

    let mut store = Store::with_config((), Config { fuel: Some(1 << 40), ..Config::default() });
    assert_eq!(plain, run(&mut store, text, arguments), "on fuel: {text}");
    if plain.results.is_ok() {
        assert_eq!((1 << 40) - store.fuel().unwrap(), steps, "fuel: {text}");
    }
    plain
}

fn result(text: &str, arguments: &[Value]) -> Value {
    agree(text, arguments).results.unwrap()[0].clone()
}

/// A function of two numbers with some locals.
fn i32_function(body: &str) -> String {
    format!(
        "(module (memory (export \"memory\") 1)
           (func (export \"run\") (param $a i32) (param $b i32) (result i32)
             (local $i i32) (local $j i32) {body}))"
    )
}

fn i32_result(body: &str, a: i32, b: i32) -> Value {
    result(&i32_function(body), &[Value::I32(a), Value::I32(b)])
}

#[test]
fn a_local_may_be_operand_and_destination() {
    let body = "(local.set $a (i32.add (local.get $a) (local.get $a)))
        (local.set $a (i32.xor (local.get $a) (local.get $b)))
        (local.set $b (i32.add (local.get $a) (local.get $b)))
        (local.set $a (local.get $b)) (local.set $b (local.get $a)) (local.set $i (local.get $b))
        (i32.add (i32.add (local.get $a) (local.get $b)) (local.get $i))";
    assert_eq!(i32_result(body, 3, 5), Value::I32(3 * ((6 ^ 5) + 5)));
    let swap = "(local.get $a) (local.get $b) (local.set $a) (local.set $b)
        (i32.sub (local.get $a) (local.get $b))";
    assert_eq!(i32_result(swap, 3, 5), Value::I32(2));
    // An operand that was pushed before the local changed keeps its value.
    let kept = "(local.get $a) (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $a (i32.add (local.get $a) (i32.const 1))) (i32.mul (local.get $a))";
    assert_eq!(i32_result(kept, 3, 0), Value::I32(15));
}

#[test]
fn a_loop_may_begin_in_the_middle_of_a_row() {
    let add = "(local.set $i (i32.add (local.get $i) (i32.const 100)))
        (loop $next
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $j) (local.get $a))))
        (i32.add (local.get $i) (local.get $j))";
    assert_eq!(i32_result(add, 7, 0), Value::I32(107));
    let copy = "(local.set $i (local.get $a))
        (loop $next
          (local.set $j (local.get $i))
          (local.set $i (local.get $b))
          (br_if $next (i32.ne (local.get $j) (local.get $b))))
        (i32.sub (local.get $i) (local.get $j))";
    assert_eq!(i32_result(copy, 1, 2), Value::I32(0));
    let inner = "(block $out (br_if $out (local.get $b))
          (local.set $i (i32.shl (local.get $a) (i32.const 2))))
        (local.set $i (i32.add (local.get $i) (local.get $a)))
        (local.get $i)";
    assert_eq!(i32_result(inner, 3, 0), Value::I32(15));
    assert_eq!(i32_result(inner, 3, 1), Value::I32(3));
}

#[test]
fn a_loop_that_begins_with_its_test_ends_when_it_should() {
    let body = "(block $done
          (loop $next
            (br_if $done (i32.ge_u (local.get $i) (local.get $a)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (block (br_if 0 (i32.and (local.get $i) (i32.const 1))) (br $next))
            (local.set $j (i32.add (local.get $j) (local.get $i)))
            (br $next)))
        (local.get $j)";
    for (to, sum) in [(0, 0), (1, 1), (2, 1), (3, 4), (10, 25)] {
        assert_eq!(i32_result(body, to, 0), Value::I32(sum), "{to}");
    }
    // The test is of the parameter of the loop, and leaves the loop with a value.
    let taken = "(block $done (result i32)
          (local.get $a)
          (loop $next (param i32)
            (local.tee $i)
            (br_if $done (i32.const 77) (i32.eqz (local.get $i))) (drop)
            (local.set $j (i32.add (local.get $j) (local.get $i)))
            (br $next (i32.sub (local.get $i) (i32.const 1))))
          (unreachable))
        (i32.add (local.get $j))";
    for (from, sum) in [(0, 77), (1, 78), (4, 87)] {
        assert_eq!(i32_result(taken, from, 0), Value::I32(sum), "{from}");
    }
    // The test is of the value that the turn itself left on the stack.
    let own = "(local.get $a)
        (loop $next (param i32)
          (if (then (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (local.set $a (i32.shr_u (local.get $a) (i32.const 1)))
            (br $next (local.get $a)))))
        (local.get $j)";
    assert_eq!(i32_result(own, 0x40, 0), Value::I32(7));
}

#[test]
fn what_is_behind_a_branch_waits_for_it() {
    let body = "(global.set $g (local.get $a))
        (block $out
          (br_if $out (i32.ne (global.get $g) (i32.const 3)))
          (local.set $i (i32.add (local.get $i) (i32.const 40)))
          (br_if $out (i32.ne (local.get $b) (i32.const 7)))
          (br_if $out (i32.ne (local.get $a) (i32.const 3)))
          (local.set $j (local.get $b))
          (br_if $out (local.get $b))
          (local.set $i (i32.add (local.get $i) (i32.const 100))))
        (global.set $g (i32.add (global.get $g) (i32.const -16)))
        (i32.add (i32.add (local.get $i) (local.get $j)) (global.get $g))";
    let text =
        i32_function(body).replacen("(memory", "(global $g (mut i32) (i32.const 1)) (memory", 1);
    let run = |a, b| result(&text, &[Value::I32(a), Value::I32(b)]);
    assert_eq!(run(4, 7), Value::I32(4 - 16));
    assert_eq!(run(3, 6), Value::I32(40 + 3 - 16));
    assert_eq!(run(3, 7), Value::I32(40 + 7 + 3 - 16));
}

#[test]
fn a_branch_to_a_return_returns() {
    let body = "(if (result i32) (local.get $a)
          (then (br_table 0 1 0 (i32.const 5) (local.get $b)))
          (else (local.get $b)))";
    assert_eq!(i32_result(body, 1, 0), Value::I32(5));
    assert_eq!(i32_result(body, 1, 1), Value::I32(5));
    assert_eq!(i32_result(body, 0, 9), Value::I32(9));
}

#[test]
fn constants_wrap() {
    let subtract = |n: &str| format!("(i32.sub (local.get $a) (i32.const {n}))");
    for (a, n) in [(i32::MIN, 1), (0, i32::MIN), (-1, i32::MIN), (5, 0), (i32::MAX, -1)] {
        let value = i32_result(&subtract(&n.to_string()), a, 0);
        assert_eq!(value, Value::I32(a.wrapping_sub(n)));
    }
    for (a, n) in [(i64::MIN, 1), (0, i64::MIN), (-1, i64::MIN), (7, 0), (1, 1 << 32)] {
        let text = format!(
            "(module (func (export \"run\") (param i64) (result i64)
               (i64.sub (local.get 0) (i64.const {n}))))"
        );
        assert_eq!(result(&text, &[Value::I64(a)]), Value::I64(a.wrapping_sub(n)));
    }
    // The counter wraps around before its test.
    let body = "(loop $next
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (local.set $a (i32.add (local.get $a) (i32.const 3)))
          (br_if $next (i32.gt_u (local.get $a) (i32.const 2))))
        (local.get $j)";
    assert_eq!(i32_result(body, -7, 0), Value::I32(3));
}

#[test]
fn stored_constants_are_whole() {
    let text = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32) (result i64)
          (i64.store (local.get 0) (i64.const -1))
          (i64.store offset=8 (local.get 0) (i64.const 0x8000_0000))
          (i64.store offset=16 (local.get 0) (i64.const 0x7fff_ffff))
          (i64.store offset=24 (local.get 0) (i64.const -0x8000_0000))
          (f64.store offset=32 (local.get 0) (f64.const 1.5))
          (f32.store offset=40 (local.get 0) (f32.const -2.5))
          (i32.store offset=44 (local.get 0) (i32.const -3))
          (i32.store8 offset=48 (local.get 0) (i32.const 0x1fe))
          (i32.store16 offset=50 (local.get 0) (i32.const 0x1fffd))
          (i64.store8 offset=52 (local.get 0) (i64.const 0x1_0000_0011))
          (i64.store16 offset=54 (local.get 0) (i64.const 0x1_0002_2222))
          (i64.store32 offset=56 (local.get 0) (i64.const 0x1_3333_3333))
          (i64.const 0)))"#;
    agree(text, &[Value::I32(64)]);
    let mut store = Store::new(());
    let instance = instantiate(&mut store, text);
    instance.call(&mut store, "run", &[Value::I32(64)]).unwrap();
    let memory = instance.memory(&store, "memory").unwrap();
    let mut expected = Vec::new();
    for word in [-1_i64, 0x8000_0000, 0x7fff_ffff, -0x8000_0000, 1.5_f64.to_bits() as i64] {
        expected.extend(word.to_le_bytes());
    }
    expected.extend((-2.5_f32).to_le_bytes());
    expected.extend((-3_i32).to_le_bytes());
    expected.extend([0xfe, 0, 0xfd, 0xff, 0x11, 0, 0x22, 0x22, 0x33, 0x33, 0x33, 0x33]);
    assert_eq!(&memory.bytes(&store).unwrap()[64..64 + expected.len()], expected);
    // Out of bounds by a byte.
    let end = agree(text, &[Value::I32(65_536 - 59)]);
    assert_eq!(end.results.unwrap_err().0, Some(Trap::MemoryOutOfBounds));
}

#[test]
fn each_of_a_row_traps_in_its_place() {
    let trap = |body: &str, a: i32, b: i32| {
        let end = agree(&i32_function(body), &[Value::I32(a), Value::I32(b)]);
        let (trap, places) = end.results.unwrap_err();
        assert_eq!(trap, Some(Trap::MemoryOutOfBounds));
        places[0].1
    };
    let copy = "(i32.store8 (local.get $a) (i32.load8_u (local.get $b))) (i32.const 0)";
    assert!(trap(copy, 65_536, 0) > trap(copy, 0, 65_536));
    let two = "(i32.add (i32.load (local.get $a)) (i32.load (local.get $b)))";
    assert!(trap(two, 0, -1) > trap(two, -1, 0));
    let scaled = "(i32.load (i32.add (local.get $b) (i32.shl (local.get $a) (i32.const 2))))";
    trap(scaled, 0x4000, 0);
    let stores =
        "(i32.store (local.get $a) (local.get $b)) (i32.store (local.get $b) (local.get $a))
        (i32.const 0)";
    assert!(trap(stores, 0, -1) > trap(stores, -1, 0));
    // The backtrace of a trap in the callee has the place of the call.
    let call = "(i32.store (local.get $a) (local.get $b))
        (if (i32.eqz (local.get $b)) (then (return (i32.const 1))))
        (call 0 (i32.const 65_536) (i32.const 0))";
    trap(call, 0, 1);
}

#[test]
fn fuel_may_run_out_anywhere() {
    let body = "(loop $next
          (i32.store8 (local.get $i) (i32.load8_u offset=1 (local.get $i)))
          (local.set $j (i32.add (local.get $j) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (local.get $a))))
        (call $half (local.get $j))";
    let half = "(func $half (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (call $half (i32.shr_u (local.get 0) (i32.const 1))) (i32.const 1)))
          (else (i32.const 0))))";
    let text = i32_function(body).replacen("(memory", &format!("{half} (memory"), 1);
    let arguments = [Value::I32(20), Value::I32(0)];
    let expected = agree(&text, &arguments).results.unwrap();
    let mut store = Store::with_config((), Config { fuel: Some(0), ..Config::default() });
    let instance = instantiate(&mut store, &text);
    let run = instance.func(&store, "run").unwrap();
    let mut outcome = run.start(&mut store, &arguments).unwrap();
    let mut paid = 0;
    let values = loop {
        match outcome {
            Outcome::Done(values) => break values,
            Outcome::OutOfFuel(call) => {
                paid += 1;
                store.set_fuel(Some(store.fuel().unwrap() + 1));
                outcome = call.resume(&mut store).unwrap();
            }
            Outcome::Waiting(..) | Outcome::Host(..) => panic!("nothing waits"),
        }
    };
    assert_eq!(values, expected);
    let mut store = Store::with_config((), Config { fuel: Some(paid), ..Config::default() });
    assert_eq!(run_values(&mut store, &text, &arguments), expected);
    assert_eq!(store.fuel(), Some(0));
}

fn run_values(store: &mut Store<()>, text: &str, arguments: &[Value]) -> Vec<Value> {
    run(store, text, arguments).results.unwrap()
}

/// A generator of pseudorandom numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % bound
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const I32_LOCALS: [&str; 4] = ["$a", "$b", "$i", "$j"];
const I64_LOCALS: [&str; 3] = ["$x", "$y", "$z"];
const ARITHMETIC: [&str; 11] =
    ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "rotl", "rotr"];
const TESTS: [&str; 10] =
    ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

/// An operand of type `ty`, of up to three instructions.
fn operand(random: &mut Random, ty: &str, depth: usize) -> String {
    let locals: &[&str] = if ty == "i32" { &I32_LOCALS } else { &I64_LOCALS };
    match random.below(if depth == 0 { 3 } else { 8 }) {
        0 => format!("(local.get {})", random.of(locals)),
        2 if depth == 0 => {
            let global = if ty == "i32" { "$g" } else { "$h" };
            format!("(global.get {global})")
        }
        7 => {
            let (left, right) = (operand(random, ty, depth - 1), operand(random, ty, 0));
            format!("(select {left} {right} {})", operand(random, "i32", depth - 1))
        }
        1 => format!("({ty}.const {})", random.of(&["1", "-1", "3", "7", "0", "0x7fff_ffff"])),
        2 => {
            // Most addresses are in bounds.
            let bits = random.of(&["0xfff", "0xffff", "0xff", "0xfff"]);
            let load = if ty == "i32" { "i32.load8_u" } else { "i64.load" };
            let load = if random.below(2) == 0 { load.into() } else { format!("{ty}.load") };
            let at = operand(random, "i32", depth - 1);
            format!("({load} offset=4 (i32.and {at} (i32.const {bits})))")
        }
        _ => {
            let (left, right) = (operand(random, ty, depth - 1), operand(random, ty, depth - 1));
            format!("({ty}.{} {left} {right})", random.of(&ARITHMETIC))
        }
    }
}

fn test(random: &mut Random) -> String {
    let ty = random.of(&["i32", "i64"]);
    let (left, right) = (operand(random, ty, 1), operand(random, ty, 0));
    match random.below(5) {
        0 => operand(random, "i32", 1),
        1 => format!("(i32.eqz {})", operand(random, "i32", 1)),
        _ => format!("({ty}.{} {left} {right})", random.of(&TESTS)),
    }
}

fn statements(random: &mut Random, text: &mut String, count: usize) {
    for _ in 0..count {
        let ty = random.of(&["i32", "i32", "i64"]);
        let locals: &[&str] = if ty == "i32" { &I32_LOCALS } else { &I64_LOCALS };
        let local = random.of(locals);
        let value = operand(random, ty, 2);
        let _ = match random.below(11) {
            8 => write!(text, "(global.set $g (i32.add (global.get $g) (i32.const 16)))"),
            9 => write!(
                text,
                "(global.set $h (i64.add (global.get $h) {}))",
                operand(random, "i64", 1)
            ),
            10 => write!(
                text,
                "(block (br_if 0 ({} (global.get $g) (i32.const 21))) (br_if 0 {})
                   (local.set {local} {value}))",
                random.of(&["i32.ne", "i32.eq"]),
                test(random)
            ),
            0 => write!(text, "(local.set {local} (local.get {}))", random.of(locals)),
            1 => write!(text, "(block (br_if 0 {}) (local.set {local} {value}))", test(random)),
            2 => {
                let at = operand(random, "i32", 0);
                write!(text, "({ty}.store (i32.and {at} (i32.const 0xffff)) {value})")
            }
            3 => {
                let at = operand(random, "i32", 1);
                write!(text, "({ty}.store8 (i32.and {at} (i32.const 0xfff)) {value})")
            }
            4 if ty == "i32" => {
                let other = operand(random, ty, 0);
                write!(text, "(local.set {local} (call $helper {value} {other}))")
            }
            5 => write!(text, "(local.set {local} (local.tee {} {value}))", random.of(locals)),
            _ => write!(text, "(local.set {local} {value})"),
        };
    }
}

#[test]
fn random_functions_agree() {
    let mut random = Random(1);
    let mut ends = [0, 0];
    for _ in 0..400 {
        let mut text = String::from(
            "(module (memory (export \"memory\") 1)
               (global $g (mut i32) (i32.const 5)) (global $h (mut i64) (i64.const -9))
               (func $helper (param $a i32) (param $b i32) (result i32)
                 (local $i i32) (local $j i32) (local $x i64) (local $y i64) (local $z i64)",
        );
        let count = random.below(3);
        // The helper does not call itself, so that it ends.
        let mut body = String::new();
        statements(&mut random, &mut body, count);
        text += &body.replace("call $helper", "i32.sub");
        let _ = write!(text, "{})", operand(&mut random, "i32", 2));
        text += "(func (export \"run\") (param $a i32) (param $b i32) (result i32 i64)
            (local $i i32) (local $j i32) (local $x i64) (local $y i64) (local $z i64)
            (local $turns i32) (local $down i64)
            (local.set $down (i64.const 9))
            (block $out (loop $next";
        if random.below(2) == 0 {
            let _ = write!(text, "(br_if $out (i32.ge_s (local.get $turns) (i32.const 7)))");
        }
        let count = 1 + random.below(6);
        statements(&mut random, &mut text, count);
        let count = "(local.set $turns (i32.add (local.get $turns) (i32.const 1)))
            (local.set $down (i64.sub (local.get $down) (i64.const 1)))";
        let _ = match random.below(5) {
            0 => write!(text, "{count} (br_if $next (i32.lt_u (local.get $turns) (i32.const 9)))"),
            1 => write!(text, "{count} (br_if $next (i64.ne (local.get $down) (i64.const 0)))"),
            2 => write!(
                text,
                "(br_if $out (i32.eq (local.get $turns) (i32.const 8))) {count} (br $next)"
            ),
            3 => write!(
                text,
                "{count} (br_if $next (i64.gt_s (local.get $down) (local.get $x)))
                 (br_if $next (i32.lt_s (local.get $turns) (i32.const 4)))"
            ),
            _ => write!(
                text,
                "{count} (local.set $i (local.get $turns)) (br_if $out (i64.eqz (local.get $down)))
                 (if {} (then (br $next)))",
                test(&mut random)
            ),
        };
        text += "))";
        statements(&mut random, &mut text, 2);
        text += "(i32.xor (local.get $a) (i32.add (local.get $i) (local.get $j)))
            (i64.xor (local.get $x) (local.get $y))))";
        for (a, b) in [(0, 0), (1, -1), (0x7fff_fff0, 12_345)] {
            let end = agree(&text, &[Value::I32(a), Value::I32(b)]);
            ends[usize::from(end.results.is_ok())] += 1;
        }
    }
    assert!(ends[0] > 20 && ends[1] > 600, "{ends:?}");
}
