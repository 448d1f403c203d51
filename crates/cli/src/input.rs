//! Arguments that say what a command reads: the module, its features, a configuration.

use std::path::{Path, PathBuf};

use clap::Args;
use wattle::Features;
use wattle_smith::Config;

use crate::failure::{Failure, cannot_read};
use crate::source::Source;

/// The input of a command.
#[derive(Args)]
pub(crate) struct Input {
    /// The module, text or binary; `-` or nothing is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// What the module may use: presets (wasm1, wasm2, wasm3, default, all) and features,
    /// separated by commas; `-name` takes one away. Without it, commands that only show what is
    /// there take `all`, and others `default`.
    #[arg(long, value_name = "LIST", value_parser = parse_features)]
    features: Option<Features>,
}

impl Input {
    /// Reads all of it.
    pub(crate) fn read(&self) -> Result<Source, Failure> {
        Source::read(self.file.as_deref())
    }

    /// The features for a command that judges the module.
    pub(crate) fn features(&self) -> Features {
        self.features.unwrap_or_default()
    }

    /// The features for a command that only shows what is there.
    pub(crate) fn features_to_show(&self) -> Features {
        self.features.unwrap_or(Features::ALL)
    }
}

/// Reads a list of features.
pub(crate) fn parse_features(list: &str) -> Result<Features, String> {
    Features::parse(list).map_err(|word| {
        let names: Vec<_> = Features::ALL.iter().map(|feature| feature.to_string()).collect();
        format!("unknown feature `{word}`; there are {}", names.join(", "))
    })
}

/// Reads a configuration of the generator from a file of JSON.
pub(crate) fn read_config(path: &Path) -> Result<Config, String> {
    let text = std::fs::read(path).map_err(|error| cannot_read(path.display(), error))?;
    serde_json::from_slice(&text).map_err(|error| cannot_read(path.display(), error))
}
