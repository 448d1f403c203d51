//! Reading, writing, checking and listing: exit codes, messages, files left alone on failure.

use crate::{Ran, wattle};

#[test]
fn a_limit_on_errors_is_named() {
    let text = b"(module (func i32.nope) (func i64.nope) (func f32.nope))";
    for (most, last) in [("2", "2 errors; there may be more, see --max-errors"), ("9", "3 errors")]
    {
        let shown = wattle(&["validate", "--max-errors", most], text).err;
        assert!(shown.trim_end().ends_with(last), "{shown}");
    }
    let invalid = b"(module (func i32.add) (func i64.add))";
    let shown = wattle(&["validate", "--max-errors", "1"], invalid).err;
    assert!(shown.contains("1 error; there may be more"), "{shown}");
}

#[test]
fn text_and_binary_both_ways() {
    let parsed = wattle(&["parse"], b"(module (func $f (export \"f\")))");
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
fn parsing_checks_when_it_is_asked_to() {
    let invalid = b"(module\n  (func (result i32)\n    i64.const 1))";
    assert_eq!(wattle(&["parse"], invalid).code, Some(0));
    let binary = wattle(&["parse"], invalid).bytes;
    for (input, place) in [(&invalid[..], "<stdin>:3:16"), (&binary, "<stdin>:0x")] {
        let ran = wattle(&["parse", "--check"], input);
        assert_eq!((ran.code, ran.bytes.len()), (Some(1), 0), "{ran:?}");
        assert!(ran.err.contains("type mismatch") && ran.err.contains(place), "{ran:?}");
    }
    let both = b"(module (func (result i32) i64.const 1) (func i32.nope))";
    let shown = wattle(&["parse", "--check"], both).err;
    assert!(shown.contains("type mismatch") && shown.contains("2 errors"), "{shown}");
    let shown = wattle(&["parse", "--check", "--features", "wasm1"], b"(memory 1) (memory 1)").err;
    assert!(shown.contains("--features wasm1,multi-memory"), "{shown}");
    assert_eq!(wattle(&["parse", "--check"], b"(module (func))").code, Some(0));
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

#[test]
fn what_is_no_module_is_named() {
    for (input, name) in [
        (&b"\x1f\x8b\x08\0\0\0"[..], "data packed by gzip"),
        (b"PK\x03\x04\x14\0\x80", "a ZIP archive"),
        (b"\x7fELF\x02\x01\x01\xff", "an ELF file"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", "a Mach-O file"),
        (b"!<arch>\nfoo.o/  0\xff", "an archive of object files"),
        (b"BC\xc0\xde5\x14\0\0", "LLVM bitcode"),
        (b"\xef\xbb\xbf(module)", "text with a byte order mark"),
        (b"\xff\xfe(\0m\0o\0d\0", "UTF-16"),
        (b"(\0m\0o\0d\0", "UTF-16"),
        (b"<!DOCTYPE html>\n<html>", "a page of HTML"),
        (b"{\"a\": [1, 2]}", "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a pointer of Git LFS"),
        (b"AGFzbQEAAAA=\n", "a module in base64"),
        (b"asm\x01\0\0\0", "a binary module whose first byte is missing"),
    ] {
        for command in ["parse", "print", "validate", "dump", "strip", "features", "objdump"] {
            let ran = wattle(&[command], input);
            assert_eq!((ran.code, ran.bytes.len()), (Some(1), 0), "{command}: {ran:?}");
            assert_eq!(ran.err.matches("error: ").count(), 1, "{command}: {ran:?}");
            let expected = format!("this looks like {name}");
            assert!(ran.err.contains(&expected), "{command}: {ran:?}");
        }
    }
    let empty = wattle(&["validate"], b"");
    assert_eq!(empty.code, Some(1));
    assert!(empty.err.contains("unexpected end: the file is empty"), "{empty:?}");
}

#[test]
fn max_errors_holds_for_text_and_every_command() {
    let source = "(func i32.nope)\n".repeat(200);
    let count = |args: &[&str]| wattle(args, source.as_bytes()).err.matches("error: ").count();
    for command in ["parse", "print", "validate", "dump", "strip", "features", "objdump"] {
        assert_eq!(count(&[command]), 20, "{command}");
        assert_eq!(count(&[command, "--max-errors", "3"]), 3, "{command}");
        assert_eq!(count(&[command, "--max-errors", "150"]), 150, "{command}");
    }
}

#[test]
fn faults_of_text_hide_no_faults_of_other_functions() {
    let source = b"(module
      (func $a (result i32) (i32.ad (i32.const 1) (local.get $nope)))
      (func $b (result i32) (i64.const 1))
      (func $c (result i64) (call $a))
      (global $g (mut i33) (i32.const 0))
      (func $follows (result f64) (global.get $g))
      (func $d (result f64) (i32.const 3))
      (export \"f\" (func $nope))
      (func $declared (drop (ref.func $a))))";
    let shown = wattle(&["validate"], source).err;
    let places: Vec<_> =
        shown.lines().filter_map(|line| Some(line.split_once("<stdin>:")?.1)).collect();
    let lines: Vec<_> = places.iter().map(|place| place.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["2", "2", "3", "4", "5", "7", "8"], "{shown}");
    let most = wattle(&["validate", "--max-errors", "4"], source).err;
    assert_eq!(most.matches("error: ").count(), 4, "{most}");
}

#[test]
fn a_missing_feature_is_added_to_the_list_that_was_given() {
    let source = b"(func (drop (v128.const i32x4 0 0 0 0)))";
    let help = |features: &str| {
        let ran = wattle(&["validate", "--features", features], source);
        let help =
            ran.err.lines().find_map(|line| Some(line.split_once("--features ")?.1.to_owned()));
        help.unwrap_or(ran.err)
    };
    assert_eq!(help("-simd"), "default");
    assert_eq!(help("wasm1"), "wasm1,simd");
    assert_eq!(help("wasm1,threads"), "wasm1,threads,simd");
    assert_eq!(wattle(&["validate", "--features", "-threads"], source).code, Some(0));
    let binary = wattle(&["parse"], source).bytes;
    let shown = wattle(&["validate", "--features=wasm1"], &binary).err;
    assert!(shown.contains("turn it on with --features wasm1,simd"), "{shown}");
}

#[test]
fn features_are_listed_with_what_they_are() {
    for arguments in [&["parse", "--features", "help"][..], &["wast", "--features=help"]] {
        let ran = wattle(arguments, b"");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let row = ran.out.lines().find(|line| line.starts_with("exceptions ")).unwrap();
        assert_eq!(row.matches(" x ").count(), 3, "{row}");
        assert!(row.ends_with("`exnref`. Implies reference-types."), "{row}");
    }
    let rows = wattle(&["validate", "--features", "help", "--json"], b"").json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), wattle::Feature::ALL.len());
    let threads = rows.iter().find(|row| row["feature"] == "threads").unwrap();
    assert_eq!(threads["presets"], serde_json::json!(["default", "all"]));
    // The words behind FILE belong to the program.
    let ran = wattle(&["run", "-", "--features", "help"], b"(module)");
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn there_is_a_page_of_the_manual_for_each_command() {
    let page = wattle(&["man"], b"").out;
    assert!(page.contains(".TH wattle 1") && page.contains("wattle\\-parse(1)"), "{page}");
    let page = wattle(&["man", "strip"], b"").out;
    assert!(page.contains("wattle\\-strip") && page.contains("\\-\\-delete"), "{page}");
    assert_eq!(wattle(&["man", "nothing"], b"").code, Some(2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages");
    assert_eq!(wattle(&["man", "--dir", path.to_str().unwrap()], b"").code, Some(0));
    let mut names: Vec<_> = path.read_dir().unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 41, "{names:?}");
    assert_eq!(names[0], "wattle-addr2line.1");
}

#[test]
fn help_wraps_at_the_width_of_the_terminal() {
    let mut command = std::process::Command::new(crate::WATTLE);
    let output = command.args(["wast", "--help"]).env("COLUMNS", "60").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.lines().count() > 40, "{help}");
    let long: Vec<_> = help.lines().filter(|line| line.chars().count() > 60).collect();
    assert!(long.is_empty(), "{long:?}");
}
