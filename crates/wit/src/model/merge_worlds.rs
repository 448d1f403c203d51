//! Merges two worlds.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::copy::TypeMap;
use super::merge::same_func;
use super::merge_error::{MergeErrorKind, Result};
use super::{Extern, Externs, InterfaceId, Key, Model, TypeId, WorldId};
use crate::within::Within;

/// The interfaces that must be imports because exports of a world use them, each with an export
/// that uses it.
#[derive(Default)]
pub(crate) struct Required(BTreeMap<InterfaceId, Key>);

impl Model {
    /// Adds the imports and exports of a world to another. Types of the one become types of the
    /// other. Imports and exports that both have must be alike.
    ///
    /// ```
    /// use wattle_wit::{Resolver, print};
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b;
    ///     world logs { import log: func(line: string); }
    ///     world app { export run: func(); }");
    /// let resolved = resolver.resolve().unwrap();
    /// let (root, mut model) = (resolved.root(), resolved.into_model());
    /// let world = |name| model.select_world(root, Some(name)).unwrap();
    /// let (logs, app) = (world("logs"), world("app"));
    /// model.merge_worlds(logs, app).unwrap();
    /// let text = print::package(&model, root).unwrap();
    /// assert!(text.ends_with("world app {\n  import log: func(line: string);\n\n  export run: func();\n}\n"));
    /// ```
    ///
    /// # Errors
    /// The first difference, or an export that cannot be added: it uses an exported interface
    /// through an import, or another export uses it as an import. The world is then as it was.
    pub fn merge_worlds(&mut self, from: WorldId, into: WorldId) -> Result<()> {
        let mut required = Required::default();
        self.require(into, self[into].exports.iter(), &mut required);
        self.merge_worlds_with(from, into, &mut required)
    }

    /// Merges worlds like [`Model::merge_worlds`], where `required` has the interfaces that the
    /// exports of `into` use.
    pub(crate) fn merge_worlds_with(
        &mut self,
        from: WorldId,
        into: WorldId,
        required: &mut Required,
    ) -> Result<()> {
        let source = self[from].clone();
        let mut types = TypeMap::new();
        // Types that both worlds have stand for each other when items are compared and copied.
        for (key, item) in source.imports.iter() {
            if let (Extern::Type(id), Some(Extern::Type(there))) =
                (item, self[into].imports.get(key))
            {
                types.insert(*id, *there);
            }
        }
        let mut imports = Vec::new();
        for (key, item) in source.imports.iter() {
            match self[into].imports.get(key).cloned() {
                Some(there) => {
                    let same = self.same_item(item, &there, &mut types);
                    same.within("import", &self.key_name(key))?;
                }
                None => imports.push((key, item)),
            }
        }
        let mut exports = Vec::new();
        let mut checked = BTreeSet::new();
        for (key, item) in source.exports.iter() {
            match self[into].exports.get(key).cloned() {
                Some(there) => {
                    let same = self.same_item(item, &there, &mut types);
                    same.within("export", &self.key_name(key))?;
                }
                None => {
                    let can = self.can_export(into, key, item, required, &mut checked);
                    can.within("export", &self.key_name(key))?;
                    exports.push((key, item));
                }
            }
        }
        let mut copies = Vec::new();
        for (is_import, items) in [(true, imports), (false, exports)] {
            for (key, item) in items {
                let item = match key {
                    Key::Name(name) => self.copy_extern(item, name, into, &mut types),
                    Key::Interface(_) => item.clone(),
                };
                copies.push((is_import, key.clone(), item));
            }
        }
        let world = &mut self.worlds[into];
        let mut exports = Externs::default();
        for (is_import, key, item) in copies {
            if !is_import {
                let _ = exports.insert(key.clone(), item.clone());
            }
            let _ = world.side_mut(is_import).insert(key, item);
        }
        self.require(into, exports.iter(), required);
        Ok(())
    }

    /// Checks that two imports or exports are alike where `types` stand for each other.
    fn same_item(&mut self, from: &Extern, into: &Extern, types: &mut TypeMap) -> Result<()> {
        match (from, into) {
            (Extern::Interface { id: from, .. }, Extern::Interface { id: into, .. }) => {
                match from == into {
                    true => Ok(()),
                    false => self.same_interface(*from, *into, types),
                }
            }
            (Extern::Func(from), Extern::Func(into)) => {
                same_func(&self.replace_in_func(from, types), into)
            }
            (Extern::Type(from), Extern::Type(into)) => self.same_type(*from, *into, types),
            _ => Err(MergeErrorKind::Sorts { from: from.sort(), into: into.sort() }.into()),
        }
    }

    /// Checks that two interfaces are alike in the types and functions that both have.
    pub(super) fn same_interface(
        &mut self,
        from: InterfaceId,
        into: InterfaceId,
        types: &mut TypeMap,
    ) -> Result<()> {
        let from = self[from].clone();
        for (name, id) in from.types.iter() {
            if let Some(there) = self[into].types.get(name) {
                types.insert(*id, *there);
            }
        }
        for (name, id) in from.types.iter() {
            if let Some(there) = self[into].types.get(name).copied() {
                self.same_type(*id, there, types)?;
            }
        }
        for (name, func) in from.funcs.iter() {
            if !self[into].funcs.contains(name) {
                continue;
            }
            let func = self.replace_in_func(func, types);
            if let Some(there) = self[into].funcs.get(name) {
                same_func(&func, there)?;
            }
        }
        Ok(())
    }

    fn same_type(&mut self, from: TypeId, into: TypeId, types: &mut TypeMap) -> Result<()> {
        let kind = self.replace_in_kind(&self[from].kind.clone(), types);
        match self.is_alike(&kind, into) {
            true => Ok(()),
            false => {
                let into = &self[into];
                let name = into.name.as_deref().unwrap_or_default().into();
                let (from, into) = (kind.word(), into.kind.word());
                Err(MergeErrorKind::Types { name, from, into }.into())
            }
        }
    }

    /// Returns the interfaces that an import or export uses directly.
    fn used_by(&self, item: &Extern) -> Vec<InterfaceId> {
        match item {
            Extern::Interface { id, .. } => self[*id].uses.clone(),
            Extern::Type(id) => self.used_interface(*id).into_iter().collect(),
            Extern::Func(_) => Vec::new(),
        }
    }

    /// Adds to `required` the interfaces that these exports of a world use.
    fn require<'e>(
        &self,
        id: WorldId,
        exports: impl Iterator<Item = (&'e Key, &'e Extern)>,
        Required(required): &mut Required,
    ) {
        let world = &self[id];
        for (key, item) in exports {
            let mut open = self.used_by(item);
            open.retain(|id| !world.exports.contains(&Key::Interface(*id)));
            while let Some(id) = open.pop() {
                if let Entry::Vacant(entry) = required.entry(id) {
                    entry.insert(key.clone());
                    open.extend(&self[id].uses);
                }
            }
        }
    }

    /// Checks that a new export does not change the meaning of the imports and exports of a world.
    /// `checked` has the interfaces that are known to use no interface that the world exports.
    fn can_export(
        &self,
        into: WorldId,
        key: &Key,
        item: &Extern,
        Required(required): &Required,
        checked: &mut BTreeSet<InterfaceId>,
    ) -> Result<()> {
        let exports = &self[into].exports;
        let mut open = self.used_by(item);
        open.retain(|id| !exports.contains(&Key::Interface(*id)));
        while let Some(id) = open.pop() {
            let key = Key::Interface(id);
            if exports.contains(&key) {
                return Err(MergeErrorKind::Exported { name: self.key_name(&key) }.into());
            }
            if checked.insert(id) {
                open.extend(&self[id].uses);
            }
        }
        if let Extern::Interface { id, .. } = item
            && let Some(user) = required.get(id)
        {
            let (name, user) = (self.key_name(key), self.key_name(user));
            return Err(MergeErrorKind::ChangesMeaning { name, user }.into());
        }
        Ok(())
    }
}
