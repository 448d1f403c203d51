//! Positions: half-open byte ranges, and the side table that ties the parts of a module that was
//! parsed from text to the text they came from.

use alloc::collections::BTreeMap;

use crate::{ItemKind, Path};

/// A half-open range of byte offsets, in a binary or in a text.
///
/// ```
/// use wattle_ast::Span;
/// assert_eq!(Span::new(3, 7).len(), 4);
/// assert_eq!(Span::at(3).to_string(), "0x3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, but not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The empty range at `offset`.
    pub const fn at(offset: usize) -> Self {
        Span { start: offset, end: offset }
    }

    /// How many bytes the range covers.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether the range covers no byte.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The smallest range that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl core::fmt::Display for Span {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#x}", self.start)
    }
}

/// Where in a text the items and instructions of a module stand.
///
/// The text parser fills one on request; [`SourceMap::span`] turns the [`Path`] of an error into
/// a range of the text. Instructions are keyed by their byte offset within the *expression* that
/// holds them (for a function: counted from its first instruction, locals excluded).
///
/// ```
/// use wattle_ast::{ItemKind, Path, SourceMap, Span};
///
/// let mut map = SourceMap::default();
/// map.add_item(ItemKind::Func, 0, Span::new(8, 40));
/// let path = Path::item(ItemKind::Func, 0);
/// assert_eq!(map.span(&path), Some(Span::new(8, 40)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    items: BTreeMap<(ItemKind, u32), Span>,
    instrs: BTreeMap<(ItemKind, u32, u32), Span>,
}

impl SourceMap {
    /// Records the range of a whole item, for instance of `(func ...)`.
    pub fn add_item(&mut self, kind: ItemKind, index: u32, span: Span) {
        self.items.insert((kind, index), span);
    }

    /// Records the range of the instruction at byte `offset` of the expression of an item.
    pub fn add_instr(&mut self, kind: ItemKind, index: u32, offset: u32, span: Span) {
        self.instrs.insert((kind, index, offset), span);
    }

    /// The range of text that `path` names: the instruction when it names one that is known,
    /// else the item, else nothing.
    pub fn span(&self, path: &Path) -> Option<Span> {
        let (kind, index) = path.item?;
        let instr = path.instr.and_then(|at| self.instrs.get(&(kind, index, at.offset)));
        instr.or_else(|| self.items.get(&(kind, index))).copied()
    }
}
