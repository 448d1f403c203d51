//! The official suite, executed: every assertion of the proposals that this engine runs.

use std::collections::BTreeSet;
use std::time::Instant;

use wattle_script::{self as script, Options};
use wattle_tests::features::features;
use wattle_tests::suite::{self, Proposal, SuiteFile};
use wattle_tests::table::Table;

const PHRASE: &str = "a frozen version of the suite expects another phrase than the current one";
const SATURATES: &str = "the specification adds with saturation, this version wants wrapping";
const LITMUS: &str = "its check compares the wrong local, and refuses an order that is allowed";

/// The assertions that are known to fail: file, line, and reason.
const NOT_JUDGED: &[(&str, usize, &str)] = &[
    ("relaxed_dot_product.wast", 53, SATURATES),
    ("simd_lane.wast", 515, PHRASE),
    ("simd_lane.wast", 518, PHRASE),
    ("simd_lane.wast", 521, PHRASE),
    ("simd_lane.wast", 600, PHRASE),
    ("simd_lane.wast", 604, PHRASE),
    ("simd_lane.wast", 608, PHRASE),
    ("simd_lane.wast", 612, PHRASE),
    ("simd_lane.wast", 616, PHRASE),
    ("simd_lane.wast", 620, PHRASE),
    ("simd_lane.wast", 1237, PHRASE),
    ("simd_lane.wast", 1258, PHRASE),
];

/// Returns whether the engine runs the scripts of a proposal.
fn runs(file: &SuiteFile) -> bool {
    match file.proposal() {
        None
        | Some(
            Proposal::LegacyExceptions
            | Proposal::Threads
            | Proposal::CustomPageSizes
            | Proposal::WideArithmetic
            | Proposal::CompactImportSection,
        ) => true,
        Some(_) => false,
    }
}

/// Runs the scripts, and returns the failures: assertions that fail and are not known to, and
/// assertions that are known to fail but pass.
fn run(files: &[SuiteFile], table: &mut Table<2>) -> Vec<String> {
    let mut failures = Vec::new();
    let mut stale: BTreeSet<_> = NOT_JUDGED.iter().map(|(name, line, _)| (*name, *line)).collect();
    for file in files {
        if !runs(file) {
            println!("not run: {file}: a proposal that the engine does not run");
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
        for failure in &report.failures {
            let known = NOT_JUDGED
                .iter()
                .find(|(name, line, _)| file.name == *name && failure.line == *line);
            match known {
                Some((name, line, why)) => {
                    stale.remove(&(*name, *line));
                    println!("not judged: {file}:{line}: {why}");
                }
                None => failures.push(format!("{file}: {failure}")),
            }
        }
    }
    failures.extend(stale.iter().map(|(name, line)| {
        format!("{name}:{line} is listed as known to fail, but nothing fails there")
    }));
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
    assert_eq!(table.total()[1], suite::pinned(64_914, 55_764), "assertions that passed");
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
        if matches!(&*file.name, "LB.wast" | "SB.wast") {
            println!("not run: {file}: {LITMUS}");
            continue;
        }
        for seed in 0..200 {
            let options = Options { features: features(file), seed, ..Options::default() };
            let report = script::run(&source, options).unwrap();
            assert_eq!(report.failures, [], "{file}, seed {seed}");
            assert_eq!(report, script::run(&source, options).unwrap(), "{file}, seed {seed}");
            passed += report.passed;
        }
    }
    assert!(passed >= 200, "{passed}");
}
