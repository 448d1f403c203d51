//! The documentation and gates of a package of a model.

use crate::docs::{FuncDocs, InterfaceDocs, PackageDocs, TypeDocs, WorldDocs};
use crate::model::{Extern, Func, InterfaceId, Key, Model, PackageId, TypeId, WorldId};

impl Model {
    /// Returns the documentation and gates of a package, which its component does not contain.
    pub fn docs(&self, id: PackageId) -> PackageDocs {
        let package = &self[id];
        let mut docs = PackageDocs { docs: package.docs.clone(), ..PackageDocs::default() };
        for (name, id) in package.worlds.iter() {
            PackageDocs::add(&mut docs.worlds, name, self.world_docs(*id));
        }
        for (name, id) in package.interfaces.iter() {
            PackageDocs::add(&mut docs.interfaces, name, self.interface_docs(*id));
        }
        docs
    }

    /// Removes the documentation of all packages. Gates stay.
    ///
    /// ```
    /// use wattle_wit::{Resolver, print};
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b; /// A world.\nworld w { /// Runs.\nexport run: func(); }");
    /// let resolved = resolver.resolve().unwrap();
    /// let mut model = resolved.model().clone();
    /// model.remove_docs();
    /// let text = print::package(&model, resolved.root()).unwrap();
    /// assert_eq!(text, "package a:b;\n\nworld w {\n  export run: func();\n}\n");
    /// ```
    pub fn remove_docs(&mut self) {
        for package in &mut self.packages {
            package.docs = None;
        }
        for ty in &mut self.types {
            ty.docs = TypeDocs { gate: core::mem::take(&mut ty.docs.gate), ..TypeDocs::default() };
        }
        for interface in &mut self.interfaces {
            interface.docs = None;
            interface.funcs.values_mut().for_each(|func| func.docs = None);
        }
        for world in &mut self.worlds {
            world.docs = None;
            for item in world.imports.values_mut().chain(world.exports.values_mut()) {
                match item {
                    Extern::Interface { docs, .. } => *docs = None,
                    Extern::Func(func) => func.docs = None,
                    Extern::Type(_) => {}
                }
            }
        }
    }

    fn type_docs(&self, id: TypeId) -> TypeDocs {
        self[id].docs.clone()
    }

    fn interface_docs(&self, id: InterfaceId) -> InterfaceDocs {
        let interface = &self[id];
        let mut docs = InterfaceDocs {
            docs: interface.docs.clone(),
            gate: interface.gate.clone(),
            ..InterfaceDocs::default()
        };
        for (name, func) in interface.funcs.iter() {
            PackageDocs::add(&mut docs.funcs, name, func_docs(func));
        }
        for (name, id) in interface.types.iter() {
            PackageDocs::add(&mut docs.types, name, self.type_docs(*id));
        }
        docs
    }

    fn world_docs(&self, id: WorldId) -> WorldDocs {
        let world = &self[id];
        let mut all = WorldDocs {
            docs: world.docs.clone(),
            gate: world.gate.clone(),
            ..WorldDocs::default()
        };
        let imports = world.imports.iter().map(|item| (true, item));
        let exports = world.exports.iter().map(|item| (false, item));
        for (is_import, (key, item)) in imports.chain(exports) {
            match (key, item) {
                (Key::Name(name), Extern::Type(id)) => {
                    PackageDocs::add(&mut all.types, name, self.type_docs(*id));
                }
                (Key::Name(name), Extern::Func(func)) => {
                    let map = if is_import { &mut all.funcs } else { &mut all.func_exports };
                    PackageDocs::add(map, name, func_docs(func));
                }
                (Key::Name(name), Extern::Interface { id, .. }) if self[*id].name.is_none() => {
                    let map =
                        if is_import { &mut all.interfaces } else { &mut all.interface_exports };
                    PackageDocs::add(map, name, self.interface_docs(*id));
                }
                (_, Extern::Interface { gate, docs, .. }) => {
                    let name = self.key_name(key);
                    let (gates, texts) = match is_import {
                        true => (&mut all.interface_import_gates, &mut all.interface_import_docs),
                        false => (&mut all.interface_export_gates, &mut all.interface_export_docs),
                    };
                    PackageDocs::add(gates, &name, gate.clone());
                    if let Some(docs) = docs {
                        let _ = texts.insert(name, docs.clone());
                    }
                }
                (Key::Interface(_), _) => {}
            }
        }
        all
    }
}

fn func_docs(func: &Func) -> FuncDocs {
    FuncDocs { docs: func.docs.clone(), gate: func.gate.clone() }
}

#[cfg(feature = "docs")]
mod apply {
    use alloc::string::String;

    use wattle_ast::components::{Version, check_label};

    use super::{
        Extern, Func, FuncDocs, InterfaceDocs, InterfaceId, Key, Model, PackageDocs, PackageId,
        TypeDocs, WorldDocs, WorldId,
    };
    use crate::decode::DecodeErrorKind;
    use crate::docs::Gate;
    use crate::model::Owner;

    type Result<T> = core::result::Result<T, DecodeErrorKind>;

    /// Returns the error for documentation of an item that is not in the package.
    fn missing(name: &str) -> DecodeErrorKind {
        DecodeErrorKind::Docs(name.into())
    }

    /// Returns a copy of the gate. Its feature and versions must be well-formed, so that they can
    /// be written as text.
    fn checked(gate: &Gate) -> Result<Gate> {
        let (feature, since, deprecated) = match gate {
            Gate::Unknown => (None, None, None),
            Gate::Unstable { feature, deprecated } => (Some(feature), None, deprecated.as_ref()),
            Gate::Stable { since, deprecated } => (None, Some(since), deprecated.as_ref()),
        };
        if let Some(feature) = feature.filter(|feature| check_label(feature).is_err()) {
            return Err(DecodeErrorKind::Name(feature.clone()));
        }
        for version in [since, deprecated].into_iter().flatten() {
            if Version::split(version).is_none() {
                return Err(DecodeErrorKind::Name(version.clone()));
            }
        }
        Ok(gate.clone())
    }

    impl Model {
        /// Gives the items of a package the documentation and gates that were read with it.
        pub(crate) fn apply_docs(&mut self, id: PackageId, docs: &PackageDocs) -> Result<()> {
            self.packages[id].docs.clone_from(&docs.docs);
            for (name, docs) in docs.worlds.iter() {
                let id = self.world(id, name).ok_or_else(|| missing(name))?;
                self.apply_world_docs(id, docs)?;
            }
            for (name, docs) in docs.interfaces.iter() {
                let id = self.interface(id, name).ok_or_else(|| missing(name))?;
                self.apply_interface_docs(id, docs)?;
            }
            Ok(())
        }

        fn apply_interface_docs(&mut self, id: InterfaceId, docs: &InterfaceDocs) -> Result<()> {
            for (name, docs) in docs.types.iter() {
                self.apply_type_docs(Owner::Interface(id), name, docs)?;
            }
            let interface = &mut self.interfaces[id];
            interface.docs.clone_from(&docs.docs);
            interface.gate = checked(&docs.gate)?;
            for (name, docs) in docs.funcs.iter() {
                let func = interface.funcs.get_mut(&**name).ok_or_else(|| missing(name))?;
                apply_func_docs(func, docs)?;
            }
            Ok(())
        }

        fn apply_type_docs(&mut self, owner: Owner, name: &str, docs: &TypeDocs) -> Result<()> {
            let id = self.type_by_name(owner, name).ok_or_else(|| missing(name))?;
            checked(&docs.gate)?;
            self.types[id].docs.clone_from(docs);
            Ok(())
        }

        fn apply_world_docs(&mut self, id: WorldId, docs: &WorldDocs) -> Result<()> {
            let world = &mut self.worlds[id];
            world.docs.clone_from(&docs.docs);
            world.gate = checked(&docs.gate)?;
            for (name, docs) in docs.types.iter() {
                self.apply_type_docs(Owner::World(id), name, docs)?;
            }
            for (name, docs) in docs.funcs.iter() {
                self.apply_to_func(id, name, Side::Any, docs)?;
            }
            for (name, docs) in docs.func_exports.iter() {
                self.apply_to_func(id, name, Side::Export, docs)?;
            }
            for (name, docs) in docs.interfaces.iter() {
                self.apply_to_interface(id, name, Side::Any, docs)?;
            }
            for (name, docs) in docs.interface_exports.iter() {
                self.apply_to_interface(id, name, Side::Export, docs)?;
            }
            let keys = |externs: &crate::model::Externs| -> alloc::vec::Vec<_> {
                externs.keys().map(|key| (self.key_name(key), key.clone())).collect()
            };
            let (imports, exports) = (keys(&self[id].imports), keys(&self[id].exports));
            let world = &mut self.worlds[id];
            let sides = [
                (
                    imports,
                    &mut world.imports,
                    &docs.interface_import_gates,
                    &docs.interface_import_docs,
                ),
                (
                    exports,
                    &mut world.exports,
                    &docs.interface_export_gates,
                    &docs.interface_export_docs,
                ),
            ];
            for (keys, externs, gates, texts) in sides {
                let keys: alloc::collections::BTreeMap<String, Key> = keys.into_iter().collect();
                let names = gates.keys().chain(texts.keys());
                if let Some(name) = names.into_iter().find(|name| !keys.contains_key(*name)) {
                    return Err(missing(name));
                }
                for (name, key) in &keys {
                    let Some(Extern::Interface { gate, docs, .. }) = externs.get_mut(key) else {
                        continue;
                    };
                    if let Some(found) = gates.get(name) {
                        *gate = checked(found)?;
                    }
                    if texts.contains(name) {
                        *docs = texts.get(name).cloned();
                    }
                }
            }
            Ok(())
        }

        fn apply_to_func(
            &mut self,
            id: WorldId,
            name: &str,
            side: Side,
            docs: &FuncDocs,
        ) -> Result<()> {
            match self.extern_mut(id, name, side) {
                Some(Extern::Func(func)) => apply_func_docs(func, docs),
                _ => Err(missing(name)),
            }
        }

        fn apply_to_interface(
            &mut self,
            id: WorldId,
            name: &str,
            side: Side,
            docs: &InterfaceDocs,
        ) -> Result<()> {
            match self.extern_mut(id, name, side) {
                Some(Extern::Interface { id, gate, .. }) => {
                    *gate = checked(&docs.gate)?;
                    let id = *id;
                    self.apply_interface_docs(id, docs)
                }
                _ => Err(missing(name)),
            }
        }

        fn extern_mut(&mut self, id: WorldId, name: &str, side: Side) -> Option<&mut Extern> {
            let key = Key::Name(name.into());
            let world = &mut self.worlds[id];
            match side {
                Side::Any if world.imports.contains(&key) => world.imports.get_mut(&key),
                _ => world.exports.get_mut(&key),
            }
        }
    }

    /// The items among which a name is looked up.
    #[derive(Clone, Copy)]
    enum Side {
        /// The imports, and then the exports.
        Any,
        Export,
    }

    fn apply_func_docs(func: &mut Func, docs: &FuncDocs) -> Result<()> {
        func.gate = checked(&docs.gate)?;
        func.docs.clone_from(&docs.docs);
        Ok(())
    }
}
