//! A resolved package, and names of packages.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use wattle_ast::components::Component;
#[cfg(feature = "docs")]
use wattle_ast::components::Definition;
#[cfg(feature = "docs")]
use wattle_ast::{Custom, CustomData};

use crate::docs::PackageDocs;
use crate::error::Place;

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

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// A package: the component that it is in binary, and what that does not say.
#[derive(Clone, Debug)]
pub struct Package {
    /// The name.
    pub name: PackageName,
    /// The component, without the custom section that [`Package::docs`] is.
    pub component: Component<'static>,
    /// Documentation and gates.
    pub docs: PackageDocs,
    /// Where the text says an interface or world, and each of its members.
    pub(crate) places: BTreeMap<(String, String), Place>,
}

impl Package {
    /// The component with a custom section for documentation and gates: the whole binary package.
    ///
    /// ```
    /// use wattle_wit::{Resolver, docs::PackageDocs};
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "/// Shapes.\npackage a:b; interface i {}");
    /// let binary = resolver.resolve().unwrap().root().to_binary();
    /// assert_eq!(PackageDocs::of(&binary).unwrap().docs.as_deref(), Some("Shapes."));
    /// ```
    #[cfg(feature = "docs")]
    pub fn to_binary(&self) -> Component<'static> {
        let mut component = self.component.clone();
        component.definitions.push(Definition::Custom(Custom {
            name: crate::docs::SECTION.into(),
            data: CustomData::Bytes(self.docs.encode().into()),
            after: None,
        }));
        component
    }

    /// Where the text says an interface or world.
    pub fn place(&self, item: &str) -> Option<Place> {
        self.member_place(item, "")
    }

    /// Where the text says a type or function of an interface or world. Functions go by their names
    /// in the component, such as `[method]file.read`.
    pub fn member_place(&self, item: &str, member: &str) -> Option<Place> {
        self.places.get(&(item.into(), member.into())).copied()
    }
}
