//! `wattle validate`: whether a module is valid, and if not, where and why.

use std::num::NonZeroUsize;

use clap::Args;
use wattle::ast::components::Layer;
use wattle::parser;
use wattle::validator::{Error, ErrorKind, Limits, Validator};
use wattle::wat::{ParsedWasm, Soundness};
use wattle::Wasm;

use crate::failure::Failure;
use crate::input::Input;
use crate::source::{Source, source_map};

/// Checks that a module is valid, and says nothing when it is. Otherwise each fault is shown: every
/// one of a malformed text, and at most one of each function that is invalid.
#[derive(Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    input: Input,

    /// The number of threads that check functions; by default, the number of cores.
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// Leave out the limits of implementations (those of the JavaScript API): check only what the
    /// specification says.
    #[arg(long)]
    no_limits: bool,
}

impl Validate {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let limits = if self.no_limits { Limits::NONE } else { Limits::default() };
        Check { limits, threads: self.threads }.source(&self.input.read()?)
    }
}

/// How a module is checked.
#[derive(Default)]
pub(crate) struct Check {
    limits: Limits,
    threads: Option<NonZeroUsize>,
}

impl Check {
    /// Checks what was read from a source.
    pub(crate) fn wasm(&self, source: &Source, wasm: &Wasm<'_>) -> Result<(), Failure> {
        let Wasm::Module(module) = wasm else { return self.component(source) };
        match self.validator(source).items(module.items(), self.threads) {
            Ok(_) => Ok(()),
            // With the places of all faults.
            Err(_) => self.source(source),
        }
    }

    fn component(&self, source: &Source) -> Result<(), Failure> {
        Err(Failure::Faults(vec![source.fault("components are not validated yet".to_owned())]))
    }

    /// Checks the module of a source, well-formed or not.
    pub(crate) fn source(&self, source: &Source) -> Result<(), Failure> {
        match (source.layer(), source.is_binary()) {
            (Layer::Component, _) => self.component(source),
            (Layer::Module, true) => self.binary(source),
            (Layer::Module, false) => self.text(source),
        }
    }

    fn validator(&self, source: &Source) -> Validator {
        let validator = Validator::new().features(source.features()).limits(self.limits);
        validator.max_errors(source.max_errors())
    }

    fn binary(&self, source: &Source) -> Result<(), Failure> {
        let features = source.features();
        // The validator reads every instruction anyway.
        let parser = parser::Parser::new().features(features).check_bodies(false);
        let events = parser.clone().events(&source.bytes);
        let verdict = self.validator(source).events(events, self.threads);
        let Err(errors) = verdict.map_err(|error| source.malformed_binary(error))? else {
            return Ok(());
        };
        let names = parser.module(&source.bytes).map(|module| module.names);
        let errors = errors.with_names(&names.unwrap_or_default());
        Err(source.invalid(errors.iter(), None))
    }

    fn text(&self, source: &Source) -> Result<(), Failure> {
        let features = source.features();
        let ParsedWasm::Module(parsed) = source.recover(features, false)? else {
            return self.component(source);
        };
        let module = &parsed.module;
        let verdict = self.validator(source).items(module.items(), self.threads);
        let errors = verdict.err().map(|errors| errors.with_names(&module.names));
        let mut errors: Vec<Error> =
            errors.iter().flat_map(|errors| errors.iter()).cloned().collect();
        if !parsed.errors.is_empty() {
            errors.retain(|error| is_of_text(error, &parsed.soundness));
        }
        if errors.is_empty() && parsed.errors.is_empty() {
            return Ok(());
        }
        // A source map costs time and memory: only an invalid module is worth it.
        let map = match errors.is_empty() {
            true => None,
            false => source_map(&mut source.recover(features, true)?),
        };
        Err(source.malformed_and_invalid(&parsed.errors, &errors, map.as_ref()))
    }
}

/// Whether an error of a module is one of its text, rather than one that follows from something
/// that could not be read.
fn is_of_text(error: &Error, soundness: &Soundness) -> bool {
    // An export or a segment that could not be read may declare the function.
    !matches!(error.kind, ErrorKind::UndeclaredFunc(_)) && soundness.is_sound(&error.path)
}
