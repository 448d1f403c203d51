//! [`ComponentBuildError`]: misuse of a builder of components.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use wattle_ast::components::{NameError, Sort, SortIdx, TypeForm};
use wattle_ast::{Path, Shown};

/// The ways to misuse a builder of components.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ComponentBuildErrorKind {
    /// An index that no definition has yet: the index, and the number of definitions of its sort so
    /// far.
    UnknownIndex(SortIdx, u32),
    /// An outer alias that goes beyond the outermost scope: its count, and the number of scopes.
    OuterCount(u32, u32),
    /// An outer alias of a sort of definitions that inner scopes cannot reach.
    OuterSort(Sort),
    /// The name of an import or export that is malformed.
    Name(NameError),
    /// The name of an import or export that conflicts with an earlier one.
    NameConflict(String),
    /// A label of a field, a case, a flag or a parameter that is malformed.
    Label(NameError),
    /// A label that conflicts with an earlier label of its type.
    LabelConflict(String),
    /// A record, variant, tuple, enumeration, set of flags or list of a fixed length without
    /// elements.
    Empty(TypeForm),
    /// A set of more than 32 flags.
    TooManyFlags(usize),
    /// An export of a core definition that is not a module.
    ExportSort(Sort),
    /// An alias of an export of a core instance that is not a core definition.
    CoreExportSort(Sort),
    /// A canonical definition that does not define a core function: `lift` has a method of its own.
    Lift,
    /// An import in the type of an instance, or another definition that its scope does not permit.
    Misplaced,
    /// Bytes of a core module that do not begin with the preamble of a module.
    NotAModule,
    /// A core module that was given as bytes, in a component that is built as a tree.
    ModuleBytes,
}

/// The error for a component that cannot be built, because the builder was misused. The first
/// misuse is reported when the component is finished.
///
/// ```
/// use wattle_encoder::{ComponentBuilder, ComponentBuildErrorKind};
///
/// let mut component = ComponentBuilder::new();
/// component.lift(0.into(), 0.into(), []);
/// let error = component.build().unwrap_err();
/// assert!(matches!(error.kind(), ComponentBuildErrorKind::UnknownIndex(_, 0)));
/// assert_eq!(error.to_string(), "unknown core func 0: there are 0 so far, in func 0");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComponentBuildError(Box<Misuse>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Misuse {
    kind: ComponentBuildErrorKind,
    path: Path,
}

impl ComponentBuildError {
    pub(super) fn new(kind: ComponentBuildErrorKind, path: Path) -> ComponentBuildError {
        ComponentBuildError(Box::new(Misuse { kind, path }))
    }

    /// The kind of misuse.
    pub fn kind(&self) -> &ComponentBuildErrorKind {
        &self.0.kind
    }

    /// The path to the definition.
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

impl fmt::Display for ComponentBuildErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ComponentBuildErrorKind as Kind;
        match self {
            Kind::UnknownIndex(index, number) => {
                write!(f, "unknown {} {}: there are {number} so far", index.sort(), index.number())
            }
            Kind::OuterCount(count, scopes) => {
                write!(f, "invalid outer alias count {count}: there are {scopes} scopes")
            }
            Kind::OuterSort(sort) => write!(f, "invalid outer alias: of a {sort}"),
            Kind::Name(error) => write!(f, "malformed name: {error}"),
            Kind::NameConflict(name) => {
                write!(f, "name conflict: `{}` is too much like an earlier name", Shown(name))
            }
            Kind::Label(error) => write!(f, "malformed label: {error}"),
            Kind::LabelConflict(label) => {
                write!(f, "label conflict: `{}` is too much like an earlier label", Shown(label))
            }
            Kind::Empty(form) => write!(f, "empty type: `{}` has no elements", form.keyword()),
            Kind::TooManyFlags(number) => write!(f, "too many flags: {number} are more than 32"),
            Kind::ExportSort(sort) => write!(f, "invalid export: of a {sort}"),
            Kind::CoreExportSort(sort) => {
                write!(f, "invalid alias: a core instance exports no {sort}")
            }
            Kind::Lift => f.write_str("unexpected `lift`: it does not define a core function"),
            Kind::Misplaced => f.write_str("a definition is in a scope that does not permit it"),
            Kind::NotAModule => f.write_str("the bytes of a core module do not begin as one"),
            Kind::ModuleBytes => f.write_str(
                "a core module was given as bytes: parse it first, or encode the component",
            ),
        }
    }
}

impl fmt::Display for ComponentBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)?;
        match self.path().is_empty() {
            true => Ok(()),
            false => write!(f, ", in {}", self.path()),
        }
    }
}

impl core::error::Error for ComponentBuildError {}
