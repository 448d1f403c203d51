//! Reading, writing, checking and listing: exit codes, messages, files left alone on failure.

use crate::{Ran, wattle};

#[test]
fn text_and_binary_both_ways() {
    let parsed = wattle(&["wat2wasm"], b"(module (func $f (export \"f\")))");
    assert_eq!(parsed.code, Some(0), "{parsed:?}");
    assert!(parsed.bytes.starts_with(b"\0asm"));
    let printed = wattle(&["print", "-"], &parsed.bytes);
    assert!(printed.out.contains("func $f"), "{printed:?}");
    assert_eq!(wattle(&["parse"], &printed.bytes).bytes, parsed.bytes);
}

#[test]
fn every_error_of_a_text_is_shown_with_its_place() {
    let Ran { code, bytes, err: shown, .. } =
        wattle(&["parse"], b"(module\n  (func i32.nope)\n  (func (call $nobody)))");
    assert_eq!(code, Some(1));
    assert!(shown.contains("<stdin>:2:9") && shown.contains("i32.nope"), "{shown}");
    assert!(shown.contains("<stdin>:3:") && shown.contains("2 errors"), "{shown}");
    assert!(bytes.is_empty());

    let object = wattle(&["--json", "parse"], b"(module (func i32.nope))").json_error();
    assert_eq!((&object["line"], &object["column"]), (&1.into(), &15.into()));
}

#[test]
fn a_malformed_binary_is_shown_as_bytes() {
    let Ran { code, err: shown, .. } = wattle(&["print"], b"\0asm\x01\0\0\0\x7f\x01\0");
    assert_eq!(code, Some(1));
    assert!(shown.contains("malformed section id") && shown.contains("7f 01"), "{shown}");
}

#[test]
fn wrong_usage_is_2_and_no_file_is_lost() {
    assert_eq!(wattle(&["nonsense"], b"").code, Some(2));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.wasm");
    std::fs::write(&file, "precious").unwrap();
    let output = wattle(&["parse", "-o", file.to_str().unwrap()], b"(module (func i32.nope))");
    assert_eq!(output.code, Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn strip_leaves_other_bytes_alone() {
    let wasm = wattle(&["parse"], b"(module (func $f) (@custom \"x\" \"data\"))").bytes;
    let kept = wattle(&["strip"], &wasm);
    assert!(kept.bytes.len() < wasm.len() && kept.out.contains("name"));
    let bare = wattle(&["strip", "--all"], &wasm);
    assert!(wasm.starts_with(&bare.bytes) && !bare.out.contains("name"));
    let deleted = wattle(&["strip", "--delete", "^na"], &wasm).out;
    assert!(deleted.contains("data") && !deleted.contains("name"));
}

#[test]
fn dump_and_objdump_name_what_they_show() {
    let source = b"(module (import \"m\" \"g\" (func)) (func $f (export \"e\") nop))";
    let dumped = wattle(&["dump"], source).out;
    assert!(dumped.contains("nop"), "{dumped}");
    let listing = wattle(&["objdump", "--json"], source).json();
    assert_eq!(listing["functions"][0]["name"], "f");
    assert_eq!(listing["imports"][0]["module"], "m");
    assert_eq!(listing["exports"][0]["name"], "e");
}

#[test]
fn validation_shows_each_fault_in_the_text_and_in_the_binary() {
    let source = b"(module\n  (func $f (result i32)\n    i64.const 1)\n  (func (br 7)))";
    let Ran { code, err: shown, .. } = wattle(&["validate"], source);
    assert_eq!(code, Some(1));
    assert!(shown.contains("<stdin>:3:16") && shown.contains("in func 0 `$f`"), "{shown}");
    assert!(shown.contains("unknown label 7") && shown.contains("2 errors"), "{shown}");

    let object = wattle(&["--json", "validate", "--max-errors", "1"], source).json_error();
    assert_eq!((&object["expected"][0], &object["found"][0]), (&"i32".into(), &"i64".into()));
    assert_eq!(object["malformed"], false);

    let binary = wattle(&["parse"], source).bytes;
    let shown = wattle(&["validate"], &binary).err;
    assert!(shown.contains("`$f`, instr 1 `end`") && shown.contains("^^"), "{shown}");
    assert_eq!(wattle(&["validate"], b"(module (func nop))").code, Some(0));
    let shown = wattle(&["validate", "--features", "wasm1"], b"(module (memory 1) (memory 1))").err;
    assert!(shown.contains("multi-memory"), "{shown}");
}

#[test]
fn features_are_listed_with_their_first_place() {
    let source = b"(module (memory i64 1)\n  (func (drop (ref.i31 (i32.const 1)))))";
    let shown = wattle(&["features"], source).out;
    assert!(shown.contains("memory64  memory 0, line 1, column 9"), "{shown}");
    assert!(shown.contains("func 0, instr 1 `ref.i31`, line 2, column 16"), "{shown}");
    let listing = wattle(&["features", "--json"], source).json();
    assert_eq!(listing[1]["feature"], "gc");
    let first = wattle(&["features"], b"(module)");
    assert!(first.bytes.is_empty() && first.err.contains("WebAssembly 1.0 alone"));
}
