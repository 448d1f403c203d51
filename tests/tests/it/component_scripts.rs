//! The scripts of components, the official ones and those of a peer, by the runner of scripts: every
//! component is read and validated, and what scripts assert about that is judged.

use std::path::Path;

use wattle::Features;
use wattle::script::{Options, Report, run};
use wattle_tests::suite;

/// What cannot be judged, by the beginning of what came instead: features that are read and written,
/// but not validated yet.
const NOT_VALIDATED: &str = "invalid: unsupported feature ";

/// The features that the official scripts are written for.
const OFFICIAL: &str = "all,-cm-nested-names";

/// The features that a script of the peer names in its first lines, in addition to the default.
fn named_features(script: &str) -> Features {
    let header = script.lines().take_while(|line| line.starts_with(";;"));
    let words = header.flat_map(|line| line.trim_start_matches(';').split_whitespace());
    let mut words = words.filter(|word| *word != "\\").peekable();
    let mut list = "default".to_owned();
    while let Some(word) = words.next() {
        let names = match word {
            "-f" => words.next(),
            _ => word.strip_prefix("-f=").or_else(|| word.strip_prefix("--features=")),
        };
        // A script may be run several times.
        list.extend(names.map(|names| format!(",{names}")));
    }
    Features::parse(&list).unwrap_or_else(|error| panic!("{list}: {error}"))
}

fn is_official(path: &Path) -> bool {
    path.iter().collect::<Vec<_>>().windows(2).any(|pair| pair == ["component-model", "test"])
}

/// What came of some scripts.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    files: usize,
    passed: usize,
    reworded: usize,
    /// Directives that need the execution of a component.
    skipped: usize,
    not_validated: usize,
}

impl Counts {
    fn add(&mut self, report: &Report) {
        self.files += 1;
        self.passed += report.passed;
        self.reworded += report.reworded.len();
        self.skipped += report.skipped.len();
    }
}

fn counts(official: bool, failures: &mut Vec<String>) -> Counts {
    let mut counts = Counts::default();
    for path in suite::component_files().iter().filter(|path| is_official(path) == official) {
        let script = std::fs::read(path).unwrap();
        let features = match official {
            true => Features::parse(OFFICIAL).unwrap(),
            false => named_features(&String::from_utf8_lossy(&script)),
        };
        let name = path.display();
        let report = match run(&script, Options { features, ..Options::default() }) {
            Ok(report) => report,
            Err(errors) => {
                failures.push(format!("{name}: {errors}"));
                continue;
            }
        };
        counts.add(&report);
        for failure in &report.failures {
            match failure.got.starts_with(NOT_VALIDATED) {
                true => {
                    println!("not judged: {name}: {failure}");
                    counts.not_validated += 1;
                }
                false => failures.push(format!("{name}: {failure}")),
            }
        }
    }
    counts
}

#[test]
fn all_official_scripts_of_components_pass() {
    let mut failures = Vec::new();
    let counts = counts(true, &mut failures);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    let expected =
        Counts { files: 72, passed: 470, reworded: 29, skipped: 1158, not_validated: 0 };
    assert_eq!(counts, expected);
}

#[test]
fn the_scripts_of_a_peer_pass_as_far_as_features_are_validated() {
    let mut failures = Vec::new();
    let counts = counts(false, &mut failures);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    let expected = Counts { files: 100, passed: 0, reworded: 0, skipped: 0, not_validated: 0 };
    assert_eq!(counts, expected);
}
