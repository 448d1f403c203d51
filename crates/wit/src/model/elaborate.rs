//! The full imports and exports of a world, with the interfaces whose types its own interfaces use.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#transitive-imports-and-worlds>

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::merge_error::{MergeErrorKind, Result as Merged};
use super::{Extern, Externs, InterfaceId, Key, Model, World, WorldId};
use crate::docs::Gate;
use crate::error::ErrorKind;
use crate::within::Within;

/// The number of steps that completing the worlds of several packages may take. A few bytes can
/// cause many steps: a world can include another one, and each of many worlds can use many
/// interfaces.
pub(crate) const MAX_WORK: usize = 1_000_000;

/// The steps for an import or export that is there already: it is looked at, entered and left.
const STEPS: usize = 4;

/// A step of the walk through the interfaces that an interface uses.
enum Step {
    /// Entering an interface.
    Enter(Key, Extern, bool),
    /// Leaving an interface, after all interfaces that it uses have been added.
    Leave(Key, Extern, bool),
}

/// The error for an interface that would have to be imported and exported: an export uses it
/// through an interface that is imported, and it is exported as well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transitive {
    /// The export.
    pub name: String,
    /// The interface that would have to be both.
    pub through: String,
}

impl fmt::Display for Transitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, through) = (self.name.as_str().into(), self.through.as_str().into());
        ErrorKind::Transitive { name, through }.fmt(f)
    }
}

impl core::error::Error for Transitive {}

impl Model {
    /// Completes the imports and exports of all worlds.
    pub(crate) fn elaborate_all(&mut self) -> Merged<()> {
        let len = |world: &World| world.imports.len().saturating_add(world.exports.len());
        let there = self.worlds.iter().map(len).fold(0, usize::saturating_add);
        let most = there.saturating_mul(STEPS).saturating_add(MAX_WORK);
        let mut work = 0;
        for id in (0..self.worlds.len() as u32).map(WorldId::from) {
            if work > most {
                return Err(MergeErrorKind::TooLarge.into());
            }
            self.complete(id, &mut work).within("world", &self.world_name(id))?;
        }
        Ok(())
    }

    pub(super) fn elaborate_world(&mut self, id: WorldId) -> Merged<()> {
        self.complete(id, &mut 0)
    }

    /// Completes the imports and exports of a world. Adds the number of steps to `work`.
    fn complete(&mut self, id: WorldId, work: &mut usize) -> Merged<()> {
        let world = &mut self.worlds[id];
        let (imports, exports) =
            (core::mem::take(&mut world.imports), core::mem::take(&mut world.exports));
        let (imports, exports) = self.elaborate(imports, exports, work)?;
        let world = &mut self.worlds[id];
        (world.imports, world.exports) = (imports, exports);
        Ok(())
    }

    /// Returns all imports and exports of a world that lists these. Adds the number of steps to
    /// `work`.
    pub(crate) fn elaborate(
        &self,
        given: Externs,
        exports: Externs,
        work: &mut usize,
    ) -> Result<(Externs, Externs), Transitive> {
        *work = work.saturating_add(given.len() + exports.len());
        let mut imports = Externs::default();
        let mut given = given.into_entries();
        given.sort_by_key(|(_, item)| self.class(item));
        for (key, item) in given {
            match &item {
                Extern::Interface { .. } => self.import(&mut imports, key, item, work),
                Extern::Type(ty) => {
                    if let Some(id) = self.used_interface(*ty) {
                        let gate = self[*ty].docs.gate.clone();
                        let needed = implied(id, gate);
                        self.import(&mut imports, Key::Interface(id), needed, work);
                    }
                    let _ = imports.insert(key, item);
                }
                Extern::Func(_) => {
                    let _ = imports.insert(key, item);
                }
            }
        }
        let mut complete = Externs::default();
        for (key, item) in exports.iter().filter(|(_, item)| !item.is_interface()) {
            let _ = complete.insert(key.clone(), item.clone());
        }
        let mut required = BTreeSet::new();
        for (key, item) in exports.iter().filter(|(_, item)| item.is_interface()) {
            let mut export = Export {
                model: self,
                listed: &exports,
                imports: &mut imports,
                exports: &mut complete,
                required: &mut required,
                work,
            };
            export.run(key, item).map_err(|through| Transitive {
                name: self.key_name(key),
                through: self.full_name(through).unwrap_or_default(),
            })?;
        }
        let mut all = imports.into_entries();
        all.sort_by_key(|(_, item)| self.class(item));
        Ok((all.into_iter().collect(), complete))
    }

    /// Returns the rank of an import: interfaces come first, then used types, other types,
    /// functions, and functions of resources.
    pub(crate) fn class(&self, item: &Extern) -> u8 {
        match item {
            Extern::Interface { .. } => 0,
            Extern::Type(ty) => match self.used_interface(*ty) {
                Some(_) => 1,
                None => 2,
            },
            Extern::Func(func) if func.resource.is_none() => 3,
            Extern::Func(_) => 4,
        }
    }

    /// Imports an interface behind those that it uses.
    fn import(&self, imports: &mut Externs, key: Key, item: Extern, work: &mut usize) {
        let mut steps = Vec::from([Step::Enter(key, item, false)]);
        while let Some(step) = steps.pop() {
            *work = work.saturating_add(1);
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

    /// Returns the steps to the interfaces that an interface uses, in reverse order. A used
    /// interface is exported if the interface is an export and `listed` has the used one.
    fn steps_of(&self, item: &Extern, is_export: bool, listed: &Externs) -> Vec<Step> {
        let Extern::Interface { id, gate, .. } = item else {
            return Vec::new();
        };
        let mut steps: Vec<Step> = Vec::new();
        for &id in &self[*id].uses {
            let key = Key::Interface(id);
            let is_export = is_export && listed.contains(&key);
            let item = implied(id, gate.clone());
            steps.push(Step::Enter(key, item, is_export));
        }
        steps.reverse();
        steps
    }
}

/// The state of the export of an interface.
struct Export<'m> {
    model: &'m Model,
    /// The exports that the world asks for.
    listed: &'m Externs,
    imports: &'m mut Externs,
    exports: &'m mut Externs,
    /// The interfaces that are imported because exports use them.
    required: &'m mut BTreeSet<InterfaceId>,
    work: &'m mut usize,
}

impl Export<'_> {
    /// Exports an interface. An interface that it uses is exported if it is listed and no import
    /// needs it, and imported otherwise.
    ///
    /// # Errors
    /// The interface that would have to be both.
    fn run(&mut self, key: &Key, item: &Extern) -> Result<(), InterfaceId> {
        let mut steps = Vec::from([Step::Enter(key.clone(), item.clone(), true)]);
        while let Some(step) = steps.pop() {
            *self.work = self.work.saturating_add(1);
            match step {
                Step::Enter(key, item, is_export) => {
                    let Extern::Interface { id, .. } = &item else { continue };
                    if self.exports.contains(&key) {
                        match is_export {
                            true => continue,
                            false => return Err(*id),
                        }
                    }
                    if !is_export && self.required.contains(id) {
                        continue;
                    }
                    let used = self.model.steps_of(&item, is_export, self.listed);
                    steps.push(Step::Leave(key, item, is_export));
                    steps.extend(used);
                }
                Step::Leave(key, item, is_export) => {
                    let Extern::Interface { id, .. } = &item else { continue };
                    // An export with a name of its own is another instance than the import.
                    let is_itself = matches!(key, Key::Interface(_));
                    if !is_export {
                        self.required.insert(*id);
                        let _ = self.imports.insert(key, item);
                    } else if is_itself && self.required.contains(id) {
                        return Err(*id);
                    } else {
                        let _ = self.exports.insert(key, item);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns an import or export that follows from another one, with the gate of that one. An
/// external identifier belongs to one import or export alone.
fn implied(id: InterfaceId, gate: Gate) -> Extern {
    Extern::Interface { id, gate, docs: None, external_id: None }
}
