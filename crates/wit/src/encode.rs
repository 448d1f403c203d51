//! The component that a package is in binary.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-format>

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::{
    Alias, Component, Definition, Export, ExportDecl, ExternDesc, ExternName, Field, FuncType,
    Import, PlainSort, PlainSortIdx, Sort, SortIdx, Type, TypeBound, ValType, Version,
};
use wattle_ast::{ComponentTypeIdx, InstanceIdx, Name, Shown};
#[cfg(feature = "docs")]
use wattle_ast::{Custom, CustomData};

use crate::model::{
    Extern, Func, InterfaceId, Key, Kind, Model, Owner, PackageId, Text, TypeId, Val, WorldId,
};

/// The number of definitions that a package may have. Interfaces are written wherever they are
/// imported or exported, so a few bytes of text can ask for many.
const MAX_DEFINITIONS: usize = 1_000_000;

/// What distinguishes the types of functions.
type Signature = (bool, Vec<(Text, Val)>, Option<Val>);

/// The definitions of the type of a component or instance, while they are written.
#[derive(Default)]
struct Types {
    definitions: Vec<Definition<'static>>,
    /// The number of types.
    len: u32,
    /// The types that have an index.
    indices: BTreeMap<TypeId, u32>,
    /// The types of functions that have an index.
    funcs: BTreeMap<Signature, u32>,
}

impl Types {
    /// Adds a definition that adds a type, and returns its index.
    fn add(&mut self, definition: Definition<'static>) -> u32 {
        self.definitions.push(definition);
        self.len += 1;
        self.len - 1
    }
}

/// Writes the type of a component.
struct Encoder<'m> {
    config: Config,
    model: &'m Model,
    /// The type of the component.
    outer: Types,
    /// The type of an instance that is open.
    inner: Option<Types>,
    /// The interface whose types are defined; others are aliases.
    interface: Option<InterfaceId>,
    /// Whether types are imports.
    imports_types: bool,
    /// The number of instances.
    instances: u32,
    /// The instance of each interface.
    instance_of: BTreeMap<InterfaceId, u32>,
    /// The aliases of types of instances.
    aliases: BTreeMap<(u32, TypeId), u32>,
}

/// How a package or world is written.
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
    /// Whole versions in names.
    pub fn new() -> Config {
        Config::default()
    }

    /// Canonical versions: `a:b/c@1`, with `.2.3` as an attribute.
    pub fn canonical_names(mut self) -> Config {
        self.canonical_names = true;
        self
    }

    /// The name of an import or export of a world in a component, with its attributes.
    pub fn extern_name(self, model: &Model, key: &Key, item: &Extern) -> ExternName<'static> {
        Encoder::new(self, model).extern_name(key, item)
    }

    /// The component that a package is in binary, without its documentation.
    ///
    /// # Errors
    /// If the component would have more than 1,000,000 definitions.
    pub fn package(self, model: &Model, id: PackageId) -> Result<Component<'static>, TooLarge> {
        let package = &model[id];
        let error = || TooLarge { name: package.name.to_string() };
        let (mut definitions, mut number) = (Vec::new(), 0);
        let mut add = |name, body| {
            number += 1;
            export_type(&mut definitions, number - 1, name, body)
        };
        for (name, id) in package.interfaces.iter() {
            let encoder = Encoder::new(self, model);
            add(name, encoder.interface(*id)).ok_or_else(error)?;
        }
        for (name, id) in package.worlds.iter() {
            let body = Encoder::new(self, model).named_world(*id);
            add(name, body).ok_or_else(error)?;
        }
        Ok(definitions.into_iter().collect())
    }

    /// The component that a package is in binary, with a custom section for documentation and gates.
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
    /// If the component would have more than 1,000,000 definitions.
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

    /// The component of a section `component-type`: its one export is the type of the world. How
    /// strings are encoded stands in a custom section, which is not part of it.
    ///
    /// # Errors
    /// If the component would have more than 1,000,000 definitions.
    pub fn world_type(self, model: &Model, id: WorldId) -> Result<Component<'static>, TooLarge> {
        let mut definitions = Vec::new();
        let body = Encoder::new(self, model).named_world(id);
        export_type(&mut definitions, 0, &model[id].name, body)
            .ok_or_else(|| TooLarge { name: model.world_name(id) })?;
        Ok(definitions.into_iter().collect())
    }
}

/// A package or world whose component would have more than 1,000,000 definitions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TooLarge {
    /// The package or world.
    pub name: String,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Shown(&self.name);
        write!(f, "`{name}` would have more than 1,000,000 definitions in binary")
    }
}

impl core::error::Error for TooLarge {}

impl Model {
    /// The component that a package is in binary, without its documentation.
    ///
    /// # Errors
    /// If the component would have more than 1,000,000 definitions.
    pub fn package_type(&self, id: PackageId) -> Result<Component<'static>, TooLarge> {
        Config::new().package(self, id)
    }

    /// The component that a package is in binary, with its documentation and gates. See
    /// [`Config::package_binary`].
    ///
    /// # Errors
    /// If the component would have more than 1,000,000 definitions.
    #[cfg(feature = "docs")]
    pub fn package_binary(&self, id: PackageId) -> Result<Component<'static>, TooLarge> {
        Config::new().package_binary(self, id)
    }

    /// The component of a section `component-type`. See [`Config::world_type`].
    ///
    /// # Errors
    /// If the component would have more than 1,000,000 definitions.
    pub fn world_type(&self, id: WorldId) -> Result<Component<'static>, TooLarge> {
        Config::new().world_type(self, id)
    }
}

impl Model {
    /// An interface, behind all that it uses.
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

/// Adds the type of a component, and its export, behind a number of others. `None` if there are too
/// many definitions.
fn export_type(
    definitions: &mut Vec<Definition<'static>>,
    others: u32,
    name: &Text,
    body: Vec<Definition<'static>>,
) -> Option<()> {
    // A type takes an index, and so does its export.
    let index = ComponentTypeIdx(2 * others);
    definitions.push(Definition::Type(Type::Component));
    definitions.extend(body);
    definitions.push(Definition::End);
    let item = SortIdx::Plain(PlainSortIdx::Type(index));
    let name = ExternName::from(Name::Shared(name.clone()));
    definitions.push(Definition::Export(Export { name, item, ty: None }));
    (definitions.len() <= MAX_DEFINITIONS).then_some(())
}

impl<'m> Encoder<'m> {
    fn new(config: Config, model: &'m Model) -> Encoder<'m> {
        Encoder {
            config,
            model,
            outer: Types::default(),
            inner: None,
            interface: None,
            imports_types: false,
            instances: 0,
            instance_of: BTreeMap::new(),
            aliases: BTreeMap::new(),
        }
    }

    /// The type of a component that exports an interface, and imports those that it uses.
    fn interface(mut self, id: InterfaceId) -> Vec<Definition<'static>> {
        for used in self.model.with_used(id) {
            self.interface = Some(used);
            let name = self.interface_name(used);
            let is_export = used == id;
            // Of an import all types, used or not: so all see the interface alike.
            let ty = ExternDesc::Instance(ComponentTypeIdx(self.instance(used, is_export)));
            self.outer.definitions.push(match is_export {
                true => Definition::ExportDecl(ExportDecl { name, ty }),
                false => Definition::Import(Import { name, ty }),
            });
        }
        self.outer.definitions
    }

    /// The type of a component that exports a world by its whole name.
    fn named_world(self, id: WorldId) -> Vec<Definition<'static>> {
        let name = self.model.world_name(id).into();
        let mut body = Vec::from([Definition::Type(Type::Component)]);
        body.extend(self.world(id));
        body.push(Definition::End);
        let ty = ExternDesc::Component(ComponentTypeIdx(0));
        body.push(Definition::ExportDecl(ExportDecl { name, ty }));
        body
    }

    /// The type of a component that a world is.
    fn world(mut self, id: WorldId) -> Vec<Definition<'static>> {
        let world = &self.model[id];
        for (key, item) in world.imports.iter() {
            // More than this is refused anyway.
            if self.outer.definitions.len() > MAX_DEFINITIONS {
                break;
            }
            if let Extern::Type(ty) = item {
                self.interface = None;
                self.imports_types = true;
                self.ty(*ty);
                self.imports_types = false;
                continue;
            }
            let ty = self.item(item);
            let name = self.extern_name(key, item);
            self.outer.definitions.push(Definition::Import(Import { name, ty }));
        }
        for (key, item) in world.exports.iter() {
            if self.outer.definitions.len() > MAX_DEFINITIONS {
                break;
            }
            let ty = self.item(item);
            let name = self.extern_name(key, item);
            self.outer.definitions.push(Definition::ExportDecl(ExportDecl { name, ty }));
        }
        self.outer.definitions
    }

    /// The name of an interface with its package, and what canonical versions leave out.
    fn interface_name(&self, id: InterfaceId) -> ExternName<'static> {
        let full = self.model.full_name(id).unwrap_or_default();
        let package = &self.model[self.model[id].package].name;
        let split = package.version.as_deref().and_then(Version::split);
        let Some((_, suffix)) = split.filter(|_| self.config.canonical_names) else {
            return full.into();
        };
        let name: String = full[..full.len() - suffix.len()].into();
        let version_suffix = (!suffix.is_empty()).then(|| String::from(suffix).into());
        ExternName { name: name.into(), version_suffix, ..ExternName::default() }
    }

    /// The name of an import or export of a world, with its attributes.
    fn extern_name(&self, key: &Key, item: &Extern) -> ExternName<'static> {
        let external_id = match item {
            Extern::Interface { external_id, .. } => external_id.clone(),
            Extern::Func(func) => func.external_id.clone(),
            Extern::Type(ty) => self.model[*ty].external_id.clone(),
        };
        let mut name = match (key, item) {
            (Key::Interface(id), _) => self.interface_name(*id),
            (Key::Name(name), Extern::Interface { id, .. }) => {
                let mut name = ExternName::from(Name::Shared(name.clone()));
                if self.model[*id].name.is_some() {
                    let interface = self.interface_name(*id);
                    name.implements = Some(interface.name);
                    name.version_suffix = interface.version_suffix;
                }
                name
            }
            (Key::Name(name), _) => ExternName::from(Name::Shared(name.clone())),
        };
        name.external_id = external_id.map(Name::Shared);
        name
    }

    /// The types of the scope that is open.
    fn types(&mut self) -> &mut Types {
        self.inner.as_mut().unwrap_or(&mut self.outer)
    }

    /// The type of an import or export that is not a type.
    fn item(&mut self, item: &Extern) -> ExternDesc {
        match item {
            Extern::Interface { id, .. } => {
                self.interface = Some(*id);
                ExternDesc::Instance(ComponentTypeIdx(self.instance(*id, true)))
            }
            Extern::Func(func) => {
                self.interface = None;
                ExternDesc::Func(ComponentTypeIdx(self.func(func)))
            }
            Extern::Type(ty) => ExternDesc::Type(TypeBound::Eq(ComponentTypeIdx(self.ty(*ty)))),
        }
    }

    /// Writes the type of an instance, and returns its index.
    fn instance(&mut self, id: InterfaceId, with_funcs: bool) -> u32 {
        let model = self.model;
        let interface = &model[id];
        self.inner = Some(Types::default());
        let mut places = BTreeMap::new();
        for (place, (_, ty)) in interface.types.iter().enumerate() {
            self.ty(*ty);
            places.insert(*ty, place);
        }
        // The functions of resources first, in the order of their resources.
        let funcs = interface.funcs.iter().filter(|_| with_funcs).map(|(_, func)| func);
        let mut funcs: Vec<&Func> = funcs.collect();
        funcs.sort_by_key(|func| match func.resource {
            Some(resource) => places.get(&resource).copied().unwrap_or(0),
            None => places.len(),
        });
        for func in funcs {
            let ty = ExternDesc::Func(ComponentTypeIdx(self.func(func)));
            let mut name = ExternName::from(Name::Shared(func.name.clone()));
            name.external_id = func.external_id.clone().map(Name::Shared);
            self.types().definitions.push(Definition::ExportDecl(ExportDecl { name, ty }));
        }
        let inner = self.inner.take().unwrap_or_default();
        let index = self.outer.add(Definition::Type(Type::Instance));
        self.outer.definitions.extend(inner.definitions);
        self.outer.definitions.push(Definition::End);
        self.instance_of.insert(id, self.instances);
        self.instances += 1;
        index
    }

    /// Writes the type of a function, unless it is there, and returns its index.
    fn func(&mut self, func: &Func) -> u32 {
        let signature: Signature = (func.is_async, func.params.clone(), func.result);
        if let Some(&index) = self.types().funcs.get(&signature) {
            return index;
        }
        let params = func
            .params
            .iter()
            .map(|(name, ty)| Field { label: Name::Shared(name.clone()), ty: self.val(*ty) });
        let params = params.collect();
        let result = func.result.map(|ty| self.val(ty)).into();
        let ty = FuncType { is_async: func.is_async, params, result };
        let index = self.types().add(Definition::Type(Type::Func(ty)));
        self.types().funcs.insert(signature, index);
        index
    }

    /// Writes a value type.
    fn val(&mut self, val: Val) -> ValType {
        match val {
            Val::Prim(prim) => ValType::Prim(prim),
            Val::Type(id) => ValType::Type(ComponentTypeIdx(self.ty(id))),
        }
    }

    /// Writes a type behind those that it is made of, unless it is there, and returns its index.
    fn ty(&mut self, id: TypeId) -> u32 {
        let model = self.model;
        let mut open: Vec<(TypeId, Vec<TypeId>)> = Vec::from([(id, self.parts(id))]);
        while let Some((id, parts)) = open.last_mut() {
            let id = *id;
            if let Some(part) = parts.pop() {
                if !self.types().indices.contains_key(&part) {
                    let parts = self.parts(part);
                    open.push((part, parts));
                }
                continue;
            }
            open.pop();
            if self.types().indices.contains_key(&id) {
                continue;
            }
            let index = match model[id].owner {
                Owner::Interface(owner) if Some(owner) != self.interface => self.alias(owner, id),
                _ => self.define(id),
            };
            self.types().indices.insert(id, index);
        }
        self.types().indices.get(&id).copied().unwrap_or_default()
    }

    /// The types that a type is made of, the first last. None if it is an alias in this scope.
    fn parts(&self, id: TypeId) -> Vec<TypeId> {
        let ty = &self.model[id];
        let mut parts = Vec::new();
        let is_foreign =
            matches!(ty.owner, Owner::Interface(owner) if Some(owner) != self.interface);
        if !is_foreign {
            ty.kind.for_each(|val| {
                if let Val::Type(part) = val {
                    parts.push(part);
                }
            });
        }
        parts.reverse();
        parts
    }

    /// An alias of a type of another interface.
    fn alias(&mut self, owner: InterfaceId, id: TypeId) -> u32 {
        // Elaboration has put every interface before those that use it.
        let instance = self.instance_of.get(&owner).copied().unwrap_or_default();
        let name = self.model[id].name.clone().unwrap_or_default();
        let outer = match self.aliases.get(&(instance, id)) {
            Some(&index) => index,
            None => {
                let index = self.outer.add(Definition::Alias(Alias::Export {
                    sort: Sort::Plain(PlainSort::Type),
                    instance: InstanceIdx(instance),
                    name: Name::Shared(name),
                }));
                self.aliases.insert((instance, id), index);
                index
            }
        };
        match &mut self.inner {
            Some(inner) => inner.add(Definition::Alias(Alias::Outer {
                count: 1,
                item: SortIdx::Plain(PlainSortIdx::Type(ComponentTypeIdx(outer))),
            })),
            None => outer,
        }
    }

    /// Defines a type whose parts are there.
    fn define(&mut self, id: TypeId) -> u32 {
        let ty = &self.model[id];
        let named = ty.name.clone().map(|name| {
            let external_id = ty.external_id.clone().map(Name::Shared);
            ExternName { external_id, ..ExternName::from(Name::Shared(name)) }
        });
        let bound = match &ty.kind {
            Kind::Resource => TypeBound::Resource,
            kind => {
                let index = match self.encoded(kind) {
                    Ok(ty) => self.types().add(Definition::Type(ty)),
                    Err(index) => index,
                };
                TypeBound::Eq(ComponentTypeIdx(index))
            }
        };
        let (Some(name), ty) = (named, ExternDesc::Type(bound)) else {
            return match bound {
                TypeBound::Eq(index) => index.0,
                TypeBound::Resource => 0,
            };
        };
        let definition = match self.imports_types {
            true => Definition::Import(Import { name, ty }),
            false => Definition::ExportDecl(ExportDecl { name, ty }),
        };
        self.types().add(definition)
    }

    /// The definition of a type, whose parts have indices already.
    ///
    /// # Errors
    /// The index of the type that it is another name of.
    fn encoded(&mut self, kind: &Kind) -> Result<Type<'static>, u32> {
        let indices = &self.types().indices;
        let index = |id: TypeId| indices.get(&id).copied().unwrap_or_default();
        match kind.definition(|id| ComponentTypeIdx(index(id))) {
            Some(ty) => Ok(ty),
            None => match kind {
                Kind::Alias(Val::Type(id)) => Err(index(*id)),
                // A resource is the bound of an export.
                _ => Err(0),
            },
        }
    }
}
