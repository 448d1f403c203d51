//! Every component of the official scripts: valid ones pass, invalid ones are refused with the
//! phrase that the scripts expect, whole and part by part.

use wattle_ast::Features;
use wattle_ast::components::Component;
use wattle_encoder::encode_component;
use wattle_parser::components::Parser;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::suite;
use wattle_validator::components::{ComponentTypes, Validator, features_used_of};
use wattle_validator::{ErrorKind, Errors};
use wattle_wat::script::{self, ModuleSource};

/// The features that the official scripts are run with.
fn features() -> Features {
    Features::parse("all,-cm-nested-names").unwrap()
}

/// Official phrases for which this validator has other messages.
const OTHER_WORDS: &[&str] = &[
    // These say where a parser of names stopped.
    "expected `/` after package name",
    "trailing characters found",
    "`` is not in kebab case",
    // The scripts expect this phrase where a result is found and none is expected.
    "expected a result, found none",
    // The name that conflicts is `FOOB-ar`.
    "import name `foob-ar` conflicts with previous name `foo-bar`",
];

/// Validates a component whole and part by part, and checks that both verdicts are the same.
fn verdict(component: &Component<'_>) -> Result<ComponentTypes, Errors> {
    let whole = Validator::new().features(features()).component(component);
    let bytes = encode_component(component);
    let mut stream = Validator::new().features(features());
    for event in Parser::new().features(features()).events(&bytes) {
        let _ = stream.event(&event.expect("what was encoded"));
    }
    let streamed = stream.finish();
    let messages = |verdict: &Result<ComponentTypes, Errors>| match verdict {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| error.kind.to_string()).collect::<Vec<_>>(),
    };
    assert_eq!(messages(&whole), messages(&streamed));
    whole
}

#[derive(Default, Debug)]
struct Outcome {
    valid: u64,
    invalid: u64,
    /// The number of components that the parser of the text format already refuses.
    refused: u64,
    other_words: u64,
    unsupported: u64,
    failures: Vec<String>,
}

impl Outcome {
    fn check(&mut self, place: &str, component: &Component<'_>, expected: Option<&str>) {
        match (verdict(component), expected) {
            (Ok(types), None) => {
                // Every type can be shown.
                assert!(
                    types.imports().chain(types.exports()).all(|it| !it.to_string().is_empty())
                );
                // The features that are reported as used are enough.
                let used = features_used_of(&component.clone().into()).into_iter();
                let used = used.map(|(feature, _)| Features::of(feature).with_implied());
                let used = used.fold(Features::WASM1, |all, feature| all | feature);
                if let Err(errors) = Validator::new().features(used).component(component) {
                    self.failures.push(format!("{place}: {errors} with {used:?}"));
                }
                self.valid += 1;
            }
            (Ok(_), Some(phrase)) => {
                self.failures.push(format!("{place}: accepted, not {phrase}"));
            }
            (Err(errors), None) => match errors.first().kind {
                ErrorKind::Unsupported(_) => self.unsupported += 1,
                _ => self.failures.push(format!("{place}: valid, but {errors}")),
            },
            (Err(errors), Some(phrase)) => {
                let has_phrase = errors.iter().any(|error| error.to_string().contains(phrase));
                if has_phrase {
                    self.invalid += 1;
                } else if OTHER_WORDS.iter().any(|other| phrase.contains(other)) {
                    self.other_words += 1;
                } else {
                    self.failures.push(format!("{place}: not {phrase} but {errors}"));
                }
            }
        }
    }
}

#[test]
fn the_official_scripts_are_judged_as_they_ask() {
    let mut outcome = Outcome::default();
    for path in suite::component_files() {
        let name = path.display().to_string();
        if !name.contains("component-model/test") {
            continue;
        }
        let source = std::fs::read(path).unwrap();
        let script = script::parse(&source).unwrap_or_else(|errors| panic!("{name}: {errors}"));
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        for (module, expected) in found {
            let expected = match expected {
                Expected::Valid => None,
                Expected::Invalid(phrase) => Some(phrase),
                Expected::Malformed(_) | Expected::MalformedCustom(_) => continue,
            };
            let line = source[..module.span.start].iter().filter(|&&byte| byte == b'\n').count();
            let place = format!("{name}:{}", line + 1);
            if !module.is_component {
                continue;
            }
            if let ModuleSource::Binary(bytes) = &module.source {
                match Parser::new().features(features()).component(bytes) {
                    Ok(component) => outcome.check(&place, &component, expected),
                    Err(error) => outcome.failures.push(format!("{place}: {error}")),
                }
                continue;
            }
            match module.parse_wasm(&wattle_wat::Parser::new().features(features())) {
                Some(Ok(parsed)) => {
                    let wasm = parsed.into_wasm();
                    let component = wasm.component().expect("a component");
                    outcome.check(&place, component, expected);
                }
                Some(Err(_)) if expected.is_some() => outcome.refused += 1,
                Some(Err(errors)) => outcome.failures.push(format!("{place}: {errors}")),
                None => {}
            }
        }
    }
    let Outcome { valid, invalid, refused, other_words, unsupported, failures } = outcome;
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!((valid, invalid, refused, other_words, unsupported), (320, 380, 0, 5, 0));
}
