//! `wattle strip`: removes custom sections.

mod remove;

use clap::Args;
use regex::Regex;
use wattle::ast::custom::{Dylink, TargetFeatures};
use wattle::ast::{Names, components};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;

pub(super) use remove::without_customs;

/// Whether a linker, a loader or the reader of a backtrace still needs a custom section.
fn is_needed(name: &str) -> bool {
    [Names::NAME, components::Names::NAME, Dylink::NAME, TargetFeatures::NAME].contains(&name)
        || name.starts_with("component-type")
}

/// Removes custom sections, including those of the modules and components in a component. Every
/// other byte stays as it is, except for the sizes of sections that became smaller.
///
/// Custom sections that would point at the wrong places once others are gone (`reloc.*` and
/// `linking`, `sourceMappingURL`) are removed with them, with a warning.
///
/// Without options, removes all but `name`, `component-name`, `dylink.0`, `component-type*` and
/// `target_features`.
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
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?.binary(self.input.features_to_show())?;
        let out = without_customs(&source, json, |name| match name {
            // A section whose name cannot be read is removed only with `--all`.
            None => self.all,
            Some(name) => self.removes(name),
        })?;
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
