//! The interfaces and worlds of a package, in their order, and paths to them.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_ast::components::label_key;
use wattle_ast::{ShownNames, SpaceIdx, Span};

use super::Resolve;
use super::packages::package_name;
use crate::error::{Error, ErrorKind, Help, Place};
use crate::model::{
    Interface, InterfaceId, Item as Target, MAX_WORK, PackageId, Text, World, WorldId,
};
use crate::order;
use crate::syntax::{Id, InterfaceItem, Item, Path, WorldItem};

/// The scope of a file, in which names are looked up.
pub(super) struct Scope<'a> {
    pub(super) package: PackageId,
    pub(super) source: usize,
    /// The names that the file gives by `use`; `None` if the `use` has an error.
    uses: BTreeMap<&'a str, Option<Target>>,
}

/// An interface or world before its resolution.
struct Node<'a> {
    name: Id<'a>,
    part: usize,
    item: &'a Item<'a>,
}

/// The meaning of a name of a file.
enum FileName<'a> {
    Local(&'a str),
    Foreign,
}

impl<'a> Resolve<'a> {
    /// Resolves the interfaces and worlds of a package.
    pub(super) fn resolve_items(&mut self, package: PackageId) {
        let parts = self.texts[package.idx()].parts.clone();
        let mut nodes: Vec<Node<'a>> = Vec::new();
        let mut numbers: BTreeMap<&'a str, usize> = BTreeMap::new();
        let mut keys: BTreeMap<Cow<'a, str>, usize> = BTreeMap::new();
        for (part, (source, items)) in parts.iter().enumerate() {
            for item in *items {
                let name = match item {
                    Item::Interface(interface) => interface.name,
                    Item::World(world) => world.name,
                    Item::Use { .. } => continue,
                };
                // All interfaces and worlds are exports of the component of the package, so their
                // names must be strongly unique.
                if let Some(&other) = keys.get(&label_key(name.name)) {
                    let other: &Node<'_> = &nodes[other];
                    let (text, previous) = (name.name.into(), other.name.name.into());
                    let related = Place { source: parts[other.part].0, span: other.name.span };
                    let kind = match other.name.name == name.name {
                        true => ErrorKind::DuplicateItem { name: text },
                        false => ErrorKind::Conflict { name: text, previous },
                    };
                    self.error(kind, *source, name.span).related = Some(related);
                    if numbers.contains_key(name.name) {
                        continue;
                    }
                }
                numbers.insert(name.name, nodes.len());
                keys.entry(label_key(name.name)).or_insert(nodes.len());
                nodes.push(Node { name, part, item });
            }
        }
        let files: Vec<_> =
            parts.iter().map(|(source, items)| self.file_names(*source, items, &numbers)).collect();
        let Some(order) = self.order_items(&parts, &nodes, &numbers, &files) else { return };
        for &number in &order {
            self.allocate(package, parts[nodes[number].part].0, &nodes[number]);
        }
        let mut scopes: Vec<Scope<'a>> = Vec::new();
        for (source, items) in &parts {
            scopes.push(self.scope(package, *source, items));
        }
        let mut worlds = Vec::new();
        for number in order {
            let node = &nodes[number];
            let scope = &scopes[node.part];
            match (node.item, self.texts[package.idx()].items.get(node.name.name)) {
                (Item::Interface(interface), Some(&Target::Interface(id))) => {
                    self.resolve_interface(scope, id, &interface.items);
                    if !self.excluded.interfaces.contains_key(&id) {
                        let name = Text::from(node.name.name);
                        let _ = self.model.packages[package].interfaces.insert(name, id);
                    }
                }
                (Item::World(world), Some(&Target::World(id))) => worlds.push((scope, id, world)),
                _ => {}
            }
        }
        for (scope, id, world) in worlds {
            if self.is_too_large(package) {
                return;
            }
            self.resolve_world(scope, id, world);
            if !self.excluded.worlds.contains_key(&id) {
                let name = self.model[id].name.clone();
                let _ = self.model.packages[package].worlds.insert(name, id);
            }
        }
    }

    /// Reports an error if completing the worlds has taken too many steps. Returns whether it has.
    pub(super) fn is_too_large(&mut self, package: PackageId) -> bool {
        let is_too_large = self.work > MAX_WORK;
        if is_too_large {
            let name = self.model[package].name.to_string();
            let kind = ErrorKind::TooLarge { name: name.into() };
            self.errors.push(Error::new(kind, self.texts[package.idx()].place));
        }
        is_too_large
    }

    /// Collects the names of a file: those of its items, and those that it gives by `use`.
    fn file_names(
        &mut self,
        source: usize,
        items: &'a [Item<'a>],
        numbers: &BTreeMap<&'a str, usize>,
    ) -> BTreeMap<&'a str, FileName<'a>> {
        let mut names = BTreeMap::new();
        for item in items {
            let (name, target) = match item {
                Item::Use { path, rename } => {
                    let target = match &path.package {
                        Some(_) => FileName::Foreign,
                        None => FileName::Local(path.name.name),
                    };
                    if path.package.is_none() && !numbers.contains_key(path.name.name) {
                        let help = self.meant(path.name.name, numbers.keys().copied());
                        self.item_not_found(path.name, source, help);
                    }
                    (rename.unwrap_or(path.name), target)
                }
                Item::Interface(interface) => {
                    (interface.name, FileName::Local(interface.name.name))
                }
                Item::World(world) => (world.name, FileName::Local(world.name.name)),
            };
            let is_item = |name: &FileName<'_>| matches!(name, FileName::Local(local) if numbers.contains_key(local));
            match names.get(name.name) {
                // Two items of one name have been reported.
                Some(FileName::Local(local))
                    if *local == name.name
                        && is_item(&target)
                        && !matches!(item, Item::Use { .. }) => {}
                Some(_) => {
                    let kind = ErrorKind::DuplicateInFile { name: name.name.into() };
                    self.error(kind, source, name.span);
                }
                None => {
                    names.insert(name.name, target);
                }
            }
        }
        names
    }

    fn item_not_found(&mut self, name: Id<'_>, source: usize, help: Option<Help>) {
        let kind = ErrorKind::ItemNotFound { name: name.name.into() };
        self.error(kind, source, name.span).help = help;
    }

    /// Orders items so that each stands behind those of this package that it uses or includes.
    fn order_items(
        &mut self,
        parts: &[(usize, &'a [Item<'a>])],
        nodes: &[Node<'a>],
        numbers: &BTreeMap<&'a str, usize>,
        files: &[BTreeMap<&'a str, FileName<'a>>],
    ) -> Option<Vec<usize>> {
        let mut edges = Vec::new();
        for node in nodes {
            let mut to = Vec::new();
            let mut add = |path: &Path<'a>| {
                let name = match files[node.part].get(path.name.name) {
                    _ if path.package.is_some() => return,
                    Some(FileName::Foreign) => return,
                    Some(FileName::Local(name)) => name,
                    None => path.name.name,
                };
                to.extend(numbers.get(name));
            };
            match node.item {
                Item::Interface(interface) => {
                    for item in &interface.items {
                        if let InterfaceItem::Use(item) = item {
                            add(&item.path);
                        }
                    }
                }
                Item::World(world) => {
                    for item in &world.items {
                        if let WorldItem::Include(include) = item {
                            add(&include.path);
                        }
                    }
                }
                Item::Use { .. } => {}
            }
            edges.push(to);
        }
        match order::order(&edges) {
            Ok(order) => Some(order),
            Err((number, step)) => {
                let node = &nodes[edges[number][step]];
                let kind = ErrorKind::ItemCycle { name: node.name.name.into() };
                self.error(kind, parts[node.part].0, node.name.span);
                None
            }
        }
    }

    /// Gives an interface or world its number.
    fn allocate(&mut self, package: PackageId, source: usize, node: &Node<'a>) {
        let name: Text = node.name.name.into();
        let place = Place { source, span: node.name.span };
        self.places.insert((package, name.clone(), "".into()), place);
        let target = match node.item {
            Item::Interface(interface) => {
                let (gate, excluded) =
                    self.gate(&interface.attributes, package, source, node.name.span);
                let docs = interface.docs.clone();
                let interface = Interface { docs, gate, ..Interface::new(Some(name), package) };
                Target::Interface(self.add_interface(interface, excluded))
            }
            Item::World(world) => {
                let (gate, excluded) =
                    self.gate(&world.attributes, package, source, node.name.span);
                let docs = world.docs.clone();
                let id = self.model.add_world(World { docs, gate, ..World::new(name, package) });
                self.excluded.worlds.extend(excluded.map(|feature| (id, feature)));
                Target::World(id)
            }
            Item::Use { .. } => return,
        };
        self.texts[package.idx()].items.insert(node.name.name, target);
    }

    pub(super) fn add_interface(
        &mut self,
        interface: Interface,
        excluded: Option<Text>,
    ) -> InterfaceId {
        let id = self.model.add_interface(interface);
        self.excluded.interfaces.extend(excluded.map(|feature| (id, feature)));
        id
    }

    /// Returns the scope of a file.
    fn scope(&mut self, package: PackageId, source: usize, items: &'a [Item<'a>]) -> Scope<'a> {
        let mut scope = Scope { package, source, uses: BTreeMap::new() };
        for item in items {
            let Item::Use { path, rename } = item else { continue };
            let target = match &path.package {
                None => self.texts[package.idx()].items.get(path.name.name).copied(),
                // A path to another package names an interface.
                Some(_) => self.foreign(&scope, path, true, true),
            };
            scope.uses.insert(rename.unwrap_or(path.name).name, target);
        }
        scope
    }

    /// Finds the interface or world of another package that a path names. The package must exist;
    /// without `is_live`, its items need not, since a binary package lacks the items that gates
    /// exclude.
    fn foreign(
        &mut self,
        scope: &Scope<'a>,
        path: &Path<'a>,
        is_interface: bool,
        is_live: bool,
    ) -> Option<Target> {
        let text = path.package.as_ref()?;
        let name = package_name(text);
        let Some(&package) = self.package_ids.get(&name) else {
            let help = match self.resolver.looked_in.is_empty() {
                false => Help::Looked(self.resolver.looked_in.clone().into()),
                true => {
                    let names = self.package_ids.keys().take(ShownNames::<Text>::MOST);
                    let names: Box<[Box<str>]> =
                        names.map(|name| name.to_string().into()).collect();
                    Help::OneOf { more: self.package_ids.len() - names.len(), names }
                }
            };
            let known: Vec<_> = match self.budget {
                0 => Vec::new(),
                _ => self.package_ids.keys().map(ToString::to_string).collect(),
            };
            // All names are written out for the comparison, so all of them count, even if few are
            // compared.
            self.budget = self.budget.saturating_sub(known.len());
            let help =
                self.meant(&name.to_string(), known.iter().map(|name| &name[..])).unwrap_or(help);
            let kind = ErrorKind::PackageNotFound { name: name.to_string().into() };
            self.error(kind, scope.source, text.span).help = Some(help);
            return None;
        };
        match self.texts[package.idx()].items.get(path.name.name) {
            Some(target @ Target::Interface(_)) => Some(*target),
            Some(target @ Target::World(_)) if !is_interface => Some(*target),
            _ if !is_live => None,
            _ => {
                let names = self.texts[package.idx()].items.keys().copied();
                let help = Help::meant(path.name.name, names, &mut self.budget);
                let (name, package) = (path.name.name.into(), name.to_string().into());
                let kind = match is_interface {
                    true => ErrorKind::InterfaceNotFound { name, package },
                    false => ErrorKind::WorldNotFound { name, package },
                };
                self.error(kind, scope.source, path.name.span).help = help;
                None
            }
        }
    }

    fn target(
        &mut self,
        scope: &Scope<'a>,
        path: &Path<'a>,
        is_interface: bool,
        is_live: bool,
    ) -> Option<Target> {
        if path.package.is_some() {
            return self.foreign(scope, path, is_interface, is_live);
        }
        if let Some(target) = scope.uses.get(path.name.name) {
            return *target;
        }
        let items = &self.texts[scope.package.idx()].items;
        if let Some(target) = items.get(path.name.name) {
            return Some(*target);
        }
        let names = items.keys().chain(scope.uses.keys()).copied();
        let help = Help::meant(path.name.name, names, &mut self.budget);
        self.item_not_found(path.name, scope.source, help);
        None
    }

    /// Returns the interface that a path names. `is_live` tells whether the reference itself is not
    /// excluded by a gate.
    pub(super) fn interface(
        &mut self,
        scope: &Scope<'a>,
        path: &Path<'a>,
        is_live: bool,
    ) -> Option<InterfaceId> {
        match self.item(scope, path, true, is_live)? {
            Target::Interface(id) => Some(id),
            Target::World(_) => None,
        }
    }

    /// Returns the world that a path names.
    pub(super) fn world(
        &mut self,
        scope: &Scope<'a>,
        path: &Path<'a>,
        is_live: bool,
    ) -> Option<WorldId> {
        match self.item(scope, path, false, is_live)? {
            Target::World(id) => Some(id),
            Target::Interface(_) => None,
        }
    }

    /// Returns the interface or world that a path names, of the sort that is asked for.
    fn item(
        &mut self,
        scope: &Scope<'a>,
        path: &Path<'a>,
        is_interface: bool,
        is_live: bool,
    ) -> Option<Target> {
        let (source, Id { name, span }) = (scope.source, path.name);
        let target = self.target(scope, path, is_interface, is_live)?;
        let (sort, excluded) = match target {
            Target::Interface(id) => ("interface", self.excluded.interfaces.get(&id)),
            Target::World(id) => ("world", self.excluded.worlds.get(&id)),
        };
        if matches!(target, Target::Interface(_)) == is_interface {
            let excluded = excluded.cloned();
            return self.unless_gated(target, sort, excluded, is_live, source, span);
        }
        let name = name.into();
        let kind = match &path.package {
            Some(_) if !is_live => return None,
            _ if is_interface => ErrorKind::NotInterface { name },
            Some(package) => {
                let package = package_name(package).to_string().into();
                ErrorKind::WorldNotFound { name, package }
            }
            None => ErrorKind::NotWorld { name },
        };
        self.error(kind, source, span);
        None
    }

    /// Returns the target of a reference. `excluded` is the feature of the gate that excludes the
    /// target, if one does; then a reference that is not excluded itself is an error.
    pub(super) fn unless_gated<T>(
        &mut self,
        found: T,
        sort: &'static str,
        excluded: Option<Text>,
        is_live: bool,
        source: usize,
        span: Span,
    ) -> Option<T> {
        let Some(feature) = excluded.filter(|_| is_live) else { return Some(found) };
        let help = Help::Advice("turn the feature on, or give what refers to it the same gate");
        let kind = ErrorKind::Gated { sort, feature: (*feature).into() };
        self.error(kind, source, span).help = Some(help);
        None
    }
}
