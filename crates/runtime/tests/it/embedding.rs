//! The features that a host builds with: its own errors, its data beside the memory, calls that are
//! suspended, imports for several stores.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pretty_assertions::assert_eq;
use wattle_runtime::{
    Caller, Error, ErrorKind, Func, Imports, Instance, Module, Outcome, Parts, Store, Trap, Value,
};

use crate::common::module;

/// An error of the host.
#[derive(Debug, PartialEq)]
struct NoKey(u32);

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no key {}", self.0)
    }
}

impl std::error::Error for NoKey {}

impl From<NoKey> for Error {
    fn from(error: NoKey) -> Error {
        Error::host(error)
    }
}

fn start<T>(store: &mut Store<T>, imports: &Imports<T>, text: &str) -> Instance {
    Instance::new(store, &module(text), imports).unwrap()
}

#[test]
fn what_threads_share_is_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<Store<Vec<u8>>>();
    check::<Module>();
    check::<Instance>();
    check::<Imports>();
    check::<Value>();
    check::<Error>();
    check::<wattle_runtime::Suspended>();
}

#[test]
fn the_error_of_a_host_function_comes_back_as_it_was() {
    let mut imports = Imports::default();
    imports.wrap("host", "get", |key: u32| if key == 7 { Ok(1) } else { Err(NoKey(key)) });
    let text = r#"(module (import "host" "get" (func $get (param i32) (result i32)))
        (func $inner (param i32) (result i32) (call $get (local.get 0)))
        (func (export "f") (param i32) (result i32) (call $inner (local.get 0))))"#;
    let mut store = Store::new(());
    let f = start(&mut store, &imports, text).func(&store, "f").unwrap();
    let f = f.typed::<u32, i32>(&store).unwrap();
    assert_eq!(f.call(&mut store, 7).unwrap(), 1);
    let error = f.call(&mut store, 8).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&NoKey(8)));
    assert_eq!(error.source().unwrap().downcast_ref(), Some(&NoKey(8)));
    assert_eq!(error.to_string(), "there is no key 8");
    assert_eq!(error.backtrace().len(), 2);
    assert!(error.downcast_ref::<fmt::Error>().is_none());
}

#[test]
fn closures_take_a_caller_or_not() {
    let mut imports = Imports::default();
    imports.wrap("host", "none", || ());
    imports.wrap("host", "one", |n: i64| n + 1);
    imports.wrap("host", "caller", |mut caller: Caller<'_, i64>| *caller.data() += 1);
    imports.wrap("host", "both", |mut caller: Caller<'_, i64>, n: i64| *caller.data() + n);
    let text = r#"(module (import "host" "none" (func $none)) (import "host" "caller" (func $caller))
        (import "host" "one" (func $one (param i64) (result i64)))
        (import "host" "both" (func $both (param i64) (result i64)))
        (func (export "f") (result i64)
          (call $none) (call $caller) (call $both (call $one (i64.const 5)))))"#;
    let mut store = Store::new(10);
    let instance = start(&mut store, &imports, text);
    assert_eq!(instance.call(&mut store, "f", &[]).unwrap(), [Value::I64(17)]);
}

#[test]
fn memory_and_data_are_borrowed_at_once() {
    let mut imports = Imports::default();
    let log = |mut caller: Caller<'_, Vec<u8>>, at: u32, len: u32| -> Result<u32, Error> {
        let memory = caller.memory("memory").unwrap();
        let Parts { bytes, data, mut fuel, .. } = memory.parts(caller.store())?;
        fuel.charge_bytes(len.into())?;
        let text = &mut bytes[at as usize..][..len as usize];
        data.extend_from_slice(text);
        text.fill(b'.');
        Ok(data.len() as u32)
    };
    imports.wrap("host", "log", log);
    let text = r#"(module (import "host" "log" (func $log (param i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 8) "hello")
        (func (export "f") (result i32) (call $log (i32.const 8) (i32.const 4))))"#;
    let mut store = Store::new(Vec::new());
    let instance = start(&mut store, &imports, text);
    assert_eq!(instance.call(&mut store, "f", &[]).unwrap(), [Value::I32(4)]);
    assert_eq!(store.data(), b"hell");
    let memory = instance.memory(&store, "memory").unwrap();
    assert_eq!(memory.bytes(&store).unwrap()[8..13], *b"....o");
}

#[test]
fn imports_serve_several_stores() {
    let count = Arc::new(AtomicU32::new(0));
    let mut imports = Imports::<u32>::default();
    let shared = count.clone();
    imports.wrap("host", "id", move |mut caller: Caller<'_, u32>| {
        shared.fetch_add(1, Ordering::Relaxed);
        *caller.data()
    });
    let ty = wattle_ast::FuncType::new([], [wattle_ast::ValType::I32]);
    imports.func("host", "two", ty, |_, _| Ok(vec![Value::I32(2)]));
    let text = r#"(module (import "host" "id" (func $id (result i32)))
        (import "host" "two" (func $two (result i32)))
        (func (export "f") (result i32) (i32.mul (call $id) (call $two))))"#;
    let threads = (0..4_u32).map(|id| {
        let imports = imports.clone();
        std::thread::spawn(move || {
            let mut store = Store::new(id);
            // Two instances of one store get one function.
            start(&mut store, &imports, text);
            let instance = start(&mut store, &imports, text);
            let values = instance.call(&mut store, "f", &[]).unwrap();
            assert_eq!(values, [Value::I32(2 * id as i32)]);
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(count.load(Ordering::Relaxed), 4);
}

/// A module that adds two numbers that it reads, one of them by a tail call.
const READS: &str = r#"(module
    (import "host" "read" (func $read (param i32) (result i32)))
    (tag $t (export "t"))
    (func $tail (param i32) (result i32) (return_call $read (local.get 0)))
    (func (export "sum") (result i32)
      (i32.add (call $read (i32.const 1)) (call $tail (i32.const 2))))
    (func (export "last") (result i32) (return_call $read (i32.const 3)))
    (func (export "caught") (result i32)
      (block $h (try_table (catch $t $h) (return (call $tail (i32.const 4)))))
      (i32.const -1))
    (func (export "throw") (throw $t)))"#;

/// The number that a host function waits for.
#[derive(Debug)]
struct Wanted(u32);

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {}", self.0)
    }
}

impl std::error::Error for Wanted {}

fn reading() -> (Store, Instance) {
    let mut imports = Imports::default();
    let read = |n: u32| -> Result<u32, Error> { Err(Error::suspend(Wanted(n))) };
    imports.wrap("host", "read", read);
    let mut store = Store::new(());
    let instance = start(&mut store, &imports, READS);
    (store, instance)
}

/// Drives a call to its end. A request for number `n` gets the answer `10 * n`.
fn drive(store: &mut Store, mut outcome: Outcome) -> (Vec<Value>, Vec<u32>) {
    let mut wanted = Vec::new();
    loop {
        let (call, what) = match outcome {
            Outcome::Done(values) => return (values, wanted),
            Outcome::Host(call, what) => (call, what),
            other => panic!("{other:?}"),
        };
        let Wanted(n) = *what.downcast_ref().unwrap();
        wanted.push(n);
        store.collect_garbage();
        outcome = call.finish(store, Ok(&[Value::I32(10 * n as i32)])).unwrap();
    }
}

#[test]
fn a_host_function_suspends_the_call() {
    let (mut store, instance) = reading();
    for (name, sum, asked) in [("sum", 30, &[1, 2][..]), ("last", 30, &[3]), ("caught", 40, &[4])] {
        let func = instance.func(&store, name).unwrap();
        let outcome = func.start(&mut store, &[]).unwrap();
        let (values, wanted) = drive(&mut store, outcome);
        assert_eq!((values, &*wanted), (vec![Value::I32(sum)], asked), "{name}");
    }
    // A call that cannot be suspended fails.
    let error = instance.call(&mut store, "sum", &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Suspended(_)));
    assert_eq!(error.to_string(), "the call cannot be suspended: number 1");
    assert_eq!(error.downcast_ref::<Wanted>().map(|wanted| wanted.0), Some(1));
}

#[test]
fn a_suspended_call_gets_an_error_or_is_asked_again() {
    let (mut store, instance) = reading();
    let suspended = |store: &mut Store, name: &str| match instance
        .func(store, name)
        .unwrap()
        .start(store, &[])
        .unwrap()
    {
        Outcome::Host(call, _) => call,
        other => panic!("{other:?}"),
    };
    let call = suspended(&mut store, "sum");
    let error = call.finish(&mut store, Err(NoKey(1).into())).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&NoKey(1)));
    assert_eq!(error.backtrace().len(), 1);
    // An exception is thrown where the function was called.
    let thrown = instance.call(&mut store, "throw", &[]).unwrap_err();
    let call = suspended(&mut store, "caught");
    let outcome = call.finish(&mut store, Err(thrown)).unwrap();
    assert!(matches!(outcome, Outcome::Done(values) if values == [Value::I32(-1)]));
    // Without results, the function is called again.
    let call = suspended(&mut store, "last");
    assert!(matches!(call.resume(&mut store).unwrap(), Outcome::Host(..)));
    // Results that do not fit are the host's mistake.
    let call = suspended(&mut store, "last");
    let error = call.finish(&mut store, Ok(&[Value::I64(0)])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Type(_)));
    // Other stores know nothing of the call.
    let call = suspended(&mut store, "last");
    let error = call.resume(&mut Store::new(())).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::WrongStore);
}

#[test]
fn host_functions_pay_for_their_work_once() {
    let mut imports = Imports::<Vec<u32>>::default();
    imports.wrap("host", "work", |mut caller: Caller<'_, Vec<u32>>, n: u32| {
        caller.fuel().charge(u64::from(n) / 2)?;
        caller.fuel().charge(u64::from(n) / 2)?;
        caller.data().push(n);
        Ok::<(), Error>(())
    });
    let text = r#"(module (import "host" "work" (func $work (param i32)))
        (func (export "f") (call $work (i32.const 1000)) (call $work (i32.const 2000))))"#;
    let mut store = Store::new(Vec::new());
    let instance = start(&mut store, &imports, text);
    let f = instance.func(&store, "f").unwrap();
    store.set_fuel(Some(10_000));
    f.call(&mut store, &[]).unwrap();
    let cost = 10_000 - store.fuel().unwrap();
    assert!((3_000..3_500).contains(&cost), "{cost}");
    // With too little fuel, the function does nothing.
    store.set_fuel(Some(500));
    assert_eq!(f.call(&mut store, &[]).unwrap_err().trap(), Some(Trap::OutOfFuel));
    assert_eq!(store.data(), &[1000, 2000]);
    // The fuel comes in slices that are smaller than the cost of either call.
    store.data_mut().clear();
    store.set_fuel(Some(0));
    let mut outcome = f.start(&mut store, &[]).unwrap();
    let mut slices = 0;
    while let Outcome::OutOfFuel(call) = outcome {
        slices += 1;
        store.set_fuel(Some(50));
        outcome = call.resume(&mut store).unwrap();
    }
    assert_eq!(store.data(), &[1000, 2000]);
    assert!((cost / 50..=cost / 50 + 2).contains(&slices), "{slices} slices, {cost}");
    // A function can also grant one slice after another.
    store.set_fuel_while(Some(cost), || true);
    f.call(&mut store, &[]).unwrap();
    store.set_fuel_while(None, || false);
    store.data_mut().clear();
    f.call(&mut store, &[]).unwrap();
    let ping = Func::wrap(&mut store, || 1);
    assert_eq!(ping.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 1);
}
