//! Interfaces, worlds and functions as text.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_ast::Features;
use wattle_ast::components::{Accessor, PlainName};

use super::{PrintError, Printer, Result};
use crate::model::{
    Extern, Func, InterfaceId, Key, Kind, Owner, PackageId, Type, TypeId, Val, WorldId,
};

impl Printer<'_> {
    pub(super) fn items(&mut self, id: PackageId, is_main: bool) -> Result<()> {
        self.package = Some(id);
        let model = self.model;
        for (name, id) in model[id].interfaces.iter() {
            let interface = &model[*id];
            self.head(&interface.docs, &interface.gate, None);
            self.word("interface ");
            self.name(name);
            self.open();
            self.interface(*id)?;
            self.close();
            if is_main {
                self.newline();
            }
        }
        for (name, id) in model[id].worlds.iter() {
            let world = &model[*id];
            self.head(&world.docs, &world.gate, None);
            self.word("world ");
            self.name(name);
            self.open();
            self.world(*id)?;
            self.close();
        }
        Ok(())
    }

    fn interface(&mut self, id: InterfaceId) -> Result<()> {
        let interface = &self.model[id];
        let had_items = core::mem::replace(&mut self.has_items, false);
        let outer = core::mem::replace(&mut self.owner, Owner::Interface(id));
        let mut funcs = Vec::new();
        let mut of_resources: BTreeMap<TypeId, Vec<&Func>> = BTreeMap::new();
        for (_, func) in interface.funcs.iter() {
            match func.resource {
                Some(resource) => of_resources.entry(resource).or_default().push(func),
                None => funcs.push(func),
            }
        }
        let types: Vec<TypeId> = interface.types.iter().map(|(_, id)| *id).collect();
        self.types(&types, &of_resources)?;
        for func in funcs {
            self.new_item();
            self.func_item("", func)?;
        }
        (self.has_items, self.owner) = (had_items, outer);
        Ok(())
    }

    /// Writes `name: func(…);` behind a word, with the documentation and attributes before it.
    pub(super) fn func_item(&mut self, word: &str, func: &Func) -> Result<()> {
        self.head(&func.docs, &func.gate, func.external_id.as_deref());
        self.word(word);
        self.func(func)
    }

    /// Writes `name: func(…);`.
    fn func(&mut self, func: &Func) -> Result<()> {
        let name = PlainName::parse(&func.name, Features::ALL);
        let name = name.map_err(|_| PrintError::Name(func.name.to_string()))?;
        let mut is_method = false;
        match name {
            PlainName::Constructor { .. } => {}
            PlainName::Label { label, .. } => {
                self.name(label);
                self.word(": ");
            }
            PlainName::Method { label, .. } => {
                is_method = true;
                self.name(label);
                self.word(": ");
            }
            PlainName::Static { label, .. } => {
                self.name(label);
                self.word(": static ");
            }
        }
        if func.is_async {
            self.word("async ");
        }
        self.word(match (name, name.accessor()) {
            (PlainName::Constructor { .. }, _) => "constructor(",
            (_, Some(Accessor::Get)) => "get(",
            (_, Some(Accessor::Set)) => "set(",
            (_, None) => "func(",
        });
        for (nth, (name, ty)) in func.params.iter().skip(usize::from(is_method)).enumerate() {
            if nth > 0 {
                self.word(", ");
            }
            self.name(name);
            self.word(": ");
            self.val(*ty);
        }
        self.word(")");
        let is_own = |val: Val| {
            val.id().is_some_and(|id| {
                matches!(self.model[id], Type { name: None, kind: Kind::Own(_), .. })
            })
        };
        let is_constructor = matches!(name, PlainName::Constructor { .. });
        if let Some(result) = func.result.filter(|result| !is_constructor || !is_own(*result)) {
            self.word(" -> ");
            self.val(result);
        }
        self.semicolon();
        self.check_references(&func.name)
    }

    fn world(&mut self, id: WorldId) -> Result<()> {
        let world = &self.model[id];
        let had_items = core::mem::replace(&mut self.has_items, false);
        self.owner = Owner::World(id);
        let mut types = Vec::new();
        let mut funcs = Vec::new();
        let mut of_resources: BTreeMap<TypeId, Vec<&Func>> = BTreeMap::new();
        for (key, item) in world.imports.iter() {
            match item {
                Extern::Type(id) => types.push(*id),
                Extern::Func(func) => match func.resource {
                    Some(resource) => of_resources.entry(resource).or_default().push(func),
                    None => funcs.push((key, item)),
                },
                Extern::Interface { .. } => {
                    self.world_item("import ", key, item)?;
                    self.has_items = true;
                }
            }
        }
        self.types(&types, &of_resources)?;
        for (key, item) in funcs {
            self.world_item("import ", key, item)?;
            self.has_items = true;
        }
        if !world.exports.is_empty() {
            self.new_item();
        }
        for (key, item) in world.exports.iter() {
            self.world_item("export ", key, item)?;
        }
        self.has_items = had_items;
        Ok(())
    }

    /// Writes an import or export that is not a type.
    fn world_item(&mut self, word: &str, key: &Key, item: &Extern) -> Result<()> {
        match item {
            Extern::Type(_) => {}
            Extern::Func(func) => self.func_item(word, func)?,
            Extern::Interface { id, gate, docs, external_id } => {
                let interface = &self.model[*id];
                let is_written_out = interface.name.is_none();
                let docs = if is_written_out { &interface.docs } else { docs };
                self.head(docs, gate, external_id.as_deref());
                self.word(word);
                if let Key::Name(name) = key {
                    self.name(name);
                    self.word(": ");
                }
                if is_written_out {
                    self.word("interface");
                    self.open();
                    self.interface(*id)?;
                    self.close();
                } else {
                    self.path(*id);
                    self.semicolon();
                }
            }
        }
        Ok(())
    }
}
