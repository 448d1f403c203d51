//! Inputs with many modules, sections, versions or long types: time grows in proportion to them.

use std::fmt::Write;

use wattle_ast::components::{Component, Definition};
use wattle_ast::custom::Producers;
use wattle_ast::{Custom, CustomData, Encode, Features, Module};
use wattle_componentize::{Componentizer, Embed, Error, Input, Linker, plug};
use wattle_encoder::encode_component;
use wattle_tests::growth::is_linear;
use wattle_wit::Resolver;

use crate::messages::module;

/// Makes a text of a part for each number.
fn text(head: &str, number: usize, tail: &str, part: impl Fn(usize) -> String) -> String {
    let mut text = head.to_string();
    (0..number).for_each(|nth| write!(text, "{}", part(nth)).unwrap());
    text + tail
}

#[test]
fn many_adapters_and_many_imports() {
    let prepare = |number| {
        let import = |nth| format!(r#"(import "used" "run{nth}" (func))"#);
        let main = text("(module", number, ")", import);
        let export = |nth| format!(r#"(export "run{nth}" (func 0))"#);
        let used = text("(module (func)", number, ")", export);
        let mut new = Componentizer::new().module(module(&main, None)).validate(false);
        new = new.adapter("used", module(&used, None));
        for nth in 0..number {
            new = new.adapter(&format!("unused{nth}"), Module::default());
        }
        new
    };
    is_linear(8_000, prepare, |new| drop(new.finish().unwrap_or_else(|error| panic!("{error}"))));
}

#[test]
fn many_adapters_that_each_export_a_function_of_the_world() {
    let prepare = |number| {
        let mut new = Componentizer::new().module(Module::default()).validate(false);
        for nth in 0..number {
            let wit = format!("package a:b{nth}; world w {{ export run{nth}: func(); }}");
            let text = format!(r#"(module (func (export "run{nth}")))"#);
            new = new.adapter(&format!("adapter{nth}"), module(&text, Some(&wit)));
        }
        new
    };
    is_linear(4_000, prepare, |new| drop(new.finish().unwrap_or_else(|error| panic!("{error}"))));
}

#[test]
fn many_sections_with_producers_of_their_own() {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", "package a:b; world w {}");
    let resolved = resolver.resolve().unwrap();
    let world = resolved.model().select_world(resolved.root(), None).unwrap();
    let section = Embed::new(resolved.model(), world).section().unwrap();
    let prepare = |number| {
        let mut module = Module::default();
        for nth in 0..number {
            let name = format!("tool{nth}");
            let mut producers = Producers::default();
            producers.add("processed-by", name.as_str().into(), "1".into());
            let mut section = section.clone();
            for definition in &mut section.definitions {
                if let Definition::Custom(custom) = definition
                    && custom.name == Producers::NAME
                {
                    custom.data = CustomData::Bytes(producers.to_bytes().into());
                }
            }
            let data = CustomData::Bytes(encode_component(&section).into());
            module.customs.push(Custom { name: "component-type".into(), data, after: None });
        }
        Componentizer::new().module(module)
    };
    let run = |new: Componentizer<'static>| {
        let component = new.finish().unwrap_or_else(|error| panic!("{error}"));
        let module = component.definitions.iter().find_map(|definition| match definition {
            Definition::CoreModule(module) => Some(module),
            _ => None,
        });
        let customs = &module.unwrap().customs;
        let custom = customs.iter().find(|custom| custom.name == Producers::NAME).unwrap();
        let producers = Producers::parse(custom.data.bytes().unwrap()).unwrap();
        let values = &producers.field("processed-by").unwrap().values;
        assert_eq!((&*values[0].name, &*values[1].name), ("tool0", "tool1"));
    };
    is_linear(2_000, prepare, run);
}

#[test]
fn many_imports_of_a_long_type_in_a_library() {
    let prepare = |number| {
        let params = " i32".repeat(number);
        let import = |nth| format!(r#"(import "env" "run{nth}" (func (type $t)))"#);
        let head = format!("(module (@dylink.0) (type $t (func (param{params})))");
        let library = text(&head, number, r#"(func (export "_start")))"#, import);
        Linker::new()
            .library("app.so", module(&library, None))
            .stub_missing_functions(true)
            .validate(false)
    };
    is_linear(1_000, prepare, |linker| {
        drop(linker.finish().unwrap_or_else(|error| panic!("{error}")));
    });
}

fn component(text: &str) -> Component<'static> {
    let parsed = wattle_wat::Parser::new().features(Features::ALL).component(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}")).component.into_owned()
}

/// Plugs a component into another: both are made of a part for each number.
fn plugs(
    size: usize,
    socket: [&dyn Fn(usize) -> String; 2],
    plug_in: [&dyn Fn(usize) -> String; 2],
) {
    let input = |name: &str, number, [head, part]: [&dyn Fn(usize) -> String; 2]| {
        let text = text(&format!("(component {}", head(number)), number, ")", part);
        Input { name: name.into(), component: component(&text) }
    };
    let prepare = |number| (input("socket", number, socket), input("plug", number, plug_in));
    is_linear(size, prepare, |(socket, plug_in)| {
        plug(socket, [plug_in]).unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn many_versions_of_an_interface_in_a_plug() {
    let instance = r#"(import "run" (func $f)) (instance $i (export "run" (func $f)))"#;
    plugs(
        500,
        [&|_| String::new(), &|nth| {
            format!(r#"(import "a:b/c@1.1.{nth}" (instance (export "run" (func))))"#)
        }],
        [&|_| instance.into(), &|nth| format!(r#"(export "a:b/c@1.0.{nth}" (instance $i))"#)],
    );
}

#[test]
fn many_imports_that_a_plug_satisfies_by_name() {
    plugs(
        4_000,
        [&|_| String::new(), &|nth| format!(r#"(import "run{nth}" (func))"#)],
        [&|_| r#"(import "f" (func $f))"#.into(), &|nth| {
            format!(r#"(export "run{nth}" (func $f))"#)
        }],
    );
}

/// Makes components of a module with the world and the imports that a size asks for.
fn worlds(size: usize, wit: &dyn Fn(usize) -> String, import: &dyn Fn(usize) -> String) {
    let prepare = |number| {
        let main = text("(module", number, r#"(memory (export "memory") 1))"#, import);
        Componentizer::new().module(module(&main, Some(&wit(number)))).validate(false)
    };
    is_linear(size, prepare, |new| drop(new.finish().unwrap_or_else(|error| panic!("{error}"))));
}

#[test]
fn many_imports_of_a_function_with_many_parameters() {
    let wit = |number| {
        let params = text("", number, "", |nth| format!("x{nth}: u8,"));
        format!("package a:b; world w {{ import run: func({params}); }}")
    };
    worlds(2_000, &wit, &|_| r#"(import "$root" "run" (func (param i32)))"#.into());
}

#[test]
fn many_streams_of_a_function() {
    let wit = |number| {
        let params = text("", number, "", |nth| format!("x{nth}: stream,"));
        format!("package a:b; world w {{ import run: func({params}); }}")
    };
    worlds(2_000, &wit, &|nth| {
        format!(r#"(import "$root" "[stream-new-{nth}]run" (func (result i64)))"#)
    });
}

#[test]
fn many_imports_of_an_interface_that_has_none_of_them() {
    let prepare = |number| {
        let func = |nth| format!("import run{nth}: func();");
        let wit =
            text("package a:b; interface empty {} world w { import empty;", number, "}", func);
        let import = |nth| format!(r#"(import "a:b/empty" "run{nth}" (func))"#);
        let main = text("(module", number, ")", import);
        (number, Componentizer::new().module(module(&main, Some(&wit))))
    };
    is_linear(8_000, prepare, |(number, new)| {
        let Error::Problems(problems) = new.finish().unwrap_err() else { panic!() };
        assert_eq!(problems.len(), number);
    });
}
