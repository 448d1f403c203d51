//! The module: lists of its items, and its original encoding.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::items::{Custom, Data, Elem, Export, Func, Global, Import, ImportGroup, Table};
use super::names::Names;
use super::sections::SectionId;
use crate::custom::LeftOut;
use crate::{
    DataIdx, DefIdx, ElemIdx, Features, FuncIdx, GlobalIdx, IndexVec, Malformed, MemIdx, MemType,
    Reader, RecGroup, SubType, TableIdx, TagIdx, TagType, TypeIdx,
};

/// A module as lists of items.
///
/// Lists are flat and in the order of indices. The groups of the binary (`rec`, compact imports)
/// are kept beside the lists, so that `types[i]` is the type with index `i`.
///
/// Functions, tables, memories, globals and tags are numbered with imports first, and imports are
/// in a list of their own. So the lists of definitions have an index type of their own, [`DefIdx`];
/// [`Module::func`] and similar methods find a definition by its index in the index space.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/modules.html>
///
/// ```
/// use wattle_ast::{Body, Func, FuncType, Module, TypeIdx};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// module.funcs.push(Func { ty: TypeIdx(0), body: Body::default() });
/// assert_eq!(module.items().count(), 7); // header, three sections, type, function, body
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Module<'a> {
    /// Types.
    pub types: IndexVec<TypeIdx, SubType>,
    /// The ranges of types that were written as recursive groups.
    pub rec_groups: Vec<RecGroup>,
    /// Imports.
    pub imports: Vec<Import<'a>>,
    /// The ranges of imports that were written as groups.
    pub import_groups: Vec<ImportGroup<'a>>,
    /// Functions that the module defines, without imports.
    pub funcs: IndexVec<DefIdx<FuncIdx>, Func<'a>>,
    /// Tables that the module defines, without imports.
    pub tables: IndexVec<DefIdx<TableIdx>, Table<'a>>,
    /// Memories that the module defines, without imports.
    pub memories: IndexVec<DefIdx<MemIdx>, MemType>,
    /// Tags that the module defines, without imports.
    pub tags: IndexVec<DefIdx<TagIdx>, TagType>,
    /// Globals that the module defines, without imports.
    pub globals: IndexVec<DefIdx<GlobalIdx>, Global<'a>>,
    /// Exports.
    pub exports: Vec<Export<'a>>,
    /// The start function.
    pub start: Option<FuncIdx>,
    /// Element segments.
    pub elems: IndexVec<ElemIdx, Elem<'a>>,
    /// Data segments.
    pub datas: IndexVec<DataIdx, Data<'a>>,
    /// Custom sections in order. The placeholder of the name section is
    /// [`CustomData::Names`](crate::CustomData::Names).
    pub customs: Vec<Custom<'a>>,
    /// The name section. Without a placeholder among the custom sections, it comes last.
    pub names: Names<'a>,
    /// The original encoding, with which unchanged sections are written byte for byte again.
    pub encoding: Encoding<'a>,
}

/// The original encoding of a module: the bytes of its sections, custom sections included.
///
/// The encoder copies a section from here if it still matches the module. The encoding does not
/// matter for the equality of modules: all encodings compare equal.
#[derive(Clone, Debug, Default)]
pub struct Encoding<'a> {
    /// The sections in order.
    pub sections: Vec<RawSection<'a>>,
    /// Whether there was a data count section. A module with a function that names a data segment
    /// always has this section. Its content is always the number of data segments.
    pub data_count: bool,
    /// The custom sections that were left out when the module was changed with [`Module::remap`],
    /// [`Module::rewrite_code`] or the methods that use them.
    pub left_out: Vec<LeftOut>,
}

impl PartialEq for Encoding<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The bytes of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawSection<'a, Id = SectionId> {
    /// The id of the section.
    pub id: Id,
    /// The bytes of the whole section, from the id on.
    pub bytes: Cow<'a, [u8]>,
}

impl RawSection<'_> {
    /// The content after the size, for a section at offset `start` of the binary.
    ///
    /// # Errors
    /// If the bytes begin with another id, or the size does not match their number.
    pub fn content(&self, start: usize) -> Result<Reader<'_>, Malformed> {
        section_content(self.id.code(), &self.bytes, start)
    }
}

impl<Id> RawSection<'_, Id> {
    /// Copies the bytes, so that they can outlive the input.
    pub(crate) fn into_owned(self) -> RawSection<'static, Id> {
        RawSection { id: self.id, bytes: Cow::Owned(self.bytes.into_owned()) }
    }
}

/// The content of a section with this id, which begins at offset `start` of the binary.
pub(crate) fn section_content(id: u8, bytes: &[u8], start: usize) -> Result<Reader<'_>, Malformed> {
    let mut reader = Reader::at(bytes, start, Features::ALL);
    reader.expect(id, Malformed::SectionId)?;
    match reader.u32()? as usize == reader.remaining() {
        true => Ok(reader),
        false => Err(Malformed::SectionSize),
    }
}

/// Applies `own` to each element of a list.
pub(crate) fn all<T, U, L: FromIterator<U>>(
    list: impl IntoIterator<Item = T>,
    own: impl Fn(T) -> U,
) -> L {
    list.into_iter().map(own).collect()
}

impl Module<'_> {
    /// Copies borrowed data, so that the module can outlive the input.
    pub fn into_owned(self) -> Module<'static> {
        let sections = all(self.encoding.sections, RawSection::into_owned);
        Module {
            types: self.types,
            rec_groups: self.rec_groups,
            imports: all(self.imports, Import::into_owned),
            import_groups: all(self.import_groups, ImportGroup::into_owned),
            funcs: all(self.funcs, Func::into_owned),
            tables: all(self.tables, Table::into_owned),
            memories: self.memories,
            tags: self.tags,
            globals: all(self.globals, Global::into_owned),
            exports: all(self.exports, Export::into_owned),
            start: self.start,
            elems: all(self.elems, Elem::into_owned),
            datas: all(self.datas, Data::into_owned),
            customs: all(self.customs, Custom::into_owned),
            names: self.names.into_owned(),
            encoding: Encoding { sections, ..self.encoding },
        }
    }
}
