//! The syntax tree of a file.
//!
//! Types lie in a list of the file, children before parents, and refer to each other by number. So
//! depth costs no stack anywhere.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::Span;
use wattle_ast::components::{Accessor, PrimType};

use super::lexer::Tokens;
use crate::error::{Error, ErrorKind, Help, Place};

/// A file: its syntax, and the errors in it.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// The tokens.
    pub tokens: Tokens<'a>,
    /// The `package` at the head of the file.
    pub package: Option<PackageName<'a>>,
    /// The items that belong to that package.
    pub items: Vec<Item<'a>>,
    /// The packages that stand in the file as `package a:b { … }`.
    pub nested: Vec<Nested<'a>>,
    /// The types of all items.
    pub types: Vec<Ty<'a>>,
    /// The errors, in order. Items with errors are left out.
    pub errors: Vec<(ErrorKind, Span, Option<Help>)>,
}

impl File<'_> {
    /// Returns the errors, as those of the text with the number `source`.
    pub(crate) fn errors_of(&self, source: usize) -> impl Iterator<Item = Error> {
        self.errors.iter().map(move |(kind, span, help)| {
            Error::new(kind.clone(), Place { source, span: *span }).help(help.clone())
        })
    }
}

/// A package in a file.
#[derive(Clone, Debug)]
pub struct Nested<'a> {
    /// The name.
    pub package: PackageName<'a>,
    /// The items.
    pub items: Vec<Item<'a>>,
}

/// A name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id<'a> {
    /// The name, without `%`.
    pub name: &'a str,
    /// The range, with `%`.
    pub span: Span,
}

/// A version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionText<'a> {
    /// The semantic version.
    pub text: &'a str,
    /// The range.
    pub span: Span,
}

/// The name of a package, where it is defined or referred to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageName<'a> {
    /// The documentation, where it is defined.
    pub docs: Option<String>,
    /// The namespace.
    pub namespace: Id<'a>,
    /// The name.
    pub name: Id<'a>,
    /// The version.
    pub version: Option<VersionText<'a>>,
    /// The range, up to the version where the package is defined.
    pub span: Span,
}

/// An interface or world that is referred to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path<'a> {
    /// The package, if the path names one.
    pub package: Option<PackageName<'a>>,
    /// The interface or world.
    pub name: Id<'a>,
}

/// The gates and other attributes of an item.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes<'a> {
    /// `@since(version = …)`.
    pub since: Option<VersionText<'a>>,
    /// `@unstable(feature = …)`.
    pub unstable: Option<Id<'a>>,
    /// `@deprecated(version = …)`.
    pub deprecated: Option<VersionText<'a>>,
    /// `@external-id("…")`.
    pub external_id: Option<Cow<'a, str>>,
    /// The range of the first attribute of each name.
    pub spans: Vec<(&'a str, Span)>,
}

/// An item of a package.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// `use a:b/c as d;`: a name for this file alone.
    Use {
        /// The interface.
        path: Path<'a>,
        /// The name that it gets.
        rename: Option<Id<'a>>,
    },
    /// An interface.
    Interface(Interface<'a>),
    /// A world.
    World(World<'a>),
}

/// An interface.
#[derive(Clone, Debug)]
pub struct Interface<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The name.
    pub name: Id<'a>,
    /// The items.
    pub items: Vec<InterfaceItem<'a>>,
}

/// An item of an interface.
#[derive(Clone, Debug)]
pub enum InterfaceItem<'a> {
    /// Types of another interface.
    Use(Use<'a>),
    /// A type.
    Type(TypeDef<'a>),
    /// A function.
    Func(Func<'a>),
}

/// `use path.{a, b as c};`
#[derive(Clone, Debug)]
pub struct Use<'a> {
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The interface.
    pub path: Path<'a>,
    /// The types.
    pub names: Vec<Rename<'a>>,
}

/// A name, and the name that it gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rename<'a> {
    /// The name.
    pub name: Id<'a>,
    /// The other name, if it gets one.
    pub rename: Option<Id<'a>>,
}

impl<'a> Rename<'a> {
    /// Returns the name that is used from here on.
    pub fn local(&self) -> Id<'a> {
        self.rename.unwrap_or(self.name)
    }
}

/// A world.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The name.
    pub name: Id<'a>,
    /// The items.
    pub items: Vec<WorldItem<'a>>,
}

/// An item of a world.
#[derive(Clone, Debug)]
pub enum WorldItem<'a> {
    /// An import.
    Import(Extern<'a>),
    /// An export.
    Export(Extern<'a>),
    /// Types of an interface.
    Use(Use<'a>),
    /// A type.
    Type(TypeDef<'a>),
    /// The imports and exports of another world.
    Include(Include<'a>),
}

/// An import or export.
#[derive(Clone, Debug)]
pub struct Extern<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The item that is imported or exported.
    pub kind: ExternKind<'a>,
}

/// The item that is imported or exported, by the form of its text.
#[derive(Clone, Debug)]
pub enum ExternKind<'a> {
    /// An interface under its own name.
    Path(Path<'a>),
    /// An interface under another name.
    Named(Id<'a>, Path<'a>),
    /// A function. Its documentation and attributes are those of the import or export.
    Func(Func<'a>),
    /// An interface that is written out.
    Interface(Id<'a>, Vec<InterfaceItem<'a>>),
}

impl ExternKind<'_> {
    /// Returns the range of the name, or of the package if the name begins with one.
    pub fn span(&self) -> Span {
        match self {
            ExternKind::Path(path) => path.name.span,
            ExternKind::Named(name, _) | ExternKind::Interface(name, _) => name.span,
            ExternKind::Func(func) => func.name.span,
        }
    }
}

/// `include path with { a as b }`
#[derive(Clone, Debug)]
pub struct Include<'a> {
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The world.
    pub path: Path<'a>,
    /// The imports and exports that get another name.
    pub names: Vec<Rename<'a>>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Func<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The name; `constructor` for a constructor.
    pub name: Id<'a>,
    /// Whether it is static or a constructor.
    pub kind: FuncKind,
    /// Whether it is `async`.
    pub is_async: bool,
    /// Whether it is a getter or setter.
    pub accessor: Option<Accessor>,
    /// The range of `func`, `get`, `set` or `constructor`.
    pub keyword: Span,
    /// The parameters.
    pub params: Vec<Field<'a>>,
    /// The result.
    pub result: Option<TyId>,
}

/// The kinds of functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuncKind {
    /// A function of an interface or world, or a method of a resource.
    Plain,
    /// A static function of a resource.
    Static,
    /// A constructor of a resource.
    Constructor,
}

/// A definition of a type.
#[derive(Clone, Debug)]
pub struct TypeDef<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The attributes.
    pub attributes: Attributes<'a>,
    /// The name.
    pub name: Id<'a>,
    /// The type.
    pub kind: TypeKind<'a>,
}

/// A type that has a name.
#[derive(Clone, Debug)]
pub enum TypeKind<'a> {
    /// `type a = b;`
    Alias(TyId),
    /// A record.
    Record(Vec<Field<'a>>),
    /// A set of flags.
    Flags(Vec<Case<'a>>),
    /// A variant.
    Variant(Vec<Case<'a>>),
    /// An enumeration.
    Enum(Vec<Case<'a>>),
    /// A resource and its functions.
    Resource(Vec<Func<'a>>),
}

/// A field or parameter.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The label.
    pub name: Id<'a>,
    /// The type.
    pub ty: TyId,
}

/// A case or flag.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The documentation.
    pub docs: Option<String>,
    /// The label.
    pub name: Id<'a>,
    /// The type of the payload.
    pub ty: Option<TyId>,
}

/// The place of a type in [`File::types`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TyId(pub usize);

/// A type where one is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ty<'a> {
    /// The type.
    pub kind: TyKind<'a>,
    /// The range of its first word.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TyKind<'a> {
    /// A primitive type.
    Prim(PrimType),
    /// A type with a name.
    Name(Id<'a>),
    /// `list<t>`
    List(TyId),
    /// `list<t, 4>`
    FixedList(TyId, u32),
    /// `tuple<t, u>`
    Tuple(Box<[TyId]>),
    /// `option<t>`
    Option(TyId),
    /// `result<t, e>`
    Result(Option<TyId>, Option<TyId>),
    /// `map<k, v>`
    Map(TyId, TyId),
    /// `own<r>`
    Own(Id<'a>),
    /// `borrow<r>`
    Borrow(Id<'a>),
    /// `stream<t>`
    Stream(Option<TyId>),
    /// `future<t>`
    Future(Option<TyId>),
}
