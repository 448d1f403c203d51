//! Types of other interfaces that functions of an interface have under no name of its own.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format>

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::components::label_key;

use super::items::Decoder;
use crate::model::{Func, InterfaceId, Kind, Owner, Type, TypeId, TypeMap, Val};

impl Decoder<'_> {
    /// Completes the interfaces that a package defines with the `use` of each type that their functions
    /// refer to by an alias alone, as the packages of the specification do.
    pub(super) fn complete_uses(&mut self) {
        for id in self.defined.clone() {
            let foreign = self.foreign(id);
            if foreign.is_empty() {
                continue;
            }
            let mut types = self.add_uses(id, foreign);
            let model = &mut self.model;
            let funcs: Vec<Func> = model[id].funcs.iter().map(|(_, func)| func.clone()).collect();
            let funcs = funcs.iter().map(|func| model.replace_in_func(func, &mut types));
            let funcs: Vec<Func> = funcs.collect();
            model.interfaces[id].funcs =
                funcs.into_iter().map(|func| (func.name.clone(), func)).collect();
        }
    }

    /// The types of other interfaces that functions refer to.
    fn foreign(&self, id: InterfaceId) -> Vec<TypeId> {
        let (mut foreign, mut seen) = (Vec::new(), BTreeSet::new());
        for (_, func) in self.model[id].funcs.iter() {
            let mut open: Vec<Val> = func.result.into_iter().collect();
            open.extend(func.params.iter().rev().map(|(_, ty)| *ty));
            while let Some(val) = open.pop() {
                let Val::Type(ty) = val else { continue };
                if !seen.insert(ty) {
                    continue;
                }
                match self.model[ty].owner {
                    Owner::Nobody => self.model[ty].kind.for_each(|val| open.push(val)),
                    Owner::Interface(other) if other != id => foreign.push(ty),
                    _ => {}
                }
            }
        }
        foreign
    }

    /// The names that an interface has for types of others. Those of `foreign` without one get their
    /// own, if nothing else has it.
    fn add_uses(&mut self, id: InterfaceId, foreign: Vec<TypeId>) -> TypeMap {
        let interface = &self.model[id];
        let mut names = TypeMap::new();
        for (_, ty) in interface.types.iter() {
            if let (Some(_), Kind::Alias(Val::Type(other))) =
                (self.model.used_interface(*ty), &self.model[*ty].kind)
            {
                names.entry(*other).or_insert(*ty);
            }
        }
        let labels = interface.types.keys().chain(interface.funcs.keys());
        let mut taken: BTreeSet<_> = labels.map(|name| label_key(name).into_owned()).collect();
        let mut added = Vec::new();
        for ty in foreign {
            let Some(name) = self.model[ty].name.clone() else { continue };
            if names.contains_key(&ty) || !taken.insert(label_key(&name).into_owned()) {
                continue;
            }
            let used = Kind::Alias(Val::Type(ty));
            let used = Type::new(Some(name.clone()), Owner::Interface(id), used);
            let used = self.model.add_type(used);
            names.insert(ty, used);
            added.push((name, used));
        }
        let types = &mut self.model.interfaces[id].types;
        added.extend(core::mem::take(types).into_entries());
        *types = added.into_iter().collect();
        names
    }
}
