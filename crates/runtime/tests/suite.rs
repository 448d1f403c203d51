//! The official suite, executed: every assertion of what this engine runs.

use std::time::Instant;

use wattle_runtime::script::{self, Options};
use wattle_tests::features::features;
use wattle_tests::suite::{self, Proposal, Source, SuiteFile};
use wattle_tests::table::Table;

/// Assertions that do not hold here: where the file is from, the file, how many, and why.
const KNOWN: &[(Source, &str, usize, &str)] = &[
    (
        Source::Complete,
        "branch_hint.wast",
        1,
        "branch hints at wrong places: nothing that runs reads them",
    ),
    (Source::WasmTestsuite, "type-subtyping.wast", 1, "reworded since"),
    (Source::WasmTestsuite, "simd_lane.wast", 11, "reworded since"),
    (Source::WasmTestsuite, "relaxed_dot_product.wast", 1, "more results are allowed since"),
];

/// Scripts whose last assertion mistakes a result that is allowed: it looks at the first local
/// where it means the second.
const MISTAKEN: &[&str] = &["LB.wast", "LB_atomic.wast", "SB.wast", "SB_atomic.wast"];

/// Why the scripts of a proposal are not run.
fn skipped(file: &SuiteFile) -> Option<&'static str> {
    match file.proposal() {
        None
        | Some(
            Proposal::LegacyExceptions
            | Proposal::Threads
            | Proposal::CustomPageSizes
            | Proposal::WideArithmetic
            | Proposal::CompactImportSection,
        ) => None,
        Some(_) => Some("a proposal that the engine does not run"),
    }
}

fn run(files: &[SuiteFile], table: &mut Table<2>) -> Vec<String> {
    let mut failures = Vec::new();
    for file in files {
        if let Some(why) = skipped(file) {
            println!("not run: {file}: {why}");
            continue;
        }
        let options = Options { features: features(file), ..Options::default() };
        let report = match script::run(&file.read(), options) {
            Ok(report) => report,
            Err(errors) => {
                failures.push(format!("{file}: {errors}"));
                continue;
            }
        };
        table.add(&file.dir, [1, report.passed as u64]);
        let known = KNOWN.iter().find(|(source, name, count, _)| {
            file.source == *source && file.name == *name && report.failures.len() == *count
        });
        for failure in &report.failures {
            match known {
                Some((.., why)) => println!("not judged: {file}: {failure}: {why}"),
                None => failures.push(format!("{file}: {failure}")),
            }
        }
    }
    failures
}

#[test]
fn every_assertion_of_the_official_suite() {
    if let Some(notice) = suite::notice() {
        println!("{notice}");
    }
    let start = Instant::now();
    let mut table = Table::new(["files", "passed"]);
    let failures = run(suite::files(), &mut table);
    println!("{table}in {:?}", start.elapsed());
    let shown = &failures[..failures.len().min(40)];
    assert!(failures.is_empty(), "{} failures, among them:\n{}", failures.len(), shown.join("\n"));
}

#[test]
fn threads_whatever_the_turns() {
    let files: Vec<_> = suite::wasm_tools_files()
        .iter()
        .filter(|file| file.proposal() == Some(Proposal::Threads))
        .collect();
    let mut passed = 0;
    for file in files {
        let source = file.read();
        if !source.windows(7).any(|word| word == b"(thread") {
            continue;
        }
        for seed in 0..200 {
            let options = Options { features: features(file), seed, ..Options::default() };
            let report = script::run(&source, options).unwrap();
            let mistaken = MISTAKEN.contains(&file.name.as_str()) && report.failures.len() == 1;
            assert!(report.failures.is_empty() || mistaken, "{file}, seed {seed}: {report:?}");
            assert_eq!(report, script::run(&source, options).unwrap(), "{file}, seed {seed}");
            passed += report.passed;
        }
    }
    assert!(passed >= 200, "{passed}");
}
