//! The module: the lists of its items, and how it was written.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::items::{Custom, Data, Elem, Export, Func, Global, Import, ImportGroup, Table};
use super::names::Names;
use super::sections::SectionId;
use crate::{Features, FuncIdx, Malformed, MemType, Reader, RecGroup, SubType, TagType};

/// A module: what the items of a stream add up to.
///
/// Lists are flat and in index order. Where the binary groups entries (`rec`, compact imports),
/// the groups are remembered beside them, so that `types[i]` is the type of index `i`.
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
    pub types: Vec<SubType>,
    /// Which types were written as recursive groups.
    pub rec_groups: Vec<RecGroup>,
    /// Imports.
    pub imports: Vec<Import<'a>>,
    /// Which imports were written as groups.
    pub import_groups: Vec<ImportGroup<'a>>,
    /// Functions, without imported ones.
    pub funcs: Vec<Func<'a>>,
    /// Tables, without imported ones.
    pub tables: Vec<Table<'a>>,
    /// Memories, without imported ones.
    pub memories: Vec<MemType>,
    /// Tags, without imported ones.
    pub tags: Vec<TagType>,
    /// Globals, without imported ones.
    pub globals: Vec<Global<'a>>,
    /// Exports.
    pub exports: Vec<Export<'a>>,
    /// The start function.
    pub start: Option<FuncIdx>,
    /// Element segments.
    pub elems: Vec<Elem<'a>>,
    /// Data segments.
    pub datas: Vec<Data<'a>>,
    /// Custom sections in order; the one that holds the names has
    /// [`CustomData::Names`](crate::CustomData::Names).
    pub customs: Vec<Custom<'a>>,
    /// The name section. Its place is among the custom sections, or last when it has none there.
    pub names: Names<'a>,
    /// How the module was written, so that what is untouched is written the same way again.
    pub encoding: Encoding<'a>,
}

/// How a module was written: its sections, byte for byte, custom ones included.
///
/// The encoder writes a section as it stood when what it says is still what the module says. How
/// a module was written does not matter for equality: all encodings compare equal.
#[derive(Clone, Debug, Default)]
pub struct Encoding<'a> {
    /// The sections in order.
    pub sections: Vec<RawSection<'a>>,
    /// Whether there was a data count section. When some function names a data segment the module
    /// has one in any case; its number is always that of the data segments.
    pub data_count: bool,
}

impl PartialEq for Encoding<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A section as it stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawSection<'a> {
    /// What it holds.
    pub id: SectionId,
    /// All of it, from the id on.
    pub bytes: Cow<'a, [u8]>,
}

impl RawSection<'_> {
    /// What follows the size, for a section that begins at offset `start` of the binary.
    ///
    /// # Errors
    /// When the bytes begin with another id or are not as many as the size says.
    pub fn content(&self, start: usize) -> Result<Reader<'_>, Malformed> {
        let mut reader = Reader::at(&self.bytes, start, Features::ALL);
        reader.byte_if(Malformed::SectionId, |code| (code == self.id.code()).then_some(()))?;
        match reader.u32()? as usize == reader.remaining() {
            true => Ok(reader),
            false => Err(Malformed::SectionSize),
        }
    }
}

impl Module<'_> {
    /// Copies what it borrows, so that it can outlive the input.
    pub fn into_owned(self) -> Module<'static> {
        fn own<T, U>(items: Vec<T>, own: impl Fn(T) -> U) -> Vec<U> {
            items.into_iter().map(own).collect()
        }
        let raw = |section: RawSection<'_>| RawSection {
            id: section.id,
            bytes: Cow::Owned(section.bytes.into_owned()),
        };
        Module {
            types: self.types,
            rec_groups: self.rec_groups,
            imports: own(self.imports, Import::into_owned),
            import_groups: own(self.import_groups, ImportGroup::into_owned),
            funcs: own(self.funcs, Func::into_owned),
            tables: own(self.tables, Table::into_owned),
            memories: self.memories,
            tags: self.tags,
            globals: own(self.globals, Global::into_owned),
            exports: own(self.exports, Export::into_owned),
            start: self.start,
            elems: own(self.elems, Elem::into_owned),
            datas: own(self.datas, Data::into_owned),
            customs: own(self.customs, Custom::into_owned),
            names: self.names.into_owned(),
            encoding: Encoding { sections: own(self.encoding.sections, raw), ..self.encoding },
        }
    }
}
