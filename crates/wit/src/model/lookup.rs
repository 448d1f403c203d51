//! Names of interfaces, worlds, imports and exports, and the lookup of items by name.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::InterfaceName;
use wattle_ast::{Shown, ShownNames};

use super::{Extern, InterfaceId, Key, Kind, Model, Owner, PackageId, TypeId, Val, WorldId};
use crate::package::PackageName;
use crate::syntax::unescaped;

impl Model {
    /// Returns the package of a name.
    pub fn package(&self, name: &PackageName) -> Option<PackageId> {
        self.package_ids.get(name).copied()
    }

    /// Returns the interface of a package, by its name without the package.
    pub fn interface(&self, package: PackageId, name: &str) -> Option<InterfaceId> {
        self.packages.get(package)?.interfaces.get(name).copied()
    }

    /// Returns the world of a package, by its name without the package.
    pub fn world(&self, package: PackageId, name: &str) -> Option<WorldId> {
        self.packages.get(package)?.worlds.get(name).copied()
    }

    /// Returns the type of an interface or world, by its name there.
    pub(crate) fn type_by_name(&self, owner: Owner, name: &str) -> Option<TypeId> {
        match owner {
            Owner::Interface(id) => self[id].types.get(name).copied(),
            Owner::World(id) => match self[id].imports.get(&Key::Name(name.into()))? {
                Extern::Type(id) => Some(*id),
                Extern::Interface { .. } | Extern::Func(_) => None,
            },
            Owner::Nobody => None,
        }
    }

    /// Returns the interface of a whole name, such as `wasi:io/streams@0.2.3`.
    pub fn interface_by_name(&self, name: &str) -> Option<InterfaceId> {
        let (package, interface) = PackageName::split(name)?;
        self.interface(self.package(&package)?, interface)
    }

    /// Returns the world that a name selects: a world of the package by its own name, or any world
    /// of the model by its whole name, whose version can be left out if the model has only one of
    /// that package. Without a name, returns the only world of the package. As in text, `%` may
    /// stand before each part of a name.
    ///
    /// ```
    /// use wattle_wit::Resolver;
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b@1.0.0; world app {} world library {}");
    /// let resolved = resolver.resolve().unwrap();
    /// let (model, package) = (resolved.model(), resolved.root());
    /// let app = model.select_world(package, Some("app")).unwrap();
    /// assert_eq!(model.select_world(package, Some("a:b/app")), Ok(app));
    /// assert_eq!(model.select_world(package, Some("%app")), Ok(app));
    /// let error = model.select_world(package, None).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "there are several worlds; select one of `app`, `library`"
    /// );
    /// ```
    ///
    /// # Errors
    /// If no world has the name; without a name, if the package does not have exactly one world.
    pub fn select_world(
        &self,
        package: PackageId,
        name: Option<&str>,
    ) -> Result<WorldId, SelectError> {
        let worlds = &self[package].worlds;
        let known = || worlds.keys().map(ToString::to_string).collect();
        let Some(name) = name else {
            let mut all = worlds.iter();
            return match (all.next(), all.next()) {
                (Some((_, id)), None) => Ok(*id),
                (None, _) => Err(SelectError::None { package: self[package].name.to_string() }),
                (Some(_), Some(_)) => Err(SelectError::Several { worlds: known() }),
            };
        };
        let unescaped = unescaped(name);
        let found = match PackageName::split(&unescaped) {
            Some((package, world)) => {
                let id = self.package(&package).or_else(|| self.only_version(&package));
                id.and_then(|id| self.world(id, world))
            }
            None => self.world(package, &unescaped),
        };
        found.ok_or_else(|| SelectError::Unknown { name: name.into(), worlds: known() })
    }

    /// Returns the package of a name without a version, if the model has only one version of it.
    fn only_version(&self, name: &PackageName) -> Option<PackageId> {
        let is_meant = |other: &PackageName| {
            name.version.is_none() && other.namespace == name.namespace && other.name == name.name
        };
        let mut found = self.packages().filter(|(_, package)| is_meant(&package.name));
        match (found.next(), found.next()) {
            (Some((id, _)), None) => Some(id),
            _ => None,
        }
    }

    /// Returns the whole name of an interface, such as `wasi:io/streams@0.2.3`. `None` if it is
    /// written out in a world.
    pub fn full_name(&self, id: InterfaceId) -> Option<String> {
        let interface = &self[id];
        Some(self[interface.package].name.item(interface.name.as_deref()?))
    }

    /// Returns the whole name of a world, such as `wasi:cli/command@0.2.3`.
    pub fn world_name(&self, id: WorldId) -> String {
        let world = &self[id];
        self[world.package].name.item(&world.name)
    }

    /// Returns the name of an import or export in a component.
    pub fn key_name(&self, key: &Key) -> String {
        match key {
            Key::Name(name) => name.to_string(),
            // Only an interface with a name can be a key.
            Key::Interface(id) => self.full_name(*id).unwrap_or_default(),
        }
    }

    /// Returns the other interface that a type is used from.
    pub fn used_interface(&self, ty: TypeId) -> Option<InterfaceId> {
        let ty = &self[ty];
        let Kind::Alias(Val::Type(other)) = ty.kind else { return None };
        match self[other].owner {
            owner if owner == ty.owner => None,
            Owner::Interface(id) => Some(id),
            _ => None,
        }
    }

    /// Returns the type that a type is another name of, directly or through further names;
    /// otherwise the type itself.
    pub fn origin(&self, ty: TypeId) -> TypeId {
        self[ty].origin.unwrap_or(ty)
    }
}

impl PackageName {
    /// Returns the whole name of an interface or world of the package.
    pub(crate) fn item(&self, item: &str) -> String {
        let (at, version) = match &self.version {
            Some(version) => ("@", &version[..]),
            None => ("", ""),
        };
        format!("{}:{}/{item}{at}{version}", self.namespace, self.name)
    }

    /// Splits a whole name into the name of the package and that of the item.
    pub(crate) fn split(name: &str) -> Option<(PackageName, &str)> {
        let name = InterfaceName::parse(name, wattle_ast::Features::ALL).ok()?;
        let package = PackageName {
            namespace: name.namespace.into(),
            name: name.package.into(),
            version: name.version.map(|version| version.as_str().into()),
        };
        Some((package, name.interface))
    }
}

/// The reason why no world was selected.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SelectError {
    /// A package without worlds.
    None {
        /// The package.
        package: String,
    },
    /// Several worlds, and no name that selects one.
    Several {
        /// Their names.
        worlds: Vec<String>,
    },
    /// A name that no world has.
    Unknown {
        /// The name.
        name: String,
        /// The names of the worlds of the package.
        worlds: Vec<String>,
    },
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SelectError::None { package } => {
                write!(f, "the package `{}` has no worlds", Shown(package))
            }
            SelectError::Several { worlds } => {
                write!(f, "there are several worlds; select one of {}", ShownNames::new(worlds))
            }
            SelectError::Unknown { name, worlds } => {
                write!(f, "there is no world `{}`", Shown(name))?;
                match worlds.is_empty() {
                    true => Ok(()),
                    false => write!(f, "; there are {}", ShownNames::new(worlds)),
                }
            }
        }
    }
}

impl core::error::Error for SelectError {}
