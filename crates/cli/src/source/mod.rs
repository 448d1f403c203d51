//! Sources: the bytes of an input with their name, as a module or a component. The faults of
//! sources are in `faults.rs`.

mod faults;
pub(crate) mod wit;

use std::path::Path;

use wattle::ast::SourceMap;
use wattle::ast::components::Layer;
use wattle::parser::components::{Parser, Recovered};
use wattle::wat::script::ModuleSource;
use wattle::wat::{self, ParsedWasm};
use wattle::{Features, Module, Wasm};

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{Reading, read_file, shown_name};

/// An input, text or binary.
pub(crate) struct Source {
    /// The name of the source in messages.
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

    /// Reads a module or component. If the source is just a `(module binary ..)`, a
    /// `(component quote ..)` or the like, the result is its content.
    pub(crate) fn read_wasm(file: Option<&Path>, reading: Reading) -> Result<Source, Failure> {
        Source::read(file, reading).map(Source::embedded)
    }

    /// Returns the content of a `(module binary ..)`, a `(component quote ..)` or the like, if that
    /// is all of the source; otherwise the source itself.
    pub(crate) fn embedded(source: Source) -> Source {
        let text = if source.is_binary() { None } else { std::str::from_utf8(&source.bytes).ok() };
        let Some(embedded) = text.and_then(wat::script::embedded) else { return source };
        let bytes = match embedded.source {
            ModuleSource::Binary(bytes) => bytes.into_owned(),
            // Only the fields are quoted.
            ModuleSource::Quote(fields) if embedded.is_component => {
                [b"(component ", &*fields, b"\n)"].concat()
            }
            ModuleSource::Quote(bytes) => bytes.into_owned(),
            ModuleSource::Text(_) => return source,
        };
        let what = if embedded.is_component { "component" } else { "module" };
        let name = format!("{} (content of the {what})", source.name);
        Source { name, bytes, ..source }
    }

    /// Makes the source of a file with these bytes.
    pub(crate) fn of_bytes(path: &Path, bytes: Vec<u8>, reading: Reading) -> Source {
        Source { name: shown_name(path), bytes, reading }
    }

    /// Makes the source of a file in this archive.
    pub(crate) fn part(&self, name: &str, bytes: &[u8]) -> Source {
        let name = format!("{}({})", self.name, wattle::ast::Shown(name));
        Source { name, bytes: bytes.to_vec(), reading: self.reading.clone() }
    }

    /// Returns the source with other bytes.
    pub(crate) fn with_bytes(self, bytes: Vec<u8>) -> Source {
        Source { bytes, ..self }
    }

    /// Returns the features that the source may use, for a command that checks it.
    pub(crate) fn features(&self) -> Features {
        self.reading.features().features
    }

    /// Returns the maximum number of faults to show.
    pub(crate) fn max_errors(&self) -> usize {
        self.reading.max_errors.get()
    }

    /// Returns the bytes as text.
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(&self.bytes).map_err(|error| self.not_utf8(error))
    }

    /// Whether the bytes are a binary.
    pub(crate) fn is_binary(&self) -> bool {
        wattle::is_binary(&self.bytes)
    }

    /// Tells by the first bytes or words whether the source is a module or a component. Anything
    /// else counts as a malformed module.
    pub(crate) fn layer(&self) -> Layer {
        let is_component = |text| wat::is_component(text).then_some(Layer::Component);
        let layer = match self.is_binary() {
            true => Layer::of(&self.bytes),
            false => std::str::from_utf8(&self.bytes).ok().and_then(is_component),
        };
        layer.unwrap_or(Layer::Module)
    }

    /// Parses the module or component, from text or binary.
    pub(crate) fn wasm(&self, features: Features) -> Result<Wasm<'_>, Failure> {
        match self.is_binary() {
            true => self.parse_binary(features),
            false => Ok(self.parse_text(features, false)?.into_wasm()),
        }
    }

    /// Parses the module or component, and returns it with the warnings about a text.
    pub(crate) fn wasm_and_warnings(
        &self,
        features: Features,
    ) -> Result<(Wasm<'_>, Vec<Fault>), Failure> {
        if self.is_binary() {
            return Ok((self.parse_binary(features)?, Vec::new()));
        }
        let parsed = self.parse_text(features, false)?;
        let warnings = parsed.warnings().iter().take(self.reading.max_errors.get());
        let warnings = warnings.map(|it| (Some(it.span), self.fault(it.to_string()).warning()));
        let warnings = self.placed(warnings.collect());
        Ok((parsed.into_wasm(), warnings))
    }

    /// Parses the module or component, and returns it with the places of its parts if it is a text.
    pub(crate) fn wasm_and_map(
        &self,
        features: Features,
    ) -> Result<(Wasm<'_>, Option<SourceMap>), Failure> {
        if self.is_binary() {
            return Ok((self.parse_binary(features)?, None));
        }
        let mut parsed = self.parse_text(features, true)?;
        let map = source_map(&mut parsed).unwrap_or_default();
        Ok((parsed.into_wasm(), Some(map)))
    }

    /// Parses the module, and returns it with the places of its parts if it is a text. A component
    /// is refused.
    pub(crate) fn module_and_map(
        &self,
        features: Features,
    ) -> Result<(Module<'_>, Option<SourceMap>), Failure> {
        match self.wasm_and_map(features)? {
            (Wasm::Module(module), map) => Ok((module, map)),
            (Wasm::Component(_), _) => {
                let fault = self.fault("a module is expected, and this is a component".to_owned());
                Err(Failure::Faults(vec![fault]))
            }
        }
    }

    /// Returns the source as a binary, translated if it is text.
    pub(crate) fn binary(self, features: Features) -> Result<Source, Failure> {
        if self.is_binary() {
            return Ok(self);
        }
        let bytes = wattle::encoder::encode_wasm(&self.wasm(features)?);
        Ok(Source { bytes, ..self })
    }

    /// Parses the module or component as far as it can be read, for commands that show its
    /// contents. A malformed text is refused as a whole, since its author can look at it.
    pub(crate) fn readable(
        &self,
        features: Features,
        check_bodies: bool,
    ) -> Result<Readable<'_>, Failure> {
        if !self.is_binary() {
            let wasm = self.parse_text(features, false)?.into_wasm();
            return Ok(Readable { wasm, missing_bodies: 0, errors: Vec::new() });
        }
        let parser = Parser::new().features(features).check_bodies(check_bodies);
        let Recovered { wasm, missing_bodies, errors, .. } = parser.recover(&self.bytes);
        Ok(Readable { wasm, missing_bodies, errors })
    }

    fn parse_binary(&self, features: Features) -> Result<Wasm<'_>, Failure> {
        let parser = Parser::new().features(features);
        parser.wasm(&self.bytes).map_err(|error| self.malformed_binary(error))
    }

    /// Parses a text as far as it can be read. The result includes its errors.
    pub(crate) fn recover(
        &self,
        features: Features,
        with_map: bool,
    ) -> Result<ParsedWasm<'_>, Failure> {
        Ok(self.parser(features, with_map).recover_wasm(self.text()?))
    }

    fn parser(&self, features: Features, with_map: bool) -> wat::Parser {
        wat::Parser::new()
            .features(features)
            .source_map(with_map)
            .max_errors(self.reading.max_errors.get())
    }

    fn parse_text(&self, features: Features, with_map: bool) -> Result<ParsedWasm<'_>, Failure> {
        let parser = self.parser(features, with_map);
        parser.wasm(self.text()?).map_err(|errors| self.malformed_text(errors))
    }
}

/// Takes the source map out of a parsed text.
pub(crate) fn source_map(parsed: &mut ParsedWasm<'_>) -> Option<SourceMap> {
    match parsed {
        ParsedWasm::Module(parsed) => parsed.source_map.take(),
        ParsedWasm::Component(parsed) => parsed.source_map.take(),
    }
}

/// A module or component as far as it can be read.
pub(crate) struct Readable<'s> {
    pub(crate) wasm: Wasm<'s>,
    /// The number of functions whose bodies were not read; they are empty.
    pub(crate) missing_bodies: usize,
    /// The errors of the rest.
    pub(crate) errors: Vec<wattle::ast::Error>,
}
