//! The worlds of all modules, merged into one.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_ast::components::{Component, Definition};
use wattle_ast::custom::Producers;
use wattle_ast::{Features, Module};
use wattle_wit::component_type::{self, ComponentType, SECTION};
use wattle_wit::model::{Model, WorldId};

use super::part::{Encodings, Part};
use crate::error::{Error, Origin};
use crate::producers;
use crate::world::World;

/// A module whose world has not been read.
pub(crate) struct Input<'a> {
    pub(crate) origin: Origin,
    pub(crate) module: Module<'a>,
}

/// The world of all modules, and the modules.
pub(crate) struct Joined<'a> {
    pub(crate) model: Model,
    pub(crate) world: WorldId,
    pub(crate) parts: Vec<Part<'a>>,
}

/// Reads the worlds of all modules, and merges them. Sections that describe them are taken out of
/// the modules.
pub(super) fn join(inputs: Vec<Input<'_>>, merges_versions: bool) -> Result<Joined<'_>, Error> {
    let (mut described, mut parts) = (Vec::new(), Vec::new());
    for input in inputs {
        let (part, worlds) = read(input)?;
        parts.push(part);
        described.extend(worlds);
    }
    let (model, world) = merge(&described, merges_versions)?;
    Ok(Joined { model, world, parts })
}

/// Merges worlds into one.
pub(crate) fn merge(
    described: &[ComponentType],
    merges_versions: bool,
) -> Result<(Model, WorldId), Error> {
    let error = |reason: &dyn ToString| Error::Worlds { reason: reason.to_string().into() };
    let (mut model, world) = component_type::merge(described).map_err(|reason| error(&reason))?;
    if merges_versions {
        model.merge_imports_by_version(world).map_err(|reason| error(&reason))?;
    }
    Ok((model, world))
}

/// Takes the sections that describe worlds out of a module. Returns the module, and the worlds.
pub(crate) fn read(input: Input<'_>) -> Result<(Part<'_>, Vec<ComponentType>), Error> {
    let Input { origin, mut module } = input;
    let customs = core::mem::take(&mut module.customs).into_iter();
    let (sections, customs): (Vec<_>, Vec<_>) =
        customs.partition(|custom| custom.name.starts_with(SECTION));
    module.customs = customs;
    let mut encodings = Encodings::default();
    let (mut worlds, mut exports) = (Vec::new(), Vec::new());
    let mut made_by = producers::Merged::default();
    for section in &sections {
        let refused = |reason: &dyn ToString| Error::Section {
            origin: origin.clone(),
            section: section.name.as_str().into(),
            reason: reason.to_string().into(),
        };
        let bytes = section.data.bytes().unwrap_or_default();
        let (prefix, bytes) = component_type::split(bytes).map_err(|reason| refused(&reason))?;
        let component = component(bytes).map_err(|reason| refused(&reason))?;
        let described = match prefix {
            Some(prefix) => prefix.decode(&component),
            None => component_type::decode(&component),
        };
        let described = described.map_err(|reason| refused(&reason))?;
        let world = World::new(&described.model, described.world);
        if let Some(func) = encodings.add(&world, described.encoding) {
            let reason = ["strings of `", &func, "` are encoded in another way elsewhere"].concat();
            return Err(refused(&reason));
        }
        exports.extend(world.exports.items.into_iter().map(|item| item.name));
        producers_of(&component).into_iter().for_each(|producers| made_by.add(producers));
        worlds.push(described);
    }
    let made_by = made_by.finish();
    if !made_by.fields.is_empty() {
        producers::add(&mut module, made_by);
    }
    let has_world = !sections.is_empty();
    let part = Part {
        origin,
        module,
        exports,
        given: Vec::new(),
        is_last: false,
        encodings,
        has_world,
        renamed: BTreeMap::new(),
    };
    Ok((part, worlds))
}

/// Reads the component in a section.
fn component(bytes: &[u8]) -> Result<Component<'_>, wattle_ast::Error> {
    wattle_parser::components::Parser::new().features(Features::ALL).component(bytes)
}

/// Returns the tools that made the component in a section.
fn producers_of<'c>(component: &'c Component<'_>) -> Option<Producers<'c>> {
    component.definitions.iter().find_map(|definition| match definition {
        Definition::Custom(custom) if custom.name == Producers::NAME => {
            Producers::parse(custom.data.bytes()?).ok()
        }
        _ => None,
    })
}
