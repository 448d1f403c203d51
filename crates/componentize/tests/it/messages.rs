//! The messages when no component can be made: all problems are reported in one run.

use wattle_ast::Module;
use wattle_componentize::{Componentizer, Embed};
use wattle_wit::Resolver;

/// Parses a module, and embeds the world of another text in it.
pub(crate) fn module(text: &str, wit: Option<&str>) -> Module<'static> {
    let mut module = wattle_wat::parse(text).unwrap().into_owned();
    if let Some(wit) = wit {
        let mut resolver = Resolver::new();
        resolver.file("world.wit", wit);
        let resolved = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}"));
        let world = resolved.model().select_world(resolved.root(), None).unwrap();
        Embed::new(resolved.model(), world).add_to(&mut module).unwrap();
    }
    module
}

#[track_caller]
fn refused(new: Componentizer<'_>, expected: &[&str]) {
    let error = new.finish().unwrap_err().to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn all_problems_are_told_with_what_helps() {
    let wit = "package a:b@1.2.0;
        interface log { line: func(text: string); level: func() -> u8; }
        world w {
            import log;
            import read: func(max: u32) -> list<u8>;
            export run: func(args: list<string>) -> result;
            export stop: async func();
            export pause: func();
        }";
    let text = r#"(module
        (import "a:b/log@1.2.0" "line" (func (param i32)))
        (import "a:b/log@1.1.9" "levl" (func (result i32)))
        (import "a:b/lag@1.2.0" "line" (func (param i32 i32)))
        (import "$root" "[resource-drop]file" (func (param i32)))
        (import "env" "g" (global i32))
        (func (export "runn") (param i32 i32) (result i32) unreachable)
        (func (export "[async-lift]stop") (result i32) unreachable)
        (func (export "[async-lift]pause") (result i32) unreachable))"#;
    let expected = [
        "type mismatch: import `a:b/log@1.2.0.line` is (func (param i32)), and its function asks \
         for (func (param i32 i32))",
        "unknown import: `a:b/log@1.1.9` has no function `levl` in the world (did you mean `level`?)",
        "unknown import: `$root` has no function `[resource-drop]file` in the world",
        "import `g` from `env` is a global: a component gives only functions",
        "unknown import: the world imports no interface `a:b/lag@1.2.0`, and there is no adapter of \
         this name; it is asked for `line` (did you mean `a:b/log@1.2.0`?)",
        "export `[async-lift]pause` is for an async function, and its function is not",
        "missing export: the world exports a function `run` (did you mean the export `runn`?)",
        "missing export: `[async-lift]stop` needs its callback, `[callback][async-lift]stop`",
        "missing export: the world exports a function `pause` (export a function `pause` of type \
         (func))",
    ];
    refused(Componentizer::new().module(module(text, Some(wit))), &expected);
}

#[test]
fn programs_for_preview_1_are_told_which_adapter_fits() {
    let text = |export: &str| {
        format!(
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func))
                 (import "wasi_snapshot_preview1" "random_get" (func))
                 (memory (export "memory") 1) (func (export "{export}")))"#
        )
    };
    for (export, what, file) in [
        ("_start", "exports `_start`, so it is a command", "command"),
        ("_initialize", "exports no `_start`, so it is a library", "reactor"),
    ] {
        let new = Componentizer::new().module(module(&text(export), None));
        let expected = format!(
            "unknown import: the world imports no interface `wasi_snapshot_preview1`, and there is no \
             adapter of this name; it is asked for `fd_write`, `random_get` (the module is made for \
             WASI preview 1 and {what}: give wasi_snapshot_preview1.{file}.wasm as adapter, which \
             comes with each release of Wasmtime and in the package \
             wasi-preview1-component-adapter-provider)"
        );
        refused(new, &[&expected]);
    }
    let text = r#"(module (import "i" "f" (func)))"#;
    let expected = "unknown import: the world imports no interface `i`, and there is no adapter of this \
                    name; it is asked for `f` (the module has no section `component-type`: `wattle \
                    component embed` adds the world)";
    refused(Componentizer::new().module(module(text, None)), &[expected]);
}

#[test]
fn what_the_main_module_lacks_is_named_with_what_needs_it() {
    let wit = "package a:b; interface i { get: func() -> string; } world w {
        import i; export put: func(text: string); }";
    let text = |exports: &str| {
        format!(
            r#"(module (import "a:b/i" "get" (func (param i32))) {exports}
                 (func (export "put") (param i32 i32)))"#
        )
    };
    let new = |exports: &str| Componentizer::new().module(module(&text(exports), Some(wit)));
    refused(
        new(""),
        &[
            "missing memory: the main module exports none, and a:b/i#get needs it (export a memory \
             under the name `memory`)",
            "missing export: no `cabi_realloc`, and a:b/i#get allocates memory (export a function \
             under the name `cabi_realloc`)",
            "missing memory: the main module exports none, and put needs it (export a memory under \
             the name `memory`)",
            "missing export: no `cabi_realloc`, and put allocates memory (export a function under \
             the name `cabi_realloc`)",
        ],
    );
    let both = r#"(memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#;
    assert!(new(both).finish().is_ok());
    refused(
        new(both).legacy_names(false),
        &[
            "unknown import: `a:b/i` has no function `get` in the world (names that do not begin \
             with `cm32p2` are not allowed)",
            "missing export: the world exports a function `put` (export a function `put` of type \
             (func (param i32 i32)))",
        ],
    );
}

#[test]
fn adapters_that_cannot_be_used_say_why() {
    let main = r#"(module (import "old" "f" (func)) (memory (export "memory") 1))"#;
    for (adapter, expected) in [
        (
            "(module (func (export \"g\")))",
            "adapter `old`: missing export: `f` is imported from this module",
        ),
        (
            "(module (func (export \"f\") (param i32)))",
            "type mismatch: import `old.f` is (func), and its function asks for (func (param i32))",
        ),
        (
            "(module (memory 1) (func (export \"f\") (drop (memory.size))))",
            "adapter `old`: this is not an adapter: it has a memory of its own, instead of that of \
             the main module",
        ),
        (
            "(module (func $s) (start $s) (func (export \"f\")))",
            "adapter `old`: this is not an adapter: it has a start function, which would run before \
             its stack is there",
        ),
        (
            r#"(module (import "__main_module__" "g" (func $g)) (func (export "f") (call $g)))"#,
            "missing export: `g` is imported from this module",
        ),
        (
            r#"(module (import "__main_module__" "memory" (func $g)) (func (export "f") (call $g)))"#,
            "adapter `old`: type mismatch: import `__main_module__.memory` is a func, and the export \
             a memory",
        ),
    ] {
        let new = Componentizer::new().module(module(main, None));
        refused(new.adapter("old", module(adapter, None)), &[expected]);
    }
    let unused = "(module (memory 1) (data (i32.const 0) \"a\") (func $unused (drop (memory.size)))
        (func (export \"f\")))";
    let new = Componentizer::new().module(module(main, None));
    assert!(new.adapter("old", module(unused, None)).finish().is_ok());
    let main = r#"(module (import "__main_module__" "f" (func)) (func (export "f")))"#;
    let expected = "unknown import: the world imports no interface `__main_module__`, and there is no \
                    adapter of this name; it is asked for `f` (the module has no section \
                    `component-type`: `wattle component embed` adds the world)";
    refused(Componentizer::new().module(module(main, None)), &[expected]);
    refused(Componentizer::new(), &["there is no core module to make a component of"]);
}

#[test]
fn sections_that_are_not_worlds_are_refused() {
    let mut module = module("(module)", None);
    module.customs.push(wattle_ast::Custom {
        name: "component-type:x".into(),
        data: wattle_ast::CustomData::Bytes(b"\0asm\x0d\0\x01\0"[..].into()),
        after: None,
    });
    let error = Componentizer::new().module(module).finish().unwrap_err().to_string();
    assert!(error.starts_with("custom section component-type:x: "), "{error}");
}
