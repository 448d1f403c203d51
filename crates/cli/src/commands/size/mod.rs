//! `wattle size`: where the bytes of a module or component go.
//!
//! The analysis is `wattle::inspect`; here are the options, `listing.rs` with the rows that each of
//! them shows, and `page.rs` with the page that `--html` writes.

mod listing;
mod page;

use std::path::PathBuf;

use clap::Args;
use wattle::ast::Shown;
use wattle::inspect::size::{Sizes, compare};

use crate::failure::Failure;
use crate::input::{Input, Reading};
use crate::names::NameStyle;
use crate::output::{Output, write_json};
use crate::source::Source;
use listing::{Listing, Style};

/// Shows where the bytes of a module or component go.
///
/// Without an option, the sections and the largest items are shown. The size of an item is that of
/// its own bytes; the sizes of all items, headers and names add up to the size of the file.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle size math.wat
  wattle size --by-path prog.wasm -n 8
  wattle size --dominators prog.wasm -n 8
  wattle size --paths fib math.wat
  wattle size --diff math.wat uses-library.wat")]
pub(crate) struct Size {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    names: NameStyle,

    /// Show this many rows of each list; 0 shows all.
    #[arg(short = 'n', long, value_name = "N", default_value = "25")]
    rows: usize,

    #[command(flatten)]
    question: Question,
}

/// The question about the sizes that the command answers.
#[derive(Args)]
#[group(multiple = false)]
struct Question {
    /// Group functions by the paths in their names: crate or namespace, modules and types.
    #[arg(long)]
    by_path: bool,

    /// Show the bytes that would go away with each item: its own, and those of items that are
    /// reached only through it.
    #[arg(long)]
    dominators: bool,

    /// Show unused items: those that no export, start function or other root reaches.
    #[arg(long)]
    garbage: bool,

    /// Show the items that use an item, and the paths to them from exports and other roots. NAME is
    /// the name of the item or a part of it, or the index of a function.
    #[arg(long, value_name = "NAME")]
    paths: Option<String>,

    /// Show generic functions with several instances, and the bytes of all their instances but the
    /// largest.
    #[arg(long)]
    monos: bool,

    /// Show the changes of sizes from one file to another.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "file")]
    diff: Option<Vec<PathBuf>>,

    /// Write an HTML page with a map of the sizes, which needs no network.
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
}

impl Size {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if let Some([old, new]) = self.question.diff.as_deref() {
            return self.diff([old, new], json);
        }
        let features = self.input.features_to_show();
        // The content of debug information does not matter, only its size.
        let source = self.input.read_without_debug()?.binary(features)?;
        let sizes = Sizes::of(&source.bytes, features);
        if let Some(path) = &self.question.html {
            Output::to(path.clone()).write(|out| page::write(out, &source.name, &sizes))?;
            return source.all_shown(sizes.errors);
        }
        let style = Style { rows: self.rows, names: self.names };
        let question = &self.question;
        let listing = match &question.paths {
            Some(name) => {
                let found = sizes.find(name);
                if found.is_empty() {
                    let why = format!("nothing in {} has a name with {}", source.name, Shown(name));
                    return Err(Failure::Input(why));
                }
                Listing::paths(&sizes, style, &found)
            }
            None if question.by_path => Listing::by_path(&sizes, style),
            None if question.dominators => Listing::dominators(&sizes, style),
            None if question.garbage => Listing::garbage(&sizes, style),
            None if question.monos => Listing::generics(&sizes, style),
            None => Listing::items(&sizes, style),
        };
        self.write(&listing, json)?;
        source.all_shown(sizes.errors)
    }

    fn write(&self, listing: &Listing, json: bool) -> Result<(), Failure> {
        self.output.write(|out| match json {
            true => write_json(out, listing),
            false => listing.write(out),
        })
    }

    fn diff(&self, paths: [&PathBuf; 2], json: bool) -> Result<(), Failure> {
        let reading: &Reading = self.input.reading();
        let features = reading.features_to_show();
        let read = |path: &PathBuf| -> Result<Source, Failure> {
            Source::read_wasm(Some(path), reading.clone())?.binary(features)
        };
        let [old, new] = [read(paths[0])?, read(paths[1])?];
        let sides = [Sizes::of(&old.bytes, features), Sizes::of(&new.bytes, features)];
        let differences = compare(&sides[0], &sides[1]);
        let style = Style { rows: self.rows, names: self.names };
        self.write(&Listing::differences(&sides, &differences, style), json)?;
        let [old_sizes, new_sizes] = sides;
        old.all_shown(old_sizes.errors)?;
        new.all_shown(new_sizes.errors)
    }
}
