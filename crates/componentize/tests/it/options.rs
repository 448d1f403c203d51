//! The options for making a component.

use std::collections::BTreeSet;

use wattle_ast::components::Component;
use wattle_ast::{Custom, CustomData, FuncType, Module, ValType};
use wattle_componentize::{Componentizer, Embed};
use wattle_encoder::encode_component;
use wattle_wit::component_type::SECTION;
use wattle_wit::{Resolved, Resolver};

use crate::messages::module;
use crate::program::Program;

const WIT: &str = "package a:b@1.2.3;
    interface log { line: func(text: string); }
    world w { import log; import level: func() -> u8; export run: func(); }
    world other {}";

const MODULE: &str = r#"(module
    (import "a:b/log@1.2.3" "line" (func (param i32 i32)))
    (import "$root" "level" (func (result i32)))
    (memory (export "memory") 1)
    (func $f (export "run")))"#;

fn interfaces() -> Resolved {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", WIT);
    resolver.resolve().unwrap()
}

fn with_world(text: &str) -> Module<'static> {
    let mut module = wattle_wat::parse(text).unwrap().into_owned();
    let interfaces = interfaces();
    let world = interfaces.model().select_world(interfaces.root(), Some("w")).unwrap();
    Embed::new(interfaces.model(), world).add_to(&mut module).unwrap();
    module
}

fn imports(component: &Component<'_>) -> Vec<String> {
    let types = wattle_validator::components::Validator::new().component(component).unwrap();
    types.imports().map(|import| import.name().to_owned()).collect()
}

#[test]
fn imported_instances_can_have_other_names() {
    let renamed = |old: &str, new: &str| {
        let new = Componentizer::new().module(with_world(MODULE)).rename_import(old, new);
        new.finish().map(|component| imports(&component)).map_err(|error| error.to_string())
    };
    assert_eq!(renamed("a:b/log@1.2.3", "c:d/log"), Ok(vec!["c:d/log".into(), "level".into()]));
    // Only instances can have new names, and only if they exist.
    for old in ["level", "a:b/log", "a:b/log@1.2.4"] {
        let unchanged = Ok(vec!["a:b/log@1.2.3".into(), "level".into()]);
        assert_eq!(renamed(old, "c:d/log"), unchanged, "{old}");
    }
    let error = renamed("a:b/log@1.2.3", "level").unwrap_err();
    assert!(error.contains("`level`"), "{error}");
}

#[test]
fn names_for_people_can_be_left_out() {
    let made = |names: bool| {
        let new = Componentizer::new().module(with_world(MODULE)).names(names);
        let component = new.finish().unwrap();
        wattle_printer::print_component(&component)
    };
    let (with, without) = (made(true), made(false));
    for name in ["$main", "$shim", "$fixup", "$f"] {
        assert!(with.contains(name), "{name}: {with}");
    }
    // The names that the module has stay.
    let words = without.split([' ', '(', ')', '\n']);
    let names: BTreeSet<&str> =
        words.filter(|word| word.starts_with('$') && *word != "$root").collect();
    assert_eq!(Vec::from_iter(names), ["$f"], "{without}");
}

/// Returns a module with a section of version 3, which names a world of a whole package.
fn with_old_section(beginning: &[u8], is_package: bool) -> Module<'static> {
    let mut module = wattle_wat::parse(MODULE).unwrap().into_owned();
    let interfaces = interfaces();
    let package = match is_package {
        true => interfaces.model().package_binary(interfaces.root()).unwrap(),
        false => Component::default(),
    };
    let bytes = [beginning, &encode_component(&package)].concat();
    let name = [SECTION, ":w"].concat().into();
    module.customs.push(Custom { name, data: CustomData::Bytes(bytes.into()), after: None });
    module
}

#[test]
fn sections_of_version_3_are_read() {
    let made = |module| Componentizer::new().module(module).finish();
    let old = made(with_old_section(b"\x03\0\x01w", true)).unwrap();
    let new = made(with_world(MODULE)).unwrap();
    assert_eq!(imports(&old), imports(&new));
    for (beginning, is_package, words) in [
        (&b"\x03\0\x01v"[..], true, "`v` is not a world of the package"),
        (b"\x03\x09\x01w", true, "unknown version 3 or encoding 9"),
        (b"\x03\0\x7f", false, "malformed encoding or name of a world"),
        (b"\x03\0\x01w", false, "the one export of a section `component-type` is a world"),
    ] {
        let error = made(with_old_section(beginning, is_package)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_slot_of_the_context_that_no_component_has_is_unknown() {
    let made = |name: &str| {
        let text = format!(r#"(module (import "$root" "{name}" (func (param i32))))"#);
        Componentizer::new().module(wattle_wat::parse(&text).unwrap().into_owned()).finish()
    };
    assert!(made("[context-set-1]").is_ok());
    let error = made("[context-set-2]").unwrap_err().to_string();
    assert!(error.starts_with("unknown import: "), "{error}");
}

#[test]
fn imports_that_need_memory_can_be_called_by_reference() {
    let wit = "package a:b; world w {
        import line: func(text: string);
        export run: func(value: u32) -> u32;
    }";
    let hook = r#"(func (export "__wasm_task_hook") (param i32)
        (call $line (i32.add (local.get 0) (i32.const 100)) (i32.const 0)))"#;
    for (hook, log) in [("", &[7, 20][..]), (hook, &[106, 7, 107, 100, 20, 101])] {
        for calls_refs in [false, true] {
            let text = format!(
                r#"(module
                    (import "$root" "line" (func $line (param i32 i32)))
                    (memory (export "memory") 1)
                    (func (export "_initialize") (call $line (i32.const 7) (i32.const 0)))
                    {hook}
                    (func (export "run") (param i32) (result i32)
                        (call $line (local.get 0) (i32.const 0))
                        (i32.const 5)))"#
            );
            let new = Componentizer::new().module(module(&text, Some(wit)));
            let component = new.return_call_ref(calls_refs).finish().unwrap();
            let printed = wattle_printer::print_component(&component);
            assert_eq!(printed.contains("return_call_ref"), calls_refs, "{printed}");
            assert_eq!(printed.contains("call_indirect"), !calls_refs, "{printed}");
            let line = FuncType::new([ValType::I32; 2], []);
            let mut program = Program::new(&component, line);
            assert_eq!(program.call(&[20]), 5);
            assert_eq!(program.store.data().log, log);
        }
    }
}
