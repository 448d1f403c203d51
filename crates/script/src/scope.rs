//! What the directives of a script, or of a thread in it, know by name.

use alloc::collections::BTreeMap;
use alloc::string::String;

use wattle_runtime::{Error, Instance, Module};
use wattle_wat::script::Word;

/// Modules and instances by name, and the last ones of both.
#[derive(Default)]
pub(super) struct Scope {
    definitions: BTreeMap<String, Module>,
    instances: BTreeMap<String, Instance>,
    definition: Option<Module>,
    instance: Option<Instance>,
}

impl Scope {
    pub(super) fn define(&mut self, id: Option<&Word<'_>>, module: Module) {
        if let Some(id) = id {
            self.definitions.insert(id.text.as_str().into(), module.clone());
        }
        self.definition = Some(module);
    }

    pub(super) fn name(&mut self, id: Option<&Word<'_>>, instance: Instance) {
        if let Some(id) = id {
            self.instances.insert(id.text.as_str().into(), instance);
        }
        self.instance = Some(instance);
    }

    /// The module of a name; without one, the last.
    pub(super) fn definition(&self, id: Option<&Word<'_>>) -> Result<Module, Error> {
        let found = match id {
            Some(id) => self.definitions.get(id.text.as_str()).cloned(),
            None => self.definition.clone(),
        };
        found.ok_or_else(|| Error::host("no such module"))
    }

    /// The instance of a name; without one, the last.
    pub(super) fn instance(&self, id: Option<&Word<'_>>) -> Result<Instance, Error> {
        let found = match id {
            Some(id) => self.instances.get(id.text.as_str()).copied(),
            None => self.instance,
        };
        found.ok_or_else(|| Error::host("no such instance"))
    }
}
