//! Why a component cannot be read as WIT.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;

use crate::within::{HasPath, Path};

/// Why a component cannot be read as WIT, and where in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Where: imports, exports, functions and types, the outermost last.
    pub path: Vec<String>,
}

pub(super) use DecodeErrorKind as Kind;

/// What is wrong with a component that should be WIT.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// An index of something that is not there, or not before it is used.
    Index,
    /// A name that is not well-formed in its place.
    Name(String),
    /// An export that an instance has not, or with another sort than it is used as.
    NoExport(String),
    /// An argument of an instantiation that is missing, or has another sort.
    Argument(String),
    /// An import or export that WIT has not, such as a component or a type that is exported.
    NotWit(String),
    /// An export that is not an interface or world of a package.
    NotItem(String),
    /// Exports of several packages.
    Packages(String, String),
    /// A type that an interface exports although its definition has no such type, or a function.
    NotDefined(String),
    /// A type or function of an interface that is another one elsewhere.
    Differs(String),
    /// A name that stands for two things.
    Repeated(String),
    /// A type that is exported twice, under different names or by different interfaces.
    TypeRepeated(String),
    /// A type of an interface that is one of a world: an interface can only use types of others.
    TypeOfWorld(String),
    /// A type of a kind that WIT has not.
    Form,
    /// A type without a name that must have one.
    Unnamed(&'static str),
    /// A function of a resource that is not there.
    NoResource(String),
    /// Packages that depend on each other.
    PackageCycle(String),
    /// A component that asks for more steps than its size justifies.
    TooLarge,
    /// Documentation of something that is not there.
    Docs(String),
    /// Documentation that cannot be read.
    #[cfg(feature = "docs")]
    DocsFormat(crate::docs::DocsError),
    /// A section `component-type` without its one export, the type of a world.
    NotWorld,
    /// A section `component-type` of version 3 with a package that has not the world.
    NoWorld(String),
    /// A section `component-type` of version 3 that ends, or is malformed, before its component begins.
    Prefix,
    /// A section `component-type` whose strings have an encoding that is not known.
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
