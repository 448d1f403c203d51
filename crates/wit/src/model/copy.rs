//! Types, functions, imports and exports with other types in them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Extern, Func, Kind, Model, Owner, Text, TypeId, Val, WorldId};

/// What types are replaced by.
pub(crate) type TypeMap = BTreeMap<TypeId, TypeId>;

/// The type that stands for a type.
pub(super) fn mapped(val: Val, types: &TypeMap) -> Val {
    val.map(|id| types.get(&id).copied().unwrap_or(id))
}

impl Model {
    /// The value type in which types are replaced. Types without names that mention such types are
    /// replaced too, and noted in `types`.
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
        // What a type is made of has lower numbers.
        for id in found {
            let kind = self[id].kind.map(|val| mapped(val, types));
            let copy = self.intern(kind);
            types.insert(id, copy);
        }
        mapped(val, types)
    }

    /// The kind in which types are replaced.
    pub(crate) fn replace_in_kind(&mut self, kind: &Kind, types: &mut TypeMap) -> Kind {
        let mut vals = Vec::new();
        kind.for_each(|val| vals.push(val));
        for val in vals {
            self.replace(val, types);
        }
        kind.map(|val| mapped(val, types))
    }

    /// The function in which types are replaced.
    pub(crate) fn replace_in_func(&mut self, func: &Func, types: &mut TypeMap) -> Func {
        let params = func.params.iter();
        Func {
            resource: func.resource.map(|id| types.get(&id).copied().unwrap_or(id)),
            params: params.map(|(name, ty)| (name.clone(), self.replace(*ty, types))).collect(),
            result: func.result.map(|ty| self.replace(ty, types)),
            ..func.clone()
        }
    }

    /// The copy of an import or export for another world, under a name. Types of its world become
    /// types of that one, and are noted in `types`.
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
