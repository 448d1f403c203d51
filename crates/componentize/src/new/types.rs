//! Types of a world, written into the scopes of a component.
//!
//! A type has one index in each scope that it occurs in, and how it gets that index depends on the
//! scope: it is defined, given a name by an import or export, or found as an alias.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::ComponentTypeIdx;
use wattle_ast::Name;
use wattle_ast::components::{Field, FuncType, Type, TypeBound, ValType};
use wattle_wit::model::{Func, Kind, Text, TypeId, Val};

use crate::abi::vals_of;
use crate::world::{Place, World};

/// A scope that types are written into.
pub(super) trait Scope {
    /// Returns the index of a type that needs no definition in this scope.
    fn known(&mut self, place: Place, ty: TypeId) -> Option<ComponentTypeIdx>;

    /// Adds the definition of a type.
    fn define(&mut self, ty: Type<'static>) -> ComponentTypeIdx;

    /// Gives a type its name.
    fn name(&mut self, place: Place, ty: TypeId, bound: TypeBound) -> ComponentTypeIdx;
}

/// The properties that distinguish function types: `async`, the parameters and the result.
type Signature = (bool, Vec<(Text, Val)>, Option<Val>);

/// The types that have an index in a scope.
#[derive(Default)]
pub(super) struct Written {
    types: BTreeMap<(Place, TypeId), ComponentTypeIdx>,
    funcs: BTreeMap<(Place, Signature), ComponentTypeIdx>,
}

enum Step {
    Enter(Place, TypeId),
    /// The parts of the type have been written.
    Leave(Place, TypeId),
}

impl Written {
    /// Sets the index of a type.
    pub(super) fn insert(&mut self, place: Place, ty: TypeId, index: ComponentTypeIdx) {
        self.types.insert((place, ty), index);
    }

    /// Forgets the types with names of a place, which from now on have other indices.
    pub(super) fn forget(&mut self, world: &World<'_>, place: Place) {
        let of_place = self.types.range((place, TypeId::from(0))..);
        let of_place = of_place.map(|(key, _)| *key).take_while(|(other, _)| *other == place);
        let named = of_place.filter(|(_, ty)| world.model[*ty].name.is_some());
        for key in named.collect::<Vec<_>>() {
            self.types.remove(&key);
        }
    }

    /// Returns the index of a type that occurs in a place. A type that has no index yet is written
    /// behind the types that it is made of.
    pub(super) fn ty(
        &mut self,
        world: &World<'_>,
        scope: &mut impl Scope,
        from: Place,
        ty: TypeId,
    ) -> ComponentTypeIdx {
        let first = (world.place_of(from, ty), ty);
        let mut steps = Vec::from([Step::Enter(first.0, ty)]);
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(place, ty) => {
                    if self.types.contains_key(&(place, ty)) {
                        continue;
                    }
                    if let Some(index) = scope.known(place, ty) {
                        self.types.insert((place, ty), index);
                        continue;
                    }
                    steps.push(Step::Leave(place, ty));
                    let parts = steps.len();
                    world.model[ty].kind.for_each(|part| {
                        let enter = |id| Step::Enter(world.place_of(place, id), id);
                        steps.extend(part.id().map(enter));
                    });
                    // The first part is the first to be written.
                    if let Some(parts) = steps.get_mut(parts..) {
                        parts.reverse();
                    }
                }
                Step::Leave(place, ty) => {
                    if !self.types.contains_key(&(place, ty)) {
                        let index = self.define(world, scope, place, ty);
                        self.types.insert((place, ty), index);
                    }
                }
            }
        }
        self.types.get(&first).copied().unwrap_or_default()
    }

    /// Defines a type whose parts have been written.
    fn define(
        &self,
        world: &World<'_>,
        scope: &mut impl Scope,
        place: Place,
        id: TypeId,
    ) -> ComponentTypeIdx {
        let ty = &world.model[id];
        let index = |part: TypeId| {
            let key = (world.place_of(place, part), part);
            self.types.get(&key).copied().unwrap_or_default()
        };
        let bound = match (ty.kind.definition(index), &ty.kind) {
            (Some(definition), _) => TypeBound::Eq(scope.define(definition)),
            (None, Kind::Alias(Val::Type(other))) => TypeBound::Eq(index(*other)),
            (None, _) => TypeBound::Resource,
        };
        match bound {
            TypeBound::Eq(index) if ty.name.is_none() => index,
            _ => scope.name(place, id, bound),
        }
    }

    /// Returns a value type that occurs in a place, and writes it if it has no index yet.
    pub(super) fn val(
        &mut self,
        world: &World<'_>,
        scope: &mut impl Scope,
        from: Place,
        ty: Val,
    ) -> ValType {
        match ty {
            Val::Prim(prim) => ValType::Prim(prim),
            Val::Type(id) => ValType::Type(self.ty(world, scope, from, id)),
        }
    }

    /// Returns the index of the type of a function of a place, and writes the type if it has no
    /// index yet.
    pub(super) fn func(
        &mut self,
        world: &World<'_>,
        scope: &mut impl Scope,
        place: Place,
        func: &Func,
    ) -> ComponentTypeIdx {
        let key = (place, (func.is_async, func.params.clone(), func.result));
        if let Some(&index) = self.funcs.get(&key) {
            return index;
        }
        let params = func.params.iter().map(|(name, ty)| Field {
            label: Name::Shared(name.clone()),
            ty: self.val(world, scope, place, *ty),
        });
        let params = params.collect();
        let result = func.result.map(|ty| self.val(world, scope, place, ty));
        let ty = FuncType { is_async: func.is_async, params, result: result.into() };
        let index = scope.define(Type::Func(ty));
        self.funcs.insert(key, index);
        index
    }
}

/// Returns the named types of other places that types of a place refer to, each behind those that
/// it is made of. With `deeply`, the result also has the named types that these refer to in turn.
pub(super) fn foreign(
    world: &World<'_>,
    place: Place,
    roots: impl IntoIterator<Item = TypeId>,
    deeply: bool,
) -> Vec<(Place, TypeId)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut steps: Vec<Step> = roots.into_iter().map(|ty| Step::Enter(place, ty)).collect();
    steps.reverse();
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave(of, ty) => found.push((of, ty)),
            Step::Enter(from, ty) => {
                let of = world.place_of(from, ty);
                if !seen.insert((of, ty)) {
                    continue;
                }
                let is_foreign = of != place && world.model[ty].name.is_some();
                if is_foreign {
                    steps.push(Step::Leave(of, ty));
                }
                if !is_foreign || deeply {
                    let enter = |part: TypeId| Step::Enter(of, part);
                    world.model[ty].kind.for_each(|part| steps.extend(part.id().map(enter)));
                }
            }
        }
    }
    found
}

/// Returns the types that a function's parameters and result have.
pub(super) fn types_of(func: &Func) -> impl Iterator<Item = TypeId> + '_ {
    vals_of(func).filter_map(Val::id)
}
