//! A core module that becomes part of a component, and the meanings of its imports and exports.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_abi::Mode;
use wattle_ast::components::CanonOp;
use wattle_ast::{ExternIdx, ExternKind, MemType, Module, Name};
use wattle_wit::model::{Text, TypeId};

use super::fixup::Task;
use crate::error::Origin;
use crate::func_types::FuncTypeId;
use crate::names::{Realloc, Side};
use crate::world::{Place, World};
use wattle_wit::component_type::StringEncoding;

/// The number of the main module among the parts. The others are libraries and adapters.
pub(crate) const MAIN: usize = 0;

/// A core module that becomes part of a component.
pub(crate) struct Part<'a> {
    pub(crate) origin: Origin,
    /// The module, without the sections that describe its world.
    pub(crate) module: Module<'a>,
    /// The names of the world's exports that the module has to have.
    pub(crate) exports: Vec<String>,
    /// The exports that a linker gives to imports, by the places of the imports. The sources of
    /// other imports are found by their names.
    pub(crate) given: Vec<Option<Given>>,
    /// Whether the module is instantiated behind the fixup, so that its start function can call all
    /// others.
    pub(crate) is_last: bool,
    pub(super) encodings: Encodings,
    /// Whether a section describes the world of the module.
    pub(super) has_world: bool,
    /// The original names of imports that were renamed because several had one name, by the places
    /// of the imports.
    pub(super) renamed: BTreeMap<usize, Name<'a>>,
}

impl Part<'_> {
    /// Returns whether the module is an adapter.
    pub(super) fn is_adapter(&self) -> bool {
        matches!(self.origin, Origin::Adapter(_))
    }
}

/// An export of a part that is given to an import of another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Given {
    pub(crate) part: usize,
    pub(crate) name: Text,
}

/// The string encoding of each function of a module's own world: of imports and of exports, by the
/// interface without its version, and the function.
#[derive(Default)]
pub(crate) struct Encodings([BTreeMap<String, BTreeMap<Text, StringEncoding>>; 2]);

/// Returns the name of an import or export without its version, so that it stays the same when
/// versions are merged.
fn unversioned(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

impl Encodings {
    /// Adds the functions of a world. Returns the name of a function that has another encoding
    /// already.
    pub(super) fn add(&mut self, world: &World<'_>, encoding: StringEncoding) -> Option<String> {
        for side in [Side::Import, Side::Export] {
            for (number, item) in world.side(side).items.iter().enumerate() {
                let of = self.0[side as usize].entry(unversioned(&item.name).into()).or_default();
                for func in world.funcs(side, number) {
                    let known = *of.entry(func.name.clone()).or_insert(encoding);
                    if known != encoding {
                        return Some(func.name.as_ref().into());
                    }
                }
            }
        }
        None
    }

    /// Returns the encoding of a function, if the module's own world has it.
    pub(super) fn get(&self, side: Side, item: &str, func: &Text) -> Option<StringEncoding> {
        self.0[side as usize].get(unversioned(item))?.get(func).copied()
    }
}

/// The item that a core import is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// The memory that pointers point into.
    Memory,
    /// An export of a part that is instantiated before.
    Export(Given),
    /// A core function that the component defines or fetches.
    Func(CoreFunc),
    /// The function that reads or writes the base of thread-local storage.
    Tls { writes: bool, is_64: bool },
}

/// A core function that a component makes for its core modules.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum CoreFunc {
    /// A function that the world imports: an import of the world and the function in it.
    Lower { import: usize, func: Text, is_async: bool },
    /// A built-in of a resource.
    Resource { op: CanonOp, place: Place, resource: TypeId },
    /// The return of a function that the world exports.
    TaskReturn { export: usize, func: Text },
    /// A built-in of a stream or future.
    Copy(Copy),
    /// A built-in without types or options.
    Plain { op: CanonOp, is_async: bool },
    /// A built-in that reads or writes a slot of the context.
    Context { op: CanonOp, slot: u32, is_64: bool },
    /// A built-in that writes to memory.
    Wait { op: CanonOp },
    /// A built-in of error contexts.
    ErrorContext { op: CanonOp, encoding: StringEncoding },
    /// The built-in that makes a thread of a function in the main module's table.
    ThreadNew,
    /// An export of a part, which may not be instantiated yet.
    Export { part: usize, name: Text },
    /// The destructor of a resource, which is an export of a part.
    Destructor { part: usize, name: Text },
    /// A `realloc` of a part, which is an export of it.
    Realloc { part: usize, name: Text },
}

/// A built-in of a stream or future.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Copy {
    pub(super) op: CanonOp,
    pub(super) place: Place,
    /// The stream or future; `None` if it carries no values.
    pub(super) ty: Option<TypeId>,
    pub(super) is_async: bool,
    /// The function that the type occurs in.
    pub(super) func: Text,
    /// The import or export that the function belongs to.
    pub(super) item: (Side, usize),
}

/// A core import, and the item that it is given.
pub(super) struct Linked<'a> {
    pub(super) module: Name<'a>,
    pub(super) name: Name<'a>,
    pub(super) source: Source,
    pub(super) kind: ExternKind,
    /// The type, if the import is a function.
    pub(super) ty: FuncTypeId,
}

/// A core function that is lifted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lifted {
    /// The name of the export.
    pub(super) name: Text,
    pub(super) mode: Mode,
    pub(super) post_return: Option<Text>,
    pub(super) callback: Option<Text>,
}

/// The exports of a part, by their purposes.
#[derive(Default)]
pub(super) struct Exports {
    pub(super) memory: Option<(Text, MemType)>,
    pub(super) reallocs: BTreeMap<Realloc, Text>,
    pub(super) initialize: Option<Text>,
    pub(super) func_table: Option<Text>,
    pub(super) task_hook: Option<Text>,
    /// The functions that are lifted, by the export of the world and the function in it.
    pub(super) lifted: BTreeMap<(usize, Text), Lifted>,
    /// The destructors, by the export of the world and the resource.
    pub(super) destructors: BTreeMap<(usize, TypeId), Text>,
    /// All exports.
    pub(super) all: BTreeMap<Text, ExternIdx>,
    /// The types of the exported functions.
    pub(super) types: BTreeMap<Text, FuncTypeId>,
}

impl Exports {
    /// Returns the `realloc` for a purpose, or the one for all purposes.
    pub(super) fn realloc(&self, of: Realloc) -> Option<&Text> {
        self.reallocs.get(&of).or_else(|| self.reallocs.get(&Realloc::Any))
    }

    /// Returns the functions that are tasks or parts of tasks, and those that allocate memory for
    /// them.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (&Text, Task)> {
        let lifted = self.lifted.values().flat_map(|lifted| {
            let task = match lifted.mode {
                Mode::Sync => Task::Sync { has_post_return: lifted.post_return.is_some() },
                Mode::Stackful => Task::Stackful,
                Mode::Callback => Task::Callback,
            };
            let post_return = lifted.post_return.as_ref().map(|name| (name, Task::PostReturn));
            let callback = lifted.callback.as_ref().map(|name| (name, Task::Resume));
            [Some((&lifted.name, task)), post_return, callback].into_iter().flatten()
        });
        let reallocs = self.reallocs.iter().filter(|(of, _)| **of != Realloc::Adapters);
        lifted.chain(reallocs.map(|(_, name)| (name, Task::Realloc)))
    }

    /// Returns all exports that serve the component, so that an adapter keeps them.
    pub(super) fn used(&self) -> impl Iterator<Item = &Text> {
        let lifted = self.lifted.values().flat_map(|lifted| {
            [Some(&lifted.name), lifted.post_return.as_ref(), lifted.callback.as_ref()]
        });
        let memory = self.memory.as_ref().map(|(name, _)| name);
        let others = [self.initialize.as_ref(), self.func_table.as_ref(), self.task_hook.as_ref()];
        let others = others.into_iter().chain([memory]).chain(lifted).flatten();
        others.chain(self.reallocs.values()).chain(self.destructors.values())
    }
}

/// The parts that export the functions to lift, and destructors. If several parts export the same
/// function, the first one counts.
pub(super) struct Exporters<'e> {
    lifted: BTreeMap<&'e (usize, Text), (usize, &'e Lifted)>,
    destructors: BTreeMap<(usize, TypeId), (usize, &'e Text)>,
}

impl<'e> Exporters<'e> {
    pub(super) fn new(exports: &'e [Exports]) -> Exporters<'e> {
        let mut exporters = Exporters { lifted: BTreeMap::new(), destructors: BTreeMap::new() };
        for (part, exports) in exports.iter().enumerate() {
            for (key, lifted) in &exports.lifted {
                exporters.lifted.entry(key).or_insert((part, lifted));
            }
            for (key, name) in &exports.destructors {
                exporters.destructors.entry(*key).or_insert((part, name));
            }
        }
        exporters
    }

    /// Returns the part that exports a function of the world, and the core function.
    pub(super) fn lifted(&self, export: usize, func: &Text) -> Option<(usize, &'e Lifted)> {
        self.lifted.get(&(export, func.clone())).copied()
    }

    /// Returns the part that exports the destructor of a resource, and the name of the export.
    pub(super) fn destructor(&self, export: usize, resource: TypeId) -> Option<(usize, &'e Text)> {
        self.destructors.get(&(export, resource)).copied()
    }
}

/// Returns the `realloc` for values that imports return to a part or that its exports receive, and
/// the part that exports it. A library may use the one of the main module, since all libraries have
/// the memory of that module.
pub(super) fn realloc_for<'e>(
    parts: &[Part<'_>],
    exports: &'e [Exports],
    part: usize,
    side: Side,
) -> Option<(usize, &'e Text)> {
    let of = match side {
        Side::Import => Realloc::Imports,
        Side::Export => Realloc::Exports,
    };
    if let Some(own) = exports.get(part).and_then(|exports| exports.realloc(of)) {
        return Some((part, own));
    }
    let is_library = matches!(parts.get(part)?.origin, Origin::Library(_));
    let shared = exports.get(MAIN)?.reallocs.get(&Realloc::Any).filter(|_| is_library);
    shared.map(|name| (MAIN, name))
}

/// Returns the name of an item of the world, or an empty name if the item does not exist.
pub(super) fn item_name<'w>(world: &'w World<'_>, (side, number): (Side, usize)) -> &'w str {
    world.side(side).items.get(number).map_or("", |item| &item.name)
}
