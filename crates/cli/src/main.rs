//! The `wattle` command: arguments in, exit code out. Each subcommand is a file in `commands/`.
//!
//! Exit codes: 0 good, 1 bad input, 2 wrong usage; `wattle run` gives the program's own, and 134
//! when it traps.
#![forbid(unsafe_code)]

mod commands;
mod input;
mod output;
mod report;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

/// Read, write, check, print and run WebAssembly.
///
/// Every command takes a text or a binary, told apart by content, from a file or from standard
/// input.
#[derive(Parser)]
#[command(name = "wattle", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,

    /// Print JSON: errors one object a line on standard error, and listings.
    #[arg(long, global = true)]
    json: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse_from(commands::arrange(std::env::args_os().collect(), &Cli::command()));
    match cli.command.run(cli.json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(cli.json),
    }
}
