//! The main module of a linked program: it has the memory, the table and the globals that libraries
//! import, and functions that call others through the table.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use wattle_ast::components::CanonOp;
use wattle_ast::{
    BlockType, CallIndirect, ExternIdx, FuncIdx, GlobalType, Instr, Limits, MemArg, MemIdx,
    MemType, Module, RefType, TableIdx, TableType, TypeIdx, ValType,
};
use wattle_encoder::{FuncBuilder, Imports, ModuleBuilder};
use wattle_wit::model::Text;

use super::error::{LinkError, SymbolKey, SymbolType};
use super::glue;
use super::layout::{Address, Destination, Layout, part};
use super::library::{Library, LinkerGlobal, START, Want, address};
use super::symbols::Symbols;
use crate::func_types::{FuncTypeId, FuncTypes, TypeIndices};
use crate::names::{
    ExportName, FUNC_TABLE, ImportItem, ImportName, Realloc, Scheme, Side, TASK_HOOK,
};
use crate::new::{Given, MAIN, forward, hook_type, realloc_type};
use crate::unique::UniqueNames;

/// The built-in that reads the slot of the context that tells where a thread has its thread-local
/// data.
const CONTEXT_GET: ImportName<'_> = ImportName {
    scheme: Scheme::Legacy,
    side: Side::Import,
    interface: None,
    item: ImportItem::Builtin { op: CanonOp::ContextGet, variant: "1", of: "", is_async: false },
};

/// An item that the main module exports, once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    MemoryBase(usize),
    TableBase(usize),
    Global(LinkerGlobal),
    TlsBase {
        library: usize,
        writes: bool,
    },
    /// The address of a symbol that is missing.
    Null,
    Data {
        library: usize,
        name: Text,
    },
    FuncAddress(u32),
    /// A function that calls the one at an address.
    Call(u32),
}

/// The main module, while it is made.
pub(super) struct Env<'l> {
    libraries: &'l [Library],
    symbols: &'l Symbols,
    types: &'l FuncTypes,
    pub(super) layout: Layout,
    module: ModuleBuilder,
    /// The indices of types in the module.
    indices: TypeIndices,
    memory: MemIdx,
    /// The function that reads the context of a thread, if threads can be made.
    context: Option<FuncIdx>,
    exported: BTreeMap<Item, Text>,
    names: UniqueNames<Text>,
    /// The functions that stand for missing ones.
    stubs: BTreeMap<(Text, FuncTypeId), Text>,
}

impl<'l> Env<'l> {
    pub(super) fn new(
        libraries: &'l [Library],
        symbols: &'l Symbols,
        types: &'l mut FuncTypes,
        layout: Layout,
        scheme: Scheme,
    ) -> Env<'l> {
        let mut imports = Imports::new();
        let has_threads = libraries.iter().any(|library| library.makes_threads)
            && libraries.iter().any(Library::wants_tls_base);
        let context = has_threads.then(|| {
            let ty = imports.ty([], [ValType::I32]);
            let (module, name) = CONTEXT_GET.write();
            imports.func(&module, &name, ty)
        });
        let mut module = ModuleBuilder::with_imports(imports);
        let limits = Limits { min: layout.pages.into(), ..Limits::default() };
        let memory = module.memory(MemType { limits, ..MemType::default() });
        let realloc_type = types.id(&realloc_type());
        let hook_type = types.id(&hook_type());
        let mut env = Env {
            libraries,
            symbols,
            types,
            layout,
            module,
            indices: TypeIndices::default(),
            memory,
            context,
            exported: BTreeMap::new(),
            names: UniqueNames::default(),
            stubs: BTreeMap::new(),
        };
        env.export(ExportName::Memory.write(scheme), memory);
        // The only table, whose size is known only at the end.
        env.export(FUNC_TABLE.into(), TableIdx(0));
        let realloc = ExportName::Realloc(Realloc::Any);
        let ty = SymbolType::Func(realloc_type);
        let exported = [Scheme::Legacy, Scheme::Standard].map(|scheme| realloc.write(scheme));
        if let Some(name) = exported.iter().find(|name| symbols.find(name, ty).is_some()) {
            env.reexport(name, realloc.write(scheme), realloc_type);
        }
        env.reexport(TASK_HOOK, TASK_HOOK.into(), hook_type);
        let starts = libraries.iter().position(|library| library.has_start);
        if let Some(library) = starts {
            let func = Given { part: part(library), name: START.into() };
            env.call(func, FuncTypeId::default(), START.into());
        }
        env
    }

    /// Exports an item. Returns its name, which is another one if the name is taken.
    fn export(&mut self, name: String, index: impl Into<ExternIdx>) -> Text {
        let unique =
            self.names.take(name.as_str().into(), |suffix| [&name, suffix].concat().into());
        self.module.export(&unique, index);
        unique
    }

    /// Exports a function that calls the function that a library exports by a name, if there is
    /// one.
    fn reexport(&mut self, name: &str, exported: String, ty: FuncTypeId) {
        if let Some(library) = self.symbols.find(name, SymbolType::Func(ty)) {
            let func = Given { part: part(library), name: name.into() };
            self.call(func, ty, exported);
        }
    }

    /// Exports a function that calls another.
    fn call(&mut self, func: Given, ty: FuncTypeId, name: String) -> Text {
        let address = self.layout.slots.address(func, ty);
        let ty = self.type_index(ty);
        let index = self.module.func(ty, |f| {
            forward(f);
            let callee = CallIndirect { ty, table: TableIdx(0) };
            f.instrs([constant(address), Instr::CallIndirect { callee }]);
        });
        self.module.names().funcs.insert(index, name.clone().into());
        let name = self.export(name, index);
        self.exported.insert(Item::Call(address), name.clone());
        name
    }

    /// Returns the index of a type in the module, and adds the type if it is new.
    fn type_index(&mut self, ty: FuncTypeId) -> TypeIdx {
        self.indices.get(self.types, ty, |ty| self.module.sub_type(ty))
    }

    /// Returns the name of an item's export, which is made the first time.
    fn once(&mut self, item: Item, make: impl FnOnce(&mut Self) -> Text) -> Text {
        if let Some(name) = self.exported.get(&item) {
            return name.clone();
        }
        let name = make(self);
        self.exported.insert(item, name.clone());
        name
    }

    fn global(&mut self, item: Item, name: String, ty: GlobalType, value: u32) -> Text {
        self.once(item, |env| {
            let global = env.module.global(ty, [constant(value)]);
            env.export(name, global)
        })
    }

    fn value(&self, global: LinkerGlobal) -> u32 {
        let layout = &self.layout;
        match global {
            LinkerGlobal::StackPointer
            | LinkerGlobal::InitStackPointer
            | LinkerGlobal::StackHigh => layout.stack,
            LinkerGlobal::AsyncifyState | LinkerGlobal::AsyncifyData | LinkerGlobal::StackLow => 0,
            LinkerGlobal::HeapBase => layout.heap_base,
            LinkerGlobal::HeapEnd => layout.heap_end,
            LinkerGlobal::Libraries => layout.libraries,
            LinkerGlobal::TlsInfo => layout.tls.info,
        }
    }

    /// Returns the export that an import of a library is given; `None` if the component gives it.
    pub(super) fn given(&mut self, library: usize, name: &Text, want: &Want) -> Option<Given> {
        let own_name = &self.libraries[library].name;
        let base = address(false);
        let name = match want {
            Want::Component => return None,
            Want::FuncTable => FUNC_TABLE.into(),
            Want::MemoryBase => {
                let (item, name) = (Item::MemoryBase(library), format!("{own_name}:memory_base"));
                self.global(item, name, base, self.layout.memory_bases[library])
            }
            Want::TableBase => {
                let (item, name) = (Item::TableBase(library), format!("{own_name}:table_base"));
                self.global(item, name, base, self.layout.table_bases[library])
            }
            Want::Global(global) => {
                let (name, value) = (global.name().into(), self.value(*global));
                self.global(Item::Global(*global), name, global.ty(), value)
            }
            Want::TlsBase { writes } => self.tls_base(library, *writes),
            Want::Symbol(ty) => return Some(self.symbol(library, name, *ty)),
        };
        Some(Given { part: MAIN, name })
    }

    fn symbol(&mut self, library: usize, name: &Text, ty: SymbolKey) -> Given {
        let address = address(true);
        let exporter = self.symbols.find(name, ty);
        let exported = exporter.map(|number| Given { part: part(number), name: name.clone() });
        let name = match (ty, exported) {
            // The order of instantiation ensures that the exporter is instantiated before.
            (SymbolType::Tag(_), Some(exported)) => return exported,
            (SymbolType::Func(_), Some(exported)) if exporter < Some(library) => return exported,
            (SymbolType::Func(ty), Some(exported)) => {
                let slot = self.layout.slots.address(exported.clone(), ty);
                let name = format!("env:{name}");
                self.once(Item::Call(slot), |env| env.call(exported, ty, name))
            }
            (SymbolType::Func(ty), None) => self.stub(name, ty),
            (SymbolType::AnyFunc, exported) => match self.func_address(library, name, exported) {
                Some(value) => self.global(
                    Item::FuncAddress(value),
                    format!("GOT.func:{name}"),
                    address,
                    value,
                ),
                None => self.global(Item::Null, "GOT:null".into(), address, 0),
            },
            (SymbolType::Data, Some(_)) => {
                let library = exporter.unwrap_or_default();
                let item = Item::Data { library, name: name.clone() };
                let is_new = !self.exported.contains_key(&item);
                let global = self.global(item, format!("GOT.mem:{name}"), address, 0);
                if is_new {
                    let (name, to) = (name.clone(), Destination::Global(global.clone()));
                    self.layout.addresses.push(Address { library, name, to });
                }
                global
            }
            // Only weak symbols can be missing here.
            (SymbolType::Data | SymbolType::Tag(_), None) => {
                self.global(Item::Null, "GOT:null".into(), address, 0)
            }
        };
        Given { part: MAIN, name }
    }

    /// Returns the address of a function of any type; `None` if the function is missing, and may
    /// be.
    fn func_address(
        &mut self,
        library: usize,
        name: &Text,
        exported: Option<Given>,
    ) -> Option<u32> {
        let importer = &self.libraries[library];
        let (func, ty) = match exported {
            Some(func) => {
                let exporter = self.libraries.get(func.part - part(0))?;
                let SymbolType::Func(ty) = exporter.symbols.get(name)?.ty else { return None };
                (func, ty)
            }
            None if importer.is_weak(name) => return None,
            None => {
                let ty = importer.called.get(name).copied().unwrap_or_default();
                (Given { part: MAIN, name: self.stub(name, ty) }, ty)
            }
        };
        Some(self.layout.slots.address(func, ty))
    }

    /// Returns the name of a function that stands for a missing one, and traps.
    fn stub(&mut self, name: &Text, ty: FuncTypeId) -> Text {
        let key = (name.clone(), ty);
        if let Some(stub) = self.stubs.get(&key) {
            return stub.clone();
        }
        let index = self.type_index(ty);
        let func = self.module.func(index, |f| {
            f.instr(Instr::Unreachable);
        });
        self.module.names().funcs.insert(func, format!("missing:{name}").into());
        let stub = self.export(format!("missing:{name}"), func);
        self.stubs.insert(key, stub.clone());
        stub
    }

    /// Returns the name of the function that reads or sets the base of a library's thread-local
    /// data. A library without such data never calls it.
    fn tls_base(&mut self, library: usize, writes: bool) -> Text {
        self.once(Item::TlsBase { library, writes }, |env| {
            let what = if writes { "set_tls_base" } else { "get_tls_base" };
            let name = format!("{}:{what}", env.libraries[library].name);
            let (params, results): (&[ValType], &[ValType]) = match writes {
                true => (&[ValType::I32], &[]),
                false => (&[], &[ValType::I32]),
            };
            let ty = env.module.ty(params.iter().copied(), results.iter().copied());
            let number = env.layout.tls.numbers.get(library).copied().flatten();
            let (context, memory) = (env.context, env.memory);
            let bases = constant(env.layout.tls.bases);
            let func = env.module.func(ty, |f| {
                let Some(number) = number else {
                    f.instr(Instr::Unreachable);
                    return;
                };
                let offset = u64::from(number) * 4;
                let memarg = MemArg { offset, align: 2, memory };
                let get = context.map(|func| Instr::Call { func });
                match (writes, get) {
                    (false, get) => {
                        f.instrs([get.unwrap_or(bases), Instr::I32Load { memarg }]);
                    }
                    (true, None) => {
                        let value = f.param(0);
                        f.instrs([bases, Instr::LocalGet { local: value }]);
                        f.instr(Instr::I32Store { memarg });
                    }
                    (true, Some(get)) => set_in_context(f, get, bases, memarg),
                }
            });
            env.module.names().funcs.insert(func, name.clone().into());
            env.export(name, func)
        })
    }

    /// Builds the module. The layout holds the work that is left when all libraries are
    /// instantiated.
    pub(super) fn finish(mut self) -> Result<(Module<'static>, Layout), LinkError> {
        let min = self.libraries.iter().map(|library| library.min_elems);
        let min = min.fold(self.layout.slots.end()?, u64::max);
        let limits = Limits { min, ..Limits::default() };
        self.module.table(TableType { elem: RefType::FUNCREF, limits });
        for (address, bytes) in core::mem::take(&mut self.layout.datas) {
            self.module.data(self.memory, [constant(address)], bytes);
        }
        self.module.names().module = Some("env".into());
        Ok((self.module.build().map_err(glue)?, self.layout))
    }
}

/// Sets the base of a library in the context of the thread. The main thread sets it before it has a
/// context, in the array that becomes its context.
fn set_in_context(f: &mut FuncBuilder, get: Instr<'_>, bases: Instr<'_>, memarg: MemArg) {
    let value = Instr::LocalGet { local: f.param(0) };
    let local = f.local(ValType::I32);
    let store = Instr::I32Store { memarg };
    f.instrs([get, Instr::LocalTee { local }, Instr::I32Eqz]);
    f.if_else(
        BlockType::Empty,
        |f, _| {
            f.instrs([bases, value, store]);
        },
        |f, _| {
            f.instrs([Instr::LocalGet { local }, value, store]);
        },
    );
}

/// Returns the instruction that pushes an address.
pub(super) fn constant(value: u32) -> Instr<'static> {
    Instr::I32Const { value: value.cast_signed() }
}
