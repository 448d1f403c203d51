//! `wattle metadata`: what is added is shown, and everything else stays.

use crate::wattle;

const ADD: [&str; 14] = [
    "--name",
    "the name",
    "--language",
    "Rust=1.88",
    "--processed-by",
    "wattle",
    "--authors",
    "A <a@example.com>",
    "--licenses",
    "MIT",
    "--version",
    "1.2.3",
    "--homepage",
    "https://example.com",
];

fn add(input: &[u8], words: &[&str]) -> Vec<u8> {
    let ran = wattle(&[&["metadata", "add"], words].concat(), input);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.bytes
}

#[test]
fn what_is_added_is_shown() {
    for (input, kind) in [
        (&b"(module (func $f (export \"f\")))"[..], "module"),
        (b"(component (core module (func)) (component (type u8)) (type u8))", "component"),
    ] {
        let binary = wattle(&["parse"], input).bytes;
        let described = add(&binary, &ADD);
        let out = wattle(&["metadata", "show"], &described).out;
        let first = format!("{kind} at 0x0, {} bytes\n", described.len());
        assert!(out.starts_with(&first), "{out}");
        for row in [
            "  name           the name",
            "  language       Rust 1.88",
            "  processed-by   wattle",
            "  authors        A <a@example.com>",
            "  licenses       MIT",
            "  version        1.2.3",
        ] {
            assert!(out.lines().any(|line| line == row), "{row}\n{out}");
        }
        assert_eq!(wattle(&["validate"], &described).code, Some(0));
        let json = wattle(&["metadata", "show", "--json"], &described).json();
        assert_eq!(json[0]["producers"]["language"][0]["version"], "1.88");
        assert_eq!(json[0]["homepage"], "https://example.com");
        // What was there before is there, byte for byte.
        let bare = |bytes: &[u8]| wattle(&["strip", "--all"], bytes).bytes;
        assert_eq!(bare(&described), bare(&binary));
        // What is added again is replaced.
        let again = add(&described, &["--version", "2", "--language", "Rust=1.90", "--name", "n"]);
        let json = wattle(&["metadata", "show", "--json"], &again).json();
        assert_eq!(json[0]["version"], "2");
        assert_eq!(json[0]["producers"]["language"].as_array().unwrap().len(), 1);
        assert_eq!(json[0]["name"], "n");
        let less = add(&again, &["--version", "", "--name", ""]);
        let json = wattle(&["metadata", "show", "--json"], &less).json();
        assert!(json[0]["version"].is_null() && json[0]["name"].is_null(), "{json}");
    }
}

#[test]
fn what_is_inside_is_shown_under_its_path() {
    let input = br#"(component (core module $m) (component (core module $inner) (core module)))"#;
    let json = wattle(&["metadata", "show", "--json"], input).json();
    let paths: Vec<_> = json.as_array().unwrap().iter().map(|it| it["path"].as_str()).collect();
    assert_eq!(
        paths,
        [
            None,
            Some("core module 0"),
            Some("component 0"),
            Some("component 0, core module 0"),
            Some("component 0, core module 1"),
        ]
    );
    assert_eq!(json[3]["name"], "inner");
}

#[test]
fn nothing_to_add_is_wrong_usage() {
    assert_eq!(wattle(&["metadata", "add"], b"(module)").code, Some(2));
    assert_eq!(wattle(&["metadata", "add", "--sdk", "=1"], b"(module)").code, Some(2));
    let malformed = b"\0asm\x01\0\0\0\0\x0b\x09producers\x05";
    let ran = wattle(&["metadata", "add", "--sdk", "x=1"], malformed);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("the producers section of <stdin> is malformed"), "{ran:?}");
}
