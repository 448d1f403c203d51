//! `wattle fmt`: texts in one layout.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use similar::TextDiff;
use wattle::ast::LineIndex;
use wattle::wat::format::Config;
use wattle::wit::{Source, format as wit_format};

use crate::failure::{FAILED, Failure, cannot_read};
use crate::fault::Fault;
use crate::input::{is_standard, read_file, shown_name};
use crate::output::{Output, json_line};
use crate::source::wit::{faults, files_below, is_wat};

/// Formats modules, components, scripts (WAT, WAST) and interfaces (WIT) in place, and keeps their
/// comments.
///
/// A folder stands for the files that end in `.wat`, `.wast` or `.wit` in it and below it. Lines of WAT
/// stay as they were broken, unless they are too long, and instructions stay folded or flat. A form of
/// WAT that does not lex, and a file of WIT with errors, stay as they are; what is wrong is shown, and
/// the rest is formatted.
#[derive(Args)]
pub(crate) struct Fmt {
    /// The files and folders; `-` is standard input, which is formatted to standard output.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Write no file, but list those that formatting would change, and fail if there are any.
    #[arg(long)]
    check: bool,

    /// Write no file, but show what formatting would change, and fail if there is anything.
    #[arg(long)]
    diff: bool,

    /// The number of characters that a line of WAT may have; comments at ends of lines do not count.
    #[arg(long, value_name = "N", default_value_t = 100)]
    width: u16,
}

/// A file that formatting changes.
struct Change {
    name: String,
    old: String,
    new: String,
}

impl Fmt {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let (mut broken, mut changes) = (Vec::new(), Vec::new());
        for file in self.files()? {
            let name = shown_name(&file);
            let (old, new) = match self.formatted(&file, &name, &mut broken) {
                Ok(texts) => texts,
                Err(found) => {
                    broken.extend(found);
                    continue;
                }
            };
            if self.check || self.diff {
                if old != new {
                    changes.push(Change { name, old, new });
                }
            } else if is_standard(&file) {
                Output::default().write(|out| out.write_all(new.as_bytes()))?;
            } else if old != new {
                Output::to(file).write(|out| out.write_all(new.as_bytes()))?;
            }
        }
        Output::default()
            .write(|out| changes.iter().try_for_each(|it| self.show(it, json, out)))?;
        match (broken.is_empty(), changes.is_empty()) {
            (false, _) => Err(Failure::Faults(broken)),
            (true, false) => Err(Failure::Exit(FAILED)),
            (true, true) => Ok(()),
        }
    }

    /// Shows what formatting would change in a file.
    fn show(&self, change: &Change, json: bool, out: &mut dyn Write) -> io::Result<()> {
        let Change { name, old, new } = change;
        let diff = self.diff.then(|| {
            let diff = TextDiff::from_lines(old.as_str(), new.as_str());
            diff.unified_diff().header(name, &format!("{name} (formatted)")).to_string()
        });
        match (json, diff) {
            (true, Some(diff)) => {
                writeln!(out, "{}", json_line(&serde_json::json!({ "file": name, "diff": diff })))
            }
            (true, None) => writeln!(out, "{}", json_line(&serde_json::json!({ "file": name }))),
            (false, Some(diff)) => out.write_all(diff.as_bytes()),
            (false, None) => writeln!(out, "{name}"),
        }
    }

    /// The files that the arguments stand for.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.paths {
            if is_standard(path) || !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let found = files_below(path, &["wat", "wast", "wit"]);
            files.extend(
                found.map_err(|error| Failure::Input(cannot_read(shown_name(path), error)))?,
            );
        }
        Ok(files)
    }

    /// The text of a file as it is and as it should be, or what is wrong with it. Forms that stay as
    /// they are are added to `broken`.
    fn formatted(
        &self,
        file: &Path,
        name: &str,
        broken: &mut Vec<Fault>,
    ) -> Result<(String, String), Vec<Fault>> {
        let refused = |why: &str| vec![Fault::new(name, why.to_owned())];
        let bytes = read_file(file).map_err(|why| refused(&why))?;
        if wattle::is_binary(&bytes) {
            return Err(refused("text is expected, and this is a binary"));
        }
        let is_wat = is_wat(file, &bytes);
        let text = String::from_utf8(bytes).map_err(|_| refused("malformed UTF-8 encoding"))?;
        if !is_wat {
            return match wit_format::format(&text) {
                Ok(new) => Ok((text, new)),
                Err(errors) => {
                    let source = Source { name: file.to_string_lossy().into_owned(), text };
                    Err(faults(&[source], &errors))
                }
            };
        }
        let config = Config { width: self.width.into(), ..Config::default() };
        let formatted = config.format(&text);
        if !formatted.broken.is_empty() {
            let lines = LineIndex::new(&text);
            broken.extend(formatted.broken.iter().map(|form| {
                let fault = Fault::new(name, form.to_string()).in_text(&text, &lines, form.span);
                let help = "the form around it was left as it is";
                fault.malformed().help(Some(help.to_owned()))
            }));
        }
        Ok((text, formatted.text))
    }
}
