//! Sources: the bytes of an input with their name, as a module, and what is wrong with it.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::str::Utf8Error;

use wattle::Features;
use wattle::ast::{self, LineIndex, Module, SourceMap, Span};
use wattle::{parser, validator, wat};

use crate::failure::{Failure, cannot_read};
use crate::fault::Fault;
use crate::input::Reading;

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
        let stdin = || {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let (name, bytes) = match file {
            Some(path) if path != Path::new("-") => (path.display().to_string(), fs::read(path)),
            _ => ("<stdin>".to_owned(), stdin()),
        };
        match bytes {
            Ok(bytes) => {
                let source = Source { name, bytes, reading };
                if source.bytes.is_empty() {
                    let fault = source.fault("unexpected end: the file is empty".to_owned());
                    return Err(Failure::Faults(vec![fault.malformed()]));
                }
                Ok(source)
            }
            Err(error) => Err(Failure::Input(cannot_read(name, error))),
        }
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
        let errors = errors.as_slice().iter().take(self.reading.max_errors.get());
        let faults = errors.map(|error| locator.malformed_text(self, error));
        Failure::Faults(faults.collect())
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
                let fault = Fault::invalid(&self.name, error, &self.reading.features);
                (span, locator.place(span, fault))
            })
            .collect();
        let malformed = malformed.iter();
        faults
            .extend(malformed.map(|error| (Some(error.span), locator.malformed_text(self, error))));
        faults.sort_by_key(|(span, _)| span.map(|span| span.start));
        faults.truncate(self.reading.max_errors.get());
        Failure::Faults(faults.into_iter().map(|(_, fault)| fault).collect())
    }

    /// The fault of a malformed binary.
    pub(crate) fn malformed_binary(&self, error: ast::Error) -> Failure {
        let mut fault = self.fault(error.reason()).path(&error.path).malformed();
        if let Some(feature) = error.enable {
            fault = fault.enable(feature, &self.reading.features);
        }
        Failure::Faults(vec![fault.in_binary(&self.bytes, error.span)])
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
            (span, Fault::invalid(&self.name, error, &self.reading.features))
        });
        self.faults(faults.collect())
    }

    /// A fault of this source, at no place yet.
    pub(crate) fn fault(&self, message: String) -> Fault {
        Fault::new(&self.name, message)
    }

    /// Faults in the order of their places, those without a place first.
    pub(crate) fn faults(&self, mut faults: Vec<(Option<Span>, Fault)>) -> Failure {
        faults.sort_by_key(|(span, _)| span.map(|span| span.start));
        let locator = self.locator();
        let placed = faults.into_iter().map(|(span, fault)| locator.place(span, fault));
        Failure::Faults(placed.collect())
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
                fault.enable(*feature, &source.reading.features)
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
