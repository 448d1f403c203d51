//! `wattle validate`: whether a module is valid, and if not, where and why.

use std::num::NonZeroUsize;

use clap::Args;
use wattle::validator::{Limits, Validator};
use wattle::{Features, parser};

use crate::failure::Failure;
use crate::input::Input;
use crate::source::Source;

/// Checks that a module is valid, and says nothing when it is. Otherwise each fault is shown, at
/// most one per function.
#[derive(Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    input: Input,

    /// Stop after this many faults.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: NonZeroUsize,

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
        let features = self.input.features;
        match source.is_binary() {
            true => self.binary(&source, features),
            false => self.text(&source, features),
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
        let verdict = self.validator(features).events(events, self.threads);
        let Err(errors) = verdict.map_err(|error| source.malformed_binary(error))? else {
            return Ok(());
        };
        let names = parser.module(&source.bytes).map(|module| module.names);
        let errors = errors.with_names(&names.unwrap_or_default());
        Err(source.invalid(errors.iter(), None))
    }

    fn text(&self, source: &Source, features: Features) -> Result<(), Failure> {
        let module = source.module(features)?;
        let Err(errors) = self.validator(features).items(module.items(), self.threads) else {
            return Ok(());
        };
        let errors = errors.with_names(&module.names);
        // A source map costs time and memory: only an invalid module is worth it.
        let (_, map) = source.module_and_map(features)?;
        Err(source.invalid(errors.iter(), map.as_ref()))
    }
}
