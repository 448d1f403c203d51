//! `wattle component wit`: checks interfaces, and translates them between text and binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use wattle::ast::Shown;
use wattle::printer;
use wattle::wit::model::{Key, MergeError, Model, PackageId};
use wattle::wit::{encode, print};
use wattle::{Features, Wasm, encoder};

use crate::failure::Failure;
use crate::output::Output;
use crate::source::wit::{Interfaces, WitFeatures, wit_name};
use crate::transaction::Transaction;

/// Checks interfaces, and translates them between WIT and binary.
///
/// The input is a package: a file of WIT, a folder with such files and with the packages that it
/// depends on in `deps`, or a binary package. The imports and exports of a component are shown as
/// the world `root` of a package `root:component`; for a core module, the world of its custom
/// sections `component-type` is shown. Without other options, the package is printed as WIT,
/// followed by the packages that it depends on; with `--json`, their complete descriptions are
/// printed in the form of `wasm-tools`.
#[derive(Args)]
#[command(group = ArgGroup::new("change").multiple(false))]
pub(crate) struct Wit {
    /// The file or folder to read; standard input by default, or with `-`.
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

    /// Write versions in binaries in their canonical form: `a:b/c@1` for `a:b/c@1.2.3`.
    #[arg(long, visible_alias = "emit-canonical-names")]
    canonical_names: bool,

    /// Leave out documentation.
    #[arg(long)]
    no_docs: bool,

    /// Write a WIT file for each package to this folder, which must be empty or not exist;
    /// dependencies go to `deps` in it.
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    out_dir: Option<PathBuf>,

    #[command(flatten)]
    features: WitFeatures,

    /// Add the interfaces of another input. Definitions that both have must be equal.
    #[arg(long, value_name = "PATH")]
    merge: Vec<PathBuf>,

    /// Show the world that imports the exports of the component.
    #[arg(long, group = "change")]
    importize: bool,

    /// Turn the exports of this world of the package into imports.
    #[arg(long, value_name = "WORLD", group = "change")]
    importize_world: Option<String>,

    /// The new name of the importing world; by default, its name with `-importized` appended.
    #[arg(long, value_name = "NAME", value_parser = wit_name)]
    importize_out_world_name: Option<String>,

    /// Show the world that exports the imports of the component.
    #[arg(long, group = "change")]
    exportize: bool,

    /// Turn the imports of this world of the package into exports.
    #[arg(long, value_name = "WORLD", group = "change")]
    exportize_world: Option<String>,

    /// The new name of the exporting world; by default, its name with `-exportized` appended.
    #[arg(long, value_name = "NAME", value_parser = wit_name)]
    exportize_out_world_name: Option<String>,

    /// Turn only the import of this name into an export; the name of an interface is that without
    /// the package.
    #[arg(long, value_name = "NAME", value_parser = wit_name)]
    exportize_import: Vec<String>,

    /// Let this world of the package import only the highest of several compatible versions of an
    /// interface.
    #[arg(long, value_name = "WORLD", group = "change")]
    merge_world_imports_based_on_semver: Option<String>,

    /// Give each import and export of this world its own copy of its interface, since its types are
    /// distinct in a component; use it with `--json`.
    #[arg(long, value_name = "WORLD", group = "change")]
    generate_nominal_type_ids: Option<String>,
}

impl Wit {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let path = self.path.as_deref().unwrap_or(Path::new("-"));
        let mut interfaces = self.features.read(path)?;
        for other in &self.merge {
            let added = self.features.read(other)?;
            let merged = interfaces.model.merge(&added.model);
            merged.map_err(|error| Failure::in_file(other, error))?;
        }
        self.change(&mut interfaces).map_err(|why| Failure::in_file(path, why))?;
        if self.no_docs {
            interfaces.model.remove_docs();
        }
        let Interfaces { model, package, .. } = &interfaces;
        match &self.out_dir {
            Some(folder) => write_packages(path, folder, &interfaces),
            None if self.wasm || self.text => self.component(path, &interfaces),
            None if json => self.write(&model.to_json()),
            None => {
                let text = print::whole(model, *package);
                self.write(&text.map_err(|error| Failure::in_file(path, error))?)
            }
        }
    }

    /// Changes a world as the options say.
    fn change(&self, interfaces: &mut Interfaces) -> Result<(), String> {
        let Interfaces { model, package, world } = interfaces;
        if let Some(name) = &self.generate_nominal_type_ids {
            let id = model.select_world(*package, Some(name)).map_err(|error| error.to_string())?;
            return model.separate_interfaces(id).map_err(|error| error.to_string());
        }
        let named = self
            .importize_world
            .as_deref()
            .or(self.exportize_world.as_deref())
            .or(self.merge_world_imports_based_on_semver.as_deref());
        if !self.importize && !self.exportize && named.is_none() {
            return Ok(());
        }
        let id = match (*world, named) {
            (Some(_), Some(_)) => {
                return Err("the input has one world: use the option that names none".to_owned());
            }
            (Some(id), None) => id,
            (None, named) => {
                model.select_world(*package, named).map_err(|error| error.to_string())?
            }
        };
        let changed: Result<(), MergeError> = if self.importize || self.importize_world.is_some() {
            model.importize(id, self.importize_out_world_name.as_deref())
        } else if self.merge_world_imports_based_on_semver.is_some() {
            model.merge_imports_by_version(id)
        } else {
            let names = &self.exportize_import;
            let is_named = |model: &Model, key: &Key, name: &String| match key {
                Key::Name(import) => **import == **name,
                Key::Interface(id) => model[*id].name.as_deref() == Some(name),
            };
            let imports = &model[id].imports;
            let is_there = |name| imports.keys().any(|key| is_named(model, key, name));
            if let Some(name) = names.iter().find(|name| !is_there(name)) {
                return Err(format!("the world has no import `{}`", Shown(&**name)));
            }
            model.exportize(id, self.exportize_out_world_name.as_deref(), |model, key| {
                names.is_empty() || names.iter().any(|name| is_named(model, key, name))
            })
        };
        changed.map_err(|error| error.to_string())
    }

    /// Writes the package as a component, as a binary or as text. It must be valid: engines have
    /// limits that WIT does not have.
    fn component(&self, path: &Path, interfaces: &Interfaces) -> Result<(), Failure> {
        let mut config = encode::Config::new();
        if self.canonical_names {
            config = config.canonical_names();
        }
        let Interfaces { model, package, .. } = interfaces;
        let component = config.package_binary(model, *package);
        let component = component.map_err(|error| Failure::in_file(path, error))?;
        let validator = wattle::validator::components::Validator::new().features(Features::ALL);
        if let Err(errors) = validator.component(&component) {
            return Err(Failure::in_file(
                path,
                format!("the package is not valid in binary: {errors}"),
            ));
        }
        let wasm = Wasm::Component(component);
        match self.wasm {
            true => self.output.binary(&encoder::encode_wasm(&wasm)),
            false => self.write(&printer::Config::new().print_wasm(&wasm)),
        }
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        // A text ends in one line feed.
        self.output.write(|out| writeln!(out, "{}", text.trim_end()))
    }
}

/// Writes a file for each package. `path` is that of the input.
fn write_packages(path: &Path, folder: &Path, interfaces: &Interfaces) -> Result<(), Failure> {
    let Interfaces { model, package: root, .. } = interfaces;
    let mut names = BTreeMap::<&str, usize>::new();
    for (_, package) in model.packages() {
        *names.entry(&package.name.name).or_default() += 1;
    }
    let file = |id: PackageId| {
        let name = &model[id].name;
        if names.get(&*name.name) == Some(&1) {
            return [&name.name, ".wit"].concat();
        }
        let (at, version) = name.version.as_deref().map_or(("", ""), |version| ("@", version));
        // Neither a namespace nor a name can contain a `_`.
        [&name.namespace, "_", &name.name, at, version, ".wit"].concat()
    };
    let text = |id| {
        let text = print::package(model, id).map_err(|error| Failure::in_file(path, error));
        text.map(|text| format!("{}\n", text.trim_end()))
    };
    let main = (file(*root), text(*root)?);
    let mut others = Vec::new();
    for (id, _) in model.packages().filter(|(id, _)| id != root) {
        others.push((file(id), text(id)?));
    }
    let mut transaction = Transaction::default();
    transaction.folder(folder, |folder| {
        std::fs::write(folder.join(&main.0), &main.1)?;
        if !others.is_empty() {
            std::fs::create_dir(folder.join("deps"))?;
        }
        others
            .iter()
            .try_for_each(|(name, text)| std::fs::write(folder.join("deps").join(name), text))
    })?;
    transaction.commit()
}
