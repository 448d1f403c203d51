//! The documentation and gates of a package.

use alloc::string::ToString;

use super::Resolve;
use super::model::{Extern, FuncData, InterfaceId, Key, PackageId, TypeId, WorldId};
use crate::docs::{FuncDocs, InterfaceDocs, PackageDocs, TypeDocs, WorldDocs};

impl Resolve<'_> {
    /// What the types of a package do not say.
    pub(super) fn document(&self, id: PackageId) -> PackageDocs {
        let package = &self.packages[id.0];
        let mut docs = PackageDocs { docs: package.docs.clone(), ..PackageDocs::default() };
        for id in &package.worlds {
            PackageDocs::add(&mut docs.worlds, &self.worlds[id.0].name, self.world_docs(*id));
        }
        for id in &package.interfaces {
            let name = self.interfaces[id.0].name.as_deref().unwrap_or_default();
            PackageDocs::add(&mut docs.interfaces, name, self.interface_docs(*id));
        }
        docs
    }

    fn type_docs(&self, id: TypeId) -> TypeDocs {
        self.types[id.0].docs.clone()
    }

    fn interface_docs(&self, id: InterfaceId) -> InterfaceDocs {
        let interface = &self.interfaces[id.0];
        let mut docs = InterfaceDocs {
            docs: interface.docs.clone(),
            gate: interface.gate.clone(),
            ..InterfaceDocs::default()
        };
        for func in &interface.funcs {
            PackageDocs::add(&mut docs.funcs, &func.name, func_docs(func));
        }
        for (name, id) in interface.types.iter() {
            PackageDocs::add(&mut docs.types, name, self.type_docs(*id));
        }
        docs
    }

    fn world_docs(&self, id: WorldId) -> WorldDocs {
        let world = &self.worlds[id.0];
        let mut all = WorldDocs {
            docs: world.docs.clone(),
            gate: world.gate.clone(),
            ..WorldDocs::default()
        };
        let imports = world.imports.iter().map(|item| (true, item));
        let exports = world.exports.iter().map(|item| (false, item));
        for (is_import, (key, item)) in imports.chain(exports) {
            match (key, item) {
                (Key::Name(name), Extern::Type(id, _)) => {
                    PackageDocs::add(&mut all.types, name, self.type_docs(*id));
                }
                (Key::Name(name), Extern::Func(func)) => {
                    let map = if is_import { &mut all.funcs } else { &mut all.func_exports };
                    PackageDocs::add(map, name, func_docs(func));
                }
                (Key::Name(name), Extern::Interface { id, .. })
                    if self.interfaces[id.0].name.is_none() =>
                {
                    let map =
                        if is_import { &mut all.interfaces } else { &mut all.interface_exports };
                    PackageDocs::add(map, name, self.interface_docs(*id));
                }
                (_, Extern::Interface { gate, docs, .. }) => {
                    let name = match key {
                        Key::Name(name) => name.to_string(),
                        Key::Interface(id) => self.full_name(*id),
                    };
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

fn func_docs(func: &FuncData) -> FuncDocs {
    FuncDocs { docs: func.docs.clone(), gate: func.gate.clone() }
}
