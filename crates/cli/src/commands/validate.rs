//! `wattle validate`: is it valid, and if not, where and why.

use std::num::NonZeroUsize;

use clap::Args;
use wattle::ast::{Body, Item, Names};
use wattle::validator::{
    Error, FuncToValidate, Limits, OperandType, Validator, Verdict, validate_bodies,
};
use wattle::{Features, parser, wat};

use crate::input::Input;
use crate::report::{Details, Failure, Fault, Lines, Source};

/// Checks that a module is valid, and says nothing when it is. Otherwise each fault is shown, one
/// per function at most.
#[derive(Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    input: Input,

    /// Stop after so many faults.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: NonZeroUsize,

    /// Check functions on so many threads; there are as many as cores unless set.
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
        if source.is_binary() {
            self.binary(&source, features)
        } else {
            self.text(&source, features)
        }
    }

    fn validator(&self, features: Features) -> Validator {
        let limits = if self.no_limits { Limits::NONE } else { Limits::default() };
        let validator = Validator::new().features(features).limits(limits);
        validator.max_errors(self.max_errors.get())
    }

    fn binary(&self, source: &Source, features: Features) -> Result<(), Failure> {
        // The validator reads every instruction anyway.
        let parser = parser::Parser::new().features(features).check_bodies(false);
        let events = parser.clone().events(&source.bytes);
        let outcome = self.validator(features).events(events, self.threads);
        let Err(errors) = outcome.map_err(|error| source.malformed_binary(error))? else {
            return Ok(());
        };
        let mut errors: Vec<Error> = errors.iter().cloned().collect();
        let names = parser.module(&source.bytes).map(|module| module.names);
        name(&mut errors, &names.unwrap_or_default());
        errors.sort_by_key(|error| error.span.map(|span| span.start));
        let faults = errors.iter().map(|error| {
            let span = error.span.unwrap_or_default();
            let (message, path, details) = describe(error);
            source.binary_fault(span, message, path).with(details)
        });
        Err(Failure::Faults(faults.collect()))
    }

    fn text(&self, source: &Source, features: Features) -> Result<(), Failure> {
        let text = source.text()?;
        let parser = wat::Parser::new().features(features);
        let parse = |parser: wat::Parser| {
            parser.module(text).map_err(|errors| source.malformed_text(errors))
        };
        let module = parse(parser.clone())?.module;
        let mut validator = self.validator(features).defer_bodies(true);
        let mut bodies = Vec::new();
        for item in module.items() {
            let verdict = validator.item(&item);
            note(&mut bodies, verdict, item);
        }
        let mut errors = self.bodies(validator, &bodies);
        if errors.is_empty() {
            return Ok(());
        }
        name(&mut errors, &module.names);
        // Where everything stands is only worth noting for a module that is wrong.
        let map = parse(parser.source_map(true))?.source_map.unwrap_or_default();
        let mut placed: Vec<_> =
            errors.iter().map(|error| (map.span(&error.path).unwrap_or_default(), error)).collect();
        placed.sort_by_key(|(span, _)| span.start);
        let mut lines = Lines::new(text);
        let faults = placed.into_iter().map(|(span, error)| {
            let (message, path, details) = describe(error);
            let fault: Fault = source.text_fault(text, &mut lines, span, message, path);
            fault.with(details)
        });
        Err(Failure::Faults(faults.collect()))
    }

    /// Checks the bodies; all errors of the module are the answer.
    fn bodies(&self, validator: Validator, bodies: &[(FuncToValidate, Body<'_>)]) -> Vec<Error> {
        let max_errors = self.max_errors.get();
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

/// Keeps a body for later. The validator keeps the errors itself.
fn note<'a>(
    bodies: &mut Vec<(FuncToValidate, Body<'a>)>,
    verdict: Result<Verdict, Error>,
    item: Item<'a>,
) {
    if let (Ok(Verdict::Body(check)), Item::Body(body)) = (verdict, item) {
        bodies.push((check, body));
    }
}

/// Adds the names of the items.
fn name(errors: &mut [Error], names: &Names<'_>) {
    for error in errors {
        if let Some((kind, index)) = error.path.item {
            let name = names.space(kind).and_then(|names| names.get(index));
            error.path.name = name.map(|name| name.as_str().to_owned());
        }
    }
}

/// What is wrong, where in the module, and what else is known of it.
pub(crate) fn describe(error: &Error) -> (String, Option<String>, Details) {
    let show = |types: &[OperandType]| types.iter().map(OperandType::to_string).collect();
    let details = Details {
        malformed: error.is_malformed(),
        expected: show(&error.expected),
        found: show(&error.found),
        operands: show(&error.operands),
        enable: error.enable.map(|feature| feature.to_string()),
    };
    (error.reason(), (!error.path.is_empty()).then(|| error.path.to_string()), details)
}
