//! `wattle component new`: a component from a core module and adapters.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use wattle::ast::components::Component;
use wattle::componentize::{Componentizer, Error, Origin, Problem};
use wattle::wit::syntax::unescaped;
use wattle::{Module, Wasm};

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{FeatureList, Reading};
use crate::output::Output;
use crate::source::Source;

/// Makes a component from a core module.
///
/// Custom sections `component-type` of the module describe its world. Compilers add them, or
/// `wattle component embed` does. A program for WASI preview 1 needs an adapter, which comes with
/// each release of Wasmtime: `--adapt wasi_snapshot_preview1.command.wasm`.
#[derive(Args)]
pub(crate) struct New {
    /// The core module, text or binary; standard input by default, or with `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    making: Making,
}

/// The options for making components from core modules.
#[derive(Args)]
pub(super) struct Making {
    /// Write the component as text.
    #[arg(short = 't', long, visible_alias = "wat")]
    text: bool,

    /// An adapter: a core module that implements the imports from NAME, by default the name of its
    /// file up to the first dot. The component gets only the parts of an adapter that are used.
    #[arg(long, value_name = "[NAME=]FILE")]
    adapt: Vec<Adapter>,

    /// Import the instance OLD, if it is imported, under the name NEW.
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    pub(super) import_name: Vec<(String, String)>,

    /// Whether custom sections name the component and the parts that are added to it.
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub(super) debug_names: bool,

    /// Do not validate the component.
    #[arg(long)]
    pub(super) skip_validation: bool,

    /// Let adapters get their stacks with `memory.grow`, instead of calling the module's
    /// `cabi_realloc`.
    #[arg(long)]
    pub(super) realloc_via_memory_grow: bool,

    /// Whether to import only the highest of several compatible versions of an interface.
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub(super) merge_imports_based_on_semver: bool,

    /// Refuse names of core imports and exports that do not begin with `cm32p2`.
    #[arg(long)]
    pub(super) reject_legacy_names: bool,

    /// Whether to call imports that need the module's memory with `return_call_ref`, rather than
    /// `call_indirect`. Engines must then support tail calls and typed function references.
    #[arg(long, value_name = "BOOL", default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub(super) return_call_ref: bool,

    /// Write versions in their canonical form: `a:b/c@1` for `a:b/c@1.2.3`.
    #[arg(long, visible_alias = "emit-canonical-names")]
    pub(super) canonical_names: bool,
}

/// Sets the options of a `Componentizer` or a `Linker`, which have the same methods.
macro_rules! configure {
    ($builder:expr, $making:expr) => {{
        let builder = $builder
            .validate(!$making.skip_validation)
            .grow_memory($making.realloc_via_memory_grow)
            .return_call_ref($making.return_call_ref)
            .merge_versions($making.merge_imports_based_on_semver)
            .legacy_names(!$making.reject_legacy_names)
            .canonical_names($making.canonical_names)
            .names($making.debug_names);
        let renamed = $making.import_name.iter();
        renamed.fold(builder, |builder, (old, new)| builder.rename_import(old, new))
    }};
}
pub(super) use configure;

/// An adapter: the module that it replaces, and its file.
#[derive(Clone)]
struct Adapter {
    name: String,
    file: PathBuf,
}

impl FromStr for Adapter {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Adapter, Infallible> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name.to_owned(), file),
            None => {
                let name = Path::new(text).file_name().unwrap_or_default().to_string_lossy();
                (name.split('.').next().unwrap_or_default().to_owned(), text)
            }
        };
        Ok(Adapter { name, file: file.into() })
    }
}

/// Reads `OLD=NEW`.
pub(super) fn renamed(text: &str) -> Result<(String, String), &'static str> {
    let (old, new) = text.split_once('=').ok_or("two names with `=` between them are expected")?;
    Ok((unescaped(old), unescaped(new)))
}

impl New {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let source = Source::read_wasm(self.file.as_deref(), reading())?;
        let adapters = self.making.adapters()?;
        let mut new = configure!(Componentizer::new(), self.making).module(module(&source)?);
        for (name, source) in &adapters {
            new = new.adapter(name, module(source)?);
        }
        let component = new.finish().map_err(|error| {
            let adapter = |name: &str| adapters.iter().find(|(other, _)| *other == name);
            Failure::Faults(faults(&error, &source, |origin| match origin {
                Origin::Adapter(name) => adapter(name).map_or(&source, |(_, source)| source),
                Origin::Main | Origin::Library(_) => &source,
            }))
        })?;
        self.making.write(&self.output, component)
    }
}

impl Making {
    /// Reads the adapters, and returns them with their names.
    pub(super) fn adapters(&self) -> Result<Vec<(&str, Source)>, Failure> {
        let read = |adapter: &Adapter| Source::read_wasm(Some(&adapter.file), reading());
        let adapters = self.adapt.iter();
        adapters.map(|adapter| Ok((&*adapter.name, read(adapter)?))).collect()
    }

    /// Writes the component.
    pub(super) fn write(&self, output: &Output, component: Component<'_>) -> Result<(), Failure> {
        output.wasm(&Wasm::Component(component), self.text)
    }
}

/// Returns the options for reading core modules. These may use all features.
pub(super) fn reading() -> Reading {
    Reading { features: Some(FeatureList::all()), max_errors: NonZeroUsize::MAX }
}

/// The core module in a source.
pub(super) fn module(source: &Source) -> Result<Module<'_>, Failure> {
    source.module_and_map(source.features()).map(|(module, _)| module)
}

/// Returns the faults of core modules that cannot become a component. A fault of the component, or
/// of no module in particular, is shown as a fault of `main`.
pub(super) fn faults<'s>(
    error: &Error,
    main: &'s Source,
    source_of: impl Fn(&Origin) -> &'s Source,
) -> Vec<Fault> {
    let fault = |problem: &Problem| {
        let fault = source_of(&problem.origin).fault(problem.message().to_string());
        fault.help(problem.help())
    };
    match error {
        Error::Problems(problems) => problems.iter().map(fault).collect(),
        Error::Invalid(errors) => {
            let fault = |error| Fault::invalid(&main.name, error, &FeatureList::all());
            errors.iter().map(fault).collect()
        }
        Error::Section { origin, .. } | Error::Edit { origin, .. } => {
            vec![source_of(origin).fault(error.to_string())]
        }
        error => vec![main.fault(error.to_string())],
    }
}
