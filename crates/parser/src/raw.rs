//! The bytes of sections, gathered from events for the encoding of a tree.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use wattle_ast::RawSection;

/// Where the bytes of a tree come from: the input with the offset of its first byte, or, without one,
/// the events, which go before the tree does.
#[derive(Clone, Copy)]
pub(crate) struct Keep<'a>(Option<(&'a [u8], usize)>);

impl<'a> Keep<'a> {
    /// The bytes are borrowed from the input, whose first byte is at this offset.
    pub(crate) fn borrow(input: &'a [u8], offset: usize) -> Keep<'a> {
        Keep(Some((input, offset)))
    }
}

impl Keep<'static> {
    /// The bytes are copied from the events.
    #[cfg(feature = "std")]
    pub(crate) fn copy() -> Keep<'static> {
        Keep(None)
    }
}

/// The section that is being read, as far as its events have come.
pub(crate) struct Raw<'a, Id> {
    keep: Keep<'a>,
    open: Option<Open<Id>>,
}

struct Open<Id> {
    id: Id,
    /// The offset of its first byte, and that behind its last so far.
    start: usize,
    end: usize,
    /// The bytes, unless they are borrowed.
    bytes: Vec<u8>,
}

impl<'a, Id> Raw<'a, Id> {
    pub(crate) fn new(keep: Keep<'a>) -> Raw<'a, Id> {
        Raw { keep, open: None }
    }

    /// Begins a section. The event that it begins with is still to be added.
    pub(crate) fn begin(&mut self, id: Id, offset: usize) {
        self.open = Some(Open { id, start: offset, end: offset, bytes: Vec::new() });
    }

    /// Adds the bytes of an event to the section.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if let Some(open) = &mut self.open {
            open.end += bytes.len();
            if self.keep.0.is_none() {
                open.bytes.extend_from_slice(bytes);
            }
        }
    }

    /// Ends the section.
    pub(crate) fn end(&mut self) -> Option<RawSection<'a, Id>> {
        let Open { id, start, end, bytes } = self.open.take()?;
        let bytes = match self.keep.0 {
            None => Cow::Owned(bytes),
            Some((input, offset)) => {
                Cow::Borrowed(input.get(start - offset..end - offset).unwrap_or_default())
            }
        };
        Some(RawSection { id, bytes })
    }
}
