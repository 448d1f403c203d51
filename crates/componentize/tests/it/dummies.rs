//! Dummy modules of a world become components of that world, whatever the world is.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use wattle_ast::Features;
use wattle_ast::components::{ParsedName, Version};
use wattle_componentize::{Componentizer, Dummy, Embed, Mode, Scheme};
use wattle_wit::load::{System, load};
use wattle_wit::model::{Externs, Model, WorldId};
use wattle_wit::{Resolved, Resolver};

use crate::components::world_of;

/// Returns the packages of `wit-parser`'s tests, of `wasm-tools`' tests for dummy modules, and of
/// `wit-component`'s tests, that resolve.
pub(crate) fn packages() -> Vec<(String, Resolved)> {
    let [parser, tools] = wattle_tests::packages::folders(["wit-parser", "wasm-tools"]).unwrap();
    let mut paths: Vec<PathBuf> = crate::components::folders();
    for folder in [parser.join("tests/ui"), tools.join("tests/cli")] {
        paths.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    paths.sort();
    let mut packages = Vec::new();
    for path in paths {
        let mut resolver = Resolver::new();
        let is_wit = path.extension().is_some_and(|extension| extension == "wit");
        if path.is_dir() {
            if load(&System, path.to_str().unwrap(), &mut resolver).is_err() {
                continue;
            }
        } else if is_wit {
            resolver.file(path.to_string_lossy(), fs::read_to_string(&path).unwrap());
        } else {
            continue;
        }
        if let Ok(resolved) = resolver.all_features().resolve() {
            packages.push((path.file_name().unwrap().to_string_lossy().into_owned(), resolved));
        }
    }
    packages
}

/// Returns the names of imports or exports.
fn names(model: &Model, externs: &Externs) -> BTreeSet<String> {
    let names = externs.keys().map(|key| model.key_name(key));
    names.collect()
}

fn check(model: &Model, world: WorldId, scheme: Scheme, mode: Mode) -> Result<(), String> {
    let dummy = Dummy::new(model, world).scheme(scheme).mode(mode);
    let mut module = dummy.module().unwrap();
    Embed::new(model, world).add_to(&mut module).unwrap();
    // Merging versions would reduce the number of imports.
    let new = Componentizer::new().module(module).merge_versions(false);
    let component = new.finish().map_err(|error| error.to_string())?;
    let (found, root) = world_of(&component);
    let (found_world, world) = (&found[root], &model[world]);
    let exports = names(model, &world.exports);
    if names(&found, &found_world.exports) != exports {
        return Err(format!("other exports than {exports:?}"));
    }
    let imports = names(&found, &found_world.imports);
    let expected = names(model, &world.imports);
    if !imports.is_subset(&expected) {
        return Err(format!("imports {imports:?}, not {expected:?}"));
    }
    for import in expected.difference(&imports) {
        // Imports that no function can use are left out.
        let parsed = ParsedName::parse(import, Features::ALL).unwrap();
        let is_interface = matches!(parsed, ParsedName::Interface(_))
            || world
                .imports
                .iter()
                .any(|(key, item)| model.key_name(key) == *import && item.is_interface());
        if !is_interface {
            return Err(format!("no import {import}"));
        }
    }
    Ok(())
}

/// Returns whether a world imports or exports two compatible versions of an interface: canonical
/// versions, which names of the newer scheme have, do not tell them apart.
fn has_compatible_versions(model: &Model, externs: &Externs) -> bool {
    let canonical = |name: String| match name.split_once('@') {
        Some((name, version)) => format!("{name}@{}", Version::split(version).unwrap().0),
        None => name,
    };
    let names = names(model, externs);
    let count = names.len();
    names.into_iter().map(canonical).collect::<BTreeSet<_>>().len() < count
}

#[test]
fn dummies_become_components_of_their_worlds() {
    let (mut count, mut failures) = (0, Vec::new());
    for (name, resolved) in packages() {
        let model = resolved.model();
        for (world, _) in model.worlds() {
            for (scheme, mode) in [
                (Scheme::Standard, Mode::Sync),
                (Scheme::Legacy, Mode::Sync),
                (Scheme::Legacy, Mode::Callback),
                (Scheme::Legacy, Mode::Stackful),
            ] {
                let sides = [&model[world].imports, &model[world].exports];
                if scheme == Scheme::Standard
                    && sides.into_iter().any(|side| has_compatible_versions(model, side))
                {
                    continue;
                }
                match check(model, world, scheme, mode) {
                    Ok(()) => count += 1,
                    // These packages are about types that are too large.
                    Err(why) if why.contains("type size") && name.starts_with("wit-deep-") => {}
                    Err(why) => {
                        let world = model.world_name(world);
                        failures.push(format!("{name} {world} {scheme:?} {mode:?}: {why}"));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count > 800, "{count}");
}
