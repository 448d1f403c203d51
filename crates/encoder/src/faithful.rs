//! Whether a section, as it stood, still says what the module says.
//!
//! Nothing is kept but the answer: items are decoded one by one and compared, bodies and the
//! bytes of data segments as slices, instructions of bodies never.

use alloc::vec::Vec;
use core::ptr;

use wattle_ast::{
    Data, Decode, Encode, Func, Import, ImportGroup, Malformed, Module, RawSection, Reader,
    RecGroup, SectionId, SubType, TypeIdx,
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
    match id {
        SectionId::Custom => Ok(false),
        SectionId::Type => types(reader, module),
        SectionId::Import => imports(reader, module),
        SectionId::Func => list(reader, &module.funcs, func),
        SectionId::Table => list(reader, &module.tables, same),
        SectionId::Memory => list(reader, &module.memories, same),
        SectionId::Tag => list(reader, &module.tags, same),
        SectionId::Global => list(reader, &module.globals, same),
        SectionId::Export => list(reader, &module.exports, same),
        SectionId::Start => Ok(Some(reader.read()?) == module.start),
        SectionId::Elem => list(reader, &module.elems, same),
        SectionId::DataCount => Ok(Some(reader.u32()?) == module.data_count),
        SectionId::Code => list(reader, &module.funcs, body),
        SectionId::Data => list(reader, &module.datas, data),
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

fn same<'r, T: Decode<'r> + PartialEq>(reader: &mut Reader<'r>, item: &T) -> Verdict {
    Ok(reader.read::<T>()? == *item)
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

fn data<'r>(reader: &mut Reader<'r>, data: &Data<'r>) -> Verdict {
    let raw: Data<'_> = reader.read()?;
    Ok(raw.mode == data.mode && same_bytes(&raw.bytes, &data.bytes))
}

/// Types own their parts, so they are compared in their shortest form first, and decoded only
/// when they were not written in that.
fn same_type(reader: &mut Reader<'_>, ty: &SubType, scratch: &mut Vec<u8>) -> Verdict {
    scratch.clear();
    ty.encode(scratch);
    if reader.rest().starts_with(scratch) {
        reader.take(scratch.len())?;
        return Ok(true);
    }
    same(reader, ty)
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
            if !same_type(reader, ty, &mut scratch)? {
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
