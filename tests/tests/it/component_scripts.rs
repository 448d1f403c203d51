//! Runs the scripts of components, the official ones and those of a peer: every component is read
//! and validated, and the assertions of scripts about that are checked.

use std::path::Path;

use wattle::Features;
use wattle::script::{Options, Report, run};
use wattle_tests::suite;

/// The beginning of the result of a directive that cannot be checked: it uses a feature that is
/// read and written, but not validated yet.
const NOT_VALIDATED: &str = "invalid: unsupported feature ";

const LEGACY: &str = "the older text format, which the peer takes only when it is asked to";
const UNKNOWN_ID: &str = "an identifier that is not defined yet is an error of the text";
const SHARED: &str = "modules with shared-everything-threads are not read";
const CORE_WORDS: &str = "the peer's words about a module";
const INLINE_TYPE: &str = "the peer lets a type be repeated in a way that differs from it";
const NO_DEPTH: &str = "nesting has no limit";
const SIZE: &str = "the peer counts what a component refers to in an outer one";
const CLASS: &str = "the peer finds it while it reads, here validation does";
const SPELLING: &str = "a keyword with an underscore, which the peer takes";
const VALUES: &str = "the peer refuses a value with a borrow in it";
const CORE_FEATURES: &str = "core types in components may use features of modules that are off";

/// Directives of the peer's scripts that are known to fail: the file, the line, and the reason.
const KNOWN: &[(&str, usize, &str)] = &[
    ("instance-type.wast", 4, INLINE_TYPE),
    ("legacy-indices.wast", 5, LEGACY),
    ("legacy-indices.wast", 25, LEGACY),
    ("legacy-indices.wast", 40, LEGACY),
    ("legacy-indices.wast", 50, LEGACY),
    ("legacy-indices.wast", 60, LEGACY),
    ("legacy-indices.wast", 71, LEGACY),
    ("legacy-indices.wast", 79, LEGACY),
    ("legacy-indices.wast", 87, LEGACY),
    ("types.wast", 123, UNKNOWN_ID),
    ("types.wast", 142, UNKNOWN_ID),
    ("types.wast", 192, UNKNOWN_ID),
    ("very-nested.wast", 1870, NO_DEPTH),
    ("very-nested.wast", 2544, SIZE),
    ("wrong-order.wast", 3, CORE_WORDS),
    ("globals.wast", 3, SHARED),
    ("globals.wast", 12, SHARED),
    ("globals.wast", 22, SHARED),
    ("not-accepted.wast", 13, SHARED),
    ("start.wast", 49, CLASS),
    ("start.wast", 57, CLASS),
    ("values.wast", 142, VALUES),
    ("values.wast", 149, VALUES),
    ("shared-everything-threads-builtins.wast", 19, SPELLING),
    ("types.wast", 9, CORE_FEATURES),
    ("types.wast", 15, CORE_FEATURES),
];

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

/// The results of a set of scripts.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
struct Counts {
    files: usize,
    passed: usize,
    reworded: usize,
    /// Directives that need the execution of a component.
    skipped: usize,
    not_validated: usize,
    known: usize,
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
            let is_known = |(file, line, _): &&(&str, usize, &str)| {
                path.ends_with(file) && *line == failure.line
            };
            if failure.got.starts_with(NOT_VALIDATED) {
                println!("not judged: {name}: {failure}");
                counts.not_validated += 1;
            } else if let Some((_, _, why)) = KNOWN.iter().find(is_known).filter(|_| !official) {
                println!("{name}: {failure}: {why}");
                counts.known += 1;
            } else {
                failures.push(format!("{name}: {failure}"));
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
    // Fewer are better.
    assert!(counts.reworded <= 13, "{counts:?}");
    let expected =
        Counts { files: 72, passed: 470, skipped: 1158, not_validated: 0, known: 0, ..counts };
    assert_eq!(counts, expected);
}

#[test]
fn the_scripts_of_a_peer_pass_as_far_as_features_are_validated() {
    let mut failures = Vec::new();
    let counts = counts(false, &mut failures);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    // Fewer are better.
    assert!(counts.reworded <= 115, "{counts:?}");
    let (not_validated, known) = (4, KNOWN.len());
    let expected = Counts { files: 100, passed: 784, skipped: 362, not_validated, known, ..counts };
    assert_eq!(counts, expected);
}
