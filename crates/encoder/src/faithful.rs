//! Whether a section, as it stood, still says what the module says.
//!
//! Nothing is kept but the answer. What an item is written as in the shortest form is looked for
//! first: where it stands, the section says that item, and nothing needs to be decoded. Where it
//! does not, the item is decoded and compared. Bodies and the bytes of data segments are compared
//! as slices.
//!
//! That is right even for items whose bytes make no sense, such as an expression without an end:
//! a section that consists of what its items are written as is what would be written anew.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ptr;

use wattle_ast::{
    Data, Decode, Elem, ElemItems, Encode, Func, Import, ImportGroup, List, Malformed, Module,
    RawSection, Reader, RecGroup, SectionId, TypeIdx,
};

/// The answer, unless the bytes are malformed.
type Verdict = Result<bool, Malformed>;

/// What follows the size of a section, when the size is right.
pub(crate) fn content<'r>(raw: &'r RawSection<'_>) -> Option<Reader<'r>> {
    let mut reader = Reader::new(&raw.bytes);
    let id = reader.byte().ok()?;
    let size = reader.u32().ok()?;
    let whole = id == raw.id.code() && size as usize == reader.remaining();
    whole.then(|| Reader::new(reader.rest()))
}

/// Whether the section holds exactly what the module has for it. An empty list is what a module
/// without such items has.
pub(crate) fn holds<'r>(raw: &'r RawSection<'_>, module: &'r Module<'_>) -> bool {
    let Some(mut reader) = content(raw) else { return false };
    compare(&mut reader, module, raw.id) == Ok(true) && reader.is_empty()
}

fn compare<'r>(reader: &mut Reader<'r>, module: &'r Module<'r>, id: SectionId) -> Verdict {
    let mut scratch = Vec::new();
    match id {
        SectionId::Custom => Ok(false),
        SectionId::Type => types(reader, module),
        SectionId::Import => imports(reader, module),
        SectionId::Func => list(reader, &module.funcs, func),
        SectionId::Table => list(reader, &module.tables, |r, it| same(r, it, &mut scratch)),
        SectionId::Mem => list(reader, &module.memories, |r, it| same(r, it, &mut scratch)),
        SectionId::Tag => list(reader, &module.tags, |r, it| same(r, it, &mut scratch)),
        SectionId::Global => list(reader, &module.globals, |r, it| same(r, it, &mut scratch)),
        SectionId::Export => list(reader, &module.exports, |r, it| same(r, it, &mut scratch)),
        SectionId::Start => Ok(Some(reader.read()?) == module.start),
        SectionId::Elem => list(reader, &module.elems, |r, it| elem(r, it, &mut scratch)),
        SectionId::DataCount => Ok(Some(reader.u32()?) == module.data_count),
        SectionId::Code => list(reader, &module.funcs, body),
        SectionId::Data => list(reader, &module.datas, |r, it| data(r, it, &mut scratch)),
    }
}

fn list<'r, T>(
    reader: &mut Reader<'r>,
    items: &[T],
    mut same: impl FnMut(&mut Reader<'r>, &T) -> Verdict,
) -> Verdict {
    if reader.u32()? as usize != items.len() {
        return Ok(false);
    }
    for item in items {
        if !same(reader, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the item is next.
fn same<'r, T>(reader: &mut Reader<'r>, item: &T, scratch: &mut Vec<u8>) -> Verdict
where
    T: Decode<'r> + Encode + PartialEq,
{
    scratch.clear();
    item.encode(scratch);
    Ok(skip(reader, scratch) || reader.read::<T>()? == *item)
}

/// Takes these bytes off when they are next.
fn skip(reader: &mut Reader<'_>, bytes: &[u8]) -> bool {
    reader.rest().starts_with(bytes) && reader.take(bytes.len()).is_ok()
}

/// Whether two slices are equal: at once when they are the same place.
pub(crate) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    ptr::eq(a, b) || a == b
}

fn func(reader: &mut Reader<'_>, func: &Func<'_>) -> Verdict {
    Ok(reader.read::<TypeIdx>()? == func.ty)
}

fn body(reader: &mut Reader<'_>, func: &Func<'_>) -> Verdict {
    Ok(same_bytes(reader.byte_list()?, func.body.bytes()))
}

/// The bytes of a segment are the bulk of it: only what comes before them is encoded.
fn data<'r>(reader: &mut Reader<'r>, data: &Data<'r>, scratch: &mut Vec<u8>) -> Verdict {
    let head = Data { mode: data.mode.borrowed(), bytes: Cow::Borrowed(&[]) };
    if skip(reader, without_list(&head, scratch)) {
        return Ok(same_bytes(reader.byte_list()?, &data.bytes));
    }
    let raw: Data<'_> = reader.read()?;
    Ok(raw.mode == data.mode && same_bytes(&raw.bytes, &data.bytes))
}

/// The list of a segment stands in the tree as it stood in the section.
fn elem<'r>(reader: &mut Reader<'r>, elem: &Elem<'r>, scratch: &mut Vec<u8>) -> Verdict {
    let (items, list) = match &elem.items {
        ElemItems::Funcs(funcs) => (ElemItems::Funcs(List::default()), funcs.view().bytes()),
        ElemItems::Exprs(exprs) => (ElemItems::Exprs(List::default()), exprs.view().bytes()),
    };
    let start = reader.pos();
    let head = Elem { ty: elem.ty, items, mode: elem.mode.borrowed() };
    if skip(reader, without_list(&head, scratch)) && skip(reader, list) {
        return Ok(true);
    }
    reader.seek(start);
    Ok(reader.read::<Elem<'_>>()? == *elem)
}

/// The encoded form of a segment with an empty list, without that list: its last byte.
fn without_list<'s>(segment: &impl Encode, scratch: &'s mut Vec<u8>) -> &'s [u8] {
    scratch.clear();
    segment.encode(scratch);
    scratch.pop();
    scratch
}

fn types(reader: &mut Reader<'_>, module: &Module<'_>) -> Verdict {
    let mut groups = module.rec_groups.iter();
    let mut types = module.types.iter();
    let mut next = 0;
    let mut scratch = Vec::new();
    for _ in 0..reader.u32()? {
        let group = RecGroup::opt_decode(reader, TypeIdx(next))?;
        if group.is_some() && groups.next() != group.as_ref() {
            return Ok(false);
        }
        let len = group.map_or(1, |group| group.len);
        for _ in 0..len {
            let Some(ty) = types.next() else { return Ok(false) };
            if !same(reader, ty, &mut scratch)? {
                return Ok(false);
            }
            next += 1;
        }
    }
    Ok(groups.next().is_none() && types.next().is_none())
}

fn imports<'r>(reader: &mut Reader<'r>, module: &Module<'r>) -> Verdict {
    let mut groups = module.import_groups.iter();
    let mut imports = module.imports.iter();
    let mut next = 0;
    for _ in 0..reader.u32()? {
        let Some(group) = ImportGroup::opt_decode(reader, next)? else {
            let import: Import<'_> = reader.read()?;
            if imports.next() != Some(&import) {
                return Ok(false);
            }
            next += 1;
            continue;
        };
        if groups.next() != Some(&group) {
            return Ok(false);
        }
        for _ in 0..group.len {
            let import = Import::decode_in_group(reader, group.module.clone(), group.ty)?;
            if imports.next() != Some(&import) {
                return Ok(false);
            }
            next += 1;
        }
    }
    Ok(groups.next().is_none() && imports.next().is_none())
}
