//! Reads and validates the modules and components of a script.

use alloc::format;
use alloc::string::{String, ToString};

use wattle_ast::{LineIndex, Wasm};
use wattle_runtime::{Error, ErrorKind, Module};
use wattle_validator::{Errors, Limits, Validator, components};
use wattle_wat::script::{ModuleSource, ScriptModule};

use super::Options;

/// The reason why a module or component cannot be used.
pub(super) enum Refusal {
    Malformed(String),
    /// Malformed because a feature is off; with the feature on, the module may be well-formed.
    Disabled(String),
    Invalid(String),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Failed(error)
    }
}

impl Refusal {
    pub(super) fn describe(&self) -> String {
        match self {
            Refusal::Malformed(why) | Refusal::Disabled(why) => format!("malformed: {why}"),
            Refusal::Invalid(why) => format!("invalid: {why}"),
            Refusal::Failed(error) => describe(error),
        }
    }
}

/// Returns the text of an error, with its class in front.
pub(super) fn describe(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Trap(trap) if trap.is_exhaustion() => format!("exhaustion: {error}"),
        ErrorKind::Trap(_) => format!("trap: {error}"),
        ErrorKind::UnknownImport(..) | ErrorKind::IncompatibleImport(..) => {
            format!("unlinkable: {error}")
        }
        _ => format!("{error}"),
    }
}

/// A module or component that is valid.
#[derive(Clone)]
pub(super) enum Definition {
    Module(Module),
    /// A component, which nothing executes.
    Component,
}

impl Definition {
    pub(super) fn is_component(&self) -> bool {
        matches!(self, Definition::Component)
    }
}

impl Options {
    /// Reads and validates a module or component. `lines` are those of the script.
    pub(super) fn load(
        &self,
        module: &ScriptModule<'_>,
        lines: &LineIndex,
    ) -> Result<Definition, Refusal> {
        let features = self.features;
        match self.tree(module, lines)? {
            Wasm::Module(tree) => {
                // The interpreter has limits of its own.
                let validator = Validator::new().features(features).limits(Limits::NONE);
                let valid = validator.valid_module(tree).map_err(refusal)?;
                Ok(Definition::Module(valid.into()))
            }
            Wasm::Component(component) => {
                let validator = components::Validator::new().features(features);
                validator.component(&component).map_err(refusal)?;
                Ok(Definition::Component)
            }
        }
    }

    fn tree<'m>(
        &self,
        module: &'m ScriptModule<'_>,
        lines: &LineIndex,
    ) -> Result<Wasm<'m>, Refusal> {
        let parser = wattle_wat::Parser::new().features(self.features);
        let malformed = |error: wattle_ast::Error| match error.enable {
            Some(_) => Refusal::Disabled(error.to_string()),
            None => Refusal::Malformed(error.to_string()),
        };
        match (module.parse_wasm(&parser), &module.source) {
            (Some(Ok(parsed)), _) => Ok(parsed.into_wasm()),
            (Some(Err(errors)), _) => {
                let errors = errors.in_lines(lines);
                Err(match errors.as_slice().first().map(|it| &it.kind) {
                    Some(wattle_wat::ErrorKind::NotEnabled(..)) => {
                        Refusal::Disabled(errors.to_string())
                    }
                    _ => Refusal::Malformed(errors.to_string()),
                })
            }
            (None, ModuleSource::Binary(bytes)) if module.is_component => {
                let parser = wattle_parser::components::Parser::new().features(self.features);
                parser.component(bytes).map(Wasm::Component).map_err(malformed)
            }
            (None, ModuleSource::Binary(bytes)) => {
                let parser = wattle_parser::Parser::new().features(self.features);
                parser.module(bytes).map(Wasm::Module).map_err(malformed)
            }
            (None, _) => Err(Error::host("a module of an unknown kind").into()),
        }
    }
}

fn refusal(errors: Errors) -> Refusal {
    match errors.first().is_malformed() {
        true => Refusal::Malformed(errors.to_string()),
        false => Refusal::Invalid(errors.to_string()),
    }
}
