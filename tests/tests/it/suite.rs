//! The modules of the official suite go through text, tree and bytes and back; its malformed
//! modules are refused with the expected phrase.

use std::collections::BTreeMap;

use wattle::ast::{Event, Features, Module};
use wattle::parser::Parser;
use wattle::printer::Config;
use wattle::wat::script::{ModuleSource, ScriptModule};
use wattle::{encoder, wat};
use wattle_tests::features::features;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::pieces::parse_in_pieces;
use wattle_tests::suite::{self, SuiteFile};
use wattle_tests::table::Table;

/// Inputs for which two versions of the suite expect different phrases: the file, our phrase, and
/// the other phrase.
const TWO_PHRASES: &[(&str, &str, &str)] = &[
    ("simd_lane.wast", "invalid lane length", "wrong number of lane indices"),
    ("simd_lane.wast", "i8 constant out of range", "unexpected token"),
];

/// Checks that text in each style leads from a well-formed module back to the same bytes, tree and
/// text.
fn round_trip(module: &Module<'_>, features: Features) -> Result<(), String> {
    let bytes = encoder::encode_canonical(module);
    let parser = || Parser::new().features(features);
    let tree = parser().module(&bytes).map_err(|error| format!("own bytes: {error}"))?;
    for config in [Config::new(), Config::new().fold(true), Config::new().indent(0)] {
        let text = config.print(&tree);
        let parsed = wat::Parser::new().features(features).module(&text);
        let parsed = parsed.map_err(|errors| format!("own text: {errors}\n{text}"))?.module;
        if encoder::encode(&parsed) != bytes {
            return Err(format!("text leads to other bytes\n{text}"));
        }
        if parsed != tree {
            return Err(format!("text leads to another tree\n{text}\n{parsed:?}\n{tree:?}"));
        }
        if config.print(&parsed) != text {
            return Err(format!("printing is not idempotent\n{text}\n{}", config.print(&parsed)));
        }
    }
    Ok(())
}

/// Checks that the bytes of a module that came from text lead to the same tree.
fn text(module: &Module<'_>, features: Features) -> Result<(), String> {
    let bytes = encoder::encode(module);
    match Parser::new().features(features).module(&bytes) {
        Ok(tree) if tree == *module => round_trip(module, features),
        Ok(tree) => Err(format!("bytes lead to another tree\n{module:?}\n{tree:?}")),
        Err(error) => Err(format!("own bytes: {error}")),
    }
}

/// Checks that a binary is encoded to the same bytes, and that its events do not depend on pieces.
/// The outer error says that it is malformed, the inner error that Wattle is wrong.
fn binary(bytes: &[u8], features: Features) -> Result<Result<(), String>, String> {
    let parser = || Parser::new().features(features);
    for size in [1, 7, 4096] {
        let (whole, pieces) =
            (in_pieces(bytes, usize::MAX, features), in_pieces(bytes, size, features));
        if whole != pieces {
            return Ok(Err(format!("pieces of {size} differ:\n{whole:?}\n{pieces:?}")));
        }
    }
    let module = parser().module(bytes).map_err(|error| error.to_string())?;
    if encoder::encode(&module) != bytes {
        return Ok(Err("the encoder changed bytes".to_owned()));
    }
    Ok(round_trip(&module, features))
}

/// The events as text, and the end of the parse.
fn in_pieces(bytes: &[u8], size: usize, features: Features) -> Vec<String> {
    let mut seen = Vec::new();
    let see = |event: Event<'_>| seen.push(format!("{event:?}"));
    let end = parse_in_pieces(bytes, features, || size, see);
    seen.push(format!("{end:?}"));
    seen
}

/// Checks a module from its source. The outer error says that the module is malformed, the inner
/// error that Wattle is wrong.
fn source(module: &ScriptModule<'_>, features: Features) -> Result<Result<(), String>, String> {
    match (&module.source, module.parse(&wat::Parser::new().features(features))) {
        (ModuleSource::Binary(bytes), _) => binary(bytes, features),
        (_, Some(Ok(parsed))) => Ok(text(&parsed.module, features)),
        (_, Some(Err(errors))) => Err(errors.to_string()),
        (_, None) => Ok(Err("a text that is not parsed".to_owned())),
    }
}

/// Checks one module; the error describes the fault of Wattle.
fn check(
    file: &SuiteFile,
    module: &ScriptModule<'_>,
    expected: &Expected<'_>,
) -> Result<(), String> {
    match (expected, source(module, features(file))) {
        (Expected::Valid | Expected::Invalid(_), Ok(result)) => result,
        (Expected::Valid | Expected::Invalid(_), Err(error)) => {
            Err(format!("must be well-formed: {error}"))
        }
        (Expected::Malformed(phrase) | Expected::MalformedCustom(phrase), Err(error)) => {
            let other = TWO_PHRASES.iter().any(|(name, ours, theirs)| {
                file.name == *name && error.starts_with(ours) && phrase == theirs
            });
            match error.starts_with(phrase) || other {
                true => Ok(()),
                false => Err(format!("expected {phrase:?}, got {error:?}")),
            }
        }
        (Expected::Malformed(phrase) | Expected::MalformedCustom(phrase), Ok(result)) => {
            result.and_then(|()| Err(format!("must be malformed: {phrase}")))
        }
    }
}

#[test]
fn every_module() {
    let mut table = Table::new(["files", "text", "binary", "quote", "malformed"]);
    let mut failures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in suite::files() {
        let bytes = file.read();
        let script = match wat::script::parse(&bytes) {
            Ok(script) => script,
            Err(errors) => panic!("{file}: {errors}"),
        };
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        table.add(&file.dir, [1, 0, 0, 0, 0]);
        for (module, expected) in &found {
            let row = match (&module.source, expected) {
                (_, Expected::Malformed(_) | Expected::MalformedCustom(_)) => [0, 0, 0, 0, 1],
                (ModuleSource::Text(_), _) => [0, 1, 0, 0, 0],
                (ModuleSource::Binary(_), _) => [0, 0, 1, 0, 0],
                (ModuleSource::Quote(_), _) => [0, 0, 0, 1, 0],
            };
            table.add(&file.dir, row);
            if let Err(why) = check(file, module, expected) {
                let line = 1 + bytes[..module.span.start].iter().filter(|&&b| b == b'\n').count();
                let entry = failures.entry(file.to_string()).or_default();
                entry
                    .push(format!("{file}:{line}: {}", why.chars().take(3000).collect::<String>()));
            }
        }
    }
    println!("{table}");
    for (file, ours, theirs) in TWO_PHRASES {
        println!("two phrases for one input: {file}: {ours:?} and {theirs:?}");
    }
    assert_eq!(
        table.total(),
        suite::pinned([313, 6305, 239, 18, 2858], [267, 5092, 153, 16, 2170])
    );
    let count: usize = failures.values().map(Vec::len).sum();
    let shown: Vec<_> = failures.into_values().flat_map(|all| all.into_iter().take(12)).collect();
    assert!(count == 0, "{count} failures, among them:\n{}", shown.join("\n\n"));
}
