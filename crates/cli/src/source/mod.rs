//! Sources: the bytes of an input with their name, as a module or a component. What is wrong with one
//! is in `faults.rs`.

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

    /// Reads a module or component: what is in a `(module binary ..)`, a `(component quote ..)` or the
    /// like where that is all.
    pub(crate) fn read_wasm(file: Option<&Path>, reading: Reading) -> Result<Source, Failure> {
        Source::read(file, reading).map(Source::embedded)
    }

    /// What a `(module binary ..)`, a `(component quote ..)` or the like holds, if that is all of the
    /// source; otherwise the source.
    pub(crate) fn embedded(source: Source) -> Source {
        let text = if source.is_binary() { None } else { std::str::from_utf8(&source.bytes).ok() };
        let Some(embedded) = text.and_then(wat::script::embedded) else { return source };
        let bytes = match embedded.source {
            ModuleSource::Binary(bytes) => bytes.into_owned(),
            // What is quoted are the fields alone.
            ModuleSource::Quote(fields) if embedded.is_component => {
                [b"(component ", &*fields, b"\n)"].concat()
            }
            ModuleSource::Quote(bytes) => bytes.into_owned(),
            ModuleSource::Text(_) => return source,
        };
        let what = if embedded.is_component { "component" } else { "module" };
        let name = format!("{} (what the {what} holds)", source.name);
        Source { name, bytes, ..source }
    }

    /// A file with these bytes.
    pub(crate) fn of_bytes(path: &Path, bytes: Vec<u8>, reading: Reading) -> Source {
        Source { name: shown_name(path), bytes, reading }
    }

    /// A file in an archive that this source is.
    pub(crate) fn part(&self, name: &str, bytes: &[u8]) -> Source {
        let name = format!("{}({})", self.name, wattle::ast::Shown(name));
        Source { name, bytes: bytes.to_vec(), reading: self.reading.clone() }
    }

    /// The source with other bytes.
    pub(crate) fn with_bytes(self, bytes: Vec<u8>) -> Source {
        Source { bytes, ..self }
    }

    /// What the source may use, for a command that judges it.
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

    /// Whether it is a module or a component, as its first bytes or words say. What is neither counts
    /// as a malformed module.
    pub(crate) fn layer(&self) -> Layer {
        let is_component = |text| wat::is_component(text).then_some(Layer::Component);
        let layer = match self.is_binary() {
            true => Layer::of(&self.bytes),
            false => std::str::from_utf8(&self.bytes).ok().and_then(is_component),
        };
        layer.unwrap_or(Layer::Module)
    }

    /// The module or component, from text or binary.
    pub(crate) fn wasm(&self, features: Features) -> Result<Wasm<'_>, Failure> {
        match self.is_binary() {
            true => self.parse_binary(features),
            false => Ok(self.parse_text(features, false)?.into_wasm()),
        }
    }

    /// The module or component, and what a text says in vain.
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

    /// The module or component; and where its parts stand in the text, when it was one.
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

    /// The module, and where its parts stand in the text, for a command that has no use for a
    /// component.
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

    /// The source as a binary, translated if it is text.
    pub(crate) fn binary(self, features: Features) -> Result<Source, Failure> {
        if self.is_binary() {
            return Ok(self);
        }
        let bytes = wattle::encoder::encode_wasm(&self.wasm(features)?);
        Ok(Source { bytes, ..self })
    }

    /// The module or component as far as it can be read, for commands that show what is there. A text
    /// is read whole or not at all: its author has it before their eyes.
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

    /// What can be read of a text, beside its errors.
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

/// Takes the map of a text out of what was parsed.
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
    /// Why the rest cannot be read.
    pub(crate) errors: Vec<wattle::ast::Error>,
}
