//! Taking core modules out of components.

use std::fs;

use wattle_ast::Features;
use wattle_ast::components::{Component, CoreType, Definition};
use wattle_componentize::unbundle;
use wattle_encoder::{encode, encode_component};
use wattle_tests::components::{texts, texts_of_wit_component};
use wattle_tests::{packages, suite};
use wattle_validator::components::Validator;

fn parse(text: &str) -> Component<'static> {
    let parsed = wattle_wat::Parser::new().features(Features::ALL).component(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}\n{text}")).component.into_owned()
}

fn is_valid(component: &Component<'_>) -> bool {
    Validator::new().features(Features::ALL).component(component).is_ok()
}

#[test]
fn components_are_what_the_peer_makes_of_them() {
    let [folder] = packages::folders(["wasm-tools"]).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(folder.join("tests/cli")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let stdout = path.with_file_name(format!("{name}.stdout"));
        if !name.starts_with("unbundle-") || !stdout.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let run = text.lines().next().unwrap();
        let threshold = run.split_once("--threshold ").map_or("10240", |(_, size)| size);
        let mut component = parse(&text);
        unbundle(&mut component, threshold.parse().unwrap()).unwrap();
        assert_eq!(component, parse(&fs::read_to_string(stdout).unwrap()), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn the_rest_of_a_component_is_as_it_was() {
    let whole = texts_of_wit_component().into_iter().map(|path| fs::read_to_string(path).unwrap());
    let scripts = suite::component_files().iter().flat_map(|path| texts(&fs::read(path).unwrap()));
    let (mut components, mut modules) = (0, 0);
    for text in whole.chain(scripts) {
        let parser = wattle_wat::Parser::new().features(Features::ALL);
        let Ok(parsed) = parser.component(&text) else { continue };
        let before = parsed.component;
        if !is_valid(&before) {
            continue;
        }
        let mut after = before.clone();
        let taken = unbundle(&mut after, 0).unwrap();
        assert!(is_valid(&after), "{text}");
        let read = wattle_parser::components::Parser::new().features(Features::ALL);
        let bytes = encode_component(&after);
        assert_eq!(read.component(&bytes).unwrap(), after);
        let all = before.definitions.iter().filter_map(|definition| match definition {
            Definition::CoreModule(module) => Some(encode(module)),
            _ => None,
        });
        assert!(all.eq(taken.iter().map(|module| module.bytes.clone())), "{text}");
        assert!(!after.definitions.iter().any(|it| matches!(it, Definition::CoreModule(_))));
        components += 1;
        modules += taken.len();
    }
    assert!(components >= 500 && modules >= 600, "{components} {modules}");
}

#[test]
fn types_of_all_kinds_are_imported_with_what_they_refer_to() {
    let text = r#"(component
      (import "unbundled-MODULE0" (func))
      (core module
        (type $unused (func (param f64)))
        (rec (type $a (sub (struct (field (ref null $b))))) (type $b (array (mut (ref null $a)))))
        (type $f (func (param (ref $a)) (result (ref null $b))))
        (type $g (sub final $a (struct (field (ref null $b)) (field i32))))
        (import "x" "f" (func (type $f)))
        (import "x" "g" (global (ref null $g)))
        (tag (export "tag") (param i32))
        (table (export "table") 1 (ref null $f))
        (memory (export "memory") i64 1 2))
      (core module
        (rec (type $a (sub (struct (field (ref null $b))))) (type $b (array (mut (ref null $a)))))
        (global (export "g") (ref null $b) (ref.null $b))))"#;
    let mut component = parse(text);
    let taken = unbundle(&mut component, 0).unwrap();
    assert!(is_valid(&component), "{}", wattle_printer::print_component(&component));
    // A name that is too much like that of another import is not taken.
    let names: Vec<_> = taken.iter().map(|module| &*module.name).collect();
    assert_eq!(names, ["unbundled-module1", "unbundled-module2"]);
    let is_group = |it: &&Definition<'_>| matches!(it, Definition::CoreType(CoreType::Rec(_)));
    assert_eq!(component.definitions.iter().filter(is_group).count(), 1);
}

#[test]
fn modules_without_types_are_refused_and_nothing_changes() {
    for (text, message) in [
        (
            "(component (core module) (core module (import \"a\" \"b\" (func (type 3)))))",
            "unknown type 3, in core module 1 of the component",
        ),
        (
            "(component (core module (export \"x\" (memory 2))))",
            "unknown item in the export `x` of core module 0",
        ),
    ] {
        let mut component = parse(text);
        let before = component.clone();
        assert_eq!(unbundle(&mut component, 0).unwrap_err().to_string(), message);
        assert_eq!(component, before);
    }
}
