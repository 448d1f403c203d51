//! Copies of the interfaces that a world has more than once, so that each import and export has an
//! interface of its own.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::copy::TypeMap;
use super::{Extern, InterfaceId, Key, Model, Owner, WorldId};
use crate::encode::{MAX_SIZE, MoreThanMaximum, TooLarge};

/// The interfaces of a world that have been separated so far.
#[derive(Default)]
struct Separated {
    /// The interfaces that an import or export has.
    seen: BTreeSet<InterfaceId>,
    /// The interfaces under their whole name whose place a copy took.
    copied: BTreeSet<InterfaceId>,
    /// For each type of these interfaces, the type of the copy.
    types: TypeMap,
    /// The size of all copies.
    size: usize,
}

impl Model {
    /// Gives each import and export of a world an interface of its own. An interface that an
    /// earlier import or export has already, or that uses types of a copied one, is replaced by a
    /// copy with types of its own. An imported and an exported resource are two types in
    /// components, and with the copies they are two types in the model, so that generators of
    /// bindings can make a type of each.
    ///
    /// Copies are in no package; [`Interface::copy_of`](super::Interface::copy_of) holds the
    /// original. Text and components are as before. Other models must be merged into this one
    /// first.
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
    /// If the copies would be too large. Some of them may then be in place already.
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

    /// Adds a copy of an interface. Types of other interfaces in it are replaced as `types` says.
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

    /// Returns the replacements in `types` for types that an interface mentions. In a component, it
    /// can mention them anywhere: in its types, in its functions, and in types without names.
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

    /// Returns the number of types and functions of an interface, and of the parts of both.
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
        // Types are used from an interface under its whole name, so imports and exports with names
        // of their own come afterwards.
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

    /// Puts a copy in the place of an interface that the world has already, or that uses types of a
    /// copied one.
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
