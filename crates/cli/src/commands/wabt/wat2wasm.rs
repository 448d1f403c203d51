//! `wat2wasm`: text to binary, checked, into a file beside the text.

use std::path::PathBuf;

use clap::Args;

use super::{Common, read, refused};
use crate::commands::parse::parse;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::output::Output;

/// Translates text to binary as WABT's `wat2wasm` does.
///
/// The module is validated first. Without `-o`, the binary of NAME.wat is NAME.wasm beside it, and
/// that of standard input goes to standard output.
#[derive(Args)]
pub(crate) struct Wat2wasm {
    /// The module; standard input by default, or with `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Do not validate the module.
    #[arg(long)]
    no_check: bool,

    /// Accepted without effect: names are always written.
    #[arg(long)]
    debug_names: bool,

    #[arg(short, long, hide = true)]
    relocatable: bool,

    #[arg(long, hide = true)]
    no_canonicalize_leb128s: bool,

    #[arg(long, hide = true)]
    debug_parser: bool,

    #[arg(short, long, hide = true)]
    dump_module: bool,

    #[command(flatten)]
    common: Common,
}

impl Wat2wasm {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        for (is_given, option, instead) in [
            (
                self.relocatable,
                "--relocatable",
                "it writes modules that are linked already; a compiler or an assembler such as \
                 `llvm-mc` makes objects for a linker",
            ),
            (
                self.no_canonicalize_leb128s,
                "--no-canonicalize-leb128s",
                "sizes are written in their shortest form",
            ),
            (self.debug_parser, "--debug-parser", "errors show the place in the text"),
            (self.dump_module, "--dump-module", "`wattle dump FILE` shows every byte"),
        ] {
            if is_given {
                return Err(refused(option, instead));
            }
        }
        let source = read(self.file.as_deref(), self.common.reading(), json)?;
        let bytes = wattle::encoder::encode_wasm(&parse(&source, !self.no_check, json)?);
        match &self.file {
            Some(file) if !self.output.is_given() && !is_standard(file) => {
                Output::to(file.with_extension("wasm")).binary(&bytes)
            }
            _ => self.output.binary(&bytes),
        }
    }
}
