//! The binary format of items, with one reader and one writer for each.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/modules.html>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::items::{
    Custom, CustomData, Data, DataMode, Elem, ElemItems, ElemMode, Export, Global, Import,
    ImportGroup, Item, Table,
};
use crate::values::fields;
use crate::{
    Decode, Encode, Feature, Features, Malformed, Name, Reader, RefType, TableIdx, leb128,
};

type Result<T> = core::result::Result<T, Malformed>;

/// Magic and version of a core module.
pub(crate) const HEADER: [u8; 8] = *b"\0asm\x01\0\0\0";

const TABLE_WITH_INIT: u8 = 0x40;
const FUNC_ELEMS: u8 = 0x00;

/// The code in the place of an import's type that begins a group whose members each have a type.
pub(crate) const IMPORT_GROUP: u8 = 0x7f;
/// The code in the place of an import's type that begins a group whose members share a type.
pub(crate) const IMPORT_GROUP_OF_TYPE: u8 = 0x7e;

fields! {
    Import<'a> { module, name, ty }
    Global<'a> { ty, init }
    Export<'a> { name, index }
}

impl Encode for ImportGroup<'_> {
    /// Writes the header of the group, including its count.
    fn encode(&self, out: &mut Vec<u8>) {
        self.module.encode(out);
        Name::default().encode(out);
        match &self.ty {
            None => out.push(IMPORT_GROUP),
            Some(ty) => (IMPORT_GROUP_OF_TYPE, *ty).encode(out),
        }
        leb128::write_u32(out, self.len);
    }
}

impl<'a> ImportGroup<'a> {
    /// Reads the header of a group if one is next; otherwise the reader stays where it is. `first`
    /// is the index, among the imports, of the next import.
    pub(super) fn opt_decode(
        reader: &mut Reader<'a>,
        first: u32,
    ) -> Result<Option<ImportGroup<'a>>> {
        let start = reader.pos();
        if !reader.features().contains(crate::Feature::CompactImports) {
            return Ok(None);
        }
        reader.byte_list()?;
        let marker = match reader.u32()? {
            0 => reader.byte()?,
            _ => 0,
        };
        let marked = reader.pos();
        reader.seek(start);
        if !matches!(marker, IMPORT_GROUP | IMPORT_GROUP_OF_TYPE) {
            return Ok(None);
        }
        let module = reader.read()?;
        reader.seek(marked);
        let ty = match marker {
            IMPORT_GROUP_OF_TYPE => Some(reader.read()?),
            _ => None,
        };
        Ok(Some(ImportGroup { first, len: reader.u32()?, module, ty }))
    }
}

impl<'a> Import<'a> {
    /// Reads a member of a group: its name, and its type unless the group states one.
    pub(super) fn decode_in_group(
        reader: &mut Reader<'a>,
        group: &ImportGroup<'static>,
    ) -> Result<Import<'a>> {
        let name = reader.read()?;
        let ty = match group.ty {
            Some(ty) => ty,
            None => reader.read()?,
        };
        Ok(Import { module: group.module.clone(), name, ty })
    }

    /// Writes a member of a group: its name, and its type unless the group states one.
    pub(super) fn encode_in_group(&self, group: &ImportGroup<'_>, out: &mut Vec<u8>) {
        self.name.encode(out);
        if group.ty.is_none() {
            self.ty.encode(out);
        }
    }
}

impl<'a> Decode<'a> for Table<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let has_init = reader.features().contains(Feature::FunctionReferences);
        if !has_init || reader.peek() != Some(TABLE_WITH_INIT) {
            return Ok(Table { ty: reader.read()?, init: None });
        }
        reader.byte()?;
        reader.expect(0, Malformed::ZeroByte)?;
        Ok(Table { ty: reader.read()?, init: Some(reader.read()?) })
    }
}

impl Encode for Table<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        if self.init.is_some() {
            out.extend([TABLE_WITH_INIT, 0]);
        }
        self.ty.encode(out);
        if let Some(init) = &self.init {
            init.encode(out);
        }
    }
}

// The flags of element segments: bit 0 for passive or declarative, bit 1 for an explicit table or
// declarative, bit 2 for expressions.
const NOT_ACTIVE: u32 = 1;
const EXPLICIT: u32 = 2;
const EXPRS: u32 = 4;
const DECLARATIVE: u32 = NOT_ACTIVE | EXPLICIT;

impl<'a> Decode<'a> for Elem<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let start = reader.pos();
        let flags = reader.u32()?;
        let features = reader.features();
        let needed = match flags & DECLARATIVE {
            _ if flags == 0 => Feature::Mvp,
            DECLARATIVE => Feature::ReferenceTypes,
            _ => Feature::BulkMemory,
        };
        if flags > DECLARATIVE | EXPRS || !features.contains(needed) {
            return Err(reader.fail_at(start, Malformed::ElementSegmentKind));
        }
        let mode = match (flags & NOT_ACTIVE != 0, flags & EXPLICIT != 0) {
            (true, false) => ElemMode::Passive,
            (true, true) => ElemMode::Declarative,
            (false, explicit) => ElemMode::Active {
                table: if explicit { Some(reader.read()?) } else { None },
                offset: reader.read()?,
            },
        };
        let typed = flags & (NOT_ACTIVE | EXPLICIT) != 0;
        if flags & EXPRS != 0 {
            let ty = if typed { reader.read()? } else { RefType::FUNCREF };
            let mut elem = Elem { ty, items: ElemItems::Exprs(reader.read()?), mode };
            elem.leave_out_table();
            return Ok(elem);
        }
        if typed {
            reader.expect(FUNC_ELEMS, Malformed::ElementKind)?;
        }
        Ok(Elem { ty: RefType::FUNC, items: ElemItems::Funcs(reader.read()?), mode })
    }
}

impl Elem<'_> {
    /// Whether the binary can omit the first table, which is possible only for segments of
    /// functions.
    fn has_default_type(&self) -> bool {
        matches!(self.items, ElemItems::Funcs(_)) || self.ty == RefType::FUNCREF
    }

    /// Removes the index of the first table where the binary has to state it anyway. There the
    /// index makes no difference to the binary, and should make none to the tree.
    pub fn leave_out_table(&mut self) {
        let is_stated = !self.has_default_type();
        if let ElemMode::Active { table, .. } = &mut self.mode
            && is_stated
        {
            *table = table.filter(|table| *table != TableIdx(0));
        }
    }

    /// Writes everything before the list of elements.
    pub(super) fn encode_head(&self, out: &mut Vec<u8>) {
        let exprs = matches!(self.items, ElemItems::Exprs(_));
        let mut flags = match &self.mode {
            ElemMode::Passive => NOT_ACTIVE,
            ElemMode::Declarative => NOT_ACTIVE | EXPLICIT,
            ElemMode::Active { table: None, .. } if self.has_default_type() => 0,
            ElemMode::Active { .. } => EXPLICIT,
        };
        let typed = flags != 0;
        flags |= if exprs { EXPRS } else { 0 };
        leb128::write_u32(out, flags);
        if let ElemMode::Active { table, offset } = &self.mode {
            if flags & EXPLICIT != 0 {
                table.unwrap_or_default().encode(out);
            }
            offset.encode(out);
        }
        match &self.items {
            ElemItems::Funcs(_) if typed => out.push(FUNC_ELEMS),
            ElemItems::Exprs(_) if typed => self.ty.encode(out),
            ElemItems::Funcs(_) | ElemItems::Exprs(_) => {}
        }
    }
}

impl Encode for Elem<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.encode_head(out);
        leb128::write_u32(out, self.items.len());
        match &self.items {
            ElemItems::Funcs(funcs) => funcs.view().iter().for_each(|func| func.encode(out)),
            ElemItems::Exprs(exprs) => exprs.view().iter().for_each(|expr| expr.encode(out)),
        }
    }
}

impl<'a> Decode<'a> for Data<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let start = reader.pos();
        let features = reader.features();
        let mode = match reader.u32()? {
            0 => DataMode::Active { memory: None, offset: reader.read()? },
            1 if features.contains(Feature::BulkMemory) => DataMode::Passive,
            2 if features.intersects(Features::BULK_MEMORY | Features::MULTI_MEMORY) => {
                DataMode::Active { memory: Some(reader.read()?), offset: reader.read()? }
            }
            _ => return Err(reader.fail_at(start, Malformed::DataSegmentKind)),
        };
        Ok(Data { mode, bytes: Cow::Borrowed(reader.byte_list()?) })
    }
}

impl Data<'_> {
    /// Writes everything before the bytes, which ends with their number.
    #[inline]
    pub(super) fn encode_head(&self, out: &mut Vec<u8>) {
        match &self.mode {
            DataMode::Passive => out.push(1),
            DataMode::Active { memory: None, offset } => {
                out.push(0);
                offset.encode(out);
            }
            DataMode::Active { memory: Some(memory), offset } => {
                (2_u8, *memory).encode(out);
                offset.encode(out);
            }
        }
        leb128::write_u32(out, self.bytes.len() as u32);
    }
}

impl Encode for Data<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.encode_head(out);
        out.extend_from_slice(&self.bytes);
    }
}

/// The content of a custom section: all remaining bytes of the reader belong to it.
impl<'a> Decode<'a> for Custom<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let name = reader.read()?;
        let data = CustomData::Bytes(Cow::Borrowed(reader.take(reader.remaining())?));
        Ok(Custom { name, data, after: None })
    }
}

impl Encode for Item<'_> {
    /// Writes a single item: a body with its size; an import with its module and type, even if it
    /// was in a group; a whole custom section, or nothing if it is a placeholder for the module's
    /// names.
    #[inline(always)]
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Item::Header => out.extend(HEADER),
            Item::Section(section) => section.encode(out),
            Item::RecGroup(group) => (crate::types::REC, group.len).encode(out),
            Item::Type(ty) => ty.encode(out),
            Item::ImportGroup(group) => group.encode(out),
            Item::Import(import) => import.encode(out),
            Item::Func(ty) => ty.encode(out),
            Item::Table(table) => table.encode(out),
            Item::Mem(ty) => ty.encode(out),
            Item::Tag(ty) => ty.encode(out),
            Item::Global(global) => global.encode(out),
            Item::Export(export) => export.encode(out),
            Item::Start(func) => func.encode(out),
            Item::Elem(elem) => elem.encode(out),
            Item::DataCount(count) => leb128::write_u32(out, *count),
            Item::Body(body) => {
                leb128::write_u32(out, body.bytes().len() as u32);
                body.encode(out);
            }
            Item::Data(data) => data.encode(out),
            Item::Custom(custom) => {
                if let Some(bytes) = custom.data.bytes() {
                    let size = leb128::len_u32(custom.name.len() as u32) + custom.name.len();
                    (0_u8, (size + bytes.len()) as u32).encode(out);
                    custom.name.encode(out);
                    out.extend_from_slice(bytes);
                }
            }
        }
    }
}
