//! `wattle metadata`: shown, set and removed, with every other byte as it was.

use crate::wattle;

const COMPONENT: &[u8] = br#"(component $outer
  (core module $submodule (@producers (language "C" "11")))
  (component (core module (@name "another submodule") (@custom "version" "9"))))"#;

#[test]
fn a_component_is_shown_with_what_is_inside() {
    let out = wattle(&["metadata", "show"], COMPONENT).out;
    let lines: Vec<_> = out.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "component outer",
            "  module submodule",
            "    language",
            "  component",
            "    module another submodule",
            "      version",
        ]
    );
    assert!(out.contains("language: C 11") && out.contains("version: 9"), "{out}");
    let binary = wattle(&["parse"], COMPONENT).bytes;
    let json = wattle(&["metadata", "show", "--json"], &binary).json();
    assert_eq!((&json[0]["end"], &json[0]["name"]), (&binary.len().into(), &"outer".into()));
    assert_eq!((&json[1]["depth"], &json[1]["kind"]), (&1.into(), &"module".into()));
    assert_eq!(json[1]["producers"][0]["values"][0]["version"], "11");
    assert_eq!(json[3]["about"]["version"], "9");
    for row in json.as_array().unwrap() {
        let at = row["start"].as_u64().unwrap() as usize;
        assert!(binary[at..].starts_with(b"\0asm"), "{row}");
    }
}

#[test]
fn what_is_added_replaces_what_was_there() {
    let add = |args: &[&str], input: &[u8]| {
        let ran = wattle(&[&["metadata", "add"], args].concat(), input);
        assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{args:?}");
        ran.bytes
    };
    let show = |input: &[u8]| wattle(&["metadata", "show", "--json"], input).json()[0].clone();
    for (text, own) in [
        (&b"(module $old (func $f))"[..], "(func $f"),
        (b"(component $old (core module $m))", "$m"),
    ] {
        let plain = wattle(&["parse"], text).bytes;
        let args = ["--name", "new", "--language", "bar=1", "--sdk", "kit", "--version", "1.2.3"];
        let first = add(&args, &plain);
        let shown = show(&first);
        assert_eq!((&shown["name"], &shown["about"]["version"]), (&"new".into(), &"1.2.3".into()));
        assert_eq!(shown["producers"][1]["values"][0]["name"], "kit");
        assert!(wattle(&["print"], &first).out.contains(own), "other names stay");
        let second = add(&["--language", "bar=2", "--language", "foo", "--version", "2"], &first);
        let shown = show(&second);
        let languages = shown["producers"][0]["values"].as_array().unwrap();
        assert_eq!((languages.len(), &languages[0]["version"]), (2, &"2".into()));
        assert_eq!((&shown["name"], &shown["about"]["version"]), (&"new".into(), &"2".into()));
        // What was added can be taken away again.
        let third = add(&["--clear", "version", "--name", "old"], &second);
        let third = wattle(&["strip", "--delete", "^producers$"], &third).bytes;
        assert_eq!(third, plain);
        assert!(show(&add(&["--clear", "name"], &plain))["name"].is_null());
        assert_eq!(wattle(&["validate"], &second).code, Some(0));
    }
}

#[test]
fn sections_that_would_point_elsewhere_are_left_out() {
    let text = b"(module (@custom \"sourceMappingURL\" (before first) \"\\01m\") (@custom \"version\" (before first) \"1\") (func))";
    let ran = wattle(&["metadata", "add", "--version", "1.10"], text);
    assert!(ran.err.contains("sourceMappingURL is left out"), "{}", ran.err);
    assert!(!wattle(&["objdump"], &ran.bytes).out.contains("sourceMappingURL"));
    // Behind everything nothing moves.
    let ran = wattle(&["metadata", "add", "--homepage", "x"], text);
    assert_eq!(ran.err, "");
}

#[test]
fn what_is_malformed_is_said() {
    let text = b"(module (@custom \"authors\" \"\\ff\") (@custom \"producers\" \"\\09\"))";
    let out = wattle(&["metadata", "show"], text).out;
    assert!(out.contains("authors: malformed: malformed UTF-8 encoding"), "{out}");
    assert!(out.contains("producers: malformed: "), "{out}");
    assert_eq!(wattle(&["metadata", "add", "--sdk", "x=1"], text).code, Some(1));
    assert_eq!(wattle(&["metadata", "add", "--authors", "me"], text).code, Some(0));
    for wrong in [&["--clear", "title"][..], &["--clear", "name", "--name", "x"]] {
        let ran = wattle(&[&["metadata", "add"], wrong].concat(), b"(module)");
        assert_eq!(ran.code, Some(2), "{wrong:?}");
    }
}
