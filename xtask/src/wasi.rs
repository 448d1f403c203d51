//! `cargo xtask wasi`: fetches the official test programs of WASI, which a test of `wattle-wasi` runs.
//!
//! They are binaries on a branch of their repository. Git fetches one commit, whose hash is that of
//! all its content.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::corpus;

/// The repository of the programs.
const REPOSITORY: &str = "https://github.com/WebAssembly/wasi-testsuite";
/// A commit of its branch `prod/testsuite-base`.
const COMMIT: &str = "9f80ca35444cfd9e63100725615140a346652e6c";
/// The folders with programs for preview 1.
const FOLDERS: &[&str] = &[
    "tests/assemblyscript/testsuite/wasm32-wasip1",
    "tests/c/testsuite/wasm32-wasip1",
    "tests/rust/testsuite/wasm32-wasip1",
];

/// Options of `cargo xtask wasi`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fetch from another copy of the repository
    #[arg(long, value_name = "URL", default_value = REPOSITORY)]
    from: String,
}

/// Fetches the programs into `wasi-testsuite` in the folder of the corpus, and replaces that folder
/// if it exists.
///
/// # Errors
///
/// When git is not installed or fails, or when a folder cannot be written.
pub(crate) fn run(options: &Options) -> Result<()> {
    let corpus = corpus::folder()?;
    fs::create_dir_all(&corpus)
        .with_context(|| format!("cannot make the folder {}", corpus.display()))?;
    // The temporary folder lies in the corpus, so that the programs can be renamed into place.
    let room = tempfile::tempdir_in(&corpus).context("cannot make a temporary folder")?;
    git(room.path(), &["init", "--quiet"])?;
    git(room.path(), &["fetch", "--quiet", "--depth", "1", &options.from, COMMIT])?;
    git(room.path(), &[&["checkout", "--quiet", COMMIT, "--"], FOLDERS].concat())?;
    let folder = corpus.join("wasi-testsuite");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::rename(room.path().join("tests"), &folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    println!("{}: the test programs of {COMMIT}", folder.display());
    Ok(())
}

/// Runs git in a folder.
fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("git").args(arguments).current_dir(folder).status();
    let status = status.context("cannot start `git`")?;
    ensure!(status.success(), "`git {}` failed, {status}", arguments.join(" "));
    Ok(())
}
