//! `wattle print`: binary to text.

use clap::Args;
use wattle::printer::Config;

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;

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
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let source = self.input.read()?;
        let module = source.module(self.input.features())?;
        let config = Config::new()
            .fold(self.fold)
            .skeleton(self.skeleton)
            .offsets(self.offsets)
            .name_unnamed(self.name_unnamed)
            .indent(self.indent.into());
        self.output.write(|out| {
            let mut text = FmtToIo { out, error: Ok(()) };
            let _ = config.print_to(&module, &mut text);
            text.error
        })
    }
}

/// An `io::Write` as a `fmt::Write`, whose errors say nothing: this one keeps the real error.
struct FmtToIo<'a> {
    out: &'a mut dyn std::io::Write,
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
