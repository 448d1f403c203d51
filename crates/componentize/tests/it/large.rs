//! Large modules and many libraries: time and stack must not depend on the shape.

use std::fmt::Write;
use std::time::Instant;

use wattle_ast::Module;
use wattle_componentize::{Componentizer, LinkError, Linker};

use crate::messages::module;

/// Calls a function on a small stack, which must return in time.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let start = Instant::now();
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// Makes a text of a part for each number.
fn text(head: &str, number: usize, tail: &str, part: impl Fn(usize) -> String) -> String {
    let mut text = head.to_string();
    (0..number).for_each(|nth| write!(text, "{}", part(nth)).unwrap());
    text + tail
}

fn library(imports: &str) -> Module<'static> {
    let text = format!(r#"(module (@dylink.0) {imports} (func (export "_start")))"#);
    module(&text, None)
}

/// Links a library whose missing functions trap.
fn with_stubs(imports: &str) {
    let linker = Linker::new().library("app.so", library(imports)).stub_missing_functions(true);
    linker.finish().unwrap_or_else(|error| panic!("{error}"));
}

const NUMBER: usize = 25_000;

/// A component has at most 1,000 modules.
const LIBRARIES: usize = 900;
const LAST: usize = LIBRARIES - 1;

/// Returns a type that is different for each number: its parameters are the binary digits of the
/// number.
fn ty(nth: usize) -> String {
    let params = (0..17).map(|bit| if nth >> bit & 1 == 0 { " i32" } else { " i64" });
    format!("(func (param {}))", params.collect::<String>())
}

#[test]
fn a_missing_function_of_many_types() {
    let import = |nth| format!(r#"(import "env" "f" {})"#, ty(nth));
    let imports = text("", NUMBER, "", import);
    on_a_small_stack(move || with_stubs(&imports));
}

#[test]
fn many_missing_functions_whose_addresses_are_needed() {
    let import = |nth| format!(r#"(import "GOT.func" "f{nth}" (global (mut i32)))"#);
    let imports = text("", NUMBER, "", import);
    on_a_small_stack(move || with_stubs(&imports));
}

#[test]
fn many_libraries_that_export_one_name() {
    // Each library exports `f` with a type of its own, and needs the `f` of the next.
    on_a_small_stack(|| {
        let mut linker = Linker::new().library("start.so", library(r#"(import "env" "f" (func))"#));
        for nth in 0..LIBRARIES {
            let (own, next) = (ty(nth), ty(nth + 1));
            let own = own.replace("(func", r#"(func (export "f")"#);
            let text = match nth {
                0 => r#"(func (export "f"))"#.into(),
                LAST => own,
                _ => format!(r#"(import "env" "f" {next}) {own}"#),
            };
            let module = module(&format!("(module (@dylink.0) {text})"), None);
            linker = linker.openable(&format!("lib{nth}.so"), module);
        }
        linker.finish().unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn many_libraries_in_a_chain_or_a_circle() {
    on_a_small_stack(|| {
        for last in [r#"(needed "lib0.so")"#, ""] {
            let mut linker = Linker::new();
            for nth in 0..LIBRARIES {
                let needed = format!(r#"(needed "lib{}.so")"#, nth + 1);
                let needed = if nth < LAST { &needed } else { last };
                let start = if nth == 0 { r#"(func (export "_start"))"# } else { "" };
                let module = module(&format!("(module (@dylink.0 {needed}) {start})"), None);
                linker = linker.library(&format!("lib{nth}.so"), module);
            }
            linker.finish().unwrap_or_else(|error| panic!("{error}"));
        }
    });
}

#[test]
fn data_and_functions_of_libraries_that_can_be_opened() {
    let export = |nth| {
        format!(
            r#"(func (export "f{nth}")) (global (export "g{nth}") i32 (i32.const {}))"#,
            nth % 100
        )
    };
    let exporter = text("(module (@dylink.0)", NUMBER / 2, ")", export);
    let import = |nth| format!(r#"(import "GOT.mem" "g{nth}" (global (mut i32)))"#);
    let imports = text("", NUMBER / 2, "", import);
    on_a_small_stack(move || {
        let linker = Linker::new()
            .library("app.so", library(&imports))
            .openable("data.so", module(&exporter, None))
            .built_in_libdl(true);
        linker.finish().unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn many_problems() {
    let unknown = |nth| format!(r#"(import "m{nth}" "f" (func))"#);
    let unknown = text("(module", NUMBER, ")", unknown);
    let wit = text("package a:b; world w {", NUMBER / 10, "}", |nth| {
        format!("import r{nth}: func() -> string; export g{nth}: func();")
    });
    let misspelt = text("(module", NUMBER / 10, ")", |nth| {
        format!(r#"(func (export "g-{nth}")) (func (export "h{nth}"))"#)
    });
    let memory = text("(module", NUMBER / 10, "", |nth| {
        format!(r#"(import "$root" "r{nth}" (func (param i32)))"#)
    });
    let memory = text(&memory, NUMBER / 10, ")", |nth| format!(r#"(func (export "g{nth}"))"#));
    on_a_small_stack(move || {
        for (text, wit) in [(unknown, None), (misspelt, Some(&wit)), (memory, Some(&wit))] {
            let new = Componentizer::new().module(module(&text, wit.map(|wit| &**wit)));
            let error = new.finish().unwrap_err().to_string();
            assert!(error.lines().count() >= NUMBER / 10, "{error}");
        }
        let missing = |nth| format!(r#"(import "env" "f{nth}" (func))"#);
        let linker = Linker::new().library("app.so", library(&text("", NUMBER, "", missing)));
        let LinkError::Problems(problems) = linker.finish().unwrap_err() else { panic!() };
        assert_eq!(problems.len(), NUMBER);
    });
}

#[test]
fn many_sections_that_describe_the_world() {
    on_a_small_stack(|| {
        let mut module = module("(module)", None);
        for nth in 0..4_000 {
            let wit =
                format!("package a:b{nth}; interface i {{ f: func(); }} world w {{ import i; }}");
            let described = crate::messages::module("(module)", Some(&wit));
            module.customs.extend(described.customs);
        }
        let component = Componentizer::new().module(module).finish();
        component.unwrap_or_else(|error| panic!("{error}"));
    });
}
