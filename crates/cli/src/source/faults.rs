//! The faults of a source, with their places.

use std::borrow::Cow;
use std::str::Utf8Error;

use wattle::ast::custom::{LeftOut, WhyLeftOut};
use wattle::ast::{self, LineIndex, Shown, SourceMap, Span};
use wattle::inspect::dwarf::DebugInfo;
use wattle::{Wasm, validator, wat};

use super::Source;
use crate::failure::Failure;
use crate::fault::Fault;
use crate::lines::lines_at;
use crate::names::NameStyle;

/// The number of names of custom sections that a warning lists.
const SHOWN_NAMES: usize = 20;

impl Source {
    /// Returns warnings about the custom sections of modules that the shortest form leaves out.
    pub(crate) fn left_out_of_shortest(&self, wasm: &Wasm<'_>, help: Option<&str>) -> Vec<Fault> {
        let left_out = wasm.modules().flat_map(|module| module.left_out_of_shortest());
        self.left_out(&left_out.collect::<Vec<_>>(), help)
    }

    /// Returns warnings about custom sections that are left out because they would be wrong, one
    /// for each reason. `help` says how they can be kept.
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

    /// Ends a command that has shown the readable part of its input: it fails if there are errors.
    pub(crate) fn all_shown(&self, errors: Vec<ast::Error>) -> Result<(), Failure> {
        match errors.is_empty() {
            true => Ok(()),
            false => {
                let faults = errors.into_iter().map(|error| self.malformed_fault(error));
                Err(Failure::Faults(faults.collect()))
            }
        }
    }

    /// Returns the faults of a malformed text, or of a malformed script.
    pub(crate) fn malformed_text(&self, errors: wat::Errors) -> Failure {
        let locator = self.locator();
        let errors = errors.as_slice().iter().take(self.max_errors());
        self.limited(errors.map(|error| locator.malformed_text(self, error)).collect())
    }

    /// Returns all faults of a text that is not a source.
    pub(crate) fn faults_in_text(name: &str, text: &str, errors: &[wat::Error]) -> Vec<Fault> {
        if errors.is_empty() {
            return Vec::new();
        }
        let lines = LineIndex::new(text);
        let fault = |error: &wat::Error| {
            let fault = Fault::new(name, error.kind.to_string()).malformed();
            let fault = fault.help(error.help.as_ref().map(ToString::to_string));
            let fault = match &error.related {
                Some(related) => fault.related(text, &lines, related.span, related.note),
                None => fault,
            };
            fault.in_text(text, &lines, error.span)
        };
        errors.iter().map(fault).collect()
    }

    /// Returns the faults of a malformed text, together with the errors of validation in the rest
    /// of it.
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

    /// Returns the fault of a malformed binary.
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

    pub(super) fn not_utf8(&self, error: Utf8Error) -> Failure {
        let start = error.valid_up_to();
        let span = Span::new(start, start + error.error_len().unwrap_or(1));
        let fault = self.fault("malformed UTF-8 encoding".to_owned()).malformed();
        if let Some(foreign) = wat::looks_like(&self.bytes) {
            // The first bytes show the format of the file.
            let fault = fault.help(Some(wat::Help::LooksLike(foreign).to_string()));
            return Failure::Faults(vec![fault.in_binary(&self.bytes, Span::new(0, 4))]);
        }
        Failure::Faults(vec![fault.in_binary(&self.bytes, span)])
    }

    /// Returns the faults of an invalid module or component. A text comes with the map of its
    /// parts.
    pub(crate) fn invalid<'e>(
        &self,
        errors: impl Iterator<Item = &'e validator::Error>,
        map: Option<&SourceMap>,
    ) -> Failure {
        let mut debug = None;
        let faults = errors.map(|error| {
            let span = map.map_or(error.span, |map| map.span(&error.path));
            let fault = Fault::invalid(&self.name, error, &self.reading.features());
            let Some(span) = span.filter(|_| self.is_binary()) else { return (span, fault) };
            let debug = debug.get_or_insert_with(|| DebugInfo::new(&self.bytes));
            // The user did not ask about the debugging information, so its errors are not shown.
            let lines = lines_at(debug, span.start, NameStyle::default()).unwrap_or_default();
            (Some(span), fault.source_lines(vec![lines]))
        });
        self.limited(self.placed(faults.collect()))
    }

    /// Returns the faults, up to the number that may be shown.
    fn limited(&self, mut faults: Vec<Fault>) -> Failure {
        let most = self.max_errors();
        faults.truncate(most);
        if faults.len() == most {
            faults.last_mut().into_iter().for_each(Fault::end_at_limit);
        }
        Failure::Faults(faults)
    }

    /// Makes a fault of this source, without a place yet.
    pub(crate) fn fault(&self, message: String) -> Fault {
        Fault::new(&self.name, message)
    }

    /// Returns faults in the order of their places, those without a place first.
    pub(crate) fn faults(&self, faults: Vec<(Option<Span>, Fault)>) -> Failure {
        Failure::Faults(self.placed(faults))
    }

    pub(super) fn placed(&self, mut faults: Vec<(Option<Span>, Fault)>) -> Vec<Fault> {
        if faults.is_empty() {
            return Vec::new();
        }
        faults.sort_by_key(|(span, _)| span.map(|span| span.start));
        let locator = self.locator();
        faults.into_iter().map(|(span, fault)| locator.place(span, fault)).collect()
    }

    /// Returns the locator of this source.
    pub(crate) fn locator(&self) -> Locator<'_> {
        let lines = (!self.is_binary()).then(|| {
            let text = String::from_utf8_lossy(&self.bytes);
            (LineIndex::new(&*text), text)
        });
        Locator { bytes: &self.bytes, lines }
    }
}

/// A locator that places faults in a source, and counts its lines only once.
pub(crate) struct Locator<'s> {
    bytes: &'s [u8],
    /// The lines and the text, unless the source is a binary.
    lines: Option<(LineIndex, Cow<'s, str>)>,
}

impl Locator<'_> {
    /// Makes the fault of a malformed text.
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

    /// Places a fault, if a place is known.
    pub(crate) fn place(&self, span: Option<Span>, fault: Fault) -> Fault {
        match (span, &self.lines) {
            (None, _) => fault,
            (Some(span), None) => fault.in_binary(self.bytes, span),
            (Some(span), Some((lines, text))) => fault.in_text(text, lines, span),
        }
    }
}
