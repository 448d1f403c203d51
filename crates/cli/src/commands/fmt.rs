//! `wattle fmt`: files of interfaces in one layout.

use std::path::{Path, PathBuf};

use clap::Args;
use wattle::wit::{Source, format};

use crate::failure::{FAILED, Failure, cannot_read};
use crate::fault::Fault;
use crate::input::{is_standard, read_file, shown_name};
use crate::output::{Output, json_line};
use crate::source::wit::{faults, files_below, is_wat};

/// Formats files of interfaces (WIT) in place, and keeps their comments.
///
/// A file with errors stays as it is, and the others are formatted. A folder stands for the files that
/// end in `.wit` in it and below it.
#[derive(Args)]
pub(crate) struct Fmt {
    /// The files and folders; `-` is standard input, which is formatted to standard output.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Write no file, but list those that formatting would change, and fail if there are any.
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let (mut broken, mut differ) = (Vec::new(), Vec::new());
        for file in self.files()? {
            let name = shown_name(&file);
            let (old, new) = match formatted(&file, &name) {
                Ok(texts) => texts,
                Err(found) => {
                    broken.extend(found);
                    continue;
                }
            };
            if self.check {
                if old != new {
                    differ.push(name);
                }
            } else if is_standard(&file) {
                Output::default().write(|out| out.write_all(new.as_bytes()))?;
            } else if old != new {
                Output::to(file).write(|out| out.write_all(new.as_bytes()))?;
            }
        }
        Output::default().write(|out| {
            differ.iter().try_for_each(|file| match json {
                true => writeln!(out, "{}", json_line(&serde_json::json!({ "file": file }))),
                false => writeln!(out, "{file}"),
            })
        })?;
        match (broken.is_empty(), differ.is_empty()) {
            (false, _) => Err(Failure::Faults(broken)),
            (true, false) => Err(Failure::Exit(FAILED)),
            (true, true) => Ok(()),
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
            let found = files_below(path);
            files.extend(
                found.map_err(|error| Failure::Input(cannot_read(shown_name(path), error)))?,
            );
        }
        Ok(files)
    }
}

/// The text of a file as it is and as it should be, or what is wrong with it.
fn formatted(file: &Path, name: &str) -> Result<(String, String), Vec<Fault>> {
    let refused = |why: &str| vec![Fault::new(name, why.to_owned())];
    let bytes = read_file(file).map_err(|why| refused(&why))?;
    if wattle::is_binary(&bytes) {
        return Err(refused("interface text is expected, and this is a binary"));
    }
    if is_wat(file, &bytes) {
        return Err(refused("only interface text (WIT) is formatted, and not yet WAT or WAST"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("malformed UTF-8 encoding"))?;
    match format::format(&text) {
        Ok(new) => Ok((text, new)),
        Err(errors) => {
            let source = Source { name: file.to_string_lossy().into_owned(), text };
            Err(faults(&[source], &errors))
        }
    }
}
