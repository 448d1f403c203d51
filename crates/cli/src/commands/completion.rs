//! `wattle completion`: completion scripts.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Cli;
use crate::report::Failure;

/// Prints a completion script.
#[derive(Args)]
pub(crate) struct Completion {
    /// The shell.
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "wattle", &mut script);
        std::io::Write::write_all(&mut std::io::stdout(), &script).map_err(Failure::stdout)
    }
}
