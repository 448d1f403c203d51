//! Inputs: a file or standard input, text or binary.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use wattle::Features;
use wattle::ast::Module;

use crate::report::{Failure, Source};

/// The input of a command.
#[derive(Args)]
pub(crate) struct Input {
    /// The module, text or binary; `-` or nothing is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// What the module may use: presets (wasm1, wasm2, wasm3, default, all) and features,
    /// separated by commas; `-name` takes one away.
    #[arg(long, value_name = "LIST", value_parser = parse_features, default_value = "default")]
    features: Features,
}

/// Reads a list of features.
pub(crate) fn parse_features(list: &str) -> Result<Features, String> {
    Features::parse(list).map_err(|word| {
        let names: Vec<_> = Features::ALL.iter().map(|feature| feature.to_string()).collect();
        format!("no feature is called `{word}`; there are {}", names.join(", "))
    })
}

impl Input {
    /// Reads all of it.
    pub(crate) fn read(&self) -> Result<Source, Failure> {
        read(self.file.as_deref())
    }

    /// The features that were asked for.
    pub(crate) fn features(&self) -> Features {
        self.features
    }
}

/// Reads all of a file, or of standard input when it is `-` or not named.
pub(crate) fn read(file: Option<&Path>) -> Result<Source, Failure> {
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
        Ok(bytes) => Ok(Source { name, bytes }),
        Err(error) => Err(Failure::Input(format!("cannot read {name}: {error}"))),
    }
}

impl Source {
    /// The input as text, when it is no binary.
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(&self.bytes).map_err(|error| self.not_utf8(error))
    }

    /// Whether it is a binary.
    pub(crate) fn is_binary(&self) -> bool {
        wattle::is_binary(&self.bytes)
    }

    /// The module, whatever it was written in.
    pub(crate) fn module(&self, features: Features) -> Result<Module<'_>, Failure> {
        if self.is_binary() {
            let parser = wattle::parser::Parser::new().features(features);
            return parser.module(&self.bytes).map_err(|error| self.malformed_binary(error));
        }
        let parser = wattle::wat::Parser::new().features(features);
        match parser.module(self.text()?) {
            Ok(parsed) => Ok(parsed.module),
            Err(errors) => Err(self.malformed_text(errors)),
        }
    }

    /// The module as a binary: as it is, or translated.
    pub(crate) fn binary(self, features: Features) -> Result<Source, Failure> {
        if self.is_binary() {
            return Ok(self);
        }
        let bytes = wattle::encoder::encode(&self.module(features)?);
        Ok(Source { name: self.name, bytes })
    }
}
