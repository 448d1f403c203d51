//! Rows of a dump: offset, bytes, meaning.

use std::io::{self, Write};

use serde::Serialize;
use wattle::ast;
use wattle::inspect::customs::Customs;

use crate::output::json_line;

/// The number of bytes in a row.
const ROW: usize = 12;

/// The deepest level that is indented, so that deep nesting does not make the dump quadratic.
const MAX_LEVEL: usize = 40;

/// A row as JSON.
#[derive(Serialize)]
struct Row<'a> {
    /// The offset of the bytes in the binary.
    offset: usize,
    /// The bytes as pairs of hexadecimal digits.
    bytes: &'a str,
    /// The level of nesting of the bytes.
    level: usize,
    meaning: &'a str,
}

/// A row without the bytes themselves.
#[derive(Serialize)]
pub(crate) struct Detail {
    /// The offset of the bytes in the binary.
    offset: usize,
    /// The number of bytes.
    size: usize,
    /// The level of nesting of the bytes.
    level: usize,
    meaning: String,
}

/// The form in which rows are written or collected.
pub(super) enum Form<'o> {
    /// Offset, bytes and meaning.
    Bytes(&'o mut dyn Write),
    /// A line of JSON for each row.
    Json(&'o mut dyn Write),
    /// Offset and meaning, without instructions and bytes that have no meaning of their own.
    Details(&'o mut dyn Write),
    /// A list of the rows that `Details` writes.
    List(&'o mut Vec<Detail>),
}

/// A writer of rows.
pub(super) struct Rows<'o> {
    form: Form<'o>,
    /// Whether the current section is shown.
    pub(super) shown: bool,
    /// The level of the sections of the current module or component.
    pub(super) base: usize,
    /// The rows that begin the enclosing modules and components, without those that were shown
    /// already.
    headings: Vec<Heading>,
    /// The row that is being written.
    line: String,
}

/// The row that begins an inner module or component.
struct Heading {
    offset: usize,
    bytes: Vec<u8>,
    level: usize,
    meaning: String,
}

impl<'o> Rows<'o> {
    /// Returns a writer of rows in a form. Nothing is shown before `shown` is set.
    pub(super) fn new(form: Form<'o>) -> Rows<'o> {
        Rows { form, shown: false, base: 0, headings: Vec::new(), line: String::new() }
    }

    /// Whether there are rows for instructions, and for bytes that have no meaning of their own.
    pub(super) fn has_code(&self) -> bool {
        matches!(self.form, Form::Bytes(_) | Form::Json(_))
    }

    /// Writes a row with the first bytes and their meaning, then rows with the other bytes.
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
        for Heading { offset, bytes, level, meaning } in std::mem::take(&mut self.headings) {
            self.write(offset, &bytes, level, &meaning)?;
        }
        self.write(offset, bytes, self.base + level, meaning)
    }

    /// Begins an inner module or component with a row. If nothing is shown at that place, the row
    /// is kept until the first row inside is shown.
    pub(super) fn enter(&mut self, offset: usize, bytes: &[u8], meaning: String) -> io::Result<()> {
        self.base += 1;
        if self.shown {
            return self.row(offset, bytes, 0, &meaning);
        }
        self.headings.push(Heading { offset, bytes: bytes.to_vec(), level: self.base, meaning });
        Ok(())
    }

    /// Ends an inner module or component.
    pub(super) fn leave(&mut self) {
        self.headings.pop_if(|heading| heading.level == self.base);
        self.base = self.base.saturating_sub(1);
    }

    fn write(
        &mut self,
        offset: usize,
        bytes: &[u8],
        level: usize,
        meaning: &str,
    ) -> io::Result<()> {
        self.line.clear();
        let out = match &mut self.form {
            Form::Bytes(out) => out,
            Form::Json(out) => {
                hex(&mut self.line, bytes, false);
                let row = Row { offset, bytes: &self.line, level, meaning };
                return writeln!(out, "{}", json_line(&row));
            }
            Form::Details(out) => {
                let indent = 2 * level.min(MAX_LEVEL);
                return writeln!(out, "{offset:8x} | {:indent$}{meaning}", "");
            }
            Form::List(list) => {
                let (size, meaning) = (bytes.len(), meaning.to_owned());
                list.push(Detail { offset, size, level, meaning });
                return Ok(());
            }
        };
        let (first, rest) = bytes.split_at(bytes.len().min(ROW));
        columns(&mut self.line, offset, first);
        self.line.push(' ');
        self.line.extend(std::iter::repeat_n(' ', 2 * level.min(MAX_LEVEL)));
        self.line.push_str(meaning);
        self.line.push('\n');
        for (number, row) in (1..).zip(rest.chunks(ROW)) {
            columns(&mut self.line, offset + number * ROW, row);
            self.line.push('\n');
            // A segment may have any number of bytes, so its rows are written in pieces.
            if self.line.len() > 1 << 16 {
                out.write_all(self.line.as_bytes())?;
                self.line.clear();
            }
        }
        out.write_all(self.line.as_bytes())
    }

    /// Writes a row for malformed bytes.
    pub(super) fn malformed(
        &mut self,
        offset: usize,
        bytes: &[u8],
        level: usize,
        error: &ast::Error,
    ) -> io::Result<()> {
        self.row(offset, bytes, level, &format!("malformed: {}", error.reason()))
    }

    /// Writes rows for the bytes of a data segment.
    pub(super) fn data(&mut self, offset: usize, bytes: &[u8], level: usize) -> io::Result<()> {
        if !self.shown || self.has_code() {
            return self.bytes(offset, bytes, level);
        }
        let mut text = String::new();
        for (number, row) in bytes.chunks(ROW).enumerate() {
            text.clear();
            hex(&mut text, row, true);
            text.extend(std::iter::repeat_n(' ', 3 * (ROW - row.len()) + 1));
            text.extend(row.iter().map(shown));
            self.row(offset + number * ROW, row, level, &text)?;
        }
        Ok(())
    }

    /// Writes rows for bytes that have no meaning of their own, with their characters.
    pub(super) fn bytes(&mut self, offset: usize, bytes: &[u8], level: usize) -> io::Result<()> {
        match self.form {
            Form::Bytes(_) => {}
            Form::Json(_) if !bytes.is_empty() => return self.row(offset, bytes, level, "bytes"),
            _ => return Ok(()),
        }
        let mut text = String::with_capacity(ROW);
        for (number, row) in bytes.chunks(ROW).enumerate() {
            text.clear();
            text.extend(row.iter().map(shown));
            self.row(offset + number * ROW, row, level, &text)?;
        }
        Ok(())
    }

    /// Writes rows for a custom section: its head, and the parts that `customs` finds in its
    /// content.
    pub(super) fn custom(
        &mut self,
        offset: usize,
        bytes: &[u8],
        name: &str,
        customs: &mut Customs<'_>,
    ) -> io::Result<()> {
        let (head, content) = bytes.split_at(custom_content(bytes));
        let shown = ast::Quoted(name);
        self.row(offset, head, 0, &format!("custom section {shown}, {} bytes", content.len()))?;
        if !self.shown {
            // Later sections may refer to the content of this one.
            customs.rows(name, content, &mut |_| ());
            return Ok(());
        }
        let mut result = Ok(());
        let start = offset + head.len();
        let is_known = customs.rows(name, content, &mut |row| {
            let bytes = content.get(row.offset..row.offset + row.len).unwrap_or_default();
            if result.is_ok() {
                result = self.row(start + row.offset, bytes, 1 + row.level, row.text);
            }
        });
        match is_known {
            true => result,
            false => self.bytes(start, content, 1),
        }
    }
}

/// Returns the character that stands for a byte.
fn shown(byte: &u8) -> char {
    if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }
}

/// Appends the columns with the offset and the bytes of a row.
fn columns(line: &mut String, offset: usize, bytes: &[u8]) {
    let digits = (offset.checked_ilog2().unwrap_or(0) / 4 + 1) as usize;
    line.extend(std::iter::repeat_n(' ', 8_usize.saturating_sub(digits)));
    for digit in (0..digits).rev() {
        line.push(hex_digit((offset >> (4 * digit)) as u8));
    }
    line.push_str(" | ");
    hex(line, bytes, true);
    line.extend(std::iter::repeat_n(' ', 3 * ROW.saturating_sub(bytes.len())));
    line.push('|');
}

/// Appends bytes as pairs of hexadecimal digits, each followed by a space with `with_spaces`.
fn hex(line: &mut String, bytes: &[u8], with_spaces: bool) {
    for &byte in bytes {
        line.push(hex_digit(byte >> 4));
        line.push(hex_digit(byte));
        if with_spaces {
            line.push(' ');
        }
    }
}

/// Returns the last four bits of a number as a digit.
fn hex_digit(number: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(number & 0xf)])
}

/// Returns the number of bytes before the content of a section that was read: its id and size.
pub(super) fn section_content(section: &[u8]) -> usize {
    let mut reader = ast::Reader::new(section);
    reader.seek(1);
    // The section was read before, so this does not fail.
    let _ = reader.u32();
    reader.pos()
}

/// Returns the number of bytes before the content of a custom section that was read: its id, size
/// and name.
pub(super) fn custom_content(section: &[u8]) -> usize {
    let mut reader = ast::Reader::new(section);
    reader.seek(section_content(section));
    // The section was read before, so this does not fail.
    let _ = reader.name();
    reader.pos()
}
