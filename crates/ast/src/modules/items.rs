//! Items: what a module consists of. One is a node of the tree and an event of the stream alike.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/modules.html>

use alloc::borrow::Cow;

use crate::{
    Body, Expr, ExternIdx, ExternType, FuncIdx, GlobalType, List, MemIdx, MemType, Name, RecGroup,
    RefType, Section, SectionId, SubType, TableIdx, TableType, TagType, TypeIdx,
};

/// A part of a module, as an event of a stream.
///
/// A module is: a header, then sections in order, each a [`Section`] followed by its items; custom
/// sections, whole, between any two of them.
#[derive(Clone, PartialEq, Debug)]
pub enum Item<'a> {
    /// Magic and version.
    Header,
    /// A section other than a custom one begins.
    Section(Section),
    /// The next types are one recursive group. Types outside of one are a group each.
    RecGroup(RecGroup),
    /// A type.
    Type(Cow<'a, SubType>),
    /// The next imports share a module name, and perhaps a type (compact imports).
    ImportGroup(ImportGroup<'a>),
    /// An import, complete even in a group.
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
    /// How many data segments there are.
    DataCount(u32),
    /// The body of a function.
    Body(Body<'a>),
    /// A data segment.
    Data(Data<'a>),
    /// A custom section.
    Custom(Custom<'a>),
}

/// An item with the bytes that it was read from.
///
/// The events of a module tile it: their bytes, one after the other, are the module.
#[derive(Clone, PartialEq, Debug)]
pub struct Event<'a> {
    /// The item.
    pub item: Item<'a>,
    /// Where its first byte lies in the input.
    pub offset: usize,
    /// All its bytes.
    pub bytes: &'a [u8],
}

/// Imports that were written with one module name, or with one type too (compact imports).
#[derive(Clone, PartialEq, Debug)]
pub struct ImportGroup<'a> {
    /// Place among the module's imports of the first one.
    pub first: u32,
    /// How many; none is well-formed.
    pub len: u32,
    /// The module name.
    pub module: Name<'a>,
    /// The type, when it was written once for all.
    pub ty: Option<ExternType>,
}

/// An import.
#[derive(Clone, PartialEq, Debug)]
pub struct Import<'a> {
    /// The module to import from.
    pub module: Name<'a>,
    /// The name there.
    pub name: Name<'a>,
    /// What it must be.
    pub ty: ExternType,
}

/// A function that the module defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Func<'a> {
    /// Its type.
    pub ty: TypeIdx,
    /// Its locals and instructions.
    pub body: Body<'a>,
}

/// A table that the module defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Table<'a> {
    /// Its type.
    pub ty: TableType,
    /// What its elements are at first, when not null.
    pub init: Option<Expr<'a>>,
}

/// A global that the module defines.
#[derive(Clone, PartialEq, Debug)]
pub struct Global<'a> {
    /// Its type.
    pub ty: GlobalType,
    /// Its first value.
    pub init: Expr<'a>,
}

/// An export.
#[derive(Clone, PartialEq, Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// What it is.
    pub index: ExternIdx,
}

/// An element segment.
#[derive(Clone, PartialEq, Debug)]
pub struct Elem<'a> {
    /// The type of its elements.
    pub ty: RefType,
    /// The elements.
    pub items: ElemItems<'a>,
    /// When they go where.
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
    /// How many.
    pub fn len(&self) -> u32 {
        match self {
            ElemItems::Funcs(funcs) => funcs.len(),
            ElemItems::Exprs(exprs) => exprs.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The encoded list, as it stood where it was read from.
    pub fn bytes(&self) -> &[u8] {
        match self {
            ElemItems::Funcs(funcs) => funcs.view().bytes(),
            ElemItems::Exprs(exprs) => exprs.view().bytes(),
        }
    }
}

/// When the elements of a segment go where.
#[derive(Clone, PartialEq, Debug)]
pub enum ElemMode<'a> {
    /// When `table.init` asks for them.
    Passive,
    /// Into a table at instantiation.
    Active {
        /// The table; when it is not stated, the first one.
        table: Option<TableIdx>,
        /// Where in it.
        offset: Expr<'a>,
    },
    /// Nowhere: the segment only declares what `ref.func` may name.
    Declarative,
}

/// A data segment.
#[derive(Clone, PartialEq, Debug)]
pub struct Data<'a> {
    /// When the bytes go where.
    pub mode: DataMode<'a>,
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// When the bytes of a segment go where.
#[derive(Clone, PartialEq, Debug)]
pub enum DataMode<'a> {
    /// When `memory.init` asks for them.
    Passive,
    /// Into a memory at instantiation.
    Active {
        /// The memory; when it is not stated, the first one.
        memory: Option<MemIdx>,
        /// Where in it.
        offset: Expr<'a>,
    },
}

/// A custom section.
#[derive(Clone, PartialEq, Debug)]
pub struct Custom<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// What it holds.
    pub data: CustomData<'a>,
    /// The section that it comes after; `None` when it comes first.
    pub after: Option<SectionId>,
}

/// What a custom section of a module holds.
#[derive(Clone, PartialEq, Debug)]
pub enum CustomData<'a> {
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// The module's names: this is where the name section stands.
    Names,
}

/// `borrowed` and `into_owned`, by how each field is treated: `copy` borrows nothing, `view` has these
/// methods itself, `option` is an expression that may be there, `cow` is a [`Cow`].
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

            /// Copies what it borrows, so that it can outlive the input.
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
    /// The bytes, unless it stands for the module's names.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            CustomData::Bytes(bytes) => Some(bytes),
            CustomData::Names => None,
        }
    }
}

impl Item<'_> {
    /// The section that the item stands in, or is the header of; none for magic and version.
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

    /// The section that begins with this item: a header, or a custom section, which is whole.
    #[inline]
    pub fn begins(&self) -> Option<SectionId> {
        match self {
            Item::Section(section) => Some(section.id),
            Item::Custom(_) => Some(SectionId::Custom),
            _ => None,
        }
    }
}
