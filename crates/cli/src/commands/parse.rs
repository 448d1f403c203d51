//! `wattle parse`: text to binary.

use clap::Args;
use wattle::Wasm;

use super::validate::Check;
use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::lines::{GenerateDwarf, add_dwarf};
use crate::output::Output;
use crate::source::Source;

/// Translates text to binary. A well-formed binary comes out unchanged.
#[derive(Args)]
pub(crate) struct Parse {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Write every integer and every section in its shortest form.
    #[arg(long)]
    canonical: bool,

    #[command(flatten)]
    dwarf: GenerateDwarf,

    /// Validate the module or component before it is written.
    #[arg(long)]
    check: bool,
}

impl Parse {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        let mut wasm = parse(&source, self.check, json)?;
        if let Some(style) = self.dwarf.style() {
            add_dwarf(&source, &mut wasm, source.features(), style)?;
        }
        let bytes = if self.canonical {
            let help = "parse without --canonical keeps every byte";
            warn(&source.left_out_of_shortest(&wasm, Some(help)), json);
            wattle::encoder::encode_wasm_canonical(&wasm)
        } else {
            wattle::encoder::encode_wasm(&wasm)
        };
        self.output.binary(&bytes)
    }
}

/// Parses a source, which must be valid if `check` is set. Warnings are shown.
pub(super) fn parse(source: &Source, check: bool, json: bool) -> Result<Wasm<'_>, Failure> {
    let parsed = source.wasm_and_warnings(source.features());
    if check && parsed.is_err() {
        // The check also reports errors of validation in the rest of the source.
        Check::default().source(source)?;
    }
    let (wasm, warnings) = parsed?;
    warn(&warnings, json);
    if check {
        Check::default().wasm(source, &wasm)?;
    }
    Ok(wasm)
}
