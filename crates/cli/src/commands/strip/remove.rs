//! A binary without some of its custom sections.
//!
//! The contents of sections other than custom ones are not decoded, so a binary that is malformed
//! there can be stripped too. The parts that stay are listed first, so that the size of each module
//! and component is known before it is written. The length of the list depends on the number of
//! sections, but not on their depth.

use wattle::ast::components::Layer;
use wattle::ast::custom::{LeftOut, PointsAt, RelocSection, WhyLeftOut};
use wattle::ast::{self, Name, Reader, SectionId, components, leb128};
use wattle::parser::SectionFrame;
use wattle::parser::components::frames;

use crate::failure::{Failure, warn};
use crate::source::Source;

/// Returns a binary without the custom sections that `removes` chooses by their names. It gets
/// `None` for a section whose name cannot be read.
pub(in crate::commands) fn without_customs(
    source: &Source,
    json: bool,
    removes: impl Fn(Option<&str>) -> bool,
) -> Result<Vec<u8>, Failure> {
    let stripped = Stripped::new(&source.bytes, &removes);
    let mut stripped = stripped.map_err(|error| source.malformed_binary(error))?;
    while let Some(level) = stripped.open.last_mut() {
        match level.frames.next() {
            Some(frame) => stripped.frame(&frame, &removes),
            None => stripped.close(),
        }
    }
    warn(&source.left_out(&stripped.wrong, None), json);
    Ok(stripped.bytes(source.bytes.len()))
}

/// The parts of a binary that stay.
struct Stripped<'a> {
    pieces: Vec<Piece<'a>>,
    /// The modules and components that are open, the innermost last.
    open: Vec<Level<'a>>,
    /// Custom sections that are removed because they would point at the wrong places.
    wrong: Vec<LeftOut>,
}

enum Piece<'a> {
    Bytes(&'a [u8]),
    /// The head of a section with a module or component: its id and its size.
    Head {
        code: u8,
        size: usize,
    },
}

/// A module or component that is open.
struct Level<'a> {
    /// The sections that stay and have not been visited.
    frames: std::vec::IntoIter<SectionFrame<'a>>,
    /// The place of the head of its section among the pieces; `None` for the outermost.
    head: Option<usize>,
    /// The original head, and the original size.
    was: (&'a [u8], usize),
    /// The size so far.
    size: usize,
    is_component: bool,
}

impl<'a> Stripped<'a> {
    fn new(
        bytes: &'a [u8],
        removes: &dyn Fn(Option<&str>) -> bool,
    ) -> Result<Stripped<'a>, ast::Error> {
        let mut stripped = Stripped { pieces: Vec::new(), open: Vec::new(), wrong: Vec::new() };
        let all = frames(bytes).collect::<Result<Vec<_>, _>>()?;
        stripped.enter(bytes, all, None, removes);
        Ok(stripped)
    }

    /// Begins a module or component with these sections.
    fn enter(
        &mut self,
        bytes: &'a [u8],
        frames: Vec<SectionFrame<'a>>,
        head: Option<(usize, &'a [u8])>,
        removes: &dyn Fn(Option<&str>) -> bool,
    ) {
        let removed: Vec<bool> = frames.iter().map(|frame| is_removed(frame, removes)).collect();
        let wrong = wrong_without(&frames, &removed);
        let start = frames.iter().map(|frame| frame.bytes.len()).sum::<usize>();
        let (preamble, _) = bytes.split_at(bytes.len() - start);
        let staying =
            frames.into_iter().zip(removed).enumerate().filter(|(place, (_, removed))| {
                !removed && wrong.binary_search_by_key(place, |it| it.place).is_err()
            });
        let frames = staying.map(|(_, (frame, _))| frame).collect::<Vec<_>>().into_iter();
        self.wrong.extend(wrong);
        let was = (head.map_or(&[][..], |(_, head)| head), bytes.len());
        self.pieces.push(Piece::Bytes(preamble));
        let head = head.map(|(place, _)| place);
        let is_component = Layer::of(bytes) == Some(Layer::Component);
        self.open.push(Level { frames, head, was, size: preamble.len(), is_component });
    }

    /// Keeps a section, or begins the module or component in it.
    fn frame(&mut self, frame: &SectionFrame<'a>, removes: &dyn Fn(Option<&str>) -> bool) {
        let is_nested = components::SectionId::from_code(frame.code)
            .is_some_and(|id| id.holds() == components::Holds::Nested);
        let in_component = self.open.last().is_some_and(|level| level.is_component);
        if is_nested
            && in_component
            && let Ok(inner) = frames(frame.content).collect()
        {
            let (head, _) = frame.bytes.split_at(frame.bytes.len() - frame.content.len());
            self.pieces.push(Piece::Head { code: frame.code, size: 0 });
            let place = self.pieces.len() - 1;
            return self.enter(frame.content, inner, Some((place, head)), removes);
        }
        self.pieces.push(Piece::Bytes(frame.bytes));
        self.grow(frame.bytes.len());
    }

    /// Ends the innermost module or component.
    fn close(&mut self) {
        let Some(level) = self.open.pop() else { return };
        let Some(head) = level.head else { return };
        let (was_head, was_size) = level.was;
        let Some(piece) = self.pieces.get_mut(head) else { return };
        let head_len = match (level.size == was_size, &*piece) {
            // If the size is the same, its encoding stays, even if that is not the shortest.
            (true, _) => {
                *piece = Piece::Bytes(was_head);
                was_head.len()
            }
            (false, Piece::Head { code, .. }) => {
                *piece = Piece::Head { code: *code, size: level.size };
                1 + leb128::len_u32(level.size as u32)
            }
            (false, Piece::Bytes(_)) => 0,
        };
        self.grow(head_len + level.size);
    }

    fn grow(&mut self, len: usize) {
        if let Some(level) = self.open.last_mut() {
            level.size += len;
        }
    }

    /// Returns the binary, which has at most `most` bytes.
    fn bytes(&self, most: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(most);
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Head { code, size } => {
                    out.push(*code);
                    leb128::write_u32(&mut out, *size as u32);
                }
            }
        }
        out
    }
}

fn is_removed(frame: &SectionFrame<'_>, removes: &dyn Fn(Option<&str>) -> bool) -> bool {
    let name = Reader::new(frame.content).byte_list();
    SectionId::from_code(frame.code) == Some(SectionId::Custom)
        && removes(name.ok().map(String::from_utf8_lossy).as_deref())
}

/// Returns the name and the content of a custom section.
fn custom<'a>(frame: &SectionFrame<'a>) -> Option<(&'a str, &'a [u8])> {
    if SectionId::from_code(frame.code) != Some(SectionId::Custom) {
        return None;
    }
    let mut reader = Reader::new(frame.content);
    Some((reader.name().ok()?, reader.rest()))
}

/// Returns the custom sections that are not chosen, but would point at the wrong places once others
/// are removed. Their places are counted among all sections, and are in order.
fn wrong_without(frames: &[SectionFrame<'_>], removed: &[bool]) -> Vec<LeftOut> {
    let first = removed.iter().position(|removed| *removed);
    let is_removed_up_to = |place: usize| first.is_some_and(|first| first <= place);
    let staying = || {
        let staying = frames.iter().zip(removed).enumerate().filter(|(_, (_, removed))| !**removed);
        staying.filter_map(|(place, (frame, _))| Some((place, custom(frame)?)))
    };
    // Relocations point at sections by their places among all sections.
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
