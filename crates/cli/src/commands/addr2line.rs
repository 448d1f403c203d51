//! `wattle addr2line`: the function and the source line of offsets in a file.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wattle::ast::Shown;
use wattle::inspect::places::{Place, Places, SourceLine};

use crate::failure::{Failure, note};
use crate::input::Reading;
use crate::lines::shown_line;
use crate::names::NameStyle;
use crate::output::{Output, write_json};
use crate::source::Source;

/// Shows the function and the source line of offsets in a file, by its debugging information (DWARF).
///
/// Where functions were inlined, the innermost comes first. Without debugging information, functions
/// and offsets in them are shown.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle addr2line prog.wasm 0x140 0x1c0
  wattle addr2line --code-section-relative prog.wasm 0x20")]
pub(crate) struct Addr2line {
    /// The module or component, text or binary; `-` is standard input.
    file: PathBuf,

    /// Offsets in the file, decimal or, with `0x`, hexadecimal.
    #[arg(value_name = "ADDR", required = true, value_parser = parse_offset)]
    addresses: Vec<usize>,

    /// Count from the start of the content of the code section, as DWARF does.
    #[arg(short, long)]
    code_section_relative: bool,

    #[command(flatten)]
    names: NameStyle,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    reading: Reading,
}

fn parse_offset(word: &str) -> Result<usize, String> {
    let parsed = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => usize::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| "an offset is a decimal number, or 0x and hexadecimal digits".to_owned())
}

/// An address in a listing.
#[derive(Serialize)]
struct Row {
    address: usize,
    /// The index of the function; absent where no function is.
    #[serde(skip_serializing_if = "Option::is_none")]
    func: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The offset in the code of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    /// The source lines, the innermost first.
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    func: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// All of it in words.
    #[serde(skip)]
    place: String,
}

impl Row {
    fn new(address: usize, place: Option<Place>, names: NameStyle) -> Row {
        let Some(Place { func, name, offset, lines, .. }) = place else {
            return Row { address, func: None, name: None, offset: None, lines: Vec::new() };
        };
        let shown = |name: String| names.of(&name).into_owned();
        let line = |it: SourceLine| Line {
            place: shown_line(&it),
            func: it.func.map(shown),
            file: it.file,
            line: it.line,
            column: it.column,
        };
        let lines = lines.into_iter().map(line).collect();
        Row { address, func: Some(func), name: name.map(shown), offset: Some(offset), lines }
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let address = format!("{:#x}:", self.address);
        let Some(func) = self.func else {
            return writeln!(out, "{address} no function is there");
        };
        let name = self.name.as_ref().map_or(String::new(), |name| format!(" `${}`", Shown(name)));
        let offset = self.offset.unwrap_or_default();
        writeln!(out, "{address} func {func}{name} + {offset:#x}")?;
        for (number, line) in self.lines.iter().enumerate() {
            let how = if number == 0 { "in" } else { "inlined into" };
            let func = Shown(line.func.as_deref().unwrap_or("a function"));
            writeln!(out, "  {how} {func} at {}", line.place)?;
        }
        Ok(())
    }
}

impl Addr2line {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let features = self.reading.features_to_show();
        let source = Source::read_wasm(Some(&self.file), self.reading.clone())?.binary(features)?;
        let places = Places::of(&source.bytes, features);
        let rows: Vec<_> = self
            .addresses
            .iter()
            .map(|&address| {
                let place = match self.code_section_relative {
                    true => places.at_address(address),
                    false => places.at(address),
                };
                Row::new(address, place, self.names)
            })
            .collect();
        self.output.write(|out| match json {
            true => write_json(out, &rows),
            false => rows.iter().try_for_each(|row| row.write(out)),
        })?;
        if !places.has_lines() {
            note(&format!("{} has no debugging information", source.name), json);
        }
        match rows.iter().all(|row| row.func.is_some()) {
            true => Ok(()),
            false => Err(Failure::Input("an offset is in no function".to_owned())),
        }
    }
}
