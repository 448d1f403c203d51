//! Rows of a dump: offset, bytes, meaning.

use std::io::{self, Write};

use serde::Serialize;
use wattle::ast;

use crate::output::json_line;

/// The number of bytes in a row.
const ROW: usize = 12;

/// A row as JSON.
#[derive(Serialize)]
struct Row<'a> {
    /// Where the bytes stand in the binary.
    offset: usize,
    /// The bytes as pairs of hexadecimal digits.
    bytes: String,
    /// How deep what they mean is nested.
    level: usize,
    meaning: &'a str,
}

/// The deepest level that is indented, so that deep nesting does not make the dump quadratic.
const MAX_LEVEL: usize = 40;

/// Writes rows.
pub(super) struct Rows<'o> {
    pub(super) out: &'o mut dyn Write,
    /// Whether a row is a line of JSON.
    pub(super) json: bool,
    /// Whether the section at hand is shown.
    pub(super) shown: bool,
    /// The level of the sections of the module or component at hand.
    pub(super) base: usize,
}

impl Rows<'_> {
    /// A row with the first bytes and their meaning, then rows with the other bytes.
    pub(super) fn row(
        &mut self,
        offset: usize,
        bytes: &[u8],
        level: usize,
        meaning: &str,
    ) -> io::Result<()> {
        if !self.shown {
            return Ok(());
        }
        let level = self.base + level;
        if self.json {
            let bytes = Hex(bytes, "").to_string();
            return writeln!(self.out, "{}", json_line(&Row { offset, bytes, level, meaning }));
        }
        let mut rows = bytes.chunks(ROW).enumerate();
        let (_, first) = rows.next().unwrap_or((0, &[]));
        writeln!(
            self.out,
            "{offset:8x} | {:width$} | {:indent$}{meaning}",
            Hex(first, " "),
            "",
            width = 3 * ROW - 1,
            indent = 2 * level.min(MAX_LEVEL)
        )?;
        for (number, row) in rows {
            writeln!(
                self.out,
                "{:8x} | {:width$} |",
                offset + number * ROW,
                Hex(row, " "),
                width = 3 * ROW - 1
            )?;
        }
        Ok(())
    }

    /// A row for bytes that are malformed.
    pub(super) fn malformed(
        &mut self,
        offset: usize,
        bytes: &[u8],
        level: usize,
        error: &ast::Error,
    ) -> io::Result<()> {
        self.row(offset, bytes, level, &format!("malformed: {}", error.reason()))
    }

    /// Rows for a custom section: its head, and its content, which means this.
    pub(super) fn custom(
        &mut self,
        offset: usize,
        bytes: &[u8],
        name: &str,
        meaning: &str,
    ) -> io::Result<()> {
        let (head, content) = bytes.split_at(custom_content(bytes));
        let name = ast::Quoted(name);
        self.row(offset, head, 0, &format!("custom section {name}, {} bytes", content.len()))?;
        match content.is_empty() {
            true => Ok(()),
            false => self.row(offset + head.len(), content, 1, meaning),
        }
    }
}

/// The number of bytes before the content of a custom section that was read: id, size and name.
fn custom_content(section: &[u8]) -> usize {
    let mut reader = ast::Reader::new(section);
    reader.seek(1);
    // These were read before.
    let _ = reader.u32().and_then(|_| reader.name());
    reader.pos()
}

/// Bytes as pairs of hexadecimal digits, with a separator.
struct Hex<'a>(&'a [u8], &'a str);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits: Vec<_> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        f.pad(&digits.join(self.1))
    }
}
