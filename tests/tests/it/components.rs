//! The binary components in the official scripts and in those of `wasm-tools`.

use std::collections::BTreeSet;

use wattle::ast::Error;
use wattle::ast::components::Component;
use wattle::encoder::{encode_component, encode_component_canonical};
use wattle::{Features, parser};
use wattle_tests::components::binaries;
use wattle_tests::{forms, suite};

/// A script that expects a component to be malformed because of a limit of `wasm-tools`, on the
/// results of a start function. Here the validator checks limits on components.
const LIMIT: &str = "values/start.wast";

/// The messages of the scripts that ours do not begin with, and our messages. `wasm-tools` fails
/// some of these scripts too, since its own words have changed.
const OTHER_WORDS: [(&str, &str); 8] = [
    // The official suite of modules has another phrase.
    (
        "section out of order",
        "unexpected content after last section (the type section must be before the data section)",
    ),
    // With all features on, these components have other errors.
    (
        "invalid leading byte (0x2e) for canonical function",
        "unexpected end-of-file (its section ends here)",
    ),
    ("the `cm-implements` feature is not active", "unexpected end-of-file (its section ends here)"),
    // The sort of an alias is read before its target, which decides the sorts that are allowed.
    (
        "exact type is not allowed in core export aliases",
        "invalid leading byte (0x20) for core sort",
    ),
    (
        "invalid leading byte (0x13) for component outer alias kind",
        "invalid leading byte (0x13) for core sort",
    ),
    (
        "invalid leading byte (0x5) for component outer alias kind",
        "invalid leading byte (0x5) for core sort",
    ),
    (
        "invalid leading byte (0x6) for component outer alias kind",
        "invalid leading byte (0x6) for component external kind",
    ),
    // The fault is in a core type.
    ("invalid leading byte", "malformed definition type"),
];

fn read(bytes: &[u8]) -> Result<Component<'_>, Error> {
    parser::components::Parser::new().features(Features::ALL).component(bytes)
}

#[test]
fn components_of_the_scripts_are_read_and_written_or_refused() {
    let (mut read_again, mut refused) = (0, 0);
    let mut other_words = BTreeSet::new();
    for path in suite::component_files() {
        let script = std::fs::read(path).unwrap();
        for binary in binaries(&forms::read(&script)) {
            let place = path.display();
            match read(&binary.bytes) {
                Ok(component) => {
                    let may = !binary.is_malformed || path.ends_with(LIMIT);
                    assert!(may, "{place}: {:x?} is read", binary.bytes);
                    assert_eq!(component.check(), Ok(()));
                    assert_eq!(encode_component(&component), binary.bytes, "{place}");
                    let shortest = encode_component_canonical(&component);
                    assert_eq!(read(&shortest).as_ref(), Ok(&component), "{place}");
                    assert!(shortest.len() <= binary.bytes.len());
                    read_again += 1;
                }
                Err(error) => {
                    assert!(binary.is_malformed, "{place}: {error}: {:x?}", binary.bytes);
                    if !error.to_string().starts_with(&binary.message) {
                        other_words.insert((binary.message, error.reason()));
                    }
                    refused += 1;
                }
            }
        }
    }
    assert_eq!((read_again, refused), (60, 92));
    let expected = OTHER_WORDS.map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned()));
    assert_eq!(other_words, expected.into());
}
