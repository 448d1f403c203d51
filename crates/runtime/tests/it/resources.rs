//! Resources that run out: fuel, calls, stack, memory, tables, heap. Each is an error, or `grow`
//! fails.

use crate::common::instantiate;
use pretty_assertions::assert_eq;
use wattle_runtime::{Config, ErrorKind, Imports, Instance, Limits, Outcome, Store, Trap, Value};

const COUNT: &str = r#"(module
    (global $n (export "n") (mut i32) (i32.const 0))
    (func (export "count") (param $to i32) (result i32)
      (loop $again
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (global.get $n) (local.get $to))))
      (global.get $n)))"#;

#[test]
fn without_fuel_a_call_fails_and_can_be_resumed() {
    let config = Config { fuel: Some(100), ..Config::default() };
    let mut store = Store::with_config((), config);
    let instance = instantiate(&mut store, COUNT);
    let error = instance.call(&mut store, "count", &[Value::I32(1000)]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::OutOfFuel));

    let count = instance.func(&store, "count").unwrap();
    store.set_fuel(Some(1_000));
    let mut outcome = count.start(&mut store, &[Value::I32(2000)]).unwrap();
    let mut pauses = 0;
    let values = loop {
        match outcome {
            Outcome::Done(values) => break values,
            Outcome::OutOfFuel(call) => {
                pauses += 1;
                store.set_fuel(Some(store.fuel().unwrap() + 1_000));
                outcome = call.resume(&mut store).unwrap();
            }
            Outcome::Waiting(..) | Outcome::Host(..) => panic!("nothing waits"),
        }
    };
    assert_eq!(values, [Value::I32(2000)]);
    assert!(pauses > 10, "{pauses}");
}

#[test]
fn fuel_is_counted_in_instructions() {
    let mut store = Store::with_config((), Config { fuel: Some(1_000), ..Config::default() });
    let instance = instantiate(&mut store, COUNT);
    instance.call(&mut store, "count", &[Value::I32(10)]).unwrap();
    // A loop, ten rounds of eight instructions, then `end`, `global.get` and `end`.
    assert_eq!(store.fuel(), Some(1_000 - 1 - 10 * 8 - 3));
}

#[test]
fn ten_million_calls_deep_is_an_error() {
    let text = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
          (else (i32.const 0)))))"#;
    let mut store = Store::new(());
    let instance = instantiate(&mut store, text);
    let error = instance.call(&mut store, "f", &[Value::I32(10_000_000)]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::StackExhausted));
    assert_eq!(error.backtrace().len(), 64);
    // The store can still be used.
    let values = instance.call(&mut store, "f", &[Value::I32(50_000)]).unwrap();
    assert_eq!(values, [Value::I32(50_000)]);

    let limits = Limits { call_depth: 20_000_000, stack_slots: 100_000_000, ..Limits::default() };
    let mut store = Store::with_config((), Config { limits, ..Config::default() });
    let instance = instantiate(&mut store, text);
    let values = instance.call(&mut store, "f", &[Value::I32(10_000_000)]).unwrap();
    assert_eq!(values, [Value::I32(10_000_000)]);
}

#[test]
fn tail_calls_take_no_stack() {
    let text = r#"(module
        (type $t (func (param i32 i64) (result i64)))
        (table 1 funcref) (elem (i32.const 0) $even)
        (func $even (export "even") (type $t)
          (if (result i64) (i32.eqz (local.get 0))
            (then (local.get 1))
            (else (return_call $odd (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))))
        (func $odd (type $t)
          (return_call_indirect (type $t)
            (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1)) (i32.const 0))))"#;
    let limits = Limits { call_depth: 0, stack_slots: 64, ..Limits::default() };
    let mut store = Store::with_config((), Config { limits, ..Config::default() });
    let instance = instantiate(&mut store, text);
    let arguments = [Value::I32(1_000_000), Value::I64(0)];
    assert_eq!(instance.call(&mut store, "even", &arguments).unwrap(), [Value::I64(1_000_000)]);
}

#[test]
fn memories_and_tables_have_limits() {
    let limits = Limits { bytes: 2 << 20, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let mut store = Store::with_config((), config);
    let instance = instantiate(
        &mut store,
        r#"(module (memory 1) (table 1 funcref)
            (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "table") (param i32) (result i32)
              (table.grow (ref.null func) (local.get 0))))"#,
    );
    for (name, by, answer) in [
        ("memory", 14, 1),
        ("memory", 16, -1),
        ("memory", -1, -1),
        ("table", 999, 1),
        ("table", 100_000, -1),
    ] {
        let values = instance.call(&mut store, name, &[Value::I32(by)]).unwrap();
        assert_eq!(values, [Value::I32(answer)], "{name} by {by}");
    }
    for text in [
        "(module (memory 16))",
        "(module (table 100000 funcref))",
        "(module (memory 8) (table 10000 funcref) (memory 4))",
        "(module (memory i64 0x1_0000_0000_0000))",
    ] {
        let error = Instance::new(&mut store, &crate::common::module(text), &Imports::default());
        assert!(matches!(error.unwrap_err().kind(), ErrorKind::Limit(_)), "{text}");
    }
}

#[test]
fn the_collector_frees_cycles_and_honours_the_limit() {
    let text = r#"(module
        (rec (type $node (struct (field (mut (ref null $node))) (field (mut (ref null $big))) (field i64)))
             (type $big (array (mut (ref null $node)))))
        (global $keep (mut (ref null $node)) (ref.null $node))
        (func (export "churn") (param $n i32) (local $a (ref null $node)) (local $b (ref null $node))
          (loop $again
            (local.set $a (struct.new $node (ref.null $node) (array.new_default $big (i32.const 10)) (i64.const 1)))
            (local.set $b (struct.new $node (local.get $a) (struct.get $node 1 (local.get $a)) (i64.const 2)))
            (struct.set $node 0 (local.get $a) (local.get $b))
            (array.set $big (struct.get $node 1 (local.get $a)) (i32.const 3) (local.get $b))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "keep") (param $n i32)
          (loop $again
            (global.set $keep (struct.new $node (global.get $keep) (ref.null $big) (i64.extend_i32_u (local.get $n))))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "sum") (result i64) (local $s i64) (local $p (ref null $node))
          (local.set $p (global.get $keep))
          (block $done (loop $again
            (br_if $done (ref.is_null (local.get $p)))
            (local.set $s (i64.add (local.get $s) (struct.get $node 2 (local.get $p))))
            (local.set $p (struct.get $node 0 (local.get $p)))
            (br $again)))
          (local.get $s)))"#;
    let limits = Limits { bytes: 8 << 20, ..Limits::default() };
    let mut store = Store::with_config((), Config { limits, ..Config::default() });
    let instance = instantiate(&mut store, text);
    instance.call(&mut store, "keep", &[Value::I32(1_000)]).unwrap();
    instance.call(&mut store, "churn", &[Value::I32(300_000)]).unwrap();
    assert!(store.collections() > 10, "{}", store.collections());
    assert!(store.heap_size().1 <= 8 << 20);
    assert_eq!(instance.call(&mut store, "sum", &[]).unwrap(), [Value::I64(500_500)]);
    store.collect_garbage();
    assert_eq!(store.heap_size().0, 1_000);

    let error = instance.call(&mut store, "keep", &[Value::I32(1_000_000)]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::HeapExhausted));
}

#[test]
fn what_the_host_holds_stays() {
    let text = r#"(module (type $s (struct (field i32)))
        (func (export "new") (result anyref) (struct.new $s (i32.const 7)))
        (func (export "get") (param anyref) (result i32)
          (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))))"#;
    let mut store = Store::new(());
    let instance = instantiate(&mut store, text);
    let object = instance.call(&mut store, "new", &[]).unwrap();
    store.collect_garbage();
    assert_eq!(store.heap_size().0, 1);
    assert_eq!(instance.call(&mut store, "get", &object).unwrap(), [Value::I32(7)]);
    drop(object);
    store.collect_garbage();
    assert_eq!(store.heap_size().0, 0);
}

/// Runs a function in slices of fuel, each of which is set and not added. Returns how it ends, and
/// the number of slices.
fn in_slices(store: &mut Store, instance: Instance, slice: u64) -> (Result<Vec<Value>, Trap>, u64) {
    let run = instance.func(store, "run").unwrap();
    store.set_fuel(Some(0));
    let mut outcome = run.start(store, &[]);
    for slices in 0.. {
        match outcome {
            Ok(Outcome::OutOfFuel(call)) => {
                assert_eq!(store.fuel(), Some(0), "all of the slice is paid");
                store.set_fuel(Some(slice));
                outcome = call.resume(store);
            }
            Ok(Outcome::Done(values)) => return (Ok(values), slices),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (Err(error.trap().unwrap()), slices),
        }
        assert!(slices < 1_000_000, "it does not advance");
    }
    unreachable!()
}

#[test]
fn a_resumed_call_always_advances() {
    let block = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(500);
    let clauses = "(catch $t $h)".repeat(500);
    for (name, fields, body) in [
        ("a long block", "", format!("{block} (local.get 0)")),
        (
            "memory.fill",
            "(memory 16)",
            "(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x100000)) (i32.const 500)".into(),
        ),
        ("memory.grow", "(memory 0)", "(drop (memory.grow (i32.const 8))) (i32.const 500)".into()),
        (
            "array.new",
            "(type $a (array i64))",
            "(array.len (array.new $a (i64.const 1) (i32.const 500)))".into(),
        ),
        (
            "an exception",
            "(tag $t) (tag $u) (func $throw (throw $u))",
            format!(
                "(block $u (try_table (catch $u $u)
                   (block $h (try_table {clauses} (call $throw))))) (i32.const 500)"
            ),
        ),
    ] {
        let text =
            format!("(module {fields} (func (export \"run\") (result i32) (local i32) {body}))");
        let mut store = Store::new(());
        let instance = instantiate(&mut store, &text);
        let (ended, fine) = in_slices(&mut store, instance, 1);
        assert_eq!(ended, Ok(vec![Value::I32(500)]), "{name}");
        assert!(fine > 250, "{name}: {fine} slices");
        let mut store = Store::new(());
        let instance = instantiate(&mut store, &text);
        let (_, coarse) = in_slices(&mut store, instance, 100);
        assert!(coarse <= fine / 100 + 1, "{name}: {coarse} slices of 100, {fine} of 1");
        // A run with all fuel at once costs as much as one in slices.
        let mut store = Store::new(());
        let instance = instantiate(&mut store, &text);
        store.set_fuel(Some(fine));
        assert!(instance.call(&mut store, "run", &[]).is_ok(), "{name}");
        assert_eq!(store.fuel(), Some(0), "{name}");
    }
}

#[test]
fn a_full_heap_is_told_in_slices_of_any_size() {
    let text = r#"(module (type $n (struct (field (ref null $n)) (field i64) (field i64)))
        (func (export "run") (local $n (ref null $n))
          (loop $next
            (local.set $n (struct.new $n (local.get $n) (i64.const 1) (i64.const 2)))
            (br $next))))"#;
    for slice in [200, 10_000, 10_000_000] {
        let limits = Limits { bytes: 3 << 20, ..Limits::default() };
        let mut store = Store::with_config((), Config { limits, ..Config::default() });
        let instance = instantiate(&mut store, text);
        let (ended, _) = in_slices(&mut store, instance, slice);
        assert_eq!(ended, Err(Trap::HeapExhausted), "slices of {slice}");
    }
}

#[test]
fn a_dropped_suspended_call_frees_what_it_held() {
    let mut store = Store::new(());
    let text = r#"(module (memory 1 1 shared)
        (func (export "spin") (loop $next (br $next)))
        (func (export "wait") (result i32)
          (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))"#;
    let instance = instantiate(&mut store, text);
    let [spin, wait] = ["spin", "wait"].map(|name| instance.func(&store, name).unwrap());
    let mut most = 0;
    for _ in 0..3_000 {
        store.set_fuel(Some(100));
        assert!(matches!(spin.start(&mut store, &[]).unwrap(), Outcome::OutOfFuel(_)));
        store.set_fuel(None);
        assert!(matches!(wait.start(&mut store, &[]).unwrap(), Outcome::Waiting(..)));
        most = most.max(store.bytes());
    }
    assert!(most < 8 << 20, "{most}");
    // A call is not freed while its handle is kept.
    let kept = wait.start(&mut store, &[]).unwrap();
    drop(wait.start(&mut store, &[]).unwrap());
    let Outcome::Waiting(kept, _) = kept else { panic!("it waits") };
    store.collect_garbage();
    assert!(kept.is_waiting(&store));
    assert_eq!(store.waiting(), 1);
    let resumed = kept.resume(&mut store).unwrap();
    assert!(matches!(resumed, Outcome::Done(values) if values == [Value::I32(2)]));
}

#[test]
fn instances_memories_and_tables_are_counted() {
    let limits = Limits { instances: 3, memories: 4, tables: 5, ..Limits::default() };
    let refused = |text: &str| {
        let mut store = Store::with_config((), Config { limits, ..Config::default() });
        let module = crate::common::module(text);
        for count in 0.. {
            if let Err(error) = Instance::new(&mut store, &module, &Imports::default()) {
                return (count, error.to_string());
            }
        }
        unreachable!()
    };
    let memories = "(module (memory 0) (memory 0))";
    let tables = "(module (table 0 funcref) (table 0 funcref))";
    assert_eq!(refused("(module)"), (3, "limit exceeded: number of instances".into()));
    assert_eq!(refused(memories), (2, "limit exceeded: number of memories".into()));
    assert_eq!(refused(tables), (2, "limit exceeded: number of tables".into()));
}

/// Counts the bytes of several stores, and refuses more than its limit.
#[derive(Clone)]
struct Shared(std::sync::Arc<std::sync::Mutex<u64>>);

impl wattle_runtime::ResourceLimiter for Shared {
    fn grows(&mut self, growth: wattle_runtime::Growth) -> bool {
        let mut used = self.0.lock().unwrap();
        let total = *used + growth.desired - growth.current;
        if total > 8 << 20 {
            return false;
        }
        *used = total;
        true
    }

    fn shrinks(&mut self, _: wattle_runtime::Resource, bytes: u64) {
        *self.0.lock().unwrap() -= bytes;
    }
}

#[test]
fn a_limiter_sees_every_byte() {
    let used = Shared(std::sync::Arc::default());
    let text = r#"(module (memory 1) (table 10 funcref) (type $a (array i8))
        (func $deep (export "deep") (param i32) (if (local.get 0)
          (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "objects") (param i32) (loop $next
          (drop (array.new_default $a (i32.const 1000)))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "grow") (param i32)
          (drop (table.grow (ref.null func) (local.get 0)))
          (drop (memory.grow (local.get 0)))))"#;
    let mut stores = Vec::new();
    for _ in 0..3 {
        let mut store = Store::new(());
        store.set_limiter(Some(Box::new(used.clone())));
        let instance = instantiate(&mut store, text);
        for (name, count) in [("objects", 5_000), ("deep", 5_000), ("grow", 3), ("objects", 10)] {
            instance.call(&mut store, name, &[Value::I32(count)]).unwrap();
        }
        store.collect_garbage();
        stores.push((store, instance));
        let sum: u64 = stores.iter().map(|(store, _)| store.bytes()).sum();
        assert_eq!(*used.0.lock().unwrap(), sum);
    }
    // Together, the stores reach a limit that none of them has.
    let (store, instance) = &mut stores[0];
    for _ in 0..20 {
        instance.call(store, "grow", &[Value::I32(10)]).unwrap();
    }
    assert!(*used.0.lock().unwrap() <= 8 << 20);
    let deep = instance.call(store, "deep", &[Value::I32(60_000)]);
    assert_eq!(deep.unwrap_err().trap(), Some(Trap::StackExhausted));
    assert!(*used.0.lock().unwrap() <= 8 << 20);
}
