//! Components that Wattle makes are valid for wasmparser: those of the peer's tests, and those of
//! modules for every world of published interfaces.

use std::fs;
use std::path::{Path, PathBuf};

use wattle::componentize::{Componentizer, Embed};
use wattle::wit::load::{System, load};
use wattle::wit::{Resolved, Resolver};
use wattle::{Features, Module, wat};
use wattle_fuzz::componentize::{check, components_of};
use wattle_tests::packages;

/// The entries of a folder, sorted.
fn entries(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The interfaces of a file or folder, if there are any and they resolve.
fn interfaces(path: &Path) -> Option<Resolved> {
    let mut resolver = Resolver::new();
    if path.is_dir() {
        load(&System, path.to_str()?, &mut resolver).ok()?;
    } else if path.extension().is_some_and(|extension| extension == "wit") {
        resolver.file(path.to_string_lossy(), fs::read_to_string(path).ok()?);
    } else {
        return None;
    }
    resolver.all_features().resolve().ok()
}

#[test]
fn components_of_all_worlds_are_valid_for_the_peer() {
    let folders = ["wit-parser", "wasm-tools", "wit-component"];
    let [parser, tools, component] = packages::folders(folders).unwrap();
    let folders =
        [parser.join("tests/ui"), tools.join("tests/cli"), component.join("tests/components")];
    let (mut packages, mut made) = (0, 0);
    for path in folders.into_iter().flat_map(entries) {
        let Some(interfaces) = interfaces(&path) else { continue };
        packages += 1;
        made += components_of(&interfaces);
    }
    println!("{made} components of {packages} packages");
    assert!(made > 800, "{made}");
}

/// A module of a test, with the world of its name in a section.
fn module(path: &Path, interfaces: &Resolved) -> Module<'static> {
    let text = fs::read_to_string(path).unwrap();
    let parsed = wat::Parser::new().features(Features::ALL).module(&text).unwrap();
    let mut module = parsed.module.into_owned();
    let model = interfaces.model();
    let world = path.file_stem().unwrap().to_str();
    let world = model.select_world(interfaces.root(), world).unwrap();
    Embed::new(model, world).add_to(&mut module).unwrap();
    module
}

#[test]
fn components_of_the_peer_s_tests_are_valid_for_the_peer() {
    let [package] = packages::folders(["wit-component"]).unwrap();
    let mut made = 0;
    for folder in entries(package.join("tests/components")) {
        let main = folder.join("module.wat");
        if !main.exists() || folder.join("error.txt").exists() {
            continue;
        }
        let interfaces = interfaces(&folder).unwrap();
        let mut new = Componentizer::new().module(module(&main, &interfaces));
        for path in entries(folder.clone()) {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let Some(name) = stem.strip_prefix("adapt-") else { continue };
            if path.extension().is_some_and(|extension| extension == "wat") {
                let text = fs::read_to_string(&path).unwrap();
                let named = text.lines().find_map(|line| line.strip_prefix(";; module name: "));
                new = new.adapter(named.unwrap_or(name), module(&path, &interfaces));
            }
        }
        let component = new.finish();
        check(&component.unwrap_or_else(|error| panic!("{}: {error}", folder.display())));
        made += 1;
    }
    assert_eq!(made, 100);
}
