//! `wattle fmt` of modules, components and scripts. Interfaces are in `wit.rs`.

use std::fs;
use std::path::Path;

use crate::{Ran, wattle, wattle_in};

const BEFORE: &str = "(module (func)\n;; c\n\n\n (memory   1))";
const AFTER: &str = "(module\n  (func)\n  ;; c\n\n  (memory 1)\n)\n";

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn outcome(ran: &Ran) -> (Option<i32>, &str, &str) {
    (ran.code, &ran.out, &ran.err)
}

#[test]
fn text_of_every_kind_is_formatted_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("w/deep")).unwrap();
    let component = "(component (core module (func))(import \"f\"  (func)))";
    for (name, text) in [
        ("w/a.wat", BEFORE),
        ("w/deep/s.wast", "(module)(assert_return   (invoke \"f\"))"),
        ("w/c.wat", component),
        ("w/i.wit", "interface  i{}"),
        ("w/good.wat", AFTER),
        ("w/other.txt", BEFORE),
    ] {
        write(folder, name, text);
    }
    let ran = wattle_in(folder, &["fmt", "--check", "w", "w/other.txt"], b"");
    let expected = "w/a.wat\nw/c.wat\nw/deep/s.wast\nw/i.wit\nw/other.txt\n";
    assert_eq!(outcome(&ran), (Some(1), expected, ""));
    assert_eq!(read(folder, "w/a.wat"), BEFORE);

    assert_eq!(outcome(&wattle_in(folder, &["fmt", "w"], b"")), (Some(0), "", ""));
    for (name, text) in [
        ("w/a.wat", AFTER),
        ("w/deep/s.wast", "(module)\n(assert_return (invoke \"f\"))\n"),
        ("w/c.wat", "(component (core module (func)) (import \"f\" (func)))\n"),
        ("w/i.wit", "interface i {}\n"),
        ("w/good.wat", AFTER),
        ("w/other.txt", BEFORE),
    ] {
        assert_eq!(read(folder, name), text, "{name}");
    }
    assert_eq!(outcome(&wattle_in(folder, &["fmt", "--check", "w"], b"")), (Some(0), "", ""));
    let left = fs::read_dir(folder.join("w")).unwrap().count();
    assert_eq!(left, 6, "temporary files");
}

#[test]
fn standard_input_is_formatted_by_its_content() {
    assert_eq!(outcome(&wattle(&["fmt", "-"], BEFORE.as_bytes())), (Some(0), AFTER, ""));
    assert_eq!(outcome(&wattle(&["fmt", "-"], b";; text")), (Some(0), ";; text\n", ""));
    assert_eq!(outcome(&wattle(&["fmt", "-"], b"")), (Some(0), "", ""));
    let ran = wattle(&["--json", "fmt", "--check", "-"], BEFORE.as_bytes());
    assert_eq!(outcome(&ran), (Some(1), "{\"file\":\"<stdin>\"}\n", ""));
}

#[test]
fn a_field_with_errors_stays_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let text = "(module (func   (nop))\n (func ,   nop)\n (func block   nop))";
    write(folder.path(), "a.wat", text);
    let ran = wattle_in(folder.path(), &["fmt", "--check", "a.wat"], b"");
    assert_eq!((ran.code, &*ran.out), (Some(1), "a.wat\n"));
    let ran = wattle_in(folder.path(), &["fmt", "a.wat"], b"");
    let formatted = "(module\n  (func (nop))\n  (func ,   nop)\n  (func block   nop)\n)\n";
    assert_eq!((ran.code, &*ran.out), (Some(1), ""));
    assert_eq!(read(folder.path(), "a.wat"), formatted);
    assert!(ran.err.contains("a.wat:2:8") && ran.err.contains("a.wat:3:19"), "{}", ran.err);
    assert!(ran.err.contains("unexpected token, expected end"), "{}", ran.err);
    // A second run changes nothing, and reports the errors again.
    let ran = wattle_in(folder.path(), &["--json", "fmt", "--check", "a.wat"], b"");
    assert_eq!((ran.code, &*ran.out), (Some(1), ""));
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    write(folder.path(), "b.wat", "(module \u{e9})");
    let ran = wattle_in(folder.path(), &["fmt", "b.wat"], b"");
    assert!(ran.err.contains("illegal character"), "{}", ran.err);
    fs::write(folder.path().join("c.wat"), b"(module (data \"\xff\"))").unwrap();
    let ran = wattle_in(folder.path(), &["fmt", "c.wat"], b"");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("malformed UTF-8 encoding"), "{}", ran.err);
}

#[test]
fn a_difference_is_shown_and_no_file_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lines: String = (0..20).map(|n| format!("  (global i32 (i32.const {n}))\n")).collect();
    let text = format!("(module\n{lines}  (memory   1)\n)\n");
    write(folder, "a.wat", &text);
    write(folder, "i.wit", "interface  i {}\n");
    let expected = "--- a.wat
+++ a.wat (formatted)
@@ -19,5 +19,5 @@
   (global i32 (i32.const 17))
   (global i32 (i32.const 18))
   (global i32 (i32.const 19))
-  (memory   1)
+  (memory 1)
 )
--- i.wit
+++ i.wit (formatted)
@@ -1 +1 @@
-interface  i {}
+interface i {}
";
    let ran = wattle_in(folder, &["fmt", "--diff", "a.wat", "i.wit"], b"");
    assert_eq!(outcome(&ran), (Some(1), expected, ""));
    assert_eq!(read(folder, "a.wat"), text);
    let ran = wattle_in(folder, &["--json", "fmt", "--check", "--diff", "i.wit"], b"");
    assert_eq!(ran.json()["file"], "i.wit");
    assert!(ran.json()["diff"].as_str().unwrap().ends_with("+interface i {}\n"));
    assert_eq!(wattle_in(folder, &["fmt", "a.wat", "i.wit"], b"").code, Some(0));
    let ran = wattle_in(folder, &["fmt", "--diff", "a.wat", "i.wit"], b"");
    assert_eq!(outcome(&ran), (Some(0), "", ""));
}

#[test]
fn the_width_of_lines_is_an_option() {
    let text = "(func (result i32) (i32.add (i32.const 1) (i32.const 2)))\n";
    assert_eq!(wattle(&["fmt", "-"], text.as_bytes()).out, text);
    let ran = wattle(&["fmt", "--width", "50", "-"], text.as_bytes());
    assert_eq!(ran.out, "(func (result i32)\n  (i32.add (i32.const 1) (i32.const 2))\n)\n");
    let ran = wattle(&["fmt", "--width", "20", "-"], b"interface i { f: func(a: u8, b: u8); }");
    assert!(ran.out.contains("\n    a: u8,\n"), "{}", ran.out);
}
