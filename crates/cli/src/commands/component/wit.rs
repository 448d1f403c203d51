//! `wattle component wit`: packages of interfaces, from text or binary to either.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use wattle::printer::Config;
use wattle::wit::load::load;
use wattle::wit::{Package, Resolved, Resolver, print};
use wattle::{Wasm, encoder};

use crate::failure::Failure;
use crate::input::{FeatureList, Reading, shown_name};
use crate::output::{Output, write_folder};
use crate::source::Source;
use crate::source::wit::{PackageFiles, component_of, faults, is_wat, not_loaded, package_text};

/// Checks a package of interfaces, and translates it between WIT and binary.
///
/// A package is a file of WIT, a folder with such files and with the packages that it depends on in
/// `deps`, or a binary package. Without other options it is printed as WIT, with the packages that it
/// depends on behind it.
#[derive(Args)]
pub(crate) struct Wit {
    /// The package: a file, a folder, or a binary package; `-` or nothing is standard input.
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Write the package as a binary.
    #[arg(long, conflicts_with_all = ["text", "out_dir"])]
    wasm: bool,

    /// Write the binary package as text: a component.
    #[arg(long, visible_alias = "wat", conflicts_with = "out_dir")]
    text: bool,

    /// Write a file of WIT for each package to this folder, which must be empty or not exist; those
    /// that the package depends on are in `deps`.
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    out_dir: Option<PathBuf>,

    /// Turn on these unstable features, separated by commas, for packages in WIT.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    features: Vec<String>,

    /// Turn on all unstable features.
    #[arg(long, conflicts_with = "features")]
    all_features: bool,
}

impl Wit {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let path = self.path.as_deref().unwrap_or(Path::new("-"));
        if path.is_dir() {
            return self.resolved(&self.load(path)?);
        }
        let reading = Reading { features: Some(FeatureList::all()), max_errors: NonZeroUsize::MAX };
        let source = Source::read(Some(path), reading)?;
        match source.is_binary() || is_wat(path, &source.bytes) {
            true => self.binary(&source),
            false => {
                let mut resolver = Resolver::new();
                resolver.file(path.to_string_lossy(), source.text()?);
                self.resolved(&self.resolve(resolver)?)
            }
        }
    }

    /// The packages of a folder.
    fn load(&self, folder: &Path) -> Result<Resolved, Failure> {
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

    fn resolve(&self, mut resolver: Resolver) -> Result<Resolved, Failure> {
        for feature in &self.features {
            resolver.feature(feature);
        }
        if self.all_features {
            resolver.all_features();
        }
        let resolved = resolver.resolve();
        resolved.map_err(|errors| Failure::Faults(faults(resolver.sources(), &errors)))
    }

    /// Writes packages that were texts.
    fn resolved(&self, resolved: &Resolved) -> Result<(), Failure> {
        match &self.out_dir {
            Some(folder) => write_packages(folder, resolved),
            None if self.wasm || self.text => {
                self.component(&Wasm::Component(resolved.root().to_binary()))
            }
            None => {
                let text = print::packages(resolved.root(), resolved.dependencies());
                self.write(&text.map_err(|error| Failure::Input(error.to_string()))?)
            }
        }
    }

    /// Writes a binary package.
    fn binary(&self, source: &Source) -> Result<(), Failure> {
        let refused = |why| Failure::Faults(vec![source.fault(why)]);
        let wasm = source.wasm(source.features())?;
        let text = component_of(&wasm).and_then(package_text).map_err(refused)?;
        if self.wasm || self.text {
            return self.component(&wasm);
        }
        let Some(folder) = &self.out_dir else { return self.write(&text) };
        let mut resolver = Resolver::new();
        // A binary package has what was on when it was made.
        resolver.file(&*source.name, text).all_features();
        write_packages(folder, &self.resolve(resolver)?)
    }

    /// Writes a component, as a binary or as text.
    fn component(&self, wasm: &Wasm<'_>) -> Result<(), Failure> {
        match self.wasm {
            true => self.output.binary(&encoder::encode_wasm(wasm)),
            false => self.write(&Config::new().print_wasm(wasm)),
        }
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        // A text ends in one line feed.
        self.output.write(|out| writeln!(out, "{}", text.trim_end()))
    }
}

/// Writes a file for each package.
fn write_packages(folder: &Path, resolved: &Resolved) -> Result<(), Failure> {
    let mut names = BTreeMap::<&str, usize>::new();
    for package in &resolved.packages {
        *names.entry(&package.name.name).or_default() += 1;
    }
    let file = |package: &Package| {
        let name = &package.name;
        if names.get(&*name.name) == Some(&1) {
            return [&name.name, ".wit"].concat();
        }
        let (at, version) = name.version.as_deref().map_or(("", ""), |version| ("@", version));
        // Neither of them can have a `_`.
        [&name.namespace, "_", &name.name, at, version, ".wit"].concat()
    };
    let text = |package| {
        let text = print::package(package).map_err(|error| Failure::Input(error.to_string()));
        text.map(|text| format!("{}\n", text.trim_end()))
    };
    let main = (file(resolved.root()), text(resolved.root())?);
    let mut others = Vec::new();
    for package in resolved.dependencies() {
        others.push((file(package), text(package)?));
    }
    let written = write_folder(folder, |folder| {
        std::fs::write(folder.join(&main.0), &main.1)?;
        if !others.is_empty() {
            std::fs::create_dir(folder.join("deps"))?;
        }
        others
            .iter()
            .try_for_each(|(name, text)| std::fs::write(folder.join("deps").join(name), text))
    });
    written.map_err(|error| Failure::Input(format!("cannot write {}: {error}", shown_name(folder))))
}
