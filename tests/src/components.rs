//! The binary components in scripts, and the components in packages.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::forms::{self, Form, Node};
use crate::{packages, suite};

/// A binary component in a script.
#[derive(Debug)]
pub struct Binary {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the script expects them to be malformed.
    pub is_malformed: bool,
    /// The message that the script then expects.
    pub message: String,
}

/// The binary components in the scripts of `wasm-tools`, among which are the official scripts.
///
/// # Panics
///
/// When the scripts are missing.
pub fn of_scripts() -> Vec<Binary> {
    let read = |path: &PathBuf| std::fs::read(path).unwrap_or_else(|error| panic!("{error}"));
    suite::component_files().iter().flat_map(|path| binaries(&forms::read(&read(path)))).collect()
}

/// The binary components in a script.
pub fn binaries(forms: &[Form]) -> Vec<Binary> {
    let mut found = Vec::new();
    let mut rest: Vec<(&Form, Option<&[u8]>)> =
        forms.iter().rev().map(|form| (form, None)).collect();
    while let Some((form, message)) = rest.pop() {
        let message = match form.head() {
            "assert_malformed" => form.list().last().and_then(Form::string),
            _ => message,
        };
        let is_binary = form.list().iter().any(|form| form.word() == "binary");
        if form.head() == "component" && is_binary {
            let strings: Vec<_> = form.list().iter().filter_map(Form::string).collect();
            found.push(Binary {
                bytes: strings.concat(),
                is_malformed: message.is_some(),
                message: String::from_utf8_lossy(message.unwrap_or_default()).into_owned(),
            });
        } else if let Node::List(list) = &form.node {
            rest.extend(list.iter().rev().map(|form| (form, message)));
        }
    }
    found
}

/// The texts of the components of a script, in the form of text files.
pub fn texts(script: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let forms = forms::read(script);
    let mut rest: Vec<&Form> = forms.iter().rev().collect();
    while let Some(form) = rest.pop() {
        let Node::List(list) = &form.node else { continue };
        if form.head() != "component" {
            rest.extend(list.iter().rev());
            continue;
        }
        let kinds = ["binary", "quote", "instance"];
        if list.iter().take(3).any(|form| kinds.contains(&form.word())) {
            continue;
        }
        // The keyword `definition` exists in scripts only.
        let word = list.iter().take(2).find(|form| form.word() == "definition");
        let cut = word.map_or(form.span.start..form.span.start, |word| word.span.clone());
        let text = [&script[form.span.start..cut.start], &script[cut.end..form.span.end]].concat();
        found.extend(String::from_utf8(text));
    }
    found
}

/// The paths of the component texts that `wit-component` has for its own tests.
///
/// # Panics
///
/// When the package is missing.
pub fn texts_of_wit_component() -> Vec<PathBuf> {
    let [folder] = packages::folders(["wit-component"]).unwrap_or_else(|error| panic!("{error}"));
    let tests = folder.join("tests/components");
    let folders = std::fs::read_dir(&tests).unwrap_or_else(|error| panic!("{tests:?}: {error}"));
    let file = |folder: std::io::Result<std::fs::DirEntry>| {
        let path = folder.unwrap_or_else(|error| panic!("{error}")).path().join("component.wat");
        path.is_file().then_some(path)
    };
    let mut files: Vec<_> = folders.filter_map(file).collect();
    files.sort();
    files
}

/// A component in a package.
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
        ("wit-bindgen@0.57.1", "wasi-cli@0.2.0.wasm"),
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
