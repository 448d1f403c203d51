//! `wasm-validate`: checks that a module is valid.

use std::path::PathBuf;

use clap::Args;

use super::{Common, read};
use crate::commands::validate::Check;
use crate::failure::Failure;

/// Checks that a module is valid as WABT's `wasm-validate` does: it prints nothing for a valid one.
#[derive(Args)]
pub(crate) struct WasmValidate {
    /// The module; standard input by default, or with `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Accepted without effect: names do not affect validity.
    #[arg(long)]
    no_debug_names: bool,

    /// Accepted without effect: custom sections are never errors.
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
