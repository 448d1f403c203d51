//! Reads the exports of a library, the libraries that it needs, and the meaning of each of its
//! imports.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::components::CanonOp;
use wattle_ast::custom::{Dylink, DylinkMemory, DylinkSubsection, SymbolFlags};
use wattle_ast::{
    ExternIdx, ExternType, FuncType, GlobalType, IndexSpaces, Limits, MemType, Module, Name,
    RefType, TableType, ValType,
};
use wattle_wit::model::Text;

use super::error::{ItemType, LinkProblem, LinkProblemKind, SymbolKey, SymbolType};
use crate::func_types::{FuncTypeId, FuncTypes, ModuleType, ModuleTypes};
use crate::names::{FUNC_TABLE, INITIALIZE, ImportItem, ImportName};
use crate::new::{ENV, GET_STACK_POINTER, GET_TLS_BASE, Part, SET_STACK_POINTER, SET_TLS_BASE};

/// The modules from which addresses are imported: those of data, and those of functions.
pub(super) const GOT_MEM: &str = "GOT.mem";
const GOT_FUNC: &str = "GOT.func";

pub(super) const RELOCS: &str = "__wasm_apply_data_relocs";
pub(super) const MEMORY_BASE: &str = "__memory_base";
const CTORS: &str = "__wasm_call_ctors";
pub(super) const START: &str = "_start";
pub(super) const TLS_INFO: &str = "__wasm_library_tls_info";

/// Defines the globals that the linker has a value for: the module that they are imported from, the
/// name, and whether they are mutable.
macro_rules! globals {
    ($( $(#[$doc:meta])* $variant:ident $module:ident $name:literal $mutable:literal; )*) => {
        /// A global that the linker has a value for.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) enum LinkerGlobal {
            $( $(#[$doc])* $variant, )*
        }

        impl LinkerGlobal {
            fn of(module: &str, name: &str) -> Option<LinkerGlobal> {
                match (module, name) {
                    $( ($module, $name) => Some(LinkerGlobal::$variant), )*
                    _ => None,
                }
            }

            pub(super) fn name(self) -> &'static str {
                match self { $( LinkerGlobal::$variant => $name, )* }
            }

            pub(super) fn ty(self) -> GlobalType {
                let mutable = match self { $( LinkerGlobal::$variant => $mutable, )* };
                address(mutable)
            }
        }
    };
}

/// Returns the type of a global that has an address, or an offset from one.
pub(super) const fn address(mutable: bool) -> GlobalType {
    GlobalType { mutable, val: ValType::I32 }
}

globals! {
    StackPointer ENV "__stack_pointer" true;
    InitStackPointer ENV "__init_stack_pointer" false;
    /// The state of a program that was asyncified: whether it unwinds or rewinds.
    AsyncifyState ENV "__asyncify_state" true;
    AsyncifyData ENV "__asyncify_data" true;
    HeapBase GOT_MEM "__heap_base" true;
    HeapEnd GOT_MEM "__heap_end" true;
    StackHigh GOT_MEM "__stack_high" true;
    StackLow GOT_MEM "__stack_low" true;
    /// The table of the libraries that can be opened.
    Libraries GOT_MEM "__wasm_libdl_libraries" true;
    /// The structure that describes the thread-local data of each library.
    TlsInfo GOT_MEM "__wasm_program_tls_info" true;
}

/// The meaning of an import of a library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Want {
    /// An item of the component (a function of the world, a built-in, the memory) or of an adapter.
    Component,
    FuncTable,
    /// The address at which the library's part of the memory begins.
    MemoryBase,
    /// The address at which the library's part of the table begins.
    TableBase,
    Global(LinkerGlobal),
    /// The function that reads or writes the base of the library's thread-local data.
    TlsBase {
        writes: bool,
    },
    /// A symbol with the name of the import. For data, and for functions of an unknown type, the
    /// import is the address.
    Symbol(SymbolKey),
}

/// A symbol that a library exports.
pub(super) struct Symbol {
    pub(super) ty: SymbolKey,
    /// Whether the value is the address of the data, not the offset in the library's memory.
    pub(super) is_absolute: bool,
    pub(super) is_thread_local: bool,
}

/// The properties of a library.
#[derive(Default)]
pub(super) struct Library {
    pub(super) name: Box<str>,
    /// Whether the library can be opened at run time.
    pub(super) is_openable: bool,
    /// Whether the library is kept although no other needs it.
    pub(super) is_root: bool,
    pub(super) memory: DylinkMemory,
    /// The names of the libraries that its section `dylink.0` lists as needed.
    pub(super) needed: Vec<Box<str>>,
    /// The names of imports that may be missing.
    weak: BTreeSet<Text>,
    /// The name and the meaning of each import.
    pub(super) wants: Vec<(Text, Want)>,
    /// The types of the functions that it imports from libraries. If several have one name, the
    /// first counts.
    pub(super) called: BTreeMap<Text, FuncTypeId>,
    pub(super) symbols: BTreeMap<Text, Symbol>,
    /// The least sizes of the memory and the table, as the imports state them.
    pub(super) min_pages: u64,
    pub(super) min_elems: u64,
    pub(super) has_relocs: bool,
    /// The function that initializes the library.
    pub(super) initializer: Option<&'static str>,
    pub(super) has_start: bool,
    pub(super) has_tls_info: bool,
    pub(super) makes_threads: bool,
}

impl Library {
    /// Reads the properties of a library, and reports its faults as problems.
    pub(super) fn read(
        name: &str,
        part: &Part<'_>,
        is_openable: bool,
        types: &mut FuncTypes,
        problems: &mut Vec<LinkProblem>,
    ) -> Library {
        let own_types = types.of(&part.module);
        let mut reader = Reader {
            library: Library {
                name: name.into(),
                is_openable,
                is_root: is_openable || !part.exports.is_empty(),
                wants: Vec::with_capacity(part.module.imports.len()),
                ..Library::default()
            },
            module: &part.module,
            types,
            own_types,
            flags: BTreeMap::new(),
            problems,
        };
        reader.dylink();
        reader.imports();
        reader.exports();
        reader.library
    }

    /// Returns whether an import may be missing.
    pub(super) fn is_weak(&self, name: &str) -> bool {
        self.weak.contains(name)
    }

    /// Returns whether an import is this global of the linker.
    pub(super) fn wants_global(&self, global: LinkerGlobal) -> bool {
        self.wants.iter().any(|(_, want)| *want == Want::Global(global))
    }

    /// Returns whether the library refers to the base of its thread-local data.
    pub(super) fn wants_tls_base(&self) -> bool {
        self.wants.iter().any(|(_, want)| matches!(want, Want::TlsBase { .. }))
    }
}

struct Reader<'r, 'a> {
    library: Library,
    module: &'r Module<'a>,
    types: &'r FuncTypes,
    own_types: ModuleTypes,
    /// The flags of exports.
    flags: BTreeMap<Name<'r>, SymbolFlags>,
    problems: &'r mut Vec<LinkProblem>,
}

impl<'r> Reader<'r, '_> {
    fn problem(&mut self, kind: LinkProblemKind) {
        self.problems.push(LinkProblem { library: self.library.name.clone(), kind });
    }

    fn dylink(&mut self) {
        let module = self.module;
        let customs = module.customs.iter().filter(|custom| custom.name == Dylink::NAME);
        for custom in customs {
            match Dylink::parse(custom.data.bytes().unwrap_or_default()) {
                Ok(dylink) => dylink.subsections.into_iter().for_each(|it| self.subsection(it)),
                Err(error) => self.problem(LinkProblemKind::Section(Box::new(error))),
            }
        }
    }

    fn subsection(&mut self, subsection: DylinkSubsection<'r>) {
        match subsection {
            DylinkSubsection::Memory(memory) => {
                for log2 in [memory.memory_align, memory.table_align] {
                    if log2 >= u32::BITS {
                        self.problem(LinkProblemKind::Alignment { log2 });
                    }
                }
                self.library.memory = memory;
            }
            DylinkSubsection::Needed(names) => {
                self.library.needed.extend(names.iter().map(|name| Box::from(name.as_str())));
            }
            DylinkSubsection::Exports(exports) => {
                self.flags.extend(exports.into_iter().map(|export| (export.name, export.flags)));
            }
            DylinkSubsection::Imports(imports) => {
                // Addresses too are listed as imports from `env`.
                let weak = imports.iter().filter(|import| import.flags.contains(SymbolFlags::WEAK));
                self.library.weak.extend(weak.map(|import| Text::from(import.name.as_str())));
            }
            // All libraries are given with their names, so none is searched for.
            DylinkSubsection::RuntimePath(_) => {}
            DylinkSubsection::TargetArch(arch) if arch == "wasm32" => {}
            DylinkSubsection::TargetArch(arch) => {
                self.problem(LinkProblemKind::TargetArch { arch: arch.as_str().into() });
            }
            DylinkSubsection::Unknown { id, .. } => {
                self.problem(LinkProblemKind::UnknownSubsection { id });
            }
        }
    }

    fn imports(&mut self) {
        for import in &self.module.imports {
            let (module, name) = (import.module.as_str(), import.name.as_str());
            // A type that is missing is found when the component is validated.
            let ty = self.item_type(import.ty);
            let want =
                ty.map_or(Ok(Want::Component), |(ty, func)| self.want(module, name, &ty, func));
            let want = match want {
                Ok(want) => want,
                Err(kind) => {
                    self.problem(kind);
                    Want::Component
                }
            };
            self.library.makes_threads |= makes_threads(module, name);
            let name = Text::from(name);
            if let Want::Symbol(SymbolType::Func(ty)) = &want {
                self.library.called.entry(name.clone()).or_insert(*ty);
            }
            self.library.wants.push((name, want));
        }
    }

    /// Returns the meaning of an import. For a function or tag, `func` is the type.
    fn want(
        &mut self,
        module: &str,
        name: &str,
        ty: &ItemType,
        func: Option<ModuleType>,
    ) -> Result<Want, LinkProblemKind> {
        let import = |expected: Option<ItemType>| LinkProblemKind::Import {
            module: module.into(),
            name: name.into(),
            expected: expected.map(Box::new),
            found: Box::new(ty.clone()),
        };
        let expect = |want: Want, expected: ItemType| match *ty == expected {
            true => Ok(want),
            false => Err(import(Some(expected))),
        };
        if let Some(global) = LinkerGlobal::of(module, name) {
            return expect(Want::Global(global), ItemType::Global(global.ty()));
        }
        let base = ItemType::Global(address(false));
        let address = ItemType::Global(address(true));
        match (module, name, ty) {
            (ENV, "memory", ItemType::Mem(memory)) => {
                // Its pages are compared with those of the other modules later.
                let limits = Limits { min: memory.limits.min, ..Limits::default() };
                self.library.min_pages = limits.min;
                expect(Want::Component, ItemType::Mem(MemType { limits, ..*memory }))
            }
            (ENV, FUNC_TABLE, ItemType::Table(table)) => {
                let limits = Limits { min: table.limits.min, ..Limits::default() };
                self.library.min_elems = limits.min;
                let expected = TableType { elem: RefType::FUNCREF, limits };
                expect(Want::FuncTable, ItemType::Table(expected))
            }
            (ENV, MEMORY_BASE, _) => expect(Want::MemoryBase, base),
            (ENV, "__table_base", _) => expect(Want::TableBase, base),
            (ENV, GET_STACK_POINTER, _) => expect(Want::Component, getter()),
            (ENV, SET_STACK_POINTER, _) => expect(Want::Component, setter()),
            (ENV, GET_TLS_BASE, _) => expect(Want::TlsBase { writes: false }, getter()),
            (ENV, SET_TLS_BASE, _) => expect(Want::TlsBase { writes: true }, setter()),
            (ENV, _, _) => match func {
                None => Err(import(None)),
                Some(func) if !func.is_closed => {
                    Err(LinkProblemKind::OwnTypes { name: name.into() })
                }
                Some(func) => Ok(Want::Symbol(symbol_of(ty, func.id))),
            },
            (GOT_MEM, _, _) => expect(Want::Symbol(SymbolType::Data), address),
            (GOT_FUNC, _, _) => expect(Want::Symbol(SymbolType::AnyFunc), address),
            _ => Ok(Want::Component),
        }
    }

    /// Returns the type of an import or export, and that of a function or tag by its number.
    /// Returns `None` if the module does not define the type.
    fn item_type(&self, ty: ExternType) -> Option<(ItemType, Option<ModuleType>)> {
        let func = match ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => Some(self.own_types.get(ty)?),
            ExternType::Tag(tag) => Some(self.own_types.get(tag.ty)?),
            ExternType::Table(_) | ExternType::Mem(_) | ExternType::Global(_) => None,
        };
        let func_type = || self.types[func.map(|func| func.id).unwrap_or_default()].clone();
        let ty = match ty {
            ExternType::Func(_) | ExternType::FuncExact(_) => ItemType::Func(func_type()),
            ExternType::Tag(_) => ItemType::Tag(func_type()),
            ExternType::Table(ty) => ItemType::Table(ty),
            ExternType::Mem(ty) => ItemType::Mem(ty),
            ExternType::Global(ty) => ItemType::Global(ty),
        };
        Some((ty, func))
    }

    fn exports(&mut self) {
        let spaces = IndexSpaces::of(self.module);
        for export in &self.module.exports {
            let name = export.name.as_str();
            let ty = spaces.get(export.index).and_then(|ty| self.item_type(ty));
            let Some((ty, func)) = ty else { continue };
            let thunk = || ItemType::Func(self.types[FuncTypeId::default()].clone());
            let offset = || ItemType::Global(address(false));
            let expected = match name {
                RELOCS | CTORS | INITIALIZE | START => thunk(),
                TLS_INFO => offset(),
                _ => {
                    self.export(name, export.index, ty, func);
                    continue;
                }
            };
            if ty != expected {
                let (name, expected, found) = (name.into(), Box::new(expected), Box::new(ty));
                self.problem(LinkProblemKind::Export { name, expected, found });
                continue;
            }
            let library = &mut self.library;
            match name {
                RELOCS => library.has_relocs = true,
                START => (library.has_start, library.is_root) = (true, true),
                TLS_INFO => library.has_tls_info = true,
                _ => {
                    let name = if name == CTORS { CTORS } else { INITIALIZE };
                    if library.initializer.replace(name).is_some() {
                        self.problem(LinkProblemKind::Initializers);
                    }
                }
            }
        }
    }

    fn export(&mut self, name: &str, index: ExternIdx, ty: ItemType, func: Option<ModuleType>) {
        let ty = match ty {
            ItemType::Func(_) | ItemType::Tag(_) => match func {
                Some(func) if func.is_closed => symbol_of(&ty, func.id),
                // No other module can import an item whose type refers to types of this one.
                _ => return,
            },
            ItemType::Global(ty) if ty == address(false) => SymbolType::Data,
            ItemType::Global(_) => return,
            ItemType::Mem(_) | ItemType::Table(_) => {
                let is_imported = match index {
                    ExternIdx::Mem(mem) => self.module.mem(mem).is_none(),
                    ExternIdx::Table(table) => self.module.table(table).is_none(),
                    _ => true,
                };
                if !is_imported {
                    self.problem(LinkProblemKind::OwnMemory { name: name.into() });
                }
                return;
            }
        };
        let flags = self.flags.get(&Name::from(name)).copied().unwrap_or_default();
        let symbol = Symbol {
            ty,
            is_absolute: flags.contains(SymbolFlags::ABSOLUTE),
            is_thread_local: flags.contains(SymbolFlags::TLS),
        };
        self.library.symbols.insert(name.into(), symbol);
    }
}

/// Returns whether an import is the built-in that makes a thread.
fn makes_threads(module: &str, name: &str) -> bool {
    let item = ImportName::parse(module, name, true).map(|name| name.item);
    matches!(item, Some(ImportItem::Builtin { op: CanonOp::ThreadNewIndirect, .. }))
}

/// Returns the type of a function that reads a base.
fn getter() -> ItemType {
    ItemType::Func(FuncType::new([], [ValType::I32]).into())
}

/// Returns the type of a function that sets a base.
fn setter() -> ItemType {
    ItemType::Func(FuncType::new([ValType::I32], []).into())
}

/// Returns the symbol type of a function or tag.
fn symbol_of(ty: &ItemType, func: FuncTypeId) -> SymbolKey {
    match ty {
        ItemType::Tag(_) => SymbolType::Tag(func),
        _ => SymbolType::Func(func),
    }
}
