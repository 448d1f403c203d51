//! `wattle print`: binary to text.

use std::io::Write;

use clap::Args;
use wattle::Features;
use wattle::printer::Config;

use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::output::Output;
use crate::source::Readable;

/// Translates binary to text.
#[derive(Args)]
pub(crate) struct Print {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Fold operands into the instructions that consume them.
    #[arg(long)]
    fold: bool,

    /// Leave out the contents of functions and segments.
    #[arg(long)]
    skeleton: bool,

    /// Put the byte offset in the binary before items and instructions.
    #[arg(long)]
    offsets: bool,

    /// Name everything that does not have a name.
    #[arg(long)]
    name_unnamed: bool,

    /// The number of spaces that a level is indented by.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(..=16))]
    indent: u8,
}

impl Print {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        let features = self.input.features_to_show();
        // The printer reads the instructions of bodies anyway, whatever features they are of.
        let is_limited = features != Features::ALL;
        let Readable { module, bodies, mut errors } = source.readable(features, is_limited)?;
        if !self.skeleton {
            let help = "code that comes from text is written in its shortest form: to keep every byte, \
                        work on the binary";
            warn(&source.left_out(&module.left_out_of_shortest(), Some(help)), json);
        }
        let config = Config::new()
            .fold(self.fold)
            .skeleton(self.skeleton)
            .offsets(self.offsets)
            .name_unnamed(self.name_unnamed)
            .indent(self.indent.into());
        let errors = self.output.show(|out| {
            let mut text = FmtToIo { out, error: Ok(()) };
            let is_legible = config.print_to(&module, &mut text);
            text.error?;
            if is_legible == Ok(false) {
                errors =
                    source.readable(features, true).map(|again| again.errors).unwrap_or_default();
            }
            for error in &errors {
                writeln!(out, ";; cannot be read: {error}")?;
            }
            if bodies < module.funcs.len() {
                let missing = module.funcs.len() - bodies;
                writeln!(out, ";; the bodies of the last {missing} functions were not read")?;
            }
            Ok(errors)
        })?;
        source.all_shown(errors)
    }
}

/// An `io::Write` as a `fmt::Write`, whose errors say nothing: this one keeps the real error.
struct FmtToIo<'a> {
    out: &'a mut dyn Write,
    error: std::io::Result<()>,
}

impl std::fmt::Write for FmtToIo<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|error| {
            self.error = Err(error);
            std::fmt::Error
        })
    }
}
