//! The labels of open blocks, by identifier.

use alloc::vec::Vec;

use wattle_ast::Name;

use crate::ids::IdMap;

/// The labels of open blocks.
#[derive(Default)]
pub(super) struct LabelStack<'a> {
    blocks: Vec<OpenBlock>,
    /// For each identifier, the depth of the innermost open block that has it, counted from 1; 0 if
    /// no open block has it.
    ids: IdMap<'a>,
    /// The number of blocks that have begun, which is the index of the next one.
    pub(super) begun: u32,
}

struct OpenBlock {
    index: u32,
    /// The position of the identifier in the map, and the depth that the map had for it before.
    id: Option<(u32, u32)>,
}

impl<'a> LabelStack<'a> {
    pub(super) fn reset(&mut self) {
        self.blocks.clear();
        self.ids.clear();
        self.begun = 0;
    }

    pub(super) fn push(&mut self, id: Option<Name<'a>>) {
        let depth = self.blocks.len() as u32 + 1;
        let id = id.map(|id| {
            let (at, _) = self.ids.entry(id, 0);
            (at as u32, core::mem::replace(self.ids.number(at), depth))
        });
        self.blocks.push(OpenBlock { index: self.begun, id });
        self.begun += 1;
    }

    /// Closes the innermost block, and returns its index.
    pub(super) fn pop(&mut self) -> u32 {
        let Some(block) = self.blocks.pop() else { return 0 };
        if let Some((at, outside)) = block.id {
            *self.ids.number(at as usize) = outside;
        }
        block.index
    }

    /// The label that an identifier refers to.
    pub(super) fn get(&self, id: &str) -> Option<u32> {
        let depth = self.ids.get(id).filter(|depth| *depth > 0)?;
        Some(self.blocks.len() as u32 - depth)
    }

    /// The identifiers of open blocks.
    pub(super) fn open_ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().filter(|id| self.get(id).is_some())
    }

    /// The index of the block that a label refers to.
    pub(super) fn index(&self, label: u32) -> u32 {
        self.blocks.iter().nth_back(label as usize).map_or(0, |block| block.index)
    }
}
