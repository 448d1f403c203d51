//! The chores of this repository, run as `cargo xtask NAME`.

mod corpus;
mod cycles;
mod fetch;
mod growth;
mod wasi;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of the Wattle repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Download the corpus of real binaries into `corpus/` at the repository's root
    Corpus(corpus::Options),
    /// Download the official test programs of WASI into `corpus/wasi-testsuite`
    Wasi(wasi::Options),
    /// Find functions that can call themselves
    Cycles,
    /// Measure how the time of each command grows with its input
    Growth(growth::Options),
}

fn main() -> ExitCode {
    let result = match Args::parse().chore {
        Chore::Corpus(options) => corpus::run(&options),
        Chore::Wasi(options) => wasi::run(&options),
        Chore::Cycles => cycles::run(),
        Chore::Growth(options) => growth::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn only_may_be_given_several_times() {
        let args = ["xtask", "corpus", "--only", "gofmt", "--only", "dart"];
        let Chore::Corpus(options) = Args::try_parse_from(args).unwrap().chore else {
            panic!("another chore");
        };
        assert_eq!(options.only, ["gofmt", "dart"]);
        assert!(!options.list);
    }
}
