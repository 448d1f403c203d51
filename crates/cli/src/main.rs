//! The `wattle` command: arguments in, exit code out. Each subcommand is a file in `commands/`.
//!
//! Exit codes: 0 good, 1 bad input, 2 wrong usage.
#![forbid(unsafe_code)]

mod commands;
mod input;
mod output;
mod report;

use std::process::ExitCode;

use clap::Parser;

/// Read, write, check and print WebAssembly.
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
    let cli = Cli::parse();
    match cli.command.run(cli.json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(cli.json),
    }
}
