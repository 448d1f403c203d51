//! Positions: half-open byte ranges, their lines and columns in a text, and the map from the parts
//! of a module to the text that it was parsed from.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::{DefinitionRef, FuncIdx, ItemKind, LocalIdx, Outer, Path};

/// A half-open range of byte offsets, in a binary or in a text.
///
/// ```
/// use wattle_ast::Span;
/// assert_eq!(Span::new(3, 7).len(), 4);
/// assert_eq!(Span::at(3).to_string(), "0x3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset just past the last byte.
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

    /// The number of bytes in the range.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether the range is empty.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The smallest range that contains both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The line and the column of the first byte. `lines` must come from the text of this span.
    ///
    /// ```
    /// use wattle_ast::{LineIndex, Span};
    /// let lines = LineIndex::new("(module\n  (func))");
    /// assert_eq!(Span::new(10, 16).line_column(&lines).to_string(), "2:3");
    /// ```
    pub fn line_column(self, lines: &LineIndex) -> LineColumn {
        lines.line_column(self.start)
    }
}

impl core::fmt::Display for Span {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#x}", self.start)
    }
}

/// A place in a text, as shown to people. `Display` shows `line:column`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LineColumn {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
}

impl core::fmt::Display for LineColumn {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Finds the lines and columns of byte offsets. CR, LF and CRLF all end a line.
///
/// The index is built in one pass over the text, answers in logarithmic time, and takes a quarter
/// of the text's memory, or half of it for text that is not all ASCII. It does not borrow the text.
///
/// ```
/// use wattle_ast::{LineColumn, LineIndex, Span};
///
/// let text = "(func\r\n  ;; \u{e9}t\u{e9}\n)";
/// let lines = LineIndex::new(text);
/// assert_eq!(lines.line_column(0), LineColumn { line: 1, column: 1 });
/// assert_eq!(lines.line_column(text.len()), LineColumn { line: 3, column: 2 });
/// let (t, line) = (text.find('t').unwrap(), lines.line_span(2).unwrap());
/// assert_eq!(lines.line_column(t), LineColumn { line: 2, column: 7 });
/// assert_eq!(&text[line.start..line.end], "  ;; \u{e9}t\u{e9}\n");
/// ```
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// The offsets of the first bytes of all lines except for the first.
    starts: Offsets,
    /// The offsets of bytes that continue a character.
    continuations: Offsets,
    /// The length of the text.
    len: usize,
}

impl LineIndex {
    /// Makes the index of a text. Bytes that are not UTF-8 count as characters, unless they look
    /// like the continuation of a character.
    pub fn new(text: impl AsRef<[u8]>) -> LineIndex {
        let text = text.as_ref();
        let starts = Offsets::new(text.len() + 1, |at| match text[..at] {
            [.., b'\n'] => true,
            [.., b'\r'] => text.get(at) != Some(&b'\n'),
            _ => false,
        });
        let continuations = if text.is_ascii() {
            Offsets::default()
        } else {
            Offsets::new(text.len(), |at| text[at] & 0xc0 == 0x80)
        };
        LineIndex { starts, continuations, len: text.len() }
    }

    /// The line and the column of a byte offset. An offset within a character has the column of
    /// that character; an offset beyond the text counts as the end of the text.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = offset.min(self.len);
        let before = self.starts.count_below(offset + 1);
        let start = before.checked_sub(1).and_then(|nth| self.starts.nth(nth)).unwrap_or(0);
        let continuations =
            self.continuations.count_below(offset + 1) - self.continuations.count_below(start);
        LineColumn { line: before + 1, column: offset + 1 - start - continuations }
    }

    /// The bytes of a line, which is counted from 1. Its line break is included.
    pub fn line_span(&self, line: usize) -> Option<Span> {
        let start = match line.checked_sub(2) {
            Some(nth) => self.starts.nth(nth)?,
            None if line == 1 => 0,
            None => return None,
        };
        Some(Span::new(start, self.starts.nth(line - 1).unwrap_or(self.len)))
    }
}

/// A sorted set of offsets.
#[derive(Clone, Debug, Default)]
struct Offsets {
    /// 64 offsets per entry: a bit for each offset, set if the offset is a member, and the number
    /// of members in the entries before.
    words: Vec<(u64, usize)>,
    len: usize,
}

impl Offsets {
    /// The set of the offsets below `end` for which `contains` holds.
    fn new(end: usize, contains: impl Fn(usize) -> bool) -> Offsets {
        let mut set = Offsets::default();
        set.words = (0..end)
            .step_by(64)
            .map(|first| {
                let bits = (first..end.min(first + 64))
                    .fold(0, |bits, at| bits | u64::from(contains(at)) << (at - first));
                let before = set.len;
                set.len += bits.count_ones() as usize;
                (bits, before)
            })
            .collect();
        set
    }

    /// The number of members below an offset.
    fn count_below(&self, offset: usize) -> usize {
        match self.words.get(offset / 64) {
            Some((bits, before)) => {
                before + (bits & ((1 << (offset % 64)) - 1)).count_ones() as usize
            }
            None => self.len,
        }
    }

    /// The member that has exactly `n` members below it.
    fn nth(&self, n: usize) -> Option<usize> {
        if n >= self.len {
            return None;
        }
        let word = self.words.partition_point(|(_, before)| *before <= n) - 1;
        let (bits, before) = self.words[word];
        let rest = (before..n).fold(bits, |bits, _| bits & (bits - 1));
        Some(word * 64 + rest.trailing_zeros() as usize)
    }
}

/// The places in a text of the items, locals and instructions of a module, or of all modules and
/// components inside a component.
///
/// The text parser fills one on request; [`SourceMap::span`] turns the [`Path`] of an error into a
/// range of the text. Instructions are found by their byte offset in the *expression* that holds
/// them. In a function, offsets count from the first instruction, without locals.
///
/// ```
/// use wattle_ast::{ItemKind, Outer, Path, SourceMap, Span};
///
/// let mut map = SourceMap::default();
/// map.add_item(ItemKind::Func, 0, Span::new(8, 40));
/// let path = Path::item(ItemKind::Func, 0);
/// assert_eq!(map.span(&path), Some(Span::new(8, 40)));
///
/// // In a component, additions between `enter` and `leave` are to the inner module.
/// map.enter(Outer::CoreModule(1));
/// map.add_item(ItemKind::Func, 0, Span::new(60, 90));
/// map.leave();
/// assert_eq!(map.span(&path.within(&[Outer::CoreModule(1)])), Some(Span::new(60, 90)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// The number of each scope, by its enclosing scope and its place there.
    scopes: BTreeMap<(Scope, Outer), Scope>,
    /// The scopes that were entered but not left yet, the innermost last.
    open: Vec<Scope>,
    definitions: BTreeMap<(Scope, DefinitionRef), Span>,
    items: BTreeMap<(Scope, ItemKind, u32), Span>,
    instrs: BTreeMap<(Scope, ItemKind, u32, u32), Span>,
    locals: BTreeMap<(Scope, FuncIdx, LocalIdx), Span>,
}

/// The number of a module, a component or a type with definitions; the outermost is 0.
type Scope = u32;

impl SourceMap {
    /// Enters a scope inside the current one. Additions belong to it until it is left.
    pub fn enter(&mut self, outer: Outer) {
        let next = (self.scopes.len() as Scope).saturating_add(1);
        let scope = *self.scopes.entry((self.scope(), outer)).or_insert(next);
        self.open.push(scope);
    }

    /// Returns to the scope that encloses the current one.
    pub fn leave(&mut self) {
        self.open.pop();
    }

    fn scope(&self) -> Scope {
        self.open.last().copied().unwrap_or(0)
    }

    /// Records the range of a whole definition of a component, such as `(canon ...)`. If one form
    /// makes several definitions, each of them has the range of the form.
    pub fn add_definition(&mut self, definition: DefinitionRef, span: Span) {
        self.definitions.insert((self.scope(), definition), span);
    }

    /// Records the range of a whole item, such as `(func ...)`.
    pub fn add_item(&mut self, kind: ItemKind, index: u32, span: Span) {
        self.items.insert((self.scope(), kind, index), span);
    }

    /// Records the range of an instruction, which is at byte `offset` of the expression of an item.
    pub fn add_instr(&mut self, kind: ItemKind, index: u32, offset: u32, span: Span) {
        self.instrs.insert((self.scope(), kind, index, offset), span);
    }

    /// Records the range of a parameter or local: the form `(param $x i32)`, or the type if the form
    /// has several.
    pub fn add_local(&mut self, func: FuncIdx, local: LocalIdx, span: Span) {
        self.locals.insert((self.scope(), func, local), span);
    }

    fn scope_of(&self, path: &Path) -> Option<Scope> {
        let enter = |scope, outer: &Outer| self.scopes.get(&(scope, *outer)).copied();
        path.outer.iter().try_fold(0, enter)
    }

    /// The places in the module or in the outermost component.
    pub fn outermost(&self) -> ScopeMap<'_> {
        ScopeMap { map: self, scope: 0 }
    }

    /// Returns the range of text of a parameter or local of the function that `path` refers to;
    /// `None` for a parameter that only the type of the function states.
    ///
    /// ```
    /// use wattle_ast::{FuncIdx, ItemKind, LocalIdx, Path, SourceMap, Span};
    ///
    /// let mut map = SourceMap::default();
    /// map.add_local(FuncIdx(3), LocalIdx(0), Span::new(8, 22));
    /// let path = Path::item(ItemKind::Func, 3);
    /// assert_eq!(map.local_span(&path, LocalIdx(0)), Some(Span::new(8, 22)));
    /// assert_eq!(map.local_span(&path, LocalIdx(1)), None);
    /// ```
    pub fn local_span(&self, path: &Path, local: LocalIdx) -> Option<Span> {
        let scope = self.scope_of(path)?;
        match path.item {
            Some((ItemKind::Func, func)) => {
                self.locals.get(&(scope, FuncIdx(func), local)).copied()
            }
            _ => None,
        }
    }

    /// Returns the range of text that `path` refers to: the range of the instruction if it is
    /// known, or else the range of the item, or else `None`.
    pub fn span(&self, path: &Path) -> Option<Span> {
        let scope = self.scope_of(path)?;
        if let Some(definition) = path.definition {
            return self.definitions.get(&(scope, definition)).copied();
        }
        let (kind, index) = path.item?;
        let instr = path.instr.and_then(|at| self.instrs.get(&(scope, kind, index, at.offset)));
        instr.or_else(|| self.items.get(&(scope, kind, index))).copied()
    }
}

/// The places in one module or component of a [`SourceMap`], for code that goes through all of
/// them.
///
/// ```
/// use wattle_ast::{ItemKind, Outer, SourceMap, Span};
///
/// let mut map = SourceMap::default();
/// map.enter(Outer::CoreModule(1));
/// map.add_instr(ItemKind::Func, 0, 2, Span::new(60, 63));
/// map.leave();
/// let module = map.outermost().inner(Outer::CoreModule(1)).unwrap();
/// assert!(module.instrs(ItemKind::Func, 0).eq([(2, Span::new(60, 63))]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ScopeMap<'m> {
    map: &'m SourceMap,
    scope: Scope,
}

impl<'m> ScopeMap<'m> {
    /// The places in an inner module, component or type.
    pub fn inner(self, outer: Outer) -> Option<ScopeMap<'m>> {
        let scope = *self.map.scopes.get(&(self.scope, outer))?;
        Some(ScopeMap { scope, ..self })
    }

    /// The range of a whole item.
    pub fn item(self, kind: ItemKind, index: u32) -> Option<Span> {
        self.map.items.get(&(self.scope, kind, index)).copied()
    }

    /// The instructions of an item, in the order of their offsets: the offset of each in its
    /// expression, and its range.
    pub fn instrs(self, kind: ItemKind, index: u32) -> impl Iterator<Item = (u32, Span)> + 'm {
        let all = (self.scope, kind, index, 0)..=(self.scope, kind, index, u32::MAX);
        self.map.instrs.range(all).map(|(&(.., offset), &span)| (offset, span))
    }
}
