//! The bytes of sections, gathered from events for the encoding of a tree.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use wattle_ast::RawSection;

/// The source of the bytes of a tree: the input with the offset of its first byte, or `None` if the
/// bytes must be copied from the events, which the tree outlives.
#[derive(Clone, Copy)]
pub(crate) struct Keep<'a>(Option<(&'a [u8], usize)>);

impl<'a> Keep<'a> {
    /// Borrows the bytes from the input, whose first byte is at this offset.
    pub(crate) fn borrow(input: &'a [u8], offset: usize) -> Keep<'a> {
        Keep(Some((input, offset)))
    }
}

impl Keep<'static> {
    /// Copies the bytes from the events.
    #[cfg(feature = "std")]
    pub(crate) fn copy() -> Keep<'static> {
        Keep(None)
    }
}

/// The section that is being read, up to the last event.
pub(crate) struct Raw<'a, Id> {
    keep: Keep<'a>,
    open: Option<Open<Id>>,
}

struct Open<Id> {
    id: Id,
    /// The offset of the first byte of the section, and the offset after its last byte so far.
    start: usize,
    end: usize,
    /// The bytes, unless they are borrowed.
    bytes: Vec<u8>,
}

impl<'a, Id> Raw<'a, Id> {
    pub(crate) fn new(keep: Keep<'a>) -> Raw<'a, Id> {
        Raw { keep, open: None }
    }

    /// Begins a section. The bytes of the first event are still to be added.
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
