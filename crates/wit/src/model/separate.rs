//! Interfaces that a world has more than once, each as an interface of its own.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::copy::TypeMap;
use super::{Extern, InterfaceId, Key, Model, Owner, WorldId};
use crate::encode::{MAX_SIZE, MoreThanMaximum, TooLarge};

/// What has become of the interfaces of a world.
#[derive(Default)]
struct Separated {
    /// The interfaces that an import or export has.
    seen: BTreeSet<InterfaceId>,
    /// Those that stand under their whole name, and of which a copy took the place.
    copied: BTreeSet<InterfaceId>,
    /// Their types, and those of the copies.
    types: TypeMap,
    /// The size of all copies.
    size: usize,
}

impl Model {
    /// Gives each import and export of a world an interface of its own. Where the world has an
    /// interface again, or one that uses types of such, a copy takes its place, with types of its own.
    /// In components a resource that is imported and the one that is exported are two types, and so
    /// they are then in the model: generators of bindings can make a type of each.
    ///
    /// Copies are in no package; [`Interface::copy_of`](super::Interface::copy_of) says what they are
    /// copies of. Text and components are as before. Other models are merged into this one before.
    ///
    /// ```
    /// use wattle_wit::Resolver;
    /// use wattle_wit::model::Extern;
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b;
    ///     interface files { resource file; }
    ///     world w { import files; export files; }");
    /// let resolved = resolver.resolve().unwrap();
    /// let (root, mut model) = (resolved.root(), resolved.into_model());
    /// let world = model.select_world(root, None).unwrap();
    /// model.separate_interfaces(world).unwrap();
    ///
    /// let (_, import) = model[world].imports.iter().next().unwrap();
    /// let (_, export) = model[world].exports.iter().next().unwrap();
    /// let (Extern::Interface { id: import, .. }, Extern::Interface { id: export, .. }) =
    ///     (import, export) else { panic!() };
    /// assert_eq!(model[*export].copy_of, Some(*import));
    /// assert_ne!(model[*export].types.get("file"), model[*import].types.get("file"));
    /// ```
    ///
    /// # Errors
    /// If the copies would be too large. Some may then have taken their places.
    pub fn separate_interfaces(&mut self, id: WorldId) -> Result<(), TooLarge> {
        let world = &mut self.worlds[id];
        let mut imports = core::mem::take(&mut world.imports).into_entries();
        let mut exports = core::mem::take(&mut world.exports).into_entries();
        let mut separated = Separated::default();
        // An export may use types of exports and of imports; an import, of imports alone.
        let result = separated
            .externs(self, &mut imports)
            .and_then(|()| separated.externs(self, &mut exports));
        let world = &mut self.worlds[id];
        world.imports = imports.into_iter().collect();
        world.exports = exports.into_iter().collect();
        result.map_err(|MoreThanMaximum| TooLarge { name: self.world_name(id) })
    }

    /// Adds a copy of an interface. Of the types that it has from elsewhere, those in `types` are
    /// replaced.
    fn copy_interface(&mut self, id: InterfaceId, types: &TypeMap) -> InterfaceId {
        let mut own = self.mentioned(id, types);
        let mut interface = self[id].clone();
        interface.copy_of = Some(id);
        let copy = self.interfaces.next_index();
        for ty in interface.types.values_mut() {
            let mut data = self[*ty].clone();
            data.owner = Owner::Interface(copy);
            data.kind = self.replace_in_kind(&data.kind, &mut own);
            let new = self.add_type(data);
            own.insert(*ty, new);
            *ty = new;
        }
        for func in interface.funcs.values_mut() {
            *func = self.replace_in_func(func, &mut own);
        }
        self.interfaces.push(interface);
        self.find_uses(copy);
        copy
    }

    /// Those of `types` that an interface mentions. In a component they may stand anywhere: in its
    /// types, in its functions, and in types without names.
    fn mentioned(&self, id: InterfaceId, types: &TypeMap) -> TypeMap {
        let mut open = Vec::new();
        for (_, ty) in self[id].types.iter() {
            self[*ty].kind.for_each(|part| open.push(part));
        }
        for (_, func) in self[id].funcs.iter() {
            open.extend(func.params.iter().map(|(_, ty)| *ty).chain(func.result));
        }
        let (mut mentioned, mut seen) = (TypeMap::new(), BTreeSet::new());
        while let Some(val) = open.pop() {
            let Some(id) = val.id().filter(|id| seen.insert(*id)) else { continue };
            match types.get(&id) {
                Some(new) => drop(mentioned.insert(id, *new)),
                None if self[id].owner == Owner::Nobody => {
                    self[id].kind.for_each(|part| open.push(part));
                }
                None => {}
            }
        }
        mentioned
    }

    /// How many types, functions, and parts of either an interface has.
    fn size(&self, id: InterfaceId) -> usize {
        let types = self[id].types.iter().map(|(_, ty)| 1 + self[*ty].kind.parts());
        let funcs = self[id].funcs.iter().map(|(_, func)| 1 + func.params.len());
        types.chain(funcs).sum()
    }
}

impl Separated {
    /// Separates the imports or the exports.
    fn externs(
        &mut self,
        model: &mut Model,
        externs: &mut [(Key, Extern)],
    ) -> Result<(), MoreThanMaximum> {
        // Types of an interface are used from where it stands under its whole name, so what has
        // another name comes afterwards.
        for is_named in [false, true] {
            for (key, item) in &mut *externs {
                let Extern::Interface { id, .. } = item else { continue };
                if matches!(key, Key::Name(_)) == is_named {
                    self.interface(model, key, id)?;
                }
            }
        }
        Ok(())
    }

    /// Puts a copy in the place of an interface, if it is there already, or uses types of a copy.
    fn interface(
        &mut self,
        model: &mut Model,
        key: &mut Key,
        id: &mut InterfaceId,
    ) -> Result<(), MoreThanMaximum> {
        let is_new = self.seen.insert(*id);
        if is_new && !model[*id].uses.iter().any(|used| self.copied.contains(used)) {
            return Ok(());
        }
        self.size = self.size.saturating_add(model.size(*id));
        if self.size > MAX_SIZE {
            return Err(MoreThanMaximum);
        }
        let copy = model.copy_interface(*id, &self.types);
        if let Key::Interface(name) = key {
            *name = copy;
            self.copied.insert(*id);
            let types = model[*id].types.iter().zip(model[copy].types.iter());
            self.types.extend(types.map(|((_, old), (_, new))| (*old, *new)));
        }
        *id = copy;
        Ok(())
    }
}
