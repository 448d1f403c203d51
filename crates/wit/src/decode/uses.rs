//! Types of other interfaces that an interface or world refers to without a name for them.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format>

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::components::label_key;

use super::error::{Kind as Error, Result};
use super::items::Decoder;
use crate::model::{
    Extern, Func, InterfaceId, Key, Kind, Owner, Text, Type, TypeId, TypeMap, Val, WorldId,
};

impl Decoder<'_> {
    /// Completes the interfaces and worlds of packages with the `use` of each type that their types
    /// and functions refer to by an alias alone, as the packages of the specification do.
    pub(super) fn complete_uses(&mut self) -> Result<()> {
        let interfaces = 0..self.model.interfaces.len() as u32;
        let worlds = 0..self.model.worlds.len() as u32;
        let interfaces = interfaces.map(|id| Owner::Interface(InterfaceId::from(id)));
        let mut is_ordered = true;
        for owner in interfaces.chain(worlds.map(|id| Owner::World(WorldId::from(id)))) {
            let foreign = self.foreign(owner)?;
            if !foreign.is_empty() {
                let mut types = self.add_uses(owner, foreign);
                self.replace_types(owner, &mut types);
                is_ordered = false;
            }
        }
        match is_ordered {
            true => Ok(()),
            // The added types stand behind the types that now refer to them.
            false => self.model.sort_types().map_err(|_| Error::Form.into()),
        }
    }

    /// Returns the types that an interface or world defines or uses.
    fn types_of(&self, owner: Owner) -> Vec<TypeId> {
        match owner {
            Owner::Interface(id) => self.model[id].types.iter().map(|(_, ty)| *ty).collect(),
            Owner::World(id) => {
                let imports = self.model[id].imports.iter();
                let types = imports.filter_map(|(_, item)| match item {
                    Extern::Type(ty) => Some(*ty),
                    Extern::Func(_) | Extern::Interface { .. } => None,
                });
                types.collect()
            }
            Owner::Nobody => Vec::new(),
        }
    }

    /// Calls a function with each function of an interface or world, which may change it.
    fn for_each_func(&mut self, owner: Owner, mut f: impl FnMut(&mut Self, &mut Func)) {
        match owner {
            Owner::Interface(id) => {
                let mut funcs = core::mem::take(&mut self.model.interfaces[id].funcs);
                funcs.values_mut().for_each(|func| f(self, func));
                self.model.interfaces[id].funcs = funcs;
            }
            Owner::World(id) => {
                for is_import in [true, false] {
                    let mut items = core::mem::take(self.model.worlds[id].side_mut(is_import));
                    for item in items.values_mut() {
                        if let Extern::Func(func) = item {
                            f(self, func);
                        }
                    }
                    *self.model.worlds[id].side_mut(is_import) = items;
                }
            }
            Owner::Nobody => {}
        }
    }

    /// Finds the types of other interfaces that the types and functions of an interface or world
    /// refer to.
    fn foreign(&mut self, owner: Owner) -> Result<Vec<TypeId>> {
        let mut open: Vec<Val> = Vec::new();
        for ty in self.types_of(owner) {
            if self.model.used_interface(ty).is_none() {
                self.model[ty].kind.for_each(|val| open.push(val));
            }
        }
        self.for_each_func(owner, |_, func| {
            open.extend(func.params.iter().map(|(_, ty)| *ty));
            open.extend(func.result);
        });
        open.reverse();
        let (mut foreign, mut seen) = (Vec::new(), BTreeSet::new());
        while let Some(val) = open.pop() {
            let Val::Type(ty) = val else { continue };
            if !seen.insert(ty) {
                continue;
            }
            self.scopes.step()?;
            match self.model[ty].owner {
                Owner::Nobody => self.model[ty].kind.for_each(|val| open.push(val)),
                Owner::Interface(_) if self.model[ty].owner != owner => foreign.push(ty),
                _ => {}
            }
        }
        Ok(foreign)
    }

    /// Returns the types by which an interface or world names types of other interfaces. A type of
    /// `foreign` without a name there gets its own name, unless another item has it.
    fn add_uses(&mut self, owner: Owner, foreign: Vec<TypeId>) -> TypeMap {
        let mut names = TypeMap::new();
        for ty in self.types_of(owner) {
            if let (Some(_), Kind::Alias(Val::Type(other))) =
                (self.model.used_interface(ty), &self.model[ty].kind)
            {
                names.entry(*other).or_insert(ty);
            }
        }
        let labels: Vec<Text> = match owner {
            Owner::Interface(id) => {
                let interface = &self.model[id];
                interface.types.keys().chain(interface.funcs.keys()).cloned().collect()
            }
            Owner::World(id) => {
                let imports = self.model[id].imports.keys();
                let labels = imports.filter_map(|key| match key {
                    Key::Name(name) => Some(name.clone()),
                    Key::Interface(_) => None,
                });
                labels.collect()
            }
            Owner::Nobody => Vec::new(),
        };
        let mut taken: BTreeSet<_> = labels.iter().map(|name| label_key(name)).collect();
        let mut added = Vec::new();
        for ty in foreign {
            let Some(name) = self.model[ty].name.clone() else { continue };
            if names.contains_key(&ty) || !taken.insert(label_key(&name).into_owned().into()) {
                continue;
            }
            let used = Kind::Alias(Val::Type(ty));
            let used = self.model.add_type(Type::new(Some(name.clone()), owner, used));
            names.insert(ty, used);
            added.push((name, used));
        }
        self.put_uses_first(owner, added);
        names
    }

    /// Adds used types to an interface or world. All used types come first, since any other type
    /// may refer to them.
    fn put_uses_first(&mut self, owner: Owner, added: Vec<(Text, TypeId)>) {
        match owner {
            Owner::Interface(id) => {
                let types = core::mem::take(&mut self.model.interfaces[id].types);
                let all = added.into_iter().chain(types.into_entries());
                let (used, own): (Vec<_>, Vec<_>) =
                    all.partition(|(_, ty)| self.model.used_interface(*ty).is_some());
                self.model.interfaces[id].types = used.into_iter().chain(own).collect();
            }
            Owner::World(id) => {
                let imports = core::mem::take(&mut self.model.worlds[id].imports);
                let added = added.into_iter().map(|(name, ty)| (Key::Name(name), Extern::Type(ty)));
                let mut all: Vec<_> = added.chain(imports.into_entries()).collect();
                all.sort_by_key(|(_, item)| self.model.class(item));
                self.model.worlds[id].imports = all.into_iter().collect();
            }
            Owner::Nobody => {}
        }
    }

    /// Replaces types in the types and functions of an interface or world, as `types` says.
    fn replace_types(&mut self, owner: Owner, types: &mut TypeMap) {
        for ty in self.types_of(owner) {
            if self.model.used_interface(ty).is_none() {
                let kind = self.model[ty].kind.clone();
                self.model.types[ty].kind = self.model.replace_in_kind(&kind, types);
            }
        }
        self.for_each_func(owner, |decoder, func| {
            *func = decoder.model.replace_in_func(func, types);
        });
    }
}
