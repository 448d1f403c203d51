//! The types of core modules as definitions, for programs that write them again.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{CoreExportDecl, CoreType, Definition};
use wattle_ast::{ExternType, GlobalType, Import, RefType, TableType, TagType, TypeIdx, ValType};

use super::core_types::CoreItem;
use super::view::ModuleView;
use crate::registry::{Registry, TypeId};
use crate::sub_type::val_type;
use crate::ty::Ty;

impl ModuleView<'_> {
    /// The declarations of the type: types, imports and exports, as they can stand between
    /// [`CoreType::Module`] and [`Definition::End`]. They refer to nothing outside.
    ///
    /// ```
    /// use wattle_ast::Module;
    /// use wattle_ast::components::{Component, CoreType, Definition, ExternDesc, Import};
    /// use wattle_validator::components::{ExternView, validate_component};
    ///
    /// let ty = [Definition::CoreType(CoreType::Module), Definition::End];
    /// let import = Import { name: "m".into(), ty: ExternDesc::CoreModule(0.into()) };
    /// let component: Component<'_> = ty.into_iter().chain([Definition::Import(import)]).collect();
    /// let types = validate_component(&component).unwrap();
    /// let ExternView::Module(module) = types.import("m").unwrap().view() else { panic!() };
    /// assert_eq!(module.declarations(), []);
    /// ```
    pub fn declarations(&self) -> Vec<Definition<'static>> {
        let mut types = Types::new(&self.types.registry);
        let ty = self.types.core.module(self.id);
        let item = |item| self.types.core.item(item);
        let items =
            ty.imports.iter().map(|&(.., id)| id).chain(ty.exports.iter().map(|&(_, id)| id));
        for id in items {
            types.need(item(id));
        }
        let mut declarations = types.definitions();
        let text = |id| String::from(self.types.arena.str(id));
        for &(module, name, id) in &ty.imports {
            let Some(ty) = types.extern_type(item(id)) else { continue };
            let import = Import { module: text(module).into(), name: text(name).into(), ty };
            declarations.push(Definition::CoreImportDecl(Box::new(import)));
        }
        for &(name, id) in &ty.exports {
            let Some(ty) = types.extern_type(item(id)) else { continue };
            let export = CoreExportDecl { name: text(name).into(), ty };
            declarations.push(Definition::CoreExportDecl(Box::new(export)));
        }
        declarations
    }
}

/// The defined types that the type of a module needs.
struct Types<'r> {
    registry: &'r Registry,
    /// The first types of the recursive groups.
    groups: BTreeSet<u32>,
    /// The index of each type.
    indices: BTreeMap<u32, u32>,
}

impl<'r> Types<'r> {
    fn new(registry: &'r Registry) -> Types<'r> {
        Types { registry, groups: BTreeSet::new(), indices: BTreeMap::new() }
    }

    /// Adds the groups that an item needs.
    fn need(&mut self, item: CoreItem) {
        let mut open = Vec::new();
        match item {
            CoreItem::Unknown | CoreItem::Mem(_) => {}
            CoreItem::Func(ty) | CoreItem::Tag(ty) => open.push(ty.0),
            CoreItem::Table(table) => open.extend(table.elem.id()),
            CoreItem::Global(ty) => open.extend(ty.without_flag().id()),
        }
        while let Some(id) = open.pop() {
            let first = self.registry.group(id);
            if !self.groups.insert(first) {
                continue;
            }
            for id in self.group(first) {
                let mut see = |ty: &Ty| open.extend(ty.without_flag().id());
                match self.registry.func(id) {
                    Some((params, results)) => params.iter().chain(results).for_each(&mut see),
                    None => self.registry.fields(id).iter().for_each(&mut see),
                }
                open.extend(self.registry.supertype(id));
            }
        }
    }

    /// The types of the group that begins with a type.
    fn group(&self, first: u32) -> impl Iterator<Item = u32> + use<'r> {
        let registry = self.registry;
        let is_member = move |id: &u32| registry.group(*id) == first;
        (first..registry.len() as u32).take_while(is_member)
    }

    /// The groups as definitions. A group comes after those that it refers to, whose ids are less.
    fn definitions(&mut self) -> Vec<Definition<'static>> {
        let mut definitions = Vec::new();
        for first in core::mem::take(&mut self.groups) {
            for id in self.group(first) {
                let index = self.indices.len() as u32;
                self.indices.insert(id, index);
            }
            let index = |id: TypeId| self.indices.get(&id.0).map(|&index| TypeIdx(index));
            let types =
                self.group(first).filter_map(|id| self.registry.sub_type_by(TypeId(id), &index));
            let types: Box<[_]> = types.collect();
            definitions.push(Definition::CoreType(match &*types {
                [ty] => CoreType::Sub(Box::new(ty.clone())),
                _ => CoreType::Rec(types),
            }));
        }
        definitions
    }

    /// The type of an item; `None` if it is unknown, which no item of a valid component is.
    fn extern_type(&self, item: CoreItem) -> Option<ExternType> {
        let index = |id: TypeId| self.indices.get(&id.0).map(|&index| TypeIdx(index));
        let elem = |ty| match val_type(ty, &index)? {
            ValType::Ref(elem) => Some::<RefType>(elem),
            _ => None,
        };
        Some(match item {
            CoreItem::Unknown => return None,
            CoreItem::Func(ty) => ExternType::Func(index(ty)?),
            CoreItem::Tag(ty) => ExternType::Tag(TagType { ty: index(ty)? }),
            CoreItem::Table(table) => {
                ExternType::Table(TableType { elem: elem(table.elem)?, ..table.ty })
            }
            CoreItem::Mem(memory) => ExternType::Mem(memory),
            CoreItem::Global(ty) => ExternType::Global(GlobalType {
                mutable: ty.has_flag(),
                val: val_type(ty.without_flag(), &index)?,
            }),
        })
    }
}
