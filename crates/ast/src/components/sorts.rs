//! Sorts: the index spaces of a component, and indices with the space that they belong to.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#instance-definitions>

use alloc::vec::Vec;
use core::fmt;

use crate::values::codes;
use crate::{
    ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx, Decode,
    Encode, Feature, FuncIdx, GlobalIdx, InstanceIdx, Malformed, MemIdx, Reader, TableIdx, TagIdx,
    TypeIdx, ValueIdx,
};

type Result<T> = core::result::Result<T, Malformed>;

/// A row: the variant, its byte, its keyword, the type of its indices, and its constant among all
/// sorts. The rows give an enum of sorts and an enum of indices.
macro_rules! sorts {
    ($sort:ident $index:ident $(#[$sort_doc:meta])* ; $(#[$index_doc:meta])* ;
        $( $(#[$doc:meta])* $variant:ident $code:literal $keyword:literal $idx:ident $name:ident; )*) => {
        codes! {
            $(#[$sort_doc])*
            $sort { $( $(#[$doc])* $variant = $code, )* }
        }

        impl $sort {
            /// The keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                match self { $( $sort::$variant => $keyword, )* }
            }

            /// The sort with this keyword.
            pub fn from_keyword(keyword: &str) -> Option<$sort> {
                match keyword { $( $keyword => Some($sort::$variant), )* _ => None }
            }
        }

        $(#[$index_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $index { $( $(#[$doc])* $variant($idx), )* }

        impl $index {
            /// The index with this number in the index space of `sort`.
            pub const fn new(sort: $sort, index: u32) -> $index {
                match sort { $( $sort::$variant => $index::$variant($idx(index)), )* }
            }

            /// The index space.
            pub const fn sort(self) -> $sort {
                match self { $( $index::$variant(_) => $sort::$variant, )* }
            }

            /// The number of the index.
            pub const fn number(self) -> u32 {
                match self { $( $index::$variant(index) => index.0, )* }
            }
        }

        impl Sort {
            $( $(#[$doc])* pub const $name: Sort = $sort::$variant.as_sort(); )*
        }

        $(
            impl From<$idx> for $index {
                fn from(index: $idx) -> $index {
                    $index::$variant(index)
                }
            }

            impl SortIndex for $idx {
                const SORT: Sort = Sort::$name;
            }

            impl From<$idx> for SortIdx {
                fn from(index: $idx) -> SortIdx {
                    $index::from(index).into()
                }
            }
        )*
    };
}

sorts! {
    CoreSort CoreSortIdx
    /// An index space of a component that holds core definitions.
    ///
    /// ```
    /// use wattle_ast::components::CoreSort;
    /// assert_eq!(CoreSort::from_code(0x11), Some(CoreSort::Module));
    /// assert_eq!(CoreSort::Module.keyword(), "module");
    /// ```
    ;
    /// An index with its core sort.
    ;
    /// Core functions.
    Func 0x00 "func" FuncIdx CORE_FUNC;
    /// Core tables.
    Table 0x01 "table" TableIdx CORE_TABLE;
    /// Core memories.
    Memory 0x02 "memory" MemIdx CORE_MEMORY;
    /// Core globals.
    Global 0x03 "global" GlobalIdx CORE_GLOBAL;
    /// Core tags.
    Tag 0x04 "tag" TagIdx CORE_TAG;
    /// Core types, types of core modules among them.
    Type 0x10 "type" TypeIdx CORE_TYPE;
    /// Core modules.
    Module 0x11 "module" CoreModuleIdx CORE_MODULE;
    /// Core instances.
    Instance 0x12 "instance" CoreInstanceIdx CORE_INSTANCE;
}

sorts! {
    PlainSort PlainSortIdx
    /// An index space of a component that holds component-level definitions.
    ;
    /// An index with its sort, which is not a core sort.
    ;
    /// Functions.
    Func 0x01 "func" ComponentFuncIdx FUNC;
    /// Values.
    Value 0x02 "value" ValueIdx VALUE;
    /// Types.
    Type 0x03 "type" ComponentTypeIdx TYPE;
    /// Components.
    Component 0x04 "component" ComponentIdx COMPONENT;
    /// Instances.
    Instance 0x05 "instance" InstanceIdx INSTANCE;
}

/// The byte before a core sort.
const CORE: u8 = 0x00;

/// One of the 13 index spaces of a component.
///
/// ```
/// use wattle_ast::components::{CoreSort, Sort};
/// use wattle_ast::{Encode, Reader};
///
/// let sort: Sort = Reader::new(&[0x00, 0x02]).read()?;
/// assert_eq!(sort, Sort::Core(CoreSort::Memory));
/// assert_eq!(sort, Sort::CORE_MEMORY);
/// assert_eq!(sort.to_bytes(), [0x00, 0x02]);
/// # Ok::<(), wattle_ast::Malformed>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Sort {
    /// A space of core definitions.
    Core(CoreSort),
    /// A space of component-level definitions.
    Plain(PlainSort),
}

/// The keyword of the text format, with `core` before that of a core sort.
impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sort::Core(_) => write!(f, "core {}", self.keyword()),
            Sort::Plain(_) => f.write_str(self.keyword()),
        }
    }
}

impl CoreSort {
    /// Whether core modules can import and export definitions of the sort.
    ///
    /// ```
    /// use wattle_ast::components::CoreSort;
    /// assert!(CoreSort::Func.is_extern() && !CoreSort::Type.is_extern());
    /// ```
    pub const fn is_extern(self) -> bool {
        !matches!(self, CoreSort::Type | CoreSort::Module | CoreSort::Instance)
    }

    /// The core sort as a [`Sort`].
    pub const fn as_sort(self) -> Sort {
        Sort::Core(self)
    }
}

impl PlainSort {
    /// The sort as a [`Sort`].
    pub const fn as_sort(self) -> Sort {
        Sort::Plain(self)
    }
}

/// A type of indices in one index space of a component.
///
/// ```
/// use wattle_ast::MemIdx;
/// use wattle_ast::components::{Sort, SortIndex};
/// assert_eq!(MemIdx::SORT, Sort::CORE_MEMORY);
/// ```
pub trait SortIndex: Copy + From<u32> + Into<u32> + Into<SortIdx> {
    /// The index space.
    const SORT: Sort;
}

/// An index with its sort.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SortIdx {
    /// The index of a core definition.
    Core(CoreSortIdx),
    /// The index of a component-level definition.
    Plain(PlainSortIdx),
}

impl From<CoreSortIdx> for SortIdx {
    fn from(index: CoreSortIdx) -> SortIdx {
        SortIdx::Core(index)
    }
}

impl From<PlainSortIdx> for SortIdx {
    fn from(index: PlainSortIdx) -> SortIdx {
        SortIdx::Plain(index)
    }
}

impl SortIdx {
    /// The index with this number in the index space of `sort`.
    pub const fn new(sort: Sort, index: u32) -> SortIdx {
        match sort {
            Sort::Core(sort) => SortIdx::Core(CoreSortIdx::new(sort, index)),
            Sort::Plain(sort) => SortIdx::Plain(PlainSortIdx::new(sort, index)),
        }
    }

    /// The index space.
    pub const fn sort(self) -> Sort {
        match self {
            SortIdx::Core(index) => Sort::Core(index.sort()),
            SortIdx::Plain(index) => Sort::Plain(index.sort()),
        }
    }

    /// The number of the index.
    pub const fn number(self) -> u32 {
        match self {
            SortIdx::Core(index) => index.number(),
            SortIdx::Plain(index) => index.number(),
        }
    }
}

impl Sort {
    /// The number of sorts.
    pub const COUNT: usize = CoreSort::ALL.len() + PlainSort::ALL.len();

    /// The place of the sort among all of them, core sorts first: a number below
    /// [`COUNT`](Sort::COUNT), for arrays with an element for each sort.
    ///
    /// ```
    /// use wattle_ast::components::Sort;
    /// assert_eq!(Sort::CORE_FUNC.place(), 0);
    /// assert_eq!(Sort::INSTANCE.place(), Sort::COUNT - 1);
    /// ```
    pub const fn place(self) -> usize {
        match self {
            Sort::Core(sort) => sort as usize,
            Sort::Plain(sort) => CoreSort::ALL.len() + sort as usize,
        }
    }

    /// The sort at this [`place`](Sort::place).
    pub fn at(place: usize) -> Option<Sort> {
        match place.checked_sub(CoreSort::ALL.len()) {
            None => CoreSort::ALL.get(place).map(|sort| sort.as_sort()),
            Some(place) => PlainSort::ALL.get(place).map(|sort| sort.as_sort()),
        }
    }

    /// The keyword of the text format, without the `core` before that of a core sort.
    ///
    /// ```
    /// use wattle_ast::components::Sort;
    /// assert_eq!(Sort::CORE_MODULE.keyword(), "module");
    /// ```
    pub const fn keyword(self) -> &'static str {
        match self {
            Sort::Core(sort) => sort.keyword(),
            Sort::Plain(sort) => sort.keyword(),
        }
    }

    /// All sorts, by [`place`](Sort::place).
    ///
    /// ```
    /// use wattle_ast::components::Sort;
    /// assert!(Sort::all().enumerate().all(|(place, sort)| sort.place() == place));
    /// ```
    pub fn all() -> impl Iterator<Item = Sort> {
        (0..Sort::COUNT).filter_map(Sort::at)
    }

    /// Whether components can import and export definitions of the sort.
    ///
    /// ```
    /// use wattle_ast::components::Sort;
    /// assert!(Sort::CORE_MODULE.is_extern());
    /// assert!(!Sort::CORE_FUNC.is_extern());
    /// ```
    pub const fn is_extern(self) -> bool {
        matches!(self, Sort::Plain(_) | Sort::CORE_MODULE)
    }

    /// Whether outer aliases can refer to definitions of the sort.
    ///
    /// ```
    /// use wattle_ast::components::Sort;
    /// assert!(Sort::CORE_MODULE.has_outer_alias());
    /// assert!(!Sort::CORE_FUNC.has_outer_alias());
    /// ```
    pub const fn has_outer_alias(self) -> bool {
        matches!(self, Sort::CORE_MODULE | Sort::CORE_TYPE | Sort::COMPONENT | Sort::TYPE)
    }

    /// Reads a sort. `error` is the error for an unknown first byte.
    pub(super) fn decode_or(reader: &mut Reader<'_>, error: Malformed) -> Result<Sort> {
        if reader.peek() == Some(CORE) {
            reader.advance();
            return reader.read().map(Sort::Core);
        }
        let has_values = reader.features().contains(Feature::CmValues);
        let allowed = |sort: &PlainSort| has_values || *sort != PlainSort::Value;
        let accept = |code| PlainSort::from_code(code).filter(allowed);
        reader.byte_if(error, accept).map(Sort::Plain)
    }
}

impl Decode<'_> for CoreSort {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        reader.byte_if(Malformed::CoreSort, CoreSort::from_code)
    }
}

impl Encode for CoreSort {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code());
    }
}

impl Decode<'_> for Sort {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Sort::decode_or(reader, Malformed::Sort)
    }
}

impl Encode for Sort {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Sort::Core(sort) => (CORE, *sort).encode(out),
            Sort::Plain(sort) => out.push(sort.code()),
        }
    }
}

impl Decode<'_> for CoreSortIdx {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let sort = reader.read()?;
        Ok(CoreSortIdx::new(sort, reader.u32()?))
    }
}

impl Encode for CoreSortIdx {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.sort(), self.number()).encode(out);
    }
}

impl Decode<'_> for SortIdx {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let sort = reader.read()?;
        Ok(SortIdx::new(sort, reader.u32()?))
    }
}

impl Encode for SortIdx {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.sort(), self.number()).encode(out);
    }
}
