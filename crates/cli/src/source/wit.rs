//! Packages of interfaces: their files, and their faults.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use wattle::ast::{LineIndex, Shown};
use wattle::wit::component_type::{self, ComponentType};
use wattle::wit::decode::{Decoded, decode};
use wattle::wit::load::{Files, LoadError, System, load};
use wattle::wit::model::{Model, PackageId, WorldId};
use wattle::wit::syntax::unescaped;
use wattle::wit::{self, Errors, Resolver, Source, print};
use wattle::{Features, Wasm, parser};

use crate::failure::{Failure, cannot_read};
use crate::fault::Fault;
use crate::input::{FeatureList, Reading, read_file, shown_name};

/// The files of the system, with binary packages among them.
struct PackageFiles;

impl Files for PackageFiles {
    type Error = Failure;

    fn is_folder(&self, path: &str) -> bool {
        System.is_folder(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let cannot = |error| Failure::Input(cannot_read(source_name(folder), error));
        System.list(folder).map_err(cannot)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        read_file(Path::new(path)).map_err(Failure::Input)
    }

    fn binary(&self, path: &str, content: &[u8]) -> Result<Option<String>, Failure> {
        let source = super::Source::of_bytes(Path::new(path), content.to_vec(), reading());
        let Interfaces { model, package, .. } = of_source(source)?;
        let text = print::whole(&model, package);
        text.map(Some).map_err(|error| Failure::in_file(Path::new(path), error))
    }
}

/// Makes the failure for files that cannot be loaded.
fn not_loaded(error: LoadError<Failure>) -> Failure {
    error.of_files().unwrap_or_else(|error| Failure::Input(error.to_string()))
}

/// The settings for inputs with interfaces: they may use all features.
fn reading() -> Reading {
    Reading { features: Some(FeatureList::all()), max_errors: NonZeroUsize::MAX }
}

/// Interfaces that were read.
pub(crate) struct Interfaces {
    pub(crate) model: Model,
    /// The package that was asked for.
    pub(crate) package: PackageId,
    /// The world of a component or module. `None` if the input is a package.
    pub(crate) world: Option<WorldId>,
}

impl Interfaces {
    /// Returns the world with this name. Without a name, it is the world of a component or module.
    pub(crate) fn select(&self, path: &Path, name: Option<&str>) -> Result<WorldId, Failure> {
        if let (Some(world), None) = (self.world, name) {
            return Ok(world);
        }
        let world = self.model.select_world(self.package, name);
        world.map_err(|error| Failure::in_file(path, error))
    }
}

/// Reads an argument that is a name in WIT. As in text, `%` may stand before each of its parts.
pub(crate) fn wit_name(text: &str) -> Result<String, Infallible> {
    Ok(unescaped(text))
}

/// The unstable features that are on in packages of text.
#[derive(Args)]
pub(crate) struct WitFeatures {
    /// Turn on these unstable features, separated by commas, for packages in WIT.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = wit_name)]
    features: Vec<String>,

    /// Turn on all unstable features.
    #[arg(long, conflicts_with = "features")]
    all_features: bool,
}

impl WitFeatures {
    /// Reads interfaces: a folder or file of WIT, a binary package, a component, or a core module
    /// with sections `component-type`. `-` is standard input.
    pub(crate) fn read(&self, path: &Path) -> Result<Interfaces, Failure> {
        if path.is_dir() {
            return self.load(path);
        }
        let source = super::Source::read(Some(path), reading())?;
        if !source.is_binary() && !is_wat(path, &source.bytes) {
            let mut resolver = Resolver::new();
            resolver.file(path.to_string_lossy(), source.text()?);
            return self.resolve(resolver);
        }
        of_source(source)
    }

    /// Loads the packages of a folder.
    fn load(&self, folder: &Path) -> Result<Interfaces, Failure> {
        let Some(path) = folder.to_str() else {
            let why = format!("{}: the path is not UTF-8", shown_name(folder));
            return Err(Failure::Input(why));
        };
        // The folder `/` has no other name.
        let path = Some(path.trim_end_matches('/')).filter(|path| !path.is_empty()).unwrap_or(path);
        let mut resolver = Resolver::new();
        load(&PackageFiles, path, &mut resolver).map_err(not_loaded)?;
        self.resolve(resolver)
    }

    fn resolve(&self, mut resolver: Resolver) -> Result<Interfaces, Failure> {
        for feature in &self.features {
            resolver.feature(feature);
        }
        if self.all_features {
            resolver.all_features();
        }
        match resolver.resolve() {
            Ok(resolved) => {
                let package = resolved.root();
                Ok(Interfaces { model: resolved.into_model(), package, world: None })
            }
            Err(errors) => Err(Failure::Faults(faults(resolver.sources(), &errors))),
        }
    }
}

/// Decodes the interfaces of a binary or of its text.
fn of_source(source: super::Source) -> Result<Interfaces, Failure> {
    let source = super::Source::embedded(source);
    let wasm = source.wasm(source.features())?;
    decoded(&wasm).map_err(|why| Failure::Faults(vec![source.fault(why)]))
}

/// Decodes the interfaces of a binary.
fn decoded(wasm: &Wasm<'_>) -> Result<Interfaces, String> {
    match wasm {
        Wasm::Component(component) => {
            let decoded = decode(component).map_err(|error| error.to_string())?;
            let Decoded { model, package, world } = decoded;
            Ok(Interfaces { model, package, world })
        }
        Wasm::Module(module) => {
            let mut sections = Vec::new();
            for custom in &module.customs {
                if custom.name.starts_with(component_type::SECTION) {
                    let section = section(custom.data.bytes().unwrap_or_default());
                    sections.push(section.map_err(|why| {
                        format!("custom section `{}`: {why}", Shown(&custom.name))
                    })?);
                }
            }
            if sections.is_empty() {
                return Err(format!(
                    "interfaces are expected, and this is a core module without custom sections \
                     `{}`",
                    component_type::SECTION
                ));
            }
            let merged = component_type::merge(&sections).map_err(|error| error.to_string());
            let (model, world) = merged?;
            Ok(Interfaces { package: model[world].package, world: Some(world), model })
        }
    }
}

/// Decodes a section `component-type`.
fn section(bytes: &[u8]) -> Result<ComponentType, String> {
    let parser = parser::components::Parser::new().features(Features::ALL);
    let (prefix, bytes) = component_type::split(bytes).map_err(|error| error.to_string())?;
    match parser.wasm(bytes).map_err(|error| error.to_string())? {
        Wasm::Component(component) => {
            let described = match prefix {
                Some(prefix) => prefix.decode(&component),
                None => component_type::decode(&component),
            };
            described.map_err(|error| error.to_string())
        }
        Wasm::Module(_) => Err("a component is expected, and this is a core module".to_owned()),
    }
}

/// Returns the faults of texts that were read together.
pub(crate) fn faults(sources: &[Source], errors: &Errors) -> Vec<Fault> {
    // Lines are only counted for texts that have errors.
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
    // An error without a place gets the name of the first text.
    let source = found.map(|(source, ..)| source).or(sources.first());
    let name = source.map_or(String::new(), |source| source_name(&source.name));
    let mut fault = Fault::new(&name, error.kind.to_string());
    if error.is_malformed() {
        fault = fault.malformed();
    }
    if let Some((source, lines, span)) = found {
        fault = fault.in_text(&source.text, lines, span);
    }
    if let Some((source, lines, span)) = error.related.and_then(find) {
        let note = "the earlier one is here";
        fault = fault.related(&source.text, lines, span, note);
        fault = fault.related_file(&source_name(&source.name));
    }
    fault.help(error.help.as_ref().map(ToString::to_string))
}

/// Returns the name of a text in messages.
fn source_name(path: &str) -> String {
    shown_name(Path::new(path))
}

/// Whether a content is the text of a module or component, or of a script.
pub(crate) fn is_wat(path: &Path, content: &[u8]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    // Interface text begins with neither of these characters.
    let begins = content.trim_ascii_start().first();
    matches!(extension, Some("wat" | "wast")) || matches!(begins, Some(b'(' | b';'))
}
