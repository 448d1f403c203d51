//! `component semver-check`: checks whether a new version of a world breaks users of the previous
//! one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;
use wattle_wit::model::{Model, WorldId};

use crate::compare::compare;
use crate::difference::{Difference, Sides};
use crate::versions::Versions;

/// Finds all differences that keep a component of a previous version of a world from being one of
/// the new version. The versions of packages do not count: an import of `a:b/c@1.0.0` is met by
/// `a:b/c@1.1.0`.
///
/// ```
/// use wattle_componentize::semver_check;
/// use wattle_wit::Resolver;
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b;
///     world prev { import log: func(x: u8); }
///     world new { import log: func(x: u16); import time: func() -> u64; export run: func(); }");
/// let resolved = resolver.resolve()?;
/// let model = resolved.model();
/// let world = |name| model.select_world(resolved.root(), Some(name));
///
/// let found = semver_check((model, world("prev")?), (model, world("new")?))?;
/// let lines: Vec<String> = found.iter().map(|it| it.to_string()).collect();
/// assert_eq!(
///     lines,
///     [
///         "import `log`, param `x`: type mismatch: `u8` in the previous version, and `u16` in the \
///          new version",
///         "missing export named `run`: the new version exports it, and the previous version does not",
///     ]
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the worlds are of packages with different names.
pub fn semver_check(
    prev: (&Model, WorldId),
    new: (&Model, WorldId),
) -> Result<Vec<VersionDifference>, OtherPackage> {
    let package = |(model, world): (&Model, WorldId)| {
        let mut name = model[model[world].package].name.clone();
        name.version = None;
        name.to_string()
    };
    let (prev_package, new_package) = (package(prev), package(new));
    if prev_package != new_package {
        return Err(OtherPackage { prev: prev_package, new: new_package });
    }
    let differences = compare(prev, new, Versions::Any);
    Ok(differences.into_iter().map(VersionDifference).collect())
}

/// A difference between the previous version of a world, *ours*, and the new one, *theirs*.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionDifference(pub Difference);

impl fmt::Display for VersionDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.words(Sides { ours: "the previous version", theirs: "the new version" }).fmt(f)
    }
}

/// Worlds of packages with different names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherPackage {
    /// The package of the previous world, without its version.
    pub prev: String,
    /// The package of the new world, without its version.
    pub new: String,
}

impl fmt::Display for OtherPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the old world is in package {}, which is not the same as the new world, which is in \
             package {}",
            Shown(&self.prev),
            Shown(&self.new)
        )
    }
}

impl core::error::Error for OtherPackage {}
