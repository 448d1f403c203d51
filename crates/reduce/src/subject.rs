//! The subject of a reduction: a module, a component, a script, or bytes that are none of these.

use alloc::vec::Vec;

use wattle_ast::components::{Component, Definition, Layer};
use wattle_ast::{Features, Module, Wasm};
use wattle_parser::components::Parser;
use wattle_validator::Validator;
use wattle_validator::components::Validator as ComponentValidator;

use crate::script::Script;

/// The input of a reduction.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // There are few of them at a time.
pub enum Subject {
    /// A module.
    Module(Module<'static>),
    /// A component.
    Component(Component<'static>),
    /// A test script.
    Script(Script),
    /// Bytes that are malformed.
    Bytes(Vec<u8>),
}

impl Subject {
    /// Reads a binary. A malformed binary becomes [`Subject::Bytes`].
    pub fn from_binary(bytes: &[u8], features: Features) -> Subject {
        match Parser::new().features(features).wasm(bytes) {
            Ok(Wasm::Module(module)) => Subject::Module(module.into_owned()),
            Ok(Wasm::Component(component)) => Subject::Component(component.into_owned()),
            Err(_) => Subject::Bytes(bytes.to_vec()),
        }
    }

    /// The bytes that the condition is asked about: a binary, or the text of a script.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Subject::Module(module) => wattle_encoder::encode(module),
            Subject::Component(component) => wattle_encoder::encode_component(component),
            Subject::Script(script) => script.text().into_bytes(),
            Subject::Bytes(bytes) => bytes.clone(),
        }
    }

    /// The module, if the subject is one.
    pub fn module(&self) -> Option<&Module<'static>> {
        match self {
            Subject::Module(module) => Some(module),
            _ => None,
        }
    }

    /// Whether the module, the component or all modules of the script that were changed are valid.
    pub fn is_valid(&self, features: Features) -> bool {
        match self {
            Subject::Module(module) => Validator::new().features(features).module(module).is_ok(),
            Subject::Component(component) => {
                ComponentValidator::new().features(features).component(component).is_ok()
            }
            Subject::Script(script) => script.is_valid(features),
            Subject::Bytes(_) => false,
        }
    }

    /// The subject in its shortest form with the same meaning.
    pub(crate) fn shortest(&self) -> Option<Subject> {
        let bytes = match self {
            Subject::Module(module) => wattle_encoder::encode_canonical(module),
            Subject::Component(component) => wattle_encoder::encode_component_canonical(component),
            Subject::Script(_) | Subject::Bytes(_) => return Some(self.clone()),
        };
        let mut subject = match Subject::from_binary(&bytes, Features::ALL) {
            Subject::Bytes(_) => return None,
            subject => subject,
        };
        match &mut subject {
            Subject::Module(module) => module.encoding = Default::default(),
            Subject::Component(component) => {
                component.encoding = Default::default();
                for definition in &mut component.definitions {
                    if let Definition::CoreModule(module) = definition {
                        module.encoding = Default::default();
                    }
                }
            }
            Subject::Script(_) | Subject::Bytes(_) => {}
        }
        Some(subject)
    }

    /// The smallest subject of the kind.
    pub(crate) fn empty(&self) -> Subject {
        match self {
            Subject::Module(_) => Subject::Module(Module::default()),
            Subject::Component(_) => Subject::Component(Component::default()),
            Subject::Script(_) | Subject::Bytes(_) => Subject::Bytes(Vec::new()),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Subject::Module(_) => self.bytes().len() <= 8,
            Subject::Component(component) => component.definitions.is_empty(),
            Subject::Script(script) => script.is_empty(),
            Subject::Bytes(bytes) => bytes.is_empty(),
        }
    }

    /// The core modules in it, in order.
    pub(crate) fn modules(&self) -> Vec<&Module<'static>> {
        match self {
            Subject::Module(module) => alloc::vec![module],
            Subject::Component(component) => {
                let definitions = component.definitions.iter();
                let modules = definitions.filter_map(|definition| match definition {
                    Definition::CoreModule(module) => Some(&**module),
                    _ => None,
                });
                modules.collect()
            }
            Subject::Script(script) => script.modules().collect(),
            Subject::Bytes(_) => Vec::new(),
        }
    }

    /// The subject with another module in the place of one of [`modules`](Subject::modules).
    pub(crate) fn with_module(&self, place: usize, module: Module<'static>) -> Subject {
        match self {
            Subject::Module(_) => Subject::Module(module),
            Subject::Component(component) => {
                let mut changed = component.clone();
                let modules = changed.definitions.iter_mut();
                let mut modules = modules.filter_map(|definition| match definition {
                    Definition::CoreModule(module) => Some(module),
                    _ => None,
                });
                if let Some(old) = modules.nth(place) {
                    **old = module;
                }
                Subject::Component(changed)
            }
            Subject::Script(script) => Subject::Script(script.with_module(place, module)),
            Subject::Bytes(bytes) => Subject::Bytes(bytes.clone()),
        }
    }

    /// The noun for the kind of the subject.
    pub fn noun(&self) -> &'static str {
        match self {
            Subject::Module(_) => "module",
            Subject::Component(_) => "component",
            Subject::Script(_) => "script",
            Subject::Bytes(bytes) => match Layer::of(bytes) {
                Some(Layer::Component) => "malformed component",
                _ => "malformed module",
            },
        }
    }
}

impl From<Module<'static>> for Subject {
    fn from(module: Module<'static>) -> Subject {
        Subject::Module(module)
    }
}

impl From<Component<'static>> for Subject {
    fn from(component: Component<'static>) -> Subject {
        Subject::Component(component)
    }
}

impl From<Wasm<'static>> for Subject {
    fn from(wasm: Wasm<'static>) -> Subject {
        match wasm {
            Wasm::Module(module) => Subject::Module(module),
            Wasm::Component(component) => Subject::Component(component),
        }
    }
}

impl From<Script> for Subject {
    fn from(script: Script) -> Subject {
        Subject::Script(script)
    }
}
