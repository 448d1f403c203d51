//! Where the official suite and the corpus of real binaries lie, for the tests that run over them.
//!
//! [`suite`] lists the `.wast` scripts, [`modules`] what is in them, [`corpus`] the real binaries,
//! and [`table`] prints what a test counted in each folder. This package is for tests: what cannot be found ends the test with
//! a message that tells what to do.

pub mod corpus;
pub mod features;
pub mod modules;
mod packages;
pub mod suite;
pub mod table;

use std::path::{Path, PathBuf};

/// The root folder of this repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the repository")
}

/// The folder that an environment variable names; a relative one counts from the repository's root.
fn folder_named_by(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(|value| root().join(value))
}

/// The files directly in `folder` whose extension is `extension`, sorted by name.
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
