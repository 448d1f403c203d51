//! The shim: the core module that is instantiated first, and lends functions to the others.
//!
//! The main module is instantiated with functions, some of which need its memory or `realloc`,
//! which exist only afterwards. So a first module, the *shim*, has a table, and for each such
//! function one that calls an element of the table. When all modules are instantiated, a last
//! module, the *fixup*, fills the table. Instead of the table, the shim can have a global for each
//! function, whose type limits the functions that it may hold, so that a call need not check the
//! function.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{
    CallIndirect, FuncIdx, FuncType, GlobalType, HeapType, Instr, Limits, MemType, Module, RefType,
    TableIdx, TableType, TypeIdx, ValType,
};
use wattle_encoder::{BuildError, FuncBuilder, ModuleBuilder};

use super::part::CoreFunc;
use crate::func_types::{FuncTypeId, FuncTypes};

/// The names of the shim's exports.
pub(super) const TABLE: &str = "$imports";
pub(super) const MEMORY: &str = "$memory";
pub(super) const TLS_GET: &str = "$get-tls-base";
pub(super) const TLS_SET: &str = "$set-tls-base";

/// Returns the name of the global that holds a function.
pub(super) fn global_name(number: usize) -> String {
    format!("g{number}")
}

/// Returns the type of a global that holds a function of a type.
pub(super) fn global_type(ty: TypeIdx) -> GlobalType {
    let holds = RefType { nullable: false, heap: HeapType::Type(ty) };
    GlobalType { mutable: true, val: ValType::Ref(holds) }
}

/// The functions that are called through the shim.
#[derive(Default)]
pub(super) struct Shims {
    pub(super) list: Vec<Shim>,
    places: BTreeMap<(CoreFunc, usize), usize>,
    /// Whether the functions are in globals, and not in a table.
    pub(super) in_globals: bool,
}

/// A function that is called through the shim.
pub(super) struct Shim {
    pub(super) func: CoreFunc,
    /// The part whose memory, `realloc` and encoding the function has.
    pub(super) part: usize,
    pub(super) ty: FuncTypeId,
    /// A name for people.
    pub(super) name: String,
}

impl Shims {
    pub(super) fn new(in_globals: bool) -> Shims {
        Shims { in_globals, ..Shims::default() }
    }

    /// Adds a function, unless it has been added.
    pub(super) fn add(
        &mut self,
        func: CoreFunc,
        part: usize,
        ty: FuncTypeId,
        name: impl FnOnce() -> String,
    ) {
        let next = self.list.len();
        self.places.entry((func.clone(), part)).or_insert_with(|| {
            self.list.push(Shim { func, part, ty, name: name() });
            next
        });
    }

    /// Returns the number of a function, which is the name of its export.
    pub(super) fn find(&self, func: &CoreFunc, part: usize) -> Option<usize> {
        self.places.get(&(func.clone(), part)).copied()
    }

    pub(super) fn table(&self) -> TableType {
        let len = self.list.len() as u64;
        let limits = Limits { min: len, max: Some(len), ..Limits::default() };
        TableType { elem: RefType::FUNCREF, limits }
    }

    /// Builds the shim. It has the memory if the main module imports one, and the base of
    /// thread-local storage if that is used and kept in a global.
    pub(super) fn module(
        &self,
        types: &FuncTypes,
        memory: Option<MemType>,
        tls: Option<ValType>,
    ) -> Result<Module<'static>, BuildError> {
        let mut module = ModuleBuilder::new();
        // The functions that globals hold until the fixup sets them, by type.
        let mut traps: BTreeMap<TypeIdx, FuncIdx> = BTreeMap::new();
        for (number, shim) in self.list.iter().enumerate() {
            let ty = module.sub_type(FuncType::clone(&types[shim.ty]));
            let call = if self.in_globals {
                let func = *traps.entry(ty).or_insert_with(|| trap(&mut module, ty));
                let global = module.global(global_type(ty), [Instr::RefFunc { func }]);
                module.export(&global_name(number), global);
                [Instr::GlobalGet { global }, Instr::ReturnCallRef { ty }]
            } else {
                let callee = CallIndirect { ty, table: TableIdx(0) };
                [Instr::I32Const { value: number as i32 }, Instr::CallIndirect { callee }]
            };
            let func = module.func(ty, |f| {
                forward(f);
                f.instrs(call);
            });
            module.export(&format!("{number}"), func);
            module.names().funcs.insert(func, shim.name.clone().into());
        }
        if !self.list.is_empty() && !self.in_globals {
            let table = module.table(self.table());
            module.export(TABLE, table);
        }
        if let Some(memory) = memory {
            let memory = module.memory(memory);
            module.export(MEMORY, memory);
        }
        if let Some(val) = tls {
            let zero = match val {
                ValType::I64 => Instr::I64Const { value: 0 },
                _ => Instr::I32Const { value: 0 },
            };
            let global = module.global(GlobalType { mutable: true, val }, [zero]);
            let (get, set) = (module.ty([], [val]), module.ty([val], []));
            let get = module.func(get, |f| {
                f.instr(Instr::GlobalGet { global });
            });
            let set = module.func(set, |f| {
                forward(f);
                f.instr(Instr::GlobalSet { global });
            });
            module.export(TLS_GET, get);
            module.export(TLS_SET, set);
        }
        module.names().module = Some("shim".into());
        module.build()
    }
}

/// Adds a function that traps.
fn trap(module: &mut ModuleBuilder, ty: TypeIdx) -> FuncIdx {
    let func = module.func(ty, |f| {
        f.instr(Instr::Unreachable);
    });
    module.names().funcs.insert(func, "before fixup".into());
    func
}

/// Passes all parameters on.
pub(crate) fn forward(f: &mut FuncBuilder) {
    for param in 0..f.params() {
        let local = f.param(param);
        f.instr(Instr::LocalGet { local });
    }
}
