//! `wattle completion`: completion scripts.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use crate::failure::Failure;

/// Prints a completion script.
#[derive(Args)]
pub(crate) struct Completion {
    /// The shell.
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(&self, mut cli: clap::Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli, "wattle", &mut script);
        std::io::stdout().write_all(&script).map_err(Failure::stdout)
    }
}
