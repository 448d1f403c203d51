//! Replaces compatible versions of imports by the highest of them, and turns exports into imports
//! or imports into exports.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::SpaceIdx;
use wattle_ast::components::Version;

use super::copy::TypeMap;
use super::merge_error::{MergeError, MergeErrorKind};
use super::{
    Extern, Externs, Interface, InterfaceId, Key, Kind, Model, Owner, Text, TypeId, Val, WorldId,
};
use crate::order::order;
use crate::version::compare;

/// The part of a name that interfaces with compatible versions have in common: namespace, package,
/// interface, and the part of the version that does not change.
type Track = (String, String, Text, String);

impl Model {
    /// Returns the track of an interface. `None` if its package has no version, or the interface
    /// has no name.
    fn track(&self, id: InterfaceId) -> Option<Track> {
        let interface = &self[id];
        let package = &self[interface.package].name;
        let (canonical, _) = Version::split(package.version.as_deref()?)?;
        let (namespace, name) = (package.namespace.clone(), package.name.clone());
        Some((namespace, name, interface.name.clone()?, canonical.into()))
    }

    fn version(&self, id: InterfaceId) -> &str {
        self[self[id].package].name.version.as_deref().unwrap_or_default()
    }

    /// Makes a world import only the highest of the compatible versions of an interface:
    /// `a:b/c@0.2.1` in place of `a:b/c@0.2.0` and `a:b/c@0.2.1`. Interfaces that use types of the
    /// other versions then use those of the highest. Types get new numbers.
    ///
    /// # Errors
    /// If a newer version lacks a type that is used of an older one, or if an item differs between
    /// the versions. The model may then be changed in part.
    pub fn merge_imports_by_version(&mut self, world: WorldId) -> Result<(), MergeError> {
        let mut highest: BTreeMap<Track, InterfaceId> = BTreeMap::new();
        let mut older = Vec::new();
        for key in self[world].imports.keys() {
            let Key::Interface(id) = key else { continue };
            let Some(track) = self.track(*id) else { continue };
            match highest.get_mut(&track) {
                None => {
                    highest.insert(track, *id);
                }
                Some(high) if compare(self.version(*id), self.version(*high)).is_gt() => {
                    older.push(core::mem::replace(high, *id));
                }
                Some(_) => older.push(*id),
            }
        }
        let newer = |id: InterfaceId| Some((id, *highest.get(&self.track(id)?)?));
        let newer: BTreeMap<InterfaceId, InterfaceId> =
            older.into_iter().filter_map(newer).collect();
        if newer.is_empty() {
            return Ok(());
        }
        // The older interfaces, which the world stops importing, stay as they are.
        let is_kept = |key: &Key| !matches!(key, Key::Interface(id) if newer.contains_key(id));
        self.use_newer(world, &newer, is_kept)?;
        self.sort_types()?;
        self.check_uses()?;
        let mut types = TypeMap::new();
        for (old, new) in &newer {
            for (name, ty) in self[*old].types.iter() {
                if let Some(there) = self[*new].types.get(name) {
                    types.insert(*ty, *there);
                }
            }
        }
        for (old, new) in &newer {
            let same = self.same_interface(*old, *new, &mut types);
            same.map_err(|error| self.upgrade(*old, *new, error.kind))?;
        }
        let world = &mut self.worlds[world];
        let imports = core::mem::take(&mut world.imports).into_entries();
        world.imports = imports.into_iter().filter(|(key, _)| is_kept(key)).collect();
        self.elaborate_all()
    }

    /// Makes the imports and exports of a world that `is_kept` accepts use newer interfaces.
    fn use_newer(
        &mut self,
        world: WorldId,
        newer: &BTreeMap<InterfaceId, InterfaceId>,
        is_kept: impl Fn(&Key) -> bool,
    ) -> Result<(), MergeError> {
        let items = self[world].imports.iter().chain(self[world].exports.iter());
        let mut users = Vec::new();
        let mut interfaces = BTreeSet::new();
        for (_, item) in items.filter(|(key, _)| is_kept(key)) {
            match item {
                Extern::Type(id) => users.push(*id),
                Extern::Interface { id, .. } if interfaces.insert(*id) => {
                    users.extend(self[*id].types.iter().map(|(_, id)| *id));
                }
                Extern::Interface { .. } | Extern::Func(_) => {}
            }
        }
        for id in users {
            let Some((old, new)) =
                self.used_interface(id).and_then(|old| Some((old, *newer.get(&old)?)))
            else {
                continue;
            };
            let Kind::Alias(Val::Type(used)) = self[id].kind else { continue };
            let name = self[used].name.clone().unwrap_or_default();
            let Some(there) = self[new].types.get(&name).copied() else {
                let why = MergeErrorKind::NoType { name: (*name).into() };
                return Err(self.upgrade(old, new, why));
            };
            self.types[id].kind = Kind::Alias(Val::Type(there));
        }
        for id in interfaces {
            self.find_uses(id);
        }
        Ok(())
    }

    fn upgrade(&self, old: InterfaceId, new: InterfaceId, why: MergeErrorKind) -> MergeError {
        let full = |id| self.full_name(id).unwrap_or_default();
        MergeErrorKind::Upgrade { old: full(old), new: full(new), why: Box::new(why) }.into()
    }

    /// Checks that no interface uses itself.
    fn check_uses(&self) -> Result<(), MergeError> {
        match self.use_cycle() {
            Some(name) => Err(MergeErrorKind::Cycle { name }.into()),
            None => Ok(()),
        }
    }

    /// Returns the name of an interface that uses itself, through others.
    pub(crate) fn use_cycle(&self) -> Option<String> {
        let uses = |interface: &Interface| interface.uses.iter().map(|id| id.idx()).collect();
        let edges: Vec<Vec<usize>> = self.interfaces.iter().map(uses).collect();
        let (at, _) = order(&edges).err()?;
        Some(self.full_name(InterfaceId::from(at as u32)).unwrap_or_default())
    }

    /// Puts each type behind those that it is made of.
    pub(crate) fn sort_types(&mut self) -> Result<(), MergeError> {
        let edges: Vec<Vec<usize>> = self
            .types
            .iter()
            .map(|ty| {
                let mut parts = Vec::new();
                ty.kind.for_each(|val| parts.extend(val.id().map(|id| id.idx())));
                parts
            })
            .collect();
        let order = order(&edges).map_err(|(at, _)| {
            let owner = self.types.get(TypeId::from(at as u32)).map(|ty| ty.owner);
            let name = match owner {
                Some(Owner::Interface(id)) => self.full_name(id).unwrap_or_default(),
                _ => String::new(),
            };
            MergeError::from(MergeErrorKind::Cycle { name })
        })?;
        let mut places: Vec<TypeId> = (0..order.len() as u32).map(TypeId::from).collect();
        for (new, old) in order.iter().enumerate() {
            if let Some(place) = places.get_mut(*old) {
                *place = TypeId::from(new as u32);
            }
        }
        self.renumber_types(&order, |id| places.get(id.idx()).copied().unwrap_or(id));
        Ok(())
    }

    /// Turns the exports of a world into imports, so that a component of the new world can import
    /// one of the original world. Its own imports are dropped, except for types and the interfaces
    /// that the new imports need. The world gets this name, or its own with `-importized` behind
    /// it.
    ///
    /// ```
    /// use wattle_wit::{Resolver, print};
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b; world w { import log: func(); export run: func(); }");
    /// let resolved = resolver.resolve().unwrap();
    /// let (root, mut model) = (resolved.root(), resolved.into_model());
    /// let world = model.select_world(root, None).unwrap();
    /// model.importize(world, None).unwrap();
    /// let text = print::package(&model, root).unwrap();
    /// assert!(text.ends_with("world w-importized {\n  import run: func();\n}\n"));
    /// ```
    ///
    /// # Errors
    /// If an export has the name of a type that stays, or another world has the new name. The world
    /// may then be changed in part.
    pub fn importize(&mut self, id: WorldId, name: Option<&str>) -> Result<(), MergeError> {
        self.rename_world(id, name, "-importized")?;
        let world = &mut self.worlds[id];
        let imports = core::mem::take(&mut world.imports).into_entries();
        world.imports =
            imports.into_iter().filter(|(_, item)| matches!(item, Extern::Type(_))).collect();
        for (key, item) in core::mem::take(&mut world.exports).into_entries() {
            if let (Err(_), Key::Name(name)) = (world.imports.insert(key.clone(), item), &key) {
                return Err(MergeErrorKind::ExportAndImport { name: (**name).into() }.into());
            }
        }
        self.elaborate_world(id)
    }

    /// Turns imports of a world into exports, so that a component of the original world can import
    /// one of the new world. Its own exports are dropped. The remaining imports are those that
    /// `is_export` refuses, types, functions of resources, and the interfaces that the new exports
    /// need. The world gets this name, or its own with `-exportized` behind it.
    ///
    /// # Errors
    /// If another world has the name, or an interface would have to be imported and exported. The
    /// world may then be changed in part.
    pub fn exportize(
        &mut self,
        id: WorldId,
        name: Option<&str>,
        is_export: impl Fn(&Model, &Key) -> bool,
    ) -> Result<(), MergeError> {
        self.rename_world(id, name, "-exportized")?;
        let imports = core::mem::take(&mut self.worlds[id].imports).into_entries();
        let (mut kept, mut exports) = (Externs::default(), Externs::default());
        for (key, item) in imports {
            let stays = match &item {
                Extern::Type(_) => true,
                Extern::Func(func) => func.resource.is_some(),
                Extern::Interface { .. } => false,
            };
            let is_export = !stays && is_export(self, &key);
            let _ = if is_export { &mut exports } else { &mut kept }.insert(key, item);
        }
        let world = &mut self.worlds[id];
        (world.imports, world.exports) = (kept, exports);
        self.elaborate_world(id)
    }

    fn rename_world(
        &mut self,
        id: WorldId,
        name: Option<&str>,
        suffix: &str,
    ) -> Result<(), MergeError> {
        let world = &mut self.worlds[id];
        let old = world.name.clone();
        let name = match name {
            Some(name) => Text::from(name),
            None => [&old, suffix].concat().into(),
        };
        world.name = name.clone();
        let worlds = &mut self.packages[world.package].worlds;
        let others = core::mem::take(worlds).into_entries();
        *worlds = others.into_iter().filter(|(other, _)| *other != old).collect();
        worlds
            .insert(name.clone(), id)
            .map_err(|_| MergeErrorKind::WorldThere { name: (*name).into() }.into())
    }
}
