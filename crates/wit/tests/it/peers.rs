//! The test files of the peers, where cargo has unpacked them.

use std::fs;
use std::path::{Path, PathBuf};

/// A test of `wit-parser`: a file, or a folder with a package and its dependencies.
pub(crate) struct Case {
    /// The name of the file or folder.
    pub(crate) name: String,
    /// Its path.
    pub(crate) path: PathBuf,
}

/// Returns the folder of a package that is locked but never compiled.
pub(crate) fn package(name: &str) -> PathBuf {
    let [folder] = wattle_tests::packages::folders([name]).unwrap();
    folder
}

/// Returns the tests in a folder: the files and folders that have a result beside them.
pub(crate) fn cases(folder: &Path, result: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|e| e == "wit" || e == "wat"))
        .filter(|path| path.with_extension(result).exists())
        .map(|path| Case { name: path.file_name().unwrap().to_str().unwrap().into(), path })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// Returns a text that the peer has printed, in the layout of the formatter.
pub(crate) fn printed(path: &Path) -> String {
    wattle_wit::format::format(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Adds the WIT files in a folder and the folders in it to `files`.
pub(crate) fn wit_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "wit") {
                files.push(path);
            }
        }
    }
    files.sort();
}
