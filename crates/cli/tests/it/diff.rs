//! `wattle diff`: what differs is shown, and what only moved is not.

use std::path::Path;

use crate::{Ran, wattle};

/// Compares two texts.
fn diff(old: &str, new: &str, words: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [("old.wat", old), ("new.wat", new)] {
        std::fs::write(path(name), text).unwrap();
    }
    let shown = |path: &Path| path.to_str().unwrap().to_owned();
    let (old, new) = (shown(&path("old.wat")), shown(&path("new.wat")));
    wattle(&[&["diff"], words, &[&*old, &*new]].concat(), b"")
}

const OLD: &str = r#"(module
  (import "env" "log" (func $log (param i32)))
  (func $main (export "main") (call $log (i32.const 1)) (call $helper))
  (func $helper (call $log (i32.const 2)))
  (func $gone (drop (i64.const 1)))
  (memory 1))"#;

#[test]
fn equal_files_do_not_differ() {
    let ran = diff(OLD, OLD, &[]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), "", ""));
}

#[test]
fn what_differs_is_shown() {
    let new = OLD
        .replace("(i32.const 2)", "(i32.const 3)")
        .replace("$gone (drop (i64.const 1))", "$fresh (drop (f32.const 1)) (drop (f32.const 2))")
        .replace("(memory 1)", "(memory 2)")
        .replace("(param i32)", "(param i64)")
        .replace("(i32.const 1)", "(i64.const 1)");
    let ran = diff(OLD, &new, &["--features", "all"]);
    // The call with an operand of another type is invalid, which does not matter here.
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for line in [
        "- \"env\" \"log\" (func (param i32))",
        "+ \"env\" \"log\" (func (param i64))",
        "- 0: (memory 1)",
        "+ 0: (memory 2)",
        "functions: 0 equal, 2 changed, 1 removed, 1 added",
        "  func 2 helper: 6 -> 6 bytes",
        "-   i32.const 2",
        "+   i32.const 3",
        "- func 3 gone: 5 bytes",
        "+ func 3 fresh: 14 bytes",
    ] {
        assert!(ran.out.lines().any(|it| it == line), "{line}\n{}", ran.out);
    }
    let summary = diff(OLD, &new, &["--summary"]).out;
    assert!(summary.contains("func 2 helper") && !summary.contains("i32.const"), "{summary}");
    let coloured = diff(OLD, &new, &["--color", "always"]).out;
    assert!(coloured.contains("\u{1b}[31m- func 3 gone"), "{coloured:?}");
    let json = diff(OLD, &new, &["--json"]).json();
    assert_eq!(json["units"][0]["functions"].as_array().unwrap().len(), 4, "{json}");
}

/// A function with a new index is the same function, with a name or without.
#[test]
fn what_only_moved_does_not_differ() {
    let new = OLD.replace("(func $main", "(func $first (export \"first\") nop) (func $main");
    let ran = diff(OLD, &new, &[]);
    assert!(ran.out.contains("functions: 3 equal, 0 changed, 0 removed, 1 added"), "{}", ran.out);
    let old = r#"(module (func (call 1)) (func (drop (i32.const 5))) (func (drop (i64.const 5))))"#;
    let new = r#"(module (func unreachable unreachable) (func (drop (i64.const 5))) (func (call 3))
      (func (drop (i32.const 5))))"#;
    let ran = diff(old, new, &[]);
    assert!(ran.out.contains("functions: 3 equal, 0 changed, 0 removed, 1 added"), "{}", ran.out);
}

#[test]
fn functions_without_names_are_matched_if_they_are_similar() {
    let body = |constant: &str| {
        let more = "(local.set 0 (i32.mul (local.get 0) (i32.const 3))) ".repeat(8);
        format!("(func (param i32) {more} (drop (i32.const {constant})) (memory.size) drop)")
    };
    let old = format!("(module (memory 1) (func nop) {})", body("1"));
    let new = format!("(module (memory 1) {} (func unreachable))", body("2"));
    let ran = diff(&old, &new, &[]);
    assert!(ran.out.contains("functions: 0 equal, 1 changed, 1 removed, 1 added"), "{}", ran.out);
    assert!(ran.out.contains("  func 1 -> func 0: "), "{}", ran.out);
    assert!(ran.out.contains("-   i32.const 1\n+   i32.const 2\n"), "{}", ran.out);
    assert!(ran.out.contains("  ...\n"), "{}", ran.out);
}

#[test]
fn components_differ_by_their_definitions_and_modules() {
    let old = r#"(component (core module $m (func $f nop)) (core module $same) (type u8))"#;
    let new = r#"(component (core module $m (func $f unreachable)) (core module $same)
      (type u16) (component))"#;
    let ran = diff(old, new, &[]);
    assert_eq!(ran.code, Some(1));
    for line in ["- (type u8)", "+ (type u16)", "core module 0", "-   nop", "+   unreachable"] {
        assert!(ran.out.lines().any(|it| it == line), "{line}\n{}", ran.out);
    }
    assert!(ran.out.contains("+ component 0: 8 bytes"), "{}", ran.out);
    assert!(!ran.out.contains("core module 1"), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_is_trouble() {
    assert_eq!(wattle(&["diff", "nowhere.wasm", "-"], b"(module)").code, Some(2));
    let ran = diff(OLD, "(module (func i32.nope))", &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("i32.nope"), "{}", ran.err);
}
