//! `wattle validate`: whether a module is valid, and if not, where and why.

use std::num::NonZeroUsize;

use clap::Args;
use wattle::ast::{Body, Item};
use wattle::validator::{
    Error, ErrorKind, FuncToValidate, Limits, Validator, Verdict, validate_bodies,
};
use wattle::wat::Soundness;
use wattle::{Features, parser};

use crate::failure::Failure;
use crate::input::Input;
use crate::source::Source;

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
        let source = self.input.read()?;
        let features = self.input.features();
        match source.is_binary() {
            true => self.binary(&source, features),
            false => self.text(&source, features),
        }
    }

    fn validator(&self, features: Features) -> Validator {
        let limits = if self.no_limits { Limits::NONE } else { Limits::default() };
        let validator = Validator::new().features(features).limits(limits);
        validator.max_errors(self.input.max_errors())
    }

    fn binary(&self, source: &Source, features: Features) -> Result<(), Failure> {
        // The validator reads every instruction anyway.
        let parser = parser::Parser::new().features(features).check_bodies(false);
        let events = parser.clone().events(&source.bytes);
        let verdict = self.validator(features).events(events, self.threads);
        let Err(errors) = verdict.map_err(|error| source.malformed_binary(error))? else {
            return Ok(());
        };
        let names = parser.module(&source.bytes).map(|module| module.names);
        let errors = errors.with_names(&names.unwrap_or_default());
        Err(source.invalid(errors.iter(), None))
    }

    fn text(&self, source: &Source, features: Features) -> Result<(), Failure> {
        let parsed = source.recover(features, false)?;
        let module = &parsed.module;
        let mut validator = self.validator(features).defer_bodies(true);
        let mut bodies = Vec::new();
        for item in module.items() {
            // The validator keeps its errors until the end.
            let verdict = validator.item(&item);
            if let (Ok(Verdict::Body(check)), Item::Body(body)) = (verdict, item) {
                bodies.push((check, body));
            }
        }
        let mut errors = self.bodies(validator, &bodies);
        if !parsed.errors.is_empty() {
            errors.retain(|error| is_of_text(error, &parsed.soundness));
        }
        if errors.is_empty() && parsed.errors.is_empty() {
            return Ok(());
        }
        errors.iter_mut().for_each(|error| error.add_name(&module.names));
        // A source map costs time and memory: only an invalid module is worth it.
        let map = match errors.is_empty() {
            true => None,
            false => source.recover(features, true)?.source_map,
        };
        Err(source.malformed_and_invalid(&parsed.errors, &errors, map.as_ref()))
    }

    /// Checks the bodies, and gives all errors of the module.
    fn bodies(&self, validator: Validator, bodies: &[(FuncToValidate, Body<'_>)]) -> Vec<Error> {
        let max_errors = self.input.max_errors();
        let in_bodies = validate_bodies(bodies, self.threads, max_errors);
        let mut errors: Vec<Error> = match validator.finish() {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().cloned().collect(),
        };
        errors.extend(in_bodies);
        errors.truncate(max_errors);
        errors
    }
}

/// Whether an error of a module is one of its text, rather than one that follows from something
/// that could not be read.
fn is_of_text(error: &Error, soundness: &Soundness) -> bool {
    // An export or a segment that could not be read may declare the function.
    !matches!(error.kind, ErrorKind::UndeclaredFunc(_)) && soundness.is_sound(&error.path)
}
