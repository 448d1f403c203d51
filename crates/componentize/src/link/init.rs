//! The module that is instantiated last: it fills the table, writes the addresses of data, and calls
//! the functions that initialize libraries.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{
    FuncIdx, GlobalIdx, Instr, Limits, MemArg, MemIdx, MemType, Module, RefType, TableType,
};
use wattle_encoder::{BuildError, Imports, ModuleBuilder};
use wattle_wit::model::Text;

use super::env::constant;
use super::layout::{Destination, Layout, part};
use super::library::{Library, RELOCS, address};
use crate::func_types::{FuncTypeId, FuncTypes, TypeIndices};
use crate::names::{FUNC_TABLE, TASK_HOOK};
use crate::new::{Event, Given, MAIN, tell};

/// The module, and the exports that its imports are given.
pub(super) struct Init {
    pub(super) module: Module<'static>,
    pub(super) given: Vec<Option<Given>>,
}

/// The imports of the module, each once.
struct Importer<'l> {
    libraries: &'l [Library],
    types: &'l FuncTypes,
    imports: Imports,
    /// The indices of types in the module.
    indices: TypeIndices,
    given: Vec<Option<Given>>,
    funcs: BTreeMap<Given, FuncIdx>,
    globals: BTreeMap<Given, GlobalIdx>,
}

impl<'l> Importer<'l> {
    /// Adds an import to `given`. Returns its names, which are those of the module and of the
    /// export.
    fn names(&mut self, given: &Given) -> (&'l str, Text) {
        self.given.push(Some(given.clone()));
        let library = given.part.checked_sub(part(0)).and_then(|it| self.libraries.get(it));
        (library.map_or("main", |library| &library.name), given.name.clone())
    }

    fn func(&mut self, given: Given, ty: FuncTypeId) -> FuncIdx {
        if let Some(&index) = self.funcs.get(&given) {
            return index;
        }
        let ty = self.indices.get(self.types, ty, |ty| self.imports.sub_type(ty));
        let (module, name) = self.names(&given);
        let index = self.imports.func(module, &name, ty);
        self.funcs.insert(given, index);
        index
    }

    fn global(&mut self, given: Given, mutable: bool) -> GlobalIdx {
        if let Some(&index) = self.globals.get(&given) {
            return index;
        }
        let (module, name) = self.names(&given);
        let index = self.imports.global(module, &name, address(mutable));
        self.globals.insert(given, index);
        index
    }
}

/// An address to write, with the globals that it takes.
struct Write {
    /// The number that is added to the value of the export.
    base: Option<u32>,
    export: GlobalIdx,
    to: To,
}

enum To {
    Memory(u32),
    Global(GlobalIdx),
}

/// Builds the module; returns `None` if it would have nothing to do. `hook` is the type of the main
/// module's hook, if it has one.
pub(super) fn init(
    libraries: &[Library],
    types: &FuncTypes,
    layout: &Layout,
    memory: &str,
    hook: Option<FuncTypeId>,
) -> Result<Option<Init>, BuildError> {
    let mut importer = Importer {
        libraries,
        types,
        imports: Imports::new(),
        indices: TypeIndices::default(),
        given: Vec::new(),
        funcs: BTreeMap::new(),
        globals: BTreeMap::new(),
    };
    let main = |name: &str| Given { part: MAIN, name: name.into() };
    let mut needs_memory = false;
    let mut writes = Vec::with_capacity(layout.addresses.len());
    for address in &layout.addresses {
        let Some(library) = libraries.get(address.library) else { continue };
        let symbol = library.symbols.get(&address.name);
        let is_absolute = symbol.is_some_and(|symbol| symbol.is_absolute);
        let base = layout.memory_bases.get(address.library).copied().filter(|_| !is_absolute);
        let given = Given { part: part(address.library), name: address.name.clone() };
        let export = importer.global(given, false);
        let to = match &address.to {
            Destination::Memory(address) => {
                needs_memory = true;
                To::Memory(*address)
            }
            Destination::Global(name) => To::Global(importer.global(main(name), true)),
        };
        writes.push(Write { base, export, to });
    }
    let mut calls = |name: &dyn Fn(&Library) -> Option<&'static str>| {
        let libraries = libraries.iter().enumerate();
        let calls = libraries.filter_map(|(number, library)| {
            let given = Given { part: part(number), name: name(library)?.into() };
            Some(importer.func(given, FuncTypeId::default()))
        });
        calls.collect::<Vec<_>>()
    };
    let relocs = calls(&|library| library.has_relocs.then_some(RELOCS));
    let initializers = calls(&|library| library.initializer);
    let hook = hook.filter(|_| !initializers.is_empty());
    let hook = hook.map(|ty| importer.func(main(TASK_HOOK), ty));
    let slots = layout.slots.list.iter();
    let slots: Vec<FuncIdx> = slots.map(|slot| importer.func(slot.func.clone(), slot.ty)).collect();
    if needs_memory {
        importer.given.push(Some(main(memory)));
        importer.imports.memory("main", memory, MemType::default());
    }
    let table = (!slots.is_empty()).then(|| {
        importer.given.push(Some(main(FUNC_TABLE)));
        let ty = TableType { elem: RefType::FUNCREF, limits: Limits::default() };
        importer.imports.table("main", FUNC_TABLE, ty)
    });
    let starts = !writes.is_empty() || !relocs.is_empty() || !initializers.is_empty();
    if table.is_none() && !starts {
        return Ok(None);
    }
    let mut module = ModuleBuilder::with_imports(importer.imports);
    if let Some(table) = table {
        module.elem(table, [constant(layout.slots.base)], slots);
    }
    if starts {
        let ty = module.ty([], []);
        let start = module.func(ty, |f| {
            for write in writes {
                let address = Instr::GlobalGet { global: write.export };
                let sum = write.base.map(|base| [constant(base), Instr::I32Add]);
                let address = [address].into_iter().chain(sum.into_iter().flatten());
                match write.to {
                    To::Global(global) => f.instrs(address).instr(Instr::GlobalSet { global }),
                    To::Memory(at) => {
                        let memarg = MemArg { offset: 0, align: 2, memory: MemIdx(0) };
                        f.instr(constant(at)).instrs(address).instr(Instr::I32Store { memarg })
                    }
                };
            }
            f.instrs(relocs.into_iter().map(|func| Instr::Call { func }));
            if let Some(hook) = hook {
                tell(f, hook, Event::InitializeStart);
            }
            f.instrs(initializers.into_iter().map(|func| Instr::Call { func }));
            if let Some(hook) = hook {
                tell(f, hook, Event::InitializeFinish);
            }
        });
        module.start(start);
    }
    module.names().module = Some("init".into());
    Ok(Some(Init { module: module.build()?, given: importer.given }))
}
