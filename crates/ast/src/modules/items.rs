//! Items: the parts of a module. They are both nodes of the tree and events of the stream.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/modules.html>

use alloc::borrow::Cow;

use crate::{
    Body, Expr, ExternIdx, ExternType, FuncIdx, GlobalType, List, MemIdx, MemType, Name, RecGroup,
    RefType, Section, SectionId, Span, SubType, TableIdx, TableType, TagType, TypeIdx,
};

/// A part of a module, as an event of a stream.
///
/// A module is a header, then sections in order, each of them a [`Section`] followed by its items.
/// A custom section is a single item, and may stand between any two sections.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Item<'a> {
    /// Magic and version.
    Header,
    /// The header of a section that is not custom.
    Section(Section),
    /// The next types form a recursive group. A type outside of all groups is a group of its own.
    RecGroup(RecGroup),
    /// A type.
    Type(Cow<'a, SubType>),
    /// The next imports share a module name, and possibly a type (compact imports).
    ImportGroup(ImportGroup<'a>),
    /// An import, with its module name and type even in a group.
    Import(Import<'a>),
    /// The type of a function; its body comes in the code section.
    Func(TypeIdx),
    /// A table.
    Table(Table<'a>),
    /// A memory.
    Mem(MemType),
    /// A tag.
    Tag(TagType),
    /// A global.
    Global(Global<'a>),
    /// An export.
    Export(Export<'a>),
    /// The start function.
    Start(FuncIdx),
    /// An element segment.
    Elem(Elem<'a>),
    /// The number of data segments.
    DataCount(u32),
    /// The body of a function.
    Body(Body<'a>),
    /// A data segment.
    Data(Data<'a>),
    /// A custom section.
    Custom(Custom<'a>),
}

/// An item with its bytes in the input.
///
/// The bytes of all events of a module, in order, are the module.
#[derive(Clone, PartialEq, Debug)]
pub struct Event<'a> {
    /// The item.
    pub item: Item<'a>,
    /// The offset in the input of its first byte.
    pub offset: usize,
    /// The bytes of the item.
    pub bytes: &'a [u8],
}

impl Event<'_> {
    /// The place of the item in the input.
    ///
    /// ```
    /// use wattle_ast::{Event, Item, Span};
    ///
    /// let event = Event { item: Item::Header, offset: 0, bytes: b"\0asm\x01\0\0\0" };
    /// assert_eq!(event.span(), Span::new(0, 8));
    /// ```
    #[inline(always)]
    pub fn span(&self) -> Span {
        Span::new(self.offset, self.offset + self.bytes.len())
    }
}

/// Imports that were written with a shared module name, and possibly a shared type (compact
/// imports).
#[derive(Clone, PartialEq, Debug)]
pub struct ImportGroup<'a> {
    /// The index of the first import of the group in the module's list of imports.
    pub first: u32,
    /// The number of imports; 0 is well-formed.
    pub len: u32,
    /// The module name.
    pub module: Name<'a>,
    /// The type, if all imports of the group share it.
    pub ty: Option<ExternType>,
}

/// An import.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Import<'a> {
    /// The name of the module to import from.
    pub module: Name<'a>,
    /// The name of the import in that module.
    pub name: Name<'a>,
    /// The type of the import.
    pub ty: ExternType,
}

/// A function that the module defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Func<'a> {
    /// The type of the function.
    pub ty: TypeIdx,
    /// The locals and instructions of the function.
    pub body: Body<'a>,
}

/// A table that the module defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Table<'a> {
    /// The type of the table.
    pub ty: TableType,
    /// The initial value of the elements; `None` for null.
    pub init: Option<Expr<'a>>,
}

/// A global that the module defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Global<'a> {
    /// The type of the global.
    pub ty: GlobalType,
    /// The initial value.
    pub init: Expr<'a>,
}

/// An export.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Export<'a> {
    /// The name of the export.
    pub name: Name<'a>,
    /// The exported item.
    pub index: ExternIdx,
}

/// An element segment.
#[derive(Clone, PartialEq, Debug)]
pub struct Elem<'a> {
    /// The type of its elements.
    pub ty: RefType,
    /// The elements.
    pub items: ElemItems<'a>,
    /// The mode of the segment.
    pub mode: ElemMode<'a>,
}

/// The elements of a segment.
#[derive(Clone, PartialEq, Debug)]
pub enum ElemItems<'a> {
    /// Functions. The segment's type is then `(ref func)`.
    Funcs(List<'a, FuncIdx>),
    /// Constant expressions.
    Exprs(List<'a, Expr<'static>>),
}

impl ElemItems<'_> {
    /// The number of elements.
    pub fn len(&self) -> u32 {
        match self {
            ElemItems::Funcs(funcs) => funcs.len(),
            ElemItems::Exprs(exprs) => exprs.len(),
        }
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of the encoded list.
    pub fn bytes(&self) -> &[u8] {
        match self {
            ElemItems::Funcs(funcs) => funcs.view().bytes(),
            ElemItems::Exprs(exprs) => exprs.view().bytes(),
        }
    }
}

/// The mode of an element segment: when and where its elements are copied.
#[derive(Clone, PartialEq, Debug)]
pub enum ElemMode<'a> {
    /// By `table.init`.
    Passive,
    /// Into a table, at instantiation.
    Active {
        /// The table; `None` stands for the first one.
        table: Option<TableIdx>,
        /// The offset in the table.
        offset: Expr<'a>,
    },
    /// Never: the segment only declares functions that `ref.func` may name.
    Declarative,
}

/// A data segment.
#[derive(Clone, PartialEq, Debug)]
pub struct Data<'a> {
    /// The mode of the segment.
    pub mode: DataMode<'a>,
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// The mode of a data segment: when and where its bytes are copied.
#[derive(Clone, PartialEq, Debug)]
pub enum DataMode<'a> {
    /// By `memory.init`.
    Passive,
    /// Into a memory, at instantiation.
    Active {
        /// The memory; `None` stands for the first one.
        memory: Option<MemIdx>,
        /// The offset in the memory.
        offset: Expr<'a>,
    },
}

/// A custom section.
#[derive(Clone, PartialEq, Debug)]
pub struct Custom<'a> {
    /// The name of the section.
    pub name: Name<'a>,
    /// The content.
    pub data: CustomData<'a>,
    /// The last section before it that is not custom; `None` if it is before all of these.
    pub after: Option<SectionId>,
}

/// The content of a custom section.
#[derive(Clone, PartialEq, Debug)]
pub enum CustomData<'a> {
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// The module's names: a placeholder for the name section.
    Names,
}

/// Defines `borrowed` and `into_owned`. The fields are listed by their treatment: `copy` borrows
/// nothing, `view` has these methods itself, `option` is an optional expression, `cow` is a
/// [`Cow`].
macro_rules! views {
    (@borrow $value:ident copy) => { *$value };
    (@borrow $value:ident view) => { $value.borrowed() };
    (@borrow $value:ident option) => { $value.as_ref().map(Expr::borrowed) };
    (@borrow $value:ident cow) => { Cow::Borrowed(&**$value) };
    (@own $value:ident copy) => { $value };
    (@own $value:ident view) => { $value.into_owned() };
    (@own $value:ident option) => { $value.map(Expr::into_owned) };
    (@own $value:ident cow) => { Cow::Owned($value.into_owned()) };
    ($( $name:ident: $(
        $form:ident $(:: $variant:ident)?
        $({ $( $field:ident $how:ident ),* })? $(( $one:ident $its_how:ident ))?
    )+; )*) => { $(
        impl $name<'_> {
            /// A view that borrows from this one.
            pub fn borrowed(&self) -> $name<'_> {
                match self { $(
                    $form $(:: $variant)? { $($( $field ),*)? $( 0: $one )? } => $form $(:: $variant)? {
                        $($( $field: views!(@borrow $field $how) ),*)?
                        $( 0: views!(@borrow $one $its_how) )?
                    },
                )+ }
            }

            /// Copies borrowed data, so that the value can outlive the input.
            pub fn into_owned(self) -> $name<'static> {
                match self { $(
                    $form $(:: $variant)? { $($( $field ),*)? $( 0: $one )? } => $form $(:: $variant)? {
                        $($( $field: views!(@own $field $how) ),*)?
                        $( 0: views!(@own $one $its_how) )?
                    },
                )+ }
            }
        }
    )* };
}

views! {
    ImportGroup: ImportGroup { first copy, len copy, module view, ty copy };
    Import: Import { module view, name view, ty copy };
    Func: Func { ty copy, body view };
    Table: Table { ty copy, init option };
    Global: Global { ty copy, init view };
    Export: Export { name view, index copy };
    Elem: Elem { ty copy, items view, mode view };
    ElemItems: ElemItems::Funcs(it view) ElemItems::Exprs(it view);
    ElemMode:
        ElemMode::Passive {}
        ElemMode::Active { table copy, offset view }
        ElemMode::Declarative {};
    Data: Data { mode view, bytes cow };
    DataMode: DataMode::Passive {} DataMode::Active { memory copy, offset view };
    Custom: Custom { name view, data view, after copy };
    CustomData: CustomData::Bytes(it cow) CustomData::Names {};
    Item:
        Item::Header {}
        Item::Section(it copy)
        Item::RecGroup(it copy)
        Item::Type(it cow)
        Item::ImportGroup(it view)
        Item::Import(it view)
        Item::Func(it copy)
        Item::Table(it view)
        Item::Mem(it copy)
        Item::Tag(it copy)
        Item::Global(it view)
        Item::Export(it view)
        Item::Start(it copy)
        Item::Elem(it view)
        Item::DataCount(it copy)
        Item::Body(it view)
        Item::Data(it view)
        Item::Custom(it view);
}

impl CustomData<'_> {
    /// The bytes; `None` if the content is a placeholder for the module's names.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            CustomData::Bytes(bytes) => Some(bytes),
            CustomData::Names => None,
        }
    }
}

impl Item<'_> {
    /// The section of the item, or the section that the item is the header of; `None` for magic and
    /// version.
    pub fn section(&self) -> Option<SectionId> {
        Some(match self {
            Item::Header => return None,
            Item::Section(section) => section.id,
            Item::RecGroup(_) | Item::Type(_) => SectionId::Type,
            Item::ImportGroup(_) | Item::Import(_) => SectionId::Import,
            Item::Func(_) => SectionId::Func,
            Item::Table(_) => SectionId::Table,
            Item::Mem(_) => SectionId::Mem,
            Item::Tag(_) => SectionId::Tag,
            Item::Global(_) => SectionId::Global,
            Item::Export(_) => SectionId::Export,
            Item::Start(_) => SectionId::Start,
            Item::Elem(_) => SectionId::Elem,
            Item::DataCount(_) => SectionId::DataCount,
            Item::Body(_) => SectionId::Code,
            Item::Data(_) => SectionId::Data,
            Item::Custom(_) => SectionId::Custom,
        })
    }

    /// The section that begins with this item: its header, or a custom section, which is a single
    /// item.
    #[inline]
    pub fn begins(&self) -> Option<SectionId> {
        match self {
            Item::Section(section) => Some(section.id),
            Item::Custom(_) => Some(SectionId::Custom),
            _ => None,
        }
    }
}
