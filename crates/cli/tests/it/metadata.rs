//! `wattle metadata`: metadata is shown, set and removed, and every other byte stays as it was.

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
        // Metadata that was added can be removed again.
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
    // A section behind all others does not move anything.
    let ran = wattle(&["metadata", "add", "--homepage", "https://x"], text);
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

/// A module with a section of packages.
fn with_packages(section: &[u8]) -> Vec<u8> {
    let bytes: String = section.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(module (@custom \".dep-v0\" \"{bytes}\"))").into_bytes()
}

#[test]
fn packages_are_shown() {
    let list = r#"{"packages":[{"name":"adler","version":"0.2.3","source":"registry"},
        {"name":"cc","version":"1.0.1","source":"local","kind":"build"}]}"#;
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(list.as_bytes(), 6);
    let module = with_packages(&packed);
    let out = wattle(&["metadata", "show"], &module).out;
    assert!(out.contains("  package: adler 0.2.3 registry\n"), "{out}");
    assert!(out.contains("  package: cc 1.0.1 local build\n"), "{out}");
    let json = wattle(&["metadata", "show", "--json"], &module).json();
    assert_eq!(json[0]["dependencies"]["packages"][1]["kind"], "build");
    // A list that unpacks to too many bytes is refused.
    let zeros = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; 9 << 20], 6);
    for (section, why) in [
        (&zeros[..], "longer than 8 MiB"),
        (&packed[..9], "cannot be unpacked"),
        (b"", "cannot be unpacked"),
        (&miniz_oxide::deflate::compress_to_vec_zlib(b"\xff", 6), "malformed UTF-8 encoding"),
        (&miniz_oxide::deflate::compress_to_vec_zlib(b"{", 6), "malformed JSON"),
    ] {
        let out = wattle(&["metadata", "show"], &with_packages(section)).out;
        assert!(out.contains(".dep-v0: malformed: ") && out.contains(why), "{why}: {out}");
    }
}

#[test]
fn licenses_are_expressions_and_addresses_are_urls() {
    let add = |option: &str, value: &str| wattle(&["metadata", "add", option, value], b"(module)");
    for (option, value) in [
        ("--licenses", "Apache-2.0 WITH LLVM-exception OR MIT"),
        ("--homepage", "https://example.org/a"),
        ("--source", "git+ssh:x"),
    ] {
        let ran = add(option, value);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(wattle(&["metadata", "show"], &ran.bytes).out.contains(value));
    }
    let ran = add("--licenses", "MIT OR Unheard");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("expression of SPDX") && ran.err.contains("unknown"), "{}", ran.err);
    for wrong in ["example.org", "https://a b", ":x"] {
        assert_eq!(add("--homepage", wrong).code, Some(2), "{wrong}");
    }
    // An expression in a file is shown even if it is invalid.
    let out =
        wattle(&["metadata", "show"], b"(module (@custom \"licenses\" \"MIT OR Unheard\"))").out;
    assert!(out.contains("licenses: MIT OR Unheard\n"), "{out}");
    assert!(out.contains("licenses: this is not an expression of SPDX: unknown"), "{out}");
}
