//! What a world imports and exports in full: the interfaces whose types its own interfaces use.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#transitive-imports-and-worlds>

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Resolve;
use super::model::{Extern, Externs, InterfaceId, Key, Kind, Owner, Text, TypeId, Val, WorldId};
use crate::docs::Gate;
use crate::error::{Error, ErrorKind, Help, Place};

/// A step on the way through what interfaces use.
enum Step {
    /// Come to an interface.
    Enter(Key, Extern, bool),
    /// Leave it: everything that it uses is there.
    Leave(Key, Extern, bool),
}

impl Resolve<'_> {
    /// Completes a world.
    pub(super) fn elaborate(
        &mut self,
        world: WorldId,
        given: Externs,
        exports: Externs,
        place: Place,
    ) {
        self.work.set(self.work.get().saturating_add(given.len() + exports.len()));
        let mut imports = Externs::default();
        let mut given = given.into_entries();
        given.sort_by_key(|(_, item)| self.class(item));
        for (key, item) in given {
            match &item {
                Extern::Interface { .. } => self.import(&mut imports, key, item),
                Extern::Type(ty, _) => {
                    if let Some(id) = self.used_interface(*ty) {
                        let gate = self.types[ty.0].docs.gate.clone();
                        let needed = implied(id, gate, None, place);
                        self.import(&mut imports, Key::Interface(id), needed);
                    }
                    let _ = imports.insert(key, item);
                }
                Extern::Func(_) => {
                    let _ = imports.insert(key, item);
                }
            }
        }
        let mut complete = Externs::default();
        let is_interface = |item: &Extern| matches!(item, Extern::Interface { .. });
        for (key, item) in exports.iter().filter(|(_, item)| !is_interface(item)) {
            let _ = complete.insert(key.clone(), item.clone());
        }
        let mut required = BTreeSet::new();
        for (key, item) in exports.iter().filter(|(_, item)| is_interface(item)) {
            let through =
                self.export(&exports, &mut imports, &mut complete, &mut required, key, item);
            if let Err(through) = through {
                let name = match key {
                    Key::Interface(id) => self.full_name(*id),
                    Key::Name(name) => name.to_string(),
                };
                let kind = ErrorKind::Transitive {
                    name: name.into(),
                    through: self.full_name(through).into(),
                };
                let help = Help::Advice("export the interfaces in between too");
                self.errors.push(Error::new(kind, place).help(help));
                break;
            }
        }
        let mut all = imports.into_entries();
        all.sort_by_key(|(_, item)| self.class(item));
        self.worlds[world.0].imports = all.into_iter().collect();
        self.worlds[world.0].exports = complete;
    }

    /// The name of an interface with its package.
    pub(super) fn full_name(&self, id: InterfaceId) -> String {
        let interface = &self.interfaces[id.0];
        let name = &self.packages[interface.package.0].name;
        let version = name.version.as_deref();
        let (at, version) = (if version.is_some() { "@" } else { "" }, version.unwrap_or_default());
        let own: &Text = match &interface.name {
            Some(name) => name,
            None => return String::new(),
        };
        alloc::format!("{}:{}/{own}{at}{version}", name.namespace, name.name)
    }

    /// Interfaces come first, then types that are used, other types, functions, and the functions
    /// of resources.
    fn class(&self, item: &Extern) -> u8 {
        match item {
            Extern::Interface { .. } => 0,
            Extern::Type(ty, _) => match self.used_interface(*ty) {
                Some(_) => 1,
                None => 2,
            },
            Extern::Func(func) if func.resource.is_none() => 3,
            Extern::Func(_) => 4,
        }
    }

    /// The other interface that a type is used from.
    pub(super) fn used_interface(&self, ty: TypeId) -> Option<InterfaceId> {
        let ty = &self.types[ty.0];
        let Kind::Alias(Val::Type(other)) = ty.kind else { return None };
        match self.types[other.0].owner {
            owner if owner == ty.owner => None,
            Owner::Interface(id) => Some(id),
            _ => None,
        }
    }

    /// Imports an interface behind those that it uses.
    fn import(&self, imports: &mut Externs, key: Key, item: Extern) {
        let mut steps = Vec::from([Step::Enter(key, item, false)]);
        while let Some(step) = steps.pop() {
            self.work.set(self.work.get().saturating_add(1));
            match step {
                Step::Enter(key, item, _) if !imports.contains(&key) => {
                    let used = self.steps_of(&item, false, &Externs::default());
                    steps.push(Step::Leave(key, item, false));
                    steps.extend(used);
                }
                Step::Enter(..) => {}
                Step::Leave(key, item, _) => {
                    let _ = imports.insert(key, item);
                }
            }
        }
    }

    /// The steps to what an interface uses, the first of them last. They are exports if the
    /// interface is one and they are listed.
    fn steps_of(&self, item: &Extern, is_export: bool, listed: &Externs) -> Vec<Step> {
        let Extern::Interface { id, gate, external_id, place, .. } = item else {
            return Vec::new();
        };
        let external_id = external_id.clone().filter(|_| is_export || !listed.is_empty());
        let mut steps: Vec<Step> = Vec::new();
        for &id in &self.interfaces[id.0].used {
            let key = Key::Interface(id);
            let is_export = is_export && listed.contains(&key);
            steps.push(Step::Enter(
                key,
                implied(id, gate.clone(), external_id.clone(), *place),
                is_export,
            ));
        }
        steps.reverse();
        steps
    }

    /// Exports an interface. What it uses is exported if it is listed and nothing imported needs it,
    /// and else imported.
    ///
    /// # Errors
    /// The interface that would have to be both.
    fn export(
        &self,
        listed: &Externs,
        imports: &mut Externs,
        exports: &mut Externs,
        required: &mut BTreeSet<InterfaceId>,
        key: &Key,
        item: &Extern,
    ) -> Result<(), InterfaceId> {
        let mut steps = Vec::from([Step::Enter(key.clone(), item.clone(), true)]);
        while let Some(step) = steps.pop() {
            self.work.set(self.work.get().saturating_add(1));
            match step {
                Step::Enter(key, item, is_export) => {
                    let Extern::Interface { id, .. } = &item else { continue };
                    if exports.contains(&key) {
                        match is_export {
                            true => continue,
                            false => return Err(*id),
                        }
                    }
                    if !is_export && required.contains(id) {
                        continue;
                    }
                    let used = self.steps_of(&item, is_export, listed);
                    steps.push(Step::Leave(key, item, is_export));
                    steps.extend(used);
                }
                Step::Leave(key, item, is_export) => {
                    let Extern::Interface { id, .. } = &item else { continue };
                    if !is_export {
                        required.insert(*id);
                        let _ = imports.insert(key, item);
                    } else if required.contains(id) {
                        return Err(*id);
                    } else {
                        let _ = exports.insert(key, item);
                    }
                }
            }
        }
        Ok(())
    }
}

/// An import or export that follows from another.
fn implied(id: InterfaceId, gate: Gate, external_id: Option<Text>, place: Place) -> Extern {
    Extern::Interface { id, gate, docs: None, external_id, place }
}
