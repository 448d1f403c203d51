//! The argument for the output of a command. A file is part of a [`Transaction`], so that it is
//! always complete, and a signal leaves nothing behind.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use wattle::printer::Config;
use wattle::{Wasm, ast, encoder};

use crate::colours;
use crate::failure::Failure;
use crate::input::is_standard;
use crate::transaction::Transaction;

/// The output of a command: a file, or standard output.
#[derive(Args, Default)]
pub(crate) struct Output {
    /// The file to write; standard output by default, or with `-`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Output {
    /// Returns an output to a file.
    pub(crate) fn to(file: PathBuf) -> Output {
        Output { output: Some(file) }
    }

    /// Whether the arguments name an output.
    pub(crate) fn is_given(&self) -> bool {
        self.output.is_some()
    }

    /// Whether it is standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.file().is_none()
    }

    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| !is_standard(path))
    }

    /// Whether text that is written there is coloured.
    pub(crate) fn is_coloured(&self) -> bool {
        self.file().is_none() && colours::on_stdout()
    }

    /// Refuses to write a binary to a terminal.
    pub(crate) fn refuse_terminal(&self) -> Result<(), Failure> {
        if self.file().is_none() && io::stdout().is_terminal() {
            let why = "a binary is not for a terminal: name a file with -o, or use a pipe";
            return Err(Failure::Usage(why.to_owned()));
        }
        Ok(())
    }

    /// Writes a binary, but not to a terminal.
    pub(crate) fn binary(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.refuse_terminal()?;
        self.write(|out| out.write_all(bytes))
    }

    /// Writes a module or component, as a binary or as text.
    pub(crate) fn wasm(&self, wasm: &Wasm<'_>, is_text: bool) -> Result<(), Failure> {
        self.wasm_with(Transaction::default(), wasm, is_text)
    }

    /// Writes a module or component, and the files that belong to it.
    pub(crate) fn wasm_with(
        &self,
        files: Transaction,
        wasm: &Wasm<'_>,
        is_text: bool,
    ) -> Result<(), Failure> {
        let content = match is_text {
            true => Config::new().print_wasm(wasm).into_bytes(),
            false => {
                self.refuse_terminal()?;
                encoder::encode_wasm(wasm)
            }
        };
        self.write_with(files, |out| out.write_all(&content))
    }

    /// Writes the part of an input that could be read, and returns the errors of the rest. A file
    /// is only written if everything could be read.
    pub(crate) fn show(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<Vec<ast::Error>>,
    ) -> Result<Vec<ast::Error>, Failure> {
        let mut errors = Vec::new();
        let written = self.write(|out| {
            errors = fill(out)?;
            match self.file() {
                Some(_) if !errors.is_empty() => Err(io::ErrorKind::InvalidData.into()),
                _ => Ok(()),
            }
        });
        if errors.is_empty() { written.map(|()| errors) } else { Ok(errors) }
    }

    /// Hands a buffered writer to `fill`. If that fails, a file stays as it was.
    pub(crate) fn write(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        self.write_with(Transaction::default(), fill)
    }

    /// Hands a buffered writer to `fill`, and puts the other files of a command in their places. If either
    /// fails, none of the files appears.
    pub(crate) fn write_with(
        &self,
        mut files: Transaction,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let Some(path) = self.file() else {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            let written = fill(&mut out).and_then(|()| out.flush()).map_err(Failure::stdout);
            return match written {
                // Who closes a pipe has read as much as they wanted.
                Ok(()) | Err(Failure::ClosedPipe) => files.commit().and(written),
                Err(failure) => Err(failure),
            };
        };
        files.file(path, fill)?;
        files.commit()
    }
}

/// Writes a listing as JSON.
pub(crate) fn write_json(out: &mut dyn Write, listing: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(listing)?;
    writeln!(out, "{}", without_harm(text))
}

/// Returns a value that is made of strings and numbers as a line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    without_harm(serde_json::to_string(value).unwrap_or_else(|error| error.to_string()))
}

/// Returns JSON with escapes for characters that a terminal might act on: see
/// [`Shown`](ast::Shown).
fn without_harm(json: String) -> String {
    let harms = |c: char| c != '\n' && !ast::is_harmless(c);
    if !json.contains(harms) {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if harms(c) {
            // Such a character can only be part of a string.
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe += &format!("\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}
