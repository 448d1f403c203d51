//! Positions: half-open byte ranges, and the side table that ties the parts of a module that was
//! parsed from text to the text they came from.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::{ItemKind, Outer, Path};

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

/// Where in a text the items and instructions of a module stand, or those of the modules and
/// components of a component.
///
/// The text parser fills one on request; [`SourceMap::span`] turns the [`Path`] of an error into
/// a range of the text. Instructions are keyed by their byte offset within the *expression* that
/// holds them (for a function: counted from its first instruction, locals excluded).
///
/// ```
/// use wattle_ast::{ItemKind, Outer, Path, SourceMap, Span};
///
/// let mut map = SourceMap::default();
/// map.add_item(ItemKind::Func, 0, Span::new(8, 40));
/// let path = Path::item(ItemKind::Func, 0);
/// assert_eq!(map.span(&path), Some(Span::new(8, 40)));
///
/// // In a component, what is added between `enter` and `leave` is of the inner module.
/// map.enter(Outer::CoreModule(1));
/// map.add_item(ItemKind::Func, 0, Span::new(60, 90));
/// map.leave();
/// assert_eq!(map.span(&path.within(&[Outer::CoreModule(1)])), Some(Span::new(60, 90)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// The numbers of the scopes: of what a component holds, by the scope that it stands in.
    scopes: BTreeMap<(Scope, Outer), Scope>,
    /// The scopes that were entered and not left, the innermost last.
    open: Vec<Scope>,
    items: BTreeMap<(Scope, ItemKind, u32), Span>,
    instrs: BTreeMap<(Scope, ItemKind, u32, u32), Span>,
}

/// The number of a module or component; the outermost is 0.
type Scope = u32;

impl SourceMap {
    /// Goes into a module or component that the one at hand holds: what is added from now on is
    /// of it.
    pub fn enter(&mut self, outer: Outer) {
        let next = (self.scopes.len() as Scope).saturating_add(1);
        let scope = *self.scopes.entry((self.scope(), outer)).or_insert(next);
        self.open.push(scope);
    }

    /// Goes back to what holds the module or component at hand.
    pub fn leave(&mut self) {
        self.open.pop();
    }

    fn scope(&self) -> Scope {
        self.open.last().copied().unwrap_or(0)
    }

    /// Records the range of a whole item, for instance of `(func ...)`.
    pub fn add_item(&mut self, kind: ItemKind, index: u32, span: Span) {
        self.items.insert((self.scope(), kind, index), span);
    }

    /// Records the range of the instruction at byte `offset` of the expression of an item.
    pub fn add_instr(&mut self, kind: ItemKind, index: u32, offset: u32, span: Span) {
        self.instrs.insert((self.scope(), kind, index, offset), span);
    }

    /// The range of text that `path` names: the instruction when it names one that is known,
    /// else the item, else nothing.
    pub fn span(&self, path: &Path) -> Option<Span> {
        let enter = |scope, outer: &Outer| self.scopes.get(&(scope, *outer)).copied();
        let scope = path.outer.iter().try_fold(0, enter)?;
        let (kind, index) = path.item?;
        let instr = path.instr.and_then(|at| self.instrs.get(&(scope, kind, index, at.offset)));
        instr.or_else(|| self.items.get(&(scope, kind, index))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_inner_modules_are_apart() {
        let func = |outer: &[Outer]| Path::item(ItemKind::Func, 0).within(outer);
        let (component, module) = (Outer::Component(2), Outer::CoreModule(1));
        let mut map = SourceMap::default();
        map.enter(component);
        map.enter(module);
        map.add_item(ItemKind::Func, 0, Span::new(1, 2));
        map.leave();
        map.leave();
        map.enter(module);
        map.add_item(ItemKind::Func, 0, Span::new(3, 4));
        map.leave();
        assert_eq!(map.span(&func(&[component, module])), Some(Span::new(1, 2)));
        assert_eq!(map.span(&func(&[module])), Some(Span::new(3, 4)));
        for unknown in [&[][..], &[component], &[module, component], &[module, module]] {
            assert_eq!(map.span(&func(unknown)), None, "{unknown:?}");
        }
        // What was left can be entered again.
        map.enter(component);
        map.enter(module);
        assert_eq!(map.scope(), 2);
    }
}
