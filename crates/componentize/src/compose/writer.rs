//! The imports of the result. Their types are written anew, from the types that the validator found
//! for the imports of all components.
//!
//! If several components import one interface, the result imports it once, with all items that the
//! components want of it. If an import of a component uses a type of another import, the import of
//! the result uses it too, by an alias.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{
    CoreType, Counts, Definition, ExportDecl, ExternDesc, ExternName, Import, NameAttributes,
    SortIdx, Type, TypeBound, ValueBound,
};
use wattle_ast::{ComponentTypeIdx, Name, TypeIdx};
use wattle_validator::components::{Extern, ExternView, Shape, TypeView};

/// The most definitions of which imports are made. Types that components share may have to be
/// written once for each import.
const MOST_DEFINITIONS: u32 = 1_000_000;

/// An import or export of a component, and the number of the component.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'t> {
    pub(super) component: usize,
    pub(super) item: Extern<'t>,
    /// Whether only some of its types are wanted, for their names.
    pub(super) is_for_names: bool,
}

impl<'t> Wanted<'t> {
    /// Makes an import or export of which everything is wanted.
    pub(super) fn new(component: usize, item: Extern<'t>) -> Wanted<'t> {
        Wanted { component, item, is_for_names: false }
    }
}

/// The number of a component, and the number of a type in it.
type Node = (usize, u32);

/// A place that types can be aliased from: an import or export of a scope, or an export of an instance
/// at another place.
pub(super) struct Place<'t> {
    pub(super) parent: Option<usize>,
    pub(super) name: &'t str,
    /// The index in the scope, once there is one.
    pub(super) index: Option<SortIdx>,
}

/// The reason why the types cannot be written.
pub(super) enum Fault {
    /// The import at this place and others depend on each other.
    Cycle { place: usize },
    /// A resource that is not imported.
    Resource { component: usize, name: String },
    /// There would be too many definitions.
    TooLarge,
    /// The import at this place must be written first.
    Needs { place: usize },
}

pub(super) type Result<T> = core::result::Result<T, Fault>;

/// A scope that is being written.
#[derive(Default)]
pub(super) struct Frame<'t> {
    definitions: Vec<Definition<'static>>,
    counts: Counts,
    /// The indices of types in this scope.
    pub(super) types: BTreeMap<Node, u32>,
    /// The types that imports and exports of this scope give a name.
    named: BTreeSet<Node>,
    /// The places of the types that instances of this scope export; `None` for types of an import
    /// that has an argument.
    pub(super) origins: BTreeMap<Node, Option<usize>>,
    /// The imports and exports that the scope is to have.
    items: Vec<Item<'t>>,
    /// The number of the item that is written next.
    next: usize,
    /// The index of the type of an instance or component that the next item needs.
    ready: Option<u32>,
    /// The definition that opens the scope; `None` for the result itself.
    opens: Option<Definition<'static>>,
}

/// An import or export that is to be written, and the imports or exports of components that it stands
/// for.
struct Item<'t> {
    wanted: Vec<Wanted<'t>>,
    is_import: bool,
    /// The place of the item, if it is an import of the result.
    place: Option<usize>,
}

impl Frame<'_> {
    /// Adds a definition, and returns its index.
    pub(super) fn push(&mut self, definition: Definition<'static>) -> u32 {
        let index = self.counts.add(&definition);
        self.definitions.push(definition);
        index.map_or(0, SortIdx::number)
    }
}

/// The definitions of the result, and the places of its types.
#[derive(Default)]
pub(super) struct Writer<'t> {
    pub(super) root: Frame<'t>,
    pub(super) places: Vec<Place<'t>>,
    place_ids: BTreeMap<(usize, &'t str), usize>,
    /// The number of definitions.
    definitions: u32,
    /// The names of the types that are wanted of an import, by component and import, if only their names
    /// are needed.
    names: BTreeMap<(usize, &'t str), BTreeSet<&'t str>>,
}

impl<'t> Writer<'t> {
    pub(super) fn new(names: BTreeMap<(usize, &'t str), BTreeSet<&'t str>>) -> Writer<'t> {
        Writer { names, ..Writer::default() }
    }

    /// Adds the place of an import or export of the result. Its index is set later.
    pub(super) fn place(&mut self, name: &'t str) -> usize {
        self.places.push(Place { parent: None, name, index: None });
        self.places.len() - 1
    }

    /// Returns the name of a place.
    pub(super) fn place_name(&self, place: usize) -> &'t str {
        self.places.get(place).map_or("", |place| place.name)
    }

    /// Returns the index of an import or export of the result.
    pub(super) fn index(&self, place: usize) -> Option<SortIdx> {
        self.places.get(place)?.index
    }

    /// Records the place of the result at which the types of a component's import or export are
    /// found. A type that has a place keeps it.
    pub(super) fn locate(&mut self, wanted: Wanted<'t>, place: Option<usize>) {
        let mut origins = core::mem::take(&mut self.root.origins);
        self.locate_in(&mut origins, wanted, place);
        self.root.origins = origins;
    }

    fn locate_in(
        &mut self,
        origins: &mut BTreeMap<Node, Option<usize>>,
        wanted: Wanted<'t>,
        place: Option<usize>,
    ) {
        let mut open = Vec::from([(wanted.item, place)]);
        while let Some((item, place)) = open.pop() {
            match item.view() {
                ExternView::Type(ty) => {
                    origins.entry((wanted.component, ty.number())).or_insert(place);
                }
                ExternView::Instance(ty) => {
                    let Shape::Instance(exports) = ty.shape() else { continue };
                    for export in exports {
                        let place = place.filter(|_| self.wants(&wanted, &export));
                        open.push((export, place.map(|place| self.inner(place, export.name()))));
                    }
                }
                _ => {}
            }
        }
    }

    /// Returns whether an export of an instance is wanted.
    fn wants(&self, wanted: &Wanted<'t>, export: &Extern<'t>) -> bool {
        !wanted.is_for_names || {
            let names = self.names.get(&(wanted.component, wanted.item.name()));
            names.is_some_and(|names| names.contains(export.name()))
        }
    }

    /// Returns the place of an export of an instance, which is added if it is new.
    fn inner(&mut self, parent: usize, name: &'t str) -> usize {
        let next = self.places.len();
        let place = *self.place_ids.entry((parent, name)).or_insert(next);
        if place == next {
            self.places.push(Place { parent: Some(parent), name, index: None });
        }
        place
    }

    /// Returns all definitions.
    pub(super) fn finish(self) -> Vec<Definition<'static>> {
        self.root.definitions
    }

    /// Returns the number of definitions so far.
    pub(super) fn len(&self) -> usize {
        self.root.definitions.len()
    }

    /// Adds a definition to the result, and returns its index.
    pub(super) fn push(&mut self, definition: Definition<'static>) -> u32 {
        self.root.push(definition)
    }

    /// Sets the index of an import or export of the result.
    pub(super) fn settle(&mut self, place: usize, index: SortIdx) {
        if let Some(place) = self.places.get_mut(place) {
            place.index = Some(index);
        }
    }

    /// Lets the type at an index stand for a type of a component from now on.
    pub(super) fn name_type(&mut self, node: Node, index: u32) {
        self.root.types.insert(node, index);
    }

    /// Writes the import at a place, behind the imports that it depends on.
    pub(super) fn import(
        &mut self,
        place: usize,
        groups: &BTreeMap<usize, Vec<Wanted<'t>>>,
    ) -> Result<()> {
        let item = |place| Item {
            wanted: groups.get(&place).cloned().unwrap_or_default(),
            is_import: true,
            place: Some(place),
        };
        // Each import is above the one that waits for it.
        let mut tasks = Vec::from([(item(place), Vec::<Frame<'t>>::new())]);
        let mut open = BTreeSet::from([place]);
        while let Some((task, frames)) = tasks.last_mut() {
            if let Some(place) = task.place.filter(|place| self.index(*place).is_some()) {
                open.remove(&place);
                tasks.pop();
                continue;
            }
            match self.advance(task, frames) {
                Ok(()) => {}
                Err(Fault::Needs { place }) => {
                    if !groups.contains_key(&place) || !open.insert(place) {
                        return Err(Fault::Cycle { place });
                    }
                    tasks.push((item(place), Vec::new()));
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Counts definitions.
    pub(super) fn count(&mut self, definitions: u32) -> Result<()> {
        self.definitions = self.definitions.saturating_add(definitions);
        match self.definitions > MOST_DEFINITIONS {
            true => Err(Fault::TooLarge),
            false => Ok(()),
        }
    }

    /// Takes the next step of writing an import.
    fn advance(&mut self, task: &Item<'t>, frames: &mut Vec<Frame<'t>>) -> Result<()> {
        let Some(frame) = frames.last() else {
            return self.item(task, frames);
        };
        if frame.next < frame.items.len() {
            let next = frame.next;
            let item =
                frame.items.get(next).map(|item| Item { wanted: item.wanted.clone(), ..*item });
            let Some(item) = item else { return Ok(()) };
            return self.item(&item, frames);
        }
        let Some(frame) = frames.pop() else { return Ok(()) };
        self.count(frame.definitions.len() as u32)?;
        let parent = frames.last_mut().unwrap_or(&mut self.root);
        let index = frame.opens.map_or(0, |opens| parent.push(opens));
        parent.definitions.extend(frame.definitions);
        parent.definitions.push(Definition::End);
        parent.ready = Some(index);
        Ok(())
    }

    /// Writes an import or export to the innermost scope, or begins the scope that its type needs.
    fn item(&mut self, item: &Item<'t>, frames: &mut Vec<Frame<'t>>) -> Result<()> {
        let Some(&chosen) = chosen(&item.wanted) else { return Ok(()) };
        let component = chosen.component;
        let ready = |this: &mut Self, frames: &mut Vec<Frame<'t>>| {
            frames.last_mut().unwrap_or(&mut this.root).ready.take().map(ComponentTypeIdx)
        };
        let desc = match chosen.item.view() {
            ExternView::Module(module) => {
                let declarations = module.declarations();
                let frame = frames.last_mut().unwrap_or(&mut self.root);
                let ty = frame.push(Definition::CoreType(CoreType::Module));
                frame.definitions.extend(declarations);
                frame.definitions.push(Definition::End);
                ExternDesc::CoreModule(TypeIdx(ty))
            }
            ExternView::Func(ty) => ExternDesc::Func(self.index_of(frames, component, ty)?),
            ExternView::Value(ty) => {
                ExternDesc::Value(ValueBound::Type(self.val_type(frames, component, ty)?))
            }
            ExternView::Type(ty) => match (ty.target(), ty.shape()) {
                (None, Shape::Resource(_)) => ExternDesc::Type(TypeBound::Resource),
                (target, Shape::Instance(_) | Shape::Component(..)) => {
                    let Some(index) = ready(self, frames) else {
                        return self.open(target.unwrap_or(ty), &[chosen], frames);
                    };
                    ExternDesc::Type(TypeBound::Eq(index))
                }
                (target, _) => {
                    let target = target.unwrap_or(ty);
                    ExternDesc::Type(TypeBound::Eq(self.index_of(frames, component, target)?))
                }
            },
            ExternView::Component(ty) => match ready(self, frames) {
                Some(index) => ExternDesc::Component(index),
                None => return self.open(ty, &[chosen], frames),
            },
            ExternView::Instance(ty) => match ready(self, frames) {
                Some(index) => ExternDesc::Instance(index),
                None => return self.open(ty, &item.wanted, frames),
            },
            // Values, which the validator of the parts refuses.
            _ => return Err(Fault::TooLarge),
        };
        let name = extern_name(&chosen.item);
        let definition = match item.is_import {
            true => Definition::Import(Import { name, ty: desc }),
            false => Definition::ExportDecl(ExportDecl { name, ty: desc }),
        };
        let named: Vec<Node> =
            item.wanted.iter().flat_map(|wanted| self.named(frames, wanted)).collect();
        let frame = frames.last_mut().unwrap_or(&mut self.root);
        let index = frame.push(definition);
        frame.next += 1;
        frame.types.extend(named.iter().map(|node| (*node, index)));
        frame.named.extend(named);
        let index = SortIdx::new(desc.sort(), index);
        match (item.place, desc) {
            (Some(place), _) => self.settle(place, index),
            // From now on, the types of the instance are aliases of its exports.
            (None, ExternDesc::Instance(_)) => {
                let mut origins = core::mem::take(&mut frame.origins);
                let place = self.place(chosen.item.name());
                self.settle(place, index);
                for &wanted in &item.wanted {
                    self.locate_in(&mut origins, wanted, Some(place));
                }
                frames.last_mut().unwrap_or(&mut self.root).origins = origins;
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the types that an import or export gives a name. If its type is another name of a
    /// type, that type gets the name too, unless the result has a name for it.
    fn named(&self, frames: &[Frame<'t>], wanted: &Wanted<'t>) -> Vec<Node> {
        let ExternView::Type(mut ty) = wanted.item.view() else { return Vec::new() };
        let mut named = Vec::from([(wanted.component, ty.number())]);
        while let Some(target) = ty.target() {
            let node = (wanted.component, target.number());
            // This type has a name, and so have those that it is another name of.
            if frames.iter().chain([&self.root]).any(|frame| frame.named.contains(&node)) {
                break;
            }
            named.extend(matches!(self.root.origins.get(&node), Some(None)).then_some(node));
            ty = target;
        }
        named
    }

    /// Writes the type of an instance to the result.
    pub(super) fn instance_type(&mut self, wanted: Wanted<'t>) -> Result<ExternDesc> {
        let item = Item { wanted: Vec::from([wanted]), is_import: false, place: None };
        let mut frames = Vec::new();
        if let ExternView::Instance(ty) = wanted.item.view() {
            self.open(ty, &item.wanted, &mut frames)?;
        }
        while !frames.is_empty() {
            self.advance(&item, &mut frames)?;
        }
        let index = self.root.ready.take().unwrap_or_default();
        Ok(ExternDesc::Instance(ComponentTypeIdx(index)))
    }

    /// Begins the scope of the type of a component, or of an instance with everything that is wanted of
    /// it.
    fn open(
        &mut self,
        ty: TypeView<'t>,
        wanted: &[Wanted<'t>],
        frames: &mut Vec<Frame<'t>>,
    ) -> Result<()> {
        let (opens, imports) = match ty.shape() {
            Shape::Component(imports, _) => (Type::Component, imports),
            _ => (Type::Instance, Vec::new()),
        };
        let mut frame = Frame { opens: Some(Definition::Type(opens)), ..Frame::default() };
        let mut names = BTreeMap::new();
        for want in wanted {
            let &Wanted { component, item, .. } = want;
            let ty = match item.view() {
                ExternView::Type(ty) | ExternView::Component(ty) | ExternView::Instance(ty) => ty,
                _ => continue,
            };
            let (Shape::Instance(exports) | Shape::Component(_, exports)) = ty.shape() else {
                continue;
            };
            for &item in &imports {
                let wanted = Vec::from([Wanted::new(component, item)]);
                frame.items.push(Item { wanted, is_import: true, place: None });
            }
            for item in exports.into_iter().filter(|export| self.wants(want, export)) {
                let wanted = Wanted::new(component, item);
                let next = frame.items.len();
                match frame.items.get_mut(*names.entry(item.name()).or_insert(next)) {
                    Some(item) => item.wanted.push(wanted),
                    None => {
                        let wanted = Vec::from([wanted]);
                        frame.items.push(Item { wanted, is_import: false, place: None });
                    }
                }
            }
        }
        frames.push(frame);
        Ok(())
    }
}

/// Returns the import or export that is written for all of `wanted`: the one with the most exact
/// type.
fn chosen<'w, 't>(wanted: &'w [Wanted<'t>]) -> Option<&'w Wanted<'t>> {
    // A type that equals another is more exact than a resource by itself.
    let equals = |wanted: &&Wanted<'_>| match wanted.item.view() {
        ExternView::Type(ty) => ty.target().is_some(),
        _ => false,
    };
    wanted.iter().find(equals).or(wanted.first())
}

/// Returns the name of an import or export, with its attributes.
pub(super) fn extern_name(item: &Extern<'_>) -> ExternName<'static> {
    let name = |text: &str| Name::from(String::from(text));
    let attributes = NameAttributes {
        implements: item.implements().map(name),
        version_suffix: item.version_suffix().map(name),
        external_id: item.external_id().map(name),
    };
    ExternName::new(name(item.name()), attributes)
}
