//! Worlds: their items, and those of the worlds that they include.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

use wattle_ast::Features;
use wattle_ast::components::PlainName;

use super::Resolve;
use super::funcs::{NameScope, getter_of, setters_behind_getters};
use super::items::Scope;
use super::types::{Names, TypeItem, external_id};
use crate::docs::Gate;
use crate::error::{Error, ErrorKind, Help, Place};
use crate::model::{Extern, Externs, Interface, Key, Owner, Text, Transitive, TypeId, WorldId};
use crate::syntax::{Extern as ExternText, ExternKind, Include, TypeKind, World, WorldItem};

/// Imports or exports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Import,
    Export,
}

impl Direction {
    const fn word(self) -> &'static str {
        match self {
            Direction::Import => "import",
            Direction::Export => "export",
        }
    }
}

/// The imports and exports of a world, while it is resolved.
#[derive(Default)]
struct Items {
    imports: Externs,
    exports: Externs,
    import_names: NameScope,
    export_names: NameScope,
}

impl Items {
    fn of(&mut self, direction: Direction) -> (&mut Externs, &mut NameScope) {
        match direction {
            Direction::Import => (&mut self.imports, &mut self.import_names),
            Direction::Export => (&mut self.exports, &mut self.export_names),
        }
    }
}

impl<'a> Resolve<'a> {
    /// Resolves a world.
    pub(super) fn resolve_world(&mut self, scope: &Scope<'a>, id: WorldId, world: &'a World<'a>) {
        let source = scope.source;
        let types = world.items.iter().filter_map(|item| match item {
            WorldItem::Use(item) => Some(TypeItem::Use(item)),
            WorldItem::Type(def) => Some(TypeItem::Def(def)),
            _ => None,
        });
        let excluded = self.excluded.worlds.get(&id).cloned();
        let names = self.resolve_types(scope, Owner::World(id), excluded, types.collect());
        let mut items = Items::default();
        for (name, (ty, span)) in names.types.iter() {
            self.take_name(&mut items.import_names, name, source, *span);
            self.place_extern(id, Direction::Import, name, Place { source, span: *span });
            let _ = items.imports.insert(Key::Name(name.clone()), Extern::Type(*ty));
        }
        for item in &world.items {
            match item {
                WorldItem::Import(item) => {
                    self.world_item(scope, id, &names, &mut items, Direction::Import, item);
                }
                WorldItem::Export(item) => {
                    self.world_item(scope, id, &names, &mut items, Direction::Export, item);
                }
                WorldItem::Type(def) => {
                    let TypeKind::Resource(funcs) = &def.kind else { continue };
                    for func in funcs {
                        let func_span = func.name.span;
                        let (name, found) = self.func(scope, &names, Some(def.name), func);
                        self.take_name(&mut items.import_names, &name, source, func_span);
                        if let Some(func) = found {
                            let place = Place { source, span: func_span };
                            self.place_extern(id, Direction::Import, &name, place);
                            let _ = items.imports.insert(Key::Name(name), Extern::Func(func));
                        }
                    }
                }
                WorldItem::Use(_) | WorldItem::Include(_) => {}
            }
        }
        let errors = self.errors.len();
        for item in &world.items {
            if let WorldItem::Include(include) = item {
                if self.is_too_large(scope.package) {
                    return;
                }
                self.include(scope, id, include, &mut items);
            }
        }
        let place = Place { source, span: world.name.span };
        if self.errors.len() == errors {
            self.check_names(id, &items.imports, Direction::Import);
            self.check_names(id, &items.exports, Direction::Export);
        }
        let both = [(Direction::Import, &items.imports), (Direction::Export, &items.exports)];
        for (direction, externs) in both {
            for name in names_of(externs) {
                let Some(getter) = getter_of(name) else { continue };
                let place = self.extern_place(id, direction, name).unwrap_or(place);
                let own = externs.get(&Key::Name(name.clone()));
                match (own, externs.get(&Key::Name((*getter).into()))) {
                    (Some(Extern::Func(setter)), Some(Extern::Func(getter))) => {
                        self.check_property(setter, getter, place);
                    }
                    _ => {
                        let (name, getter) = ((**name).into(), getter.into());
                        let kind = ErrorKind::NoGetter { name, getter };
                        self.errors.push(Error::new(kind, place));
                    }
                }
            }
        }
        let item_name = |(key, item): &(Key, Extern)| match (key, item) {
            (Key::Name(name), Extern::Func(_)) => Some(name.clone()),
            _ => None,
        };
        let in_order = |externs: Externs| -> Externs {
            setters_behind_getters(externs.into_entries(), item_name).into_iter().collect()
        };
        let (imports, exports) = (in_order(items.imports), in_order(items.exports));
        let world = self.model[id].name.clone();
        for (direction, externs) in [(Direction::Import, &imports), (Direction::Export, &exports)] {
            for name in names_of(externs) {
                if let Some(place) = self.extern_place(id, direction, name) {
                    self.places.insert((scope.package, world.clone(), name.clone()), place);
                }
            }
        }
        let mut work = self.work;
        match self.model.elaborate(imports, exports, &mut work) {
            Ok((imports, exports)) => {
                self.check_interfaces(&imports, Direction::Import, place);
                self.check_interfaces(&exports, Direction::Export, place);
                let world = &mut self.model.worlds[id];
                (world.imports, world.exports) = (imports, exports);
                let places = core::mem::take(&mut self.extern_places);
                self.check_world_depth(id, place, |name| {
                    let of = |direction| places.get(&(id, direction, name.into())).copied();
                    of(Direction::Import).or_else(|| of(Direction::Export))
                });
                self.extern_places = places;
            }
            Err(Transitive { name, through }) => {
                let (name, through) = (name.into(), through.into());
                let help = Help::Advice("export the interfaces in between too");
                let kind = ErrorKind::Transitive { name, through };
                self.errors.push(Error::new(kind, place).help(help));
            }
        }
        self.work = work;
    }

    fn place_extern(&mut self, id: WorldId, direction: Direction, name: &Text, place: Place) {
        self.extern_places.insert((id, direction, name.clone()), place);
    }

    /// Returns the place in the text of an import or export with a name of its own.
    fn extern_place(&self, id: WorldId, direction: Direction, name: &Text) -> Option<Place> {
        self.extern_places.get(&(id, direction, name.clone())).copied()
    }

    /// Resolves an import or export.
    fn world_item(
        &mut self,
        scope: &Scope<'a>,
        world: WorldId,
        names: &Names,
        items: &mut Items,
        direction: Direction,
        item: &'a ExternText<'a>,
    ) {
        let (source, span) = (scope.source, item.kind.span());
        let place = Place { source, span };
        let (gate, excluded) = self.gate(&item.attributes, scope.package, source, span);
        let is_live = excluded.is_none();
        let external_id = external_id(&item.attributes);
        let docs = item.docs.clone();
        let (key, found) = match &item.kind {
            ExternKind::Path(path) => {
                let Some(id) = self.interface(scope, path, is_live) else { return };
                let item = Extern::Interface { id, gate, docs, external_id };
                (Key::Interface(id), Some(item))
            }
            ExternKind::Named(name, path) => {
                let Some(id) = self.interface(scope, path, is_live) else { return };
                let item = Extern::Interface { id, gate, docs, external_id };
                (Key::Name(name.name.into()), Some(item))
            }
            ExternKind::Func(func) => {
                let (name, func) = self.func(scope, names, None, func);
                (Key::Name(name), func.map(Extern::Func))
            }
            ExternKind::Interface(name, members) => {
                let interface =
                    Interface { docs, gate: gate.clone(), ..Interface::new(None, scope.package) };
                let id = self.add_interface(interface, excluded.clone());
                self.resolve_interface(scope, id, members);
                let item = Extern::Interface { id, gate, docs: None, external_id };
                (Key::Name(name.name.into()), Some(item))
            }
        };
        let (externs, taken) = items.of(direction);
        match (externs.get(&key), &key) {
            (Some(_), Key::Interface(_)) => {
                let kind = ErrorKind::InterfaceTwice { direction: direction.word() };
                self.error(kind, source, span);
                return;
            }
            (Some(previous), Key::Name(name)) => {
                let kind = ErrorKind::WorldName {
                    direction: direction.word(),
                    name: (**name).into(),
                    previous: previous.sort(),
                };
                let related = self.extern_place(world, direction, name);
                self.error(kind, source, span).related = related;
                return;
            }
            (None, Key::Name(name)) if !self.take_name(taken, name, source, span) => return,
            _ => {}
        }
        if let (Some(item), true) = (found, is_live) {
            if let Key::Name(name) = &key {
                self.place_extern(world, direction, name, place);
            }
            let _ = externs.insert(key, item);
        }
    }

    /// Adds the imports and exports of an included world.
    fn include(
        &mut self,
        scope: &Scope<'a>,
        id: WorldId,
        include: &Include<'a>,
        items: &mut Items,
    ) {
        let (source, span) = (scope.source, include.path.name.span);
        let (_, excluded) = self.gate(&include.attributes, scope.package, source, span);
        let is_live = excluded.is_none();
        let Some(from) = self.world(scope, &include.path, is_live) else { return };
        if !is_live {
            return;
        }
        let world = self.model[from].clone();
        self.work = self.work.saturating_add(world.imports.len() + world.exports.len());
        let is_foreign = world.package != scope.package;
        let mut renames: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
        for name in &include.names {
            if renames.insert(name.name.name, (name.local().name, false)).is_some() {
                let kind = ErrorKind::RenamedTwice { name: name.name.name.into() };
                self.error(kind, source, name.name.span);
            }
        }
        let mut types: BTreeMap<TypeId, TypeId> = BTreeMap::new();
        let imports = world.imports.iter().map(|item| (Direction::Import, item));
        let exports = world.exports.iter().map(|item| (Direction::Export, item));
        for (direction, (key, item)) in imports.chain(exports) {
            match key {
                Key::Name(name) => {
                    let place = self.extern_place(from, direction, name);
                    let name = renamed(name, &mut renames);
                    let item = self.model.copy_extern(item, &name, id, &mut types);
                    let (externs, _) = items.of(direction);
                    if let (Some(place), false) =
                        (place, externs.contains(&Key::Name(name.clone())))
                    {
                        self.place_extern(id, direction, &name, place);
                    }
                    if externs.insert(Key::Name(name.clone()), item).is_err() {
                        let kind = ErrorKind::Shadows {
                            direction: direction.word(),
                            name: (*name).into(),
                        };
                        let help = "give one of them another name: `include … with { a as b }`";
                        let help = Some(Help::Advice(help));
                        self.error(kind, source, span).help = help;
                    }
                }
                Key::Interface(_) => {
                    let Extern::Interface { gate: theirs, .. } = item else { continue };
                    // The versions of another package say nothing about those of this one.
                    let is_nothing = is_foreign && matches!(theirs, Gate::Stable { .. });
                    let theirs = if is_nothing { Gate::Unknown } else { theirs.clone() };
                    let (externs, _) = items.of(direction);
                    let mut item = item.clone();
                    match externs.get_mut(key) {
                        Some(Extern::Interface { gate, .. }) if is_nothing || gate.is_unknown() => {
                            *gate = theirs;
                        }
                        Some(_) => {}
                        None => {
                            if let Extern::Interface { gate, .. } = &mut item {
                                *gate = theirs;
                            }
                            let _ = externs.insert(key.clone(), item);
                        }
                    }
                }
            }
        }
        for name in &include.names {
            if let Some((_, false)) = renames.get(name.name.name) {
                let kind = ErrorKind::NoSuchName { name: name.name.name.into() };
                self.error(kind, source, name.name.span);
            }
        }
    }

    /// Checks that names are strongly unique behind an `include`.
    fn check_names(&mut self, id: WorldId, externs: &Externs, direction: Direction) {
        let mut taken = NameScope::default();
        for name in names_of(externs) {
            let Some(place) = self.extern_place(id, direction, name) else { continue };
            if let Err((previous, _)) = taken.add(name, place.span) {
                let (name, previous) = ((**name).into(), (*previous).into());
                let kind = ErrorKind::WorldNames { direction: direction.word(), name, previous };
                self.errors.push(Error::new(kind, place));
            }
        }
    }

    /// Checks that the whole names of interfaces are strongly unique, also of those that the text
    /// does not mention.
    fn check_interfaces(&mut self, externs: &Externs, direction: Direction, place: Place) {
        let mut taken = NameScope::default();
        for key in externs.keys().filter(|key| matches!(key, Key::Interface(_))) {
            let name = Text::from(self.model.key_name(key));
            if let Err((previous, _)) = taken.add(&name, place.span) {
                let (name, previous) = ((*name).into(), (*previous).into());
                let kind = ErrorKind::WorldNames { direction: direction.word(), name, previous };
                self.errors.push(Error::new(kind, place));
            }
        }
    }
}

/// Returns the names of imports or exports that are not whole names of interfaces.
fn names_of(externs: &Externs) -> impl Iterator<Item = &Text> {
    externs.keys().filter_map(|key| match key {
        Key::Name(name) => Some(name),
        Key::Interface(_) => None,
    })
}

/// Returns the name with its label or resource renamed. Marks the renaming as used.
fn renamed(name: &Text, renames: &mut BTreeMap<&str, (&str, bool)>) -> Text {
    let Ok(parsed) = PlainName::parse(name, Features::ALL) else { return name.clone() };
    let own = match parsed {
        PlainName::Label { label, .. } => label,
        _ => parsed.resource().unwrap_or_default(),
    };
    let Some((to, is_used)) = renames.get_mut(own) else { return name.clone() };
    *is_used = true;
    let to = *to;
    let name: String = match parsed {
        PlainName::Label { accessor, .. } => PlainName::Label { accessor, label: to }.to_string(),
        PlainName::Constructor { .. } => PlainName::Constructor { resource: to }.to_string(),
        PlainName::Method { accessor, label, .. } => {
            PlainName::Method { accessor, resource: to, label }.to_string()
        }
        PlainName::Static { accessor, label, .. } => {
            PlainName::Static { accessor, resource: to, label }.to_string()
        }
    };
    name.into()
}
