//! `wasm-strip`: removes custom sections from a file, in place.

use std::path::PathBuf;

use clap::Args;

use super::note_component;
use crate::commands::strip::without_customs;
use crate::failure::Failure;
use crate::input::{Reading, is_standard};
use crate::output::Output;
use crate::source::Source;

/// Removes all custom sections as WABT's `wasm-strip` does: the file is rewritten.
///
/// Every other byte stays as it is. Standard input goes to standard output.
#[derive(Args)]
pub(crate) struct WasmStrip {
    /// The binary; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    output: Output,

    /// Keep the custom sections of this name; may be given several times.
    #[arg(short, long, value_name = "NAME")]
    keep_section: Vec<String>,

    /// Remove the custom sections of this name and keep the others; may be given several times.
    #[arg(short = 'R', long, value_name = "NAME", conflicts_with = "keep_section")]
    remove_section: Vec<String>,

    #[command(flatten)]
    reading: Reading,
}

impl WasmStrip {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = Source::read(Some(&self.file), self.reading.clone())?;
        if !source.is_binary() {
            let fault = source.fault("magic header not detected: this is not a binary".to_owned());
            let help = "`wat2wasm` makes one, and then `wasm-strip` can rewrite it".to_owned();
            return Err(Failure::Faults(vec![fault.malformed().help(Some(help))]));
        }
        note_component(&source, json);
        let bytes = without_customs(&source, json, |name| match &self.remove_section[..] {
            [] => !contains(&self.keep_section, name),
            removed => contains(removed, name),
        })?;
        match self.output.is_given() || is_standard(&self.file) {
            true => self.output.binary(&bytes),
            false => Output::to(self.file.clone()).binary(&bytes),
        }
    }
}

fn contains(names: &[String], name: Option<&str>) -> bool {
    names.iter().any(|it| Some(it.as_str()) == name)
}
