//! The exports of a component: functions that are lifted, and interfaces of such functions.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_abi::{Call, Mode};
use wattle_ast::components::{CanonOpt, ExternDesc, SortIdx, Type, TypeBound};
use wattle_ast::{ComponentFuncIdx, ComponentTypeIdx};
use wattle_encoder::components::ComponentBuilder;
use wattle_wit::model::{Extern, Func, InterfaceId, Kind, TypeId};

use super::emit::{Emitter, Site, owned};
use super::imports::{func_name, type_name};
use super::part::item_name;
use super::types::{Scope, Written, foreign, types_of};
use crate::names::Side;
use crate::world::{Place, World};

impl Emitter<'_, '_, '_> {
    /// Exports all functions and interfaces that the world exports.
    pub(super) fn exports(&mut self) {
        for (number, item) in self.plan.world.exports.items.iter().enumerate() {
            match item.item {
                Extern::Func(func) => self.export_func(number, func),
                Extern::Interface { id, .. } => self.export_interface(number, *id),
                // Only imports can be types.
                Extern::Type(_) => {}
            }
        }
    }

    fn export_func(&mut self, number: usize, func: &Func) {
        let Some(index) = self.lift(number, Place::World, func) else { return };
        let name = self.extern_name(Side::Export, number);
        self.builder.export(name, index);
    }

    /// Lifts a function. Returns `None` if no part exports the function, which was reported.
    fn lift(&mut self, number: usize, place: Place, func: &Func) -> Option<ComponentFuncIdx> {
        let plan = self.plan;
        let (part, lifted) = plan.exporters.lifted(number, &func.name)?;
        let ty = self.with_types(|world, written, scope| written.func(world, scope, place, func));
        let core = self.exported(part, &lifted.name);
        let abi = plan.abis.func(Side::Export, number, &func.name);
        let needs = abi.needs(Call::Lift(lifted.mode));
        let item = (Side::Export, number);
        let mut opts = self.options_of(needs, item, &func.name, part, Site::After);
        if lifted.mode != Mode::Sync {
            opts.push(CanonOpt::Async);
        }
        if let Some(name) = &lifted.post_return {
            opts.push(CanonOpt::PostReturn(self.exported(part, name)));
        }
        if let Some(name) = &lifted.callback {
            opts.push(CanonOpt::Callback(self.exported(part, name)));
        }
        let index = self.builder.lift(core, ty, opts);
        self.builder.names().funcs.insert(index, owned(&func.name));
        Some(index)
    }

    /// Exports an interface: an instance of a component that imports its functions and types, and
    /// exports them under their names. Only in such a component can types get names, and functions
    /// refer to the named types.
    fn export_interface(&mut self, number: usize, id: InterfaceId) {
        let (world, place) = (self.plan.world, Place::Export(number));
        let interface = &world.model[id];
        let funcs: Vec<&Func> = interface.funcs.iter().map(|(_, func)| func).collect();
        let types: Vec<TypeId> = interface.types.iter().map(|(_, ty)| *ty).collect();
        let mut args: Vec<(String, SortIdx)> = Vec::new();
        for (nth, func) in funcs.iter().enumerate() {
            let Some(index) = self.lift(number, place, func) else { return };
            args.push((func_import(nth), index.into()));
        }
        let roots = types.iter().copied().chain(funcs.iter().flat_map(|func| types_of(func)));
        let used = foreign(world, place, roots, true);
        let mut imported = Vec::new();
        let component = self.builder.component(|builder| {
            let mut inner = Inner { world, builder, known: None, imported: Vec::new() };
            inner.write(place, &used, &types, &funcs);
            imported = inner.imported;
        });
        for (nth, (of, ty)) in imported.into_iter().enumerate() {
            args.push((type_import(nth), self.ty(of, ty).into()));
        }
        let args = args.iter().map(|(name, item)| (name.as_str(), *item));
        let instance = self.builder.instance(component, args);
        let name = self.extern_name(Side::Export, number);
        let item = item_name(world, (Side::Export, number));
        self.builder.names().components.insert(component, owned(item));
        let exported = self.builder.export(name, instance);
        self.builder.names().instances.insert(exported, owned(item));
        self.export_instances.insert(number, exported);
        // From now on, the types of the interface are those of the exported instance.
        self.written.forget(world, place);
    }
}

/// Returns the name under which the inner component imports a function.
fn func_import(nth: usize) -> String {
    format!("func{nth}")
}

/// Returns the name under which the inner component imports a type.
fn type_import(nth: usize) -> String {
    format!("type{nth}")
}

/// The component that gives the functions and types of an interface their names.
struct Inner<'i, 'm, 'a> {
    world: &'i World<'m>,
    builder: &'i mut ComponentBuilder<'a>,
    /// The types of other interfaces that are imported, while exports are written.
    known: Option<BTreeMap<(Place, TypeId), ComponentTypeIdx>>,
    /// The types that are imported, in order.
    imported: Vec<(Place, TypeId)>,
}

impl Inner<'_, '_, '_> {
    fn write(&mut self, place: Place, used: &[(Place, TypeId)], types: &[TypeId], funcs: &[&Func]) {
        let world = self.world;
        let mut written = Written::default();
        let mut known = BTreeMap::new();
        for &(of, ty) in used {
            known.insert((of, ty), written.ty(world, self, of, ty));
        }
        let is_resource = |ty: &&TypeId| world.model[**ty].kind == Kind::Resource;
        let resources: Vec<_> = types
            .iter()
            .filter(is_resource)
            .map(|ty| (*ty, written.ty(world, self, place, *ty)))
            .collect();
        let mut func_indices = Vec::with_capacity(funcs.len());
        for (nth, func) in funcs.iter().enumerate() {
            let ty = written.func(world, self, place, func);
            func_indices.push(self.builder.import_func(func_import(nth), ty));
        }
        self.known = Some(known);
        let mut written = Written::default();
        let resources: BTreeMap<TypeId, ComponentTypeIdx> = resources.into_iter().collect();
        let mut seen = BTreeSet::new();
        for &ty in types {
            if let Some(&index) = resources.get(&ty) {
                let index = self.builder.export(type_name(world, ty), index);
                written.insert(place, ty, index);
            } else if seen.insert(ty) {
                written.ty(world, self, place, ty);
            }
        }
        for (func, index) in funcs.iter().zip(func_indices) {
            let ty = written.func(world, self, place, func);
            self.builder.export_as(func_name(func), index, ExternDesc::Func(ty));
        }
    }
}

/// All types that have names are imported first, and then those of the interface are exported.
impl Scope for Inner<'_, '_, '_> {
    fn known(&mut self, place: Place, ty: TypeId) -> Option<ComponentTypeIdx> {
        self.known.as_ref()?.get(&(place, ty)).copied()
    }

    fn define(&mut self, ty: Type<'static>) -> ComponentTypeIdx {
        self.builder.ty(ty)
    }

    fn name(&mut self, place: Place, ty: TypeId, bound: TypeBound) -> ComponentTypeIdx {
        match (&self.known, bound) {
            (None, _) => {
                let name = type_import(self.imported.len());
                self.imported.push((place, ty));
                self.builder.import_type(name, bound)
            }
            (Some(_), TypeBound::Eq(index)) => {
                self.builder.export(type_name(self.world, ty), index)
            }
            // Resources were exported before all others.
            (Some(_), TypeBound::Resource) => ComponentTypeIdx::default(),
        }
    }
}
