//! Packages, interfaces, worlds and functions.

use alloc::string::String;
use alloc::vec::Vec;

use super::{InterfaceId, PackageId, Text, TypeId, Val, WorldId};
use crate::docs::{Gate, Ordered};
use crate::package::PackageName;

/// A package.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// The name.
    pub name: PackageName,
    /// The documentation.
    pub docs: Option<String>,
    /// The interfaces by name.
    pub interfaces: Ordered<Text, InterfaceId>,
    /// The worlds by name.
    pub worlds: Ordered<Text, WorldId>,
}

/// An interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The name without its package. `None` if the interface is written out in a world.
    pub name: Option<Text>,
    /// The package.
    pub package: PackageId,
    /// The types by name, with those that are used from other interfaces.
    pub types: Ordered<Text, TypeId>,
    /// The functions by name, such as `[method]file.read`.
    pub funcs: Ordered<Text, Func>,
    /// The other interfaces that types are used from, each once.
    pub uses: Vec<InterfaceId>,
    /// The documentation.
    pub docs: Option<String>,
    /// The gate.
    pub gate: Gate,
    /// The interface that this one is a copy of, by
    /// [`Model::separate_interfaces`](super::Model::separate_interfaces).
    pub copy_of: Option<InterfaceId>,
}

impl Interface {
    /// Returns an interface without items.
    pub(crate) fn new(name: Option<Text>, package: PackageId) -> Interface {
        Interface {
            name,
            package,
            types: Ordered::default(),
            funcs: Ordered::default(),
            uses: Vec::new(),
            docs: None,
            gate: Gate::Unknown,
            copy_of: None,
        }
    }
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Func {
    /// The name in the component, such as `[method]file.read`.
    pub name: Text,
    /// The resource of a constructor, method or static function.
    pub resource: Option<TypeId>,
    /// Whether the function is `async`.
    pub is_async: bool,
    /// The parameters, `self` of a method among them.
    pub params: Vec<(Text, Val)>,
    /// The result.
    pub result: Option<Val>,
    /// The documentation.
    pub docs: Option<String>,
    /// The gate.
    pub gate: Gate,
    /// The external identifier, whose meaning is up to the host.
    pub external_id: Option<Text>,
}

impl Func {
    /// Returns whether another function has the type of this one.
    pub fn has_type_of(&self, other: &Func) -> bool {
        let ty = |func: &Func| (func.is_async, func.resource, func.result);
        ty(self) == ty(other) && self.params == other.params
    }
}

/// The name of an import or export.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    /// The whole name of an interface.
    Interface(InterfaceId),
    /// A name in the world alone: of a function, a type, or an interface.
    Name(Text),
}

/// An import or export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extern {
    /// An interface.
    Interface {
        /// The interface.
        id: InterfaceId,
        /// The gate of the import or export.
        gate: Gate,
        /// The documentation of the import or export.
        docs: Option<String>,
        /// The external identifier, whose meaning is up to the host.
        external_id: Option<Text>,
    },
    /// A function.
    Func(Func),
    /// A type. Only imports can be types.
    Type(TypeId),
}

impl Extern {
    /// Returns the word for the import or export in messages.
    pub const fn sort(&self) -> &'static str {
        match self {
            Extern::Interface { .. } => "interface",
            Extern::Type(_) => "type",
            Extern::Func(_) => "func",
        }
    }

    /// Returns whether the import or export is an interface.
    pub const fn is_interface(&self) -> bool {
        matches!(self, Extern::Interface { .. })
    }
}

/// Imports or exports by name.
pub type Externs = Ordered<Key, Extern>;

/// A world.
#[derive(Clone, Debug)]
pub struct World {
    /// The name without its package.
    pub name: Text,
    /// The package.
    pub package: PackageId,
    /// The imports, with those that follow from other imports and exports. The types of the world
    /// are among them.
    pub imports: Externs,
    /// The exports.
    pub exports: Externs,
    /// The documentation.
    pub docs: Option<String>,
    /// The gate.
    pub gate: Gate,
}

impl World {
    /// Returns a world without imports and exports.
    pub(crate) fn new(name: Text, package: PackageId) -> World {
        World {
            name,
            package,
            imports: Externs::default(),
            exports: Externs::default(),
            docs: None,
            gate: Gate::Unknown,
        }
    }

    /// Returns the imports or the exports.
    pub(crate) fn side(&self, is_import: bool) -> &Externs {
        if is_import { &self.imports } else { &self.exports }
    }

    /// Returns a mutable reference to the imports or the exports.
    pub(crate) fn side_mut(&mut self, is_import: bool) -> &mut Externs {
        if is_import { &mut self.imports } else { &mut self.exports }
    }
}

/// An interface or world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// An interface.
    Interface(InterfaceId),
    /// A world.
    World(WorldId),
}
