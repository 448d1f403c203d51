//! `wattle strip`: remove custom sections.

use clap::Args;
use regex::Regex;
use wattle::ast::custom::{Dylink, TargetFeatures};
use wattle::ast::{Reader, SectionId};
use wattle::parser::{SectionFrame, frames};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;
use crate::source::Source;

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
        let out = without_customs(&source, |name| match name {
            // A section without a name is removed only where all are.
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

/// A binary without the custom sections that `removes` chooses by their names. A section whose name
/// cannot be read has none.
pub(super) fn without_customs(
    source: &Source,
    removes: impl Fn(Option<&str>) -> bool,
) -> Result<Vec<u8>, Failure> {
    let removes_section = |frame: &SectionFrame<'_>| {
        let name = Reader::new(frame.content).byte_list();
        SectionId::from_code(frame.code) == Some(SectionId::Custom)
            && removes(name.ok().map(String::from_utf8_lossy).as_deref())
    };
    // The sizes of sections are enough: a module that is malformed inside of them is stripped too.
    let mut out = Vec::with_capacity(source.bytes.len());
    for frame in frames(&source.bytes) {
        let frame = frame.map_err(|error| source.malformed_binary(error))?;
        if out.is_empty() {
            out.extend_from_slice(&source.bytes[..frame.offset]);
        }
        if !removes_section(&frame) {
            out.extend_from_slice(frame.bytes);
        }
    }
    if out.is_empty() {
        // There are no sections.
        out.extend_from_slice(&source.bytes);
    }
    Ok(out)
}
