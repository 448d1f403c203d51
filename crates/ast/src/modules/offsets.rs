//! The offsets of a module's items in the binary that it was read from.

use alloc::vec::Vec;

use super::binary::HEADER;
use super::entries::Entries;
use super::items::Item;
use super::module::{Module, RawSection};
use super::sections::SectionId;
use crate::Malformed;

impl Module<'_> {
    /// The offset in the binary of the first byte of each item of a section, in order. The first
    /// byte of a body is the one after its size.
    ///
    /// Offsets are computed from [`Module::encoding`] on request. The list is empty if the module
    /// did not come from a binary, or if the number of items in the section has changed since.
    ///
    /// ```
    /// use wattle_ast::{MemType, Module, RawSection, SectionId};
    ///
    /// let mut module = Module::default();
    /// let bytes = b"\x05\x05\x02\0\x01\0\x02"; // two memories
    /// module.encoding.sections = vec![RawSection { id: SectionId::Mem, bytes: bytes[..].into() }];
    /// module.memories = vec![MemType::default(); 2].into();
    /// assert_eq!(module.item_offsets(SectionId::Mem), [11, 13]);
    /// module.memories.pop();
    /// assert_eq!(module.item_offsets(SectionId::Mem), []);
    /// ```
    pub fn item_offsets(&self, id: SectionId) -> Vec<usize> {
        let mut start = HEADER.len();
        let mut offsets = Vec::new();
        for section in &self.encoding.sections {
            if section.id == id {
                // If the section is malformed, the offsets before the malformed bytes are still
                // right.
                let _ = read_offsets(section, start, &mut offsets);
            }
            start = start.saturating_add(section.bytes.len());
        }
        if offsets.len() == self.section_len(id) { offsets } else { Vec::new() }
    }
}

/// Appends the offset of each item of a section that begins at offset `start`.
fn read_offsets(
    section: &RawSection<'_>,
    start: usize,
    offsets: &mut Vec<usize>,
) -> Result<(), Malformed> {
    if section.id == SectionId::Custom {
        offsets.push(start);
        return Ok(());
    }
    let mut reader = section.content(start)?;
    let mut entries = Entries::begin(section.id, &mut reader)?;
    let mut at = reader.offset();
    while let Some(item) = entries.next(&mut reader)? {
        match &item {
            Item::RecGroup(_) | Item::ImportGroup(_) => {}
            Item::Body(body) => offsets.push(reader.offset() - body.bytes().len()),
            _ => offsets.push(at),
        }
        at = reader.offset();
    }
    Ok(())
}
