//! Errors of merging models and worlds.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;

use super::Transitive;
use crate::docs::Gate;
use crate::within::{HasPath, Path};

/// The reason why two models or worlds cannot be merged, and the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MergeError {
    /// The kind of the error.
    pub kind: MergeErrorKind,
    /// The place of the error: worlds, interfaces, imports and exports, the outermost last.
    pub path: Vec<String>,
}

/// The kinds of errors of merging models or worlds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MergeErrorKind {
    /// A type whose definitions on the two sides differ.
    Types {
        /// Its name.
        name: String,
        /// The word for its kind on the side that is added.
        from: &'static str,
        /// The word for its kind on the side that is there.
        into: &'static str,
    },
    /// Functions of one name whose types differ.
    Funcs {
        /// The name.
        name: String,
        /// The part that differs.
        what: FuncPart,
    },
    /// An import or export with different sorts on the two sides.
    Sorts {
        /// The word for its sort on the side that is added.
        from: &'static str,
        /// The word for its sort on the side that is there.
        into: &'static str,
    },
    /// An import or export of different interfaces on the two sides.
    Interfaces,
    /// A world with different numbers of imports or exports on the two sides.
    Number {
        /// `imports` or `exports`.
        direction: &'static str,
        /// The number on the side that is added.
        from: usize,
        /// The number on the side that is there.
        into: usize,
    },
    /// An import or export that one side alone has.
    Missing {
        /// `import` or `export`.
        direction: &'static str,
        /// Its name.
        name: String,
    },
    /// Different gates.
    Gates {
        /// The gate on the side that is added.
        from: Box<Gate>,
        /// The gate on the side that is there.
        into: Box<Gate>,
    },
    /// An export that uses an exported interface through an interface that is imported.
    Exported {
        /// The interface.
        name: String,
    },
    /// A new export that another export has used as an import so far.
    ChangesMeaning {
        /// The export.
        name: String,
        /// The export that uses it as an import.
        user: String,
    },
    /// An interface that a world would have to import and export.
    Transitive(Transitive),
    /// A newer version of an interface that cannot stand for an older one.
    Upgrade {
        /// The older interface.
        old: String,
        /// The newer interface.
        new: String,
        /// The difference between the versions.
        why: Box<MergeErrorKind>,
    },
    /// A type that is used of an older interface, and that the newer one does not have.
    NoType {
        /// The type.
        name: String,
    },
    /// Interfaces that would use each other.
    Cycle {
        /// One of them.
        name: String,
    },
    /// A new name for a world that another world has already.
    WorldThere {
        /// The name.
        name: String,
    },
    /// The worlds would have too many imports, with those that follow from others.
    TooLarge,
    /// An export that has the name of an import.
    ExportAndImport {
        /// The name.
        name: String,
    },
}

/// The part that differs between two functions.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FuncPart {
    /// Whether they are `async`.
    Async,
    /// The resource that they belong to.
    Resource,
    /// The number of parameters.
    Params(usize, usize),
    /// The name of a parameter.
    ParamName(String, String),
    /// The type of a parameter.
    Param(String),
    /// Whether they have a result, or its type.
    Result,
}

pub(super) type Result<T> = core::result::Result<T, MergeError>;

impl From<MergeErrorKind> for MergeError {
    fn from(kind: MergeErrorKind) -> MergeError {
        MergeError { kind, path: Vec::new() }
    }
}

impl From<Transitive> for MergeError {
    fn from(error: Transitive) -> MergeError {
        MergeErrorKind::Transitive(error).into()
    }
}

impl HasPath for MergeError {
    fn path_mut(&mut self) -> &mut Vec<String> {
        &mut self.path
    }
}

impl fmt::Display for FuncPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FuncPart::Async => f.write_str("only one of them is async"),
            FuncPart::Resource => f.write_str("they belong to different resources"),
            FuncPart::Params(from, into) => {
                write!(f, "different number of function parameters: {from} and {into}")
            }
            FuncPart::ParamName(from, into) => {
                let (from, into) = (Shown(from), Shown(into));
                write!(f, "different function parameter names: `{from}` and `{into}`")
            }
            FuncPart::Param(name) => {
                write!(f, "different function parameter types for `{}`", Shown(name))
            }
            FuncPart::Result => f.write_str("different function result types"),
        }
    }
}

struct ShownGate<'g>(&'g Gate);

impl fmt::Display for ShownGate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Gate::Unknown => f.write_str("no gate"),
            Gate::Stable { since, .. } => write!(f, "@since(version = {})", Shown(since)),
            Gate::Unstable { feature, .. } => {
                write!(f, "@unstable(feature = {})", Shown(feature))
            }
        }
    }
}

impl fmt::Display for MergeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeErrorKind::Types { name, from, into } if from == into => {
                write!(f, "mismatch in type `{}`: two different {from}s", Shown(name))
            }
            MergeErrorKind::Types { name, from, into } => {
                write!(f, "mismatch in type `{}`: {from} and {into}", Shown(name))
            }
            MergeErrorKind::Funcs { name, what } => {
                write!(f, "mismatch in function `{}`: {what}", Shown(name))
            }
            MergeErrorKind::Sorts { from, into } => {
                write!(f, "different kinds of items: {from} and {into}")
            }
            MergeErrorKind::Interfaces => f.write_str("interfaces are not the same"),
            MergeErrorKind::Number { direction, from, into } => write!(
                f,
                "world contains different number of {direction} than expected: {from} and {into}"
            ),
            MergeErrorKind::Missing { direction, name } => {
                write!(f, "{direction} `{}` not found in target world", Shown(name))
            }
            MergeErrorKind::Gates { from, into } => {
                write!(f, "mismatched gates: {} and {}", ShownGate(from), ShownGate(into))
            }
            MergeErrorKind::Exported { name } => write!(
                f,
                "world exports `{}` but it's also transitively used by an import which means that \
                 this is not valid",
                Shown(name)
            ),
            MergeErrorKind::ChangesMeaning { name, user } => {
                let (name, user) = (Shown(name), Shown(user));
                write!(
                    f,
                    "export `{user}` depends on `{name}` previously as an import which will change \
                     meaning if `{name}` is added as an export"
                )
            }
            MergeErrorKind::Transitive(error) => error.fmt(f),
            MergeErrorKind::Upgrade { old, new, why } => {
                let (old, new) = (Shown(old), Shown(new));
                write!(
                    f,
                    "failed to upgrade `{old}` to `{new}`, was this semver-compatible update not \
                     semver compatible? {why}"
                )
            }
            MergeErrorKind::NoType { name } => {
                write!(f, "there is no type `{}`", Shown(name))
            }
            MergeErrorKind::Cycle { name } => {
                write!(f, "interface `{}` would depend on itself", Shown(name))
            }
            MergeErrorKind::WorldThere { name } => {
                write!(f, "there is a world `{}` already", Shown(name))
            }
            MergeErrorKind::TooLarge => f.write_str(
                "the worlds would have too many imports, with those that follow from others",
            ),
            MergeErrorKind::ExportAndImport { name } => {
                write!(f, "world export `{}` conflicts with import of same name", Shown(name))
            }
        }
    }
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, Path(&self.path))
    }
}

impl core::error::Error for MergeError {}
