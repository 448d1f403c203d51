//! `wattle strip`: remove custom sections.

use clap::Args;
use regex::Regex;
use wattle::ast::Item;
use wattle::ast::custom::{Dylink, TargetFeatures};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;

/// Whether a linker, a loader or the reader of a backtrace still needs a custom section.
fn is_needed(name: &str) -> bool {
    ["name", Dylink::NAME, TargetFeatures::NAME].contains(&name)
        || name.starts_with("component-type")
}

/// Removes custom sections. Every other byte stays as it is.
///
/// Without options, removes all but `name`, `dylink.0`, `component-type*` and `target_features`.
#[derive(Args)]
pub(crate) struct Strip {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Remove every custom section.
    #[arg(short, long)]
    all: bool,

    /// Remove the custom sections whose name matches; may be given several times.
    #[arg(short, long, value_name = "REGEX", conflicts_with = "all")]
    delete: Vec<Regex>,

    /// Keep the custom sections whose name matches and remove the others; may be given several
    /// times.
    #[arg(short, long, value_name = "REGEX", conflicts_with_all = ["all", "delete"])]
    keep: Vec<Regex>,
}

impl Strip {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let source = self.input.read()?.binary(self.input.features())?;
        let parser = wattle::parser::Parser::new().features(self.input.features());
        let mut out = Vec::with_capacity(source.bytes.len());
        for event in parser.events(&source.bytes) {
            let event = event.map_err(|error| source.malformed_binary(error))?;
            match &event.item {
                Item::Custom(custom) if self.removes(&custom.name) => {}
                _ => out.extend_from_slice(event.bytes),
            }
        }
        self.output.binary(&out)
    }

    fn removes(&self, name: &str) -> bool {
        let matches = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(name));
        match (self.all, self.delete.is_empty(), self.keep.is_empty()) {
            (true, _, _) => true,
            (false, false, _) => matches(&self.delete),
            (false, true, false) => !matches(&self.keep),
            (false, true, true) => !is_needed(name),
        }
    }
}
