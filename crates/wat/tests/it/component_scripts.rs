//! The scripts of components, official ones and those of `wasm-tools`, as texts.

use std::fmt::Write;
use std::path::Path;

use wattle_ast::{Feature, Features};
use wattle_tests::suite;
use wattle_wat::script::{self, Assertion, DirectiveKind, Verdict};
use wattle_wat::{ParsedWasm, Parser};

/// Components that are well-formed for `wasm-tools`, and malformed here: the file and the beginning
/// of the error.
const REFUSED: &[(&str, &str)] = &[
    // In the type of a module, the use of a type states a result that the type does not have.
    ("instance-type.wast", "inline function type does not match explicit type"),
    // These need features of modules that Wattle does not have: shared functions, globals and
    // others.
    ("shared-everything-threads/builtins.wast", "unexpected token, expected a composite type"),
    ("shared-everything-threads/globals.wast", "unexpected token, expected a type"),
    ("shared-everything-threads/not-accepted.wast", "unexpected token, expected a type"),
    // The script has forms that `wasm-tools` accepts only with an environment variable.
    ("legacy-indices.wast", "unexpected token, expected"),
];

/// Components that scripts call malformed for a limit of `wasm-tools`: on nesting, and on the
/// results of a start function. Limits on components are for the validator.
const PARSED: &[&str] = &["very-nested.wast:1870", "start.wast:49"];

/// The features that a script has on: all but those that its first line turns off.
fn features(script: &str) -> Features {
    let first = script.lines().next().unwrap_or_default();
    let off = first.split([' ', '=', ',']).filter(|word| word.starts_with("-cm-"));
    let feature = |word: &str| Feature::ALL.iter().find(|it| it.to_string() == word[1..]).copied();
    off.filter_map(feature).fold(Features::ALL, |on, feature| on - feature.into())
}

fn file_of(path: &Path) -> String {
    let parts: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    format!("{}/{}", parts[1], parts[0])
}

#[test]
fn components_in_scripts_are_parsed_or_refused_as_the_scripts_say() {
    let (mut parsed, mut malformed, mut invalid, mut values) = (0, 0, [0, 0], 0);
    let mut wrong = String::new();
    for path in suite::component_files() {
        let source = std::fs::read(path).unwrap();
        let file = file_of(path);
        let script = script::parse(&source).unwrap_or_else(|errors| panic!("{file}: {errors}"));
        let text = std::str::from_utf8(&source).unwrap();
        let parser = Parser::new().features(features(text)).source_map(true).identifiers(true);
        for directive in &script.directives {
            if let DirectiveKind::AssertReturn { results, .. } = &directive.kind {
                values += results.len();
            }
            let Some(module) = directive.kind.module() else { continue };
            let Some(result) = module.parse_wasm(&parser) else { continue };
            let line = text[..directive.span.start].lines().count() + 1;
            if let Ok(ParsedWasm::Component(parsed)) = &result {
                assert_eq!(parsed.component.check(), Ok(()), "{file}:{line}");
            }
            let error = result.as_ref().err().map(|errors| errors.as_slice()[0].to_string());
            match (&directive.kind, error) {
                (DirectiveKind::Assert(Assertion { verdict: Verdict::Malformed, .. }), error) => {
                    match error {
                        Some(_) => malformed += 1,
                        None if PARSED
                            .iter()
                            .any(|place| format!("{file}:{line}").ends_with(place)) => {}
                        None => writeln!(wrong, "{file}:{line}: parsed").unwrap(),
                    }
                }
                (DirectiveKind::Assert(Assertion { verdict: Verdict::Invalid, .. }), error) => {
                    // Definitions must come before their uses; other parsers leave this rule to
                    // validation.
                    invalid[usize::from(error.is_some())] += 1;
                }
                (_, None) => parsed += 1,
                (_, Some(error)) => {
                    let is_known = REFUSED
                        .iter()
                        .any(|(name, begin)| file.ends_with(name) && error.starts_with(begin));
                    if !is_known {
                        writeln!(wrong, "{file}:{line}: {error}").unwrap();
                    }
                }
            }
        }
    }
    assert_eq!(wrong, "");
    assert_eq!((parsed, malformed, invalid, values), (678, 28, [1074, 53], 434));
}
