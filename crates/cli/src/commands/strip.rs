//! `wattle strip`: remove custom sections.

use clap::Args;
use regex::Regex;
use wattle::ast::custom::{Dylink, LeftOut, PointsAt, RelocSection, TargetFeatures, WhyLeftOut};
use wattle::ast::{Name, Names, Reader, SectionId};
use wattle::parser::{SectionFrame, frames};

use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::output::Output;
use crate::source::Source;

/// Whether a linker, a loader or the reader of a backtrace still needs a custom section.
fn is_needed(name: &str) -> bool {
    [Names::NAME, Dylink::NAME, TargetFeatures::NAME].contains(&name)
        || name.starts_with("component-type")
}

/// Removes custom sections. Every other byte stays as it is.
///
/// Custom sections that would point at the wrong places once others are gone (`reloc.*` and `linking`,
/// `sourceMappingURL`) are removed with them, with a warning.
///
/// Without options, removes all but `name`, `dylink.0`, `component-type*` and `target_features`.
#[derive(Args)]
pub(crate) struct Strip {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Remove every custom section.
    #[arg(short, long)]
    all: bool,

    /// Remove the custom sections whose name matches; may be given several times.
    #[arg(short, long, value_name = "REGEX", conflicts_with = "all")]
    delete: Vec<Regex>,

    /// Keep the custom sections whose name matches and remove the others; may be given several
    /// times.
    #[arg(short, long, value_name = "REGEX", conflicts_with_all = ["all", "delete"])]
    keep: Vec<Regex>,
}

impl Strip {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?.binary(self.input.features_to_show())?;
        let out = without_customs(&source, json, |name| match name {
            // A section without a name is removed only where all are.
            None => self.all,
            Some(name) => self.removes(name),
        })?;
        self.output.binary(&out)
    }

    fn removes(&self, name: &str) -> bool {
        let matches = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(name));
        match (self.all, self.delete.is_empty(), self.keep.is_empty()) {
            (true, _, _) => true,
            (false, false, _) => matches(&self.delete),
            (false, true, false) => !matches(&self.keep),
            (false, true, true) => !is_needed(name),
        }
    }
}

/// A binary without the custom sections that `removes` chooses by their names. A section whose name
/// cannot be read has none.
pub(super) fn without_customs(
    source: &Source,
    json: bool,
    removes: impl Fn(Option<&str>) -> bool,
) -> Result<Vec<u8>, Failure> {
    let removes_section = |frame: &SectionFrame<'_>| {
        let name = Reader::new(frame.content).byte_list();
        SectionId::from_code(frame.code) == Some(SectionId::Custom)
            && removes(name.ok().map(String::from_utf8_lossy).as_deref())
    };
    // The sizes of sections are enough: a module that is malformed inside of them is stripped too.
    let frames: Result<Vec<_>, _> = frames(&source.bytes).collect();
    let frames = frames.map_err(|error| source.malformed_binary(error))?;
    let removed: Vec<bool> = frames.iter().map(removes_section).collect();
    let wrong = wrong_without(&frames, &removed);
    warn(&source.left_out(&wrong, None), json);
    let mut out = Vec::with_capacity(source.bytes.len());
    let header = frames.first().map_or(source.bytes.len(), |frame| frame.offset);
    out.extend_from_slice(&source.bytes[..header]);
    for (place, (frame, is_removed)) in frames.iter().zip(removed).enumerate() {
        if !is_removed && wrong.binary_search_by_key(&place, |it| it.place).is_err() {
            out.extend_from_slice(frame.bytes);
        }
    }
    Ok(out)
}

/// The name and the content of a custom section.
fn custom<'a>(frame: &SectionFrame<'a>) -> Option<(&'a str, &'a [u8])> {
    if SectionId::from_code(frame.code) != Some(SectionId::Custom) {
        return None;
    }
    let mut reader = Reader::new(frame.content);
    Some((reader.name().ok()?, reader.rest()))
}

/// The custom sections that stay, and would point at the wrong places once others are removed. Their
/// places are those among all sections, in order.
fn wrong_without(frames: &[SectionFrame<'_>], removed: &[bool]) -> Vec<LeftOut> {
    let first = removed.iter().position(|removed| *removed);
    let is_removed_up_to = |place: usize| first.is_some_and(|first| first <= place);
    let staying = || {
        let staying = frames.iter().zip(removed).enumerate().filter(|(_, (_, removed))| !**removed);
        staying.filter_map(|(place, (frame, _))| Some((place, custom(frame)?)))
    };
    // Sections are pointed at by their places among all sections.
    let sections_move = staying().any(|(_, (name, content))| {
        name.starts_with(RelocSection::PREFIX)
            && RelocSection::parse(content)
                .map_or(true, |relocs| is_removed_up_to(relocs.section as usize))
    });
    let code = frames.iter().position(|it| SectionId::from_code(it.code) == Some(SectionId::Code));
    let binary_moves = code.is_some_and(is_removed_up_to);
    let wrong = staying().filter_map(|(place, (name, _))| {
        let what = PointsAt::of(name)?;
        let moves = match what {
            PointsAt::Sections => sections_move,
            PointsAt::Binary => binary_moves,
            _ => false,
        };
        let name = Name::from(name).into_owned();
        moves.then_some(LeftOut { name, place, why: WhyLeftOut::Moves(what) })
    });
    wrong.collect()
}
