//! The documents that show messages about faults: the command prints every message as shown.

use wattle_tests::examples::{self, Example};

use crate::wattle_in;

/// Returns the messages of `wattle validate` about an input. `language` is followed by options.
fn message(example: &Example) -> String {
    let mut words = example.language.split(' ');
    let (file, bytes) = match words.next() {
        Some("hex") => {
            let bytes = example.input.split_whitespace();
            let bytes = bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap());
            ("m.wasm", bytes.collect())
        }
        _ => ("m.wat", example.input.clone().into_bytes()),
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), bytes).unwrap();
    let args: Vec<_> = ["validate", file].into_iter().chain(words).collect();
    let ran = wattle_in(folder.path(), &args, b"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}: {ran:?}", example.title);
    ran.err
}

#[test]
fn mistakes_are_explained_as_shown() {
    let examples = examples::check("docs/mistakes.md", 0, message);
    assert!(examples.len() >= 75, "{}", examples.len());
}

#[test]
fn errors_are_as_shown() {
    let examples = examples::check("docs/errors.md", 0, message);
    assert!(examples.len() >= 75, "{}", examples.len());
}
