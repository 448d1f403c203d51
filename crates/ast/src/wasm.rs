//! What a file holds: a module or a component.

use crate::Module;
use crate::components::Component;

/// A module or a component.
///
/// ```
/// use wattle_ast::{Module, Wasm};
///
/// let wasm = Wasm::from(Module::default());
/// assert!(wasm.module().is_some() && wasm.component().is_none());
/// ```
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant)] // There is one for a whole file.
pub enum Wasm<'a> {
    /// A module.
    Module(Module<'a>),
    /// A component.
    Component(Component<'a>),
}

impl<'a> Wasm<'a> {
    /// The module, if it is one.
    pub fn module(&self) -> Option<&Module<'a>> {
        match self {
            Wasm::Module(module) => Some(module),
            Wasm::Component(_) => None,
        }
    }

    /// The component, if it is one.
    pub fn component(&self) -> Option<&Component<'a>> {
        match self {
            Wasm::Module(_) => None,
            Wasm::Component(component) => Some(component),
        }
    }
}

impl<'a> From<Module<'a>> for Wasm<'a> {
    fn from(module: Module<'a>) -> Wasm<'a> {
        Wasm::Module(module)
    }
}

impl<'a> From<Component<'a>> for Wasm<'a> {
    fn from(component: Component<'a>) -> Wasm<'a> {
        Wasm::Component(component)
    }
}
