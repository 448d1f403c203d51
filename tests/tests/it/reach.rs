//! Items that nothing reaches are removed, and the rest is valid and runs as before.

use std::fmt::Write;

use wattle::ast::Module;
use wattle::script::{self, Options};
use wattle::validator::Validator;
use wattle::wat::script::{DirectiveKind, ModuleSource};
use wattle::{Features, encoder, printer, wat};
use wattle_tests::features::features;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::suite::{self, SuiteFile};

fn module(text: &str) -> Module<'static> {
    let parsed = wat::Parser::new().features(Features::ALL).module(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}\n{text}")).module.into_owned()
}

/// The text of a module of which only the export `x` is kept.
#[track_caller]
fn reduced(text: &str) -> String {
    let mut module = module(text);
    module.exports.retain(|export| export.name == "x");
    module.remove_unreachable().unwrap();
    printer::print(&module)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(reduced(text), printer::print(&module(expected)));
}

#[test]
fn what_an_export_reaches_stays_with_its_names() {
    check(
        r#"(module $m
            (type $dead (func (param f64)))
            (type $t (func (param i32)))
            (import "a" "dead" (func (type $dead)))
            (import "a" "f" (func $f (type $t)))
            (import "a" "m" (memory 1))
            (import "a" "g" (global $base i32))
            (table $t0 1 funcref) (table $t1 1 funcref)
            (global $dead i32 (i32.const 0)) (global $g (mut i32) (global.get $base))
            (tag $dead (param f64)) (tag $e (param i32))
            (elem (table $t0) (i32.const 0) func $dead)
            (elem (table $t1) (i32.const 0) func $called)
            (func $dead (type $dead) (call $dead (local.get 0)))
            (func $called (param $p i32) (local $l f32) (call $f (local.get $p)))
            (func $x (type $t) (call_indirect $t1 (type $t) (global.get $g) (i32.const 0))
              (throw $e (i32.const 1)))
            (export "dead" (func $dead)) (export "x" (func $x)))"#,
        r#"(module $m
            (type $t (func (param i32)))
            (import "a" "f" (func $f (type $t)))
            (import "a" "g" (global $base i32))
            (table $t1 1 funcref)
            (global $g (mut i32) (global.get $base))
            (tag $e (param i32))
            (elem (i32.const 0) func $called)
            (func $called (param $p i32) (local $l f32) (call $f (local.get $p)))
            (func $x (type $t) (call_indirect $t1 (type $t) (global.get $g) (i32.const 0))
              (throw $e (i32.const 1)))
            (export "x" (func $x)))"#,
    );
}

#[test]
fn recursive_groups_stay_as_a_whole() {
    check(
        r#"(module
            (rec (type (struct)) (type (struct (field (ref null 0)))))
            (rec (type $a (struct (field (ref null $b)))) (type $b (struct)) (type $c (func)))
            (type $d (sub (struct)))
            (type $e (sub $d (struct)))
            (global (export "x") (ref null $a) (ref.null $a))
            (global (export "y") (ref null $e) (ref.null $e)))"#,
        r#"(module
            (rec (type $a (struct (field (ref null $b)))) (type $b (struct)) (type $c (func)))
            (global (export "x") (ref null $a) (ref.null $a)))"#,
    );
}

#[test]
fn groups_of_imports_lose_members() {
    check(
        r#"(module
            (type $t (func)) (type $u (func (param i32)))
            (import "m" (item "a" (func (type $u))) (item "b" (func $b (type $t))))
            (import "n" (item "c") (item "d") (func (type $u)))
            (import "o" (item "e") (item "f") (func (type $t)))
            (func (export "x") (call $b) (call 4)))"#,
        r#"(module
            (type $t (func))
            (import "m" (item "b" (func $b (type $t))))
            (import "o" (item "e") (func (type $t)))
            (func (export "x") (call $b) (call 1)))"#,
    );
}

#[test]
fn segments_stay_with_what_they_change_or_with_those_that_name_them() {
    check(
        r#"(module
            (import "m" "m" (memory 1)) (memory $dead 1) (memory $live 1)
            (data (memory 0) (i32.const 0) "import")
            (data (memory $dead) (i32.const 0) "dead")
            (data $passive "passive") (data "dead")
            (data (memory $live) (i32.const 0) "live")
            (func (export "x") (data.drop $passive) (drop (memory.size $live))))"#,
        r#"(module
            (import "m" "m" (memory 1)) (memory $live 1)
            (data (memory 0) (i32.const 0) "import")
            (data $passive "passive")
            (data (memory $live) (i32.const 0) "live")
            (func (export "x") (data.drop $passive) (drop (memory.size $live))))"#,
    );
}

/// Each function here was declared by another item that is removed.
#[test]
fn functions_that_are_referenced_stay_declared() {
    check(
        r#"(module
            (table $t 1 funcref)
            (elem (table $t) (i32.const 0) func $in_table)
            (elem declare func $in_both) (elem declare func $in_both $dead)
            (global funcref (ref.func $in_global))
            (func $in_table) (func $in_global) (func $exported (export "y")) (func $in_both)
            (func $dead) (func $called)
            (func (export "x") (drop (ref.func $in_table)) (drop (ref.func $in_global))
              (drop (ref.func $exported)) (drop (ref.func $in_both)) (call $called)))"#,
        r#"(module
            (elem declare func $in_both) (elem declare func $in_table $in_global $exported)
            (func $in_table) (func $in_global) (func $exported) (func $in_both) (func $called)
            (func (export "x") (drop (ref.func $in_table)) (drop (ref.func $in_global))
              (drop (ref.func $exported)) (drop (ref.func $in_both)) (call $called)))"#,
    );
}

#[test]
fn an_error_leaves_the_module_as_it_was() {
    let mut module = module("(module (func (export \"x\")) (func))");
    module.exports[0].index = wattle::ast::FuncIdx(7).into();
    let before = module.clone();
    assert_eq!(module.remove_unreachable().unwrap_err().to_string(), "unknown func 7");
    assert_eq!(module, before);
}

/// The script with its modules reduced to the items that their exports reach, and the number of
/// modules that lost an item.
fn reduced_script(text: &str, features: Features) -> (String, usize) {
    let Ok(script) = wat::script::parse(text) else { return (text.into(), 0) };
    let (mut out, mut done, mut removed) = (String::new(), 0, 0);
    for directive in &script.directives {
        let (DirectiveKind::Module(source) | DirectiveKind::Definition(source)) = &directive.kind
        else {
            continue;
        };
        if source.is_component || !matches!(source.source, ModuleSource::Text(_)) {
            continue;
        }
        let parsed = source.parse(&wat::Parser::new().features(features));
        let Some(Ok(mut module)) = parsed.map(|parsed| parsed.map(|parsed| parsed.module)) else {
            continue;
        };
        let before = module.clone();
        module.remove_unreachable().unwrap();
        removed += usize::from(module != before);
        let definition = match directive.kind {
            DirectiveKind::Definition(_) => "definition",
            _ => "",
        };
        let id = source.id.as_ref().map_or(String::new(), |id| format!("${}", id.text));
        out.push_str(&text[done..directive.span.start]);
        write!(out, "(module {definition} {id} binary \"").unwrap();
        for byte in encoder::encode(&module) {
            write!(out, "\\{byte:02x}").unwrap();
        }
        out.push_str("\")");
        done = directive.span.end;
    }
    out.push_str(&text[done..]);
    (out, removed)
}

/// All scripts of the official suite give the same results after items that the exports of their
/// modules do not reach are removed.
#[test]
fn scripts_run_as_before() {
    let (mut scripts, mut changed, mut passed) = (0, 0, 0);
    for file in suite::files() {
        let bytes = file.read();
        let Ok(text) = core::str::from_utf8(&bytes) else { continue };
        let options = Options { features: features(file), ..Options::default() };
        let (reduced, removed) = reduced_script(text, options.features);
        // Scripts without `assert_return` test traps, which may come from items that are removed.
        if removed == 0 || !text.contains("assert_return") {
            continue;
        }
        let run = |text: &str| script::run(text, options).map_err(|errors| errors.to_string());
        // Some scripts use features that are not executed.
        let (Some(before), after) =
            (run(text).ok().filter(|it| it.failures.is_empty()), run(&reduced))
        else {
            continue;
        };
        let after = after.unwrap_or_else(|errors| panic!("{}: {errors}", file.path.display()));
        assert_eq!(after.failures.len(), before.failures.len(), "{}", failures(file, &after));
        assert_eq!(after.passed, before.passed, "{}", file.path.display());
        scripts += 1;
        changed += removed;
        passed += after.passed;
    }
    assert!(scripts > 60 && changed > 100 && passed > 5_000, "{scripts} {changed} {passed}");
}

fn failures(file: &SuiteFile, report: &script::Report) -> String {
    let failures = report.failures.iter().map(ToString::to_string);
    format!("{}\n{}", file.path.display(), failures.collect::<Vec<_>>().join("\n"))
}

/// Every valid module of the suite stays valid with any one of its exports, and cannot be reduced
/// twice.
#[test]
fn what_is_left_is_valid() {
    let mut count = 0;
    for file in suite::files() {
        let features = features(file);
        let bytes = file.read();
        let Ok(script) = core::str::from_utf8(&bytes) else { continue };
        let Ok(script) = wat::script::parse(script) else { continue };
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        for (module, expected) in found {
            let parser = wat::Parser::new().features(features);
            let (Some(Ok(parsed)), Expected::Valid) = (module.parse(&parser), expected) else {
                continue;
            };
            let validate = |module: &Module<'_>| Validator::new().features(features).module(module);
            if validate(&parsed.module).is_err() {
                continue;
            }
            let exports = parsed.module.exports.clone();
            for export in exports.into_iter().take(8) {
                let mut module = parsed.module.clone();
                module.exports = vec![export];
                module.remove_unreachable().unwrap();
                if let Err(errors) = validate(&module) {
                    let text = printer::print(&module);
                    panic!("{}: {errors}\n{text}", file.path.display());
                }
                let once = module.clone();
                module.remove_unreachable().unwrap();
                assert!(module == once, "{}\n{}", file.path.display(), printer::print(&once));
                count += 1;
            }
        }
    }
    assert!(count > 3_000, "{count}");
}
