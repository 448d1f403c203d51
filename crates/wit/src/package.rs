//! Names of packages.

use alloc::string::String;
use core::fmt;

/// The name of a package.
///
/// ```
/// use wattle_wit::PackageName;
/// let name = PackageName { namespace: "wasi".into(), name: "io".into(), version: Some("0.2.3".into()) };
/// assert_eq!(name.to_string(), "wasi:io@0.2.3");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PackageName {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The semantic version.
    pub version: Option<String>,
}

impl PackageName {
    /// Returns the name of the package that stands for a component that is not a package.
    pub(crate) fn component() -> PackageName {
        PackageName { namespace: "root".into(), name: "component".into(), version: None }
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}
