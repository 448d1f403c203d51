//! The corpus of real binaries that `cargo xtask corpus` fetches.
//!
//! The corpus is not part of the repository. A test that runs over it iterates over [`files_for`],
//! which prints a notice when there are no files.

use std::fs;
use std::path::{Path, PathBuf};

/// The notice of a test when [`files`] is empty.
pub const NOTICE: &str = "corpus absent: run cargo xtask corpus";

/// A binary of the corpus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CorpusFile {
    /// The name of the file without `.wasm`.
    pub name: String,
    /// The path of the file.
    pub path: PathBuf,
}

impl CorpusFile {
    /// The binary's bytes.
    ///
    /// # Panics
    ///
    /// When the file cannot be read.
    pub fn read(&self) -> Vec<u8> {
        fs::read(&self.path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", self.path.display()))
    }
}

/// The folder of the corpus, which need not exist: the folder that `WATTLE_CORPUS` names, relative to
/// the repository's root, or `corpus` there.
pub fn folder() -> PathBuf {
    crate::folder_named_by("WATTLE_CORPUS").unwrap_or_else(|| crate::root().join("corpus"))
}

/// Every binary of the corpus, sorted by name; none when the folder does not exist.
///
/// # Panics
///
/// When the folder exists but cannot be read.
pub fn files() -> Vec<CorpusFile> {
    list(&folder())
}

/// Every binary of the corpus, for the test of this name. If there are none, prints that the test
/// is skipped.
///
/// # Panics
///
/// As [`files`] does.
pub fn files_for(test: &str) -> Vec<CorpusFile> {
    let files = files();
    if files.is_empty() {
        crate::skip(test, NOTICE);
    }
    files
}

/// The binary of this name, if the corpus has it.
pub fn find(name: &str) -> Option<CorpusFile> {
    files().into_iter().find(|file| file.name == name)
}

fn list(folder: &Path) -> Vec<CorpusFile> {
    if !folder.exists() {
        return Vec::new();
    }
    let paths = crate::files_in(folder, "wasm").unwrap_or_else(|error| panic!("{error}"));
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        CorpusFile { name, path }
    };
    paths.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wasm_files_are_listed_and_in_order() {
        let folder = std::env::temp_dir().join(format!("wattle-corpus-{}", std::process::id()));
        assert_eq!(list(&folder), []);
        fs::create_dir_all(folder.join("folder.wasm")).unwrap();
        for name in ["b.wasm", "a.wasm", "a.wat", ".b.part"] {
            fs::write(folder.join(name), name).unwrap();
        }
        let files = list(&folder);
        let read: Vec<_> = files.iter().map(CorpusFile::read).collect();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(files.iter().map(|file| &*file.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(read, [b"a.wasm", b"b.wasm"]);
    }
}
