//! Sources: the bytes of an input with their name, as a module, and what is wrong with it.

use std::borrow::Cow;
use std::path::Path;
use std::str::Utf8Error;

use wattle::Features;
use wattle::ast::custom::{LeftOut, WhyLeftOut};
use wattle::ast::{
    self, Body, Collector, Item, LineIndex, Module, Reader, SectionId, Shown, SourceMap, Span,
};
use wattle::wat::script::ModuleSource;
use wattle::{parser, validator, wat};

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{Reading, read_file, shown_name};

/// How many names of custom sections a warning lists.
const SHOWN_NAMES: usize = 20;

/// An input, text or binary.
pub(crate) struct Source {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    reading: Reading,
}

impl Source {
    /// Reads all of a file, or of standard input when the file is `-` or not named.
    pub(crate) fn read(file: Option<&Path>, reading: Reading) -> Result<Source, Failure> {
        let file = file.unwrap_or(Path::new("-"));
        let bytes = read_file(file).map_err(Failure::Input)?;
        let source = Source { name: shown_name(file), bytes, reading };
        if source.bytes.is_empty() {
            let fault = source.fault("unexpected end: the file is empty".to_owned());
            return Err(Failure::Faults(vec![fault.malformed()]));
        }
        Ok(source)
    }

    /// Reads a module: what is in a `(module binary ..)` or a `(module quote ..)` where that is all.
    pub(crate) fn read_module(file: Option<&Path>, reading: Reading) -> Result<Source, Failure> {
        let source = Source::read(file, reading)?;
        let text = if source.is_binary() { None } else { std::str::from_utf8(&source.bytes).ok() };
        let bytes = match text.and_then(wat::script::embedded).map(|module| module.source) {
            Some(ModuleSource::Binary(bytes) | ModuleSource::Quote(bytes)) => bytes.into_owned(),
            _ => return Ok(source),
        };
        let name = format!("{} (what the module holds)", source.name);
        Ok(Source { name, bytes, ..source })
    }

    /// What the module may use, for a command that judges it.
    pub(crate) fn features(&self) -> Features {
        self.reading.features().features
    }

    /// How many faults to show at most.
    pub(crate) fn max_errors(&self) -> usize {
        self.reading.max_errors.get()
    }

    /// The bytes as text.
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(&self.bytes).map_err(|error| self.not_utf8(error))
    }

    /// Whether the bytes are a binary.
    pub(crate) fn is_binary(&self) -> bool {
        wattle::is_binary(&self.bytes)
    }

    /// The module, from text or binary.
    pub(crate) fn module(&self, features: Features) -> Result<Module<'_>, Failure> {
        match self.is_binary() {
            true => self.parse_binary(features),
            false => Ok(self.parse_text(features, false)?.module),
        }
    }

    /// The module, and what a text says in vain.
    pub(crate) fn module_and_warnings(
        &self,
        features: Features,
    ) -> Result<(Module<'_>, Vec<Fault>), Failure> {
        if self.is_binary() {
            return Ok((self.parse_binary(features)?, Vec::new()));
        }
        let parsed = self.parse_text(features, false)?;
        let warnings = parsed.warnings.iter().take(self.reading.max_errors.get());
        let warnings = warnings.map(|it| (Some(it.span), self.fault(it.to_string()).warning()));
        Ok((parsed.module, self.placed(warnings.collect())))
    }

    /// What to say of custom sections that are left out because they would be wrong: a warning for each
    /// reason. `help` says what keeps them.
    pub(crate) fn left_out(&self, left_out: &[LeftOut], help: Option<&str>) -> Vec<Fault> {
        let mut reasons: Vec<(WhyLeftOut, Vec<String>)> = Vec::new();
        for LeftOut { name, why, .. } in left_out {
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, names)) => names.push(Shown(name).to_string()),
                None => reasons.push((*why, vec![Shown(name).to_string()])),
            }
        }
        let warnings = reasons.into_iter().map(|(why, names)| {
            let more = names.len().saturating_sub(SHOWN_NAMES);
            let shown = names[..names.len() - more].join(", ");
            let sections = match (names.len(), more) {
                (1, _) => format!("section {shown} is"),
                (_, 0) => format!("sections {shown} are"),
                _ => format!("sections {shown} and {more} more are"),
            };
            let fault = self.fault(format!("the custom {sections} left out: {why}"));
            fault.help(help.map(str::to_owned)).warning()
        });
        warnings.collect()
    }

    /// The module; and where its parts stand in the text, when it was one.
    pub(crate) fn module_and_map(
        &self,
        features: Features,
    ) -> Result<(Module<'_>, Option<SourceMap>), Failure> {
        if self.is_binary() {
            return Ok((self.parse_binary(features)?, None));
        }
        let parsed = self.parse_text(features, true)?;
        Ok((parsed.module, Some(parsed.source_map.unwrap_or_default())))
    }

    /// The module as a binary, translated if it is text.
    pub(crate) fn binary(self, features: Features) -> Result<Source, Failure> {
        if self.is_binary() {
            return Ok(self);
        }
        let bytes = wattle::encoder::encode(&self.module(features)?);
        Ok(Source { bytes, ..self })
    }

    /// The module as far as it can be read, for commands that show what is there. A text is read
    /// whole or not at all: its author has it before their eyes.
    pub(crate) fn readable(
        &self,
        features: Features,
        check_bodies: bool,
    ) -> Result<Readable<'_>, Failure> {
        if !self.is_binary() {
            let module = self.parse_text(features, false)?.module;
            let bodies = module.funcs.len();
            return Ok(Readable { module, bodies, errors: Vec::new() });
        }
        let parser = parser::Parser::new().features(features).check_bodies(check_bodies);
        let mut events = parser.events(&self.bytes);
        let (mut collector, mut bodies, mut errors) = (Collector::default(), 0, Vec::new());
        while let Some(event) = events.next() {
            match event {
                Ok(event) => {
                    bodies += usize::from(matches!(event.item, Item::Body(_)));
                    collector.item(event.item);
                }
                Err(error) => {
                    if let Some(skipped) = events.skip_malformed()
                        && is_body(&error)
                    {
                        bodies += 1;
                        let body = malformed_body(skipped.bytes).unwrap_or_default();
                        collector.item(Item::Body(body));
                    }
                    errors.push(error);
                }
            }
        }
        Ok(Readable { module: collector.finish(), bodies, errors })
    }

    /// The end of a command that has shown what it could read.
    pub(crate) fn all_shown(&self, errors: Vec<ast::Error>) -> Result<(), Failure> {
        match errors.is_empty() {
            true => Ok(()),
            false => {
                let faults = errors.into_iter().map(|error| self.malformed_fault(error));
                Err(Failure::Faults(faults.collect()))
            }
        }
    }

    fn parse_binary(&self, features: Features) -> Result<Module<'_>, Failure> {
        let parser = parser::Parser::new().features(features);
        parser.module(&self.bytes).map_err(|error| self.malformed_binary(error))
    }

    /// What can be read of a text, beside its errors.
    pub(crate) fn recover(
        &self,
        features: Features,
        with_map: bool,
    ) -> Result<wat::Parsed<'_>, Failure> {
        Ok(self.parser(features, with_map).recover(self.text()?))
    }

    fn parser(&self, features: Features, with_map: bool) -> wat::Parser {
        wat::Parser::new()
            .features(features)
            .source_map(with_map)
            .max_errors(self.reading.max_errors.get())
    }

    fn parse_text(&self, features: Features, with_map: bool) -> Result<wat::Parsed<'_>, Failure> {
        let parser = self.parser(features, with_map);
        parser.module(self.text()?).map_err(|errors| self.malformed_text(errors))
    }

    /// The faults of a malformed text, or of a malformed script.
    pub(crate) fn malformed_text(&self, errors: wat::Errors) -> Failure {
        let locator = self.locator();
        let errors = errors.as_slice().iter().take(self.max_errors());
        self.limited(errors.map(|error| locator.malformed_text(self, error)).collect())
    }

    /// The faults of a text that is malformed, and of what is invalid of the rest.
    pub(crate) fn malformed_and_invalid(
        &self,
        malformed: &[wat::Error],
        invalid: &[validator::Error],
        map: Option<&SourceMap>,
    ) -> Failure {
        let locator = self.locator();
        let mut faults: Vec<(Option<Span>, Fault)> = invalid
            .iter()
            .map(|error| {
                let span = map.map_or(error.span, |map| map.span(&error.path));
                let fault = Fault::invalid(&self.name, error, &self.reading.features());
                (span, locator.place(span, fault))
            })
            .collect();
        let malformed = malformed.iter();
        faults
            .extend(malformed.map(|error| (Some(error.span), locator.malformed_text(self, error))));
        faults.sort_by_key(|(span, _)| span.map(|span| span.start));
        self.limited(faults.into_iter().map(|(_, fault)| fault).collect())
    }

    /// The fault of a malformed binary.
    pub(crate) fn malformed_binary(&self, error: ast::Error) -> Failure {
        Failure::Faults(vec![self.malformed_fault(error)])
    }

    fn malformed_fault(&self, error: ast::Error) -> Fault {
        let mut fault = self.fault(error.reason()).path(&error.path).malformed();
        if let Some(feature) = error.enable {
            fault = fault.enable(feature, &self.reading.features());
        }
        fault.in_binary(&self.bytes, error.span)
    }

    fn not_utf8(&self, error: Utf8Error) -> Failure {
        let start = error.valid_up_to();
        let span = Span::new(start, start + error.error_len().unwrap_or(1));
        let fault = self.fault("malformed UTF-8 encoding".to_owned()).malformed();
        if let Some(foreign) = wat::looks_like(&self.bytes) {
            // The first bytes tell.
            let fault = fault.help(Some(wat::Help::LooksLike(foreign).to_string()));
            return Failure::Faults(vec![fault.in_binary(&self.bytes, Span::new(0, 4))]);
        }
        Failure::Faults(vec![fault.in_binary(&self.bytes, span)])
    }

    /// The faults of an invalid module, with the map of its parts when it is a text.
    pub(crate) fn invalid<'e>(
        &self,
        errors: impl Iterator<Item = &'e validator::Error>,
        map: Option<&SourceMap>,
    ) -> Failure {
        let faults = errors.map(|error| {
            let span = map.map_or(error.span, |map| map.span(&error.path));
            (span, Fault::invalid(&self.name, error, &self.reading.features()))
        });
        self.limited(self.placed(faults.collect()))
    }

    /// As many faults as may be shown.
    fn limited(&self, mut faults: Vec<Fault>) -> Failure {
        let most = self.max_errors();
        faults.truncate(most);
        if faults.len() == most {
            faults.last_mut().into_iter().for_each(Fault::end_at_limit);
        }
        Failure::Faults(faults)
    }

    /// A fault of this source, at no place yet.
    pub(crate) fn fault(&self, message: String) -> Fault {
        Fault::new(&self.name, message)
    }

    /// Faults in the order of their places, those without a place first.
    pub(crate) fn faults(&self, faults: Vec<(Option<Span>, Fault)>) -> Failure {
        Failure::Faults(self.placed(faults))
    }

    fn placed(&self, mut faults: Vec<(Option<Span>, Fault)>) -> Vec<Fault> {
        if faults.is_empty() {
            return Vec::new();
        }
        faults.sort_by_key(|(span, _)| span.map(|span| span.start));
        let locator = self.locator();
        faults.into_iter().map(|(span, fault)| locator.place(span, fault)).collect()
    }

    /// What places faults in this source.
    pub(crate) fn locator(&self) -> Locator<'_> {
        let lines = (!self.is_binary()).then(|| {
            let text = String::from_utf8_lossy(&self.bytes);
            (LineIndex::new(&*text), text)
        });
        Locator { bytes: &self.bytes, lines }
    }
}

/// A module as far as it can be read.
pub(crate) struct Readable<'s> {
    pub(crate) module: Module<'s>,
    /// The number of functions whose bodies were read; the others are empty.
    pub(crate) bodies: usize,
    /// Why the rest cannot be read.
    pub(crate) errors: Vec<ast::Error>,
}

/// Whether an error lies in the body of a function.
pub(crate) fn is_body(error: &ast::Error) -> bool {
    error.path.section == Some(SectionId::Code) && error.path.item.is_some()
}

/// A body with malformed instructions, from its bytes with their size in front; nothing when its
/// locals are malformed.
pub(crate) fn malformed_body(bytes: &[u8]) -> Option<Body<'_>> {
    Body::from_bytes(Reader::new(bytes).byte_list().ok()?).ok()
}

/// Places faults in a source whose lines it counts once.
pub(crate) struct Locator<'s> {
    bytes: &'s [u8],
    /// The lines and the text, unless the source is a binary.
    lines: Option<(LineIndex, Cow<'s, str>)>,
}

impl Locator<'_> {
    /// The fault of a malformed text.
    fn malformed_text(&self, source: &Source, error: &wat::Error) -> Fault {
        let fault = source.fault(error.kind.to_string()).malformed();
        let fault = fault.help(error.help.as_ref().map(ToString::to_string));
        let fault = match &error.kind {
            wat::ErrorKind::NotEnabled(_, feature) => {
                fault.enable(*feature, &source.reading.features())
            }
            _ => fault,
        };
        let fault = match (&error.related, &self.lines) {
            (Some(related), Some((lines, text))) => {
                fault.related(text, lines, related.span, related.note)
            }
            _ => fault,
        };
        self.place(Some(error.span), fault)
    }

    /// The fault at this place, if there is one.
    pub(crate) fn place(&self, span: Option<Span>, fault: Fault) -> Fault {
        match (span, &self.lines) {
            (None, _) => fault,
            (Some(span), None) => fault.in_binary(self.bytes, span),
            (Some(span), Some((lines, text))) => fault.in_text(text, lines, span),
        }
    }
}
