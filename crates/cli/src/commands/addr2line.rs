//! `wattle addr2line`: the source lines of addresses.

use std::io::{self, Read, Write};

use clap::Args;
use serde::Serialize;
use wattle::ast::Shown;
use wattle::inspect::dwarf::{DebugInfo, DwarfStyle};
use wattle::inspect::funcs;

use crate::failure::{Failure, cannot_read};
use crate::input::Input;
use crate::lines::{SourceLine, add_dwarf, lines_at};
use crate::names::NameStyle;
use crate::output::{Output, write_json};

/// Shows the source lines that instructions were compiled from, as the DWARF of a binary tells
/// them.
///
/// For each address, the innermost of the functions that were inlined there comes first. If there
/// is no DWARF about an address, its function and the offset in the function are shown. A text is
/// translated first, and its own lines are shown.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle addr2line prog.wasm 0x1b3 435
  wattle addr2line --code-section-relative prog.wasm 0x12
  wattle addr2line math.wat 0x4a")]
pub(crate) struct Addr2line {
    #[command(flatten)]
    input: Input,

    /// Offsets in the file, decimal, or hexadecimal after `0x` or `@`; read from standard input if
    /// none is given.
    #[arg(value_name = "ADDR")]
    addresses: Vec<String>,

    /// Count addresses from the first byte of the content of the code section, as DWARF does.
    #[arg(long, visible_alias = "code-section")]
    code_section_relative: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    names: NameStyle,
}

/// The function and the source lines of an address.
#[derive(Serialize)]
struct Row {
    address: String,
    /// The offset in the file.
    offset: usize,
    /// The index of the function, if the offset is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    func: Option<u32>,
    /// The name of the function in the name section.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The offset in the function's code; absent among its locals.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset_in_func: Option<usize>,
    lines: Vec<SourceLine>,
    /// The reason why `lines` is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Addr2line {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let features = self.input.features_to_show();
        let source = self.input.read()?;
        let addresses = self.addresses()?;
        let source = match source.is_binary() {
            true => source,
            false => {
                let mut wasm = source.wasm(features)?;
                add_dwarf(&source, &mut wasm, features, DwarfStyle::Lines)?;
                let bytes = wattle::encoder::encode_wasm(&wasm);
                drop(wasm);
                source.with_bytes(bytes)
            }
        };
        let info = DebugInfo::new(&source.bytes);
        let (places, _) = funcs::places(&source.bytes, features);
        let readable = source.readable(features, false)?;
        let modules: Vec<_> = readable.wasm.modules().collect();
        let row = |(address, number): &(String, usize)| {
            let offset = match self.code_section_relative {
                true => info
                    .offset_in_file(*number)
                    .map_err(|error| Failure::Input(format!("{}: {error}", source.name)))?,
                false => *number,
            };
            let place = funcs::at(&places, offset);
            let name = place.and_then(|place| {
                let names = &modules.get(place.module)?.names.funcs;
                Some(self.names.of(names.get(place.index.into())?).into_owned())
            });
            let (lines, reason) = match lines_at(&info, offset, self.names) {
                Ok(lines) if lines.is_empty() => (lines, Some("no DWARF about it".to_owned())),
                Ok(lines) => (lines, None),
                Err(why) => (Vec::new(), Some(why.to_string())),
            };
            Ok(Row {
                address: address.clone(),
                offset,
                func: place.map(|place| place.index),
                name,
                offset_in_func: place.and_then(|place| offset.checked_sub(place.code)),
                lines,
                reason,
            })
        };
        let rows = addresses.iter().map(row).collect::<Result<Vec<_>, Failure>>()?;
        self.output.write(|out| match json {
            true => write_json(out, &rows),
            false => rows.iter().try_for_each(|row| row.write(out)),
        })
    }

    /// Reads the addresses from the arguments or from standard input. Each comes with its word.
    fn addresses(&self) -> Result<Vec<(String, usize)>, Failure> {
        let read = |word: &str| {
            let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix('@'));
            let number = match digits {
                Some(digits) => usize::from_str_radix(digits, 16),
                None => word.parse(),
            };
            let why = || Failure::Usage(format!("{} is not an address", Shown(word)));
            Ok((word.to_owned(), number.map_err(|_| why())?))
        };
        if !self.addresses.is_empty() {
            return self.addresses.iter().map(|word| read(word)).collect();
        }
        if self.input.is_stdin() {
            let why = "name a file or addresses: standard input cannot be both";
            return Err(Failure::Usage(why.to_owned()));
        }
        let mut text = String::new();
        let read_all = io::stdin().lock().read_to_string(&mut text);
        read_all.map_err(|error| Failure::Input(cannot_read("<stdin>", error)))?;
        text.split_whitespace().map(read).collect()
    }
}

impl Row {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let address = Shown(&self.address);
        let mut lines = self.lines.iter();
        if let Some(first) = lines.next() {
            writeln!(out, "{address}: {first}")?;
            return lines.try_for_each(|line| writeln!(out, "    {line}"));
        }
        write!(out, "{address}: ")?;
        if let Some(func) = self.func {
            write!(out, "func {func}")?;
            if let Some(name) = &self.name {
                write!(out, " `${}`", Shown(name))?;
            }
            if let Some(offset) = self.offset_in_func {
                write!(out, " + {offset:#x}")?;
            }
            write!(out, "; ")?;
        }
        writeln!(out, "{}", self.reason.as_deref().unwrap_or_default())
    }
}
