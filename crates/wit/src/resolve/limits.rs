//! Checks types against the limits of components, and reports the place in the text.

use alloc::string::ToString;

use wattle_abi::ValueAbi;
use wattle_ast::components::Type;
use wattle_ast::{AddrType, Span};

use super::Resolve;
use crate::error::{Error, ErrorKind, Place};
use crate::model::{Extern, Interface, InterfaceId, Kind, Shape, Val, WorldId};

/// The levels that the binary of a package puts around the type of an interface or world.
const OF_PACKAGE: u32 = 1;
/// The levels that the type of a world puts around its imports and exports.
const OF_WORLD: u32 = 1;

/// Whether an item that is exported at this depth is too deep: the component of the export is a level
/// of its own.
fn is_too_deep(depth: u32) -> bool {
    depth.saturating_add(OF_PACKAGE) >= Type::MAX_DEPTH
}

fn value_size(shape: Shape) -> u64 {
    // Types are never larger in memories of 32 bits.
    shape.abi.layout(AddrType::I64).size
}

impl Resolve<'_> {
    /// Checks the limits of a type by itself, unless one of its parts breaks them already.
    pub(super) fn check_limits(&mut self, kind: &Kind, source: usize, span: Span) {
        let (sort, parts, most) = match kind {
            Kind::Record(fields) => ("fields of a record", fields.len(), Type::MAX_PARTS),
            Kind::Variant(cases) => ("cases of a variant", cases.len(), Type::MAX_PARTS),
            Kind::Enum(labels) => ("cases of an enum", labels.len(), Type::MAX_PARTS),
            Kind::Tuple(types) => ("types of a tuple", types.len(), Type::MAX_PARTS),
            Kind::FixedList(_, len) => {
                ("elements of a fixed-length list", *len as usize, Type::MAX_FIXED_LIST_LEN)
            }
            _ => ("", 0, u32::MAX),
        };
        if parts > most as usize {
            let most = most.to_string().into();
            self.error(ErrorKind::TooMany { sort, most }, source, span);
            return;
        }
        let shape = self.model.shape_of(kind);
        let (mut is_large, mut has_large_values) = (false, false);
        kind.for_each(|part| {
            let part = self.model.shape(part);
            is_large |= part.size >= Type::MAX_SIZE;
            has_large_values |= value_size(part) >= ValueAbi::MAX_SIZE;
        });
        if value_size(shape) >= ValueAbi::MAX_SIZE && !has_large_values {
            let size = value_size(shape).to_string().into();
            let most = (ValueAbi::MAX_SIZE - 1).to_string().into();
            self.error(ErrorKind::ValueSize { size, most }, source, span);
        }
        if shape.size >= Type::MAX_SIZE && !is_large {
            let most = Type::MAX_SIZE.to_string().into();
            self.error(ErrorKind::TypeSize { most }, source, span);
        }
    }

    /// Checks that the types and functions of an interface are not too deep. `place` gives the place of
    /// each by its name. Only the first error is reported, since later types usually contain the first.
    pub(super) fn check_interface_depth(
        &mut self,
        id: InterfaceId,
        place: impl Fn(&str) -> Option<Place>,
    ) {
        let model = &self.model;
        let Interface { types, funcs, .. } = &model[id];
        let types = types.iter().map(|(name, id)| (name, model.shape(Val::Type(*id)).depth));
        let funcs = funcs.iter().map(|(name, func)| (name, model.func_depth(func)));
        let (mut deepest, mut found) = (1, None);
        for (name, depth) in types.chain(funcs) {
            let depth = depth.saturating_add(1);
            deepest = deepest.max(depth);
            if is_too_deep(depth) && found.is_none() {
                found = place(name);
            }
        }
        self.depths.insert(id, deepest);
        if let Some(place) = found {
            self.too_deep(place);
        }
    }

    /// Checks that the imports and exports of a world are not too deep. `place` gives the place of an
    /// import or export that has a place of its own.
    pub(super) fn check_world_depth(
        &mut self,
        id: WorldId,
        world: Place,
        place: impl Fn(&str) -> Option<Place>,
    ) {
        let model = &self.model;
        let depth = |item: &Extern| match item {
            Extern::Type(id) => model.shape(Val::Type(*id)).depth,
            Extern::Func(func) => model.func_depth(func),
            // An interface that is too deep by itself was reported at its own place.
            Extern::Interface { id, .. } => {
                let depth = self.depths.get(id).copied();
                depth.filter(|depth| !is_too_deep(*depth)).unwrap_or(1)
            }
        };
        let world_of = &model[id];
        let found = {
            let mut all = world_of.imports.iter().chain(world_of.exports.iter());
            all.find(|(_, item)| is_too_deep(depth(item).saturating_add(OF_WORLD)))
                .map(|(key, _)| place(&model.key_name(key)).unwrap_or(world))
        };
        if let Some(place) = found {
            self.too_deep(place);
        }
    }

    fn too_deep(&mut self, place: Place) {
        let most = Type::MAX_DEPTH.to_string().into();
        self.errors.push(Error::new(ErrorKind::TypeDepth { most }, place));
    }
}
