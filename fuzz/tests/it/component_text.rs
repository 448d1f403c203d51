//! Texts of components. They become the same bytes as with the peer, and printed texts are read as
//! the same components.

use wattle::ast::Wasm;
use wattle::wat::{ParsedWasm, Parser};
use wattle::{encoder, printer};
use wattle_tests::{components, suite};

/// The reasons why our bytes may differ from those of the peer, by a word of the text.
const DIFFERENT: &[(&str, &str)] = &[
    ("(value", "the peer leaves out the byte before the bound of a value"),
    ("shared", "the peer leaves out the byte of a built-in for shared functions"),
    ("thread.spawn", "the same byte"),
    ("thread.available-parallelism", "the same byte"),
    ("(@custom \"name\"", "identifiers win over a name section that is written out"),
];

/// Texts that the peer accepts and our parser refuses, by the beginning of the error.
const REFUSED: &[&str] = &[
    // A type that refers to itself.
    "unknown core type $t",
    "unknown type $t",
    // A type use, in the type of a module, with a result that the type lacks.
    "inline function type does not match explicit type",
    // Shared functions, globals and others.
    "unexpected token, expected a composite type",
    "unexpected token, expected a type",
    // An old keyword.
    "unknown operator thread.available_parallelism",
];

#[test]
fn texts_become_the_bytes_of_the_peer_and_are_read_as_printed() {
    let read = |path: &std::path::PathBuf| std::fs::read(path).unwrap();
    let scripts = suite::component_files().iter().flat_map(|path| components::texts(&read(path)));
    let files = components::texts_of_wit_component();
    let texts = scripts.chain(files.iter().map(|path| std::fs::read_to_string(path).unwrap()));
    let (mut equal, mut different, mut refused, mut both_refuse) = (0, 0, 0, 0);
    for text in texts {
        let ours = Parser::new().wasm(&text).map(ParsedWasm::into_wasm);
        if let Ok(Wasm::Component(component)) = &ours {
            let printed = printer::print_component(component);
            let again = Parser::new().component(&printed);
            let again = again.unwrap_or_else(|errors| panic!("{errors}:\n{printed}"));
            assert!(again.component == *component, "{text} as {printed}");
        }
        match (ours, wat::parse_str(&text)) {
            (Ok(ours), Ok(theirs)) => {
                if encoder::encode_wasm(&ours) == theirs {
                    equal += 1;
                    continue;
                }
                assert!(DIFFERENT.iter().any(|(word, _)| text.contains(word)), "{text}");
                different += 1;
            }
            (Err(errors), Ok(_)) => {
                let error = errors.as_slice()[0].to_string();
                assert!(REFUSED.iter().any(|begin| error.starts_with(begin)), "{error}: {text}");
                refused += 1;
            }
            (Ok(_), Err(error)) => panic!("only the peer refuses: {error}: {text}"),
            (Err(_), Err(_)) => both_refuse += 1,
        }
    }
    println!("{equal} equal, {different} different, {refused} refused, {both_refuse} by both");
    assert!(equal > 1800, "{equal}");
    assert!(different < 40 && refused < 20, "{different} {refused}");
}
