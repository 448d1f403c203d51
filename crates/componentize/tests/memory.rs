//! Imports and exports with long function types and names take memory in proportion to the input.

use std::alloc::System;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};

use peakmem_alloc::{PeakMemAlloc, PeakMemAllocTrait as _};
use wattle_ast::Module;
use wattle_componentize::{Componentizer, Embed, Error, LinkError, Linker, Versions, targets};
use wattle_wit::Resolver;

#[global_allocator]
static ALLOCATOR: PeakMemAlloc<System> = PeakMemAlloc::system();

/// Held by each test from its first line, because memory that another test allocates would count too.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The parameters of the long type.
const PARAMS: usize = 1_000;
/// The functions that have it.
const FUNCS: usize = 10_000;
/// The bytes that a function may take. Its type alone takes more.
const BYTES: usize = 3_000;

/// Returns a module of one part for each function, whose type is `$t`.
fn module(head: &str, tail: &str, part: impl Fn(usize) -> String) -> Module<'static> {
    let params = " i32".repeat(PARAMS);
    let mut text = format!("(module {head} (type $t (func (param{params})))");
    (0..FUNCS).for_each(|nth| write!(text, "{}", part(nth)).unwrap());
    wattle_wat::parse(&(text + tail + ")")).unwrap().into_owned()
}

/// Runs `work`, which may allocate [`BYTES`] for each function.
#[track_caller]
fn in_proportion<T>(work: impl FnOnce() -> T) -> T {
    ALLOCATOR.reset_peak_memory();
    let result = work();
    let peak = ALLOCATOR.get_peak_memory();
    println!("{peak} bytes at most, {} for each function", peak / FUNCS);
    assert!(peak <= FUNCS * BYTES, "{} bytes for each function", peak / FUNCS);
    result
}

#[test]
fn exports_of_a_long_type() {
    let _alone = alone();
    let main = module("", "(func $f (type $t))", |nth| format!(r#"(export "run{nth}" (func $f))"#));
    in_proportion(|| Componentizer::new().module(main).finish()).unwrap();
}

#[test]
fn imports_of_a_long_type_from_the_main_module() {
    let _alone = alone();
    let export = |nth| format!(r#"(export "run{nth}" (func $f))"#);
    let main = module(r#"(import "a" "go" (func))"#, "(func $f (type $t))", export);
    // An import that no function calls would be left out.
    let mut text = String::from("(func (export \"go\") unreachable");
    (0..FUNCS).for_each(|nth| write!(text, " call {nth}").unwrap());
    let adapter = module("", &(text + ")"), |nth| {
        format!(r#"(import "__main_module__" "run{nth}" (func (type $t)))"#)
    });
    let new = Componentizer::new().module(main).adapter("a", adapter);
    in_proportion(|| new.finish()).unwrap();
}

#[test]
fn imports_of_a_long_type_where_the_world_has_another() {
    let _alone = alone();
    let mut resolver = Resolver::new();
    resolver.file("a.wit", "package a:b; world w { import run: func(); }");
    let resolved = resolver.resolve().unwrap();
    let world = resolved.model().select_world(resolved.root(), None).unwrap();
    let mut main = module("", "", |_| r#"(import "$root" "run" (func (type $t)))"#.into());
    Embed::new(resolved.model(), world).add_to(&mut main).unwrap();
    let error = in_proportion(|| Componentizer::new().module(main).finish()).unwrap_err();
    let Error::Problems(problems) = error else { panic!("{error}") };
    assert_eq!(problems.len(), FUNCS);
    let message = problems[0].to_string();
    let expected = format!(
        "type mismatch: import `$root.run` is (func (param{} and 980 more)), and its function asks for \
         (func)",
        " i32".repeat(20)
    );
    assert_eq!(message, expected);
}

#[test]
fn imports_of_a_long_type_in_a_library() {
    let _alone = alone();
    let import = |nth| format!(r#"(import "env" "run{nth}" (func (type $t)))"#);
    let library = module("(@dylink.0)", r#"(func (export "_start"))"#, import);
    let linker = || Linker::new().library("app.so", library.clone()).validate(false);
    in_proportion(|| linker().stub_missing_functions(true).finish()).unwrap();
    let error = in_proportion(|| linker().finish()).unwrap_err();
    let LinkError::Problems(problems) = error else { panic!("{error}") };
    assert_eq!(problems.len(), FUNCS);
}

#[test]
fn missing_exports_of_an_interface_with_a_long_name() {
    let _alone = alone();
    let name = "n".repeat(20_000);
    let mut wit = format!("package a:b; world w {{ export {name}; }} interface {name} {{");
    (0..FUNCS).for_each(|nth| write!(wit, "run{nth}: func();").unwrap());
    let mut resolver = Resolver::new();
    resolver.file("a.wit", wit + "}");
    let resolved = resolver.resolve().unwrap();
    let world = resolved.model().select_world(resolved.root(), None).unwrap();
    let mut main = Module::default();
    Embed::new(resolved.model(), world).add_to(&mut main).unwrap();
    let error = in_proportion(|| Componentizer::new().module(main).finish()).unwrap_err();
    let Error::Problems(problems) = error else { panic!("{error}") };
    assert_eq!(problems.len(), FUNCS);
    let help = format!("export a function `a:b/{name}#run0` of type (func)");
    assert_eq!(problems[0].help(), Some(help));
}

#[test]
fn differences_of_an_interface_with_a_long_name() {
    let _alone = alone();
    let name = "n".repeat(20_000);
    let mut wit = format!("package a:b; world w {{ import {name}; }} interface {name} {{");
    let mut text = format!(r#"(component (import "a:b/{name}" (instance"#);
    for nth in 0..FUNCS {
        write!(wit, "run{nth}: func(x: u8);").unwrap();
        write!(text, r#"(export "run{nth}" (func (param "x" u16)))"#).unwrap();
    }
    let mut resolver = Resolver::new();
    resolver.file("a.wit", wit + "}");
    let resolved = resolver.resolve().unwrap();
    let (model, root) = (resolved.model(), resolved.root());
    let world = model.select_world(root, None).unwrap();
    text += ")))";
    let parsed = wattle_wat::Parser::new().component(&text).unwrap();
    let compare = || targets(&parsed.component, model, world, Versions::Exact);
    let differences = in_proportion(compare).unwrap();
    assert_eq!(differences.len(), FUNCS);
}
