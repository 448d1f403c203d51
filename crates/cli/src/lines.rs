//! Source lines of the places in a binary, and DWARF for a text.

use std::fmt;

use clap::{Args, ValueEnum};
use serde::Serialize;
use wattle::ast::{LineColumn, LineIndex, Shown};
use wattle::inspect::dwarf::{self, DebugInfo, DwarfStyle, Frame, NoFrames, TextSource};
use wattle::{Features, Wasm};

use crate::failure::Failure;
use crate::names::NameStyle;
use crate::source::Source;

/// A line that an instruction was compiled from.
#[derive(Serialize)]
pub(crate) struct SourceLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// Whether the function of the line before was inlined into this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inlines: bool,
    #[serde(skip)]
    place: String,
}

impl SourceLine {
    /// Makes the line of a text that was run directly.
    pub(crate) fn in_text(file: &str, LineColumn { line, column }: LineColumn) -> SourceLine {
        let number = |number| u32::try_from(number).ok();
        SourceLine {
            function: None,
            file: Some(file.to_owned()),
            line: number(line),
            column: number(column),
            inlines: false,
            place: format!("{}:{line}:{column}", Shown(file)),
        }
    }

    /// Returns the lines of frames, the innermost first.
    fn of(frames: &[Frame], names: NameStyle) -> Vec<SourceLine> {
        let lines = frames.iter().enumerate().map(|(number, frame)| SourceLine {
            function: frame.function.as_deref().map(|name| names.of(name).into_owned()),
            file: frame.file.clone(),
            line: frame.line,
            column: frame.column,
            inlines: number > 0,
            place: frame.to_string(),
        });
        lines.collect()
    }
}

/// Writes a line such as `div at src/main.c:3:12`, or `inlined into main at src/main.c:8:3`.
impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let into = if self.inlines { "inlined into " } else { "" };
        f.write_str(into)?;
        match (&self.function, self.place.is_empty()) {
            (Some(name), true) => Shown(name).fmt(f),
            (Some(name), false) => write!(f, "{} at {}", Shown(name), self.place),
            (None, true) => f.write_str("a function without a name"),
            (None, false) => write!(f, "at {}", self.place),
        }
    }
}

/// Returns the source lines that the instruction at an offset of a file was compiled from, that of
/// the innermost function first.
pub(crate) fn lines_at(
    info: &DebugInfo<'_>,
    offset: usize,
    names: NameStyle,
) -> Result<Vec<SourceLine>, NoFrames> {
    Ok(SourceLine::of(&info.frames(offset)?, names))
}

/// The options for debugging information in a binary that is made from text.
#[derive(Args)]
pub(crate) struct GenerateDwarf {
    /// Add DWARF that maps the binary to the lines of the text: `lines` describes functions and
    /// lines, `full` also parameters and locals.
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "lines")]
    generate_dwarf: Option<HowMuch>,

    /// Short for --generate-dwarf=full.
    #[arg(short = 'g', conflicts_with = "generate_dwarf")]
    full: bool,
}

/// The amount of debugging information.
#[derive(Clone, Copy, ValueEnum)]
enum HowMuch {
    Lines,
    Full,
}

impl GenerateDwarf {
    /// Returns the style of the DWARF, if it is to be added.
    pub(crate) fn style(&self) -> Option<DwarfStyle> {
        match (self.full, self.generate_dwarf) {
            (true, _) | (_, Some(HowMuch::Full)) => Some(DwarfStyle::Full),
            (_, Some(HowMuch::Lines)) => Some(DwarfStyle::Lines),
            (false, None) => None,
        }
    }
}

/// Adds DWARF to a module or component that was read from a text. One from a binary stays as it is.
pub(crate) fn add_dwarf(
    source: &Source,
    wasm: &mut Wasm<'_>,
    features: Features,
    style: DwarfStyle,
) -> Result<(), Failure> {
    if source.is_binary() {
        return Ok(());
    }
    let (_, map) = source.wasm_and_map(features)?;
    let Some(map) = map else { return Ok(()) };
    let lines = LineIndex::new(source.text()?);
    let binary = wattle::encoder::encode_wasm(wasm);
    let text = TextSource { file: &source.name, lines: &lines, map: &map };
    dwarf::add(wasm, &binary, text, style).map_err(|error| Failure::Input(error.to_string()))
}
