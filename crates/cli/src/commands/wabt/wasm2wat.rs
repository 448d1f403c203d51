//! `wasm2wat`: binary to text, checked.

use std::path::PathBuf;

use clap::Args;
use wattle::printer::Config;

use super::{Common, read};
use crate::commands::print::{print, remove_names, warn_of_left_out};
use crate::commands::validate::Check;
use crate::failure::Failure;
use crate::output::Output;

/// Translates binary to text as WABT's `wasm2wat` does: the module is validated first.
#[derive(Args)]
pub(crate) struct Wasm2wat {
    /// The module; standard input by default, or with `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Fold operands into the instructions that consume them.
    #[arg(short, long)]
    fold_exprs: bool,

    /// Write exports inline, at the items that they export; imports too.
    #[arg(long)]
    inline_exports: bool,

    /// Write imports inline, at the items that they import; exports too.
    #[arg(long)]
    inline_imports: bool,

    /// Leave out all names.
    #[arg(long)]
    no_debug_names: bool,

    /// Generate names for everything that has none.
    #[arg(long)]
    generate_names: bool,

    /// Accepted without effect: custom sections are never errors.
    #[arg(long)]
    ignore_custom_section_errors: bool,

    /// Do not validate the module, and print the readable part of a malformed one.
    #[arg(long)]
    no_check: bool,

    #[command(flatten)]
    common: Common,
}

impl Wasm2wat {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = read(self.file.as_deref(), self.common.reading(), json)?;
        if !self.no_check {
            Check::default().source(&source)?;
        }
        let features = source.features();
        let mut readable = source.readable(features, false)?;
        warn_of_left_out(&source, &readable.wasm, json);
        if self.no_debug_names {
            remove_names(&mut readable.wasm);
        }
        let config = Config::new()
            .fold(self.fold_exprs)
            .name_unnamed(self.generate_names)
            .inline_imports_exports(self.inline_exports || self.inline_imports);
        print(&source, readable, &config, features, &self.output)
    }
}
