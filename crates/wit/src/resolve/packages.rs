//! Collects packages, and puts them in an order in which they can be resolved.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::{SpaceIdx, Span};

use super::Resolve;
use crate::error::{Error, ErrorKind, Help, Place};
use crate::model::{Item as Target, Package, PackageId};
use crate::order;
use crate::package::PackageName;
use crate::syntax::{
    ExternKind, InterfaceItem, Item, PackageName as NameText, Path, TokenKind, WorldItem,
};

/// The texts of a package.
#[derive(Default)]
pub(super) struct PackageText<'a> {
    name: PackageName,
    docs: Option<String>,
    pub(super) place: Place,
    /// The texts by number, and the items in each.
    pub(super) parts: Vec<(usize, &'a [Item<'a>])>,
    /// Interfaces and worlds by name, including those that gates exclude.
    pub(super) items: BTreeMap<&'a str, Target>,
}

/// Returns the name of a package, as a text refers to it.
pub(super) fn package_name(text: &NameText<'_>) -> PackageName {
    PackageName {
        namespace: text.namespace.name.into(),
        name: text.name.name.into(),
        version: text.version.map(|version| version.text.into()),
    }
}

impl<'a> Resolve<'a> {
    /// Collects the packages of all texts, and returns the name of the root.
    pub(super) fn collect_packages(&mut self) -> Option<PackageName> {
        let resolver = self.resolver;
        let root = self.collect_group(&resolver.root);
        for group in &resolver.dependencies {
            self.collect_group(group);
        }
        root
    }

    /// Collects the package whose files are `group`, and the packages that are nested in the files.
    fn collect_group(&mut self, group: &[usize]) -> Option<PackageName> {
        let files = self.files;
        let mut group = group.to_vec();
        group.sort_by(|a, b| self.resolver.sources[*a].name.cmp(&self.resolver.sources[*b].name));
        let mut package: Option<(PackageName, Place)> = None;
        let mut docs: Option<String> = None;
        let mut parts = Vec::new();
        for &source in &group {
            let file = &files[source];
            parts.push((source, &file.items[..]));
            for nested in &file.nested {
                let place = Place { source, span: nested.package.span };
                self.add_text(PackageText {
                    name: package_name(&nested.package),
                    place,
                    docs: nested.package.docs.clone(),
                    parts: [(source, &nested.items[..])].into(),
                    items: BTreeMap::new(),
                });
            }
            let Some(name) = &file.package else { continue };
            let (name, place) = (package_name(name), Place { source, span: name.span });
            if let Some((previous, at)) = &package
                && *previous != name
            {
                let (name, previous) = (name.to_string().into(), previous.to_string().into());
                let at = *at;
                let error = ErrorKind::PackageName { name, previous };
                self.errors.push(Error::new(error, place).related(at));
                continue;
            }
            let own = file.package.as_ref().and_then(|name| name.docs.clone());
            if docs.is_some() && own.is_some() {
                // The error is at the comment, not at the name.
                let mut trivia = file.tokens.trivia(0);
                let comment = trivia.find(|token| token.kind != TokenKind::Blank);
                let span = comment.map_or(place.span, |token| token.span);
                self.errors.push(Error::new(ErrorKind::PackageDocs, Place { source, span }));
            }
            docs = docs.or(own);
            package = package.or(Some((name, place)));
        }
        let Some((name, place)) = package else {
            let help = Help::Advice("begin one of the files with `package namespace:name;`");
            let place = group.first().map(|&source| Place { source, span: Span::at(0) });
            let error =
                Error { kind: ErrorKind::NoPackage, place, related: None, help: Some(help) };
            self.errors.push(error);
            return None;
        };
        let items = BTreeMap::new();
        self.add_text(PackageText { name: name.clone(), place, docs, parts, items });
        Some(name)
    }

    fn add_text(&mut self, text: PackageText<'a>) {
        let id = PackageId::from(self.texts.len() as u32);
        match self.package_ids.get(&text.name) {
            Some(other) => {
                let kind = ErrorKind::DuplicatePackage { name: text.name.to_string().into() };
                let related = self.texts[other.idx()].place;
                self.errors.push(Error::new(kind, text.place).related(related));
            }
            None => {
                self.package_ids.insert(text.name.clone(), id);
            }
        }
        self.texts.push(text);
    }

    /// Orders packages so that each stands behind those that it depends on, and adds them to the
    /// model. `None` if a package depends on itself.
    pub(super) fn order_packages(&mut self) -> Option<()> {
        let mut edges = Vec::new();
        let mut places = Vec::new();
        // Messages about cycles should not depend on the order of files.
        let ids: Vec<PackageId> = self.package_ids.values().copied().collect();
        let numbers: BTreeMap<PackageId, usize> =
            ids.iter().enumerate().map(|(number, id)| (*id, number)).collect();
        for id in &ids {
            let mut to = Vec::new();
            let mut at = Vec::new();
            for &(source, items) in &self.texts[id.idx()].parts {
                for_each_path(items, |path| {
                    let Some(text) = &path.package else { return };
                    let other = self.package_ids.get(&package_name(text));
                    if let Some(number) = other.and_then(|other| numbers.get(other)) {
                        to.push(*number);
                        at.push(Place { source, span: text.span });
                    }
                });
            }
            edges.push(to);
            places.push(at);
        }
        let order = match order::order(&edges) {
            Ok(order) => order,
            Err((number, step)) => {
                let name = &self.texts[ids[edges[number][step]].idx()].name;
                let kind = ErrorKind::PackageCycle { name: name.to_string().into() };
                self.errors.push(Error::new(kind, places[number][step]));
                return None;
            }
        };
        let mut texts = Vec::new();
        for number in order {
            let text = core::mem::take(&mut self.texts[ids[number].idx()]);
            let (name, docs) = (text.name.clone(), text.docs.clone());
            let id = self.model.add_package(Package { name, docs, ..Package::default() });
            self.package_ids.insert(text.name.clone(), id);
            texts.push(text);
        }
        self.texts = texts;
        Some(())
    }
}

/// Calls a function with each path in some items.
fn for_each_path<'a>(items: &'a [Item<'a>], mut f: impl FnMut(&'a Path<'a>)) {
    fn uses<'a>(items: &'a [InterfaceItem<'a>], f: &mut impl FnMut(&'a Path<'a>)) {
        for item in items {
            if let InterfaceItem::Use(item) = item {
                f(&item.path);
            }
        }
    }
    for item in items {
        match item {
            Item::Use { path, .. } => f(path),
            Item::Interface(interface) => uses(&interface.items, &mut f),
            Item::World(world) => {
                for item in &world.items {
                    match item {
                        WorldItem::Use(item) => f(&item.path),
                        WorldItem::Include(include) => f(&include.path),
                        WorldItem::Type(_) => {}
                        WorldItem::Import(item) | WorldItem::Export(item) => match &item.kind {
                            ExternKind::Path(path) | ExternKind::Named(_, path) => f(path),
                            ExternKind::Interface(_, items) => uses(items, &mut f),
                            ExternKind::Func(_) => {}
                        },
                    }
                }
            }
        }
    }
}
