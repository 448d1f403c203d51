//! The host: its functions, errors and exceptions on their way through, backtraces, observation.

use std::any::Any;

use crate::common::{instantiate, module};
use pretty_assertions::assert_eq;
use wattle_ast::{FuncType, Opcode};
use wattle_runtime::{
    Caller, Error, ErrorKind, Func, Imports, Instance, Observer, Ref, Step, Store, Trap, Value,
};

#[test]
fn functions_of_the_host_call_back() {
    let mut store = Store::new(Vec::<i32>::new());
    let mut imports = Imports::default();
    let back =
        Func::wrap(&mut store, |mut caller: Caller<'_, Vec<i32>>, n: i32| -> Result<i32, Error> {
            caller.data().push(n);
            let instance = caller.instance().unwrap();
            let values = instance.call(caller.store(), "down", &[Value::I32(n - 1)])?;
            Ok(values[0].i32().unwrap() + 1)
        });
    imports.define("host", "back", back);
    let text = r#"(module (import "host" "back" (func $back (param i32) (result i32)))
        (func (export "down") (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $back (local.get 0))) (else (i32.const 100)))))"#;
    let instance = Instance::new(&mut store, &module(text), &imports).unwrap();
    assert_eq!(instance.call(&mut store, "down", &[Value::I32(5)]).unwrap(), [Value::I32(105)]);
    assert_eq!(store.data(), &[5, 4, 3, 2, 1]);
    let error = instance.call(&mut store, "down", &[Value::I32(100_000)]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::StackExhausted));
}

#[test]
fn errors_pass_and_exceptions_are_caught() {
    let mut store = Store::new(());
    let thrower = instantiate(
        &mut store,
        r#"(module (tag $t (export "t") (param i32)) (func (export "throw") (throw $t (i32.const 42))))"#,
    );
    let throw = thrower.func(&store, "throw").unwrap();
    let mut imports = Imports::default();
    imports.define_instance(&store, "thrower", thrower);
    let relay = Func::new(&mut store, FuncType::default(), move |caller, _| {
        throw.call(caller.store(), &[])
    })
    .unwrap();
    let fail = Func::wrap(&mut store, |_: Caller<'_, ()>| -> Result<(), Error> {
        Err(Error::host("no more"))
    });
    imports.define("host", "relay", relay);
    imports.define("host", "fail", fail);
    let text = r#"(module
        (import "thrower" "t" (tag $t (param i32)))
        (import "host" "relay" (func $relay)) (import "host" "fail" (func $fail))
        (func (export "catch") (result i32)
          (block $caught (result i32)
            (try_table (catch $t $caught) (call $relay))
            (i32.const 0)))
        (func (export "tail") (result i32)
          (block $caught (result i32)
            (try_table (catch $t $caught) (call $leave))
            (i32.const 0)))
        (func $leave (return_call $relay))
        (func (export "uncaught") (call $relay))
        (func $inner (call $fail))
        (func (export "fail") (call $inner)))"#;
    let instance = Instance::new(&mut store, &module(text), &imports).unwrap();
    assert_eq!(instance.call(&mut store, "catch", &[]).unwrap(), [Value::I32(42)]);
    assert_eq!(instance.call(&mut store, "tail", &[]).unwrap(), [Value::I32(42)]);
    let error = instance.call(&mut store, "uncaught", &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Exception(_)), "{error}");
    let error = instance.call(&mut store, "fail", &[]).unwrap_err();
    assert_eq!(error.to_string(), "no more");
    let calls: Vec<String> = error.backtrace().iter().map(ToString::to_string).collect();
    assert_eq!(calls, ["func 6 `$inner` + 0x0", "func 7 + 0x0"]);
}

#[test]
fn traps_tell_where() {
    let mut store = Store::new(());
    let instance = instantiate(
        &mut store,
        r#"(module (table 3 funcref) (type $t (func))
            (func $div (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
            (func $main (export "main") (drop (call $div (i32.const 0))))
            (func (export "empty") (call_indirect (type $t) (i32.const 2))))"#,
    );
    let error = instance.call(&mut store, "main", &[]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::DivideByZero));
    let calls: Vec<String> = error.backtrace().iter().map(ToString::to_string).collect();
    assert_eq!(calls, ["func 0 `$div` + 0x4", "func 1 `$main` + 0x2"]);
    let error = instance.call(&mut store, "empty", &[]).unwrap_err();
    assert_eq!(error.to_string(), "uninitialized element 2");
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Observer for Steps {
    fn step(&mut self, step: Step) {
        self.0.push(step);
    }
}

#[test]
fn observers_see_every_instruction() {
    let mut store = Store::new(());
    let mut imports = Imports::default();
    let print = Func::wrap(&mut store, |_: Caller<'_, ()>, a: i32, b: f64| f64::from(a) + b);
    imports.define("host", "add", print);
    let text = r#"(module (import "host" "add" (func $add (param i32 f64) (result f64)))
        (func (export "run") (param i32) (result f64) (local $s f64)
          (loop $again
            (local.set $s (call $add (local.get 0) (local.get $s)))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (local.get $s)))"#;
    let instance = Instance::new(&mut store, &module(text), &imports).unwrap();
    let silent = instance.call(&mut store, "run", &[Value::I32(3)]).unwrap();
    store.observe(Some(Box::<Steps>::default()));
    let observed = instance.call(&mut store, "run", &[Value::I32(3)]).unwrap();
    assert_eq!(silent, observed);
    let observer: Box<dyn Any> = store.observe(None).unwrap();
    let Steps(steps) = *observer.downcast().unwrap();
    let count = |opcode| steps.iter().filter(|step| step.opcode == opcode).count();
    assert_eq!(count(Opcode::Call), 3);
    assert_eq!(count(Opcode::LocalGet), 3 * 3 + 1);
    assert_eq!(steps.len(), 1 + 3 * 9 + 3);
}

#[test]
fn types_are_checked() {
    let mut store = Store::new(());
    let instance = instantiate(
        &mut store,
        r#"(module (func (export "f") (param i32 externref) (result externref) (local.get 1))
            (func (export "g") (param (ref func))))"#,
    );
    let host = Value::from(Ref::host(9));
    let arguments = [Value::I32(1), host.clone()];
    assert_eq!(instance.call(&mut store, "f", &arguments).unwrap(), std::slice::from_ref(&host));
    let f = instance.func(&store, "f").unwrap();
    for (name, arguments) in [
        ("f", &[Value::I32(1)][..]),
        ("f", &[Value::I64(1), host.clone()]),
        ("f", &[Value::I32(1), Value::from(f)]),
        ("g", std::slice::from_ref(&host)),
        ("g", &[Value::from(Ref::Null(wattle_ast::AbsHeapType::Func))]),
    ] {
        let error = instance.call(&mut store, name, arguments).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Type(_)), "{name} {arguments:?}: {error}");
    }
    assert!(f.typed::<(i32,), i32>(&store).is_err());
    let mut other = Store::new(());
    assert_eq!(f.call(&mut other, &[]).unwrap_err().kind(), &ErrorKind::WrongStore);
}
