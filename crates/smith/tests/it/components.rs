//! Generated components are valid, bounded, the same in every run, and have definitions of all
//! kinds; broken ones break the rule that they name.

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::Unstructured;
use wattle_ast::Features;
use wattle_ast::components::{Canon, Definition, Type};
use wattle_encoder::encode_component;
use wattle_smith::Config;
use wattle_smith::components::{BrokenComponent, GeneratedComponent, from_seed, generate};
use wattle_validator::components::Validator;

fn configs() -> [(&'static str, Config); 3] {
    let base = Config::default;
    let wasm2 = Features::WASM2 | Features::COMPONENT_MODEL;
    // Threads of components and shared functions differ between the specification and its tools.
    let all = Features::ALL - Features::SHARED_EVERYTHING_THREADS - Features::CM_VALUES;
    let all = all - Features::CM_GC - Features::CM64;
    [
        ("default", base()),
        ("wasm 2", Config { features: wasm2, ..base() }),
        ("all", Config { features: all, ..base() }),
    ]
}

fn parser(features: Features) -> wattle_parser::components::Parser {
    wattle_parser::components::Parser::new().features(features)
}

fn check(what: &str, generated: &GeneratedComponent) {
    let GeneratedComponent { component, features, .. } = generated;
    assert_eq!(component.check(), Ok(()), "{what}");
    let bytes = encode_component(component);
    let read = parser(*features).component(&bytes);
    let read = read.unwrap_or_else(|error| panic!("{what} is malformed: {error}"));
    assert!(read == *component, "the bytes of {what} are another component");
    if let Err(errors) = Validator::new().features(*features).component(component) {
        let text = wattle_printer::print_component(component);
        panic!("{what} is not valid: {errors}\n{text}");
    }
}

/// Adds the kinds of definitions to those seen so far, in the words of the tree.
fn kinds(definitions: &[Definition<'_>], seen: &mut BTreeSet<String>) {
    for definition in definitions {
        let kind = match definition {
            Definition::Type(ty) => format!("{:?}", ty.form()),
            Definition::Canon(canon) => canon.op().keyword().into(),
            other => format!("{other:?}").split(['(', ' ', '{']).next().unwrap().into(),
        };
        seen.insert(kind);
    }
}

#[test]
fn components_are_valid_and_small() {
    let mut seen = BTreeSet::new();
    for (name, config) in configs() {
        for seed in 0..crate::common::count(20_000) {
            let generated = from_seed(&config, seed);
            check(&format!("seed {seed}, {name}"), &generated);
            assert!(generated.component.definitions.len() < 3_000);
            assert_eq!(generated.broken, None);
            kinds(&generated.component.definitions, &mut seen);
        }
    }
    for kind in [
        "CoreModule",
        "CoreInstance",
        "CoreType",
        "Component",
        "Instance",
        "Alias",
        "Import",
        "Export",
        "ExportDecl",
        "End",
        "None",
        "Some(Record)",
        "Some(Variant)",
        "Some(List)",
        "Some(FixedList)",
        "Some(Tuple)",
        "Some(Flags)",
        "Some(Enum)",
        "Some(Option)",
        "Some(Result)",
        "Some(Own)",
        "Some(Borrow)",
        "Some(Stream)",
        "Some(Future)",
        "Some(Map)",
        "Some(Func)",
        "Some(AsyncFunc)",
        "Some(Resource)",
        "Some(Component)",
        "Some(Instance)",
        "lift",
        "lower",
        "resource.new",
        "resource.drop",
        "resource.rep",
        "stream.read",
        "future.write",
        "task.return",
        "error-context.new",
        "waitable-set.wait",
        "context.get",
    ] {
        assert!(seen.contains(kind), "nothing of {kind} in {seen:?}");
    }
}

#[test]
fn any_bytes_make_a_component_and_the_same_one_again() {
    let config = Config::default();
    for len in [0, 1, 7, 100, 3_000] {
        let bytes: Vec<u8> = (0..len).map(|at: u32| (at * 37 + at / 5) as u8).collect();
        let one = generate(&config, &mut Unstructured::new(&bytes)).unwrap();
        check(&format!("{len} bytes"), &one);
        assert_eq!(generate(&config, &mut Unstructured::new(&bytes)).unwrap(), one);
    }
    let refused = Config { max_types: u32::MAX, ..Config::default() };
    assert!(generate(&refused, &mut Unstructured::new(&[])).is_err());
    assert!(from_seed(&refused, 1).component.definitions.is_empty());
}

#[test]
fn functions_are_lifted_and_lowered_with_and_without_async() {
    let mut counts = BTreeMap::new();
    for seed in 0..200 {
        for definition in from_seed(&Config::default(), seed).component.definitions {
            let key = match definition {
                Definition::Canon(Canon::Lift { opts, .. }) => ("lift", opts.len()),
                Definition::Canon(Canon::Lower { opts, .. }) => ("lower", opts.len()),
                Definition::Type(Type::Func(ty)) => ("async", ty.is_async.into()),
                _ => continue,
            };
            *counts.entry(key).or_insert(0) += 1;
        }
    }
    for key in [("lift", 3), ("lift", 4), ("lift", 5), ("lower", 1), ("lower", 2), ("async", 1)] {
        assert!(counts.contains_key(&key), "{key:?} in {counts:?}");
    }
}

#[test]
fn every_rule_is_broken_and_just_that() {
    let mut seen = BTreeMap::new();
    for (_, config) in configs() {
        let config = Config { almost_valid: true, ..config };
        for seed in 0..crate::common::count(10_000) {
            let generated = from_seed(&config, seed);
            let rule = generated.broken.expect("a rule is broken");
            let validator = Validator::new().features(generated.features);
            let Err(errors) = validator.component(&generated.component) else {
                panic!("seed {seed} is valid in spite of {rule:?}")
            };
            let message = errors.first().to_string();
            assert!(message.contains(rule.phrase()), "seed {seed}: {rule:?} gives {message}");
            *seen.entry(rule).or_insert(0) += 1;
        }
    }
    let missing: Vec<_> =
        BrokenComponent::ALL.iter().filter(|rule| !seen.contains_key(rule)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
