//! The replacement of types in types, functions, imports and exports.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Extern, Func, Kind, Model, Owner, Text, TypeId, Val, WorldId};

/// The types that replace others.
pub(crate) type TypeMap = BTreeMap<TypeId, TypeId>;

/// Replaces a type, if `types` has a replacement for it.
pub(super) fn mapped(val: Val, types: &TypeMap) -> Val {
    val.map(|id| types.get(&id).copied().unwrap_or(id))
}

impl Model {
    /// Replaces types in a value type. Types without names that mention replaced types are replaced
    /// too, and recorded in `types`.
    pub(super) fn replace(&mut self, val: Val, types: &mut TypeMap) -> Val {
        let mut open = Vec::from([val]);
        let mut found = BTreeSet::new();
        while let Some(val) = open.pop() {
            let Val::Type(id) = val else { continue };
            let data = &self[id];
            if data.owner == Owner::Nobody && !types.contains_key(&id) && found.insert(id) {
                data.kind.for_each(|val| open.push(val));
            }
        }
        // The types that a type is made of have lower numbers.
        for id in found {
            let kind = self[id].kind.map(|val| mapped(val, types));
            let copy = self.intern(kind);
            types.insert(id, copy);
        }
        mapped(val, types)
    }

    /// Replaces types in a kind.
    pub(crate) fn replace_in_kind(&mut self, kind: &Kind, types: &mut TypeMap) -> Kind {
        let mut vals = Vec::new();
        kind.for_each(|val| vals.push(val));
        for val in vals {
            self.replace(val, types);
        }
        kind.map(|val| mapped(val, types))
    }

    /// Replaces types in a function.
    pub(crate) fn replace_in_func(&mut self, func: &Func, types: &mut TypeMap) -> Func {
        let params = func.params.iter();
        Func {
            resource: func.resource.map(|id| types.get(&id).copied().unwrap_or(id)),
            params: params.map(|(name, ty)| (name.clone(), self.replace(*ty, types))).collect(),
            result: func.result.map(|ty| self.replace(ty, types)),
            ..func.clone()
        }
    }

    /// Copies an import or export for another world, under the given name. Types of its world
    /// become types of the other one, and are recorded in `types`.
    pub(crate) fn copy_extern(
        &mut self,
        item: &Extern,
        name: &Text,
        to: WorldId,
        types: &mut TypeMap,
    ) -> Extern {
        match item {
            Extern::Interface { .. } => item.clone(),
            Extern::Type(ty) => {
                let mut data = self[*ty].clone();
                data.kind = self.replace_in_kind(&data.kind, types);
                data.name = Some(name.clone());
                data.owner = Owner::World(to);
                let copy = self.add_type(data);
                types.insert(*ty, copy);
                Extern::Type(copy)
            }
            Extern::Func(func) => {
                let copy = self.replace_in_func(func, types);
                Extern::Func(Func { name: name.clone(), ..copy })
            }
        }
    }
}
