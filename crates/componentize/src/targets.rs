//! `component targets`: checks whether a component can be used as one of a world.

use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::Component;
use wattle_wit::decode::{DecodeError, decode_partly};
use wattle_wit::model::{MergeError, Model, WorldId};

use crate::compare::compare;
use crate::difference::{Difference, DifferenceKind, Sides};
use crate::versions::Versions;

/// Finds all differences that keep a component from being used wherever a component of a world is
/// expected.
///
/// The component may import less than the world, and export more. With [`Versions::Compatible`], an
/// interface stands for its compatible versions.
///
/// ```
/// use wattle_componentize::{Versions, targets};
/// use wattle_wit::Resolver;
///
/// let component = wattle_wat::Parser::new().component(
///     r#"(component (import "log" (func (param "x" u8))) (import "time" (func (result u64))))"#,
/// )?;
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; world w { import log: func(x: string); export run: func(); }");
/// let resolved = resolver.resolve()?;
/// let world = resolved.model().select_world(resolved.root(), None)?;
///
/// let found = targets(&component.component, resolved.model(), world, Versions::Exact)?;
/// let lines: Vec<String> = found.iter().map(|it| it.to_string()).collect();
/// assert_eq!(
///     lines,
///     [
///         "import `log`, param `x`: type mismatch: `u8` in the component, and `string` in the world",
///         "missing import named `time`: the component imports it, and the world does not",
///         "missing export named `run`: the world exports it, and the component does not",
///     ]
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the component has imports or exports that cannot be compared with a world, or one side has
/// versions of an interface that are compatible by their numbers and not by their types.
pub fn targets(
    component: &Component<'_>,
    model: &Model,
    world: WorldId,
    versions: Versions,
) -> Result<Vec<TargetDifference>, TargetsError> {
    let mut ours = decode_partly(component).map_err(TargetsError::Component)?;
    let mut merged;
    let theirs = match versions {
        Versions::Exact | Versions::Any => model,
        // One of several compatible versions stands for all of them.
        Versions::Compatible => {
            ours.model.merge_imports_by_version(ours.world).map_err(TargetsError::Versions)?;
            merged = model.clone();
            merged.merge_imports_by_version(world).map_err(TargetsError::Versions)?;
            &merged
        }
    };
    let not_wit = ours.left_imports.into_iter();
    let mut differences: Vec<Difference> = not_wit
        .map(|name| Difference {
            path: Vec::new(),
            other: None,
            kind: DifferenceKind::NotWit { name },
        })
        .collect();
    differences.extend(compare((&ours.model, ours.world), (theirs, world), versions));
    Ok(differences.into_iter().map(TargetDifference).collect())
}

/// A difference between a component, *ours*, and a world, *theirs*.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetDifference(pub Difference);

impl fmt::Display for TargetDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.words(Sides { ours: "the component", theirs: "the world" }).fmt(f)
    }
}

/// The reason why a component cannot be compared with a world.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TargetsError {
    /// The component has an import or export that no world can have.
    Component(DecodeError),
    /// Versions of an interface are compatible by their numbers, but not by their types.
    Versions(MergeError),
}

impl fmt::Display for TargetsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetsError::Component(error) => error.fmt(f),
            TargetsError::Versions(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TargetsError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            TargetsError::Component(error) => Some(error),
            TargetsError::Versions(error) => Some(error),
        }
    }
}
