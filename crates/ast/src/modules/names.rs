//! The name section: names for everything that has an index.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html#name-section>; the other
//! subsections come from the extended name section proposal.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::values::codes;
use crate::{Decode, Encode, ItemKind, Malformed, Name, Reader, leb128};

/// Names by index, in ascending order of the indices, each index once.
///
/// ```
/// use wattle_ast::NameMap;
/// let mut map = NameMap::default();
/// map.insert(2, "two".into());
/// map.insert(0, "zero".into());
/// assert_eq!(map.get(2).map(|name| name.as_str()), Some("two"));
/// assert_eq!(map.iter().map(|(index, _)| index).collect::<Vec<_>>(), [0, 2]);
/// ```
pub type NameMap<'a> = IndexMap<Name<'a>>;

/// Names by two indices: locals by function, labels by function, fields by type.
pub type IndirectNameMap<'a> = IndexMap<NameMap<'a>>;

/// Values by index, in ascending order of the indices, each index once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexMap<T> {
    entries: Vec<(u32, T)>,
}

impl<T> Default for IndexMap<T> {
    fn default() -> Self {
        IndexMap { entries: Vec::new() }
    }
}

impl<T> IndexMap<T> {
    /// The position of the entry of `index`, or the position where to insert it. New indices
    /// usually come last.
    fn place(&self, index: u32) -> Result<usize, usize> {
        match self.entries.last() {
            Some((last, _)) if *last >= index => {
                self.entries.binary_search_by_key(&index, |entry| entry.0)
            }
            _ => Err(self.entries.len()),
        }
    }

    /// The value at `index`.
    pub fn get(&self, index: u32) -> Option<&T> {
        self.place(index).ok().map(|at| &self.entries[at].1)
    }

    /// Sets the value at `index`.
    pub fn insert(&mut self, index: u32, value: T) {
        match self.place(index) {
            Ok(at) => self.entries[at].1 = value,
            Err(at) => self.entries.insert(at, (index, value)),
        }
    }

    /// Removes and returns the value at `index`.
    pub fn remove(&mut self, index: u32) -> Option<T> {
        self.place(index).ok().map(|at| self.entries.remove(at).1)
    }

    /// The indices and their values, in ascending order of the indices.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, &T)> {
        self.entries.iter().map(|(index, value)| (*index, value))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn map<U>(self, change: impl Fn(T) -> U) -> IndexMap<U> {
        let entries = self.entries.into_iter().map(|(index, value)| (index, change(value)));
        IndexMap { entries: entries.collect() }
    }
}

impl<'a> NameMap<'a> {
    /// Adds names, but keeps the existing name of an index. Returns the first new name that differs
    /// from an existing one.
    fn merge(&mut self, more: NameMap<'a>) -> Option<Name<'a>> {
        let mut clash = None;
        self.entries.extend(more.entries);
        // The sort is stable, so of two names of one index, the existing one comes first.
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
    pub fn into_owned(self) -> NameMap<'static> {
        self.map(Name::into_owned)
    }
}

impl<'a> IndirectNameMap<'a> {
    /// The name of `inner` in `outer`.
    pub fn name(&self, outer: u32, inner: u32) -> Option<&Name<'a>> {
        self.get(outer)?.get(inner)
    }

    /// The names in `outer`, for changing. An empty map is added if there were none.
    pub fn entry(&mut self, outer: u32) -> &mut NameMap<'a> {
        let at = self.place(outer).unwrap_or_else(|at| {
            self.entries.insert(at, (outer, NameMap::default()));
            at
        });
        &mut self.entries[at].1
    }

    /// Adds names, but keeps existing ones. Returns the first new name that differs from an
    /// existing one.
    fn merge(&mut self, more: IndirectNameMap<'a>) -> Option<Name<'a>> {
        let clashes = more.entries.into_iter().map(|(outer, names)| self.entry(outer).merge(names));
        clashes.fold(None, Option::or)
    }

    /// Copies borrowed data, so that the names can outlive the input.
    pub fn into_owned(self) -> IndirectNameMap<'static> {
        self.map(NameMap::into_owned)
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for IndexMap<T> {
    /// Indices must be in ascending order. The count is not used to allocate memory.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut entries: Vec<(u32, T)> = Vec::new();
        for _ in 0..reader.len32()? {
            let start = reader.pos();
            let index = reader.u32()?;
            if entries.last().is_some_and(|(last, _)| *last >= index) {
                return Err(reader.fail_at(start, Malformed::NameSubsection));
            }
            entries.push((index, reader.read()?));
        }
        Ok(IndexMap { entries })
    }
}

impl<T: Encode> Encode for IndexMap<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.entries.encode(out);
    }
}

macro_rules! names {
    ($( $(#[$doc:meta])* $field:ident $variant:ident $id:literal $ty:ident; )*) => {
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
        /// use wattle_ast::Names;
        /// let mut names = Names::default();
        /// names.module = Some("m".into());
        /// names.funcs.insert(0, "f".into());
        /// let bytes = wattle_ast::Encode::to_bytes(&names);
        /// assert_eq!(bytes, [0, 2, 1, b'm', 1, 4, 1, 0, 1, b'f']);
        /// assert_eq!(Names::parse(&bytes), Ok(names));
        /// ```
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct Names<'a> {
            /// The name of the module.
            pub module: Option<Name<'a>>,
            $( $(#[$doc])* pub $field: $ty<'a>, )*
            /// Subsections with unknown ids, in their order.
            pub unknown: Vec<(u8, Cow<'a, [u8]>)>,
        }

        impl<'a> Names<'a> {
            /// Whether there are no names.
            pub fn is_empty(&self) -> bool {
                self.module.is_none() $( && self.$field.is_empty() )* && self.unknown.is_empty()
            }

            /// Adds the names of another name section, but keeps existing names. Returns the first
            /// new name that differs from an existing one.
            ///
            /// ```
            /// use wattle_ast::Names;
            /// let (mut names, mut more) = (Names::default(), Names::default());
            /// names.funcs.insert(0, "f".into());
            /// more.funcs.insert(0, "g".into());
            /// more.funcs.insert(1, "h".into());
            /// assert_eq!(names.merge(more), Some("g".into()));
            /// assert_eq!(names.funcs.get(1), Some(&"h".into()));
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
    funcs Func 1 NameMap;
    /// Locals, by function.
    locals Local 2 IndirectNameMap;
    /// Labels, by function, in the order in which their blocks begin.
    labels Label 3 IndirectNameMap;
    /// Types.
    types Type 4 NameMap;
    /// Tables.
    tables Table 5 NameMap;
    /// Memories.
    memories Memory 6 NameMap;
    /// Globals.
    globals Global 7 NameMap;
    /// Element segments.
    elems Elem 8 NameMap;
    /// Data segments.
    datas Data 9 NameMap;
    /// Fields, by type.
    fields Field 10 IndirectNameMap;
    /// Tags.
    tags Tag 11 NameMap;
    /// Parameters, by function type.
    type_params TypeParam 12 IndirectNameMap;
    /// Parameters, by tag.
    tag_params TagParam 13 IndirectNameMap;
}

fn subsection(out: &mut Vec<u8>, id: u8, content: &[u8]) {
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
    /// The reason and the offset, if the subsections are not in order, do not fill their sizes, or
    /// are malformed themselves. Engines ignore a malformed name section, and so may the caller.
    pub fn parse(bytes: &'a [u8]) -> Result<Names<'a>, (Malformed, usize)> {
        let mut reader = Reader::new(bytes);
        Self::read(&mut reader).map_err(|error| (error, reader.pos()))
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

    /// The names of an index space; `None` if it cannot have any.
    pub fn space(&self, kind: ItemKind) -> Option<&NameMap<'a>> {
        Some(match kind {
            ItemKind::Func => &self.funcs,
            ItemKind::Type => &self.types,
            ItemKind::Table => &self.tables,
            ItemKind::Mem => &self.memories,
            ItemKind::Global => &self.globals,
            ItemKind::Elem => &self.elems,
            ItemKind::Data => &self.datas,
            ItemKind::Tag => &self.tags,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_names_are_refused_with_their_place() {
        for (bytes, error, at) in [
            (&[0, 1, 0, 0, 1, 0][..], Malformed::NameSubsection, 3),
            (&[1, 5, 2, 0, 0, 0, 0], Malformed::NameSubsection, 5),
            (&[1, 2, 0, 0], Malformed::NameSubsection, 3),
            (&[0, 2, 1, 0xff], Malformed::Utf8, 2),
            (&[9, 9], Malformed::LengthOutOfBounds, 1),
        ] {
            assert_eq!(Names::parse(bytes), Err((error, at)), "{bytes:?}");
        }
    }

    #[test]
    fn unknown_subsections_keep_their_place() {
        let bytes = [0, 2, 1, b'm', 1, 4, 1, 0, 1, b'f', 14, 2, 9, 9];
        let names = Names::parse(&bytes).unwrap();
        assert_eq!(names.unknown.len(), 1);
        assert_eq!(names.to_bytes(), bytes);
    }
}
