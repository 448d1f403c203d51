//! Merges two models.
//!
//! Packages, interfaces and worlds of one name are taken for the same item, of which each model may
//! know a part. The parts that both know must be alike.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;

use wattle_ast::IndexVec;

use super::merge_error::{FuncPart, MergeErrorKind, Result};
use super::{
    Extern, Externs, Func, Interface, InterfaceId, Key, Kind, Model, Owner, Package, PackageId,
    Type, TypeId, Val, World, WorldId,
};
use crate::docs::Gate;
use crate::within::Within;

/// The numbers that the items of a model have in the model that it was merged into.
#[derive(Clone, Debug, Default)]
pub struct Remap {
    packages: IndexVec<PackageId, PackageId>,
    interfaces: IndexVec<InterfaceId, InterfaceId>,
    worlds: IndexVec<WorldId, WorldId>,
    types: IndexVec<TypeId, TypeId>,
}

/// # Panics
/// If the number is not one of the model that was added.
impl Remap {
    /// Returns the new number of a package.
    pub fn package(&self, id: PackageId) -> PackageId {
        self.packages[id]
    }

    /// Returns the new number of an interface.
    pub fn interface(&self, id: InterfaceId) -> InterfaceId {
        self.interfaces[id]
    }

    /// Returns the new number of a world.
    pub fn world(&self, id: WorldId) -> WorldId {
        self.worlds[id]
    }

    /// Returns the new number of a type.
    pub fn ty(&self, id: TypeId) -> TypeId {
        self.types[id]
    }

    fn owner(&self, owner: Owner) -> Owner {
        match owner {
            Owner::Nobody => Owner::Nobody,
            Owner::Interface(id) => Owner::Interface(self.interfaces[id]),
            Owner::World(id) => Owner::World(self.worlds[id]),
        }
    }

    fn val(&self, val: Val) -> Val {
        val.map(|id| self.types[id])
    }

    fn func(&self, func: &Func) -> Func {
        Func {
            resource: func.resource.map(|id| self.types[id]),
            params: func.params.iter().map(|(name, ty)| (name.clone(), self.val(*ty))).collect(),
            result: func.result.map(|ty| self.val(ty)),
            ..func.clone()
        }
    }

    fn key(&self, key: &Key) -> Key {
        match key {
            Key::Interface(id) => Key::Interface(self.interfaces[*id]),
            Key::Name(_) => key.clone(),
        }
    }

    fn externs(&self, externs: &Externs) -> Externs {
        let item = |item: &Extern| match item {
            Extern::Interface { id, gate, docs, external_id } => Extern::Interface {
                id: self.interfaces[*id],
                gate: gate.clone(),
                docs: docs.clone(),
                external_id: external_id.clone(),
            },
            Extern::Func(func) => Extern::Func(self.func(func)),
            Extern::Type(id) => Extern::Type(self.types[*id]),
        };
        externs.iter().map(|(key, it)| (self.key(key), item(it))).collect()
    }
}

/// The pairs of interfaces of which the first uses the second. They tell which uses are new when
/// models are merged one after the other.
#[derive(Default)]
pub(crate) struct Uses(BTreeSet<(InterfaceId, InterfaceId)>);

impl Uses {
    fn of(model: &Model) -> Uses {
        let interfaces = model.interfaces();
        Uses(interfaces.flat_map(|(id, it)| it.uses.iter().map(move |used| (id, *used))).collect())
    }
}

/// The interfaces and worlds of this model that the added model has too.
struct Known {
    interfaces: BTreeSet<InterfaceId>,
    worlds: BTreeSet<WorldId>,
}

impl Model {
    /// Adds another model. A package or interface that both have keeps the items of both, and types
    /// and functions that both have must be alike. Worlds that both have must have the same imports
    /// and exports.
    ///
    /// ```
    /// use wattle_wit::Resolver;
    ///
    /// let model = |text: &str| {
    ///     let mut resolver = Resolver::new();
    ///     resolver.file("a.wit", text);
    ///     resolver.resolve().unwrap().into_model()
    /// };
    /// let mut one = model("package a:b; interface i { f: func(); }");
    /// one.merge(&model("package a:b; interface i { g: func(); }")).unwrap();
    /// let interface = one.interface_by_name("a:b/i").unwrap();
    /// assert_eq!(one[interface].funcs.len(), 2);
    ///
    /// let error = one.merge(&model("package a:b; interface i { f: func(x: u8); }")).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "mismatch in function `f`: different number of function parameters: 1 and 0, \
    ///      in interface `a:b/i`"
    /// );
    /// ```
    ///
    /// # Errors
    /// The first difference. The model may then have a part of the other one.
    pub fn merge(&mut self, from: &Model) -> Result<Remap> {
        let mut uses = Uses::of(self);
        let remap = self.merge_items(from, &mut uses)?;
        // New types of an interface may use interfaces that worlds do not import yet.
        self.elaborate_all()?;
        Ok(remap)
    }

    /// Adds another model, but does not complete worlds. The worlds of both may then lack imports:
    /// new types of an interface may use interfaces that the worlds do not import yet. `uses` has
    /// the uses of the interfaces of this model.
    pub(crate) fn merge_items(&mut self, from: &Model, uses: &mut Uses) -> Result<Remap> {
        let mut remap = Remap::default();
        for package in from.packages.iter() {
            let id = self.package(&package.name);
            remap.packages.push(id.unwrap_or_else(|| {
                let (name, docs) = (package.name.clone(), package.docs.clone());
                self.add_package(Package { name, docs, ..Package::default() })
            }));
        }
        let known = self.place_items(from, &mut remap);
        for (id, ty) in from.types() {
            let new = self.merge_type(ty, &remap, &known);
            let new = match ty.owner {
                Owner::Interface(owner) => new.within_interface(from, owner),
                Owner::World(owner) => new.within("world", &from.world_name(owner)),
                Owner::Nobody => new,
            }?;
            debug_assert_eq!(remap.types.next_index(), id);
            remap.types.push(new);
        }
        for (id, interface) in from.interfaces() {
            let into = remap.interfaces[id];
            let merged = self.merge_interface(interface, into, &remap, uses);
            merged.within_interface(from, id)?;
        }
        for (id, world) in from.worlds() {
            let (into, is_known) = (remap.worlds[id], known.worlds.contains(&remap.worlds[id]));
            let (imports, exports) = (remap.externs(&world.imports), remap.externs(&world.exports));
            if !is_known {
                let into = &mut self.worlds[into];
                (into.imports, into.exports) = (imports, exports);
                continue;
            }
            let merged = merge_gate(&world.gate, &mut self.worlds[into].gate)
                .and_then(|()| self.match_externs(into, true, &imports))
                .and_then(|()| self.match_externs(into, false, &exports));
            merged.within("world", &from.world_name(id))?;
        }
        Ok(remap)
    }

    /// Finds the interfaces and worlds that this model has already, and adds the others without
    /// their content.
    fn place_items(&mut self, from: &Model, remap: &mut Remap) -> Known {
        let mut interfaces: BTreeMap<InterfaceId, InterfaceId> = BTreeMap::new();
        for (id, world) in from.worlds() {
            let package = remap.packages[world.package];
            let Some(into) = self.world(package, &world.name) else { continue };
            // Interfaces that are written out in a world are known by their names there.
            let pairs =
                [(&world.imports, &self[into].imports), (&from[id].exports, &self[into].exports)];
            for (from_externs, into_externs) in pairs {
                for (key, item) in from_externs.iter() {
                    if let (Key::Name(_), Extern::Interface { id, .. }) = (key, item)
                        && from[*id].name.is_none()
                        && let Some(Extern::Interface { id: into, .. }) = into_externs.get(key)
                        && self[*into].name.is_none()
                    {
                        interfaces.insert(*id, *into);
                    }
                }
            }
        }
        let mut known = Known { interfaces: BTreeSet::new(), worlds: BTreeSet::new() };
        for (id, interface) in from.interfaces() {
            let package = remap.packages[interface.package];
            let found = match &interface.name {
                Some(name) => self.interface(package, name),
                None => interfaces.get(&id).copied(),
            };
            remap.interfaces.push(match found {
                Some(found) => {
                    known.interfaces.insert(found);
                    found
                }
                None => self.add_interface(Interface {
                    docs: interface.docs.clone(),
                    gate: interface.gate.clone(),
                    copy_of: interface.copy_of.and_then(|id| remap.interfaces.get(id).copied()),
                    ..Interface::new(interface.name.clone(), package)
                }),
            });
        }
        for (_, world) in from.worlds() {
            let package = remap.packages[world.package];
            remap.worlds.push(match self.world(package, &world.name) {
                Some(found) => {
                    known.worlds.insert(found);
                    found
                }
                None => self.add_world(World {
                    docs: world.docs.clone(),
                    gate: world.gate.clone(),
                    ..World::new(world.name.clone(), package)
                }),
            });
        }
        for (id, package) in from.packages() {
            let into = &mut self.packages[remap.packages[id]];
            for (name, id) in package.interfaces.iter() {
                let _ = into.interfaces.insert(name.clone(), remap.interfaces[*id]);
            }
            for (name, id) in package.worlds.iter() {
                let _ = into.worlds.insert(name.clone(), remap.worlds[*id]);
            }
        }
        known
    }

    /// Returns the type of this model for a type of the other one, which is added if it is new. Its
    /// parts must have been merged.
    fn merge_type(&mut self, ty: &Type, remap: &Remap, known: &Known) -> Result<TypeId> {
        let kind = ty.kind.map(|val| remap.val(val));
        let owner = remap.owner(ty.owner);
        let name = match (&ty.name, owner) {
            (None, _) | (_, Owner::Nobody) => return Ok(self.intern(kind)),
            (Some(name), _) => name,
        };
        let is_known = match owner {
            Owner::Interface(id) => known.interfaces.contains(&id),
            Owner::World(id) => known.worlds.contains(&id),
            Owner::Nobody => false,
        };
        let found = if is_known { self.type_by_name(owner, name) } else { None };
        match found {
            Some(id) if self.is_alike(&kind, id) => {
                merge_gate(&ty.docs.gate, &mut self.types[id].docs.gate)?;
                Ok(id)
            }
            Some(id) => {
                let (name, from, into) = (name.to_string(), kind.word(), self[id].kind.word());
                Err(MergeErrorKind::Types { name, from, into }.into())
            }
            None => Ok(self.add_type(Type { owner, kind, ..ty.clone() })),
        }
    }

    /// Returns whether a type is like one of this kind. Other names of types stand for those types.
    pub(super) fn is_alike(&self, kind: &Kind, id: TypeId) -> bool {
        let origin = |kind: &Kind| match kind {
            Kind::Alias(Val::Type(id)) => Some(self.origin(*id)),
            _ => None,
        };
        let into = &self[id].kind;
        let (from_origin, into_origin) = (origin(kind), origin(into));
        let from = from_origin.map_or(kind, |id| &self[id].kind);
        let into = into_origin.map_or(into, |id| &self[id].kind);
        let are_both_used = from_origin.is_some() && into_origin.is_some();
        match (from, into) {
            // A resource from elsewhere is like itself alone.
            (Kind::Resource, Kind::Resource) if are_both_used => from_origin == into_origin,
            (from, into) => from == into,
        }
    }

    fn merge_interface(
        &mut self,
        from: &Interface,
        into: InterfaceId,
        remap: &Remap,
        Uses(uses): &mut Uses,
    ) -> Result<()> {
        merge_gate(&from.gate, &mut self.interfaces[into].gate)?;
        for (name, id) in from.types.iter() {
            let id = remap.types[*id];
            let is_new = self.interfaces[into].types.insert(name.clone(), id).is_ok();
            if is_new
                && let Some(used) = self.used_interface(id)
                && uses.insert((into, used))
            {
                self.interfaces[into].uses.push(used);
            }
        }
        for (name, func) in from.funcs.iter() {
            let func = remap.func(func);
            match self[into].funcs.get(name) {
                Some(there) => same_func(&func, there)?,
                None => {
                    let _ = self.interfaces[into].funcs.insert(name.clone(), func);
                }
            }
        }
        Ok(())
    }

    /// Checks that a world has these imports or exports and no others.
    fn match_externs(&mut self, id: WorldId, is_import: bool, from: &Externs) -> Result<()> {
        let direction = if is_import { "import" } else { "export" };
        let (from_len, into_len) = (from.len(), self[id].side(is_import).len());
        if from_len != into_len {
            let (from, into) = (from_len, into_len);
            let direction = if is_import { "imports" } else { "exports" };
            return Err(MergeErrorKind::Number { direction, from, into }.into());
        }
        for (key, item) in from.iter() {
            let name = self.key_name(key);
            let Some(there) = self[id].side(is_import).get(key) else {
                return Err(MergeErrorKind::Missing { direction, name }.into());
            };
            same_extern(item, there).within(direction, &name)?;
            if let Extern::Interface { gate, .. } = item {
                self.merge_extern_gate(id, is_import, key, gate).within(direction, &name)?;
            }
        }
        Ok(())
    }

    fn merge_extern_gate(
        &mut self,
        id: WorldId,
        is_import: bool,
        key: &Key,
        from: &Gate,
    ) -> Result<()> {
        let externs = self.worlds[id].side_mut(is_import);
        let Some(Extern::Interface { gate: into, .. }) = externs.get_mut(key) else {
            return Ok(());
        };
        merge_gate(from, into)
    }
}

/// A result whose error can get an interface in its path.
trait WithinInterface<T> {
    fn within_interface(self, model: &Model, id: InterfaceId) -> Result<T>;
}

impl<T> WithinInterface<T> for Result<T> {
    fn within_interface(self, model: &Model, id: InterfaceId) -> Result<T> {
        match self {
            Err(_) => self.within("interface", &model.full_name(id).unwrap_or_default()),
            ok => ok,
        }
    }
}

/// Checks that functions have the same type.
pub(super) fn same_func(from: &Func, into: &Func) -> Result<()> {
    let error = |what| Err(MergeErrorKind::Funcs { name: into.name.to_string(), what }.into());
    if from.is_async != into.is_async {
        return error(FuncPart::Async);
    }
    if from.resource != into.resource {
        return error(FuncPart::Resource);
    }
    if from.params.len() != into.params.len() {
        return error(FuncPart::Params(from.params.len(), into.params.len()));
    }
    for ((from_name, from_ty), (into_name, into_ty)) in from.params.iter().zip(&into.params) {
        if from_name != into_name {
            return error(FuncPart::ParamName(from_name.to_string(), into_name.to_string()));
        }
        if from_ty != into_ty {
            return error(FuncPart::Param(into_name.to_string()));
        }
    }
    if from.result != into.result {
        return error(FuncPart::Result);
    }
    Ok(())
}

/// Checks that an import or export is like the one that a world has already.
fn same_extern(from: &Extern, into: &Extern) -> Result<()> {
    match (from, into) {
        (Extern::Interface { id: from, .. }, Extern::Interface { id: into, .. }) => {
            match from == into {
                true => Ok(()),
                false => Err(MergeErrorKind::Interfaces.into()),
            }
        }
        (Extern::Func(from), Extern::Func(into)) => same_func(from, into),
        // Types of one name have been merged already.
        (Extern::Type(_), Extern::Type(_)) => Ok(()),
        _ => Err(MergeErrorKind::Sorts { from: from.sort(), into: into.sort() }.into()),
    }
}

/// Merges two gates. A known gate replaces an unknown one, and two known gates must be equal.
fn merge_gate(from: &Gate, into: &mut Gate) -> Result<()> {
    if into.is_unknown() {
        into.clone_from(from);
    } else if !from.is_unknown() && from != into {
        let (from, into) = (Box::new(from.clone()), Box::new(into.clone()));
        return Err(MergeErrorKind::Gates { from, into }.into());
    }
    Ok(())
}
