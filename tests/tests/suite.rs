//! The official suite's modules, through text, tree and bytes and back; its malformed modules,
//! refused with the phrase that it expects.

use std::collections::BTreeMap;

use wattle::ast::{Features, Module};
use wattle::parser::Parser;
use wattle::printer::Config;
use wattle::wat::script::{
    Directive, DirectiveKind, Execution, Instantiation, ModuleSource, ScriptModule,
};
use wattle::{encoder, wat};
use wattle_tests::features::features;
use wattle_tests::suite::{self, SuiteFile};
use wattle_tests::table::Table;

/// Inputs for which two versions of the suite expect different phrases: file, ours, the other's.
const TWO_PHRASES: &[(&str, &str, &str)] = &[];

/// What a module of a script is expected to be.
enum Expected<'a> {
    WellFormed,
    Malformed(&'a str),
    /// Its custom sections or annotations are malformed, itself not.
    MalformedCustom(&'a str),
}

fn modules<'s, 'a>(directives: &'s [Directive<'a>], found: &mut Vec<(&'s ScriptModule<'a>, Expected<'s>)>) {
    use DirectiveKind::*;
    for directive in directives {
        let (module, expected) = match &directive.kind {
            Module(module) | Definition(module) => (module, Expected::WellFormed),
            AssertMalformed { module, message } => (module, Expected::Malformed(&message.text)),
            AssertMalformedCustom { module, message } => {
                (module, Expected::MalformedCustom(&message.text))
            }
            AssertInvalid { module, .. } | AssertInvalidCustom { module, .. } => {
                (module, Expected::WellFormed)
            }
            AssertUnlinkable { instantiation: Instantiation::Module(module), .. } => {
                (module, Expected::WellFormed)
            }
            AssertTrap { execution: Execution::Instantiation(Instantiation::Module(module)), .. } => {
                (module, Expected::WellFormed)
            }
            Thread(thread) => {
                modules(&thread.directives, found);
                continue;
            }
            _ => continue,
        };
        found.push((module, expected));
    }
}

/// A module that must be well-formed: every way around gives the same bytes, tree and text.
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

/// A text: its tree is the tree of its bytes.
fn text(text: &[u8], features: Features) -> Result<Result<(), String>, String> {
    let malformed = |error: &dyn std::fmt::Display| error.to_string();
    let text = std::str::from_utf8(text).map_err(|_| "malformed UTF-8 encoding".to_owned())?;
    let parsed = wat::Parser::new().features(features).module(text);
    let module = parsed.map_err(|errors| malformed(&errors))?.module;
    let bytes = encoder::encode(&module);
    let same = match Parser::new().features(features).module(&bytes) {
        Ok(tree) if tree == module => round_trip(&module, features),
        Ok(tree) => Err(format!("bytes lead to another tree\n{module:?}\n{tree:?}")),
        Err(error) => Err(format!("own bytes: {error}")),
    };
    Ok(same)
}

/// A binary: it comes out as it went in, whatever the pieces it came in.
fn binary(bytes: &[u8], features: Features) -> Result<Result<(), String>, String> {
    let parser = || Parser::new().features(features);
    let outcome = |error: &dyn std::fmt::Display| error.to_string();
    for size in [1, 7, 4096] {
        let (whole, pieces) = (in_pieces(bytes, usize::MAX, features), in_pieces(bytes, size, features));
        if whole != pieces {
            return Ok(Err(format!("pieces of {size} differ:\n{whole:?}\n{pieces:?}")));
        }
    }
    let module = parser().module(bytes).map_err(|error| outcome(&error))?;
    if encoder::encode(&module) != bytes {
        return Ok(Err("the encoder changed bytes".to_owned()));
    }
    Ok(round_trip(&module, features))
}

/// Events, written out, and the error at the end.
fn in_pieces(bytes: &[u8], size: usize, features: Features) -> Vec<String> {
    use wattle::parser::Step;
    let mut parser = Parser::new().features(features);
    let (mut start, mut end) = (0, 0);
    let mut seen = Vec::new();
    loop {
        match parser.next(&bytes[start..end], end == bytes.len()) {
            Ok(Step::Event(event)) => {
                start += event.bytes.len();
                seen.push(format!("{event:?}"));
            }
            Ok(Step::NeedMore(_)) => end = bytes.len().min(end.saturating_add(size)),
            Ok(Step::End) => return seen,
            Err(error) => {
                seen.push(format!("{error:?}"));
                return seen;
            }
        }
    }
}

fn source(module: &ScriptModule<'_>, features: Features) -> Result<Result<(), String>, String> {
    match &module.source {
        ModuleSource::Text(form) => text(form.as_bytes(), features),
        ModuleSource::Quote(quoted) => text(quoted, features),
        ModuleSource::Binary(bytes) => binary(bytes, features),
    }
}

/// Checks one module; the error says what is wrong with us.
fn check(file: &SuiteFile, module: &ScriptModule<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let outcome = source(module, features(file));
    match (expected, outcome) {
        (Expected::WellFormed, Ok(result)) => result,
        (Expected::WellFormed, Err(error)) => Err(format!("must be well-formed: {error}")),
        (Expected::Malformed(phrase) | Expected::MalformedCustom(phrase), Err(error)) => {
            let other = TWO_PHRASES.iter().any(|(name, ours, theirs)| {
                file.name == *name && error.starts_with(ours) && phrase == theirs
            });
            match error.starts_with(phrase) || other {
                true => Ok(()),
                false => Err(format!("expected {phrase:?}, got {error:?}")),
            }
        }
        (Expected::Malformed(phrase) | Expected::MalformedCustom(phrase), Ok(_)) => {
            Err(format!("must be malformed: {phrase}"))
        }
    }
}

#[test]
fn every_module() {
    if let Some(notice) = suite::notice() {
        println!("{notice}");
    }
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
                let entry = failures.entry(file.dir.clone()).or_default();
                entry.push(format!("{file}:{line}: {}", why.chars().take(3000).collect::<String>()));
            }
        }
    }
    println!("{table}");
    for (file, ours, theirs) in TWO_PHRASES {
        println!("two phrases for one input: {file}: {ours:?} and {theirs:?}");
    }
    let count: usize = failures.values().map(Vec::len).sum();
    let shown: Vec<_> = failures.into_values().flatten().take(40).collect();
    assert!(count == 0, "{count} failures, among them:\n{}", shown.join("\n\n"));
}
