//! What a parser remembers between items: the open section, and how many items there were.

use core::ops::{Index, IndexMut};

use wattle_ast::{
    ExternType, Item, ItemKind, Malformed, Name, Reader, Section as Header, SectionId,
};

use crate::frame::{Frame, Input, LOOK_AHEAD, Stop};

/// How many items of each kind there were, imported ones included: the next index of each space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts([u32; ItemKind::Custom as usize + 1]);

impl Index<ItemKind> for Counts {
    type Output = u32;
    fn index(&self, kind: ItemKind) -> &u32 {
        &self.0[kind as usize]
    }
}

impl IndexMut<ItemKind> for Counts {
    fn index_mut(&mut self, kind: ItemKind) -> &mut u32 {
        &mut self.0[kind as usize]
    }
}

impl Counts {
    pub(crate) fn add(&mut self, kind: ItemKind) {
        self[kind] = self[kind].saturating_add(1);
    }
}

/// What the imports of a group share.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) module: Name<'static>,
    pub(crate) ty: Option<ExternType>,
}

/// The section that is being read.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) id: SectionId,
    /// What it claimed to take.
    pub(crate) size: u32,
    /// Offset of its size in the input.
    pub(crate) size_at: usize,
    /// How many of its bytes are left.
    pub(crate) left: usize,
    /// How many entries are left.
    pub(crate) entries: u32,
    /// How many items are left of the group that was entered last.
    pub(crate) members: u32,
    pub(crate) group: Option<Group>,
}

impl Section {
    /// The section whose header takes the first `len` bytes of `data`, at `offset` of the input.
    pub(crate) fn enter(header: Header, data: &[u8], offset: usize, len: usize) -> Section {
        let mut size = Reader::new(data.get(..len).unwrap_or(data));
        size.seek(1);
        let after_size = size.u32().map_or(len, |_| size.pos());
        Section {
            id: header.id,
            size: header.size,
            size_at: offset.saturating_add(1),
            left: (header.size as usize).saturating_sub(len - after_size),
            entries: header.count,
            members: 0,
            group: None,
        }
    }

    /// Checks that no byte is left when all items were read.
    pub(crate) fn leave(&self, input: Input<'_>) -> Result<(), Stop> {
        let wanted = self.left.min(LOOK_AHEAD);
        match self.left {
            0 => Ok(()),
            _ if input.data.len() >= wanted => Err(Stop::Malformed(Malformed::SectionSize, 0)),
            _ if input.eof => Err(Stop::Truncated),
            _ => Err(Stop::More(wanted)),
        }
    }

    /// Whether all items were read.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.entries == 0 && self.members == 0
    }

    /// The bytes that are left.
    pub(crate) fn frame(&self) -> Frame {
        Frame { start: 0, end: self.left, overrun: Malformed::SectionSize }
    }

    /// Takes note of an item that took `len` bytes.
    #[inline]
    pub(crate) fn advance(&mut self, item: &Item<'_>, len: usize) {
        self.left = self.left.saturating_sub(len);
        if self.members > 0 {
            self.members -= 1;
            return;
        }
        self.entries = self.entries.saturating_sub(1);
        match item {
            Item::RecGroup(group) => self.members = group.len,
            Item::ImportGroup(group) => {
                self.members = group.len;
                self.group =
                    Some(Group { module: group.module.clone().into_owned(), ty: group.ty });
            }
            _ => {}
        }
    }
}
