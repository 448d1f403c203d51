//! The definitions and instances that the directives of a script, or of a thread in it, know by
//! name.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use wattle_ast::Shown;
use wattle_runtime::{Error, Instance};
use wattle_wat::script::{self, Word};

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

    /// Returns the module or component that an instance is made of: the one with the name that is given,
    /// or the last one.
    pub(super) fn definition(&self, instance: &script::Instance<'_>) -> Result<Definition, Error> {
        let sort = if instance.is_component { "component" } else { "module" };
        let found = match &instance.module {
            Some(id) => self.definitions.get(id.text.as_str()),
            None => self.definition.as_ref(),
        };
        match (found, &instance.module) {
            (Some(found), _) if found.is_component() == instance.is_component => Ok(found.clone()),
            (Some(Definition::Module(_)), _) => {
                Err(Error::host("a component is expected, and this is a module"))
            }
            (Some(Definition::Component), _) => {
                Err(Error::host("a module is expected, and this is a component"))
            }
            (None, Some(id)) => Err(missing(&format!("{sort} definition"), id)),
            (None, None) => Err(Error::host(format!("no {sort} was defined before"))),
        }
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
            None => Err(match id {
                Some(id) => missing("instance", id),
                None => Error::host("nothing was instantiated before"),
            }),
        }
    }

    /// Returns whether the instance of a name, or the last one, is that of a component.
    pub(super) fn is_component(&self, id: Option<&Word<'_>>) -> bool {
        matches!(self.known(id), Some(Known::Component))
    }
}

/// The error about a name that nothing of its sort has.
fn missing(sort: &str, id: &Word<'_>) -> Error {
    Error::host(format!("no such {sort}: ${}", Shown(&id.text)))
}
