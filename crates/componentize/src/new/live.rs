//! The parts of the world's imports that a component needs: functions that core modules import, and
//! the types of these, of exports and of built-ins.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_wit::model::{Extern, Func, Text, TypeId};

use super::part::{CoreFunc, Linked, Source};
use super::types::types_of;
use crate::names::Side;
use crate::world::{Place, World};

/// The parts of imported interfaces, and the imported functions, that are needed.
#[derive(Default)]
pub(super) struct Live {
    /// The types of each imported interface.
    pub(super) types: BTreeMap<usize, BTreeSet<TypeId>>,
    /// The functions that are lowered: the import, and the function.
    pub(super) funcs: BTreeSet<(usize, Text)>,
    seen: BTreeSet<(Place, TypeId)>,
}

impl Live {
    /// Finds the imports that the core imports of all parts and the exports of the world need.
    pub(super) fn new(world: &World<'_>, imports: &[Vec<Linked<'_>>]) -> Live {
        let mut live = Live::default();
        for linked in imports.iter().flatten() {
            if let Source::Func(func) = &linked.source {
                live.core_func(world, func);
            }
        }
        for item in &world.imports.items {
            if let Extern::Type(ty) = item.item {
                live.ty(world, Place::World, *ty);
            }
        }
        for (number, item) in world.exports.items.iter().enumerate() {
            let place = world.place(Side::Export, number);
            if let Some(interface) = item.interface() {
                let types = world.model[interface].types.iter();
                types.for_each(|(_, ty)| live.ty(world, place, *ty));
            }
            let funcs = world.funcs(Side::Export, number);
            funcs.into_iter().for_each(|func| live.func(world, place, func));
        }
        live
    }

    fn core_func(&mut self, world: &World<'_>, func: &CoreFunc) {
        match func {
            CoreFunc::Lower { import, func, .. } => {
                let is_new = self.funcs.insert((*import, func.clone()));
                if is_new && let Some(func) = world.func(Side::Import, *import, func) {
                    self.func(world, world.place(Side::Import, *import), func);
                }
            }
            CoreFunc::Resource { place, resource, .. } => self.ty(world, *place, *resource),
            CoreFunc::Copy(copy) => {
                copy.ty.into_iter().for_each(|ty| self.ty(world, copy.place, ty));
            }
            // `Live::new` covers the types of all exports; the others have no types.
            CoreFunc::TaskReturn { .. }
            | CoreFunc::Plain { .. }
            | CoreFunc::Context { .. }
            | CoreFunc::Wait { .. }
            | CoreFunc::ErrorContext { .. }
            | CoreFunc::ThreadNew
            | CoreFunc::Export { .. }
            | CoreFunc::Destructor { .. }
            | CoreFunc::Realloc { .. } => {}
        }
    }

    fn func(&mut self, world: &World<'_>, place: Place, func: &Func) {
        // The name of the function contains the name of its resource, which has to be imported too.
        types_of(func).chain(func.resource).for_each(|ty| self.ty(world, place, ty));
    }

    /// Adds a type that occurs in a place, and all that it is made of.
    fn ty(&mut self, world: &World<'_>, from: Place, ty: TypeId) {
        let mut todo = Vec::from([(from, ty)]);
        while let Some((from, ty)) = todo.pop() {
            let place = world.place_of(from, ty);
            if !self.seen.insert((place, ty)) {
                continue;
            }
            let ty_ = &world.model[ty];
            if let (Place::Import(number), Some(_)) = (place, &ty_.name) {
                self.types.entry(number).or_default().insert(ty);
            }
            ty_.kind.for_each(|part| todo.extend(part.id().map(|part| (place, part))));
        }
    }
}
