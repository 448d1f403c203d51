//! The tests of `wit-component`: core modules and adapters, and the component that they become or the
//! reason why they do not.

use std::fs;
use std::path::{Path, PathBuf};

use wattle_ast::components::Component;
use wattle_ast::{Features, Module};
use wattle_componentize::{Componentizer, Embed};
use wattle_validator::components::Validator;
use wattle_wit::load::{System, load};
use wattle_wit::model::{Model, WorldId};
use wattle_wit::{Resolved, Resolver, decode, print};

/// The folders of tests in a package that is locked but never compiled.
pub(crate) fn folders() -> Vec<PathBuf> {
    let [package] = wattle_tests::packages::folders(["wit-component"]).unwrap();
    let entries = fs::read_dir(package.join("tests/components")).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

pub(crate) fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The interfaces of a test.
pub(crate) fn interfaces(folder: &Path) -> Resolved {
    let mut resolver = Resolver::new();
    load(&System, folder.to_str().unwrap(), &mut resolver).unwrap();
    resolver.all_features().resolve().unwrap_or_else(|errors| panic!("{errors}"))
}

/// A core module of a test, with its world in a section.
pub(crate) fn module(path: &Path, interfaces: &Resolved) -> Module<'static> {
    let text = fs::read_to_string(path).unwrap();
    let parser = wattle_wat::Parser::new().features(Features::ALL);
    let mut module = parser.module(&text).unwrap().module.into_owned();
    let model = interfaces.model();
    let name = path.file_stem().unwrap().to_str().unwrap();
    let world = model.select_world(interfaces.root(), Some(name)).unwrap();
    Embed::new(model, world).add_to(&mut module).unwrap();
    module
}

/// The core modules of a test whose files begin with a prefix, in the order of the files, and their
/// names.
pub(crate) fn modules(folder: &Path, prefix: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let Some(name) = stem.strip_prefix(prefix) else { continue };
        if path.extension().is_some_and(|extension| extension == "wat") {
            let text = fs::read_to_string(&path).unwrap();
            let comment = text.lines().find_map(|line| line.strip_prefix(";; module name: "));
            let name = comment.unwrap_or(name).to_owned();
            found.push((path, name));
        }
    }
    found.sort();
    found
}

/// Whether a test turns an option on, in a comment of one of its modules.
pub(crate) fn has_option(folder: &Path, option: &str) -> bool {
    let option = format!(";;! {option} = true");
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.extension().is_some_and(|extension| extension == "wat")
            && fs::read_to_string(path).unwrap().lines().any(|line| line == option)
    })
}

/// The modules of a test, and what makes a component of them.
pub(crate) struct Test {
    pub(crate) main: Module<'static>,
    pub(crate) adapters: Vec<(String, Module<'static>)>,
    grow_memory: bool,
    return_call_ref: bool,
    canonical_names: bool,
}

impl Test {
    pub(crate) fn new(folder: &Path) -> Test {
        let interfaces = interfaces(folder);
        let adapters = modules(folder, "adapt-").into_iter();
        Test {
            main: module(&folder.join("module.wat"), &interfaces),
            adapters: adapters.map(|(path, name)| (name, module(&path, &interfaces))).collect(),
            grow_memory: has_option(folder, "realloc-via-memory-grow"),
            return_call_ref: has_option(folder, "return-call-ref"),
            canonical_names: has_option(folder, "emit-canonical-names"),
        }
    }

    pub(crate) fn componentizer(self) -> Componentizer<'static> {
        let mut new = Componentizer::new()
            .module(self.main)
            .grow_memory(self.grow_memory)
            .return_call_ref(self.return_call_ref)
            .canonical_names(self.canonical_names);
        for (name, module) in self.adapters {
            new = new.adapter(&name, module);
        }
        new
    }
}

/// The world of a component.
pub(crate) fn world_of(component: &Component<'_>) -> (Model, WorldId) {
    let decoded = decode::decode(component).unwrap();
    (decoded.model, decoded.world.unwrap())
}

#[test]
fn components_are_valid_and_have_the_expected_worlds() {
    let (mut built, mut refused) = (0, 0);
    for folder in folders() {
        let name = name_of(&folder);
        if !folder.join("module.wat").exists() {
            continue;
        }
        let result = Test::new(&folder).componentizer().finish();
        let component = match (result, folder.join("error.txt").exists()) {
            (Err(_), true) => {
                refused += 1;
                continue;
            }
            (Err(error), false) => panic!("{name}: {error}"),
            (Ok(_), true) => panic!("{name} is to be refused"),
            (Ok(component), false) => component,
        };
        check(&folder, &component);
        built += 1;
    }
    // The others link libraries.
    assert_eq!((built, refused), (100, 15));
}

/// Checks that a component is valid, is read as it was written, and has the world that the test says.
pub(crate) fn check(folder: &Path, component: &Component<'_>) {
    let name = name_of(folder);
    let validator = Validator::new().features(Features::ALL);
    validator.component(component).unwrap_or_else(|errors| panic!("{name}: {errors}"));
    let bytes = wattle_encoder::encode_component(component);
    let parser = wattle_parser::components::Parser::new().features(Features::ALL);
    let read = parser.component(&bytes).unwrap();
    assert!(wattle_encoder::encode_component(&read) == bytes, "{name}");
    let (model, world) = world_of(component);
    let printed = print::package(&model, model[world].package).unwrap();
    let expected = fs::read_to_string(folder.join("component.wit.print")).unwrap();
    assert_eq!(printed, wattle_wit::format::format(&expected).unwrap(), "{name}");
}
