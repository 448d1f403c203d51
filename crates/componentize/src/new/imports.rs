//! Imports of a component, and the scopes that its types are written in.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{ExternDesc, ExternName, Type, TypeBound};
use wattle_ast::{ComponentFuncIdx, ComponentTypeIdx, FuncIdx, Name, ValType};
use wattle_encoder::components::InstanceTypeBuilder;
use wattle_wit::model::{Extern, Func, Text, TypeId};

use super::emit::{Emitter, owned};
use super::part::CoreFunc;
use super::types::{Scope, Written, foreign, types_of};
use crate::names::Side;
use crate::world::{Place, World};

impl Emitter<'_, '_, '_> {
    /// Imports the parts of the world that are needed: interfaces, then types of the world, then
    /// functions.
    pub(super) fn imports(&mut self) {
        let plan = self.plan;
        for (number, item) in plan.world.imports.items.iter().enumerate() {
            if let Extern::Interface { .. } = item.item {
                self.import_interface(number);
            }
        }
        for item in &plan.world.imports.items {
            if let Extern::Type(ty) = item.item {
                self.ty(Place::World, *ty);
            }
        }
        for (number, item) in plan.world.imports.items.iter().enumerate() {
            let Extern::Func(func) = item.item else { continue };
            if !plan.live.funcs.contains(&(number, func.name.clone())) {
                continue;
            }
            let ty = self
                .with_types(|world, written, scope| written.func(world, scope, Place::World, func));
            let name = self.extern_name(Side::Import, number);
            let index = self.builder.import_func(name, ty);
            self.builder.names().funcs.insert(index, owned(&item.name));
            self.import_funcs.insert(number, index);
        }
    }

    fn import_interface(&mut self, number: usize) {
        let (plan, place) = (self.plan, Place::Import(number));
        let world = plan.world;
        let Some(item) = world.item(place) else { return };
        let Some(interface) = item.interface().map(|id| &world.model[id]) else { return };
        let live = plan.live.types.get(&number);
        let types = interface.types.iter().map(|(_, ty)| *ty);
        let types: Vec<TypeId> =
            types.filter(|ty| live.is_some_and(|live| live.contains(ty))).collect();
        let is_live = |name: &Text| plan.live.funcs.contains(&(number, name.clone()));
        let funcs = interface.funcs.iter().filter(|(name, _)| is_live(name)).map(|(_, func)| func);
        let funcs: Vec<_> = funcs.collect();
        if types.is_empty() && funcs.is_empty() {
            return;
        }
        let roots = types.iter().copied().chain(funcs.iter().flat_map(|func| types_of(func)));
        let outer = foreign(world, place, roots, false);
        let outer = outer.into_iter().map(|(of, ty)| ((of, ty), self.ty(of, ty)));
        let outer: BTreeMap<_, _> = outer.collect();
        let index = self.builder.instance_type(|builder| {
            let mut scope = InstanceScope { world, builder, outer };
            let mut written = Written::default();
            for ty in types {
                written.ty(world, &mut scope, place, ty);
            }
            for func in funcs {
                let ty = written.func(world, &mut scope, place, func);
                scope.builder.export(func_name(func), ExternDesc::Func(ty));
            }
        });
        let name = match plan.options.renamed.get(&*item.name) {
            Some(new) => ExternName::from(String::from(&**new)),
            None => self.extern_name(Side::Import, number),
        };
        let instance = self.builder.import_instance(name, index);
        self.builder.names().instances.insert(instance, owned(&item.name));
        self.import_instances.insert(number, instance);
    }

    /// Returns the function of an import of the world.
    pub(super) fn imported(&mut self, import: usize, func: &Text) -> ComponentFuncIdx {
        if let Some(&index) = self.import_funcs.get(&import) {
            return index;
        }
        if let Some(&index) = self.func_aliases.get(&(import, func.clone())) {
            return index;
        }
        let instance = self.import_instances.get(&import).copied().unwrap_or_default();
        let index = self.builder.alias(instance, owned(func));
        self.builder.names().funcs.insert(index, owned(func));
        self.func_aliases.insert((import, func.clone()), index);
        index
    }
}

/// The scope of the component itself.
impl Scope for Emitter<'_, '_, '_> {
    fn known(&mut self, place: Place, ty: TypeId) -> Option<ComponentTypeIdx> {
        let instance = match place {
            Place::World => return None,
            Place::Import(number) => *self.import_instances.get(&number)?,
            Place::Export(number) => *self.export_instances.get(&number)?,
        };
        let name = self.plan.world.model[ty].name.clone()?;
        Some(self.builder.alias(instance, Name::Shared(name)))
    }

    fn define(&mut self, ty: Type<'static>) -> ComponentTypeIdx {
        self.builder.ty(ty)
    }

    fn name(&mut self, place: Place, ty: TypeId, bound: TypeBound) -> ComponentTypeIdx {
        match (place, bound) {
            (Place::World, _) => {
                let name = type_name(self.plan.world, ty);
                self.builder.import_type(name, bound)
            }
            // The type gets its name when its interface is exported.
            (_, TypeBound::Eq(index)) => index,
            (Place::Import(_) | Place::Export(_), TypeBound::Resource) => {
                let destructor = match place {
                    Place::Export(number) => self.destructor(number, ty),
                    _ => None,
                };
                let index = self.builder.resource_type(ValType::I32, destructor);
                if let Some(name) = self.plan.world.model[ty].name.clone() {
                    self.builder.names().types.insert(index, Name::Shared(name));
                }
                index
            }
        }
    }
}

impl Emitter<'_, '_, '_> {
    /// Returns the destructor of a resource of an exported interface.
    fn destructor(&mut self, number: usize, resource: TypeId) -> Option<FuncIdx> {
        let (part, name) = self.plan.exporters.destructor(number, resource)?;
        self.shimmed(&CoreFunc::Destructor { part, name: name.clone() }, part)
    }
}

/// Returns the name of a type, with its attribute.
pub(super) fn type_name(world: &World<'_>, ty: TypeId) -> ExternName<'static> {
    let ty = &world.model[ty];
    let name = ty.name.clone().map(Name::Shared).unwrap_or_default();
    let external_id = ty.external_id.clone().map(Name::Shared);
    ExternName::with_external_id(name, external_id)
}

/// Returns the name of a function, with its attribute.
pub(super) fn func_name(func: &Func) -> ExternName<'static> {
    let external_id = func.external_id.clone().map(Name::Shared);
    ExternName::with_external_id(owned(&func.name), external_id)
}

/// The scope of the type of an instance that is imported.
struct InstanceScope<'s, 'b, 'm, 'a> {
    world: &'s World<'m>,
    builder: &'s mut InstanceTypeBuilder<'b, 'a>,
    /// The types of other interfaces, with their indices in the component outside.
    outer: BTreeMap<(Place, TypeId), ComponentTypeIdx>,
}

impl Scope for InstanceScope<'_, '_, '_, '_> {
    fn known(&mut self, place: Place, ty: TypeId) -> Option<ComponentTypeIdx> {
        let outer = *self.outer.get(&(place, ty))?;
        Some(self.builder.outer_alias(1, outer))
    }

    fn define(&mut self, ty: Type<'static>) -> ComponentTypeIdx {
        self.builder.ty(ty)
    }

    fn name(&mut self, _: Place, ty: TypeId, bound: TypeBound) -> ComponentTypeIdx {
        self.builder.export_type(type_name(self.world, ty), bound)
    }
}
