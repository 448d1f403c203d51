//! `wattle man`: pages of the manual.

use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::failure::Failure;
use crate::output::Output;

/// Prints a page of the manual, or writes all of them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle man > wattle.1
  wattle man parse > wattle-parse.1
  wattle man --dir man1")]
pub(crate) struct ManPages {
    /// The subcommand of the page; by default, the page is about `wattle` itself.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,

    /// Write a page for the command and one for each subcommand to this folder, which is created if
    /// it does not exist.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    dir: Option<PathBuf>,

    #[command(flatten)]
    output: Output,
}

impl ManPages {
    pub(crate) fn run(&self, mut cli: clap::Command) -> Result<(), Failure> {
        if let Some(folder) = &self.dir {
            let written = std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(cli.disable_help_subcommand(true), folder));
            return written.map_err(|error| {
                Failure::Input(format!("cannot write to {}: {error}", folder.display()))
            });
        }
        cli.build();
        let about = match &self.command {
            None => &cli,
            Some(name) => cli.find_subcommand(name).ok_or_else(|| {
                let names: Vec<_> = cli.get_subcommands().map(clap::Command::get_name).collect();
                Failure::Usage(format!(
                    "there is no command {name}; there are {}",
                    names.join(", ")
                ))
            })?,
        };
        let page = Man::new(about.clone());
        self.output.write(|out| page.render(out))
    }
}
