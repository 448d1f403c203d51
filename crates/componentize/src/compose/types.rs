//! Imports of several components as imports of one: types are written anew, from what the validator
//! knows of them.
//!
//! Imports of one interface become one import with all that the components want of it. A type that a
//! component got from another of its imports is an alias of that import's type here too.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Case, CoreType, Definition, ExportDecl, ExternDesc, ExternName, Field, FuncType, Import,
    PlainSort, Sort, SortIdx, Type, TypeBound, ValType, ValueBound,
};
use wattle_ast::{ComponentTypeIdx, InstanceIdx, Name, TypeIdx};
use wattle_validator::components::{Extern, ExternView, Shape, TypeView};

const TYPE: Sort = Sort::Plain(PlainSort::Type);
const INSTANCE: Sort = Sort::Plain(PlainSort::Instance);

/// The most definitions that imports are made of. Types that components share may have to be written
/// once for each import.
const MOST_DEFINITIONS: u32 = 1_000_000;

/// An import or export of one of the components, which have numbers.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'t> {
    pub(super) component: usize,
    pub(super) item: Extern<'t>,
}

/// A type of one of the components.
type Node = (usize, u32);

/// A place that types can be aliased from: an import or export of a scope, or an export of such an
/// instance.
struct Place<'t> {
    parent: Option<usize>,
    name: &'t str,
    /// The index in the scope, once there is one.
    index: Option<SortIdx>,
}

/// Why the types cannot be written.
pub(super) enum Fault {
    /// Imports of this place and others depend on each other.
    Cycle { place: usize },
    /// A resource that is not imported.
    Resource { component: usize, name: String },
    /// There would be too many definitions.
    TooLarge,
    /// The import at this place must be written first.
    Needs { place: usize },
}

type Result<T> = core::result::Result<T, Fault>;

/// A scope that is being written.
struct Frame<'t> {
    definitions: Vec<Definition<'static>>,
    counts: [u32; Sort::COUNT],
    /// The indices here of types.
    types: BTreeMap<Node, u32>,
    /// Where types come from that instances here export; `None` if something in the result is given
    /// for the import.
    origins: BTreeMap<Node, Option<usize>>,
    /// What the scope is to import and export.
    items: Vec<Item<'t>>,
    next: usize,
    /// The index of the type of an instance or component that the next item needs.
    ready: Option<u32>,
    opens: Option<Definition<'static>>,
}

/// An import or export, as all those that want it.
struct Item<'t> {
    wanted: Vec<Wanted<'t>>,
    is_import: bool,
    /// The place that it becomes, if it is an import of the result.
    place: Option<usize>,
}

impl Frame<'_> {
    fn new(opens: Option<Definition<'static>>) -> Self {
        Frame {
            definitions: Vec::new(),
            counts: [0; Sort::COUNT],
            types: BTreeMap::new(),
            origins: BTreeMap::new(),
            items: Vec::new(),
            next: 0,
            ready: None,
            opens,
        }
    }

    /// Adds a definition, and returns its index.
    fn push(&mut self, definition: Definition<'static>) -> u32 {
        let adds = definition.adds();
        self.definitions.push(definition);
        self.count(adds)
    }

    fn count(&mut self, adds: Option<(Sort, u32)>) -> u32 {
        let Some((sort, number)) = adds else { return 0 };
        let count = &mut self.counts[sort.place()];
        let index = *count;
        *count = index.saturating_add(number);
        index
    }
}

/// The definitions of the result, and where its types come from.
pub(super) struct Writer<'t> {
    root: Frame<'t>,
    places: Vec<Place<'t>>,
    place_ids: BTreeMap<(usize, &'t str), usize>,
    definitions: u32,
}

impl<'t> Writer<'t> {
    pub(super) fn new() -> Writer<'t> {
        Writer {
            root: Frame::new(None),
            places: Vec::new(),
            place_ids: BTreeMap::new(),
            definitions: 0,
        }
    }

    /// Adds an import or export of the result, whose index comes later.
    pub(super) fn place(&mut self, name: &'t str) -> usize {
        self.places.push(Place { parent: None, name, index: None });
        self.places.len() - 1
    }

    /// The name of a place.
    pub(super) fn place_name(&self, place: usize) -> &'t str {
        self.places.get(place).map_or("", |place| place.name)
    }

    /// The index of an import or export of the result.
    pub(super) fn index(&self, place: usize) -> Option<SortIdx> {
        self.places.get(place)?.index
    }

    /// Says at which place of the result the types of an import or export of a component are found.
    /// What came first counts.
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
                        open.push((export, place.map(|place| self.inner(place, export.name()))));
                    }
                }
                _ => {}
            }
        }
    }

    /// The place of an export of an instance.
    fn inner(&mut self, parent: usize, name: &'t str) -> usize {
        let next = self.places.len();
        let place = *self.place_ids.entry((parent, name)).or_insert(next);
        if place == next {
            self.places.push(Place { parent: Some(parent), name, index: None });
        }
        place
    }

    /// The definitions so far.
    pub(super) fn finish(self) -> Vec<Definition<'static>> {
        self.root.definitions
    }

    /// The number of definitions so far.
    pub(super) fn len(&self) -> usize {
        self.root.definitions.len()
    }

    /// Adds a definition to the result, and returns its index.
    pub(super) fn push(&mut self, definition: Definition<'static>) -> u32 {
        self.root.push(definition)
    }

    /// Notes the index of an import or export of the result.
    pub(super) fn settle(&mut self, place: usize, index: SortIdx) {
        if let Some(place) = self.places.get_mut(place) {
            place.index = Some(index);
        }
    }

    /// Says that a type of a component is this one from now on.
    pub(super) fn name_type(&mut self, node: Node, index: u32) {
        self.root.types.insert(node, index);
    }

    /// Writes an import, and those that it depends on, of which each is at a place.
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
        // Each import that is waited for is above the one that waits.
        let mut tasks = Vec::from([(item(place), Vec::<Frame<'t>>::new())]);
        while let Some((task, frames)) = tasks.last_mut() {
            if task.place.is_some_and(|place| self.index(place).is_some()) {
                tasks.pop();
                continue;
            }
            match self.advance(task, frames) {
                Ok(()) => {}
                Err(Fault::Needs { place }) => {
                    let is_open = tasks.iter().any(|(task, _)| task.place == Some(place));
                    if is_open || !groups.contains_key(&place) {
                        return Err(Fault::Cycle { place });
                    }
                    tasks.push((item(place), Vec::new()));
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Does the next step of an import.
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
        self.definitions = self.definitions.saturating_add(frame.definitions.len() as u32);
        if self.definitions > MOST_DEFINITIONS {
            return Err(Fault::TooLarge);
        }
        let parent = frames.last_mut().unwrap_or(&mut self.root);
        let adds = frame.opens.as_ref().and_then(Definition::adds);
        parent.definitions.extend(frame.opens);
        parent.definitions.extend(frame.definitions);
        parent.definitions.push(Definition::End);
        parent.ready = Some(parent.count(adds));
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
                        let wanted = Vec::from([Wanted { component, ..chosen }]);
                        return self.open(target.unwrap_or(ty), &wanted, frames);
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
        let frame = frames.last_mut().unwrap_or(&mut self.root);
        let index = frame.push(definition);
        frame.next += 1;
        for wanted in &item.wanted {
            if let ExternView::Type(ty) = wanted.item.view() {
                frame.types.insert((wanted.component, ty.number()), index);
            }
        }
        let index = SortIdx::new(desc.sort(), index);
        match (item.place, desc) {
            (Some(place), _) => self.settle(place, index),
            // Types of an instance in a type are aliases of its exports.
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

    /// Begins the scope of the type of an instance, with all that is wanted of it, or of a component.
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
        let mut frame = Frame::new(Some(Definition::Type(opens)));
        let mut names = BTreeMap::new();
        for &Wanted { component, item } in wanted {
            let ty = match item.view() {
                ExternView::Type(ty) | ExternView::Component(ty) | ExternView::Instance(ty) => ty,
                _ => continue,
            };
            let (Shape::Instance(exports) | Shape::Component(_, exports)) = ty.shape() else {
                continue;
            };
            for &item in &imports {
                let wanted = Vec::from([Wanted { component, item }]);
                frame.items.push(Item { wanted, is_import: true, place: None });
            }
            for item in exports {
                let wanted = Wanted { component, item };
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

    /// The index of a value type, or the type of a function, in the result.
    pub(super) fn ty(&mut self, component: usize, ty: TypeView<'t>) -> Result<ComponentTypeIdx> {
        self.index_of(&mut Vec::new(), component, ty)
    }

    /// The index of a type in the innermost scope, where it is defined unless it is there.
    fn index_of(
        &mut self,
        frames: &mut Vec<Frame<'t>>,
        component: usize,
        ty: TypeView<'t>,
    ) -> Result<ComponentTypeIdx> {
        match self.val_type(frames, component, ty)? {
            ValType::Type(index) => Ok(index),
            ValType::Prim(prim) => {
                let frame = frames.last_mut().unwrap_or(&mut self.root);
                Ok(ComponentTypeIdx(frame.push(Definition::Type(Type::Prim(prim)))))
            }
        }
    }

    /// A type as it is used in the innermost scope. Types that it consists of come before it.
    fn val_type(
        &mut self,
        frames: &mut Vec<Frame<'t>>,
        component: usize,
        root: TypeView<'t>,
    ) -> Result<ValType> {
        let mut open = Vec::from([root]);
        while let Some(&ty) = open.last() {
            if self.known(frames, component, ty)?.is_some() {
                open.pop();
                continue;
            }
            let mut parts = parts(&ty);
            let before = open.len();
            for part in parts.drain(..) {
                if self.known(frames, component, part)?.is_none() {
                    open.push(part);
                }
            }
            if open.len() > before {
                continue;
            }
            let index = match ty.target() {
                // A name that nothing outside gives is left out.
                Some(target) => match self.known(frames, component, target)? {
                    Some(ValType::Type(index)) => index.0,
                    _ => self.index_of_prim(frames, target),
                },
                None => {
                    let frame = frames.last_mut().unwrap_or(&mut self.root);
                    let definition = definition(&ty, |part| {
                        let index = frame.types.get(&(component, part.number()));
                        match (index, part.target(), part.shape()) {
                            (Some(&index), ..) => ValType::Type(ComponentTypeIdx(index)),
                            (None, None, Shape::Prim(prim)) => ValType::Prim(prim),
                            // All parts are known.
                            _ => ValType::Type(ComponentTypeIdx(u32::MAX)),
                        }
                    });
                    self.definitions = self.definitions.saturating_add(1);
                    if self.definitions > MOST_DEFINITIONS {
                        return Err(Fault::TooLarge);
                    }
                    frame.push(Definition::Type(definition))
                }
            };
            let frame = frames.last_mut().unwrap_or(&mut self.root);
            frame.types.insert((component, ty.number()), index);
            open.pop();
        }
        let found = self.known(frames, component, root)?;
        found.ok_or_else(|| resource_fault(component, root))
    }

    fn index_of_prim(&mut self, frames: &mut Vec<Frame<'t>>, ty: TypeView<'t>) -> u32 {
        let frame = frames.last_mut().unwrap_or(&mut self.root);
        match ty.shape() {
            Shape::Prim(prim) => frame.push(Definition::Type(Type::Prim(prim))),
            _ => u32::MAX,
        }
    }

    /// A type as it is used in the innermost scope, if it is known there or outside.
    fn known(
        &mut self,
        frames: &mut Vec<Frame<'t>>,
        component: usize,
        ty: TypeView<'t>,
    ) -> Result<Option<ValType>> {
        let node = (component, ty.number());
        let here = frames.last().unwrap_or(&self.root);
        if let Some(&index) = here.types.get(&node) {
            return Ok(Some(ValType::Type(ComponentTypeIdx(index))));
        }
        let (is_name, shape) = (ty.target().is_some(), ty.shape());
        match shape {
            Shape::Prim(prim) if !is_name => return Ok(Some(ValType::Prim(prim))),
            Shape::Resource(_) => {}
            _ if !is_name => return Ok(None),
            _ => {}
        }
        // This scope and those around it, the innermost first; the last is the result itself.
        let depth = frames.len();
        let mut found = None;
        for count in 0..=depth {
            let frame = match depth.checked_sub(count + 1).and_then(|at| frames.get_mut(at)) {
                Some(frame) => frame,
                None => &mut self.root,
            };
            let index = match (frame.types.get(&node), frame.origins.get(&node)) {
                (Some(&index), _) => Some(index),
                (None, Some(&Some(place))) => Some(aliased(&mut self.places, frame, place)?),
                _ => None,
            };
            if let Some(index) = index {
                found = Some((index, count as u32));
                break;
            }
        }
        let Some((outer, count)) = found else {
            return match (shape, is_name) {
                (Shape::Resource(_), false) => Err(resource_fault(component, ty)),
                _ => Ok(None),
            };
        };
        let frame = frames.last_mut().unwrap_or(&mut self.root);
        let index = match count {
            0 => outer,
            _ => {
                let item = ComponentTypeIdx(outer).into();
                frame.push(Definition::Alias(Alias::Outer { count, item }))
            }
        };
        frame.types.insert(node, index);
        Ok(Some(ValType::Type(ComponentTypeIdx(index))))
    }
}

/// The index of the type at a place, in the scope that the place belongs to.
fn aliased(places: &mut [Place<'_>], frame: &mut Frame<'_>, place: usize) -> Result<u32> {
    let mut steps = Vec::new();
    let mut at = place;
    let mut index = loop {
        let Some(here) = places.get(at) else { return Err(Fault::Needs { place }) };
        if let Some(index) = here.index {
            break index;
        }
        let Some(parent) = here.parent else { return Err(Fault::Needs { place: at }) };
        steps.push((at, here.name));
        at = parent;
    };
    while let Some((at, name)) = steps.pop() {
        let sort = if steps.is_empty() { TYPE } else { INSTANCE };
        let instance = InstanceIdx(index.number());
        let alias = Alias::Export { sort, instance, name: String::from(name).into() };
        index = SortIdx::new(sort, frame.push(Definition::Alias(alias)));
        if let Some(place) = places.get_mut(at) {
            place.index = Some(index);
        }
    }
    Ok(index.number())
}

/// What all those that want an item get: what says most of it.
fn chosen<'w, 't>(wanted: &'w [Wanted<'t>]) -> Option<&'w Wanted<'t>> {
    // A type that equals another says more than a resource by itself.
    let equals = |wanted: &&Wanted<'_>| match wanted.item.view() {
        ExternView::Type(ty) => ty.target().is_some(),
        _ => false,
    };
    wanted.iter().find(equals).or(wanted.first())
}

/// The name of an import or export, with its attributes.
pub(super) fn extern_name(item: &Extern<'_>) -> ExternName<'static> {
    let name = |text: &str| Name::from(String::from(text));
    ExternName {
        name: name(item.name()),
        implements: item.implements().map(name),
        version_suffix: item.version_suffix().map(name),
        external_id: item.external_id().map(name),
    }
}

fn resource_fault(component: usize, ty: TypeView<'_>) -> Fault {
    Fault::Resource { component, name: String::from(ty.name().unwrap_or_default()) }
}

/// The types that a type consists of, or that it is a name for.
fn parts<'t>(ty: &TypeView<'t>) -> Vec<TypeView<'t>> {
    if let Some(target) = ty.target() {
        return Vec::from([target]);
    }
    match ty.shape() {
        Shape::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
        Shape::Variant(cases) => cases.into_iter().filter_map(|(_, ty)| ty).collect(),
        Shape::Tuple(types) => types,
        Shape::List(ty, _) | Shape::Option(ty) | Shape::Own(ty) | Shape::Borrow(ty) => {
            Vec::from([ty])
        }
        Shape::Result(ok, err) => ok.into_iter().chain(err).collect(),
        Shape::Stream(ty) | Shape::Future(ty) => ty.into_iter().collect(),
        Shape::Map(key, value) => Vec::from([key, value]),
        Shape::Func { params, result, .. } => {
            params.into_iter().map(|(_, ty)| ty).chain(result).collect()
        }
        _ => Vec::new(),
    }
}

/// The definition of a type that is not another one's name, with what its parts are here.
fn definition<'t>(
    ty: &TypeView<'t>,
    mut val: impl FnMut(TypeView<'t>) -> ValType,
) -> Type<'static> {
    let name = |text: &str| Name::from(String::from(text));
    let resource = |ty| match ty {
        ValType::Type(index) => index,
        ValType::Prim(_) => ComponentTypeIdx(u32::MAX),
    };
    match ty.shape() {
        Shape::Prim(prim) => Type::Prim(prim),
        Shape::Record(fields) => Type::Record(
            fields
                .into_iter()
                .map(|(label, ty)| Field { label: name(label), ty: val(ty) })
                .collect(),
        ),
        Shape::Variant(cases) => Type::Variant(
            cases
                .into_iter()
                .map(|(label, ty)| Case { label: name(label), ty: ty.map(&mut val) })
                .collect(),
        ),
        Shape::List(elem, None) => Type::List(val(elem)),
        Shape::List(elem, Some(len)) => Type::FixedList { elem: val(elem), len },
        Shape::Tuple(types) => Type::Tuple(types.into_iter().map(val).collect()),
        Shape::Flags(labels) => Type::Flags(labels.into_iter().map(name).collect()),
        Shape::Enum(labels) => Type::Enum(labels.into_iter().map(name).collect()),
        Shape::Option(ty) => Type::Option(val(ty)),
        Shape::Result(ok, err) => Type::Result { ok: ok.map(&mut val), err: err.map(&mut val) },
        Shape::Own(ty) => Type::Own(resource(val(ty))),
        Shape::Borrow(ty) => Type::Borrow(resource(val(ty))),
        Shape::Stream(ty) => Type::Stream(ty.map(val)),
        Shape::Future(ty) => Type::Future(ty.map(val)),
        Shape::Map(key, value) => Type::Map { key: val(key), value: val(value) },
        Shape::Func { is_async, params, result } => {
            let params: Box<[_]> = params
                .into_iter()
                .map(|(label, ty)| Field { label: name(label), ty: val(ty) })
                .collect();
            Type::Func(FuncType { is_async, params, result: result.map(val).into() })
        }
        // Scopes are written item by item.
        Shape::Resource(_) | Shape::Instance(_) | Shape::Component(..) => Type::Instance,
        _ => Type::Instance,
    }
}
