//! Executes linked programs.

use wattle_ast::components::Component;
use wattle_ast::{FuncType, ValType};
use wattle_componentize::{LinkError, Linker};
use wattle_runtime::{Trap, Value};

use crate::components::{folders, name_of};
use crate::messages::module;
use crate::program::Program;

fn linked(linker: Linker<'_>) -> Component<'_> {
    linker.finish().unwrap_or_else(|error| panic!("{error}"))
}

/// The imports that every library has that uses the memory and the table.
const SHARED: &str = r#"
    (import "env" "memory" (memory 1))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__memory_base" (global $memory_base i32))
    (import "env" "__table_base" (global $table_base i32))"#;

fn library(text: &str, wit: Option<&str>) -> wattle_ast::Module<'static> {
    module(&text.replace("SHARED", SHARED), wit)
}

const WIT: &str = "package a:b; world w {
    import log: func(value: u32);
    export run: func(value: u32) -> u32;
}";

const LOG: &str = "package a:b; world logs { import log: func(value: u32); }";

/// `void log(int)`
fn log() -> FuncType {
    FuncType::new([ValType::I32], [])
}

#[test]
fn the_peers_program_computes_what_its_text_says() {
    let folders = folders();
    let folder = folders.iter().find(|folder| name_of(folder) == "link").unwrap();
    let component = linked(crate::link::Test::new(folder).linker());
    let echo = FuncType::new([ValType::I32], [ValType::I32]);
    let mut program = Program::new(&component, echo);
    // `foo` calls the import with the sum of the argument, the fifth number of `um`, 5, and 42.
    // `bar` adds `well`, 4, to the result.
    assert_eq!(program.call(&[100]), 151);
    assert_eq!(program.store.data().log, [147]);
}

#[test]
fn data_is_relocated_and_functions_have_one_address_in_all_libraries() {
    // `app` calls a function of its own, and one of `libm`, through a pointer that it has in its data,
    // and compares that with the pointer that `libm` returns. `libm` calls back into `app`.
    let app = r#"(module
        (@dylink.0 (mem-info (memory 8 2) (table 1 0)) (needed "libm.so") (needed "libc.so"))
        SHARED
        (import "$root" "log" (func $log (param i32)))
        (import "env" "apply" (func $apply (param i32 i32) (result i32)))
        (import "env" "double_address" (func $double_address (result i32)))
        (import "GOT.func" "double" (global $double (mut i32)))
        (import "GOT.mem" "offset" (global $offset (mut i32)))
        (type $unary (func (param i32) (result i32)))
        (data (global.get $memory_base) "\07\00\00\00\00\00\00\00")
        (elem (global.get $table_base) $negate)
        (func $negate (type $unary) (i32.sub (i32.const 0) (local.get 0)))
        (func (export "__wasm_apply_data_relocs")
            (i32.store offset=4 (global.get $memory_base) (global.get $double)))
        (func (export "__wasm_call_ctors") (call $log (i32.const 3)))
        (func (export "hundred") (result i32) (i32.const 100))
        (func (export "run") (param i32) (result i32)
            ;; Both libraries must have one address for `double`.
            (if (i32.ne (i32.load offset=4 (global.get $memory_base)) (call $double_address))
                (then unreachable))
            (i32.add
                ;; apply(negate, value) + apply(double, value)
                (i32.add
                    (call $apply (global.get $table_base) (local.get 0))
                    (call $apply (i32.load offset=4 (global.get $memory_base)) (local.get 0)))
                ;; the app's own data and that of `libc`
                (i32.add
                    (i32.load (global.get $memory_base))
                    (i32.load (global.get $offset))))))"#;
    let libm = r#"(module
        (@dylink.0 (mem-info (memory 0 0)) (needed "libc.so"))
        SHARED
        (import "$root" "log" (func $log (param i32)))
        (import "env" "hundred" (func $hundred (result i32)))
        (import "GOT.func" "double" (global $double (mut i32)))
        (type $unary (func (param i32) (result i32)))
        (func (export "_initialize") (call $log (i32.add (call $hundred) (i32.const 2))))
        (func (export "double") (type $unary) (i32.mul (local.get 0) (i32.const 2)))
        (func (export "double_address") (result i32) (global.get $double))
        (func (export "apply") (param i32 i32) (result i32)
            (call_indirect (type $unary) (local.get 1) (local.get 0))))"#;
    let libc = r#"(module
        (@dylink.0 (mem-info (memory 20 4)))
        SHARED
        (import "$root" "log" (func $log (param i32)))
        (data (global.get $memory_base) "\00\00\00\00\d0\07\00\00")
        (global (export "offset") i32 (i32.const 4))
        (func (export "__wasm_call_ctors") (call $log (i32.const 1))))"#;
    let import = Some(LOG);
    let component = linked(
        Linker::new()
            .library("app.so", library(app, Some(WIT)))
            .library("libm.so", library(libm, import))
            .library("libc.so", library(libc, import)),
    );
    let mut program = Program::new(&component, log());
    // A library is initialized behind those that it needs, although they were given later.
    assert_eq!(program.store.data().log, [1, 102, 3]);
    assert_eq!(program.call(&[5]), -5 + 10 + 7 + 2000);
}

#[test]
fn libraries_are_opened_at_run_time() {
    // `run` takes the number of a case. The cases use the strings in the data of `app`.
    let app = r#"(module
        (@dylink.0 (mem-info (memory 64 2)))
        SHARED
        (import "env" "dlopen" (func $dlopen (param i32 i32) (result i32)))
        (import "env" "dlsym" (func $dlsym (param i32 i32) (result i32)))
        (import "env" "dlclose" (func $dlclose (param i32) (result i32)))
        (import "env" "dlerror" (func $dlerror (result i32)))
        (type $unary (func (param i32) (result i32)))
        (data (global.get $memory_base) "square.so\00what\00squareIt\00squareItNot\00cube.so\00cube\00")
        (func $string (param i32) (result i32) (i32.add (global.get $memory_base) (local.get 0)))
        (func $open (param i32) (result i32)
            (call $dlopen (call $string (local.get 0)) (i32.const 2)))
        (func $symbol (param i32 i32) (result i32)
            (call $dlsym (local.get 0) (call $string (local.get 1))))
        (func (export "run") (param i32) (result i32) (local $handle i32)
            (block $cases
                (block $4 (block $3 (block $2 (block $1 (block $0
                    (br_table $0 $1 $2 $3 $4 $cases (local.get 0)))
                    ;; 0: a function
                    (return (call_indirect (type $unary) (i32.const 9)
                        (call $symbol (call $open (i32.const 0)) (i32.const 10)))))
                    ;; 1: data
                    (return (i32.load (call $symbol (call $open (i32.const 0)) (i32.const 15)))))
                    ;; 2: names that are not there: longer, shorter, of another library
                    (return (i32.or
                        (call $symbol (call $open (i32.const 0)) (i32.const 24))
                        (i32.or
                            (call $open (i32.const 14))
                            (call $symbol (call $open (i32.const 0)) (i32.const 44))))))
                    ;; 3: errors are told once; handles are checked
                    (drop (call $dlerror))
                    (if (call $dlerror) (then unreachable))
                    (drop (call $open (i32.const 14)))
                    (if (i32.ne (i32.load8_u offset=3 (call $dlerror)) (i32.const 108))
                        (then unreachable))
                    (if (call $dlerror) (then unreachable))
                    (local.set $handle (call $open (i32.const 36)))
                    (if (call $dlclose (local.get $handle)) (then unreachable))
                    (if (call $symbol (i32.add (local.get $handle) (i32.const 4)) (i32.const 44))
                        (then unreachable))
                    (return (i32.add
                        (call $dlclose (i32.const -1))
                        (call $dlclose (i32.sub (local.get $handle) (i32.const 16))))))
                ;; 4: the whole program
                (return (call_indirect (type $unary) (i32.const 3)
                    (call $symbol (call $dlopen (i32.const 0) (i32.const 0)) (i32.const 44)))))
            (i32.ne (call $symbol (i32.const 0) (i32.const 44))
                (call $symbol (call $open (i32.const 36)) (i32.const 44)))))"#;
    let square = r#"(module
        (@dylink.0 (mem-info (memory 8 3)))
        SHARED
        (data (global.get $memory_base) "\00\00\00\00\2a\00\00\00")
        (global (export "squareIt") i32 (i32.const 4))
        (func (export "what") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
        (func (export "unused") (result i32) (i32.const 0))
        (tag (export "tag")))"#;
    let cube = r#"(module
        (@dylink.0)
        (func (export "cube") (param i32) (result i32)
            (i32.mul (local.get 0) (i32.mul (local.get 0) (local.get 0)))))"#;
    let linker = Linker::new()
        .library("app.so", library(app, Some(WIT)))
        .openable("square.so", library(square, None))
        .openable("cube.so", library(cube, None))
        .built_in_libdl(true);
    let component = linked(linker);
    let mut program = Program::new(&component, log());
    let results: Vec<i32> = (0..6).map(|number| program.call(&[number])).collect();
    // In case 3, the last two handles that are closed are wrong: cube.so stands before square.so in
    // the table, so the address 16 bytes before cube.so is not that of a library.
    assert_eq!(results, [81, 42, 0, -2, 27, 0]);
}

#[test]
fn what_is_missing_and_may_be_is_null_or_traps() {
    let app = r#"(module
        (@dylink.0 (mem-info (memory 0 0)) (import-info "env" "maybe" binding-weak)
            (import-info "env" "nothing" binding-weak) (import-info "env" "data" binding-weak))
        SHARED
        (import "env" "maybe" (func $maybe (param i32) (result i32)))
        (import "env" "never" (func $never (param i32) (result i32)))
        (import "GOT.func" "maybe" (global $maybe_address (mut i32)))
        (import "GOT.func" "nothing" (global $nothing (mut i32)))
        (import "GOT.func" "never" (global $never_address (mut i32)))
        (import "GOT.mem" "data" (global $data (mut i32)))
        (type $unary (func (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
            (if (i32.eq (local.get 0) (i32.const 1)) (then (return (call $maybe (i32.const 1)))))
            (if (i32.eq (local.get 0) (i32.const 2)) (then
                (return (call_indirect (type $unary) (i32.const 1) (global.get $never_address)))))
            (i32.add
                (i32.eqz (global.get $never_address))
                (i32.or (i32.or (global.get $maybe_address) (global.get $nothing))
                    (global.get $data)))))"#;
    let linker = || Linker::new().library("app.so", library(app, Some(WIT)));
    let error = linker().finish().unwrap_err();
    let LinkError::Problems(problems) = &error else { panic!("{error}") };
    assert_eq!(problems.len(), 1, "{error}");
    let component = linked(linker().stub_missing_functions(true));
    let mut program = Program::new(&component, log());
    assert_eq!(program.call(&[0]), 0);
    for number in [1, 2] {
        let result = program.lifted[0].call(&mut program.store, &[Value::I32(number)]);
        assert_eq!(result.unwrap_err().trap(), Some(Trap::Unreachable));
    }
}

#[test]
fn a_hook_is_told_that_libraries_are_initialized() {
    let import = Some(LOG);
    let app = r#"(module
        (@dylink.0 (needed "libc.so"))
        (import "$root" "log" (func $log (param i32)))
        (func (export "__wasm_call_ctors") (call $log (i32.const 100)))
        (func (export "run") (param i32) (result i32)
            (call $log (i32.const 200))
            (local.get 0)))"#;
    let libc = r#"(module
        (@dylink.0)
        (import "$root" "log" (func $log (param i32)))
        (func (export "__wasm_task_hook") (param i32) (call $log (local.get 0))))"#;
    let component = linked(
        Linker::new()
            .library("app.so", library(app, Some(WIT)))
            .library("libc.so", library(libc, import)),
    );
    let mut program = Program::new(&component, log());
    assert_eq!(program.call(&[7]), 7);
    // The initialization begins and finishes; a synchronous task starts and finishes.
    assert_eq!(program.store.data().log, [6, 100, 7, 0, 200, 1]);
}

#[test]
fn each_library_has_its_own_thread_local_data() {
    let threads =
        r#"(import "$root" "[thread-new-indirect-v0]" (func (param i32 i32) (result i32)))"#;
    // `run` sets the base of both libraries, and reads it in `app`; with 1, in a context whose array of
    // bases is at the address that `libc` chose.
    let app = r#"(module
        (@dylink.0 (needed "libc.so"))
        (import "env" "__wasm_get_tls_base" (func $get (result i32)))
        (import "env" "__wasm_set_tls_base" (func $set (param i32)))
        (import "env" "set_in_libc" (func $set_in_libc (param i32)))
        (import "env" "get_in_libc" (func $get_in_libc (result i32)))
        (import "env" "enter" (func $enter))
        (global (export "__wasm_library_tls_info") i32 (i32.const 0))
        (func (export "run") (param i32) (result i32)
            (if (local.get 0) (then (call $enter)))
            (call $set (i32.const 1000))
            (call $set_in_libc (i32.const 30))
            (i32.add (call $get) (call $get_in_libc))))"#;
    let libc = r#"(module
        (@dylink.0 (mem-info (memory 32 4)))
        SHARED
        (import "env" "__wasm_get_tls_base" (func $get (result i32)))
        (import "env" "__wasm_set_tls_base" (func $set (param i32)))
        (import "GOT.mem" "__wasm_program_tls_info" (global $info (mut i32)))
        (import "$root" "[context-set-1]" (func $context (param i32)))
        THREADS
        (global (export "__wasm_library_tls_info") i32 (i32.const 16))
        (func (export "set_in_libc") (param i32) (call $set (local.get 0)))
        (func (export "get_in_libc") (result i32) (call $get))
        (func (export "enter")
            ;; Two libraries, of which this one is the first, have their own information.
            (if (i32.ne (i32.load (global.get $info)) (i32.const 2)) (then unreachable))
            (if (i32.ne (i32.load (i32.load offset=4 (global.get $info)))
                    (i32.add (global.get $memory_base) (i32.const 16)))
                (then unreachable))
            ;; The main thread's array becomes its context.
            (call $context (i32.load offset=8 (global.get $info)))))"#;
    for (imports, argument) in [("", 0), (threads, 1)] {
        let libc = library(&libc.replace("THREADS", imports), None);
        let component = linked(
            Linker::new().library("app.so", library(app, Some(WIT))).library("libc.so", libc),
        );
        let mut program = Program::new(&component, log());
        assert_eq!(program.call(&[argument]), 1030);
        let bases = program.store.data().context[1];
        assert_eq!(bases != 0, argument == 1);
    }
}

#[test]
fn symbols_may_be_absolute_and_have_the_names_of_what_the_linker_defines() {
    // Two imports have one name and different kinds, and a function has the name of the memory.
    let app = r#"(module (@dylink.0 (needed "libc.so"))
        SHARED
        (import "env" "memory" (func $memory (result i32)))
        (import "env" "env:f" (func $f (result i32)))
        (import "GOT.mem" "absolute" (global $absolute (mut i32)))
        (import "GOT.mem" "memory_base" (global $offset (mut i32)))
        (func (export "run") (param i32) (result i32)
            (i32.add (i32.add (call $memory) (call $f))
                (i32.add (global.get $absolute) (i32.eqz (global.get $offset))))))"#;
    let libc = r#"(module
        (@dylink.0 (mem-info (memory 8 3)) (export-info "absolute" absolute))
        (import "env" "memory" (memory 1))
        (global (export "absolute") i32 (i32.const 70))
        (global (export "memory_base") i32 (i32.const 4))
        (func (export "memory") (result i32) (i32.const 500))
        (func (export "env:f") (result i32) (i32.const 6000)))"#;
    // The names of libraries are made like those of the main module's exports.
    for name in ["libc.so", "GOT.mem", "main", "env", "init", "shim"] {
        let app = library(&app.replace("libc.so", name), Some(WIT));
        let component =
            linked(Linker::new().library("app.so", app).library(name, library(libc, None)));
        assert_eq!(Program::new(&component, log()).call(&[0]), 6570, "{name}");
    }
}

#[test]
fn libraries_may_have_the_names_of_the_newer_scheme() {
    let app = r#"(module (@dylink.0 (needed "libc.so"))
        (import "env" "memory" (memory 1))
        (import "cm32p2" "log" (func $log (param i32)))
        (import "env" "double" (func $double (param i32) (result i32)))
        (func (export "cm32p2||run") (param i32) (result i32)
            (call $log (local.get 0))
            (call $double (local.get 0))))"#;
    let libc = r#"(module (@dylink.0)
        (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;
    let linker = || {
        Linker::new()
            .library("app.so", library(app, Some(WIT)))
            .library("libc.so", library(libc, None))
    };
    for legacy in [true, false] {
        let component = linked(linker().legacy_names(legacy));
        let mut program = Program::new(&component, log());
        assert_eq!(program.call(&[21]), 42);
        assert_eq!(program.store.data().log, [21]);
    }
}

#[test]
fn a_program_for_preview_1_becomes_a_command_by_an_adapter() {
    let app = r#"(module (@dylink.0 (mem-info (memory 32 2)) (needed "libc.so"))
        SHARED
        (import "env" "say" (func $say (param i32 i32)))
        (data (global.get $memory_base) "Hello\0a")
        (func (export "_start") (call $say (global.get $memory_base) (i32.const 6))))"#;
    let libc = r#"(module (@dylink.0 (mem-info (memory 16 2)))
        SHARED
        (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        ;; The adapter allocates its stack.
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (i32.mul (i32.const 65536)
                (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get 3) (i32.const 16))))))
        (func (export "say") (param i32 i32)
            (i32.store (global.get $memory_base) (local.get 0))
            (i32.store offset=4 (global.get $memory_base) (local.get 1))
            (drop (call $write (i32.const 1) (global.get $memory_base) (i32.const 1)
                (i32.add (global.get $memory_base) (i32.const 8))))))"#;
    let [adapters] =
        wattle_tests::packages::folders(["wasi-preview1-component-adapter-provider"]).unwrap();
    let path = adapters.join("artefacts/wasi_snapshot_preview1.command.wasm");
    let bytes = std::fs::read(path).unwrap();
    let adapter = wattle_parser::Parser::new().module(&bytes).unwrap();
    let component = linked(
        Linker::new()
            .library("app.so", library(app, None))
            .library("libc.so", library(libc, None))
            .adapter("wasi_snapshot_preview1", adapter),
    );
    let (model, world) = crate::components::world_of(&component);
    let exports = model[world].exports.iter().map(|(key, _)| model.key_name(key));
    let exports: Vec<String> = exports.collect();
    assert!(matches!(&exports[..], [run] if run.starts_with("wasi:cli/run@0.2.")), "{exports:?}");
}

#[test]
fn what_libraries_import_is_lowered_with_the_memory_that_is_there() {
    let wit = "package a:b; world w {
        import line: func(text: string);
        import read: func() -> string;
        export run: func(value: u32) -> u32;
    }";
    let app = r#"(module (@dylink.0 (needed "libc.so"))
        SHARED
        (import "$root" "line" (func $line (param i32 i32)))
        (import "$root" "read" (func $read (param i32)))
        (func $start (call $line (i32.const 1) (i32.const 0)))
        ;; Libraries can call what they import when they are instantiated.
        (start $start)
        (func (export "run") (param i32) (result i32)
            (call $line (local.get 0) (i32.const 0))
            (call $read (i32.const 16))
            (i32.const 7)))"#;
    let libc = r#"(module (@dylink.0)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))"#;
    let component = linked(
        Linker::new()
            .library("app.so", library(app, Some(wit)))
            .library("libc.so", library(libc, None)),
    );
    let printed = wattle_printer::print_component(&component);
    assert!(!printed.contains("$shim"), "{printed}");
    assert_eq!(printed.matches("(canon lower").count(), 2);
    assert_eq!(printed.matches("(realloc ").count(), 1);
}
