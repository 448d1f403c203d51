//! The name section of a component: names for everything that has an index.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#name-section>

use alloc::vec::Vec;

use super::sorts::{Sort, SortIdx, SortIndex};
use crate::modules::subsection;
use crate::{
    ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx, Encode,
    Error, FuncIdx, GlobalIdx, InstanceIdx, Malformed, MemIdx, Name, NameMap, Reader, TableIdx,
    TagIdx, TypeIdx, ValueIdx,
};

type Result<T, E = Malformed> = core::result::Result<T, E>;

/// The subsection with the name of the component.
const COMPONENT: u8 = 0;
/// A subsection with the names of one sort.
const SORT: u8 = 1;

/// A row: the field, and the type of its indices, which determines the sort.
macro_rules! names {
    ($( $(#[$doc:meta])* $field:ident $idx:ident; )*) => {
        /// The names of a component: the content of a custom section of its own.
        ///
        /// ```
        /// use wattle_ast::Encode;
        /// use wattle_ast::components::Names;
        ///
        /// let mut names = Names::default();
        /// names.component = Some("c".into());
        /// names.core_funcs.insert(2.into(), "f".into());
        /// let bytes = names.to_bytes();
        /// assert_eq!(bytes, [0, 2, 1, b'c', 1, 6, 0, 0, 1, 2, 1, b'f']);
        /// assert_eq!(Names::parse(&bytes), Ok(names));
        /// ```
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct Names<'a> {
            /// The name of the component.
            pub component: Option<Name<'a>>,
            $( $(#[$doc])* pub $field: NameMap<'a, $idx>, )*
        }

        impl<'a> Names<'a> {
            /// Whether nothing has a name.
            pub fn is_empty(&self) -> bool {
                self.component.is_none() $( && self.$field.is_empty() )*
            }

            /// The name of the definition of this sort with this index.
            pub fn of(&self, sort: Sort, index: u32) -> Option<&Name<'a>> {
                match sort { $( <$idx>::SORT => self.$field.get(index.into()), )* }
            }

            /// All names but that of the component, sort by sort, in ascending order of indices.
            ///
            /// ```
            /// use wattle_ast::components::{CoreSortIdx, Names, SortIdx};
            ///
            /// let mut names = Names::default();
            /// names.core_tags.insert(3.into(), "t".into());
            /// let (index, name) = names.iter().next().unwrap();
            /// assert_eq!((index, name.as_str()), (SortIdx::Core(CoreSortIdx::Tag(3.into())), "t"));
            /// ```
            pub fn iter(&self) -> impl Iterator<Item = (SortIdx, &Name<'a>)> {
                let names = core::iter::empty();
                $( let names = names.chain(self.$field.iter().map(|(index, name)| (index.into(), name))); )*
                names
            }

            /// Sets the name of the definition of this sort with this index.
            pub fn insert(&mut self, sort: Sort, index: u32, name: Name<'a>) {
                match sort { $( <$idx>::SORT => self.$field.insert(index.into(), name), )* }
            }

            /// Copies borrowed data, so that the names can outlive the input.
            pub fn into_owned(self) -> Names<'static> {
                Names {
                    component: self.component.map(Name::into_owned),
                    $( $field: self.$field.into_owned(), )*
                }
            }

            fn read_sort(&mut self, sort: Sort, reader: &mut Reader<'a>) -> Result<()> {
                match sort { $( <$idx>::SORT => self.$field = reader.read()?, )* }
                Ok(())
            }
        }

        /// Leaves out sorts without names.
        impl Encode for Names<'_> {
            fn encode(&self, out: &mut Vec<u8>) {
                if let Some(name) = &self.component {
                    subsection(out, COMPONENT, &name.to_bytes());
                }
                $( if !self.$field.is_empty() {
                    let mut content = <$idx>::SORT.to_bytes();
                    self.$field.encode(&mut content);
                    subsection(out, SORT, &content);
                } )*
            }
        }
    };
}

names! {
    /// Core functions.
    core_funcs FuncIdx;
    /// Core tables.
    core_tables TableIdx;
    /// Core memories.
    core_memories MemIdx;
    /// Core globals.
    core_globals GlobalIdx;
    /// Core tags.
    core_tags TagIdx;
    /// Core types.
    core_types TypeIdx;
    /// Core modules.
    core_modules CoreModuleIdx;
    /// Core instances.
    core_instances CoreInstanceIdx;
    /// Functions.
    funcs ComponentFuncIdx;
    /// Values.
    values ValueIdx;
    /// Types.
    types ComponentTypeIdx;
    /// Components.
    components ComponentIdx;
    /// Instances.
    instances InstanceIdx;
}

impl<'a> Names<'a> {
    /// The name of the section.
    pub const NAME: &'static str = "component-name";

    /// Parses the content of the section, which follows the section's own name.
    ///
    /// # Errors
    /// The first fault, with its offset: the name of the component is not first, a sort comes twice
    /// with different names, an id is unknown, or a subsection is malformed. Engines ignore a
    /// malformed name section, and so may the caller.
    ///
    /// A sort may come twice with equal names, although the specification permits it once:
    /// `wasm-encoder` 0.263 writes the names of instances twice.
    pub fn parse(bytes: &'a [u8]) -> Result<Names<'a>, Error> {
        let mut reader = Reader::new(bytes);
        Self::read(&mut reader).map_err(|kind| Error::at(kind, reader.pos()))
    }

    fn read(reader: &mut Reader<'a>) -> Result<Names<'a>> {
        let mut names = Names::default();
        let mut sorts: Vec<(Sort, &[u8])> = Vec::new();
        while !reader.is_empty() {
            let is_first = reader.pos() == 0;
            let id = reader.byte_if(Malformed::NameSubsection, |id| match id {
                COMPONENT if is_first => Some(id),
                SORT => Some(id),
                _ => None,
            })?;
            reader.sized(Malformed::NameSubsection, |inner| {
                if id == COMPONENT {
                    names.component = Some(inner.read()?);
                    return Ok(());
                }
                let start = inner.pos();
                let sort = inner.read()?;
                let first = inner.pos();
                names.read_sort(sort, inner)?;
                let bytes = inner.since(first);
                match sorts.iter().find(|(known, _)| *known == sort) {
                    Some((_, known)) if *known != bytes => {
                        Err(inner.fail_at(start, Malformed::NameSubsection))
                    }
                    Some(_) => Ok(()),
                    None => {
                        sorts.push((sort, bytes));
                        Ok(())
                    }
                }
            })?;
        }
        Ok(names)
    }
}
