//! Atomic accesses: cases that the official suite does not test.

use crate::common::instantiate;
use pretty_assertions::assert_eq;
use wattle_runtime::{Store, Value};

/// The proposal's first reference interpreter compared all of the expected value; engines, and now
/// the proposal, wrap it: <https://github.com/WebAssembly/threads/issues/195>.
#[test]
fn a_narrow_exchange_compares_narrow_values() {
    let mut store = Store::new(());
    let text = r#"(module (memory 1 1 shared)
        (func (export "f") (param i64) (result i64)
          (i64.store (i32.const 0) (i64.const 0x1111111111111111))
          (drop (i64.atomic.rmw8.cmpxchg_u (i32.const 0) (local.get 0) (i64.const 0xee)))
          (drop (i64.atomic.rmw16.cmpxchg_u (i32.const 2) (local.get 0) (i64.const 0xeeee)))
          (drop (i32.atomic.rmw8.cmpxchg_u (i32.const 4) (i32.wrap_i64 (local.get 0)) (i32.const 0x3ee)))
          (i64.load (i32.const 0))))"#;
    let instance = instantiate(&mut store, text);
    let mut call = |expected: i64| instance.call(&mut store, "f", &[Value::I64(expected)]).unwrap();
    let exchanged = [Value::I64(0x1111_11ee_eeee_11ee)];
    assert_eq!(call(0x1111), exchanged);
    assert_eq!(call(0x7777_1111), exchanged);
    assert_eq!(call(-1 << 32 | 0x1111), exchanged);
    assert_eq!(call(0x1112), [Value::I64(0x1111_1111_1111_1111)]);
}
