//! Where the items of a module lie in the binary that it was read from.

use alloc::vec::Vec;

use wattle_ast::{
    Data, Decode, Elem, Export, Global, Import, ImportGroup, Malformed, MemType, Module, Reader,
    RecGroup, SectionId, SubType, Table, TagType, TypeIdx,
};

/// How many bytes magic and version take.
const HEADER: usize = 8;

/// The offsets of items, by section: empty when they are not known.
#[derive(Default)]
pub(crate) struct Offsets {
    pub(crate) types: Vec<usize>,
    pub(crate) imports: Vec<usize>,
    pub(crate) tables: Vec<usize>,
    pub(crate) memories: Vec<usize>,
    pub(crate) tags: Vec<usize>,
    pub(crate) globals: Vec<usize>,
    pub(crate) exports: Vec<usize>,
    pub(crate) start: Vec<usize>,
    pub(crate) elems: Vec<usize>,
    /// Where the bytes of bodies begin, after their size.
    pub(crate) bodies: Vec<usize>,
    pub(crate) datas: Vec<usize>,
    /// By place among the custom sections.
    pub(crate) customs: Vec<usize>,
}

impl Offsets {
    /// What the module's encoding tells. A section that does not hold as many items as the module
    /// tells nothing.
    pub(crate) fn new(module: &Module<'_>) -> Offsets {
        let mut offsets = Offsets::default();
        let mut base = HEADER;
        for section in &module.encoding.sections {
            let reader = Reader::at(&section.bytes, base, wattle_ast::Features::ALL);
            // Malformed bytes give no offsets; there is nothing else to tell.
            let _ = offsets.section(section.id, reader, base, module);
            base = base.saturating_add(section.bytes.len());
        }
        offsets
    }

    fn section(
        &mut self,
        id: SectionId,
        mut reader: Reader<'_>,
        start: usize,
        module: &Module<'_>,
    ) -> Result<(), Malformed> {
        if id == SectionId::Custom {
            self.customs.push(start);
            return Ok(());
        }
        reader.byte()?;
        reader.u32()?;
        if id == SectionId::Start {
            self.start.push(reader.offset());
            return Ok(());
        }
        if !id.is_list() {
            return Ok(());
        }
        let count = reader.u32()?;
        let (into, expected) = match id {
            SectionId::Type => (&mut self.types, module.types.len()),
            SectionId::Import => (&mut self.imports, module.imports.len()),
            SectionId::Table => (&mut self.tables, module.tables.len()),
            SectionId::Mem => (&mut self.memories, module.memories.len()),
            SectionId::Tag => (&mut self.tags, module.tags.len()),
            SectionId::Global => (&mut self.globals, module.globals.len()),
            SectionId::Export => (&mut self.exports, module.exports.len()),
            SectionId::Elem => (&mut self.elems, module.elems.len()),
            SectionId::Code => (&mut self.bodies, module.funcs.len()),
            SectionId::Data => (&mut self.datas, module.datas.len()),
            _ => return Ok(()),
        };
        let mut found = Vec::new();
        for _ in 0..count {
            match id {
                SectionId::Type => types(&mut reader, &mut found)?,
                SectionId::Import => imports(&mut reader, &mut found)?,
                SectionId::Table => one::<Table<'_>>(&mut reader, &mut found)?,
                SectionId::Mem => one::<MemType>(&mut reader, &mut found)?,
                SectionId::Tag => one::<TagType>(&mut reader, &mut found)?,
                SectionId::Global => one::<Global<'_>>(&mut reader, &mut found)?,
                SectionId::Export => one::<Export<'_>>(&mut reader, &mut found)?,
                SectionId::Elem => one::<Elem<'_>>(&mut reader, &mut found)?,
                SectionId::Data => one::<Data<'_>>(&mut reader, &mut found)?,
                _ => {
                    let len = reader.len32()?;
                    found.push(reader.offset());
                    reader.take(len)?;
                }
            }
        }
        if found.len() == expected {
            *into = found;
        }
        Ok(())
    }
}

fn one<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    found: &mut Vec<usize>,
) -> Result<(), Malformed> {
    found.push(reader.offset());
    T::decode(reader).map(drop)
}

fn types(reader: &mut Reader<'_>, found: &mut Vec<usize>) -> Result<(), Malformed> {
    let len = RecGroup::opt_decode(reader, TypeIdx(0))?.map_or(1, |group| group.len);
    (0..len).try_for_each(|_| one::<SubType>(reader, found))
}

fn imports(reader: &mut Reader<'_>, found: &mut Vec<usize>) -> Result<(), Malformed> {
    let Some(group) = ImportGroup::opt_decode(reader, 0)? else {
        return one::<Import<'_>>(reader, found);
    };
    for _ in 0..group.len {
        found.push(reader.offset());
        Import::decode_in_group(reader, group.module.clone(), group.ty)?;
    }
    Ok(())
}
