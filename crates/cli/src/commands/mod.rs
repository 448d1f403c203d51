//! The subcommands, one file each.

mod addr2line;
mod completion;
mod component;
mod demangle;
mod diff;
mod dump;
mod features;
mod fmt;
mod fuzz;
mod json_from_wast;
mod later;
mod man;
mod metadata;
mod mutate;
mod objdump;
mod parse;
mod print;
mod run;
mod shrink;
mod size;
mod smith;
mod strip;
mod validate;
mod wabt;
mod wast;

use std::ffi::OsString;

use clap::Subcommand;

use crate::failure::Failure;
use later::Later;

/// Puts the words of the command line in the order that the parser of arguments expects.
pub(crate) fn arrange(words: Vec<OsString>, root: fn() -> clap::Command) -> Vec<OsString> {
    run::arrange(wabt::arrange(words), root)
}

/// The subcommand with its arguments.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Translate text to binary.
    Parse(Later<parse::Parse>),
    /// Translate binary to text.
    Print(Later<print::Print>),
    /// Show every byte of a binary with its meaning.
    Dump(Later<dump::Dump>),
    /// Check that a module or component is valid.
    Validate(Later<validate::Validate>),
    /// List the features that a module or component uses.
    Features(Later<features::ListFeatures>),
    /// List sections, imports, exports and functions.
    Objdump(Later<objdump::Objdump>),
    /// Show where the bytes of a module or component go.
    Size(Later<size::Size>),
    /// Demangle the names of Rust and C++ in the name section.
    Demangle(Later<demangle::Demangle>),
    /// Show and change the metadata of a module or component.
    Metadata(Later<metadata::Metadata>),
    /// Show the differences between two modules or components.
    Diff(Later<diff::Diff>),
    /// Show the source lines that instructions were compiled from.
    #[command(name = "addr2line")]
    Addr2line(Later<addr2line::Addr2line>),
    /// Remove custom sections and leave every other byte alone.
    Strip(Later<strip::Strip>),
    /// Take components apart and put them together.
    Component(Later<component::Component>),
    /// Check a package of interfaces, and translate it; short for `component wit`.
    Wit(Later<component::Wit>),
    /// Format text: modules, components, scripts, interfaces.
    Fmt(Later<fmt::Fmt>),
    /// Run a WASI program, or call one function of a module.
    Run(Later<run::Run>),
    /// Run test scripts.
    Wast(Later<wast::Wast>),
    /// Translate a test script to JSON and module files.
    #[command(visible_alias = "wast2json")]
    JsonFromWast(Later<json_from_wast::JsonFromWast>),
    /// Generate a valid module from a seed, for fuzzing.
    Smith(Later<smith::Smith>),
    /// Run generated modules on several engines, and report where they differ.
    Fuzz(Later<fuzz::Fuzz>),
    /// Shrink a module, component or script as long as a command finds it interesting.
    Shrink(Later<shrink::Shrink>),
    /// Make a valid mutant of a module or component.
    Mutate(Later<mutate::Mutate>),
    /// Print a completion script for a shell.
    Completion(Later<completion::Completion>),
    /// Print pages of the manual.
    Man(Later<man::ManPages>),
    /// Translate text to binary as WABT's command does.
    #[command(name = "wat2wasm")]
    Wat2wasm(Later<wabt::Wat2wasm>),
    /// Translate binary to text as WABT's command does.
    #[command(name = "wasm2wat")]
    Wasm2wat(Later<wabt::Wasm2wat>),
    /// Check that a module is valid as WABT's command does.
    WasmValidate(Later<wabt::WasmValidate>),
    /// Show the contents of binaries as WABT's command does.
    WasmObjdump(Later<wabt::WasmObjdump>),
    /// Remove custom sections from a file as WABT's command does.
    WasmStrip(Later<wabt::WasmStrip>),
}

impl Command {
    /// Runs the subcommand. `json` asks for listings as JSON; `cli` describes the whole command
    /// line.
    pub(crate) fn run(&self, json: bool, cli: fn() -> clap::Command) -> Result<(), Failure> {
        match self {
            Command::Parse(command) => command.run(json),
            Command::Print(command) => command.run(json),
            Command::Dump(command) => command.run(json),
            Command::Validate(command) => command.run(),
            Command::Features(command) => command.run(json),
            Command::Objdump(command) => command.run(json),
            Command::Size(command) => command.run(json),
            Command::Demangle(command) => command.run(),
            Command::Metadata(command) => command.run(json),
            Command::Diff(command) => command.run(json),
            Command::Addr2line(command) => command.run(json),
            Command::Strip(command) => command.run(json),
            Command::Component(command) => command.run(json),
            Command::Wit(command) => command.run(json),
            Command::Fmt(command) => command.run(json),
            Command::Run(command) => command.run(json),
            Command::Wast(command) => command.run(json),
            Command::JsonFromWast(command) => command.run(),
            Command::Smith(command) => command.run(json),
            Command::Fuzz(command) => command.run(json),
            Command::Shrink(command) => command.run(json),
            Command::Mutate(command) => command.run(),
            Command::Completion(command) => command.run(cli()),
            Command::Man(command) => command.run(cli()),
            Command::Wat2wasm(command) => command.run(json),
            Command::Wasm2wat(command) => command.run(json),
            Command::WasmValidate(command) => command.run(json),
            Command::WasmObjdump(command) => command.run(json),
            Command::WasmStrip(command) => command.run(json),
        }
    }
}

/// The number of entries of a section in words.
fn entries(count: u32) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
