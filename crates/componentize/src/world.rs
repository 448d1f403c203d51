//! The world of a component: its imports and exports, by number and by name.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::Features;
use wattle_ast::components::{InterfaceName, ParsedName, Version};
use wattle_wit::model::{
    Extern, Func, InterfaceId, Key, Kind, Model, Owner, Text, TypeId, WorldId,
};

use crate::names::{Scheme, Side};

/// The place that a type or function belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Place {
    /// The world itself. Its types are imports.
    World,
    /// An interface that the world imports, by the number of the import.
    Import(usize),
    /// An interface that the world exports, by the number of the export.
    Export(usize),
}

impl Place {
    /// Returns the import or export that the place is; `None` for the world itself.
    pub(crate) fn item(self) -> Option<(Side, usize)> {
        match self {
            Place::World => None,
            Place::Import(number) => Some((Side::Import, number)),
            Place::Export(number) => Some((Side::Export, number)),
        }
    }
}

/// An import or export.
pub(crate) struct Item<'m> {
    pub(crate) key: &'m Key,
    pub(crate) item: &'m Extern,
    /// The name, with the whole version.
    pub(crate) name: String,
}

impl Item<'_> {
    /// Returns the interface, if the item is one.
    pub(crate) fn interface(&self) -> Option<InterfaceId> {
        match self.item {
            Extern::Interface { id, .. } => Some(*id),
            Extern::Func(_) | Extern::Type(_) => None,
        }
    }
}

/// A world.
pub(crate) struct World<'m> {
    pub(crate) model: &'m Model,
    pub(crate) imports: Items<'m>,
    pub(crate) exports: Items<'m>,
}

/// The imports or the exports of a world.
pub(crate) struct Items<'m> {
    pub(crate) items: Vec<Item<'m>>,
    /// The items by their names.
    by_name: BTreeMap<String, usize>,
    /// The items by their names with canonical versions. If several items share such a name, it
    /// stands for the first.
    by_canonical: BTreeMap<String, usize>,
    /// The items that are named by their interface.
    by_interface: BTreeMap<InterfaceId, usize>,
    /// The numbers of the interfaces.
    interfaces: Vec<usize>,
    /// The functions.
    funcs: Vec<&'m Func>,
}

impl<'m> Items<'m> {
    fn new(model: &'m Model, items: impl Iterator<Item = (&'m Key, &'m Extern)>) -> Items<'m> {
        let mut side = Items {
            items: Vec::new(),
            by_name: BTreeMap::new(),
            by_canonical: BTreeMap::new(),
            by_interface: BTreeMap::new(),
            interfaces: Vec::new(),
            funcs: Vec::new(),
        };
        for (number, (key, item)) in items.enumerate() {
            let name = model.key_name(key);
            if let Key::Interface(id) = key {
                side.by_interface.insert(*id, number);
            }
            match item {
                Extern::Interface { .. } => side.interfaces.push(number),
                Extern::Func(func) => side.funcs.push(func),
                Extern::Type(_) => {}
            }
            side.by_canonical.entry(canonical(&name)).or_insert(number);
            side.by_name.insert(name.clone(), number);
            side.items.push(Item { key, item, name });
        }
        side
    }

    /// Returns the number of the interface that a core module means by a name. The older scheme has
    /// the whole name, or one of a compatible version; the newer scheme has the name with the
    /// canonical version.
    pub(crate) fn interface(&self, scheme: Scheme, name: &str) -> Option<usize> {
        let found = match scheme {
            Scheme::Standard => match name.contains(':') {
                true => self.by_canonical.get(name),
                false => self.by_name.get(name),
            },
            Scheme::Legacy => {
                self.by_name.get(name).or_else(|| self.by_canonical.get(&canonical(name)))
            }
        };
        self.only_interface(found)
    }

    /// Returns the number, if it is that of an interface.
    fn only_interface(&self, number: Option<&usize>) -> Option<usize> {
        number.copied().filter(|number| self.items[*number].interface().is_some())
    }

    /// Returns the number of the interface with exactly this name; in the newer scheme, the name
    /// has the canonical version.
    pub(crate) fn exact(&self, scheme: Scheme, name: &str) -> Option<usize> {
        match scheme {
            Scheme::Standard => self.interface(scheme, name),
            Scheme::Legacy => self.only_interface(self.by_name.get(name)),
        }
    }

    /// Returns the function of the world with a name.
    fn func(&self, name: &str) -> Option<(usize, &'m Func)> {
        let number = *self.by_name.get(name)?;
        match self.items[number].item {
            Extern::Func(func) => Some((number, func)),
            Extern::Interface { .. } | Extern::Type(_) => None,
        }
    }

    /// Returns the type of the world with a name.
    fn ty(&self, name: &str) -> Option<TypeId> {
        match self.items[*self.by_name.get(name)?].item {
            Extern::Type(id) => Some(*id),
            Extern::Interface { .. } | Extern::Func(_) => None,
        }
    }

    /// Returns the names of the interfaces.
    pub(crate) fn interface_names(&self) -> impl Iterator<Item = &str> {
        self.interfaces.iter().map(|number| &*self.items[*number].name)
    }

    /// Returns the number of the item with a name.
    pub(crate) fn number(&self, key: &str) -> Option<usize> {
        self.by_name.get(key).copied()
    }
}

/// Returns a name with its canonical version, which all compatible versions share.
pub(crate) fn canonical(name: &str) -> String {
    match ParsedName::parse(name, Features::ALL) {
        Ok(ParsedName::Interface(InterfaceName { namespace, package, interface, version })) => {
            let version = version.map_or("", Version::as_str);
            let version = Version::split(version).map_or(version, |(canonical, _)| canonical);
            let at = if version.is_empty() { "" } else { "@" };
            format!("{namespace}:{package}/{interface}{at}{version}")
        }
        _ => name.into(),
    }
}

impl<'m> World<'m> {
    pub(crate) fn new(model: &'m Model, id: WorldId) -> World<'m> {
        let world = &model[id];
        World {
            model,
            imports: Items::new(model, world.imports.iter()),
            exports: Items::new(model, world.exports.iter()),
        }
    }

    pub(crate) fn side(&self, side: Side) -> &Items<'m> {
        match side {
            Side::Import => &self.imports,
            Side::Export => &self.exports,
        }
    }

    /// Returns the item of a place; `None` for the world itself.
    pub(crate) fn item(&self, place: Place) -> Option<&Item<'m>> {
        let (side, number) = place.item()?;
        self.side(side).items.get(number)
    }

    /// Returns the interface of a place.
    pub(crate) fn interface(&self, place: Place) -> Option<InterfaceId> {
        self.item(place)?.interface()
    }

    /// Returns the place of an interface, or of a function or type of the world.
    pub(crate) fn place(&self, side: Side, number: usize) -> Place {
        match (side, self.side(side).items.get(number).and_then(Item::interface)) {
            (Side::Import, Some(_)) => Place::Import(number),
            (Side::Export, Some(_)) => Place::Export(number),
            (_, None) => Place::World,
        }
    }

    /// Returns the function of an interface, or of the world.
    pub(crate) fn func(&self, side: Side, number: usize, name: &str) -> Option<&'m Func> {
        match self.side(side).items.get(number)?.item {
            Extern::Func(func) => Some(func),
            Extern::Interface { id, .. } => self.model[*id].funcs.get(name),
            Extern::Type(_) => None,
        }
    }

    /// Returns the function with a name, and the number of its import or export. `number` is that
    /// of an interface; without it, the function is one of the world itself.
    pub(crate) fn func_of(
        &self,
        side: Side,
        number: Option<usize>,
        name: &str,
    ) -> Option<(usize, &'m Func)> {
        match number {
            None => self.side(side).func(name),
            Some(number) => Some((number, self.func(side, number, name)?)),
        }
    }

    /// Returns the functions of an import or export: those of an interface, or one function.
    pub(crate) fn funcs(&self, side: Side, number: usize) -> Vec<&'m Func> {
        match self.side(side).items.get(number).map(|item| item.item) {
            Some(Extern::Func(func)) => [func].into(),
            Some(Extern::Interface { id, .. }) => {
                self.model[*id].funcs.iter().map(|(_, func)| func).collect()
            }
            Some(Extern::Type(_)) | None => Vec::new(),
        }
    }

    /// Returns the resource of an interface, or of the world.
    pub(crate) fn resource(&self, place: Place, name: &str) -> Option<TypeId> {
        let ty = match self.interface(place) {
            Some(id) => self.model[id].types.get(name).copied(),
            None => self.imports.ty(name),
        };
        ty.filter(|ty| self.model[*ty].kind == Kind::Resource)
    }

    /// Returns the place that a type belongs to if it occurs in the place `from`. A type without a
    /// name belongs to the place in which it occurs.
    ///
    /// A type that an exported interface uses from another interface belongs to the export of that
    /// interface, if that export comes before, and otherwise to its import.
    pub(crate) fn place_of(&self, from: Place, ty: TypeId) -> Place {
        let id = match self.model[ty].owner {
            Owner::Nobody => return from,
            Owner::World(_) => return Place::World,
            Owner::Interface(id) => id,
        };
        if self.interface(from) == Some(id) {
            return from;
        }
        let export = self.exports.by_interface.get(&id).map(|number| Place::Export(*number));
        let import = self.imports.by_interface.get(&id).map(|number| Place::Import(*number));
        match from {
            Place::Export(_) if export.is_some_and(|export| export < from) => export,
            _ => import.or(export),
        }
        .unwrap_or(from)
    }

    /// Returns the names of the functions and types of a place, for help with names that are
    /// misspelt.
    pub(crate) fn names(&self, place: Place) -> impl Iterator<Item = &'m str> {
        let interface = self.interface(place);
        let funcs = interface.into_iter().flat_map(|id| self.model[id].funcs.keys());
        let of_world: &[_] = if interface.is_none() { &self.imports.funcs } else { &[] };
        funcs.chain(of_world.iter().map(|func| &func.name)).map(Text::as_ref)
    }
}
