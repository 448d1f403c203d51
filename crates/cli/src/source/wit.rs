//! Packages of interfaces: where their files come from, and what is wrong with them.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use wattle::ast::LineIndex;
use wattle::ast::components::Component;
use wattle::wit::docs::PackageDocs;
use wattle::wit::load::{Files, LoadError, System};
use wattle::wit::view::Package;
use wattle::wit::{self, Errors, Source, print};
use wattle::{Features, Module, Wasm, parser, wat};

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{read_file, shown_name};

/// The custom sections of a core module that say its interfaces begin with this.
const EMBEDDED: &str = "component-type";

/// The files of the system, with binary packages among them.
pub(crate) struct PackageFiles;

impl Files for PackageFiles {
    type Error = String;

    fn is_folder(&self, path: &str) -> bool {
        System.is_folder(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        System.list(folder).map_err(|error| error.to_string())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        read_file(Path::new(path))
    }

    fn binary(&self, _: &str, content: &[u8]) -> Result<Option<String>, String> {
        if wattle::is_binary(content) {
            let parser = parser::components::Parser::new().features(Features::ALL);
            let wasm = parser.wasm(content).map_err(|error| error.to_string())?;
            return package_text(component_of(&wasm)?).map(Some);
        }
        let text = std::str::from_utf8(content).map_err(|error| error.to_string())?;
        let parsed = wat::Parser::new().features(Features::ALL).wasm(text);
        let wasm = parsed.map_err(|errors| errors.to_string())?.into_wasm();
        package_text(component_of(&wasm)?).map(Some)
    }
}

/// What to say when files cannot be loaded.
pub(crate) fn not_loaded(error: LoadError<String>) -> Failure {
    Failure::Input(match error {
        // It names the file.
        LoadError::Read { error, .. } if error.starts_with("cannot read ") => error,
        error => error.to_string(),
    })
}

/// The component that a binary package is, if it can be one.
pub(crate) fn component_of<'w, 'b>(wasm: &'w Wasm<'b>) -> Result<&'w Component<'b>, String> {
    match wasm {
        Wasm::Component(component) => Ok(component),
        Wasm::Module(module) if has_embedded(module) => Err(format!(
            "this is a core module with interfaces in custom sections `{EMBEDDED}…`, which cannot be read yet"
        )),
        Wasm::Module(_) => {
            Err("a package of interfaces is expected, and this is a core module".to_owned())
        }
    }
}

fn has_embedded(module: &Module<'_>) -> bool {
    module.customs.iter().any(|custom| custom.name.starts_with(EMBEDDED))
}

/// The text of a binary package, with what it says of the packages that it depends on.
pub(crate) fn package_text(component: &Component<'_>) -> Result<String, String> {
    let view = Package::read(component).map_err(|error| {
        format!(
            "this component is not a package of interfaces, and those of other components cannot be \
             shown yet: {error}"
        )
    })?;
    let docs = PackageDocs::of(component).map_err(|error| error.to_string())?;
    print::whole(&view, &docs).map_err(|error| error.to_string())
}

/// The faults of texts that were read together.
pub(crate) fn faults(sources: &[Source], errors: &Errors) -> Vec<Fault> {
    // Lines are counted for texts that have errors alone.
    let mut lines: Vec<Option<LineIndex>> = sources.iter().map(|_| None).collect();
    let mut faults = Vec::new();
    for error in &errors.0 {
        for place in error.place.iter().chain(&error.related) {
            if let (Some(lines), Some(source)) =
                (lines.get_mut(place.source), sources.get(place.source))
            {
                lines.get_or_insert_with(|| LineIndex::new(&source.text));
            }
        }
        faults.push(fault(sources, &lines, error));
    }
    faults
}

fn fault(sources: &[Source], lines: &[Option<LineIndex>], error: &wit::Error) -> Fault {
    let find = |place: wit::Place| {
        let (source, lines) = (sources.get(place.source)?, lines.get(place.source)?.as_ref()?);
        Some((source, lines, place.span))
    };
    let found = error.place.and_then(find);
    // A package without any text has the name of the first.
    let source = found.map(|(source, ..)| source).or(sources.first());
    let name = source.map_or(String::new(), |source| source_name(&source.name));
    let mut fault = Fault::new(&name, error.kind.to_string());
    if let Some((source, lines, span)) = found {
        fault = fault.in_text(&source.text, lines, span);
    }
    if let Some((source, lines, span)) = error.related.and_then(find) {
        let note = "this has to do with it";
        fault = fault.related(&source.text, lines, span, note);
        fault = fault.related_file(&source_name(&source.name));
    }
    fault.help(error.help.as_ref().map(ToString::to_string))
}

/// What messages call a text.
fn source_name(path: &str) -> String {
    shown_name(Path::new(path))
}

/// Whether a content is the text of a module or component, or of a script.
pub(crate) fn is_wat(path: &Path, content: &[u8]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    // Interface text begins with neither.
    let begins = content.trim_ascii_start().first();
    matches!(extension, Some("wat" | "wast")) || matches!(begins, Some(b'(' | b';'))
}

/// All files with text that can be formatted in a folder and in the folders below it, in order.
pub(crate) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let path = entry.path();
            // A link to a folder may lead to where it is.
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(is_formatted) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_formatted(extension: &OsStr) -> bool {
    ["wat", "wast", "wit"].iter().any(|known| extension == *known)
}
