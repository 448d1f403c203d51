//! The meaning of WIT, from whatever source: packages, interfaces, worlds, functions and types.
//!
//! Text is resolved into a [`Model`], and binary packages, sections `component-type` and components
//! are decoded into one. Models are printed as text, encoded, merged and compared. Apart from the
//! syntax tree, no other part of this crate has types of its own.
//!
//! | file | holds |
//! |---|---|
//! | `items.rs` | packages, interfaces, worlds and functions |
//! | `types.rs` | types |
//! | `lookup.rs` | names, and the lookup of items by name |
//! | `equality.rs` | the equality of value types in components |
//! | `packages.rs` | the order of packages |
//! | `copy.rs` | the replacement of types in types, functions, imports and exports |
//! | `merge.rs`, `merge_worlds.rs`, `merge_error.rs` | the merging of two models or worlds |
//! | `semver.rs` | the merging of compatible versions, and exports turned into imports |
//! | `shape.rs` | the size and depth of types, and the layout of their values |
//! | `separate.rs` | copies of the interfaces that a world has more than once |
//! | `elaborate.rs` | the full imports and exports of a world |
//!
//! ```
//! use wattle_wit::Resolver;
//! use wattle_wit::model::{Extern, Kind};
//!
//! let mut resolver = Resolver::new();
//! resolver.file("a.wit", "package a:b@1.0.0;
//!     interface shapes { record point { x: u8, y: u8 } draw: func(at: point); }
//!     world canvas { import shapes; export run: func(); }");
//! let resolved = resolver.resolve().unwrap();
//! let model = resolved.model();
//! let world = model.select_world(resolved.root(), None).unwrap();
//! let imports: Vec<_> = model[world].imports.keys().map(|key| model.key_name(key)).collect();
//! assert_eq!(imports, ["a:b/shapes@1.0.0"]);
//!
//! let Some((_, Extern::Interface { id, .. })) = model[world].imports.iter().next() else { panic!() };
//! let draw = model[*id].funcs.get("draw").unwrap();
//! let point = draw.params[0].1.id().unwrap();
//! assert_eq!(model[point].name.as_deref(), Some("point"));
//! assert!(matches!(model[point].kind, Kind::Record(_)));
//! ```

mod copy;
mod elaborate;
mod equality;
mod items;
mod lookup;
mod merge;
mod merge_error;
mod merge_worlds;
mod packages;
mod semver;
mod separate;
mod shape;
mod types;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Index;

use wattle_ast::components::PrimType;
use wattle_ast::{IndexVec, SpaceIdx};

use crate::package::PackageName;

pub(crate) use copy::TypeMap;
pub(crate) use elaborate::MAX_WORK;
pub use elaborate::Transitive;
pub(crate) use equality::Equality;
pub use items::{Extern, Externs, Func, Interface, Item, Key, Package, World};
pub use lookup::SelectError;
pub use merge::Remap;
pub(crate) use merge::Uses;
pub use merge_error::{FuncPart, MergeError, MergeErrorKind};
pub(crate) use merge_worlds::Required;
pub use packages::PackageCycle;
pub(crate) use shape::Shape;
pub use types::{Kind, Owner, Type, Val};

/// Text that definitions share.
pub type Text = Arc<str>;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident: $of:ident in $list:ident;)*) => { $(
        $(#[$doc])*
        ///
        /// It belongs to the model that gave it, and to copies of that model.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(u32);

        impl SpaceIdx for $name {}

        impl From<u32> for $name {
            fn from(number: u32) -> $name {
                $name(number)
            }
        }

        impl From<$name> for u32 {
            fn from(id: $name) -> u32 {
                id.0
            }
        }

        /// # Panics
        /// If the id is one of another model, and this has fewer items.
        impl Index<$name> for Model {
            type Output = $of;

            fn index(&self, id: $name) -> &$of {
                &self.$list[id]
            }
        }
    )* };
}

ids! {
    /// The number of a type.
    TypeId: Type in types;
    /// The number of an interface.
    InterfaceId: Interface in interfaces;
    /// The number of a world.
    WorldId: World in worlds;
    /// The number of a package.
    PackageId: Package in packages;
}

/// Packages with their interfaces, worlds and types, which are found by number: `model[id]`.
///
/// A type stands behind all types that it is made of.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub(crate) packages: IndexVec<PackageId, Package>,
    pub(crate) interfaces: IndexVec<InterfaceId, Interface>,
    pub(crate) worlds: IndexVec<WorldId, World>,
    pub(crate) types: IndexVec<TypeId, Type>,
    pub(crate) package_ids: BTreeMap<PackageName, PackageId>,
    /// Types without names, each once.
    anonymous: BTreeMap<Kind, TypeId>,
}

impl Model {
    /// Returns the packages.
    pub fn packages(&self) -> impl ExactSizeIterator<Item = (PackageId, &Package)> {
        self.packages.iter_indexed()
    }

    /// Returns the interfaces of all packages, with those that are written out in worlds.
    pub fn interfaces(&self) -> impl ExactSizeIterator<Item = (InterfaceId, &Interface)> {
        self.interfaces.iter_indexed()
    }

    /// Returns the worlds of all packages.
    pub fn worlds(&self) -> impl ExactSizeIterator<Item = (WorldId, &World)> {
        self.worlds.iter_indexed()
    }

    /// Returns the types of all interfaces and worlds, and those without names.
    pub fn types(&self) -> impl ExactSizeIterator<Item = (TypeId, &Type)> {
        self.types.iter_indexed()
    }

    /// Adds a package without items.
    pub(crate) fn add_package(&mut self, package: Package) -> PackageId {
        let id = self.packages.next_index();
        self.package_ids.insert(package.name.clone(), id);
        self.packages.push(package);
        id
    }

    /// Adds an interface. The caller gives it a place in its package or in a world.
    pub(crate) fn add_interface(&mut self, interface: Interface) -> InterfaceId {
        let id = self.interfaces.next_index();
        self.interfaces.push(interface);
        id
    }

    /// Adds a world. The caller gives it a place in its package.
    pub(crate) fn add_world(&mut self, world: World) -> WorldId {
        let id = self.worlds.next_index();
        self.worlds.push(world);
        id
    }

    /// Adds a type, and fills in the fields that follow from its kind.
    pub(crate) fn add_type(&mut self, mut ty: Type) -> TypeId {
        use Kind::{Future, Own, Stream};
        let of = |val: Val| val.id().and_then(|id| self.types.get(id));
        ty.is_resource = match &ty.kind {
            Kind::Resource => true,
            Kind::Alias(val) => of(*val).is_some_and(|ty| ty.is_resource),
            _ => false,
        };
        ty.origin = match ty.kind {
            Kind::Alias(Val::Type(other)) => Some(self.origin(other)),
            _ => None,
        };
        let mut has_borrow = matches!(ty.kind, Kind::Borrow(_));
        let mut has_handle = has_borrow || matches!(ty.kind, Own(_) | Stream(_) | Future(_));
        ty.kind.for_each(|val| {
            has_borrow |= of(val).is_some_and(|ty| ty.has_borrow);
            has_handle |= of(val).is_some_and(|ty| ty.has_handle);
            has_handle |= val == Val::Prim(PrimType::ErrorContext);
        });
        (ty.has_borrow, ty.has_handle) = (has_borrow, has_handle);
        ty.shape = self.shape_of(&ty.kind);
        let id = self.types.next_index();
        self.types.push(ty);
        id
    }

    /// Returns the type of this kind without a name, which is added if it is new.
    pub(crate) fn intern(&mut self, kind: Kind) -> TypeId {
        if let Some(&id) = self.anonymous.get(&kind) {
            return id;
        }
        let id = self.add_type(Type::new(None, Owner::Nobody, kind.clone()));
        self.anonymous.insert(kind, id);
        id
    }

    /// Puts types in another order: `order` lists their old numbers, and `place` returns the new
    /// number of each.
    pub(crate) fn renumber_types(&mut self, order: &[usize], place: impl Fn(TypeId) -> TypeId) {
        let val = |val: Val| val.map(&place);
        let func = |func: &mut Func| {
            func.resource = func.resource.map(&place);
            func.params.iter_mut().for_each(|(_, ty)| *ty = val(*ty));
            func.result = func.result.map(val);
        };
        let mut old: Vec<Option<Type>> =
            core::mem::take(self.types.as_vec_mut()).into_iter().map(Some).collect();
        for at in order {
            if let Some(mut ty) = old.get_mut(*at).and_then(Option::take) {
                ty.kind = ty.kind.map(val);
                self.add_type(ty);
            }
        }
        self.anonymous = self
            .types
            .iter_indexed()
            .filter(|(_, ty)| ty.owner == Owner::Nobody)
            .map(|(id, ty)| (ty.kind.clone(), id))
            .collect();
        for interface in self.interfaces.iter_mut() {
            interface.types.values_mut().for_each(|id| *id = place(*id));
            interface.funcs.values_mut().for_each(func);
        }
        for world in self.worlds.iter_mut() {
            for item in world.imports.values_mut().chain(world.exports.values_mut()) {
                match item {
                    Extern::Type(id) => *id = place(*id),
                    Extern::Func(it) => func(it),
                    Extern::Interface { .. } => {}
                }
            }
        }
    }

    /// Fills in the list of the interfaces that an interface uses, once all its types are known.
    pub(crate) fn find_uses(&mut self, id: InterfaceId) {
        let types = self.interfaces[id].types.iter();
        let uses = types.filter_map(|(_, ty)| Some((self.used_interface(*ty)?, ())));
        let uses: crate::docs::Ordered<InterfaceId, ()> = uses.collect();
        self.interfaces[id].uses = uses.keys().copied().collect();
    }
}
