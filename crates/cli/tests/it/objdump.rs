//! `wattle objdump` and `dump`: details, single sections and functions, object files, archives.

use std::path::Path;

use wattle_tests::root;

use crate::wattle;

fn object_file() -> Vec<u8> {
    std::fs::read(root().join("tests/cases/object_file.wasm")).unwrap()
}

#[test]
fn details_of_every_section() {
    let source = br#"(module $m
      (type $t (func (param i32) (result i64)))
      (import "env" "log" (func $log (type $t)))
      (import "env" "g" (global $g (mut f64)))
      (table $tab 1 5 funcref) (memory $mem 1 2 shared) (tag $tag (param i32))
      (global $h i64 (i64.const 7))
      (export "f" (func $f)) (export "mem" (memory $mem)) (start $s)
      (elem $e (table $tab) (i32.const 0) func $f $log)
      (func $f (type $t) (local f32 f32) (i64.const 1)) (func $s)
      (data $d (i32.const 16) "a\00b"))"#;
    let out = wattle(&["objdump", "-x"], source).out;
    for row in [
        "type 0 \"t\": (func (param i32) (result i64))",
        "import 0: \"env\" \"log\" is func 0 \"log\", type 0 (func (param i32) (result i64))",
        "import 1: \"env\" \"g\" is global 0 \"g\", (global (mut f64))",
        "func 1 \"f\": type 0 (func (param i32) (result i64))",
        "table 0 \"tab\": (table 1 5 funcref)",
        "memory 0 \"mem\": (memory 1 2 shared)",
        "tag 0 \"tag\": type 1 (func (param i32))",
        "global 1 \"h\": i64 = i64.const 7",
        "export 0: \"f\" is func 1 \"f\", type 0 (func (param i32) (result i64))",
        "export 1: \"mem\" is memory 0 \"mem\", (memory 1 2 shared)",
        "  func 2 \"s\"",
        "elem 0 \"e\": 2 of (ref func), to table 0 at i32.const 0",
        "    func 1 \"f\"",
        "    func 0 \"log\"",
        "func 1 \"f\": 6 bytes, type 0 (func (param i32) (result i64))",
        "    locals: 2 f32",
        "data 0 \"d\": 3 bytes, to memory 0 at i32.const 16",
        "    61 00 62                             a.b",
        "module \"m\"",
        "  table 0 \"tab\"",
    ] {
        assert!(out.lines().any(|line| line.ends_with(row)), "{row}\n{out}");
    }
    assert!(!out.contains("i64.const 1\n"), "{out}");
    let json = wattle(&["objdump", "-x", "--json"], source).json();
    assert_eq!(json["details"].as_array().unwrap().len(), out.lines().count());
    assert!(json["sections"].as_array().unwrap().len() > 8);
}

#[test]
fn one_section_or_function_alone() {
    let source =
        br#"(module (func $f (export "f") nop) (func $g (drop (i32.const 5))) (memory 1))"#;
    let out = wattle(&["objdump", "--section", "Export"], source).out;
    assert!(out.lines().count() == 2 && out.contains("\"f\" is func 0"), "{out}");
    for name in ["g", "1"] {
        let out = wattle(&["objdump", "--function", name], source).out;
        assert!(out.contains("i32.const 5") && !out.contains("nop"), "{out}");
    }
    let ran = wattle(&["objdump", "--function", "h"], source);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no function h with a body in <stdin>"), "{}", ran.err);
    let ran = wattle(&["objdump", "--section", "data"], source);
    assert!(ran.err.contains("there is no section data in <stdin>"), "{}", ran.err);
    let json = wattle(&["objdump", "--section", "export", "--json"], source).json();
    assert_eq!(json["sections"].as_array().unwrap().len(), 1);
}

#[test]
fn symbols_of_object_files_are_names() {
    let out = wattle(&["objdump", "-x"], &object_file()).out;
    for row in [
        "func 2 \"add\": 27 bytes, type 1 (func (param i32 i32) (result i32))",
        "data 2 \".tdata.tls\": 4 bytes, to memory 0 at i32.const 8",
        "symbol 5: func 3 \"wk\" [binding-weak visibility-hidden]",
        "R_WASM_FUNCTION_INDEX_LEB at 0x10 (0x93 in the file): symbol 3 (func 0 \"imp\")",
        "priority 1: symbol 0 (func 1 \"ctor\")",
    ] {
        assert!(out.lines().any(|line| line.ends_with(row)), "{row}\n{out}");
    }
}

/// All facts that WABT's command shows of the object file, in its words and in ours.
#[test]
fn nothing_is_missing_that_wabt_shows() {
    const NAME: &str = "nothing_is_missing_that_wabt_shows";
    let path = root().join("tests/cases/object_file.wasm");
    let mut theirs = std::process::Command::new("wasm-objdump");
    let theirs = match theirs.arg("-x").arg(Path::new(&path)).output() {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        _ => return wattle_tests::skip(NAME, "WABT is not there"),
    };
    let ours = wattle(&["objdump", "-x"], &object_file()).out;
    // Every name, and every number of an offset in the file or of a size.
    let names = theirs.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
    let names: Vec<_> = names.filter(|name| !name.starts_with('-')).collect();
    assert!(names.len() > 20, "{theirs}");
    for name in names {
        assert!(ours.contains(&format!("\"{name}\"")), "{name}\n{ours}");
    }
    let offsets = theirs.split("file=0x").skip(1).map(|rest| rest.split(')').next().unwrap());
    for offset in offsets {
        let shown = format!("({:#x} in the file)", usize::from_str_radix(offset, 16).unwrap());
        assert!(ours.contains(&shown), "{shown}\n{ours}");
    }
    let words = |text: &str, word: &str| text.matches(word).count();
    for (theirs_word, ours_word) in
        [("R_WASM_", "R_WASM_"), (" - type[", "   type "), ("[+]", "+ \"")]
    {
        assert_eq!(words(&theirs, theirs_word), words(&ours, ours_word), "{theirs_word}");
    }
}

#[test]
fn members_of_archives_are_listed() {
    let object = object_file();
    let member = |name: &str, content: &[u8]| {
        let pad: &[u8] = if content.len() % 2 == 1 { b"\n" } else { b"" };
        let header = format!("{name:<48}{:<10}`\n", content.len());
        [header.as_bytes(), content, pad].concat()
    };
    let archive = [
        b"!<arch>\n".to_vec(),
        member("/", b"table"),
        member("one.o/", &object),
        member("notes.txt/", b"hello"),
        member("two.o/", &object),
    ];
    let archive = archive.concat();
    let out = wattle(&["objdump"], &archive).out;
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert!(
        lines[1].ends_with(" one.o") && lines[2].ends_with(" notes.txt, not a module"),
        "{out}"
    );
    let out = wattle(&["objdump", "-x"], &archive).out;
    assert_eq!(out.matches("symbol 1: func 2 \"add\"").count(), 2, "{out}");
    assert!(out.contains("\n<stdin>(two.o)\n"), "{out}");
    let json = wattle(&["objdump", "--json", "-x"], &archive).json();
    assert_eq!(json["members"].as_array().unwrap().len(), 3);
    assert_eq!(json["listings"].as_array().unwrap().len(), 2);
    let ran = wattle(&["objdump", "--function", "add"], &archive);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn every_byte_has_a_row() {
    let source =
        br#"(module (func $f (param $x i32)) (data (i32.const 0) "abcdefghijklmnopqrstuvwxyz")
      (memory 1) (elem func $f) (@custom "other" "bytes"))"#;
    let named = wattle(&["parse"], source).bytes;
    for binary in [object_file(), named, wattle(&["parse"], b"(component $c (type $t u8))").bytes] {
        let ran = wattle(&["dump", "--json"], &binary);
        let mut at = 0;
        for line in ran.out.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(row["offset"], at, "{line}");
            at += row["bytes"].as_str().unwrap().len() / 2;
            assert!(!row["meaning"].as_str().unwrap().is_empty(), "{line}");
        }
        assert_eq!(at, binary.len());
        let shown = wattle(&["dump"], &binary).out;
        assert!(shown.lines().all(|line| line.split(" | ").count() >= 2), "{shown}");
    }
}
