//! Packages, interfaces, worlds and functions of a component.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::Features;
use wattle_ast::components::{Definition, ExternName, PlainName, Type};

use super::error::{Kind, Result};
use super::scopes::{Entry, EntryKind, Item, Items, Scopes};
use super::types::parts;
use crate::docs::Gate;
use crate::model::{
    Extern, Func, Interface, InterfaceId, Key, Model, Owner, Package, PackageId, Text, TypeId, Val,
    World, WorldId,
};
use crate::package::PackageName;
use crate::within::Within;

/// A decoder, which builds the model of a component.
pub(super) struct Decoder<'c> {
    pub(super) scopes: Scopes<'c>,
    pub(super) model: Model,
    /// For each type of the component, the type of the model that stands for it.
    pub(super) vals: Vec<Option<Val>>,
    /// The interfaces whose definition has been read. Only a part of the others may be known.
    pub(super) defined: BTreeSet<InterfaceId>,
}

impl<'c> Decoder<'c> {
    pub(super) fn new(scopes: Scopes<'c>) -> Decoder<'c> {
        let (model, vals, defined) = (Model::default(), Vec::new(), BTreeSet::new());
        Decoder { scopes, model, vals, defined }
    }

    /// Returns the package of a name, which is added if it is new.
    pub(super) fn package(&mut self, name: PackageName) -> PackageId {
        match self.model.package(&name) {
            Some(id) => id,
            None => self.model.add_package(Package { name, ..Package::default() }),
        }
    }

    /// Decodes a package with a type for each interface and world.
    pub(super) fn items_package(&mut self, items: &Items<'c>) -> Result<PackageId> {
        let mut package: Option<PackageId> = None;
        for (name, item) in items {
            let item_name = name.name.as_str();
            let not_item = || Kind::NotItem(item_name.into());
            let Item::Type(ty) = *item else { return Err(not_item().into()) };
            let body = self.scopes.body(ty)?.ok_or_else(not_item)?;
            let (imports, exports) = self.scopes.run(body)?;
            let [(export, item)] = &exports[..] else { return Err(not_item().into()) };
            let (of, _) = split(&export.name, export)?;
            let of = self.package(of);
            match package {
                Some(other) if other != of => {
                    let name = |id: PackageId| self.model[id].name.to_string();
                    return Err(Kind::Packages(name(other), name(of)).into());
                }
                _ => package = Some(of),
            }
            self.imports(&imports)?;
            self.package_item(export, *item).within("export", item_name)?;
        }
        package.ok_or_else(|| Kind::Index.into())
    }

    /// Decodes a package in one type.
    pub(super) fn whole_package(&mut self, items: &Items<'c>) -> Result<PackageId> {
        let [(name, Item::Type(ty))] = &items[..] else {
            let name = items.first().map(|(name, _)| name.name.to_string());
            return Err(Kind::NotItem(name.unwrap_or_default()).into());
        };
        let (package, _) = split(&name.name, name)?;
        let package = self.package(package);
        let body = self.scopes.body(*ty)?.ok_or(Kind::Form)?;
        let (imports, exports) = self.scopes.run(body)?;
        self.imports(&imports)?;
        for (name, item) in &exports {
            let (of, _) = split(&name.name, name)?;
            if of != self.model[package].name {
                let own = self.model[package].name.to_string();
                return Err(Kind::Packages(own, of.to_string()).into());
            }
            self.package_item(name, *item).within("export", &name.name)?;
        }
        Ok(package)
    }

    /// Decodes imports, which are the interfaces that others use.
    fn imports(&mut self, items: &Items<'c>) -> Result<()> {
        for (name, item) in items {
            self.used_interface(&name.name, name, *item).within("import", &name.name)?;
        }
        Ok(())
    }

    /// Decodes an interface or world that a package defines.
    fn package_item(&mut self, name: &ExternName<'_>, item: Item) -> Result<()> {
        match item {
            Item::Instance(_) => {
                let id = self.used_interface(&name.name, name, item)?;
                self.defined.insert(id);
            }
            Item::Component(body) => {
                let (package, world) = split(&name.name, name)?;
                let package = self.package(package);
                let (imports, exports) = self.scopes.run(body)?;
                self.world(&world, package, &imports, &exports, false)?;
            }
            _ => return Err(Kind::NotItem(name.name.as_str().into()).into()),
        }
        Ok(())
    }

    /// Adds a world. `is_component` tells whether it is the world of a component: imports that WIT
    /// does not have are then left out.
    pub(super) fn world(
        &mut self,
        name: &str,
        package: PackageId,
        imports: &Items<'c>,
        exports: &Items<'c>,
        is_component: bool,
    ) -> Result<WorldId> {
        let text = Text::from(name);
        let id = self.model.add_world(World::new(text.clone(), package));
        if self.model.packages[package].worlds.insert(text, id).is_err() {
            return Err(Kind::Repeated(name.into()).into());
        }
        for (items, is_import) in [(imports, true), (exports, false)] {
            for (name, item) in items {
                let sort = if is_import { "import" } else { "export" };
                if !item.is_in_wit(is_import) {
                    if is_component && is_import {
                        continue;
                    }
                    return Err(Kind::NotWit(name.name.as_str().into()).into());
                }
                let found = self.world_item(id, package, name, *item);
                let (key, item) = found.within(sort, &name.name)?;
                let externs = self.model.worlds[id].side_mut(is_import);
                if externs.insert(key, item).is_err() {
                    return Err(Kind::Repeated(name.name.as_str().into()).into());
                }
            }
        }
        Ok(id)
    }

    fn world_item(
        &mut self,
        world: WorldId,
        package: PackageId,
        name: &ExternName<'_>,
        item: Item,
    ) -> Result<(Key, Extern)> {
        let text = name.name.as_str();
        let key = Key::Name(text.into());
        let external_id = external_id(name);
        let interface = |id| Extern::Interface { id, gate: Gate::Unknown, docs: None, external_id };
        Ok(match item {
            Item::Func(ty) => (key, Extern::Func(self.func(name, ty, Owner::World(world))?)),
            Item::Type(ty) => (key, Extern::Type(self.named_type(name, ty, Owner::World(world))?)),
            Item::Instance(_) => match &name.attributes().implements {
                Some(implements) => (key, interface(self.used_interface(implements, name, item)?)),
                None if text.contains(':') => {
                    let id = self.used_interface(text, name, item)?;
                    (Key::Interface(id), interface(id))
                }
                None => {
                    let id = self.model.add_interface(Interface::new(None, package));
                    self.interface_items(id, item)?;
                    (key, interface(id))
                }
            },
            Item::Component(_) | Item::Other => return Err(Kind::NotWit(text.into()).into()),
        })
    }

    /// Returns the interface of a whole name, and adds the types and functions of the instance to
    /// it.
    fn used_interface(
        &mut self,
        text: &str,
        name: &ExternName<'_>,
        item: Item,
    ) -> Result<InterfaceId> {
        let (package, interface) = split(text, name)?;
        let package = self.package(package);
        let interface = Text::from(interface);
        let id = match self.model[package].interfaces.get(&interface) {
            Some(id) => *id,
            None => {
                let id = Interface::new(Some(interface.clone()), package);
                let id = self.model.add_interface(id);
                let _ = self.model.packages[package].interfaces.insert(interface, id);
                id
            }
        };
        self.interface_items(id, item)?;
        Ok(id)
    }

    /// Adds the types and functions of an instance to an interface.
    fn interface_items(&mut self, id: InterfaceId, item: Item) -> Result<()> {
        let Item::Instance(instance) = item else { return Err(Kind::Form.into()) };
        let exports = self.scopes.exports(instance)?.to_vec();
        let owner = Owner::Interface(id);
        for (name, item) in exports {
            let text = Text::from(name.name.as_str());
            let interface = &self.model[id];
            let is_new = match item {
                Item::Type(_) => !interface.types.contains(&text),
                _ => !interface.funcs.contains(&text),
            };
            if is_new && self.defined.contains(&id) {
                return Err(Kind::NotDefined(text.to_string()).into());
            }
            match item {
                Item::Type(ty) => match interface.types.get(&text).copied() {
                    Some(known) => self.known_type(name, ty, known).within("type", &text)?,
                    None => {
                        let ty = self.named_type(name, ty, owner).within("type", &text)?;
                        let _ = self.model.interfaces[id].types.insert(text, ty);
                    }
                },
                Item::Func(ty) => {
                    let func = self.func(name, ty, owner).within("func", &text)?;
                    match self.model[id].funcs.get(&text) {
                        Some(known) if known.has_type_of(&func) => {}
                        Some(_) => return Err(Kind::Differs(text.to_string()).into()),
                        None => {
                            let _ = self.model.interfaces[id].funcs.insert(text, func);
                        }
                    }
                }
                _ => return Err(Kind::NotWit(text.to_string()).into()),
            }
        }
        Ok(())
    }

    fn func(&mut self, name: &ExternName<'_>, entry: Entry, owner: Owner) -> Result<Func> {
        let text = name.name.as_str();
        let plain = PlainName::parse(text, Features::ALL);
        let plain = plain.map_err(|_| Kind::Name(text.into()))?;
        let EntryKind::Defined(scope, definition @ Definition::Type(Type::Func(ty))) =
            self.scopes.entry(entry)?
        else {
            return Err(Kind::Form.into());
        };
        self.scopes.take_steps(parts(definition))?;
        let mut params = Vec::new();
        for param in &ty.params {
            let val = self.part(scope, param.ty).within("param", &param.label)?;
            params.push((Text::from(param.label.as_str()), val));
        }
        let result = ty.result.0.map(|ty| self.part(scope, ty)).transpose()?;
        let resource = match plain.resource() {
            Some(resource) => {
                let error = || Kind::NoResource(resource.into());
                Some(self.resource(owner, resource).ok_or_else(error)?)
            }
            None => None,
        };
        Ok(Func {
            name: text.into(),
            resource,
            is_async: ty.is_async,
            params,
            result,
            docs: None,
            gate: Gate::Unknown,
            external_id: external_id(name),
        })
    }

    /// Returns the resource of a name, defined in an interface or world.
    fn resource(&self, owner: Owner, name: &str) -> Option<TypeId> {
        let id = self.model.type_by_name(owner, name)?;
        (self.model[id].kind == crate::model::Kind::Resource).then_some(id)
    }

    /// Returns the model with its packages in order, and the new number of `package`.
    pub(super) fn finish(mut self, package: PackageId) -> Result<(Model, PackageId)> {
        for id in (0..self.model.interfaces.len() as u32).map(InterfaceId::from) {
            self.model.find_uses(id);
        }
        let places: BTreeMap<PackageId, PackageId> = self
            .model
            .sort_packages(Some(package))
            .map_err(|cycle| Kind::PackageCycle(cycle.name))?;
        let package = places.get(&package).copied().unwrap_or(package);
        Ok((self.model, package))
    }
}

/// Returns the external identifier of an import or export.
pub(super) fn external_id(name: &ExternName<'_>) -> Option<Text> {
    name.attributes().external_id.as_ref().map(|id| Text::from(id.as_str()))
}

/// Splits a whole name into its package and its interface or world. The attribute `version_suffix`
/// of the import or export completes a canonical version.
fn split(text: &str, name: &ExternName<'_>) -> Result<(PackageName, String)> {
    let (mut package, item) = PackageName::split(text).ok_or_else(|| Kind::Name(text.into()))?;
    if let Some(version) = &mut package.version {
        version.push_str(name.attributes().version_suffix.as_deref().unwrap_or_default());
    }
    Ok((package, item.into()))
}
