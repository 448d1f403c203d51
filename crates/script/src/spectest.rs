//! The module `spectest`, which the host provides to every script.

use wattle_ast::{AbsHeapType, AddrType, GlobalType, Limits, MemType, RefType, TableType, ValType};
use wattle_runtime::{Error, Global, Imports, Memory, Ref, Store, Table, Value};

/// Adds `spectest`. Its functions that print discard their arguments.
pub(super) fn define(store: &mut Store, imports: &mut Imports) -> Result<(), Error> {
    let module = "spectest";
    macro_rules! print {
        ($( $name:literal ($( $ty:ty ),*); )*) => { $({
            imports.wrap(module, $name, |$( _: $ty ),*| ());
        })* };
    }
    print! {
        "print" ();
        "print_i32" (i32);
        "print_i64" (i64);
        "print_f32" (f32);
        "print_f64" (f64);
        "print_i32_f32" (i32, f32);
        "print_f64_f64" (f64, f64);
    }
    for (name, val, value) in [
        ("global_i32", ValType::I32, Value::I32(666)),
        ("global_i64", ValType::I64, Value::I64(666)),
        ("global_f32", ValType::F32, Value::F32(666.6_f32.into())),
        ("global_f64", ValType::F64, Value::F64(666.6_f64.into())),
    ] {
        let global = Global::new(store, GlobalType { mutable: false, val }, &value)?;
        imports.define(module, name, global);
    }
    for (name, addr) in [("table", AddrType::I32), ("table64", AddrType::I64)] {
        let limits = Limits { addr, shared: false, min: 10, max: Some(20) };
        let ty = TableType { elem: RefType::FUNCREF, limits };
        let table = Table::new(store, ty, &Ref::Null(AbsHeapType::Func))?;
        imports.define(module, name, table);
    }
    for (name, shared) in [("memory", false), ("shared_memory", true)] {
        let limits = Limits { addr: AddrType::I32, shared, min: 1, max: Some(2) };
        let memory = Memory::new(store, MemType { limits, page_size_log2: None })?;
        imports.define(module, name, memory);
    }
    Ok(())
}
