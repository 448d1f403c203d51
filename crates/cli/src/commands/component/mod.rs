//! `wattle component`: the commands for components alone.

mod bundle;
mod embed;
mod link;
mod manifest;
mod new;
mod plug;
mod semver_check;
mod targets;
mod unbundle;
mod wit;

use clap::{Args, Subcommand};

use super::later::Later;
use crate::failure::Failure;

pub(super) use wit::Wit;

/// Makes components, takes them apart, and shows their interfaces.
#[derive(Args)]
pub(crate) struct Component {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a component from a core module.
    New(Later<new::New>),
    /// Make a component from shared libraries.
    Link(Later<link::Link>),
    /// Record in a core module which world it is for.
    Embed(Later<embed::Embed>),
    /// Write the modules and components in a component to files.
    Unbundle(Later<unbundle::Unbundle>),
    /// Put a component together from the files that `unbundle` wrote.
    Bundle(Later<bundle::Bundle>),
    /// Satisfy imports of a component with exports of others.
    Plug(Later<plug::Plug>),
    /// Check interfaces, and translate them between WIT and binary.
    Wit(Later<Wit>),
    /// Check that a component conforms to a world.
    Targets(Later<targets::Targets>),
    /// Check that a new version of a world accepts the components of the previous one.
    SemverCheck(Later<semver_check::SemverCheck>),
}

impl Component {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match &self.command {
            Command::New(command) => command.run(),
            Command::Link(command) => command.run(),
            Command::Embed(command) => command.run(),
            Command::Unbundle(command) => command.run(json),
            Command::Bundle(command) => command.run(),
            Command::Plug(command) => command.run(json),
            Command::Wit(command) => command.run(json),
            Command::Targets(command) => command.run(),
            Command::SemverCheck(command) => command.run(),
        }
    }
}
