//! `wattle component new`: a component of a core module and adapters.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use wattle::componentize::{Componentizer, Error, Origin, Problem};
use wattle::printer::Config;
use wattle::{Module, Wasm, encoder};

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::{FeatureList, Reading};
use crate::output::Output;
use crate::source::Source;

/// Makes a component of a core module.
///
/// The module says in custom sections `component-type` which world it is for. Compilers add them, or
/// `wattle component embed`. A program for WASI preview 1 needs an adapter, which comes with each
/// release of Wasmtime: `--adapt wasi_snapshot_preview1.command.wasm`.
#[derive(Args)]
pub(crate) struct New {
    /// The core module, text or binary; `-` or nothing is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Write the component as text.
    #[arg(short = 't', long, visible_alias = "wat")]
    text: bool,

    /// A core module with functions for what the module imports from NAME. Without a name, that is the
    /// name of the file up to the first dot. Of an adapter only what is used comes into the component.
    #[arg(long, value_name = "[NAME=]FILE")]
    adapt: Vec<Adapter>,

    /// Leave out the validation of the component.
    #[arg(long)]
    skip_validation: bool,

    /// Let adapters make memory grow for their stacks, instead of calling the module's `cabi_realloc`.
    #[arg(long)]
    realloc_via_memory_grow: bool,

    /// Import each interface at the highest of its compatible versions alone, or at each.
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    merge_imports_based_on_semver: bool,

    /// Refuse names of core imports and exports that do not begin with `cm32p2`.
    #[arg(long)]
    reject_legacy_names: bool,

    /// Write versions in their canonical form: `a:b/c@1` for `a:b/c@1.2.3`.
    #[arg(long, visible_alias = "emit-canonical-names")]
    canonical_names: bool,
}

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

impl New {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let source = Source::read_wasm(self.file.as_deref(), reading())?;
        let adapters = self.adapt.iter();
        let adapters = adapters
            .map(|adapter| Ok((adapter, Source::read_wasm(Some(&adapter.file), reading())?)));
        let adapters = adapters.collect::<Result<Vec<_>, Failure>>()?;
        let mut new = Componentizer::new()
            .module(module(&source)?)
            .validate(!self.skip_validation)
            .grow_memory(self.realloc_via_memory_grow)
            .merge_versions(self.merge_imports_based_on_semver)
            .legacy_names(!self.reject_legacy_names)
            .canonical_names(self.canonical_names);
        for (adapter, source) in &adapters {
            new = new.adapter(&adapter.name, module(source)?);
        }
        let component = new.finish().map_err(|error| refused(&source, &adapters, error))?;
        let wasm = Wasm::Component(component);
        match self.text {
            true => self.output.write(|out| write!(out, "{}", Config::new().print_wasm(&wasm))),
            false => self.output.binary(&encoder::encode_wasm(&wasm)),
        }
    }
}

/// How core modules are read: whatever features they use.
pub(super) fn reading() -> Reading {
    Reading { features: Some(FeatureList::all()), max_errors: NonZeroUsize::MAX }
}

/// The core module in a source.
pub(super) fn module(source: &Source) -> Result<Module<'_>, Failure> {
    source.module_and_map(source.features()).map(|(module, _)| module)
}

/// The failure for core modules that cannot become a component.
fn refused(source: &Source, adapters: &[(&Adapter, Source)], error: Error) -> Failure {
    Failure::Faults(match error {
        Error::Problems(problems) => {
            problems.iter().map(|problem| fault(source, adapters, problem)).collect()
        }
        Error::Invalid(errors) => {
            let fault = |error| Fault::invalid(&source.name, error, &FeatureList::all());
            errors.iter().map(fault).collect()
        }
        error => vec![source.fault(error.to_string())],
    })
}

/// A fault of the file that has the problem.
fn fault(source: &Source, adapters: &[(&Adapter, Source)], problem: &Problem) -> Fault {
    let is_it = |name: &str| matches!(&problem.origin, Origin::Adapter(it) if **it == *name);
    let adapter = adapters.iter().find(|(adapter, _)| is_it(&adapter.name));
    let source = adapter.map_or(source, |(_, source)| source);
    source.fault(problem.message().to_string()).help(problem.help())
}
