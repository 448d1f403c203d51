//! `wasm-validate`: whether a module is valid.

use std::path::PathBuf;

use clap::Args;

use super::{Common, read};
use crate::commands::validate::Check;
use crate::failure::Failure;

/// Checks that a module is valid as WABT's `wasm-validate` does: it says nothing then.
#[derive(Args)]
pub(crate) struct WasmValidate {
    /// The module; `-` or nothing is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Accepted, and without effect: names decide nothing.
    #[arg(long)]
    no_debug_names: bool,

    /// Accepted, and without effect: custom sections are never errors.
    #[arg(long)]
    ignore_custom_section_errors: bool,

    #[command(flatten)]
    common: Common,
}

impl WasmValidate {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = read(self.file.as_deref(), self.common.reading(), json)?;
        Check::default().source(&source)
    }
}
