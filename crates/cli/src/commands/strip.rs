//! `wattle strip`: remove custom sections.

use clap::Args;
use regex::Regex;
use wattle::ast::custom::{Dylink, TargetFeatures};
use wattle::ast::{Reader, SectionId};
use wattle::parser::{SectionFrame, frames};

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
        let source = self.input.read()?.binary(self.input.features_to_show())?;
        // The sizes of sections are enough: a module that is malformed inside of them is stripped too.
        let mut out = Vec::with_capacity(source.bytes.len());
        for frame in frames(&source.bytes) {
            let frame = frame.map_err(|error| source.malformed_binary(error))?;
            if out.is_empty() {
                out.extend_from_slice(&source.bytes[..frame.offset]);
            }
            if !self.removes_section(&frame) {
                out.extend_from_slice(frame.bytes);
            }
        }
        if out.is_empty() {
            // There are no sections.
            out.extend_from_slice(&source.bytes);
        }
        self.output.binary(&out)
    }

    fn removes_section(&self, frame: &SectionFrame<'_>) -> bool {
        if SectionId::from_code(frame.code) != Some(SectionId::Custom) {
            return false;
        }
        // A section without a name is removed only where all are.
        let name = Reader::new(frame.content).byte_list();
        name.map_or(self.all, |name| self.removes(&String::from_utf8_lossy(name)))
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
