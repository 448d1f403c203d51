//! The size and depth of types, and the layout of their values, for limits.

use wattle_abi::ValueAbi;

use super::{Func, Kind, Model, Val};

/// The properties of a type that limits concern, computed once from those of its parts. A named type has
/// the shape of the type that it names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    /// The number of types in the type, each counted wherever it is used.
    pub(crate) size: u32,
    /// The greatest number of types one inside the other.
    pub(crate) depth: u32,
    /// The layout of its values.
    pub(crate) abi: ValueAbi,
}

impl Shape {
    /// The shape of a type without parts.
    const fn leaf(abi: ValueAbi) -> Shape {
        Shape { size: 1, depth: 1, abi }
    }

    /// The shape of a type whose parts are not known yet.
    pub(super) const UNKNOWN: Shape = Shape::leaf(ValueAbi::HANDLE);
}

impl Model {
    /// Returns the shape of a value type.
    pub(crate) fn shape(&self, val: Val) -> Shape {
        match val {
            Val::Prim(prim) => Shape::leaf(ValueAbi::prim(prim)),
            Val::Type(id) => self.types.get(id).map_or(Shape::UNKNOWN, |ty| ty.shape),
        }
    }

    /// Returns the shape of a type of this kind.
    pub(crate) fn shape_of(&self, kind: &Kind) -> Shape {
        if let Kind::Alias(val) = kind {
            return self.shape(*val);
        }
        let mut shape = Shape::leaf(self.abi_of(kind));
        kind.for_each(|part| {
            let part = self.shape(part);
            shape.size = shape.size.saturating_add(part.size);
            shape.depth = shape.depth.max(part.depth.saturating_add(1));
        });
        shape
    }

    fn abi_of(&self, kind: &Kind) -> ValueAbi {
        let abi = |val: &Val| self.shape(*val).abi;
        let option = |val: &Option<Val>| val.as_ref().map(abi);
        match kind {
            Kind::Alias(ty) => abi(ty),
            Kind::Record(fields) => ValueAbi::record(fields.iter().map(|(_, ty)| abi(ty))),
            Kind::Tuple(types) => ValueAbi::record(types.iter().map(abi)),
            Kind::Variant(cases) => ValueAbi::variant(cases.iter().map(|(_, ty)| option(ty))),
            Kind::Option(ty) => ValueAbi::variant([None, Some(abi(ty))]),
            Kind::Result(ok, err) => ValueAbi::variant([option(ok), option(err)]),
            Kind::Flags(labels) => ValueAbi::flags(labels.len()),
            Kind::Enum(labels) => ValueAbi::enumeration(labels.len()),
            Kind::List(_) | Kind::Map(..) => ValueAbi::list(),
            Kind::FixedList(elem, len) => ValueAbi::fixed_list(abi(elem), *len),
            Kind::Resource | Kind::Own(_) | Kind::Borrow(_) | Kind::Stream(_) | Kind::Future(_) => {
                ValueAbi::HANDLE
            }
        }
    }

    /// Returns the depth of the type of a function in a component.
    pub(crate) fn func_depth(&self, func: &Func) -> u32 {
        let types = func.params.iter().map(|(_, ty)| *ty).chain(func.result);
        types.map(|ty| self.shape(ty).depth).max().unwrap_or(0).saturating_add(1)
    }
}
