//! Writes interfaces and worlds as types of components, definition by definition.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Definition, ExportDecl, ExternDesc, ExternName, Field, FuncType, Import, NameAttributes,
    PlainSort, PlainSortIdx, Sort, SortIdx, Type, TypeBound, ValType, Version,
};
use wattle_ast::{ComponentTypeIdx, InstanceIdx, Name};

use super::{Config, Definitions};
use crate::model::{
    Extern, Func, InterfaceId, Key, Kind, Model, Owner, Text, TypeId, Val, WorldId,
};

/// The parts that tell types of functions apart: whether they are `async`, the parameters and the
/// result.
type Signature = (bool, Vec<(Text, Val)>, Option<Val>);

/// The definitions of the type of a component or instance, as far as they are written.
#[derive(Default)]
struct Types {
    definitions: Definitions,
    /// The number of types.
    len: u32,
    /// The types that have an index.
    indices: BTreeMap<TypeId, u32>,
    /// The types of functions that have an index.
    funcs: BTreeMap<Signature, u32>,
}

impl Types {
    /// Adds a definition that adds a type, and returns its index.
    fn add(&mut self, definition: Definition<'static>) -> u32 {
        self.definitions.list.push(definition);
        self.len += 1;
        self.len - 1
    }
}

/// A writer of the type of a component.
pub(super) struct Encoder<'m> {
    config: Config,
    model: &'m Model,
    /// The type of the component.
    outer: Types,
    /// The type of an instance that is open.
    inner: Option<Types>,
    /// The interface whose types are defined. Types of other interfaces are aliases.
    interface: Option<InterfaceId>,
    /// Whether types are written as imports.
    imports_types: bool,
    /// The number of instances.
    instances: u32,
    /// The instance of each interface.
    instance_of: BTreeMap<InterfaceId, u32>,
    /// The aliases of types of instances.
    aliases: BTreeMap<(u32, TypeId), u32>,
}

impl<'m> Encoder<'m> {
    pub(super) fn new(config: Config, model: &'m Model) -> Encoder<'m> {
        Encoder {
            config,
            model,
            outer: Types::default(),
            inner: None,
            interface: None,
            imports_types: false,
            instances: 0,
            instance_of: BTreeMap::new(),
            aliases: BTreeMap::new(),
        }
    }

    /// Writes the type of a component that exports an interface, and imports those that it uses.
    pub(super) fn interface(mut self, id: InterfaceId) -> Definitions {
        for used in self.model.with_used(id) {
            self.interface = Some(used);
            let name = self.interface_name(used);
            let is_export = used == id;
            // An import has all types of its interface, used or not, so that all users see the same
            // interface.
            let ty = ExternDesc::Instance(ComponentTypeIdx(self.instance(used, is_export)));
            self.outer.definitions.list.push(declaration(!is_export, name, ty));
        }
        self.outer.definitions
    }

    /// Writes the type of a component that exports a world by its whole name.
    pub(super) fn named_world(self, id: WorldId) -> Definitions {
        let name = self.model.world_name(id).into();
        let mut list = Vec::from([Definition::Type(Type::Component)]);
        let world = self.world(id);
        list.extend(world.list);
        list.push(Definition::End);
        let ty = ExternDesc::Component(ComponentTypeIdx(0));
        list.push(declaration(false, name, ty));
        Definitions { list, ..world }
    }

    /// Writes a world as the type of a component.
    fn world(mut self, id: WorldId) -> Definitions {
        let world = &self.model[id];
        for is_import in [true, false] {
            for (key, item) in world.side(is_import).iter() {
                // A larger component is refused anyway.
                if self.outer.definitions.are_too_many() {
                    break;
                }
                if let (Extern::Type(ty), true) = (item, is_import) {
                    self.interface = None;
                    self.imports_types = true;
                    self.ty(*ty);
                    self.imports_types = false;
                    continue;
                }
                let ty = self.item(item);
                let name = self.extern_name(key, item);
                self.outer.definitions.list.push(declaration(is_import, name, ty));
            }
        }
        self.outer.definitions
    }

    /// Returns the name of an interface with its package. The part of the version that a canonical
    /// version leaves out is an attribute.
    fn interface_name(&self, id: InterfaceId) -> ExternName<'static> {
        let full = self.model.full_name(id).unwrap_or_default();
        let package = &self.model[self.model[id].package].name;
        let split = package.version.as_deref().and_then(Version::split);
        let Some((_, suffix)) = split.filter(|_| self.config.canonical_names) else {
            return full.into();
        };
        let name: String = full[..full.len() - suffix.len()].into();
        let version_suffix = (!suffix.is_empty()).then(|| String::from(suffix).into());
        ExternName::new(name, NameAttributes { version_suffix, ..NameAttributes::default() })
    }

    /// Returns the name of an import or export of a world, with its attributes.
    pub(super) fn extern_name(&self, key: &Key, item: &Extern) -> ExternName<'static> {
        let external_id = match item {
            Extern::Interface { external_id, .. } => external_id.clone(),
            Extern::Func(func) => func.external_id.clone(),
            Extern::Type(ty) => self.model[*ty].external_id.clone(),
        };
        let mut name = match (key, item) {
            (Key::Interface(id), _) => self.interface_name(*id),
            (Key::Name(name), Extern::Interface { id, .. }) => {
                let mut name = ExternName::from(Name::Shared(name.clone()));
                if self.model[*id].name.is_some() {
                    let interface = self.interface_name(*id);
                    let suffix = interface.attributes().version_suffix.clone();
                    let attributes = name.attributes_mut();
                    attributes.implements = Some(interface.name);
                    attributes.version_suffix = suffix;
                }
                name
            }
            (Key::Name(name), _) => ExternName::from(Name::Shared(name.clone())),
        };
        if let Some(external_id) = external_id {
            name.attributes_mut().external_id = Some(Name::Shared(external_id));
        }
        name
    }

    /// Returns the types of the scope that is open.
    fn types(&mut self) -> &mut Types {
        self.inner.as_mut().unwrap_or(&mut self.outer)
    }

    /// Writes the type of an import or export that is not a type.
    fn item(&mut self, item: &Extern) -> ExternDesc {
        match item {
            Extern::Interface { id, .. } => {
                self.interface = Some(*id);
                ExternDesc::Instance(ComponentTypeIdx(self.instance(*id, true)))
            }
            Extern::Func(func) => {
                self.interface = None;
                ExternDesc::Func(ComponentTypeIdx(self.func(func)))
            }
            Extern::Type(ty) => ExternDesc::Type(TypeBound::Eq(ComponentTypeIdx(self.ty(*ty)))),
        }
    }

    /// Writes the type of an instance, and returns its index.
    fn instance(&mut self, id: InterfaceId, with_funcs: bool) -> u32 {
        let model = self.model;
        let interface = &model[id];
        self.inner = Some(Types::default());
        let mut places = BTreeMap::new();
        for (place, (_, ty)) in interface.types.iter().enumerate() {
            self.ty(*ty);
            places.insert(*ty, place);
        }
        // The functions of resources first, in the order of their resources.
        let funcs = interface.funcs.iter().filter(|_| with_funcs).map(|(_, func)| func);
        let mut funcs: Vec<&Func> = funcs.collect();
        funcs.sort_by_key(|func| match func.resource {
            Some(resource) => places.get(&resource).copied().unwrap_or(0),
            None => places.len(),
        });
        for func in funcs {
            let ty = ExternDesc::Func(ComponentTypeIdx(self.func(func)));
            let name = own_name(&func.name, &func.external_id);
            self.types().definitions.list.push(declaration(false, name, ty));
        }
        let inner = self.inner.take().unwrap_or_default();
        let index = self.outer.add(Definition::Type(Type::Instance));
        self.outer.definitions.list.extend(inner.definitions.list);
        self.outer.definitions.parts += inner.definitions.parts;
        self.outer.definitions.list.push(Definition::End);
        self.instance_of.insert(id, self.instances);
        self.instances += 1;
        index
    }

    /// Writes the type of a function, unless it has an index, and returns its index.
    fn func(&mut self, func: &Func) -> u32 {
        let signature: Signature = (func.is_async, func.params.clone(), func.result);
        if let Some(&index) = self.types().funcs.get(&signature) {
            return index;
        }
        let params = func
            .params
            .iter()
            .map(|(name, ty)| Field { label: Name::Shared(name.clone()), ty: self.val(*ty) });
        let params: Box<[Field<'_>]> = params.collect();
        self.types().definitions.parts += params.len();
        let result = func.result.map(|ty| self.val(ty)).into();
        let ty = FuncType { is_async: func.is_async, params, result };
        let index = self.types().add(Definition::Type(Type::Func(ty)));
        self.types().funcs.insert(signature, index);
        index
    }

    /// Writes a value type.
    fn val(&mut self, val: Val) -> ValType {
        match val {
            Val::Prim(prim) => ValType::Prim(prim),
            Val::Type(id) => ValType::Type(ComponentTypeIdx(self.ty(id))),
        }
    }

    /// Writes a type behind those that it is made of, unless it has an index, and returns its
    /// index.
    fn ty(&mut self, id: TypeId) -> u32 {
        let mut open: Vec<(TypeId, Vec<TypeId>)> = Vec::from([(id, self.parts(id))]);
        while let Some((id, parts)) = open.last_mut() {
            let id = *id;
            if let Some(part) = parts.pop() {
                if !self.types().indices.contains_key(&part) {
                    let parts = self.parts(part);
                    open.push((part, parts));
                }
                continue;
            }
            open.pop();
            if self.types().indices.contains_key(&id) {
                continue;
            }
            let index = match self.foreign(id) {
                Some(owner) => self.alias(owner, id),
                None => self.define(id),
            };
            self.types().indices.insert(id, index);
        }
        self.types().indices.get(&id).copied().unwrap_or_default()
    }

    /// Returns the types that a type is made of, in reverse order. Empty if the type is an alias in
    /// this scope.
    fn parts(&self, id: TypeId) -> Vec<TypeId> {
        let mut parts = Vec::new();
        if self.foreign(id).is_none() {
            self.model[id].kind.for_each(|val| parts.extend(val.id()));
        }
        parts.reverse();
        parts
    }

    /// Returns the interface that a type belongs to, if it is not the one whose types are defined.
    fn foreign(&self, id: TypeId) -> Option<InterfaceId> {
        match self.model[id].owner {
            Owner::Interface(owner) if Some(owner) != self.interface => Some(owner),
            _ => None,
        }
    }

    /// Writes an alias of a type of another interface, and returns its index.
    fn alias(&mut self, owner: InterfaceId, id: TypeId) -> u32 {
        // Elaboration has put every interface before those that use it.
        let instance = self.instance_of.get(&owner).copied().unwrap_or_default();
        let name = self.model[id].name.clone().unwrap_or_default();
        let outer = match self.aliases.get(&(instance, id)) {
            Some(&index) => index,
            None => {
                let index = self.outer.add(Definition::Alias(Alias::Export {
                    sort: Sort::Plain(PlainSort::Type),
                    instance: InstanceIdx(instance),
                    name: Name::Shared(name),
                }));
                self.aliases.insert((instance, id), index);
                index
            }
        };
        match &mut self.inner {
            Some(inner) => inner.add(Definition::Alias(Alias::Outer {
                count: 1,
                item: SortIdx::Plain(PlainSortIdx::Type(ComponentTypeIdx(outer))),
            })),
            None => outer,
        }
    }

    /// Defines a type whose parts have indices already, and returns its index.
    fn define(&mut self, id: TypeId) -> u32 {
        let ty = &self.model[id];
        let named = ty.name.as_ref().map(|name| own_name(name, &ty.external_id));
        self.types().definitions.parts += ty.kind.parts();
        let bound = match &ty.kind {
            Kind::Resource => TypeBound::Resource,
            kind => {
                let index = match self.encoded(kind) {
                    Ok(ty) => self.types().add(Definition::Type(ty)),
                    Err(index) => index,
                };
                TypeBound::Eq(ComponentTypeIdx(index))
            }
        };
        let (Some(name), ty) = (named, ExternDesc::Type(bound)) else {
            return match bound {
                TypeBound::Eq(index) => index.0,
                TypeBound::Resource => 0,
            };
        };
        let is_import = self.imports_types;
        self.types().add(declaration(is_import, name, ty))
    }

    /// Returns the definition of a type, whose parts have indices already.
    ///
    /// # Errors
    /// The index of the type that it is another name of.
    fn encoded(&mut self, kind: &Kind) -> Result<Type<'static>, u32> {
        let indices = &self.types().indices;
        let index = |id: TypeId| indices.get(&id).copied().unwrap_or_default();
        match kind.definition(|id| ComponentTypeIdx(index(id))) {
            Some(ty) => Ok(ty),
            None => match kind {
                Kind::Alias(Val::Type(id)) => Err(index(*id)),
                // A resource is the bound of an export.
                _ => Err(0),
            },
        }
    }
}

/// Returns an import, or an export of the type of a component or instance.
fn declaration(is_import: bool, name: ExternName<'static>, ty: ExternDesc) -> Definition<'static> {
    match is_import {
        true => Definition::Import(Import { name, ty }),
        false => Definition::ExportDecl(ExportDecl { name, ty }),
    }
}

/// Returns the name of a type or function, with its external identifier.
fn own_name(name: &Text, external_id: &Option<Text>) -> ExternName<'static> {
    let external_id = external_id.clone().map(Name::Shared);
    ExternName::with_external_id(Name::Shared(name.clone()), external_id)
}
