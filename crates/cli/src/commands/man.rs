//! `wattle man`: pages of the manual.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::Man;

use crate::failure::Failure;
use crate::input::shown_name;
use crate::output::Output;
use crate::transaction::Transaction;

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
            return write_all(cli, folder);
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

/// Writes the pages of the command and of all its subcommands to a folder.
fn write_all(cli: clap::Command, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::Input(format!("cannot write to {}: {error}", shown_name(folder)))
    })?;
    let mut cli = cli.disable_help_subcommand(true);
    cli.build();
    let mut transaction = Transaction::default();
    let mut commands = vec![cli];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|it| !it.is_hide_set()).cloned());
        let page = Man::new(command);
        transaction.file(&folder.join(page.get_filename()), |out| page.render(out))?;
    }
    transaction.commit()
}
