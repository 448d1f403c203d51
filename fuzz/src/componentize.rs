//! Properties of making components: of core modules, and of other components. One function for each,
//! which panics when the property does not hold; and inputs for them.

use std::collections::BTreeSet;

use wattle::ast::components::{Component, Definition, Version};
use wattle::componentize::{
    Componentizer, Composer, Dummy, Embed, Error, Input, Mode, PlugError, Plugged, Scheme,
    Versions, targets,
};
use wattle::parser;
use wattle::validator::{Validator, components};
use wattle::wit::component_type::SECTION;
use wattle::wit::model::{Externs, Model, WorldId};
use wattle::wit::{Resolved, print};
use wattle::{Features, Module, encoder};

use crate::interfaces::{generated, is_valid, resolve};
use crate::{Random, mutate_bytes};

/// The kinds of names and calls that a core module for a world can have.
const KINDS: [(Scheme, Mode); 4] = [
    (Scheme::Standard, Mode::Sync),
    (Scheme::Legacy, Mode::Sync),
    (Scheme::Legacy, Mode::Callback),
    (Scheme::Legacy, Mode::Stackful),
];

/// Text: for every world, a module with the imports and exports that the world asks for becomes a
/// valid component of that world. Bytes: a valid module becomes a valid component, or an error says
/// why not.
pub fn component_new(data: &[u8]) {
    components_made(data);
}

/// Checks [`component_new`], and returns how many components were made.
pub fn components_made(data: &[u8]) -> usize {
    match interfaces_in(data) {
        Some(interfaces) => components_of(&interfaces),
        None => component_of_module(data).into(),
    }
}

/// Makes components of all worlds, and returns their number. Interfaces that an engine would not
/// take are skipped.
pub fn components_of(interfaces: &Resolved) -> usize {
    if !are_valid(interfaces) {
        return 0;
    }
    let model = interfaces.model();
    let all = worlds(interfaces).flat_map(|world| KINDS.map(|kind| (world, kind)));
    let all = all.filter(|&(world, (scheme, _))| {
        scheme == Scheme::Legacy || !has_compatible_versions(model, world)
    });
    all.map(|(world, kind)| component_of_world(model, world, kind)).count()
}

/// Whether a world imports or exports compatible versions of an interface, which names of the standard
/// scheme do not tell apart.
fn has_compatible_versions(model: &Model, world: WorldId) -> bool {
    [&model[world].imports, &model[world].exports].into_iter().any(|externs| {
        let names = names(model, externs);
        let canonical = names.iter().map(|name| match name.split_once('@') {
            Some((name, version)) => match Version::split(version) {
                Some((canonical, _)) => format!("{name}@{canonical}"),
                None => panic!("{version} is not a version"),
            },
            None => name.clone(),
        });
        canonical.collect::<BTreeSet<_>>().len() < names.len()
    })
}

/// The interfaces that a text describes.
fn interfaces_in(data: &[u8]) -> Option<Resolved> {
    resolve(core::str::from_utf8(data).ok()?)
}

/// Whether an engine would take the interfaces. Some have types that are too large.
fn are_valid(interfaces: &Resolved) -> bool {
    let model = interfaces.model();
    model.packages().all(|(id, package)| {
        let is_empty = package.interfaces.is_empty() && package.worlds.is_empty();
        is_empty || model.package_binary(id).is_ok_and(|binary| is_valid(&binary))
    })
}

fn worlds(interfaces: &Resolved) -> impl Iterator<Item = WorldId> + '_ {
    interfaces.model().worlds().map(|(id, _)| id)
}

/// A module with the imports and exports that a world asks for.
fn module_for(model: &Model, world: WorldId, (scheme, mode): (Scheme, Mode)) -> Module<'static> {
    let dummy = Dummy::new(model, world).scheme(scheme).mode(mode);
    let mut module = dummy.module().unwrap_or_else(|error| panic!("{error}"));
    Embed::new(model, world).add_to(&mut module).unwrap_or_else(|error| panic!("{error}"));
    module
}

fn names(model: &Model, externs: &Externs) -> BTreeSet<String> {
    externs.keys().map(|key| model.key_name(key)).collect()
}

fn component_of_world(model: &Model, world: WorldId, kind: (Scheme, Mode)) {
    let name = model.world_name(world);
    let module = module_for(model, world, kind);
    // With merged versions, the component would have another world.
    let new = Componentizer::new().module(module).merge_versions(false);
    let component = new.finish().unwrap_or_else(|error| panic!("{name} {kind:?}: {error}"));
    check(&component);
    assert_targets(&component, model, world);
    let decoded = wattle::wit::decode::decode(&component);
    let decoded = decoded.unwrap_or_else(|error| panic!("{name} {kind:?}: {error}"));
    let root = decoded.world.unwrap_or_else(|| panic!("{name} {kind:?}: no world"));
    let found = names(&decoded.model, &decoded.model[root].exports);
    assert_eq!(found, names(model, &model[world].exports), "{name} {kind:?}");
    // The interfaces of the component can be printed and read again.
    let Ok(text) = print::whole(&decoded.model, decoded.package) else { return };
    let again = resolve(&text).unwrap_or_else(|| panic!("own text is refused:\n{text}"));
    let root = again.model().select_world(again.root(), Some("root"));
    let root = root.unwrap_or_else(|error| panic!("{error}:\n{text}"));
    assert_targets(&component, again.model(), root);
}

fn assert_targets(component: &Component<'_>, model: &Model, world: WorldId) {
    let name = model.world_name(world);
    let differences = targets(component, model, world, Versions::Exact);
    let differences = differences.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(differences.is_empty(), "{name}: {differences:?}");
}

/// Whether a module becomes a component.
fn component_of_module(data: &[u8]) -> bool {
    let Ok(module) = parser::Parser::new().features(Features::ALL).module(data) else {
        return false;
    };
    if Validator::new().features(Features::ALL).module(&module).is_err() {
        return false;
    }
    let has_valid_worlds = module.customs.iter().all(|custom| {
        let parser = parser::components::Parser::new().features(Features::ALL);
        let section = parser.component(custom.data.bytes().unwrap_or_default());
        !custom.name.starts_with(SECTION) || section.is_ok_and(|section| is_valid(&section))
    });
    match Componentizer::new().module(module).finish() {
        Ok(component) => {
            check(&component);
            true
        }
        // Only the validator reports a slot of the context with two types.
        Err(Error::Invalid(errors)) => {
            let error = errors.to_string();
            assert!(!has_valid_worlds || error.contains("`context."), "it is not valid: {error}");
            false
        }
        Err(_) => false,
    }
}

/// Checks that the bytes of a component are read and written as they are, and that it is valid, also by
/// wasmparser with the feature `peers`.
pub fn check(component: &Component<'_>) {
    let bytes = encoder::encode_component(component);
    let read = parser::components::Parser::new().features(Features::ALL).component(&bytes);
    let read = read.unwrap_or_else(|error| panic!("own bytes are malformed: {error}"));
    assert!(encoder::encode_component(&read) == bytes, "own bytes are another component");
    let validator = components::Validator::new().features(Features::ALL);
    if let Err(errors) = validator.component(component) {
        panic!("it is not valid: {errors}");
    }
    #[cfg(feature = "peers")]
    if let Err(error) = crate::peers::component_validity(&bytes, Features::ALL).1 {
        panic!("it is not valid by wasmparser: {error}");
    }
}

/// Plugs components into one another, one by one and together: the components of the worlds of a
/// text, or the components inside a component. A result that is not an error is valid, has the
/// exports of the socket, and imports nothing beyond the imports of the components.
pub fn component_plug(data: &[u8]) {
    components_joined(data);
}

/// Checks [`component_plug`], and returns how many components were made.
pub fn components_joined(data: &[u8]) -> usize {
    let mut found = match interfaces_in(data) {
        Some(interfaces) => {
            let model = interfaces.model();
            let module = |world| module_for(model, world, (Scheme::Legacy, Mode::Sync));
            let new = |world| Componentizer::new().module(module(world)).finish();
            // Compatible versions of an import may differ; such versions cannot be merged.
            worlds(&interfaces).take(6).filter_map(|world| new(world).ok()).collect()
        }
        None => {
            let parser = parser::components::Parser::new().features(Features::ALL);
            parser.component(data).map(|component| inner(&component)).unwrap_or_default()
        }
    };
    let mut count = 0;
    for _ in 0..found.len() {
        let Some((socket, plugs)) = found.split_last() else { break };
        count += usize::from(fits(socket, plugs, true));
        let alone = plugs.chunks(1).filter(|plug| fits(socket, plug, false));
        count += alone.count();
        found.rotate_left(1);
    }
    count
}

/// The components in a component.
fn inner<'a>(component: &Component<'a>) -> Vec<Component<'a>> {
    let (mut found, mut depth, mut is_component) = (Vec::<Component<'a>>::new(), 0_usize, false);
    for definition in &component.definitions {
        depth -= usize::from(*definition == Definition::End);
        match (depth, definition) {
            (0, Definition::Component) if found.len() < 4 => {
                found.push(Component::default());
                is_component = true;
            }
            (0, _) => is_component = false,
            _ => {
                let component = found.last_mut().filter(|_| is_component);
                component.into_iter().for_each(|it| it.definitions.push(definition.clone()));
            }
        }
        depth += usize::from(definition.opens().is_some());
    }
    found
}

/// Whether a component is made of a socket and plugs.
fn fits(socket: &Component<'_>, plugs: &[Component<'_>], between_plugs: bool) -> bool {
    let input = |name: String, component: &Component<'_>| Input {
        name,
        component: component.clone().into_owned(),
    };
    let composer = Composer::new(input("socket".into(), socket)).between_plugs(between_plugs);
    let composer = plugs
        .iter()
        .enumerate()
        .fold(composer, |composer, (nth, plug)| composer.plug(input(format!("plug {nth}"), plug)));
    let Plugged { component, types, connections } = match composer.finish() {
        Ok(plugged) => plugged,
        // An earlier check must report every fault of a result, in better words than the
        // validator's.
        Err(PlugError::Result { reason }) => panic!("{reason}"),
        Err(_) => return false,
    };
    assert!(!connections.is_empty(), "plugs without connections");
    check(&component);
    let types_of = |component: &Component<'_>| {
        let types = components::Validator::new().features(Features::ALL).component(component);
        types.unwrap_or_else(|errors| panic!("a part is not valid: {errors}"))
    };
    let before = types_of(socket);
    let exports = |types: &components::ComponentTypes| -> Vec<String> {
        types.exports().map(|export| export.name().to_owned()).collect()
    };
    assert_eq!(exports(&types), exports(&before), "other exports than the socket has");
    let all = || core::iter::once(socket).chain(plugs);
    let imported = |name: &str| all().any(|it| types_of(it).import(name).is_some());
    for import in types.imports() {
        assert!(imported(import.name()), "nobody imports {}", import.name());
    }
    true
}

/// `count` inputs, the same in every run: core modules for generated worlds, and mutations of them.
pub fn seeded_modules(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(0x6d6f_6475);
    let mut made = 0;
    core::iter::from_fn(move || {
        loop {
            let text = generated(&mut random);
            let interfaces = interfaces_in(text.as_bytes()).filter(are_valid);
            let Some(interfaces) = interfaces else { continue };
            let worlds: Vec<WorldId> = worlds(&interfaces).collect();
            let (Some(&world), kind) =
                (worlds.get(random.below(worlds.len())), KINDS[random.below(KINDS.len())])
            else {
                continue;
            };
            let mut bytes = encoder::encode(&module_for(interfaces.model(), world, kind));
            if made % 4 != 0 {
                mutate_bytes(&mut bytes, &mut random);
            }
            made += 1;
            return Some(bytes);
        }
    })
    .take(count)
}

/// `count` texts, the same in every run: interfaces, worlds that export one of them each, and a world that
/// imports them all.
pub fn seeded_worlds(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(0x706c_7567);
    (0..count).map(move |_| {
        let mut text = generated(&mut random);
        text.truncate(text.find("world ").unwrap_or(text.len()));
        let interfaces = text.matches("interface ").count();
        let mut imports = String::new();
        for nth in 0..interfaces {
            imports += &format!("import i{nth};\n");
            text += &format!("world p{nth} {{ export i{nth}; }}\n");
        }
        text += &format!("world w {{ {imports} export run: func(); }}\n");
        text.into_bytes()
    })
}
