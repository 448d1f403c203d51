//! The entries of a section, item by item, with one reader and one writer.
//!
//! `binary.rs` has the encoding of each kind of entry, and `stream.rs` the content of each section
//! of a module. This file has everything that depends on earlier entries: the members of a group,
//! the number of entries that are left, and the index of the next item.

use alloc::vec::Vec;

use super::items::{Import, ImportGroup, Item};
use super::runs::Group;
use super::sections::SectionId;
use crate::{Body, Decode, Encode, Malformed, Reader, RecGroup, SubType, TypeIdx, leb128};

/// A position among the entries of a section, for reading and writing them.
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
    /// The number of entries that are left.
    left: u32,
    /// The number of members that are left in the last group.
    members: u32,
    /// The module name and the type that the imports of that group share.
    imports: Option<ImportGroup<'static>>,
    index: u32,
}

impl Entries {
    /// The start of a section with `count` entries.
    pub fn new(id: SectionId, count: u32) -> Entries {
        Entries { id, left: count, members: 0, imports: None, index: 0 }
    }

    /// Begins a section. `reader` is at the content of the section; the count is read, if the
    /// section has one.
    ///
    /// # Errors
    /// If the count is malformed.
    pub fn begin(id: SectionId, reader: &mut Reader<'_>) -> Result<Entries, Malformed> {
        Ok(Entries::new(id, if id.is_list() { reader.u32()? } else { 1 }))
    }

    /// The section.
    #[inline]
    pub fn section(&self) -> SectionId {
        self.id
    }

    /// The index of the next item among the items of the section. Headers of groups are not
    /// counted, so in the type section this is the type index.
    #[inline]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Whether no entries are left.
    #[inline]
    pub fn is_done(&self) -> bool {
        self.left == 0 && self.members == 0
    }

    /// The number of members that are left in the current group.
    #[inline]
    pub fn members(&self) -> u32 {
        self.members
    }

    /// Ends the current group, even if members are left: the next item is an entry of its own.
    pub fn end_group(&mut self) {
        self.members = 0;
    }

    /// Reads the next item and moves past it; `None` if none is left.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the item. The reader is left at the offending
    /// byte.
    pub fn next<'a>(&mut self, reader: &mut Reader<'a>) -> Result<Option<Item<'a>>, Malformed> {
        if self.is_done() {
            return Ok(None);
        }
        let item = self.read(reader)?;
        self.advance(&item);
        Ok(Some(item))
    }

    /// Reads the next item. The position does not change: [`advance`](Entries::advance) moves past
    /// an item.
    ///
    /// A body is read with its size; its instructions are not checked.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the item. The reader is left at the offending
    /// byte.
    #[inline]
    pub fn read<'a>(&self, reader: &mut Reader<'a>) -> Result<Item<'a>, Malformed> {
        let mut item = Item::Header;
        self.read_checked(reader, &mut item, |_, _| Ok(()))?;
        Ok(item)
    }

    /// Reads the next item like [`read`](Entries::read), to `to`. The old value of `to` must own
    /// nothing. For the header of a group, `check_len` checks the number of members, which was read
    /// last.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the item, or the error of `check_len`.
    #[inline(always)]
    pub fn read_checked<'a>(
        &self,
        reader: &mut Reader<'a>,
        to: &mut Item<'a>,
        check_len: impl FnOnce(&mut Reader<'a>, u32) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        // The old value owns nothing, so it need not be dropped.
        let mut put = |item| core::mem::forget(core::mem::replace(to, item));
        match self.id {
            SectionId::Type => {
                let group = match self.members {
                    0 => RecGroup::opt_decode(reader, TypeIdx(self.index))?,
                    _ => None,
                };
                match group {
                    Some(group) => {
                        check_len(reader, group.len)?;
                        put(Item::RecGroup(group))
                    }
                    None => put(Item::Type(reader.read::<SubType>()?.into())),
                }
            }
            SectionId::Import => match self.import_group() {
                Some(group) => put(Item::Import(Import::decode_in_group(reader, group)?)),
                None => match ImportGroup::opt_decode(reader, self.index)? {
                    Some(group) => {
                        check_len(reader, group.len)?;
                        put(Item::ImportGroup(group))
                    }
                    None => put(Item::Import(reader.read()?)),
                },
            },
            SectionId::Func => put(Item::Func(reader.read()?)),
            SectionId::Table => put(Item::Table(reader.read()?)),
            SectionId::Mem => put(Item::Mem(reader.read()?)),
            SectionId::Tag => put(Item::Tag(reader.read()?)),
            SectionId::Global => put(Item::Global(reader.read()?)),
            SectionId::Export => put(Item::Export(reader.read()?)),
            SectionId::Start => put(Item::Start(reader.read()?)),
            SectionId::Elem => put(Item::Elem(reader.read()?)),
            SectionId::DataCount => put(Item::DataCount(reader.u32()?)),
            SectionId::Code => put(Item::Body(reader.sized(Malformed::SectionSize, Body::decode)?)),
            SectionId::Data => put(Item::Data(reader.read()?)),
            SectionId::Custom => put(Item::Custom(reader.read()?)),
        }
        Ok(())
    }

    /// Whether an item can be the next member of the current group.
    pub fn is_member(&self, item: &Item<'_>) -> bool {
        match item {
            Item::Type(_) => self.id == SectionId::Type && self.members > 0,
            Item::Import(import) => self.import_group().is_some_and(|group| group.holds(import)),
            _ => false,
        }
    }

    /// Writes an item of the section. The position does not change.
    ///
    /// A member of a group of imports is written without the parts that the group states. An import
    /// that does not fit the group is written whole.
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

    /// Writes an item except for its largest part, and returns that part as the tree holds it: a
    /// body, the bytes of a data segment, or the list of an element segment. Together they decode
    /// to the item, like the output of [`write`](Entries::write), but the list can have a longer
    /// encoding in the tree.
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

    /// Moves past an item.
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

    /// The group of the next import, if it is a member of one.
    #[inline]
    fn import_group(&self) -> Option<&ImportGroup<'static>> {
        self.imports.as_ref().filter(|_| self.members > 0)
    }
}
