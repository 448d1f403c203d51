//! The `wattle` command: arguments in, exit code out.
//!
//! Each subcommand is a file in `commands/`. Below the commands are `input.rs` and `output.rs`
//! (arguments that several commands share), `transaction.rs` (files that are written together),
//! `source/` (an input as a module or component),
//! `failure.rs` (the failures that end a command early, and the exit codes), `fault.rs` and
//! `excerpt.rs` (faults of an input, and the lines or bytes that show them), `lines.rs` (source
//! lines and DWARF), `names.rs` (the style of names), `shared_file.rs`, `colours.rs`,
//! `feature_list.rs`, and `signals.rs` (Ctrl-C).
#![forbid(unsafe_code)]

mod colours;
mod commands;
mod excerpt;
mod failure;
mod fault;
mod feature_list;
mod input;
mod lines;
mod names;
mod output;
mod shared_file;
mod signals;
mod source;
mod transaction;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use failure::Failure;

/// Read, write, check, print and run WebAssembly.
///
/// Commands read text or binary, from a file or from standard input, and tell the two apart by
/// their content.
#[derive(Parser)]
#[command(name = "wattle", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,

    /// Print listings as JSON, and each error as a line of JSON on standard error.
    #[arg(long, global = true)]
    json: bool,

    /// When to colour the output: with `auto`, on a terminal, unless NO_COLOR or CLICOLOR_FORCE is
    /// set.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = clap::ColorChoice::Auto)]
    color: clap::ColorChoice,
}

/// Returns the value of an option among the words of the command line.
fn value_of<'w>(words: &'w [OsString], option: &str) -> Option<&'w str> {
    let mut words = words.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        match word.strip_prefix(option) {
            Some("") => return words.next(),
            Some(rest) if rest.starts_with('=') => return rest.strip_prefix('='),
            _ => {}
        }
    }
    None
}

fn main() -> ExitCode {
    let words = commands::arrange(std::env::args_os().collect(), Cli::command);
    // The options that decide how errors of usage look must be known before the words are parsed.
    let ours = words.split(|word| word == "--").next().unwrap_or_default();
    let wants_json = ours.iter().any(|word| word == "--json");
    if let Some(choice) = value_of(ours, "--color").and_then(|it| it.parse().ok()) {
        colours::choose(choice);
    }
    if value_of(ours, "--features") == Some("help") {
        let mut out = std::io::stdout().lock();
        return match feature_list::write(&mut out, wants_json) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => Failure::stdout(error).report(wants_json),
        };
    }
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) if wants_json && error.use_stderr() => {
            let text = error.render().to_string();
            return Failure::Usage(text.trim_start_matches("error: ").trim_end().to_owned())
                .report(true);
        }
        Err(error) => error.exit(),
    };
    colours::choose(cli.color);
    match cli.command.run(cli.json, Cli::command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(cli.json),
    }
}
