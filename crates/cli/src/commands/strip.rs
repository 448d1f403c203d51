//! `wattle strip`: take custom sections away.

use clap::Args;
use regex::Regex;
use wattle::ast::Item;

use crate::input::Input;
use crate::output::Output;
use crate::report::Failure;

/// Whether a linker, a loader or a person reading a backtrace still needs a section.
fn is_kept(name: &str) -> bool {
    matches!(name, "name" | "dylink.0" | "target_features") || name.starts_with("component-type")
}

/// Takes custom sections away. Every other byte stays as it is.
///
/// Without options, all go but `name`, `dylink.0`, `component-type*` and `target_features`.
#[derive(Args)]
pub(crate) struct Strip {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Take away every custom section.
    #[arg(short, long)]
    all: bool,

    /// Take away the custom sections whose name matches; may be given several times.
    #[arg(short, long, value_name = "REGEX", conflicts_with = "all")]
    delete: Vec<Regex>,

    /// Keep the custom sections whose name matches and take the others away; may be given several
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
                Item::Custom(custom) if self.takes(&custom.name) => {}
                _ => out.extend_from_slice(event.bytes),
            }
        }
        self.output.binary(&out)
    }

    fn takes(&self, name: &str) -> bool {
        let matches = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(name));
        match (self.all, self.delete.is_empty(), self.keep.is_empty()) {
            (true, _, _) => true,
            (false, false, _) => matches(&self.delete),
            (false, true, false) => !matches(&self.keep),
            (false, true, true) => !is_kept(name),
        }
    }
}
