//! The name section: names for all kinds of indices.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html#name-section>; the other
//! subsections come from the extended name section proposal.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::values::codes;
use crate::{
    BlockIdx, DataIdx, Decode, ElemIdx, Encode, Error, FieldIdx, FuncIdx, GlobalIdx, ItemKind,
    LocalIdx, Malformed, MemIdx, Name, Reader, SpaceIdx, TableIdx, TagIdx, TypeIdx, leb128,
};

/// Names by index, in ascending order of the indices, each index once.
///
/// ```
/// use wattle_ast::{FuncIdx, NameMap};
/// let mut map: NameMap<FuncIdx> = [(FuncIdx(2), "two".into())].into_iter().collect();
/// map.insert(FuncIdx(0), "zero".into());
/// assert_eq!(map.get(FuncIdx(2)).map(|name| name.as_str()), Some("two"));
/// assert_eq!(map.iter().map(|(index, _)| index.0).collect::<Vec<_>>(), [0, 2]);
/// ```
pub type NameMap<'a, I> = IndexMap<I, Name<'a>>;

/// Names by two indices: locals by function, labels by function, fields by type.
pub type IndirectNameMap<'a, O, I> = IndexMap<O, NameMap<'a, I>>;

/// Values by index, in ascending order of the indices, each index once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexMap<I, T> {
    entries: Vec<(I, T)>,
}

impl<I, T> Default for IndexMap<I, T> {
    fn default() -> Self {
        IndexMap { entries: Vec::new() }
    }
}

impl<I: SpaceIdx, T> IndexMap<I, T> {
    /// The position of the entry of `index`, or the position where to insert it. New indices
    /// usually come last.
    fn place(&self, index: I) -> Result<usize, usize> {
        match self.entries.last() {
            Some((last, _)) if *last >= index => {
                self.entries.binary_search_by_key(&index, |entry| entry.0)
            }
            _ => Err(self.entries.len()),
        }
    }

    /// The value at `index`.
    pub fn get(&self, index: I) -> Option<&T> {
        self.place(index).ok().map(|at| &self.entries[at].1)
    }

    /// Sets the value at `index`.
    pub fn insert(&mut self, index: I, value: T) {
        match self.place(index) {
            Ok(at) => self.entries[at].1 = value,
            Err(at) => self.entries.insert(at, (index, value)),
        }
    }

    /// Removes and returns the value at `index`.
    pub fn remove(&mut self, index: I) -> Option<T> {
        self.place(index).ok().map(|at| self.entries.remove(at).1)
    }

    /// The indices and their values, in ascending order of the indices.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> + Clone {
        self.entries.iter().map(|(index, value)| (*index, value))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn map<U>(self, change: impl Fn(T) -> U) -> IndexMap<I, U> {
        let entries = self.entries.into_iter().map(|(index, value)| (index, change(value)));
        IndexMap { entries: entries.collect() }
    }
}

/// Keeps the last value of an index that occurs more than once.
impl<I: SpaceIdx, T> Extend<(I, T)> for IndexMap<I, T> {
    fn extend<E: IntoIterator<Item = (I, T)>>(&mut self, entries: E) {
        self.entries.extend(entries);
        // The sort is stable, so the last value of an index is the last one added.
        self.entries.sort_by_key(|(index, _)| *index);
        self.entries.dedup_by(|later, kept| {
            let is_known = later.0 == kept.0;
            if is_known {
                core::mem::swap(later, kept);
            }
            is_known
        });
    }
}

/// Keeps the last value of an index that occurs more than once.
impl<I: SpaceIdx, T> FromIterator<(I, T)> for IndexMap<I, T> {
    fn from_iter<E: IntoIterator<Item = (I, T)>>(entries: E) -> Self {
        let mut map = IndexMap::default();
        map.extend(entries);
        map
    }
}

impl<I, T> IntoIterator for IndexMap<I, T> {
    type Item = (I, T);
    type IntoIter = alloc::vec::IntoIter<(I, T)>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'m, I: SpaceIdx, T> IntoIterator for &'m IndexMap<I, T> {
    type Item = (I, &'m T);
    type IntoIter = core::iter::Map<core::slice::Iter<'m, (I, T)>, fn(&'m (I, T)) -> (I, &'m T)>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter().map(|(index, value)| (*index, value))
    }
}

impl<'a, I: SpaceIdx> NameMap<'a, I> {
    /// Adds names, but keeps the existing name of an index. Returns the first new name that differs
    /// from the existing name of its index.
    fn merge(&mut self, more: NameMap<'a, I>) -> Option<Name<'a>> {
        let mut clash = None;
        self.entries.extend(more.entries);
        // The sort is stable, so an existing name comes before a new name of the same index.
        self.entries.sort_by_key(|(index, _)| *index);
        self.entries.dedup_by(|(index, name), (known_index, known)| {
            let is_known = index == known_index;
            if is_known && name != known && clash.is_none() {
                clash = Some(name.clone());
            }
            is_known
        });
        clash
    }

    /// Copies borrowed data, so that the names can outlive the input.
    pub fn into_owned(self) -> NameMap<'static, I> {
        self.map(Name::into_owned)
    }
}

impl<'a, O: SpaceIdx, I: SpaceIdx> IndirectNameMap<'a, O, I> {
    /// The name of `inner` in `outer`.
    pub fn name(&self, outer: O, inner: I) -> Option<&Name<'a>> {
        self.get(outer)?.get(inner)
    }

    /// Returns the names in `outer`, to be changed. Adds an empty map for `outer` if it has none yet.
    pub fn entry(&mut self, outer: O) -> &mut NameMap<'a, I> {
        let at = self.place(outer).unwrap_or_else(|at| {
            self.entries.insert(at, (outer, NameMap::default()));
            at
        });
        &mut self.entries[at].1
    }

    /// Adds names, but keeps existing ones. Returns the first new name that differs from the
    /// existing name of its index.
    fn merge(&mut self, more: IndirectNameMap<'a, O, I>) -> Option<Name<'a>> {
        let clashes = more.entries.into_iter().map(|(outer, names)| self.entry(outer).merge(names));
        clashes.fold(None, Option::or)
    }

    /// Copies borrowed data, so that the names can outlive the input.
    pub fn into_owned(self) -> IndirectNameMap<'static, O, I> {
        self.map(NameMap::into_owned)
    }
}

impl<'a, I: SpaceIdx, T: Decode<'a>> Decode<'a> for IndexMap<I, T> {
    /// Indices must be in ascending order. The count is not used to allocate memory.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut entries: Vec<(I, T)> = Vec::new();
        for _ in 0..reader.len32()? {
            let start = reader.pos();
            let index = I::from(reader.u32()?);
            if entries.last().is_some_and(|(last, _)| *last >= index) {
                return Err(reader.fail_at(start, Malformed::NameSubsection));
            }
            entries.push((index, reader.read()?));
        }
        Ok(IndexMap { entries })
    }
}

impl<I: SpaceIdx, T: Encode> Encode for IndexMap<I, T> {
    fn encode(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.entries.len() as u32);
        for (index, value) in self {
            leb128::write_u32(out, index.into());
            value.encode(out);
        }
    }
}

macro_rules! names {
    ($( $(#[$doc:meta])* $field:ident $variant:ident $id:literal $ty:ident $( $index:ident )+; )*) => {
        codes! {
            /// The subsections of the name section, by id.
            NameSubsection {
                /// The name of the module.
                Module = 0,
                $( $(#[$doc])* $variant = $id, )*
            }
        }

        /// The names of a module: the content of its name section, whether the module comes from a
        /// binary, from text or from a builder.
        ///
        /// ```
        /// use wattle_ast::{FuncIdx, Names};
        /// let mut names = Names::default();
        /// names.module = Some("m".into());
        /// names.funcs.insert(FuncIdx(0), "f".into());
        /// let bytes = wattle_ast::Encode::to_bytes(&names);
        /// assert_eq!(bytes, [0, 2, 1, b'm', 1, 4, 1, 0, 1, b'f']);
        /// assert_eq!(Names::parse(&bytes), Ok(names));
        /// ```
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct Names<'a> {
            /// The name of the module.
            pub module: Option<Name<'a>>,
            $( $(#[$doc])* pub $field: $ty<'a, $( $index ),+>, )*
            /// Subsections with unknown ids, in their order.
            pub unknown: Vec<(u8, Cow<'a, [u8]>)>,
        }

        impl<'a> Names<'a> {
            /// Whether nothing has a name.
            pub fn is_empty(&self) -> bool {
                self.module.is_none() $( && self.$field.is_empty() )* && self.unknown.is_empty()
            }

            /// Adds the names of another name section, but keeps existing names. Returns the first
            /// new name that differs from the existing one.
            ///
            /// ```
            /// use wattle_ast::{FuncIdx, Names};
            /// let (mut names, mut more) = (Names::default(), Names::default());
            /// names.funcs.insert(FuncIdx(0), "f".into());
            /// more.funcs.insert(FuncIdx(0), "g".into());
            /// more.funcs.insert(FuncIdx(1), "h".into());
            /// assert_eq!(names.merge(more), Some("g".into()));
            /// assert_eq!(names.funcs.get(FuncIdx(1)), Some(&"h".into()));
            /// ```
            pub fn merge(&mut self, more: Names<'a>) -> Option<Name<'a>> {
                let mut clash = match (&self.module, more.module) {
                    (Some(known), Some(name)) if *known != name => Some(name),
                    (None, name) => {
                        self.module = name;
                        None
                    }
                    _ => None,
                };
                $( clash = clash.or(self.$field.merge(more.$field)); )*
                self.unknown.extend(more.unknown);
                self.unknown.sort_by_key(|(id, _)| *id);
                clash
            }

            /// Copies borrowed data, so that the names can outlive the input.
            pub fn into_owned(self) -> Names<'static> {
                let own = |(id, bytes): (u8, Cow<'_, [u8]>)| (id, Cow::Owned(bytes.into_owned()));
                Names {
                    module: self.module.map(Name::into_owned),
                    $( $field: self.$field.into_owned(), )*
                    unknown: self.unknown.into_iter().map(own).collect(),
                }
            }

            fn read_subsection(&mut self, id: u8, reader: &mut Reader<'a>) -> Result<(), Malformed> {
                match id {
                    0 => self.module = Some(reader.read()?),
                    $( $id => self.$field = reader.read()?, )*
                    _ => {
                        let bytes = reader.take(reader.remaining())?;
                        self.unknown.push((id, Cow::Borrowed(bytes)));
                    }
                }
                Ok(())
            }
        }

        impl Encode for Names<'_> {
            fn encode(&self, out: &mut Vec<u8>) {
                let mut unknown = self.unknown.iter().peekable();
                if let Some(name) = &self.module {
                    subsection(out, 0, &name.to_bytes());
                }
                $(
                    while let Some((id, bytes)) = unknown.next_if(|(id, _)| *id < $id) {
                        subsection(out, *id, bytes);
                    }
                    if !self.$field.is_empty() {
                        subsection(out, $id, &self.$field.to_bytes());
                    }
                )*
                for (id, bytes) in unknown {
                    subsection(out, *id, bytes);
                }
            }
        }
    };
}

names! {
    /// Functions.
    funcs Func 1 NameMap FuncIdx;
    /// Locals, by function.
    locals Local 2 IndirectNameMap FuncIdx LocalIdx;
    /// Labels, by function. Labels are numbered in the order in which their blocks begin.
    labels Label 3 IndirectNameMap FuncIdx BlockIdx;
    /// Types.
    types Type 4 NameMap TypeIdx;
    /// Tables.
    tables Table 5 NameMap TableIdx;
    /// Memories.
    memories Memory 6 NameMap MemIdx;
    /// Globals.
    globals Global 7 NameMap GlobalIdx;
    /// Element segments.
    elems Elem 8 NameMap ElemIdx;
    /// Data segments.
    datas Data 9 NameMap DataIdx;
    /// Fields, by type.
    fields Field 10 IndirectNameMap TypeIdx FieldIdx;
    /// Tags.
    tags Tag 11 NameMap TagIdx;
    /// Parameters, by function type.
    type_params TypeParam 12 IndirectNameMap TypeIdx LocalIdx;
    /// Parameters, by tag.
    tag_params TagParam 13 IndirectNameMap TagIdx LocalIdx;
}

/// Writes a subsection: its id, its size, and its content.
pub(crate) fn subsection(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    leb128::write_u32(out, content.len() as u32);
    out.extend_from_slice(content);
}

impl<'a> Names<'a> {
    /// The name of the section.
    pub const NAME: &'static str = "name";

    /// Parses the content of a name section, which follows the section's own name.
    ///
    /// # Errors
    /// The first fault, with its offset: the subsections are not in order, do not fill their sizes,
    /// or are malformed. Engines ignore a malformed name section, and so may the caller.
    pub fn parse(bytes: &'a [u8]) -> Result<Names<'a>, Error> {
        let mut reader = Reader::new(bytes);
        Self::read(&mut reader).map_err(|kind| Error::at(kind, reader.pos()))
    }

    fn read(reader: &mut Reader<'a>) -> Result<Names<'a>, Malformed> {
        let mut names = Names::default();
        let mut last = None;
        while !reader.is_empty() {
            let start = reader.pos();
            let id = reader.byte()?;
            if last.is_some_and(|last| last >= id) {
                return Err(reader.fail_at(start, Malformed::NameSubsection));
            }
            last = Some(id);
            let read = |inner: &mut _| names.read_subsection(id, inner);
            reader.sized(Malformed::NameSubsection, read)?;
        }
        Ok(names)
    }

    /// The name of the item of this kind with this index.
    pub fn of(&self, kind: ItemKind, index: u32) -> Option<&Name<'a>> {
        match kind {
            ItemKind::Func => self.funcs.get(index.into()),
            ItemKind::Type => self.types.get(index.into()),
            ItemKind::Table => self.tables.get(index.into()),
            ItemKind::Mem => self.memories.get(index.into()),
            ItemKind::Global => self.globals.get(index.into()),
            ItemKind::Elem => self.elems.get(index.into()),
            ItemKind::Data => self.datas.get(index.into()),
            ItemKind::Tag => self.tags.get(index.into()),
            ItemKind::Import
            | ItemKind::Export
            | ItemKind::Start
            | ItemKind::DataCount
            | ItemKind::Custom => None,
        }
    }
}
