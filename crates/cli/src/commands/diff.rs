//! `wattle diff`: how two modules or components differ.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use wattle::ast::Shown;
use wattle::inspect::diff::{Diff, FuncDiff, FuncSide, Sign, UnitDiff, diff};

use crate::failure::{FAILED, Failure, WRONG_USAGE};
use crate::input::Reading;
use crate::output::{Output, write_json};
use crate::source::Source;

/// Shows how two modules or components differ.
///
/// Functions are matched by name, by export, and else by their instructions, so that a function which
/// only has another index does not differ. In instructions, functions, types and globals have the names
/// or indices of the old file.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle diff math.wat math.wat
  wattle diff --summary math.wat uses-library.wat

Exit codes: 0 when nothing differs, 1 when something does, 2 when a file cannot be read.")]
pub(crate) struct DiffOf {
    /// The old module or component, text or binary; `-` is standard input.
    old: PathBuf,

    /// The new one.
    new: PathBuf,

    /// Leave out the instructions of functions.
    #[arg(long)]
    summary: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    reading: Reading,
}

impl DiffOf {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self.compare(json) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Exit(FAILED)),
            Err(Failure::ClosedPipe) => Err(Failure::ClosedPipe),
            // As with other commands of this kind, 1 says that the files differ.
            Err(failure) => {
                failure.report(json);
                Err(Failure::Exit(WRONG_USAGE))
            }
        }
    }

    /// Shows the differences. Returns whether there are none.
    fn compare(&self, json: bool) -> Result<bool, Failure> {
        let features = self.reading.features_to_show();
        let read =
            |path: &PathBuf| Source::read_wasm(Some(path), self.reading.clone())?.binary(features);
        let (old_source, new_source) = (read(&self.old)?, read(&self.new)?);
        let (old, new) = (&old_source.bytes, &new_source.bytes);
        let mut found = diff(old, new, features);
        let is_equal = old == new || found.units.is_empty();
        if self.summary {
            let funcs = found.units.iter_mut().flat_map(|unit| &mut unit.funcs);
            funcs.for_each(|func| func.lines.clear());
        }
        let paint = Paint(self.output.is_coloured());
        self.output.write(|out| match json {
            true => write_json(out, &listing(&found)),
            false if is_equal => Ok(()),
            false => {
                let [old_size, new_size] = found.sizes;
                paint.line(out, Sign::Old, &format!("-- {}, {old_size} bytes", old_source.name))?;
                paint.line(out, Sign::New, &format!("++ {}, {new_size} bytes", new_source.name))?;
                found.units.iter().try_for_each(|unit| write_unit(out, paint, unit, self.summary))
            }
        })?;
        for source in [&old_source, &new_source] {
            source.all_shown(source.readable(features, true)?.errors)?;
        }
        Ok(is_equal)
    }
}

/// Writes lines that begin with a sign, coloured if that is wanted.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn line(self, out: &mut dyn Write, sign: Sign, text: &str) -> io::Result<()> {
        let (sign, style) = match sign {
            Sign::Both => (' ', Style::new()),
            Sign::Old => ('-', AnsiColor::Red.on_default()),
            Sign::New => ('+', AnsiColor::Green.on_default()),
            Sign::Gap => return writeln!(out, "  ..."),
        };
        match self.0 && sign != ' ' {
            true => writeln!(out, "{style}{sign}{text}{style:#}"),
            false => writeln!(out, "{sign}{text}"),
        }
    }
}

fn write_unit(
    out: &mut dyn Write,
    paint: Paint,
    unit: &UnitDiff,
    is_summary: bool,
) -> io::Result<()> {
    let what = if unit.path.is_empty() { String::new() } else { format!("{}: ", unit.path) };
    match unit.sizes {
        [Some(old), None] => return paint.line(out, Sign::Old, &format!(" {what}{old} bytes")),
        [None, Some(new)] => return paint.line(out, Sign::New, &format!(" {what}{new} bytes")),
        _ if unit.path.is_empty() => {}
        _ => writeln!(out, "\n{}", unit.path)?,
    }
    if !unit.sections.is_empty() {
        writeln!(out, "\nsections")?;
        for (section, [old, new]) in &unit.sections {
            let growth = *new as i128 - *old as i128;
            writeln!(out, "  {section:<26} {old:>10} -> {new:>10}  {growth:+}")?;
        }
    }
    for list in &unit.lists {
        writeln!(out, "\n{}", list.what)?;
        for line in &list.old {
            paint.line(out, Sign::Old, &format!(" {}", Shown(line)))?;
        }
        for line in &list.new {
            paint.line(out, Sign::New, &format!(" {}", Shown(line)))?;
        }
    }
    if unit.funcs.is_empty() {
        return Ok(());
    }
    let count = |is_it: fn(&FuncDiff) -> bool| unit.funcs.iter().filter(|func| is_it(func)).count();
    writeln!(
        out,
        "\nfunctions: {} equal, {} changed, {} removed, {} added",
        unit.equal_funcs,
        count(|func| func.sides.iter().all(Option::is_some)),
        count(|func| func.sides[1].is_none()),
        count(|func| func.sides[0].is_none()),
    )?;
    unit.funcs.iter().try_for_each(|func| write_func(out, paint, func, is_summary))
}

fn name_of(side: &FuncSide) -> String {
    let name = side.name.as_ref().map_or(String::new(), |name| format!(" {}", Shown(name)));
    format!("func {}{name}", side.index)
}

fn write_func(
    out: &mut dyn Write,
    paint: Paint,
    func: &FuncDiff,
    is_summary: bool,
) -> io::Result<()> {
    match &func.sides {
        [Some(old), Some(new)] => {
            let (old_name, new_name) = (name_of(old), name_of(new));
            let to = if old_name == new_name { String::new() } else { format!(" -> {new_name}") };
            writeln!(out, "  {old_name}{to}: {} -> {} bytes", old.size, new.size)?;
            if func.is_too_long && !is_summary {
                writeln!(out, "    they differ in too many instructions to show")?;
            }
            func.lines.iter().try_for_each(|line| {
                paint.line(out, line.sign, &format!("   {}", Shown(&line.text)))
            })
        }
        [Some(old), None] => {
            paint.line(out, Sign::Old, &format!(" {}: {} bytes", name_of(old), old.size))
        }
        [None, Some(new)] => {
            paint.line(out, Sign::New, &format!(" {}: {} bytes", name_of(new), new.size))
        }
        [None, None] => Ok(()),
    }
}

/// The differences as JSON.
#[derive(Serialize)]
struct Listing<'d> {
    old_size: usize,
    new_size: usize,
    units: Vec<Unit<'d>>,
}

#[derive(Serialize)]
struct Unit<'d> {
    #[serde(skip_serializing_if = "str::is_empty")]
    path: &'d str,
    old_size: Option<usize>,
    new_size: Option<usize>,
    sections: Vec<serde_json::Value>,
    lists: Vec<serde_json::Value>,
    equal_functions: usize,
    functions: Vec<serde_json::Value>,
}

fn listing(diff: &Diff) -> Listing<'_> {
    let units = diff.units.iter().map(|unit| {
        Unit {
        path: &unit.path,
        old_size: unit.sizes[0],
        new_size: unit.sizes[1],
        sections: unit
            .sections
            .iter()
            .map(|(name, [old, new])| {
                serde_json::json!({ "name": name, "old_size": old, "new_size": new })
            })
            .collect(),
        lists: unit
            .lists
            .iter()
            .map(|list| serde_json::json!({ "what": list.what, "old": list.old, "new": list.new }))
            .collect(),
        equal_functions: unit.equal_funcs,
        functions: unit.funcs.iter().map(func).collect(),
    }
    });
    let [old_size, new_size] = diff.sizes;
    Listing { old_size, new_size, units: units.collect() }
}

fn func(func: &FuncDiff) -> serde_json::Value {
    let side = |side: &Option<FuncSide>| {
        side.as_ref().map(
            |side| serde_json::json!({ "index": side.index, "name": side.name, "size": side.size }),
        )
    };
    let lines = func.lines.iter().map(|line| {
        let sign = match line.sign {
            Sign::Both => " ",
            Sign::Old => "-",
            Sign::New => "+",
            Sign::Gap => "...",
        };
        serde_json::json!({ "sign": sign, "text": line.text })
    });
    serde_json::json!({
        "old": side(&func.sides[0]),
        "new": side(&func.sides[1]),
        "lines": lines.collect::<Vec<_>>(),
        "is_too_long": func.is_too_long,
    })
}
