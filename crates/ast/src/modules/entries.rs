//! The entries of a section, one item at a time: the one reader and the one writer of them.
//!
//! What an entry of each kind looks like in bytes is in `binary.rs`; what a section holds in a
//! module is in `stream.rs`. What lives here is what depends on the entries before: which of them
//! are members of a group, how many are still to come, and the index of the next.

use alloc::vec::Vec;

use super::items::{Import, ImportGroup, Item};
use super::runs::Group;
use super::sections::SectionId;
use crate::{Body, Decode, Encode, Malformed, Reader, RecGroup, SubType, TypeIdx, leb128};

/// A place among the entries of a section, for whoever reads or writes them.
///
/// A group (`rec`, compact imports) is one entry and several items: its header, then its members.
///
/// ```
/// use wattle_ast::{Entries, Item, Reader, SectionId};
///
/// // Two entries: a recursive group of two types, and a type.
/// let mut reader = Reader::new(b"\x4e\x02\x60\0\0\x60\0\0\x60\0\0");
/// let mut entries = Entries::new(SectionId::Type, 2);
/// let mut types = 0;
/// while let Some(item) = entries.next(&mut reader)? {
///     types += u32::from(matches!(item, Item::Type(_)));
/// }
/// assert_eq!((types, entries.index()), (3, 3));
/// assert!(reader.is_empty());
/// # Ok::<(), wattle_ast::Malformed>(())
/// ```
#[derive(Clone, Debug)]
pub struct Entries {
    id: SectionId,
    /// How many entries are still to come.
    left: u32,
    /// How many members are still to come of the group that was entered last.
    members: u32,
    /// What the imports of that group share.
    imports: Option<ImportGroup<'static>>,
    index: u32,
}

impl Entries {
    /// The beginning of a section of `count` entries.
    pub fn new(id: SectionId, count: u32) -> Entries {
        Entries { id, left: count, members: 0, imports: None, index: 0 }
    }

    /// The beginning of a section, the content of which `reader` is at: takes off the count, when
    /// there is one.
    ///
    /// # Errors
    /// When the count is malformed.
    pub fn begin(id: SectionId, reader: &mut Reader<'_>) -> Result<Entries, Malformed> {
        Ok(Entries::new(id, if id.is_list() { reader.u32()? } else { 1 }))
    }

    /// The section.
    #[inline]
    pub fn section(&self) -> SectionId {
        self.id
    }

    /// The place, among the items of the section, of the item to come. Headers of groups do not
    /// count, so for types it is the type index.
    #[inline]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Whether all entries have come.
    #[inline]
    pub fn is_done(&self) -> bool {
        self.left == 0 && self.members == 0
    }

    /// How many members are still to come of the group at hand.
    #[inline]
    pub fn members(&self) -> u32 {
        self.members
    }

    /// Ends the group at hand, however many members it said it has: the next item is an entry.
    pub fn end_group(&mut self) {
        self.members = 0;
    }

    /// Reads the next item and goes past it; `None` when all have come.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the item. The reader is left at the offending byte.
    pub fn next<'a>(&mut self, reader: &mut Reader<'a>) -> Result<Option<Item<'a>>, Malformed> {
        if self.is_done() {
            return Ok(None);
        }
        let item = self.read(reader)?;
        self.advance(&item);
        Ok(Some(item))
    }

    /// Reads the next item. The place stays: [`advance`](Entries::advance) goes past an item.
    ///
    /// A body is read with its size; its instructions are not looked at.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the item. The reader is left at the offending byte.
    #[inline]
    pub fn read<'a>(&self, reader: &mut Reader<'a>) -> Result<Item<'a>, Malformed> {
        self.read_checked(reader, |_, _| Ok(()))
    }

    /// Reads the next item like [`read`](Entries::read). For the header of a group, `check_len`
    /// judges how many members it claims, which is what the reader read last.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the item, or that of `check_len`.
    #[inline(always)]
    pub fn read_checked<'a>(
        &self,
        reader: &mut Reader<'a>,
        check_len: impl FnOnce(&mut Reader<'a>, u32) -> Result<(), Malformed>,
    ) -> Result<Item<'a>, Malformed> {
        Ok(match self.id {
            SectionId::Type => {
                let group = match self.members {
                    0 => RecGroup::opt_decode(reader, TypeIdx(self.index))?,
                    _ => None,
                };
                match group {
                    Some(group) => {
                        check_len(reader, group.len)?;
                        Item::RecGroup(group)
                    }
                    None => Item::Type(reader.read::<SubType>()?.into()),
                }
            }
            SectionId::Import => match self.import_group() {
                Some(group) => Item::Import(Import::decode_in_group(reader, group)?),
                None => match ImportGroup::opt_decode(reader, self.index)? {
                    Some(group) => {
                        check_len(reader, group.len)?;
                        Item::ImportGroup(group)
                    }
                    None => Item::Import(reader.read()?),
                },
            },
            SectionId::Func => Item::Func(reader.read()?),
            SectionId::Table => Item::Table(reader.read()?),
            SectionId::Mem => Item::Mem(reader.read()?),
            SectionId::Tag => Item::Tag(reader.read()?),
            SectionId::Global => Item::Global(reader.read()?),
            SectionId::Export => Item::Export(reader.read()?),
            SectionId::Start => Item::Start(reader.read()?),
            SectionId::Elem => Item::Elem(reader.read()?),
            SectionId::DataCount => Item::DataCount(reader.u32()?),
            SectionId::Code => Item::Body(reader.sized(Malformed::SectionSize, Body::decode)?),
            SectionId::Data => Item::Data(reader.read()?),
            SectionId::Custom => Item::Custom(reader.read()?),
        })
    }

    /// Whether an item can be the next member of the group at hand.
    pub fn is_member(&self, item: &Item<'_>) -> bool {
        match item {
            Item::Type(_) => self.id == SectionId::Type && self.members > 0,
            Item::Import(import) => self.import_group().is_some_and(|group| group.holds(import)),
            _ => false,
        }
    }

    /// Writes an item of the section. The place stays.
    ///
    /// A member of a group of imports is written without what the group says; an import that
    /// cannot be a member is written whole.
    #[inline(always)]
    pub fn write(&self, item: &Item<'_>, out: &mut Vec<u8>) {
        if let Item::Import(import) = item
            && let Some(group) = self.import_group()
            && group.holds(import)
        {
            return import.encode_in_group(group, out);
        }
        item.encode(out);
    }

    /// Writes all of an item but the bytes that are the bulk of it, and hands those out as the
    /// tree keeps them: a body, the bytes of a data segment, the list of an element segment.
    /// Together they say the same as what [`write`](Entries::write) writes, though the list may
    /// stand in the tree in a longer form.
    #[inline(always)]
    pub fn write_head<'i>(&self, item: &'i Item<'_>, out: &mut Vec<u8>) -> &'i [u8] {
        match item {
            Item::Body(body) => {
                leb128::write_u32(out, body.bytes().len() as u32);
                body.bytes()
            }
            Item::Data(data) => {
                data.encode_head(out);
                &data.bytes
            }
            Item::Elem(elem) => {
                elem.encode_head(out);
                elem.items.bytes()
            }
            _ => {
                self.write(item, out);
                &[]
            }
        }
    }

    /// Goes past an item.
    #[inline]
    pub fn advance(&mut self, item: &Item<'_>) {
        match item {
            Item::RecGroup(group) => self.members = group.len,
            Item::ImportGroup(group) => {
                self.members = group.len;
                self.imports = Some(group.clone().into_owned());
            }
            _ => {
                self.index = self.index.saturating_add(1);
                if self.members > 0 {
                    self.members -= 1;
                    return;
                }
            }
        }
        self.left = self.left.saturating_sub(1);
    }

    /// The group that the next import is a member of.
    #[inline]
    fn import_group(&self) -> Option<&ImportGroup<'static>> {
        self.imports.as_ref().filter(|_| self.members > 0)
    }
}
