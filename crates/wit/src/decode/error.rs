//! Errors of components that cannot be read as WIT.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;

use crate::within::{HasPath, Path};

/// The reason why a component cannot be read as WIT, and the place in the component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// The kind of the error.
    pub kind: DecodeErrorKind,
    /// The place of the error: imports, exports, functions and types, the outermost last.
    pub path: Vec<String>,
}

pub(super) use DecodeErrorKind as Kind;

/// The kinds of errors of components that cannot be read as WIT.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// An index of an item that does not exist, or is not defined before its use.
    Index,
    /// A name that is not well-formed in its place.
    Name(String),
    /// An export that an instance does not have, or has with another sort than its use needs.
    NoExport(String),
    /// An argument of an instantiation that is missing, or has another sort.
    Argument(String),
    /// An import or export that WIT does not have, such as a component or an exported type.
    NotWit(String),
    /// An export that is not an interface or world of a package.
    NotItem(String),
    /// Exports of several packages.
    Packages(String, String),
    /// A type or function that an instance exports, but that the definition of its interface does
    /// not have.
    NotDefined(String),
    /// A type or function of an interface that is different elsewhere in the component.
    Differs(String),
    /// A name that two items have.
    Repeated(String),
    /// A type that is exported twice, under different names or by different interfaces.
    TypeRepeated(String),
    /// A type that an interface takes from a world: an interface can only use types of other
    /// interfaces.
    TypeOfWorld(String),
    /// A type of a kind that WIT does not have.
    Form,
    /// A type without a name, of a kind that must have one.
    Unnamed(&'static str),
    /// A function of a resource that does not exist.
    NoResource(String),
    /// Packages that depend on each other.
    PackageCycle(String),
    /// A component that takes more steps to decode than its size justifies.
    TooLarge,
    /// Documentation of an item that does not exist.
    Docs(String),
    /// Documentation that cannot be read.
    #[cfg(feature = "docs")]
    DocsFormat(crate::docs::DocsError),
    /// A section `component-type` without its one export, the type of a world.
    NotWorld,
    /// A section `component-type` of version 3 whose package does not have the world.
    NoWorld(String),
    /// A section `component-type` of version 3 that ends, or is malformed, before its component
    /// begins.
    Prefix,
    /// A section `component-type` whose encoding of strings is missing or unknown.
    Encoding(Option<[u8; 2]>),
}

pub(super) type Result<T> = core::result::Result<T, DecodeError>;

impl From<DecodeErrorKind> for DecodeError {
    fn from(kind: DecodeErrorKind) -> DecodeError {
        DecodeError { kind, path: Vec::new() }
    }
}

impl HasPath for DecodeError {
    fn path_mut(&mut self) -> &mut Vec<String> {
        &mut self.path
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, name): (&str, Cow<'_, str>) = match self {
            Kind::Index => {
                return f.write_str("unknown type, or one that is not defined before its use");
            }
            Kind::Packages(one, other) => {
                let (one, other) = (Shown(one), Shown(other));
                return write!(f, "exports belong to two packages, `{one}` and `{other}`");
            }
            Kind::Form => return f.write_str("a type that has no form in WIT"),
            Kind::Unnamed(kind) => return write!(f, "a {kind} without a name"),
            Kind::TooLarge => {
                return f.write_str("a component that is too large when it is written out");
            }
            #[cfg(feature = "docs")]
            Kind::DocsFormat(error) => return error.fmt(f),
            Kind::NotWorld => {
                return f.write_str("the one export of a section `component-type` is a world");
            }
            Kind::Prefix => {
                return f.write_str("malformed encoding or name of a world before the component");
            }
            Kind::Encoding(None) => {
                return f.write_str("missing custom section `wit-component-encoding`");
            }
            Kind::Encoding(Some([version, encoding])) => {
                return write!(
                    f,
                    "unknown version {version} or encoding {encoding} of strings in \
                     `component-type`: versions 3 and 4 have the encodings 0, 1 and 2"
                );
            }
            Kind::Name(name) => ("is not a well-formed name", name.into()),
            Kind::NoExport(name) => ("is not an export of this sort", name.into()),
            Kind::Argument(name) => ("has no argument of its sort", name.into()),
            Kind::NotWit(name) => ("is nothing that WIT can import or export", name.into()),
            Kind::NotItem(name) => ("is not an interface or world of a package", name.into()),
            Kind::NotDefined(name) => ("is not in the definition of the interface", name.into()),
            Kind::Differs(name) => {
                ("is not what the component says of this interface elsewhere", name.into())
            }
            Kind::Repeated(name) => ("stands for two things", name.into()),
            Kind::TypeRepeated(name) => {
                ("is a type that the component exports elsewhere too", name.into())
            }
            Kind::TypeOfWorld(name) => {
                ("is a type that an interface has from outside of all interfaces", name.into())
            }
            Kind::NoWorld(name) => ("is not a world of the package", name.into()),
            Kind::NoResource(name) => ("is not a resource in this place", name.into()),
            Kind::PackageCycle(name) => ("is a package that depends on itself", name.into()),
            Kind::Docs(name) => ("has documentation, and is not there", name.into()),
        };
        write!(f, "`{}` {text}", Shown(name))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, Path(&self.path))
    }
}

impl core::error::Error for DecodeError {}
