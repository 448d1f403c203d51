//! The documents that show what the command says about faults: every message is as shown.

use wattle_tests::examples::{self, Example};

use crate::wattle_in;

/// What `wattle validate` says about an input.
fn message(example: &Example) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.wat"), &example.input).unwrap();
    let ran = wattle_in(folder.path(), &["validate", "m.wat"], b"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}: {ran:?}", example.title);
    ran.err
}

#[test]
fn mistakes_are_explained_as_shown() {
    let examples = examples::check("docs/mistakes.md", 0, message);
    assert!(examples.len() >= 75, "{}", examples.len());
}
