//! What the resolver knows while it works: types, interfaces and worlds by number.
//!
//! Nothing of it leaves the resolver; the result is a component.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_ast::components::PrimType;

use crate::docs::{Gate, TypeDocs};
use crate::error::Place;
use crate::ordered::Ordered;

/// Text that definitions share.
pub(super) type Text = Arc<str>;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) struct $name(pub(super) usize);
    )* };
}

ids! {
    /// A type.
    TypeId
    /// An interface.
    InterfaceId
    /// A world.
    WorldId
    /// A package.
    PackageId
}

/// A value type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Val {
    Prim(PrimType),
    Type(TypeId),
}

/// The form of a type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// Another name of a type.
    Alias(Val),
    Record(Box<[(Text, Val)]>),
    Variant(Box<[(Text, Option<Val>)]>),
    Flags(Box<[Text]>),
    Enum(Box<[Text]>),
    Resource,
    List(Val),
    FixedList(Val, u32),
    Tuple(Box<[Val]>),
    Option(Val),
    Result(Option<Val>, Option<Val>),
    Map(Val, Val),
    Own(TypeId),
    Borrow(TypeId),
    Stream(Option<Val>),
    Future(Option<Val>),
}

impl Kind {
    /// Calls a function with the types that the type is made of, in order.
    pub(super) fn for_each(&self, mut f: impl FnMut(Val)) {
        match self {
            Kind::Flags(_) | Kind::Enum(_) | Kind::Resource => {}
            Kind::Alias(ty) | Kind::List(ty) | Kind::FixedList(ty, _) | Kind::Option(ty) => f(*ty),
            Kind::Own(ty) | Kind::Borrow(ty) => f(Val::Type(*ty)),
            Kind::Record(fields) => fields.iter().for_each(|(_, ty)| f(*ty)),
            Kind::Variant(cases) => cases.iter().filter_map(|(_, ty)| *ty).for_each(f),
            Kind::Tuple(types) => types.iter().copied().for_each(f),
            Kind::Map(key, value) => [*key, *value].into_iter().for_each(f),
            Kind::Result(ok, err) => [*ok, *err].into_iter().flatten().for_each(f),
            Kind::Stream(ty) | Kind::Future(ty) => ty.iter().copied().for_each(f),
        }
    }

    /// The type with its parts replaced.
    pub(super) fn map(&self, mut f: impl FnMut(Val) -> Val) -> Kind {
        let id = |id: TypeId, f: &mut dyn FnMut(Val) -> Val| match f(Val::Type(id)) {
            Val::Type(id) => id,
            Val::Prim(_) => id,
        };
        match self {
            Kind::Flags(_) | Kind::Enum(_) | Kind::Resource => self.clone(),
            Kind::Alias(ty) => Kind::Alias(f(*ty)),
            Kind::List(ty) => Kind::List(f(*ty)),
            Kind::FixedList(ty, len) => Kind::FixedList(f(*ty), *len),
            Kind::Option(ty) => Kind::Option(f(*ty)),
            Kind::Own(ty) => Kind::Own(id(*ty, &mut f)),
            Kind::Borrow(ty) => Kind::Borrow(id(*ty, &mut f)),
            Kind::Record(fields) => {
                Kind::Record(fields.iter().map(|(name, ty)| (name.clone(), f(*ty))).collect())
            }
            Kind::Variant(cases) => Kind::Variant(
                cases.iter().map(|(name, ty)| (name.clone(), ty.map(&mut f))).collect(),
            ),
            Kind::Tuple(types) => Kind::Tuple(types.iter().map(|ty| f(*ty)).collect()),
            Kind::Map(key, value) => Kind::Map(f(*key), f(*value)),
            Kind::Result(ok, err) => Kind::Result(ok.map(&mut f), err.map(&mut f)),
            Kind::Stream(ty) => Kind::Stream(ty.map(f)),
            Kind::Future(ty) => Kind::Future(ty.map(f)),
        }
    }
}

/// Where a type is defined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Owner {
    /// Wherever it is used: it has no name.
    Nobody,
    Interface(InterfaceId),
    World(WorldId),
}

/// A type.
#[derive(Clone, Debug)]
pub(super) struct TypeData {
    pub(super) name: Option<Text>,
    pub(super) owner: Owner,
    pub(super) kind: Kind,
    pub(super) external_id: Option<Text>,
    pub(super) docs: TypeDocs,
    /// The feature whose gate excludes it.
    pub(super) excluded: Option<Text>,
    /// Whether it is a resource, or another name of one.
    pub(super) is_resource: bool,
    pub(super) has_borrow: bool,
}

/// A function.
#[derive(Clone, Debug)]
pub(super) struct FuncData {
    pub(super) name: Text,
    pub(super) resource: Option<TypeId>,
    pub(super) is_async: bool,
    pub(super) params: Vec<(Text, Val)>,
    pub(super) result: Option<Val>,
    pub(super) docs: Option<String>,
    pub(super) gate: Gate,
    pub(super) external_id: Option<Text>,
    pub(super) place: Place,
}

/// What a name in an interface or world stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    Type(TypeId),
    Func,
    /// A definition with an error, which has been reported.
    Faulty,
}

/// An interface.
#[derive(Clone, Debug)]
pub(super) struct InterfaceData {
    /// `None` if it is written out in a world.
    pub(super) name: Option<Text>,
    pub(super) package: PackageId,
    pub(super) types: Ordered<Text, TypeId>,
    /// The interfaces that it uses types of, each once.
    pub(super) used: Vec<InterfaceId>,
    pub(super) funcs: Vec<FuncData>,
    /// All names, excluded ones too.
    pub(super) names: BTreeMap<Text, Named>,
    pub(super) docs: Option<String>,
    pub(super) gate: Gate,
    pub(super) excluded: Option<Text>,
}

/// The name of an import or export.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    Interface(InterfaceId),
    Name(Text),
}

/// An import or export.
#[derive(Clone, Debug)]
pub(super) enum Extern {
    Interface {
        id: InterfaceId,
        gate: Gate,
        docs: Option<String>,
        external_id: Option<Text>,
        place: Place,
    },
    Func(FuncData),
    Type(TypeId, Place),
}

impl Extern {
    pub(super) fn place(&self) -> Place {
        match self {
            Extern::Interface { place, .. } | Extern::Type(_, place) => *place,
            Extern::Func(func) => func.place,
        }
    }

    /// The word for it in messages.
    pub(super) fn sort(&self) -> &'static str {
        match self {
            Extern::Interface { .. } => "interface",
            Extern::Type(..) => "type",
            Extern::Func(_) => "func",
        }
    }
}

pub(super) type Externs = Ordered<Key, Extern>;

/// A world.
#[derive(Clone, Debug)]
pub(super) struct WorldData {
    pub(super) name: Text,
    pub(super) package: PackageId,
    pub(super) imports: Externs,
    pub(super) exports: Externs,
    pub(super) docs: Option<String>,
    pub(super) gate: Gate,
    pub(super) excluded: Option<Text>,
}

/// An interface or world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    Interface(InterfaceId),
    World(WorldId),
}
