//! `wattle diff`: the differences between two modules or components.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use clap::builder::styling::{AnsiColor, Style};
use serde_json::{Value, json};
use wattle::ast::Shown;
use wattle::inspect::diff::{Change, Diff as Found, Item, LineSide, MatchedBy, Options, Side};

use crate::failure::{FAILED, Failure, WRONG_USAGE};
use crate::input::Reading;
use crate::names::NameStyle;
use crate::output::{Output, write_json};
use crate::source::Source;

/// Shows the differences between two modules or components: in sections, types, imports, exports,
/// functions and their instructions, and segments.
///
/// Items are compared by their meaning. A function that has another index is the same function, and
/// a call to it is the same call. Functions are matched by their names, then by equality, then by
/// similarity.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle diff math.wat uses-library.wat
  wattle diff --stat math.wat uses-library.wat
  wattle diff -U 0 math.wat math.wat

Exit codes: 0 when nothing differs, 1 when something does, 2 when a file cannot be compared.")]
pub(crate) struct Diff {
    /// The old file, text or binary; `-` is standard input.
    old: PathBuf,

    /// The new file.
    new: PathBuf,

    /// Show only the numbers of items that differ, and the sizes of sections.
    #[arg(long)]
    stat: bool,

    /// Show this many lines around those that differ.
    #[arg(short = 'U', long, value_name = "N", default_value = "3")]
    context: usize,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    names: NameStyle,

    #[command(flatten)]
    reading: Reading,
}

impl Diff {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self.compare(json) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Exit(FAILED)),
            Err(failure @ (Failure::ClosedPipe | Failure::Usage(_))) => Err(failure),
            Err(failure) => {
                failure.report(json);
                // As for `diff`, 1 means that the files differ, so a failure needs another exit
                // code.
                Err(Failure::Exit(WRONG_USAGE))
            }
        }
    }

    /// Shows the differences, and returns whether there are none.
    fn compare(&self, json: bool) -> Result<bool, Failure> {
        let features = self.reading.features_to_show();
        let read =
            |path: &PathBuf| Source::read_wasm(Some(path), self.reading.clone())?.binary(features);
        let (old, new) = (read(&self.old)?, read(&self.new)?);
        let found = match old.bytes == new.bytes {
            true => Found::default(),
            false => {
                let (old_wasm, new_wasm) = (old.wasm(features)?, new.wasm(features)?);
                let options = Options { context: self.context, hunks: !self.stat };
                Found::new(
                    Side { wasm: &old_wasm, bytes: &old.bytes },
                    Side { wasm: &new_wasm, bytes: &new.bytes },
                    options,
                )
            }
        };
        let style = Style::new();
        let paint = match self.output.is_coloured() {
            true => Paint {
                old: AnsiColor::Red.on_default(),
                new: AnsiColor::Green.on_default(),
                title: style.bold(),
                place: AnsiColor::Cyan.on_default(),
            },
            false => Paint { old: style, new: style, title: style, place: style },
        };
        let listing = Listing { old: &old, new: &new, found: &found, names: self.names, paint };
        self.output.write(|out| match json {
            true => write_json(out, &listing.json(self.stat)),
            false => listing.write(out, self.stat),
        })?;
        Ok(found.is_empty())
    }
}

/// The styles of the parts of a listing.
struct Paint {
    old: Style,
    new: Style,
    title: Style,
    place: Style,
}

/// The differences between two sources, and the style in which they are shown.
struct Listing<'l> {
    old: &'l Source,
    new: &'l Source,
    found: &'l Found,
    names: NameStyle,
    paint: Paint,
}

/// Returns the words for the way in which two items were matched, unless it was by name.
fn by(by: MatchedBy) -> Option<&'static str> {
    match by {
        MatchedBy::Name => None,
        MatchedBy::Equality => Some("equal"),
        MatchedBy::Similarity => Some("similar"),
        MatchedBy::Order => Some("by its place"),
    }
}

/// A number with its sign.
fn signed(old: usize, new: usize) -> String {
    match new.checked_sub(old) {
        Some(more) => format!("+{more}"),
        None => format!("-{}", old - new),
    }
}

impl Listing<'_> {
    fn write(&self, out: &mut dyn Write, stat: bool) -> io::Result<()> {
        if self.old.bytes == self.new.bytes {
            return Ok(());
        }
        let Paint { old, new, title, .. } = self.paint;
        let sizes = [self.old.bytes.len(), self.new.bytes.len()];
        writeln!(out, "{old}--- {}, {} bytes{old:#}", Shown(&self.old.name), sizes[0])?;
        let difference = signed(sizes[0], sizes[1]);
        let name = Shown(&self.new.name);
        writeln!(out, "{new}+++ {name}, {} bytes ({difference}){new:#}", sizes[1])?;
        if self.found.is_empty() {
            let what = "only the order of items, local names and how numbers are encoded differ";
            return writeln!(out, "{what}");
        }
        self.write_sections(out)?;
        if stat {
            return self.write_counts(out);
        }
        let mut unit = "";
        for change in &self.found.changes {
            if change.unit != unit {
                unit = &change.unit;
                writeln!(out, "\n{title}in {}{title:#}", Shown(unit))?;
            }
            self.write_change(out, change)?;
        }
        Ok(())
    }

    fn write_sections(&self, out: &mut dyn Write) -> io::Result<()> {
        let Paint { title, .. } = self.paint;
        let mut differ = self.found.sections.iter().filter(|it| it.old != it.new).peekable();
        if differ.peek().is_some() {
            writeln!(out, "{title}sections, in bytes{title:#}")?;
        }
        for section in differ {
            let name = Shown(&section.name);
            match (section.old, section.new) {
                (Some(old), Some(new)) => {
                    writeln!(out, "  {name}: {old} to {new} ({})", signed(old, new))?;
                }
                (Some(old), None) => writeln!(out, "  {name}: {old}, removed")?,
                (None, Some(new)) => writeln!(out, "  {name}: {new}, added")?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn write_counts(&self, out: &mut dyn Write) -> io::Result<()> {
        let Paint { title, .. } = self.paint;
        writeln!(out, "{title}items{title:#}")?;
        for (kind, counts) in &self.found.counts {
            let parts = [
                (counts.changed, "changed"),
                (counts.renamed, "renamed"),
                (counts.added, "added"),
                (counts.removed, "removed"),
                (counts.same, "the same"),
            ];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<_> = parts.map(|(count, what)| format!("{count} {what}")).collect();
            writeln!(out, "  {kind}: {}", parts.join(", "))?;
        }
        Ok(())
    }

    /// Returns an item in words, such as ``func 3 `$f` ``.
    fn item(&self, kind: &str, item: &Item) -> String {
        let name = item.name.as_deref().map(|name| Shown(self.names.of(name)).to_string());
        match (kind, name) {
            // The names of these items are in quotes, and tell more than an index.
            ("import" | "export" | "custom" | "core module", Some(name)) => {
                format!("{kind} {name}")
            }
            ("start" | "definitions" | "file", _) => kind.to_owned(),
            (_, Some(name)) => format!("{kind} {} `${name}`", item.index),
            (_, None) => format!("{kind} {}", item.index),
        }
    }

    /// Returns the size and the text of an item that only one of the files has.
    fn details(&self, item: &Item) -> String {
        let size = item.size.map(|size| format!("{size} bytes"));
        let text = (!item.text.is_empty()).then(|| Shown(&item.text).to_string());
        let parts: Vec<_> = size.into_iter().chain(text).collect();
        if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
    }

    fn write_change(&self, out: &mut dyn Write, change: &Change) -> io::Result<()> {
        let Paint { old: old_style, new: new_style, title, place } = self.paint;
        let kind = change.kind;
        let (old, new) = match (&change.old, &change.new) {
            (Some(old), Some(new)) => (old, new),
            (Some(old), None) => {
                let (item, details) = (self.item(kind, old), self.details(old));
                return writeln!(out, "{old_style}- {item}{details}{old_style:#}");
            }
            (None, Some(new)) => {
                let (item, details) = (self.item(kind, new), self.details(new));
                return writeln!(out, "{new_style}+ {item}{details}{new_style:#}");
            }
            (None, None) => return Ok(()),
        };
        let (item, other) = (self.item(kind, old), self.item(kind, new));
        let to = if item == other { String::new() } else { format!(", now {other}") };
        let mut notes: Vec<String> =
            change.by.and_then(by).map(str::to_owned).into_iter().collect();
        if let (Some(old), Some(new)) = (old.size, new.size) {
            notes.push(match old == new {
                true => format!("{old} bytes"),
                false => format!("{old} to {new} bytes"),
            });
        }
        let notes =
            if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        let mark = if change.is_changed { "~" } else { "=" };
        writeln!(out, "{title}{mark} {item}{to}{notes}{title:#}")?;
        if change.is_changed && old.text != new.text {
            writeln!(out, "{old_style}  - {}{old_style:#}", Shown(&old.text))?;
            writeln!(out, "{new_style}  + {}{new_style:#}", Shown(&new.text))?;
        }
        for hunk in &change.hunks {
            writeln!(out, "{place}  @@ {:#x}, {:#x}{place:#}", hunk.old, hunk.new)?;
            for line in &hunk.lines {
                let (sign, style) = match line.side {
                    LineSide::Both => (' ', Style::new()),
                    LineSide::Old => ('-', old_style),
                    LineSide::New => ('+', new_style),
                };
                let indent = 2 * line.depth.min(MAX_INDENT);
                let text = Shown(&line.text);
                writeln!(out, "{style}  {sign} {:indent$}{text}{style:#}", "")?;
            }
        }
        if !change.is_complete {
            writeln!(out, "  too large to compare line by line")?;
        }
        Ok(())
    }

    fn json(&self, stat: bool) -> Value {
        let found = self.found;
        let sections = found
            .sections
            .iter()
            .map(|section| json!({ "name": section.name, "old": section.old, "new": section.new }));
        let counts = found.counts.iter().map(|(kind, counts)| {
            let counts = json!({
                "added": counts.added,
                "removed": counts.removed,
                "changed": counts.changed,
                "renamed": counts.renamed,
                "same": counts.same,
            });
            ((*kind).to_owned(), counts)
        });
        let mut listing = json!({
            "same": found.is_empty(),
            "old": { "file": self.old.name, "size": self.old.bytes.len() },
            "new": { "file": self.new.name, "size": self.new.bytes.len() },
            "sections": sections.collect::<Vec<_>>(),
            "counts": counts.collect::<serde_json::Map<_, _>>(),
        });
        if !stat {
            listing["changes"] =
                found.changes.iter().map(|change| self.change_json(change)).collect();
        }
        listing
    }

    fn change_json(&self, change: &Change) -> Value {
        let item = |item: &Item| {
            json!({
                "index": item.index,
                "name": item.name.as_deref().map(|name| self.names.of(name)),
                "size": item.size,
                "text": item.text,
            })
        };
        let hunks = change.hunks.iter().map(|hunk| {
            let lines = hunk.lines.iter().map(|line| {
                let side = match line.side {
                    LineSide::Both => "both",
                    LineSide::Old => "old",
                    LineSide::New => "new",
                };
                json!({ "side": side, "depth": line.depth, "text": line.text })
            });
            json!({ "old": hunk.old, "new": hunk.new, "lines": lines.collect::<Vec<_>>() })
        });
        let matched = change.by.map(|by| match by {
            MatchedBy::Name => "name",
            MatchedBy::Equality => "equality",
            MatchedBy::Similarity => "similarity",
            MatchedBy::Order => "order",
        });
        json!({
            "unit": change.unit,
            "kind": change.kind,
            "old": change.old.as_ref().map(item),
            "new": change.new.as_ref().map(item),
            "matched_by": matched,
            "changed": change.is_changed,
            "complete": change.is_complete,
            "hunks": hunks.collect::<Vec<_>>(),
        })
    }
}

/// The maximum depth of indentation, so that deeply nested code is not wider than it is long.
const MAX_INDENT: usize = 40;
