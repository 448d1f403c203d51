//! The section that a parser is in: how much of it is left, and its next entry.

use wattle_ast::{Body, Entries, Item, Malformed, Reader, Section as Header, SectionId};

use crate::frame::{Frame, Input, LOOK_AHEAD, NoItem};

/// The section that is being read.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Its size in bytes, as its header states it.
    pub(crate) size: u32,
    /// The offset of the size in the input.
    pub(crate) size_at: usize,
    /// The number of bytes that are left.
    pub(crate) left: usize,
    pub(crate) entries: Entries,
}

impl Section {
    /// The section whose header is the first `len` bytes of `data`, at `offset` in the input.
    pub(crate) fn enter(header: Header, data: &[u8], offset: usize, len: usize) -> Section {
        let mut size = Reader::new(data.get(..len).unwrap_or(data));
        size.seek(1);
        let after_size = size.u32().map_or(len, |_| size.pos());
        Section {
            size: header.size,
            size_at: offset.saturating_add(1),
            left: (header.size as usize).saturating_sub(len - after_size),
            entries: Entries::new(header.id, header.count),
        }
    }

    pub(crate) fn id(&self) -> SectionId {
        self.entries.section()
    }

    /// Checks that no byte is left after the last item.
    pub(crate) fn leave(&self, input: Input<'_>) -> Result<(), NoItem> {
        let wanted = self.left.min(LOOK_AHEAD);
        match self.left {
            0 => Ok(()),
            _ if input.data.len() >= wanted => Err(NoItem::Malformed(Malformed::SectionSize, 0)),
            _ if input.eof => Err(NoItem::Truncated),
            _ => Err(NoItem::More(wanted)),
        }
    }

    /// The bytes that are left.
    pub(crate) fn frame(&self) -> Frame {
        Frame { start: 0, end: self.left, overrun: Malformed::SectionSize }
    }

    /// Skips the next entry if it is a body, whose size is known, or else the rest of the section.
    /// Returns the number of bytes.
    pub(crate) fn skip_malformed(&mut self, input: Input<'_>) -> usize {
        if self.id() == SectionId::Code && !self.entries.is_done() {
            let mut reader = input.reader(0, self.left);
            if let Ok(size) = reader.u32()
                && let len = reader.pos().saturating_add(size as usize)
                && len <= self.left
            {
                self.advance(&Item::Body(Body::default()), len);
                return len;
            }
        }
        core::mem::take(&mut self.left)
    }

    /// Moves past an item of `len` bytes.
    #[inline]
    pub(crate) fn advance(&mut self, item: &Item<'_>, len: usize) {
        self.left = self.left.saturating_sub(len);
        self.entries.advance(item);
    }
}
