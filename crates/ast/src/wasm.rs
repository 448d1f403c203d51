//! The content of a file: a module or a component.

use crate::Module;
use crate::components::{Component, Definition};

/// A module or a component.
///
/// ```
/// use wattle_ast::{Module, Wasm};
///
/// let wasm = Wasm::from(Module::default());
/// assert!(wasm.module().is_some() && wasm.component().is_none());
/// ```
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant)] // A file has only one value of this type.
pub enum Wasm<'a> {
    /// A module.
    Module(Module<'a>),
    /// A component.
    Component(Component<'a>),
}

impl<'a> Wasm<'a> {
    /// The module, if this is one.
    pub fn module(&self) -> Option<&Module<'a>> {
        match self {
            Wasm::Module(module) => Some(module),
            Wasm::Component(_) => None,
        }
    }

    /// The component, if this is one.
    pub fn component(&self) -> Option<&Component<'a>> {
        match self {
            Wasm::Module(_) => None,
            Wasm::Component(component) => Some(component),
        }
    }

    /// The core modules: the module itself, or those in the component at any depth, in order.
    ///
    /// ```
    /// use wattle_ast::components::{Component, Definition};
    /// use wattle_ast::{Module, Wasm};
    ///
    /// let module = Definition::CoreModule(Module::default().into());
    /// let component: Component<'_> =
    ///     [module.clone(), Definition::Component, module, Definition::End].into_iter().collect();
    /// assert_eq!(Wasm::from(component).modules().count(), 2);
    /// assert_eq!(Wasm::from(Module::default()).modules().count(), 1);
    /// ```
    pub fn modules(&self) -> impl Iterator<Item = &Module<'a>> {
        let definitions = self.component().map(|component| &component.definitions[..]);
        let inner =
            definitions.unwrap_or_default().iter().filter_map(|definition| match definition {
                Definition::CoreModule(module) => Some(&**module),
                _ => None,
            });
        self.module().into_iter().chain(inner)
    }

    /// The core modules, to be changed, in the order of [`modules`](Wasm::modules).
    pub fn modules_mut(&mut self) -> impl Iterator<Item = &mut Module<'a>> {
        let (module, definitions) = match self {
            Wasm::Module(module) => (Some(module), &mut [][..]),
            Wasm::Component(component) => (None, &mut component.definitions[..]),
        };
        let inner = definitions.iter_mut().filter_map(|definition| match definition {
            Definition::CoreModule(module) => Some(&mut **module),
            _ => None,
        });
        module.into_iter().chain(inner)
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
