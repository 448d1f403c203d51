//! The command as a user meets it: exit codes, messages, files left alone on failure.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn wattle(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattle"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn text_and_binary_both_ways() {
    let parsed = wattle(&["wat2wasm"], b"(module (func $f (export \"f\")))");
    assert_eq!(parsed.status.code(), Some(0), "{}", text(&parsed.stderr));
    assert!(parsed.stdout.starts_with(b"\0asm"));
    let printed = wattle(&["print", "-"], &parsed.stdout);
    assert!(text(&printed.stdout).contains("func $f"), "{}", text(&printed.stdout));
    let again = wattle(&["parse"], &printed.stdout);
    assert_eq!(again.stdout, parsed.stdout);
}

#[test]
fn every_error_of_a_text_is_shown_with_its_place() {
    let output = wattle(&["parse"], b"(module\n  (func i32.nope)\n  (func (call $nobody)))");
    let shown = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(shown.contains("<stdin>:2:9") && shown.contains("i32.nope"), "{shown}");
    assert!(shown.contains("<stdin>:3:") && shown.contains("2 errors"), "{shown}");
    assert!(output.stdout.is_empty());

    let output = wattle(&["--json", "parse"], b"(module (func i32.nope))");
    let object: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&object["line"], &object["column"]), (&1.into(), &15.into()));
}

#[test]
fn a_malformed_binary_is_shown_as_bytes() {
    let output = wattle(&["print"], b"\0asm\x01\0\0\0\x7f\x01\0");
    let shown = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(shown.contains("malformed section id") && shown.contains("7f 01"), "{shown}");
}

#[test]
fn wrong_usage_is_2_and_no_file_is_lost() {
    assert_eq!(wattle(&["nonsense"], b"").status.code(), Some(2));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.wasm");
    std::fs::write(&file, "precious").unwrap();
    let output = wattle(&["parse", "-o", file.to_str().unwrap()], b"(module (func i32.nope))");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn strip_leaves_other_bytes_alone() {
    let wasm = wattle(&["parse"], b"(module (func $f) (@custom \"x\" \"data\"))").stdout;
    let kept = wattle(&["strip"], &wasm).stdout;
    assert!(kept.len() < wasm.len() && text(&kept).contains("name"));
    let bare = wattle(&["strip", "--all"], &wasm).stdout;
    assert!(wasm.starts_with(&bare) && !text(&bare).contains("name"));
    let deleted = wattle(&["strip", "--delete", "^na"], &wasm).stdout;
    assert!(text(&deleted).contains("data") && !text(&deleted).contains("name"));
}

#[test]
fn dump_and_objdump_name_what_they_show() {
    let source = b"(module (import \"m\" \"g\" (func)) (func $f (export \"e\") nop))";
    let dumped = text(&wattle(&["dump"], source).stdout);
    assert!(dumped.contains("| nop") || dumped.contains("nop"), "{dumped}");
    let listed = wattle(&["objdump", "--json"], source).stdout;
    let listing: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    assert_eq!(listing["functions"][0]["name"], "f");
    assert_eq!(listing["imports"][0]["module"], "m");
    assert_eq!(listing["exports"][0]["name"], "e");
}

#[test]
fn validation_shows_each_fault_in_the_text_and_in_the_binary() {
    let source = b"(module\n  (func $f (result i32)\n    i64.const 1)\n  (func (br 7)))";
    let output = wattle(&["validate"], source);
    let shown = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(shown.contains("<stdin>:3:16") && shown.contains("in func 0 `$f`"), "{shown}");
    assert!(shown.contains("unknown label 7") && shown.contains("2 errors"), "{shown}");

    let output = wattle(&["--json", "validate", "--max-errors", "1"], source);
    let object: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&object["expected"][0], &object["found"][0]), (&"i32".into(), &"i64".into()));
    assert_eq!(object["malformed"], false);

    let binary = wattle(&["parse"], source).stdout;
    let shown = text(&wattle(&["validate"], &binary).stderr);
    assert!(shown.contains("`$f`, instr 1 `end`") && shown.contains("^^"), "{shown}");
    assert_eq!(wattle(&["validate"], b"(module (func nop))").status.code(), Some(0));
    let output = wattle(&["validate", "--features", "wasm1"], b"(module (memory 1) (memory 1))");
    assert!(text(&output.stderr).contains("multi-memory"), "{}", text(&output.stderr));
}

#[test]
fn features_are_listed_with_their_first_place() {
    let source = b"(module (memory i64 1)\n  (func (drop (ref.i31 (i32.const 1)))))";
    let shown = text(&wattle(&["features"], source).stdout);
    assert!(shown.contains("memory64  memory 0, line 1, column 9"), "{shown}");
    assert!(shown.contains("func 0, instr 1 `ref.i31`, line 2, column 16"), "{shown}");
    let listed = wattle(&["features", "--json"], source).stdout;
    let listing: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    assert_eq!(listing[1]["feature"], "gc");
    let plain = wattle(&["features"], b"(module)");
    assert!(plain.stdout.is_empty() && text(&plain.stderr).contains("WebAssembly 1.0 alone"));
}
