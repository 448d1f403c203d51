//! The components that scripts have as bytes, and components that packages carry.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::forms::{self, Form, Node};
use crate::{packages, suite};

/// A component that a script has as bytes.
#[derive(Debug)]
pub struct Binary {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the script expects them to be malformed.
    pub is_malformed: bool,
}

/// The components that the scripts of `wasm-tools`, the official ones among them, have as bytes.
///
/// # Panics
///
/// When the scripts are missing.
pub fn of_scripts() -> Vec<Binary> {
    let read = |path: &PathBuf| std::fs::read(path).unwrap_or_else(|error| panic!("{error}"));
    suite::component_files().iter().flat_map(|path| binaries(&forms::read(&read(path)))).collect()
}

/// The components that a script has as bytes.
pub fn binaries(forms: &[Form]) -> Vec<Binary> {
    let mut found = Vec::new();
    let mut rest: Vec<(&Form, bool)> = forms.iter().rev().map(|form| (form, false)).collect();
    while let Some((form, is_malformed)) = rest.pop() {
        let is_malformed = is_malformed || form.head() == "assert_malformed";
        let is_binary = form.list().iter().any(|form| form.word() == "binary");
        if form.head() == "component" && is_binary {
            let strings: Vec<_> = form.list().iter().filter_map(Form::string).collect();
            found.push(Binary { bytes: strings.concat(), is_malformed });
        } else if let Node::List(list) = &form.node {
            rest.extend(list.iter().rev().map(|form| (form, is_malformed)));
        }
    }
    found
}

/// A component that a package carries.
#[derive(Debug)]
pub struct Published {
    /// The name of the file.
    pub name: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Components in packages that are locked for other reasons: the interfaces of WASI, in binary, and
/// a small package of interfaces.
///
/// # Panics
///
/// When a package or its file is missing.
pub fn published() -> &'static [Published] {
    const FILES: [(&str, &str); 2] = [
        ("wit-bindgen", "wasi-cli@0.2.0.wasm"),
        ("wit-parser", "tests/ui/kinds-of-deps/deps/e.wasm"),
    ];
    static FOUND: OnceLock<Vec<Published>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let folders = packages::folders(FILES.map(|(package, _)| package));
        let folders = folders.unwrap_or_else(|error| panic!("{error}"));
        let read = |(folder, (_, name)): (PathBuf, (_, &'static str))| {
            let path = folder.join(name);
            let bytes = std::fs::read(&path);
            Published { name, bytes: bytes.unwrap_or_else(|error| panic!("{path:?}: {error}")) }
        };
        folders.into_iter().zip(FILES).map(read).collect()
    })
}
