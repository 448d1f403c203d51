//! `wattle fmt`: text of modules, components, scripts and interfaces in one layout.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use similar::TextDiff;
use wattle::ast::Shown;
use wattle::wat::format::Config;
use wattle::wit;

use crate::failure::{FAILED, Failure};
use crate::fault::Fault;
use crate::input::{files_below, is_standard, read_file, shown_name};
use crate::output::{Output, json_line};
use crate::source::Source;
use crate::source::wit::{faults, is_wat};

/// The time to search for the shortest difference, after which a longer one is shown.
const DIFF_TIME: Duration = Duration::from_secs(2);

/// Formats text in place: modules and components (WAT), test scripts (WAST), interfaces (WIT).
///
/// Comments stay, and so does the meaning: the binary is the same. In WAT and WAST, a field with
/// errors stays as it is, and the others are formatted; a file of WIT with errors stays as it is. A
/// folder stands for the files that end in `.wat`, `.wast` and `.wit` in it and below it.
#[derive(Args)]
pub(crate) struct Fmt {
    /// The files and folders; `-` is standard input, which is formatted to standard output.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// List the files that formatting would change, without changing them, and fail if there are
    /// any.
    #[arg(long)]
    check: bool,

    /// Show the changes that formatting would make, without making them, and fail if there are any.
    #[arg(long)]
    diff: bool,

    /// The maximum number of characters in a line.
    #[arg(long, value_name = "N", default_value_t = Config::WIDTH)]
    width: usize,
}

/// The line of JSON about a file that formatting would change.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// The text of a file before and after formatting.
struct Texts {
    old: String,
    new: String,
    /// The faults of the parts that stay as they are.
    faults: Vec<Fault>,
}

impl Fmt {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let (mut broken, mut differs) = (Vec::new(), false);
        for file in self.files()? {
            let name = shown_name(&file);
            let Texts { old, new, faults } = match self.formatted(&file, &name) {
                Ok(texts) => texts,
                Err(found) => {
                    broken.extend(found);
                    continue;
                }
            };
            broken.extend(faults);
            if self.check || self.diff {
                if old != new {
                    differs = true;
                    self.show(&name, &old, &new, json)?;
                }
            } else if is_standard(&file) {
                Output::default().write(|out| out.write_all(new.as_bytes()))?;
            } else if old != new {
                Output::to(file).write(|out| out.write_all(new.as_bytes()))?;
            }
        }
        match (broken.is_empty(), differs) {
            (false, _) => Err(Failure::Faults(broken)),
            (true, true) => Err(Failure::Exit(FAILED)),
            (true, false) => Ok(()),
        }
    }

    /// Returns the files that the arguments stand for.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.paths {
            if is_standard(path) || !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            files.extend(files_below(path, &["wat", "wast", "wit"])?);
        }
        Ok(files)
    }

    /// Formats a file, and returns its old and new text, or its faults.
    fn formatted(&self, file: &Path, name: &str) -> Result<Texts, Vec<Fault>> {
        let refused = |why: &str| vec![Fault::new(name, why.to_owned())];
        let bytes = read_file(file).map_err(|why| refused(&why))?;
        if wattle::is_binary(&bytes) {
            return Err(refused("text is expected, and this is a binary"));
        }
        let is_wat = is_wat(file, &bytes);
        let old = String::from_utf8(bytes).map_err(|_| refused("malformed UTF-8 encoding"))?;
        if is_wat {
            let formatted = Config::new().width(self.width).format(&old);
            let faults = Source::faults_in_text(name, &old, &formatted.errors);
            return Ok(Texts { old, new: formatted.text, faults });
        }
        match wit::format::format_to_width(&old, self.width) {
            Ok(new) => Ok(Texts { old, new, faults: Vec::new() }),
            Err(errors) => {
                let name = file.to_string_lossy().into_owned();
                Err(faults(&[wit::Source { name, text: old }], &errors))
            }
        }
    }

    /// Shows that formatting would change a file, and with `--diff` how.
    fn show(&self, name: &str, old: &str, new: &str, json: bool) -> Result<(), Failure> {
        let diff = self.diff.then(|| difference(name, old, new));
        Output::default().write(|out| match (diff, json) {
            (diff, true) => writeln!(out, "{}", json_line(&Row { file: name, diff })),
            (None, false) => writeln!(out, "{}", Shown(name)),
            (Some(diff), false) => write_diff(out, &diff),
        })
    }
}

/// Returns the lines that change, with three lines of context.
fn difference(name: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(old, new);
    let name = Shown(name).to_string();
    diff.unified_diff().header(&name, &format!("{name} (formatted)")).to_string()
}

/// Writes a difference: unchanged for programs, and with escapes for a terminal.
fn write_diff(out: &mut dyn Write, diff: &str) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return out.write_all(diff.as_bytes());
    }
    diff.lines().try_for_each(|line| {
        // Tabs are not harmful, and common at the beginning of lines.
        let mut parts = line.split('\t').map(Shown);
        let first = parts.next().unwrap_or(Shown(""));
        write!(out, "{first}")?;
        parts.try_for_each(|part| write!(out, "\t{part}"))?;
        writeln!(out)
    })
}
