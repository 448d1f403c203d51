//! `wattle parse`: text to binary.

use clap::Args;

use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::output::Output;

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
}

impl Parse {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        let (module, warnings) = source.module_and_warnings(self.input.features())?;
        warn(&warnings, json);
        let bytes = if self.canonical {
            let help = "parse without --canonical keeps every byte";
            warn(&source.left_out(&module.left_out_of_shortest(), Some(help)), json);
            wattle::encoder::encode_canonical(&module)
        } else {
            wattle::encoder::encode(&module)
        };
        self.output.binary(&bytes)
    }
}
