//! Inputs and tools for tests: the official suite, the corpus of real binaries, and more.
//!
//! [`suite`] lists the `.wast` scripts, [`modules`] the modules in them, [`forms`] their forms as a
//! second reader sees them, [`corpus`] the real binaries, and [`packages`] the packages that cargo
//! knows. [`pieces`] parses bytes that arrive in pieces, [`components`] lists binary components,
//! [`table`] prints counts by folder, [`examples`] checks documents of examples, and [`growth`]
//! checks how time grows with the input. This package is for tests: a file that cannot be found
//! ends the test with a message that says what to do.

pub mod components;
pub mod corpus;
pub mod examples;
pub mod features;
pub mod forms;
pub mod growth;
pub mod modules;
pub mod packages;
pub mod pieces;
pub mod suite;
pub mod table;

use std::io::Write;
use std::path::{Path, PathBuf};

/// Returns the root folder of this repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the repository")
}

/// Returns the folder that an environment variable names, relative to the repository's root.
fn folder_named_by(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(|value| root().join(value))
}

/// Prints that a test is skipped. The line is written past the test harness, which hides the output
/// of tests that pass.
pub fn skip(test: &str, why: &str) {
    let line = format!("skipped: {test}: {why}\n");
    // A closed terminal must not fail the test.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Returns the number of inputs for a test: `count`, multiplied by the environment variable
/// `WATTLE_TIMES` if it is set.
pub fn times(count: usize) -> usize {
    let more = std::env::var("WATTLE_TIMES").ok().and_then(|more| more.parse().ok());
    count * more.unwrap_or(1)
}

/// Returns the step in which a test goes through a long list of inputs: `step`, or a shorter one if
/// the environment variable `WATTLE_TIMES` asks for more inputs.
pub fn every(step: usize) -> usize {
    (step / times(1)).max(1)
}

/// Returns the files directly in `folder` whose extension is `extension`, sorted by name.
fn files_in(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let told = |error| format!("cannot read the folder {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(told)? {
        let path = entry.map_err(told)?.path();
        if path.extension().is_some_and(|found| found == extension) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The snippets of the README, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
