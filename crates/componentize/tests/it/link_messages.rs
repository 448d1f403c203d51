//! The messages when libraries cannot be linked: all problems are reported in one run.

use wattle_ast::Module;
use wattle_componentize::{LinkError, Linker};

use crate::messages::module;

const WIT: &str = "package a:b; world w { export run: func(); }";
const APP: &str = r#"(module (@dylink.0) (func (export "run")))"#;

/// Returns a linker with libraries in the text format, the first of which has a world.
fn linker(libraries: &[(&str, &str)]) -> Linker<'static> {
    libraries.iter().enumerate().fold(Linker::new(), |linker, (number, (name, text))| {
        linker.library(name, module(text, (number == 0).then_some(WIT)))
    })
}

#[track_caller]
fn refused(linker: Linker<'_>, expected: &[&str]) {
    let error = linker.finish().unwrap_err().to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn imports_and_exports_with_other_types_are_named_with_the_right_ones() {
    let app = r#"(module (@dylink.0)
        (rec (type $t (struct)))
        (import "env" "memory" (memory i64 1))
        (import "env" "__indirect_function_table" (table 1 2 funcref))
        (import "env" "__stack_pointer" (global i32))
        (import "env" "__memory_base" (global (mut i32)))
        (import "env" "x" (global i64))
        (import "env" "f" (func (param (ref $t))))
        (import "env" "__wasm_set_tls_base" (func (param i64)))
        (import "env" "t" (tag))
        (import "GOT.mem" "__heap_base" (global i32))
        (import "GOT.mem" "x" (func))
        (import "GOT.func" "f" (global (mut i64)))
        (func (export "_start") (param i32))
        (global (export "__wasm_library_tls_info") (mut i32) (i32.const 0))
        (func (export "run")))"#;
    refused(
        linker(&[("app", app)]),
        &[
            "library `app`: type mismatch: import `env.memory` is (memory i64 1), and has to be \
             (memory 1)",
            "library `app`: type mismatch: import `env.__indirect_function_table` is (table 1 2 \
             funcref), and has to be (table 1 funcref)",
            "library `app`: type mismatch: import `env.__stack_pointer` is (global i32), and has to \
             be (global (mut i32))",
            "library `app`: type mismatch: import `env.__memory_base` is (global (mut i32)), and has \
             to be (global i32)",
            "library `app`: unknown import: `env.x` is (global i64), and there is none",
            "library `app`: the type of import `f` refers to types of its own module",
            "library `app`: type mismatch: import `env.__wasm_set_tls_base` is (func (param i64)), \
             and has to be (func (param i32))",
            "library `app`: type mismatch: import `GOT.mem.__heap_base` is (global i32), and has to \
             be (global (mut i32))",
            "library `app`: type mismatch: import `GOT.mem.x` is (func), and has to be (global (mut \
             i32))",
            "library `app`: type mismatch: import `GOT.func.f` is (global (mut i64)), and has to be \
             (global (mut i32))",
            "library `app`: type mismatch: export `_start` is (func (param i32)), and has to be (func)",
            "library `app`: type mismatch: export `__wasm_library_tls_info` is (global (mut i32)), \
             and has to be (global i32)",
            "library `app`: missing symbol: it needs a tag `t` of type (func)",
        ],
    );
}

/// Returns a library whose section `dylink.0` has these bytes.
fn with_section(bytes: &'static [u8]) -> Module<'static> {
    let mut library = module("(module)", None);
    library.customs.push(wattle_ast::Custom {
        name: "dylink.0".into(),
        data: wattle_ast::CustomData::Bytes(bytes.into()),
        after: None,
    });
    library
}

#[test]
fn what_is_not_a_library_for_this_linker_is_refused() {
    let own = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    let linker =
        linker(&[("app", APP), ("own", own), ("own", r#"(module (func (export "_start")))"#)])
            .library("malformed", with_section(b"\x01\x02\x00"))
            .library("unknown", with_section(b"\x09\x01\x00"))
            .library("arch", with_section(b"\x06\x07\x06wasm64"))
            .library("align", with_section(b"\x01\x04\x00\x20\x00\x00"));
    refused(
        linker,
        &[
            "library `own`: this is not a shared library: it has a memory or table of its own, which \
             it exports as `memory` (compile it with `-fPIC`, and link it with `-shared`)",
            "library `malformed`: custom section dylink.0: unexpected end of section or \
             function at offset 0x3",
            "library `unknown`: custom section dylink.0: unknown subsection 9",
            "library `arch`: it is for the architecture \"wasm64\", not for `wasm32`",
            "library `align`: custom section dylink.0: an alignment of 2 to the power of 32",
            "library `own`: another library has this name (give one of them another name, as in \
             `libother.so=FILE`)",
            "library `own`: it exports `_start`, as library `own` does",
        ],
    );
}

#[test]
fn symbols_that_are_missing_or_cannot_be_used_are_named() {
    let app = r#"(module (@dylink.0 (needed "libc"))
        (import "GOT.mem" "errno" (global (mut i32)))
        (import "GOT.mem" "data" (global (mut i32)))
        (import "GOT.mem" "call" (global (mut i32)))
        (import "GOT.func" "gone" (global (mut i32)))
        (import "GOT.func" "gone_too" (global (mut i32)))
        (import "env" "gone_too" (func))
        (import "env" "tag" (tag (param i32)))
        (func (export "run")))"#;
    let libc = r#"(module (@dylink.0 (needed "lib") (export-info "errno" tls))
        (global (export "errno") i32 (i32.const 0))
        (func (export "call")))"#;
    refused(
        linker(&[("app", app), ("libc", libc)]),
        &[
            "library `libc`: missing library: it needs `lib` (did you mean \"libc\"?)",
            "library `app`: it needs the address of `errno`, which is different in each thread: the \
             data is thread-local in library `libc`",
            "library `app`: missing symbol: it needs data `data`",
            "library `app`: missing symbol: it needs data `call`; library `libc` has a function \
             `call` of type (func)",
            "library `app`: missing symbol: it needs the address of a function `gone` (without a \
             library that has it, a call can be let trap: --stub-missing-functions)",
            "library `app`: missing symbol: it needs a function `gone_too` of type (func) (without a \
             library that has it, a call can be let trap: --stub-missing-functions)",
            "library `app`: missing symbol: it needs a tag `tag` of type (func (param i32))",
        ],
    );
}

#[test]
fn tags_in_a_circle_are_refused_and_others_decide_the_order() {
    let app = |import: &str| {
        format!(
            r#"(module (@dylink.0 (needed "b"))
                 (import "env" "g" (func)) {import}
                 (tag (export "t")) (func (export "f")) (func (export "run")))"#
        )
    };
    // `b` needs a tag of `app`, so it comes behind `app`, although `app` lists `b` as needed.
    let b = r#"(module (@dylink.0)
        (import "env" "f" (func)) (import "env" "t" (tag)) (tag (export "u")) (func (export "g")))"#;
    assert!(linker(&[("app", &app("")), ("b", b)]).finish().is_ok());
    refused(
        linker(&[("app", &app(r#"(import "env" "u" (tag))"#)), ("b", b)]),
        &[
            "library `app`: it imports a tag of library `b`, which imports tags that depend on this \
           library",
        ],
    );
}

#[test]
fn what_does_not_fit_into_memory_is_too_large() {
    let sized = |memory: u64, table: u64| {
        format!(
            r#"(module (@dylink.0 (mem-info (memory {memory} 4) (table {table} 0)))
                     (func (export "run")))"#
        )
    };
    let too_large = |linker: Linker<'_>| match linker.finish() {
        Err(LinkError::TooLarge { what }) => Some(what),
        Err(error) => panic!("{error}"),
        Ok(_) => None,
    };
    let memory = Some("bytes of memory");
    // The last page of memory cannot end at an address of 32 bits.
    let fits = (1 << 32) - (1 << 20) - (1 << 16);
    assert_eq!(too_large(linker(&[("app", &sized(fits, 0))])), None);
    assert_eq!(too_large(linker(&[("app", &sized(fits + 1, 0))])), memory);
    assert_eq!(too_large(linker(&[("app", APP)]).stack_size(u32::MAX)), memory);
    let large =
        r#"(module (@dylink.0) (import "env" "memory" (memory 65537)) (func (export "run")))"#;
    let linked = linker(&[("app", large)]).validate(false);
    assert_eq!(too_large(linked), memory);
    let half = sized(0, 1 << 31);
    let other = half.replace("\"run\"", "\"_start\"");
    let table = too_large(linker(&[("app", &half), ("b", &other)]));
    assert_eq!(table, Some("table elements"));
    assert_eq!(too_large(linker(&[("app", &half)]).validate(false)), None);
    // Behind the parts of libraries there has to be room for functions whose addresses are needed.
    let pointer = r#"(import "GOT.func" "run" (global (mut i32))) (func (export "run")"#;
    let full = |size| sized(0, size).replace("(func (export \"run\")", pointer);
    let largest = u64::from(u32::MAX) - 1;
    assert_eq!(too_large(linker(&[("app", &full(largest - 1))]).validate(false)), None);
    assert_eq!(too_large(linker(&[("app", &full(largest))])), Some("table elements"));
}

#[test]
fn what_a_library_does_not_have_of_its_world_is_told_of_the_library() {
    let app = r#"(module (@dylink.0) (func (export "walk")))"#;
    refused(
        linker(&[("app", app)]),
        &["library `app`: missing export: the world exports a function `run` (export a function \
           `run` of type (func))"],
    );
    refused(
        Linker::new(),
        &["nothing to link: no library exports a function of its world or \
                              `_start`, or can be opened at run time"],
    );
}
