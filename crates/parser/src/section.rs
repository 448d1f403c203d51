//! The current section of a parser: the number of its remaining bytes, and its next entry.

use wattle_ast::{Body, Entries, Item, Malformed, Section as Header, SectionId};

use crate::frame::{Frame, Input, LOOK_AHEAD, NoItem, section_size};

/// The size of the section that is being read, and the number of its remaining bytes.
#[derive(Clone, Debug)]
pub(crate) struct Extent {
    /// The size of the section in bytes, as its header states it.
    pub(crate) size: u32,
    /// The offset of the size in the input.
    pub(crate) size_at: usize,
    /// The number of remaining bytes.
    pub(crate) left: usize,
}

impl Extent {
    /// The extent of a section whose header is the first `len` bytes of the input.
    pub(crate) fn new(size: u32, input: &Input<'_>, len: usize) -> Extent {
        let mut header = input.reader(1, len);
        let after_size = header.u32().map_or(len, |_| header.pos());
        Extent {
            size,
            size_at: input.offset.saturating_add(1),
            left: (size as usize).saturating_sub(len - after_size),
        }
    }

    /// The position after the current section, or, if there is none, after the section at the front
    /// of the input.
    pub(crate) fn end(open: Option<&Extent>, input: &Input<'_>) -> Option<usize> {
        match open {
            Some(extent) => Some(extent.left),
            None => Some(section_size(input).ok()?.1),
        }
    }

    /// Checks that no bytes remain after the last item. `surplus` is the error for remaining bytes.
    pub(crate) fn leave(&self, input: &Input<'_>, surplus: Malformed) -> Result<(), NoItem> {
        let wanted = self.left.min(LOOK_AHEAD);
        match self.left {
            0 => Ok(()),
            _ if input.data.len() >= wanted => Err(NoItem::Malformed(surplus, 0)),
            _ if input.eof => Err(NoItem::Truncated),
            _ => Err(NoItem::More(wanted)),
        }
    }

    /// Moves past bytes of the section.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.left = self.left.saturating_sub(len);
    }
}

/// The section that is being read.
#[derive(Clone, Debug)]
pub(crate) struct Section<E = Entries> {
    pub(crate) extent: Extent,
    pub(crate) entries: E,
}

impl Section {
    /// The section whose header is the first `len` bytes of the input.
    pub(crate) fn enter(header: Header, input: &Input<'_>, len: usize) -> Section {
        Section {
            extent: Extent::new(header.size, input, len),
            entries: Entries::new(header.id, header.count),
        }
    }

    pub(crate) fn id(&self) -> SectionId {
        self.entries.section()
    }

    /// The frame of the remaining bytes.
    pub(crate) fn frame(&self) -> Frame {
        Frame::of_module(0, self.extent.left, Malformed::SectionSize)
    }

    /// Skips the next entry if it is a body, whose size is known, or else the rest of the section.
    /// Returns the number of skipped bytes.
    pub(crate) fn skip_malformed(&mut self, input: &Input<'_>) -> usize {
        if self.id() == SectionId::Code && !self.entries.is_done() {
            let mut reader = input.reader(0, self.extent.left);
            if let Ok(size) = reader.u32()
                && let len = reader.pos().saturating_add(size as usize)
                && len <= self.extent.left
            {
                self.advance(&Item::Body(Body::default()), len);
                return len;
            }
        }
        core::mem::take(&mut self.extent.left)
    }

    /// Moves past an item of `len` bytes.
    #[inline]
    pub(crate) fn advance(&mut self, item: &Item<'_>, len: usize) {
        self.extent.advance(len);
        self.entries.advance(item);
    }
}
