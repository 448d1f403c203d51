//! `wattle diff`: `tests/diff` has two modules, and the differences between them.

use std::path::Path;

use serde_json::Value;

use crate::{Ran, wattle, wattle_in};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff")
}

/// Compares two texts.
fn diff(old: &[u8], new: &[u8], options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old"), old).unwrap();
    std::fs::write(folder.path().join("new"), new).unwrap();
    let args: Vec<_> = ["diff", "old", "new"].iter().chain(options).copied().collect();
    wattle_in(folder.path(), &args, b"")
}

/// Returns the changes, each as its kind, its old and its new name or index.
fn changes(ran: &Ran) -> Vec<String> {
    let name = |item: &Value| match (item.is_null(), item["name"].as_str()) {
        (true, _) => "-".to_owned(),
        (false, Some(name)) => name.to_owned(),
        (false, None) => item["index"].to_string(),
    };
    let listing = ran.json();
    let changes = listing["changes"].as_array().unwrap().iter();
    let shown = changes.map(|it| {
        format!("{} {} {}", it["kind"].as_str().unwrap(), name(&it["old"]), name(&it["new"]))
    });
    shown.collect()
}

#[test]
fn two_modules_are_compared_as_written_down() {
    for (options, golden) in
        [(&[][..], "all.txt"), (&["--stat"], "stat.txt"), (&["-U", "0"], "narrow.txt")]
    {
        let args: Vec<_> = ["diff", "old.wat", "new.wat"].iter().chain(options).copied().collect();
        let ran = wattle_in(&folder(), &args, b"");
        assert_eq!((ran.code, &*ran.err), (Some(1), ""));
        let path = folder().join(golden);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &ran.out).unwrap();
        }
        pretty_assertions::assert_eq!(ran.out, std::fs::read_to_string(path).unwrap(), "{golden}");
    }
}

#[test]
fn exit_codes_are_those_of_diff() {
    assert_eq!(diff(b"(module)", b"(module)", &[]).code, Some(0));
    assert_eq!(diff(b"(module)", b"(module (func))", &[]).code, Some(1));
    assert_eq!(diff(b"(module)", b"(component)", &[]).code, Some(1));
    let ran = diff(b"(module", b"(module)", &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("error"), "{}", ran.err);
    assert_eq!(wattle(&["diff", "none", "none"], b"").code, Some(2));
    assert_eq!(diff(b"(module)", b"(module)", &["--nope"]).code, Some(2));
}

#[test]
fn indices_do_not_matter() {
    let old = b"(module (func $a (export \"a\") (call $b)) (func $b (drop (i32.const 7)))
        (global i32 (i32.const 1)) (table funcref (elem $a $b)))";
    let new = b"(module (func $b (drop (i32.const 7))) (func $a (export \"a\") (call $b))
        (global i32 (i32.const 1)) (table funcref (elem $a $b)))";
    let ran = diff(old, new, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.contains("only the order of items"), "{}", ran.out);
    // Without names, the files do not differ either.
    let old = b"(module (func (call 1)) (func (drop (i32.const 7))) (func (call 0)))";
    let new = b"(module (func (drop (i32.const 7))) (func (call 0)) (func (call 1)))";
    assert_eq!(diff(old, new, &[]).code, Some(0));
    // A call to another function makes a difference.
    let new = b"(module (func (drop (i32.const 7))) (func (call 0)) (func (call 0)))";
    assert_eq!(diff(old, new, &[]).code, Some(1));
}

#[test]
fn functions_correspond_by_name_then_as_equals_then_by_likeness() {
    let code = "(local i32) (drop (i32.const 1)) (drop (i64.const 2)) (drop (f32.const 3)) (drop (f64.const 4))
        (loop (br_if 0 (i32.eqz (local.get 0)))) (local.set 0 (i32.const 9)) (drop (i32.const 5))";
    let module = |funcs: &[(&str, &str)]| {
        let funcs = funcs.iter().map(|(name, code)| format!("(func {name} {code})"));
        format!("(module {})", funcs.collect::<String>())
    };
    let changed = code.replace("i64.const 2", "i64.const 3");
    let old = module(&[("$f", code), ("$g", "(drop (i32.const 8))"), ("$h", code)]);
    // `$f` has other code, `$g` another name, `$h` both.
    let new = module(&[("$i", &changed), ("$k", "(drop (i32.const 8))"), ("$f", "(nop)")]);
    let ran = diff(old.as_bytes(), new.as_bytes(), &["--json"]);
    assert_eq!(changes(&ran), ["func f f", "func g k", "func h i"]);
    let listing = ran.json();
    let by: Vec<_> =
        listing["changes"].as_array().unwrap().iter().map(|it| &it["matched_by"]).collect();
    assert_eq!(by, ["name", "equality", "similarity"]);
    assert_eq!(listing["changes"][1]["changed"], false);
    let lines = listing["changes"][2]["hunks"][0]["lines"].as_array().unwrap();
    let differ: Vec<_> = lines.iter().filter(|line| line["side"] != "both").collect();
    assert_eq!(
        (&differ[0]["text"], &differ[1]["text"]),
        (&"i64.const 2".into(), &"i64.const 3".into())
    );
    assert_eq!(listing["counts"]["func"]["renamed"], 1);
    // Symbols of Rust that differ only in their hashes are the same function.
    let name = |hash: &str| format!("$_ZN5alpha3foo17h{hash}E");
    let old = module(&[(&name("0123456789abcdef"), "(nop)")]);
    let new = module(&[(&name("fedcba9876543210"), "(nop)")]);
    assert_eq!(diff(old.as_bytes(), new.as_bytes(), &[]).code, Some(0));
}

#[test]
fn every_kind_of_item_is_compared() {
    let old =
        b"(module (import \"m\" \"f\" (func (param i32))) (import \"m\" \"gone\" (global i32))
        (type (func (param f64))) (tag $t (param i32)) (global $g i32 (i32.const 1)) (memory $m 1)
        (table $b 1 funcref) (func $s) (func $z (nop)) (start $s) (export \"e\" (func $s))
        (data $d (i32.const 0) \"abc\") (@custom \"c\" \"1\"))";
    let new = b"(module (import \"m\" \"f\" (func (param i64)))
        (type (func (param f32))) (tag $t (param i64)) (global $g i32 (i32.const 2)) (memory $m 1 2)
        (table $b 2 funcref) (func $s) (func $z (nop)) (start $z) (export \"e\" (func $z))
        (data $d (i32.const 4) \"abc\") (@custom \"c\" \"2\"))";
    let mut found = changes(&diff(old, new, &["--json"]));
    found.retain(|change| !change.starts_with("type"));
    assert_eq!(
        found,
        [
            "import \"m\" \"f\" \"m\" \"f\"",
            "import \"m\" \"gone\" -",
            "table b b",
            "memory m m",
            "global g g",
            "tag t t",
            "export \"e\" \"e\"",
            "start 0 0",
            "data d d",
            "custom \"c\" \"c\"",
        ]
    );
}

#[test]
fn components_are_compared_with_their_modules() {
    let old = b"(component (core module $a (func $f (drop (i32.const 1)))) (core module $b)
        (import \"x\" (func)))";
    let new = b"(component (core module $b) (core module $a (func $f (drop (i32.const 2))))
        (import \"y\" (func)))";
    let ran = diff(old, new, &[]);
    assert_eq!(ran.code, Some(1));
    for part in [
        "- (import \"x\"",
        "+ (import \"y\"",
        "in core module $a",
        "~ func 0 `$f`",
        "+ i32.const 2",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert!(!ran.out.contains("in core module $b"), "{}", ran.out);
    assert_eq!(diff(old, old, &[]).code, Some(0));
}

#[test]
fn colours_mark_sides() {
    let ran = diff(b"(module (func $f))", b"(module)", &["--color", "always"]);
    assert!(ran.out.contains("\x1b[31m- func 0 `$f`"), "{:?}", ran.out);
    assert!(!diff(b"(module (func $f))", b"(module)", &[]).out.contains('\x1b'));
}
