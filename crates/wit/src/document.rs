//! The documentation and gates of a package of a model.

use crate::docs::{FuncDocs, InterfaceDocs, PackageDocs, TypeDocs, WorldDocs};
use crate::model::{Extern, Func, InterfaceId, Key, Model, PackageId, TypeId, WorldId};

impl Model {
    /// The documentation and gates of a package: what its component does not say.
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
