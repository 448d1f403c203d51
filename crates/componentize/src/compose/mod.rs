//! Makes one component of several. The result instantiates each of them, with earlier instances,
//! exports of these, or imports of its own as arguments.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`compose`]: the result, made of its parts |
//! | `needed.rs` | the types that the result imports only for their names |
//! | `writer.rs`, `values.rs` | the imports of the result, and their types |
//! | `names.rs` | the names that are versions of one interface |

mod names;
mod needed;
mod values;
mod writer;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Arg, Component, Definition, Export, ExternDesc, ExternName, Instance, NameAttributes,
    Sort, SortIdx,
};
use wattle_ast::{ComponentIdx, Features, InstanceIdx, Name};
use wattle_validator::ErrorKind;
use wattle_validator::components::{
    ComponentErrorKind, ComponentTypes, Extern, ExternView, Shape, Step, Validator,
};

pub(crate) use names::{compare_versions, family};
use needed::Needed;
use writer::{Fault, Wanted, Writer, extern_name};

use crate::plug::PlugError;

/// A component, and the arguments for its imports.
pub(crate) struct Part<'t> {
    /// The name of the component in messages.
    pub(crate) name: &'t str,
    pub(crate) types: &'t ComponentTypes,
    /// The arguments for imports, by the names of the imports.
    pub(crate) given: BTreeMap<&'t str, Given<'t>>,
}

/// The argument for an import.
#[derive(Clone, Copy)]
pub(crate) struct Given<'t> {
    /// The number of an earlier part.
    pub(crate) part: usize,
    /// The name of its export; `None` for the whole instance.
    pub(crate) export: Option<&'t str>,
}

/// New names for imports and exports of the result, by their old names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renamed {
    pub(crate) imports: BTreeMap<String, String>,
    pub(crate) exports: BTreeMap<String, String>,
}

impl Renamed {
    /// Gives an import or export of the result its new name, if it has one.
    fn rename(&self, definition: &mut Definition<'_>) {
        let (names, name) = match definition {
            Definition::Import(it) => (&self.imports, &mut it.name),
            Definition::Export(it) => (&self.exports, &mut it.name),
            _ => return,
        };
        if let Some(new) = names.get(name.name.as_str()) {
            let attributes = NameAttributes { version_suffix: None, ..name.attributes().clone() };
            *name = ExternName::new(new.clone(), attributes);
        }
    }
}

/// Returns the name of a part.
fn name_of(parts: &[Part<'_>], part: usize) -> Box<str> {
    parts.get(part).map_or("", |part| part.name).into()
}

/// Makes one component of the parts, with the exports of the last part.
///
/// `components` has the component of each part, in order. If parts have one name and equal components,
/// the result has the component once, and an instance of it for each part.
pub(crate) fn compose<'a>(
    parts: &[Part<'_>],
    components: Vec<Component<'a>>,
    renamed: &Renamed,
) -> Result<(Component<'a>, ComponentTypes), PlugError> {
    let last = parts.len().saturating_sub(1);
    let numbered = parts.iter().enumerate();
    let needed: Vec<_> = numbered.map(|(number, part)| Needed::of(part, number == last)).collect();
    let mut imports = Imports::new(parts, &needed);
    imports.write(parts)?;
    let Imports { mut writer, places, groups, .. } = imports;
    let mut instances = Vec::new();
    // The sorts of the exports of each instance, by name.
    let mut exports: Vec<BTreeMap<&str, Sort>> = Vec::new();
    // The first part of each name, with the index of its component.
    let mut firsts: BTreeMap<&str, (usize, ComponentIdx)> = BTreeMap::new();
    let mut openings = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let first = firsts.get(part.name);
        let is_same = |place: usize| components.get(place) == components.get(number);
        let component = match first.filter(|(place, _)| is_same(*place)) {
            Some(&(_, component)) => {
                openings.push(None);
                component
            }
            None => {
                // The definitions in the component are put behind this one at the end.
                openings.push(Some(writer.len()));
                let component = ComponentIdx(writer.push(Definition::Component));
                firsts.entry(part.name).or_insert((number, component));
                component
            }
        };
        let mut args = Vec::new();
        for import in part.types.imports() {
            let item = match part.given.get(import.name()) {
                Some(given) => {
                    let instance = instances.get(given.part).copied().unwrap_or_default();
                    Some(match given.export {
                        Some(export) => {
                            let exports = exports.get(given.part);
                            let sort = exports.and_then(|exports| exports.get(export)).copied();
                            let sort = sort.unwrap_or_else(|| import.sort());
                            alias(&mut writer, instance, export, sort)
                        }
                        None => instance.into(),
                    })
                }
                None => match places.get(&(number, import.name())) {
                    Some(&place) => writer.index(place),
                    None => None,
                },
            };
            let name = Name::from(String::from(import.name()));
            args.extend(item.map(|item| Arg { name, item }));
        }
        let args = args.into();
        let instance = Definition::Instance(Instance::Instantiate { component, args });
        instances.push(InstanceIdx(writer.push(instance)));
        exports.push(part.types.exports().map(|item| (item.name(), item.sort())).collect());
    }
    let instance = instances.last().copied().unwrap_or_default();
    export_all(parts, &needed, &mut writer, instance)?;
    let mut component = Component::default();
    let inner = openings.into_iter().zip(components);
    let mut inner = inner.filter_map(|(opening, inner)| Some((opening?, inner))).peekable();
    let mut depth = 0_usize;
    for (place, mut definition) in writer.finish().into_iter().enumerate() {
        if depth == 0 {
            renamed.rename(&mut definition);
        }
        // The definitions in the component of a part are added below, with their end.
        let is_part = matches!(definition, Definition::Component);
        depth += usize::from(definition.opens().is_some() && !is_part);
        depth -= usize::from(matches!(definition, Definition::End));
        component.definitions.push(definition);
        if let Some((_, inner)) = inner.next_if(|(at, _)| *at == place) {
            component.definitions.extend(inner.definitions);
            component.definitions.push(Definition::End);
        }
    }
    let types = check(&component, parts, &groups)?;
    Ok((component, types))
}

/// The imports of the result.
struct Imports<'t> {
    writer: Writer<'t>,
    /// The place of each import of a part, by the number of the part and the name of the import.
    places: BTreeMap<(usize, &'t str), usize>,
    /// The imports of parts that become the import at each place, the highest version first.
    groups: BTreeMap<usize, Vec<Wanted<'t>>>,
}

impl<'t> Imports<'t> {
    fn new(parts: &[Part<'t>], needed: &[Needed<'t>]) -> Imports<'t> {
        let mut names = BTreeMap::new();
        for (component, needed) in needed.iter().enumerate() {
            let imports = needed.names.iter();
            names.extend(imports.map(|(import, names)| ((component, *import), names.clone())));
        }
        let (mut families, mut groups) = (BTreeMap::new(), Vec::<Vec<Wanted<'t>>>::new());
        for (component, part) in parts.iter().enumerate() {
            for item in part.types.imports() {
                let is_for_names = part.given.contains_key(item.name());
                if is_for_names && !names.contains_key(&(component, item.name())) {
                    continue;
                }
                let wanted = Wanted { component, item, is_for_names };
                match families.entry(family(&item)) {
                    Entry::Vacant(entry) => {
                        entry.insert(groups.len());
                        groups.push(Vec::from([wanted]));
                    }
                    Entry::Occupied(entry) => {
                        groups.get_mut(*entry.get()).into_iter().for_each(|it| it.push(wanted));
                    }
                }
            }
        }
        let mut writer = Writer::new(names);
        let mut places = BTreeMap::new();
        let group = |mut wanted: Vec<Wanted<'t>>| {
            wanted.sort_by(|left, right| compare_versions(&right.item, &left.item));
            let name = wanted.first().map_or("", |wanted| wanted.item.name());
            let place = writer.place(name);
            for wanted in &wanted {
                places.insert((wanted.component, wanted.item.name()), place);
            }
            (place, wanted)
        };
        let groups = groups.into_iter().map(group).collect();
        for (component, part) in parts.iter().enumerate() {
            for item in part.types.imports() {
                let place = places.get(&(component, item.name())).copied();
                let is_for_names = part.given.contains_key(item.name());
                writer.locate(Wanted { component, item, is_for_names }, place);
            }
        }
        Imports { writer, places, groups }
    }

    /// Writes all imports.
    fn write(&mut self, parts: &[Part<'_>]) -> Result<(), PlugError> {
        for (&place, wanted) in &self.groups {
            if let [first, others @ ..] = &**wanted {
                let implements = first.item.implements();
                let differs = others.iter().find(|other| other.item.implements() != implements);
                if let Some(other) = differs {
                    let reason = "one says which interface it implements, and the other differs";
                    return Err(conflict(parts, first, other, reason.into()));
                }
                let differs = others
                    .iter()
                    .find(|other| is_resource(&other.item) != is_resource(&first.item));
                if let Some(other) = differs {
                    let reason = "one is a resource, and the other is not";
                    return Err(conflict(parts, first, other, reason.into()));
                }
            }
            self.writer.import(place, &self.groups).map_err(|fault| match fault {
                Fault::Cycle { place } | Fault::Needs { place } => {
                    PlugError::Cycle { import: self.writer.place_name(place).into() }
                }
                Fault::Resource { component, name } => PlugError::Resource {
                    component: name_of(parts, component),
                    import: import_of(component, wanted),
                    resource: name.into(),
                },
                Fault::TooLarge => PlugError::TooLarge,
            })?;
        }
        Ok(())
    }
}

/// Returns the name of a part's import among those that become one import of the result.
fn import_of(part: usize, wanted: &[Wanted<'_>]) -> Box<str> {
    let found = wanted.iter().find(|wanted| wanted.component == part).or(wanted.first());
    found.map_or("", |wanted| wanted.item.name()).into()
}

fn conflict(
    parts: &[Part<'_>],
    first: &Wanted<'_>,
    other: &Wanted<'_>,
    reason: Box<str>,
) -> PlugError {
    PlugError::Conflict {
        components: [first, other].map(|wanted| name_of(parts, wanted.component)),
        imports: [first, other].map(|wanted| wanted.item.name().into()),
        reason,
    }
}

fn is_resource(item: &Extern<'_>) -> bool {
    matches!(item.view(), ExternView::Type(ty) if matches!(ty.shape(), Shape::Resource(_)))
}

fn alias(writer: &mut Writer<'_>, instance: InstanceIdx, name: &str, sort: Sort) -> SortIdx {
    let alias = Alias::Export { sort, instance, name: String::from(name).into() };
    SortIdx::new(sort, writer.push(Definition::Alias(alias)))
}

/// Adds the exports of the last part.
fn export_all<'t>(
    parts: &[Part<'t>],
    needed: &[Needed<'t>],
    writer: &mut Writer<'t>,
    instance: InstanceIdx,
) -> Result<(), PlugError> {
    let Some((last, part)) = parts.iter().enumerate().next_back() else { return Ok(()) };
    let mut has_types = false;
    for item in part.types.exports() {
        let sort = item.sort();
        // Types that need names have the names under which the result imports or exports them.
        let is_needed = needed.last().is_some_and(|it| it.exports.contains(item.name()));
        let has_names = has_types || is_needed;
        let mut item_index = alias(writer, instance, item.name(), sort);
        let mut ty = None;
        match item.view() {
            ExternView::Func(func) if has_names => {
                ty = writer.ty(last, func).ok().map(ExternDesc::Func);
            }
            ExternView::Type(ty) if has_names && !matches!(ty.shape(), Shape::Resource(_)) => {
                if let Ok(index) = writer.ty(last, ty.target().unwrap_or(ty)) {
                    item_index = index.into();
                }
            }
            ExternView::Instance(_) => {
                let wanted = Wanted::new(last, item);
                if is_needed {
                    ty = writer.instance_type(wanted).ok();
                }
                let place = writer.place(item.name());
                writer.locate(wanted, Some(place));
                writer.settle(place, item_index);
            }
            _ => {}
        }
        let name = extern_name(&item);
        let index = writer.push(Definition::Export(Export { name, item: item_index, ty }));
        if let ExternView::Type(ty) = item.view() {
            writer.name_type((last, ty.number()), index);
            has_types = true;
        }
    }
    Ok(())
}

/// Validates the result, and finds the parts that do not fit.
fn check(
    component: &Component<'_>,
    parts: &[Part<'_>],
    groups: &BTreeMap<usize, Vec<Wanted<'_>>>,
) -> Result<ComponentTypes, PlugError> {
    let mut validator = Validator::new().features(Features::ALL).max_errors(1);
    let (mut depth, mut instances) = (0_usize, 0);
    for definition in &component.definitions {
        let is_instance = depth == 0 && matches!(definition, Definition::Instance(_));
        if let Err(errors) = validator.definition(definition) {
            let error = errors.first();
            let import = match &error.kind {
                ErrorKind::Component(kind) if is_instance => import_in(kind),
                _ => None,
            };
            let reason: Box<str> = error.kind.to_string().into();
            let unnamed = |is_import: bool, name: &ExternName<'_>| {
                let name = name.name.as_str().into();
                Err(PlugError::Unnamed { is_import, name, reason: reason.clone() })
            };
            let is_unnamed = match &error.kind {
                ErrorKind::Component(kind) => matches!(**kind, ComponentErrorKind::Hidden { .. }),
                _ => false,
            };
            let import = match (import, definition) {
                (Some(import), _) => import,
                (None, Definition::Import(it)) if is_unnamed => return unnamed(true, &it.name),
                (None, Definition::Export(it)) if is_unnamed => return unnamed(false, &it.name),
                _ => return Err(PlugError::Result { reason }),
            };
            if let Some(given) = parts.get(instances).and_then(|part| part.given.get(&*import)) {
                return Err(PlugError::Mismatch {
                    plug: name_of(parts, given.part),
                    export: given.export.map(Into::into),
                    socket: name_of(parts, instances),
                    import: import.into(),
                    reason,
                });
            }
            let is_wanted = |wanted: &&Wanted<'_>| {
                wanted.component == instances && wanted.item.name() == import
            };
            let group = groups.values().find(|group| group.iter().any(|it| is_wanted(&it)));
            let own = group.and_then(|group| group.iter().find(is_wanted));
            let other =
                group.and_then(|group| group.iter().find(|wanted| wanted.component != instances));
            return Err(match (other, own) {
                (Some(other), Some(own)) => conflict(parts, other, own, reason),
                _ => PlugError::Result { reason },
            });
        }
        instances += usize::from(is_instance);
        depth = definition.depth_after(depth);
    }
    validator
        .finish()
        .map_err(|errors| PlugError::Result { reason: errors.first().kind.to_string().into() })
}

/// Returns the name of the import whose argument does not match.
fn import_in(kind: &ComponentErrorKind) -> Option<String> {
    let ComponentErrorKind::Mismatch { mismatch } = kind else { return None };
    match mismatch.steps.first()? {
        Step::Import(name) => Some(String::from(&*name.0)),
        _ => None,
    }
}
