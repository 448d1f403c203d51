//! Types.

use alloc::boxed::Box;

use wattle_abi::ValueAbi;
use wattle_ast::components::{self, Case, Field, PrimType, ValType};
use wattle_ast::{ComponentTypeIdx, Name};

use super::{InterfaceId, Shape, Text, TypeId, WorldId};
use crate::docs::TypeDocs;

/// A value type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Val {
    /// A primitive type.
    Prim(PrimType),
    /// Another type.
    Type(TypeId),
}

impl Val {
    /// Returns the type, if it is not primitive.
    pub const fn id(self) -> Option<TypeId> {
        match self {
            Val::Prim(_) => None,
            Val::Type(id) => Some(id),
        }
    }

    /// Returns a primitive type as it is, and any other type with the id that `f` returns for it.
    pub(super) fn map(self, f: impl FnOnce(TypeId) -> TypeId) -> Val {
        match self {
            Val::Prim(_) => self,
            Val::Type(id) => Val::Type(f(id)),
        }
    }
}

/// The kind of a type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Another name of a type. If that belongs to another interface, a `use`.
    Alias(Val),
    /// Fields, each with its name.
    Record(Box<[(Text, Val)]>),
    /// Cases, each with its name.
    Variant(Box<[(Text, Option<Val>)]>),
    /// The names of flags.
    Flags(Box<[Text]>),
    /// The names of cases.
    Enum(Box<[Text]>),
    /// A resource. Values are handles: [`Kind::Own`] and [`Kind::Borrow`].
    Resource,
    /// A list of any length.
    List(Val),
    /// A list of this length.
    FixedList(Val, u32),
    /// One value of each type.
    Tuple(Box<[Val]>),
    /// A value or none.
    Option(Val),
    /// A value of the first type, or an error of the second.
    Result(Option<Val>, Option<Val>),
    /// Values by key.
    Map(Val, Val),
    /// A handle that owns a resource.
    Own(TypeId),
    /// A handle for the time of a call.
    Borrow(TypeId),
    /// A stream of values.
    Stream(Option<Val>),
    /// A value that comes later.
    Future(Option<Val>),
}

impl Kind {
    /// Returns the keyword; `type` for another name of a type.
    pub const fn word(&self) -> &'static str {
        match self {
            Kind::Alias(_) => "type",
            Kind::Record(_) => "record",
            Kind::Variant(_) => "variant",
            Kind::Flags(_) => "flags",
            Kind::Enum(_) => "enum",
            Kind::Resource => "resource",
            Kind::List(_) | Kind::FixedList(..) => "list",
            Kind::Tuple(_) => "tuple",
            Kind::Option(_) => "option",
            Kind::Result(..) => "result",
            Kind::Map(..) => "map",
            Kind::Own(_) => "own",
            Kind::Borrow(_) => "borrow",
            Kind::Stream(_) => "stream",
            Kind::Future(_) => "future",
        }
    }

    /// Returns whether only a type with a name can be of this kind.
    pub const fn needs_name(&self) -> bool {
        use Kind::{Enum, Flags, Record, Resource, Variant};
        matches!(self, Record(_) | Variant(_) | Flags(_) | Enum(_) | Resource)
    }

    /// Returns the number of fields, cases, labels and types that the type is made of.
    pub(crate) fn parts(&self) -> usize {
        match self {
            Kind::Record(fields) => fields.len(),
            Kind::Variant(cases) => cases.len(),
            Kind::Flags(labels) | Kind::Enum(labels) => labels.len(),
            Kind::Tuple(types) => types.len(),
            _ => 0,
        }
    }

    /// Calls a function with the types that the type is made of, in order.
    pub fn for_each(&self, mut f: impl FnMut(Val)) {
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

    /// Returns the definition of the type in a component, where `index` gives the index of each
    /// type that it is made of. `None` for another name of a type that is not primitive, and for a
    /// resource.
    ///
    /// ```
    /// use wattle_ast::components::{PrimType, Type};
    /// use wattle_wit::model::{Kind, Val};
    ///
    /// let kind = Kind::List(Val::Prim(PrimType::U8));
    /// let definition = kind.definition(|_| unreachable!("it is made of no other type"));
    /// assert_eq!(definition, Some(Type::List(PrimType::U8.into())));
    /// ```
    pub fn definition(
        &self,
        mut index: impl FnMut(TypeId) -> ComponentTypeIdx,
    ) -> Option<components::Type<'static>> {
        use components::Type;
        let label = |name: &Text| Name::Shared(name.clone());
        let mut val = |ty: &Val| match ty {
            Val::Prim(prim) => ValType::Prim(*prim),
            Val::Type(id) => ValType::Type(index(*id)),
        };
        Some(match self {
            Kind::Alias(Val::Prim(prim)) => Type::Prim(*prim),
            Kind::Alias(Val::Type(_)) | Kind::Resource => return None,
            Kind::Record(fields) => {
                let field = |(name, ty): &(Text, Val)| Field { label: label(name), ty: val(ty) };
                Type::Record(fields.iter().map(field).collect())
            }
            Kind::Variant(cases) => {
                let case = |(name, ty): &(Text, Option<Val>)| Case {
                    label: label(name),
                    ty: ty.as_ref().map(&mut val),
                };
                Type::Variant(cases.iter().map(case).collect())
            }
            Kind::Flags(labels) => Type::Flags(labels.iter().map(label).collect()),
            Kind::Enum(labels) => Type::Enum(labels.iter().map(label).collect()),
            Kind::List(ty) => Type::List(val(ty)),
            Kind::FixedList(ty, len) => Type::FixedList { elem: val(ty), len: *len },
            Kind::Tuple(types) => Type::Tuple(types.iter().map(val).collect()),
            Kind::Option(ty) => Type::Option(val(ty)),
            Kind::Result(ok, err) => {
                let ok = ok.as_ref().map(&mut val);
                Type::Result { ok, err: err.as_ref().map(&mut val) }
            }
            Kind::Map(key, value) => {
                let key = val(key);
                Type::Map { key, value: val(value) }
            }
            Kind::Own(id) => Type::Own(index(*id)),
            Kind::Borrow(id) => Type::Borrow(index(*id)),
            Kind::Stream(ty) => Type::Stream(ty.as_ref().map(val)),
            Kind::Future(ty) => Type::Future(ty.as_ref().map(val)),
        })
    }

    /// Returns the kind with its types replaced.
    pub(crate) fn map(&self, mut f: impl FnMut(Val) -> Val) -> Kind {
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

/// The interface or world that defines a type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Owner {
    /// No owner: the type has no name, and is written out where it is used.
    Nobody,
    /// An interface.
    Interface(InterfaceId),
    /// A world.
    World(WorldId),
}

/// A type.
#[derive(Clone, Debug)]
pub struct Type {
    /// The name. Types without one are written out where they are used.
    pub name: Option<Text>,
    /// The interface or world that defines it.
    pub owner: Owner,
    /// The kind.
    pub kind: Kind,
    /// The external identifier, whose meaning is up to the host.
    pub external_id: Option<Text>,
    /// Documentation and gate.
    pub docs: TypeDocs,
    /// Whether it is a resource, or another name of one.
    pub is_resource: bool,
    /// Whether a value of it can have a borrowed handle in it.
    pub has_borrow: bool,
    /// Whether a value of it can have a handle in it: of a resource, a stream, a future or an error
    /// context.
    pub(crate) has_handle: bool,
    /// Its size, its depth and the layout of its values.
    pub(crate) shape: Shape,
    /// The type that this one is another name of, directly or through further names.
    pub(crate) origin: Option<TypeId>,
}

impl Type {
    /// Returns the layout of the values in memory, and the core types in which they are passed to
    /// functions.
    ///
    /// ```
    /// use wattle_wit::Resolver;
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b; interface i { record r { x: u8, y: u32 } }");
    /// let resolved = resolver.resolve().unwrap();
    /// let model = resolved.model();
    /// let interface = model.interface_by_name("a:b/i").unwrap();
    /// let record = *model[interface].types.get("r").unwrap();
    /// let abi = model[record].abi();
    /// assert_eq!(abi.layout(wattle_ast::AddrType::I32).size, 8);
    /// ```
    pub const fn abi(&self) -> ValueAbi {
        self.shape.abi
    }

    /// Returns a type without documentation. [`Model::add_type`](super::Model::add_type) fills in
    /// the fields that follow from its kind.
    pub(crate) fn new(name: Option<Text>, owner: Owner, kind: Kind) -> Type {
        Type {
            name,
            owner,
            kind,
            external_id: None,
            docs: TypeDocs::default(),
            is_resource: false,
            has_borrow: false,
            has_handle: false,
            shape: Shape::UNKNOWN,
            origin: None,
        }
    }
}
