//! Every module of the official suite: valid ones pass, invalid ones are refused with the phrase
//! that the suite expects, whole and item by item.

use wattle_ast::{Features, Module};
use wattle_parser::Parser;
use wattle_tests::features::features;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::suite::{self, SuiteFile};
use wattle_tests::table::Table;
use wattle_validator::{ErrorKind, Errors, Validator, features_used};
use wattle_wat::script::{self, ModuleSource};

#[derive(Default)]
struct Outcome {
    valid: u64,
    invalid: u64,
    unsupported: u64,
    failures: Vec<String>,
}

/// Validates a module whole and item by item, and checks that both verdicts are the same.
fn verdict(module: &Module<'_>, features: Features) -> Result<(), Errors> {
    let validator = || Validator::new().features(features);
    let whole = validator().module(module);
    let mut stream = validator();
    let failed = module.items().filter(|item| stream.item(item).is_err()).count();
    let streamed = stream.finish();
    assert_eq!(failed > 0, streamed.is_err(), "{streamed:?}");
    assert_eq!(whole.is_ok(), streamed.is_ok(), "{whole:?}\n{streamed:?}");
    if whole.is_ok() {
        let used = features_used(module).into_iter().map(|(feature, _)| feature);
        // A cast that only custom descriptors permit has the same instruction as any other cast.
        let lenient = features & Features::CUSTOM_DESCRIPTORS;
        let used = used.collect::<Features>() | Features::MVP | lenient;
        let again = Validator::new().features(used.with_implied()).module(module);
        assert!(again.is_ok(), "{again:?} with {used:?} only");
    }
    whole.map(drop)
}

impl Outcome {
    fn check(&mut self, place: String, module: &Module<'_>, expected: Option<&str>, on: Features) {
        let outcome = verdict(module, on);
        match (expected, outcome) {
            (_, Err(errors)) if matches!(errors.first().kind, ErrorKind::Unsupported(_)) => {
                self.unsupported += 1;
            }
            (None, Ok(())) => self.valid += 1,
            (None, Err(errors)) => self.failures.push(format!("{place}: valid, but {errors}")),
            (Some(expected), Ok(())) => {
                self.failures.push(format!("{place}: accepted, not {expected}"));
            }
            (Some(expected), Err(errors)) => {
                let is_expected = |message: &str| message.starts_with(expected);
                // There must be no cascade. An error in another section has a cause of its own.
                let section = errors.first().path.section;
                let same = errors.iter().filter(|error| error.path.section == section);
                let mut messages = same.map(ToString::to_string);
                match messages.find(|message| !is_expected(message)) {
                    None if !errors.first().is_malformed() => self.invalid += 1,
                    other => {
                        self.failures.push(format!("{place}: not {expected} but {other:?}"));
                    }
                }
            }
        }
    }
}

fn run(file: &SuiteFile) -> Outcome {
    let mut outcome = Outcome::default();
    let bytes = file.read();
    let features = features(file);
    let script = match script::parse(&bytes) {
        Ok(script) => script,
        Err(errors) => panic!("{file}: {errors}"),
    };
    let mut found = Vec::new();
    modules(&script.directives, &mut found);
    for (module, expected) in found {
        let expected = match expected {
            Expected::Valid => None,
            Expected::Invalid(phrase) => Some(phrase),
            Expected::Malformed(_) | Expected::MalformedCustom(_) => continue,
        };
        let line = bytes[..module.span.start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let place = format!("{file}:{line}");
        if let ModuleSource::Binary(bytes) = &module.source {
            match Parser::new().features(features).module(bytes) {
                Ok(module) => outcome.check(place, &module, expected, features),
                Err(error) => outcome.failures.push(format!("{place}: {error}")),
            }
            continue;
        }
        match module.parse(&wattle_wat::Parser::new().features(features)) {
            Some(Ok(parsed)) => outcome.check(place, &parsed.module, expected, features),
            Some(Err(errors)) => outcome.failures.push(format!("{place}: {errors}")),
            None => {}
        }
    }
    outcome
}

#[test]
fn the_official_suite_is_judged_as_it_asks() {
    let mut table = Table::new(["valid", "invalid", "unsupported", "failed"]);
    let mut failures = Vec::new();
    for file in suite::files() {
        let outcome = run(file);
        let failed = outcome.failures.len() as u64;
        table.add(&file.dir, [outcome.valid, outcome.invalid, outcome.unsupported, failed]);
        failures.extend(outcome.failures);
    }
    println!("{table}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(table.total()[..3], suite::pinned([3116, 3101, 345], [2505, 2539, 217]));
}

#[test]
fn real_binaries_are_valid() {
    for file in wattle_tests::corpus::files_for("validator, real_binaries_are_valid") {
        let bytes = file.read();
        let module = wattle_parser::parse(&bytes).unwrap();
        let types =
            Validator::new().module(&module).unwrap_or_else(|e| panic!("{}: {e}", file.name));
        assert_eq!(
            types.func_count() as usize - types.imported_funcs() as usize,
            module.funcs.len()
        );
    }
}
