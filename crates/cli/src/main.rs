//! The `wattle` command: arguments in, exit code out.
//!
//! Each subcommand is a file in `commands/`. Below the commands are `input.rs` and `output.rs`
//! (arguments that several commands share), `transaction.rs` (files that are written together),
//! `source.rs` (an input as a module), `failure.rs` (why a
//! command ends early, and the exit codes), `fault.rs` and `excerpt.rs` (what is wrong with an input,
//! and how it is shown), `names.rs` (how names
//! are shown), `colours.rs`, `feature_list.rs`, and `signals.rs`
//! (Ctrl-C).
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
/// Every command takes a text or a binary, told apart by content, from a file or from standard
/// input.
#[derive(Parser)]
#[command(name = "wattle", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,

    /// Print JSON: errors one object a line on standard error, and listings.
    #[arg(long, global = true)]
    json: bool,

    /// Whether output is coloured; `auto` is on a terminal, unless NO_COLOR or CLICOLOR_FORCE is
    /// set.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = clap::ColorChoice::Auto)]
    color: clap::ColorChoice,
}

/// The value of an option among the words of the command line.
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
    // What decides how errors of usage look is known before the words are parsed.
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
