//! Arguments that are described only if their subcommand is run. Describing the arguments of every
//! subcommand takes longer than most runs on small inputs.

use std::ops::Deref;

use clap::builder::Resettable;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// The arguments of a subcommand.
pub(crate) struct Later<T>(Box<T>);

impl<T> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            // The summary of a subcommand is the comment at its name. The comment at its arguments
            // begins with a summary too; the paragraphs after it are printed behind the options.
            let (about, long_about) =
                (command.get_about().cloned(), command.get_long_about().cloned());
            let command = T::augment_args(command);
            let comment = command.get_long_about().map(ToString::to_string);
            let details = comment.as_deref().and_then(|comment| comment.split_once("\n\n"));
            let examples = command.get_after_help().map(ToString::to_string);
            let behind: Vec<&str> = details
                .map(|(_, details)| details)
                .into_iter()
                .chain(examples.as_deref())
                .collect();
            command
                .after_help(behind.join("\n\n"))
                .about(about.map_or(Resettable::Reset, Resettable::Value))
                .long_about(long_about.map_or(Resettable::Reset, Resettable::Value))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(|arguments| Later(Box::new(arguments)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
