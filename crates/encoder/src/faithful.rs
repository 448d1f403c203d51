//! Checks whether the bytes of a parsed section still match the module.
//!
//! Each item of the module is encoded in the shortest form. If the section continues with these
//! bytes, the item matches and nothing needs to be decoded. If not, the section's item is decoded
//! and compared.
//!
//! This is right even for items that do not decode, such as an expression without an end: if a
//! section consists of the encodings of its items, writing it anew gives the same bytes.

use alloc::vec::Vec;
use core::ptr;

use wattle_ast::{Entries, Item, Malformed, Module, RawSection, Reader, SectionId, VisitItems};

/// Whether the section holds exactly the items of the module for this section. An empty section
/// matches a module without such items.
pub(crate) fn holds(raw: &RawSection<'_>, module: &Module<'_>) -> bool {
    raw.id != SectionId::Custom && compare(raw, module) == Ok(true)
}

fn compare(raw: &RawSection<'_>, module: &Module<'_>) -> Result<bool, Malformed> {
    let mut reader = raw.content(0)?;
    let entries = Entries::begin(raw.id, &mut reader)?;
    module.visit_items(raw.id, Compare { reader, entries })
}

/// Compares the rest of a section with the items of the module, one by one.
struct Compare<'r> {
    reader: Reader<'r>,
    entries: Entries,
}

impl<'m> VisitItems<'m> for Compare<'_> {
    /// Whether the items match; an error if the bytes are malformed.
    type Output = Result<bool, Malformed>;

    fn visit(self, items: impl Iterator<Item = Item<'m>>) -> Self::Output {
        let Compare { mut reader, mut entries } = self;
        let mut head = Vec::new();
        for item in items {
            if entries.is_done() {
                return Ok(false);
            }
            let start = reader.pos();
            head.clear();
            let bulk = entries.write_head(&item, &mut head);
            if !(skip(&mut reader, &head) && skip(&mut reader, bulk)) {
                reader.seek(start);
                if entries.read(&mut reader)? != item {
                    return Ok(false);
                }
            }
            entries.advance(&item);
        }
        Ok(entries.is_done() && reader.is_empty())
    }
}

/// Skips these bytes if they are next, and returns whether they were.
fn skip(reader: &mut Reader<'_>, bytes: &[u8]) -> bool {
    let end = reader.pos() + bytes.len();
    let next = reader.bytes().get(reader.pos()..end);
    let is_next = next.is_some_and(|next| same_bytes(next, bytes));
    if is_next {
        reader.seek(end);
    }
    is_next
}

/// Whether two slices are equal. For slices at the same address, their bytes need not be compared.
pub(crate) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    ptr::eq(a, b) || a == b
}
