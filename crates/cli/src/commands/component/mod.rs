//! `wattle component`: what is done with components alone.

mod bundle;
mod manifest;
mod plug;
mod unbundle;
mod wit;

use clap::{Args, Subcommand};

use crate::failure::Failure;

pub(super) use wit::Wit;

/// Takes components apart and puts them together.
#[derive(Args)]
pub(crate) struct Component {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the modules and components in a component to files.
    Unbundle(unbundle::Unbundle),
    /// Put a component together from the files that `unbundle` wrote.
    Bundle(bundle::Bundle),
    /// Satisfy imports of a component by exports of others.
    Plug(plug::Plug),
    /// Check interfaces, and translate them between WIT and binary.
    Wit(Wit),
}

impl Component {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match &self.command {
            Command::Unbundle(command) => command.run(json),
            Command::Bundle(command) => command.run(),
            Command::Plug(command) => command.run(json),
            Command::Wit(command) => command.run(json),
        }
    }
}
