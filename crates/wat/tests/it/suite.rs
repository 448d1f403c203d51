//! Every module of the official suite that is text: it parses, or it is refused with the message
//! that the suite expects.

use wattle_ast::{Feature, Features};
use wattle_tests::forms::{self, Form};
use wattle_tests::suite::{self, Proposal, Source, SuiteFile};
use wattle_tests::table::Table;
use wattle_wat::Parser;

fn features(file: &SuiteFile) -> Features {
    match file.proposal() {
        None => Features::WASM3,
        Some(Proposal::Threads) => Features::WASM1 | Features::THREADS,
        Some(Proposal::LegacyExceptions) => Features::WASM3 | Features::LEGACY_EXCEPTIONS,
        Some(_) => Features::ALL,
    }
}

/// Messages of older versions of the suite, and the messages of the specification's own copy in
/// their place, by file.
const OUTDATED: [(&str, &str, &str); 2] = [
    ("simd_lane.wast", "wrong number of lane indices", "invalid lane length"),
    ("simd_lane.wast", "unexpected token", "i8 constant out of range"),
];

/// Whether a message is the one that a file expects.
fn is_expected(file: &SuiteFile, message: &str, expected: &str) -> bool {
    let outdated = |(name, old, new): &(&str, &str, &str)| {
        file.name == *name
            && file.source == Source::WasmTestsuite
            && expected.starts_with(old)
            && message.starts_with(new)
    };
    message.starts_with(expected) || OUTDATED.iter().any(outdated)
}

#[derive(Default)]
struct Outcome {
    parsed: u64,
    refused: u64,
    failures: Vec<String>,
}

impl Outcome {
    fn parses(&mut self, file: &SuiteFile, text: &str) {
        // `definition` belongs to scripts.
        let text = text.replacen("module definition", "module", 1);
        match Parser::new().features(features(file)).source_map(true).module(&text) {
            Ok(_) => self.parsed += 1,
            Err(errors) => {
                let at = errors.as_slice()[0].span;
                let window = text.get(at.start..text.len().min(at.start + 60));
                self.failures.push(format!("{file}: {errors} at {window:?}"));
            }
        }
    }

    fn refuses(&mut self, file: &SuiteFile, bytes: Vec<u8>, expected: &str) {
        let Ok(text) = String::from_utf8(bytes) else {
            // The caller of the parser checks this, since the parser takes text.
            assert!("malformed UTF-8 encoding".starts_with(expected), "{file}: {expected}");
            self.refused += 1;
            return;
        };
        match Parser::new().features(features(file)).module(&text) {
            Ok(_) => self.failures.push(format!("{file}: accepted, not {expected}: {text}")),
            Err(errors) if is_expected(file, &errors.to_string(), expected) => {
                self.refused += 1;
                // There must be no cascade: each module of the suite has a single fault.
                let all: Vec<_> = errors.into_iter().map(|error| error.to_string()).collect();
                if all.iter().any(|message| !is_expected(file, message, expected)) {
                    self.failures.push(format!("{file}: {all:?} in {text}"));
                }
            }
            Err(errors) => self.failures.push(format!("{file}: {errors}, not {expected}: {text}")),
        }
    }

    fn form(&mut self, file: &SuiteFile, text: &str, form: &Form) {
        let Some((module, source, phrase)) = form.directive() else { return };
        let text = match source {
            forms::Source::Text => text[module.span.clone()].as_bytes().to_vec(),
            forms::Source::Quote(bytes) => bytes,
            forms::Source::Binary(_) | forms::Source::Instance => return,
        };
        match phrase {
            Some(phrase) => self.refuses(file, text, std::str::from_utf8(phrase).unwrap()),
            None => self.parses(file, std::str::from_utf8(&text).unwrap()),
        }
    }
}

#[test]
fn modules_parse_or_are_refused_as_the_suite_says() {
    let mut table = Table::new(["parsed", "refused", "failures"]);
    let mut failures = Vec::new();
    for file in suite::files() {
        let text = String::from_utf8(file.read()).unwrap();
        let mut outcome = Outcome::default();
        // The one script without directives is a module's fields alone.
        for form in forms::read(text.as_bytes()) {
            outcome.form(file, &text, &form);
        }
        let count = outcome.failures.len() as u64;
        table.add(&file.dir, [outcome.parsed, outcome.refused, count]);
        failures.extend(outcome.failures);
    }
    print!("{table}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(table.total()[..2], suite::pinned([6322, 1600], [5107, 1232]));
}

#[test]
fn the_features_of_a_file_are_known_to_the_table() {
    // A preset that lost its proposal would let the modules above fail for the wrong reason.
    assert!(Features::ALL.contains(Feature::CustomDescriptors));
    assert!(!Features::WASM3.contains(Feature::LegacyExceptions));
}
