//! The subcommands, one file each.

mod completion;
mod dump;
mod features;
mod fuzz;
mod objdump;
mod parse;
mod print;
mod run;
mod smith;
mod strip;
mod validate;
mod wast;

pub(crate) use run::arrange;

use clap::Subcommand;

use crate::failure::Failure;

/// The subcommand with its arguments.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Translate text to binary.
    #[command(visible_alias = "wat2wasm")]
    Parse(parse::Parse),
    /// Translate binary to text.
    #[command(visible_alias = "wasm2wat")]
    Print(print::Print),
    /// Show every byte of a binary with what it means.
    Dump(dump::Dump),
    /// Check that a module is valid.
    Validate(validate::Validate),
    /// List the features that a module uses.
    Features(features::ListFeatures),
    /// List sections, imports, exports and functions.
    Objdump(objdump::Objdump),
    /// Remove custom sections and leave every other byte alone.
    Strip(strip::Strip),
    /// Run a WASI program, or call one function of a module.
    Run(run::Run),
    /// Run test scripts.
    Wast(wast::Wast),
    /// Generate a valid module from a seed, for fuzzing.
    Smith(smith::Smith),
    /// Run generated modules on several engines, and report where they differ.
    Fuzz(Box<fuzz::Fuzz>),
    /// Print a completion script for a shell.
    Completion(completion::Completion),
}

impl Command {
    /// Runs the subcommand. `json` asks for listings as JSON; `cli` describes the whole command
    /// line.
    pub(crate) fn run(&self, json: bool, cli: fn() -> clap::Command) -> Result<(), Failure> {
        match self {
            Command::Parse(command) => command.run(json),
            Command::Print(command) => command.run(json),
            Command::Dump(command) => command.run(),
            Command::Validate(command) => command.run(),
            Command::Features(command) => command.run(json),
            Command::Objdump(command) => command.run(json),
            Command::Strip(command) => command.run(json),
            Command::Run(command) => command.run(json),
            Command::Wast(command) => command.run(json),
            Command::Smith(command) => command.run(),
            Command::Fuzz(command) => command.run(json),
            Command::Completion(command) => command.run(cli()),
        }
    }
}

/// The number of entries of a section in words.
fn entries(count: u32) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
