//! `wattle validate`: checks a module or component, and shows its faults with their places.

use std::num::NonZeroUsize;

use clap::Args;
use wattle::Wasm;
use wattle::ast::components::Layer;
use wattle::parser;
use wattle::validator::{Error, ErrorKind, Limits, Validator, components};
use wattle::wat::{ParsedWasm, Soundness};

use crate::failure::Failure;
use crate::input::{Input, MAX_INPUT};
use crate::names::NameStyle;
use crate::shared_file::SharedFile;
use crate::source::{Source, source_map};

/// The size in bytes from which a component is read in pieces. A smaller one is read whole, which
/// takes a little less time.
const WORTH_PIECES: u64 = 4 << 20;

/// Checks that a module or component is valid, and prints nothing if it is. Otherwise the faults
/// are shown: all of a malformed text, and at most one for each invalid function.
#[derive(Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    input: Input,

    /// The number of threads that check functions; by default, the number of cores.
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// Check only the rules of the specification, and not the implementation limits of the
    /// JavaScript API.
    #[arg(long)]
    no_limits: bool,

    #[command(flatten)]
    names: NameStyle,
}

impl Validate {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let limits = if self.no_limits { Limits::NONE } else { Limits::default() };
        let check = Check { limits, threads: self.threads, names: self.names };
        if check.is_valid_file(&self.input) {
            return Ok(());
        }
        check.source(&self.input.read()?)
    }
}

/// The options of a check.
#[derive(Default)]
pub(crate) struct Check {
    limits: Limits,
    threads: Option<NonZeroUsize>,
    names: NameStyle,
}

impl Check {
    /// Checks the module or component that was read from a source.
    pub(crate) fn wasm(&self, source: &Source, wasm: &Wasm<'_>) -> Result<(), Failure> {
        match self.errors_of(source, wasm).is_empty() {
            true => Ok(()),
            // This check reports all faults with their places.
            false => self.source(source),
        }
    }

    /// Whether the input is a file with a binary module or component that is valid. The file is not
    /// held in memory, and on several threads code is checked while the rest is being read. An
    /// invalid file is read again as a whole, since messages show names and bytes.
    fn is_valid_file(&self, input: &Input) -> bool {
        let Some((file, layer)) = input.binary_file() else { return false };
        let is_small = file.metadata().is_ok_and(|it| it.len() < WORTH_PIECES);
        let file = SharedFile::new(file);
        let features = input.reading().features().features;
        let again = |offset, bytes: &mut [u8]| file.read_exact_at(offset, bytes);
        match layer {
            Layer::Module => {
                let parser = parser::Parser::new().features(features).check_bodies(false);
                let reader = parser::EventReader::with_parser(parser, file.reader());
                let reader = reader.max_item(MAX_INPUT);
                let validator = Validator::new().features(features).limits(self.limits);
                let validator = validator.max_errors(1);
                let read = validator.read_again(self.threads, again, |take| reader.pass_to(take));
                matches!(read, Ok(Ok(_)))
            }
            Layer::Component if is_small => false,
            Layer::Component => {
                use parser::components::{EventReader, Parser};
                let parser = Parser::new().features(features).check_bodies(false);
                let reader = EventReader::with_parser(parser, file.reader()).max_item(MAX_INPUT);
                let validator = components::Validator::new().features(features);
                let validator = validator.limits(self.limits).max_errors(1);
                let read = validator.read_again(self.threads, again, |take| reader.pass_to(take));
                matches!(read, Ok(Ok(_)))
            }
        }
    }

    /// Checks the module or component in a source, which need not be well-formed.
    pub(crate) fn source(&self, source: &Source) -> Result<(), Failure> {
        match (source.is_binary(), source.layer()) {
            (true, Layer::Module) => self.binary_module(source),
            (true, Layer::Component) => self.binary_component(source),
            (false, _) => self.text(source),
        }
    }

    fn validator(&self, source: &Source) -> Validator {
        let validator = Validator::new().features(source.features()).limits(self.limits);
        validator.max_errors(source.max_errors())
    }

    fn component_validator(&self, source: &Source) -> components::Validator {
        let validator = components::Validator::new().features(source.features());
        validator.limits(self.limits).max_errors(source.max_errors())
    }

    /// Returns the errors of validation of the module or component that was read from a source.
    fn errors_of(&self, source: &Source, wasm: &Wasm<'_>) -> Vec<Error> {
        let errors = match wasm {
            Wasm::Module(module) => {
                let verdict = self.validator(source).items(module.items(), self.threads);
                verdict.err().map(|errors| errors.with_names(&module.names))
            }
            Wasm::Component(component) => {
                self.component_validator(source).component_on(component, self.threads).err()
            }
        };
        errors.iter().flat_map(|errors| errors.iter()).cloned().collect()
    }

    fn binary_module(&self, source: &Source) -> Result<(), Failure> {
        let features = source.features();
        // The validator reads every instruction anyway.
        let parser = parser::Parser::new().features(features).check_bodies(false);
        let events = parser.clone().events(&source.bytes);
        let verdict = self.validator(source).events(events, self.threads);
        let Err(errors) = verdict.map_err(|error| source.malformed_binary(error))? else {
            return Ok(());
        };
        let names = parser.module(&source.bytes).map(|module| module.names);
        let mut names = names.unwrap_or_default();
        self.names.apply(&mut names);
        let errors = errors.with_names(&names);
        Err(source.invalid(errors.iter(), None))
    }

    fn binary_component(&self, source: &Source) -> Result<(), Failure> {
        // The validator reads every instruction anyway.
        let parser = parser::components::Parser::new().features(source.features());
        let events = parser.check_bodies(false).events(&source.bytes);
        let validator = self.component_validator(source);
        let verdict = validator.read(self.threads, |take| events.pass_to(take));
        match verdict.map_err(|error| source.malformed_binary(error))? {
            Ok(_) => Ok(()),
            Err(errors) => Err(source.invalid(errors.iter(), None)),
        }
    }

    fn text(&self, source: &Source) -> Result<(), Failure> {
        let features = source.features();
        let parsed = source.recover(features, false)?;
        let malformed = parsed.errors().to_vec();
        let soundness = match &parsed {
            ParsedWasm::Module(parsed) => Some(parsed.soundness.clone()),
            ParsedWasm::Component(_) => None,
        };
        let mut errors = self.errors_of(source, &parsed.into_wasm());
        if !malformed.is_empty() {
            // In a malformed component, it is unknown which errors only follow from others.
            errors.retain(|error| soundness.as_ref().is_some_and(|it| is_of_text(error, it)));
        }
        if errors.is_empty() && malformed.is_empty() {
            return Ok(());
        }
        // A source map costs time and memory, so only an invalid source gets one.
        let map = match errors.is_empty() {
            true => None,
            false => source_map(&mut source.recover(features, true)?),
        };
        Err(source.malformed_and_invalid(&malformed, &errors, map.as_ref()))
    }
}

/// Whether an error of a module is in its text, rather than a consequence of a part that could not
/// be read.
fn is_of_text(error: &Error, soundness: &Soundness) -> bool {
    // An export or a segment that could not be read may declare the function.
    !matches!(error.kind, ErrorKind::UndeclaredFunc(_)) && soundness.is_sound(&error.path)
}
