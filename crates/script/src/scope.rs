//! The definitions and instances that the directives of a script, or of a thread in it, know by
//! name.

use alloc::collections::BTreeMap;
use alloc::string::String;

use wattle_runtime::{Error, Instance};
use wattle_wat::script::Word;

use super::load::Definition;

/// An instance that directives can refer to.
#[derive(Clone, Copy)]
pub(super) enum Known {
    Instance(Instance),
    /// The instance of a component, which does not exist: nothing executes components.
    Component,
    /// The instance of a module, which does not exist: nothing is executed.
    NotRun,
}

/// Definitions and instances by name, and the last ones of both.
#[derive(Default)]
pub(super) struct Scope {
    definitions: BTreeMap<String, Definition>,
    instances: BTreeMap<String, Known>,
    definition: Option<Definition>,
    instance: Option<Known>,
}

impl Scope {
    pub(super) fn define(&mut self, id: Option<&Word<'_>>, definition: Definition) {
        if let Some(id) = id {
            self.definitions.insert(id.text.as_str().into(), definition.clone());
        }
        self.definition = Some(definition);
    }

    pub(super) fn name(&mut self, id: Option<&Word<'_>>, instance: Known) {
        if let Some(id) = id {
            self.instances.insert(id.text.as_str().into(), instance);
        }
        self.instance = Some(instance);
    }

    /// Returns the module or component of a name; without a name, the last one.
    pub(super) fn definition(&self, id: Option<&Word<'_>>) -> Result<Definition, Error> {
        let found = match id {
            Some(id) => self.definitions.get(id.text.as_str()).cloned(),
            None => self.definition.clone(),
        };
        found.ok_or_else(|| Error::host("no such module"))
    }

    fn known(&self, id: Option<&Word<'_>>) -> Option<Known> {
        match id {
            Some(id) => self.instances.get(id.text.as_str()).copied(),
            None => self.instance,
        }
    }

    /// Returns the instance of a name; without a name, the last one.
    pub(super) fn instance(&self, id: Option<&Word<'_>>) -> Result<Instance, Error> {
        match self.known(id) {
            Some(Known::Instance(instance)) => Ok(instance),
            Some(Known::Component | Known::NotRun) => Err(Error::host("it is not instantiated")),
            None => Err(Error::host("no such instance")),
        }
    }

    /// Returns whether the instance of a name, or the last one, is that of a component.
    pub(super) fn is_component(&self, id: Option<&Word<'_>>) -> bool {
        matches!(self.known(id), Some(Known::Component))
    }
}
