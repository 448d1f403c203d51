//! The bytes of sections, gathered from events for the encoding of a tree.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Where the bytes of a tree come from.
#[derive(Clone, Copy)]
pub(crate) enum Keep<'a> {
    /// From the input, whose first byte is at this offset.
    Borrow(&'a [u8], usize),
    /// From the events, which go before the tree does.
    #[cfg_attr(not(feature = "std"), allow(dead_code))]
    Copy,
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
            if matches!(self.keep, Keep::Copy) {
                open.bytes.extend_from_slice(bytes);
            }
        }
    }

    /// Ends the section.
    pub(crate) fn end(&mut self) -> Option<(Id, Cow<'a, [u8]>)> {
        let Open { id, start, end, bytes } = self.open.take()?;
        Some((
            id,
            match self.keep {
                Keep::Copy => Cow::Owned(bytes),
                Keep::Borrow(input, base) => {
                    Cow::Borrowed(input.get(start - base..end - base).unwrap_or_default())
                }
            },
        ))
    }
}
