//! Encodes packages and worlds as components.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format>

mod encoder;

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::{
    Component, Definition, Export, ExternName, PlainSortIdx, SortIdx, Type,
};
use wattle_ast::{ComponentTypeIdx, Name, Shown};
#[cfg(feature = "docs")]
use wattle_ast::{Custom, CustomData};

use crate::model::{Extern, InterfaceId, Key, Model, PackageId, Text, WorldId};
use encoder::Encoder;

/// The number of definitions, fields, cases and parameters that a package may have. Interfaces are
/// written wherever they are imported or exported, so a few bytes of text can cause many
/// definitions.
pub(crate) const MAX_SIZE: usize = 1_000_000;

/// A growing list of definitions.
#[derive(Default)]
struct Definitions {
    list: Vec<Definition<'static>>,
    /// The number of fields, cases and parameters.
    parts: usize,
}

impl Definitions {
    /// Returns whether there are more definitions and parts than a package may have.
    fn are_too_many(&self) -> bool {
        self.list.len().saturating_add(self.parts) > MAX_SIZE
    }

    /// Adds the type of a component and its export, behind `others` types with their exports.
    fn export_type(
        &mut self,
        others: u32,
        name: &Text,
        body: Definitions,
    ) -> Result<(), MoreThanMaximum> {
        // A type takes an index, and so does its export.
        let index = ComponentTypeIdx(2 * others);
        self.list.push(Definition::Type(Type::Component));
        self.list.extend(body.list);
        self.list.push(Definition::End);
        self.parts = self.parts.saturating_add(body.parts);
        let item = SortIdx::Plain(PlainSortIdx::Type(index));
        let name = ExternName::from(Name::Shared(name.clone()));
        self.list.push(Definition::Export(Export { name, item, ty: None }));
        if self.are_too_many() { Err(MoreThanMaximum) } else { Ok(()) }
    }
}

/// The error for a component, or for copies of interfaces, larger than [`MAX_SIZE`].
pub(crate) struct MoreThanMaximum;

/// The configuration of the encoder.
///
/// ```
/// use wattle_wit::{Resolver, encode::Config};
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; world w { export run: func(); }");
/// let resolved = resolver.resolve().unwrap();
/// let component = Config::new().package(resolved.model(), resolved.root()).unwrap();
/// assert_eq!(component.check(), Ok(()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    canonical_names: bool,
}

impl Config {
    /// Returns the default configuration, with whole versions in names.
    pub fn new() -> Config {
        Config::default()
    }

    /// Selects canonical versions in names: `a:b/c@1`, with `.2.3` as an attribute.
    pub fn canonical_names(mut self) -> Config {
        self.canonical_names = true;
        self
    }

    /// Returns the name of an import or export of a world in a component, with its attributes.
    pub fn extern_name(self, model: &Model, key: &Key, item: &Extern) -> ExternName<'static> {
        Encoder::new(self, model).extern_name(key, item)
    }

    /// Encodes a package as a component, without its documentation.
    ///
    /// # Errors
    /// If the component would be too large.
    pub fn package(self, model: &Model, id: PackageId) -> Result<Component<'static>, TooLarge> {
        let package = &model[id];
        let error = |MoreThanMaximum| TooLarge { name: package.name.to_string() };
        let (mut definitions, mut number) = (Definitions::default(), 0);
        let mut add = |name, body| {
            number += 1;
            definitions.export_type(number - 1, name, body)
        };
        for (name, id) in package.interfaces.iter() {
            let encoder = Encoder::new(self, model);
            add(name, encoder.interface(*id)).map_err(error)?;
        }
        for (name, id) in package.worlds.iter() {
            let body = Encoder::new(self, model).named_world(*id);
            add(name, body).map_err(error)?;
        }
        Ok(definitions.list.into_iter().collect())
    }

    /// Encodes a package as a component, with a custom section for documentation and gates.
    ///
    /// ```
    /// use wattle_wit::{Resolver, docs::PackageDocs, encode::Config};
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "/// Shapes.\npackage a:b; interface i {}");
    /// let resolved = resolver.resolve().unwrap();
    /// let binary = Config::new().package_binary(resolved.model(), resolved.root()).unwrap();
    /// assert_eq!(PackageDocs::of(&binary).unwrap().docs.as_deref(), Some("Shapes."));
    /// ```
    ///
    /// # Errors
    /// If the component would be too large.
    #[cfg(feature = "docs")]
    pub fn package_binary(
        self,
        model: &Model,
        id: PackageId,
    ) -> Result<Component<'static>, TooLarge> {
        let mut component = self.package(model, id)?;
        component.definitions.push(Definition::Custom(Custom {
            name: crate::docs::SECTION.into(),
            data: CustomData::Bytes(model.docs(id).encode().into()),
            after: None,
        }));
        Ok(component)
    }

    /// Encodes a world as the component of a section `component-type`, whose one export is the type
    /// of the world. The custom section with the encoding of strings is not part of it.
    ///
    /// # Errors
    /// If the component would be too large.
    pub fn world_type(self, model: &Model, id: WorldId) -> Result<Component<'static>, TooLarge> {
        let mut definitions = Definitions::default();
        let body = Encoder::new(self, model).named_world(id);
        definitions
            .export_type(0, &model[id].name, body)
            .map_err(|MoreThanMaximum| TooLarge { name: model.world_name(id) })?;
        Ok(definitions.list.into_iter().collect())
    }
}

/// A package or world whose component would have more than 1,000,000 definitions, fields, cases and
/// parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TooLarge {
    /// The package or world.
    pub name: String,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Shown(&self.name);
        write!(
            f,
            "`{name}` would have more than 1,000,000 definitions, fields and parameters in binary"
        )
    }
}

impl core::error::Error for TooLarge {}

impl Model {
    /// Encodes a package as a component, without its documentation.
    ///
    /// # Errors
    /// If the component would be too large.
    pub fn package_type(&self, id: PackageId) -> Result<Component<'static>, TooLarge> {
        Config::new().package(self, id)
    }

    /// Encodes a package as a component, with its documentation and gates. See
    /// [`Config::package_binary`].
    ///
    /// # Errors
    /// If the component would be too large.
    #[cfg(feature = "docs")]
    pub fn package_binary(&self, id: PackageId) -> Result<Component<'static>, TooLarge> {
        Config::new().package_binary(self, id)
    }

    /// Encodes a world as the component of a section `component-type`. See [`Config::world_type`].
    ///
    /// # Errors
    /// If the component would be too large.
    pub fn world_type(&self, id: WorldId) -> Result<Component<'static>, TooLarge> {
        Config::new().world_type(self, id)
    }
}

impl Model {
    /// Lists an interface behind all interfaces that it uses, directly or through others.
    pub(crate) fn with_used(&self, id: InterfaceId) -> Vec<InterfaceId> {
        let mut found = Vec::new();
        let mut entered = BTreeSet::new();
        let mut steps = Vec::from([(id, false)]);
        while let Some((id, is_complete)) = steps.pop() {
            if is_complete {
                found.push(id);
            } else if entered.insert(id) {
                steps.push((id, true));
                steps.extend(self[id].uses.iter().rev().map(|id| (*id, false)));
            }
        }
        found
    }
}
