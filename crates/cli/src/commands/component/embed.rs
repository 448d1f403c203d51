//! `wattle component embed`: the world of a core module, in a custom section.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wattle::componentize::{Dummy, Embed as World, Mode, Scheme};
use wattle::wit::component_type::StringEncoding;
use wattle::{Module, Wasm};

use super::new::{module, reading};
use crate::failure::Failure;
use crate::output::Output;
use crate::source::Source;
use crate::source::wit::{Interfaces, WitFeatures};

/// Records the world of a core module in a custom section `component-type` of it.
///
/// `wattle component new` reads the custom section. Compilers that know of interfaces add it themselves.
#[derive(Args)]
pub(crate) struct Embed {
    /// The package with the world: a file of WIT, a folder with such files, or a binary package.
    #[arg(value_name = "WIT")]
    wit: PathBuf,

    /// The core module, text or binary; standard input by default, or with `-`.
    #[arg(value_name = "FILE", conflicts_with_all = ["dummy", "dummy_names", "only_custom"])]
    file: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Write the module as text.
    #[arg(short = 't', long, visible_alias = "wat")]
    text: bool,

    /// The world, by its name in the package or by its full name; not needed if the package has
    /// only one world.
    #[arg(short, long, value_name = "WORLD")]
    world: Option<String>,

    /// The encoding of strings in the module.
    #[arg(long, value_enum, value_name = "ENCODING", default_value_t)]
    encoding: Encoding,

    /// Make a module that has the imports and exports of the world and does nothing, instead of
    /// reading one.
    #[arg(long, conflicts_with = "dummy_names")]
    dummy: bool,

    /// Make a module as `--dummy` does, with this scheme for the names of imports and exports.
    #[arg(long, value_enum, value_name = "SCHEME")]
    dummy_names: Option<DummyNames>,

    /// With `--dummy-names legacy`, import `async` functions as asynchronous ones, and export them
    /// with a callback.
    #[arg(long, requires = "dummy_names", conflicts_with = "async_stackful")]
    async_callback: bool,

    /// With `--dummy-names legacy`, import and export `async` functions as asynchronous ones,
    /// without a callback.
    #[arg(long, requires = "dummy_names")]
    async_stackful: bool,

    /// Write only the content of the section: a component.
    #[arg(long, conflicts_with_all = ["dummy", "dummy_names"])]
    only_custom: bool,

    /// Write versions in their canonical form: `a:b/c@1` for `a:b/c@1.2.3`.
    #[arg(long, visible_alias = "emit-canonical-names")]
    canonical_names: bool,

    #[command(flatten)]
    features: WitFeatures,
}

/// The encodings of strings, by their names.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 or UTF-16, marked in each string.
    #[value(alias = "latin1+utf16")]
    CompactUtf16,
}

/// The schemes for the names of core imports and exports.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum DummyNames {
    /// The names of WIT, with annotations in brackets.
    Legacy,
    /// Names that begin with `cm32p2`.
    #[value(alias = "standard32")]
    Standard,
}

impl Embed {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        if (self.async_callback || self.async_stackful)
            && self.dummy_names == Some(DummyNames::Standard)
        {
            let why = "the names that begin with `cm32p2` have none for asynchronous functions: use \
                       --dummy-names legacy";
            return Err(Failure::Usage(why.to_owned()));
        }
        let Interfaces { mut model, package, world } = self.features.read(&self.wit)?;
        let world = match (world, &self.world) {
            (Some(world), None) => Ok(world),
            (_, name) => model.select_world(package, name.as_deref()),
        };
        let world = world.map_err(|error| Failure::in_file(&self.wit, error))?;
        if self.canonical_names {
            // Canonical names do not tell compatible versions apart.
            let merged = model.merge_imports_by_version(world);
            merged.map_err(|error| Failure::in_file(&self.wit, error))?;
        }
        let mut embed = World::new(&model, world).encoding(match self.encoding {
            Encoding::Utf8 => StringEncoding::Utf8,
            Encoding::Utf16 => StringEncoding::Utf16,
            Encoding::CompactUtf16 => StringEncoding::CompactUtf16,
        });
        if self.canonical_names {
            embed = embed.canonical_names();
        }
        if self.only_custom {
            let section = embed.section();
            let section = section.map_err(|error| Failure::in_file(&self.wit, error))?;
            return self.output.wasm(&Wasm::Component(section), self.text);
        }
        let source = match self.dummy || self.dummy_names.is_some() {
            true => None,
            false => Some(Source::read_wasm(self.file.as_deref(), reading())?),
        };
        let mut module: Module<'_> = match &source {
            Some(source) => module(source)?,
            None => {
                let dummy = Dummy::new(&model, world).scheme(self.scheme()).mode(self.mode());
                dummy.module().map_err(|error| Failure::in_file(&self.wit, error))?
            }
        };
        embed.add_to(&mut module).map_err(|error| Failure::in_file(&self.wit, error))?;
        self.output.wasm(&Wasm::Module(module), self.text)
    }

    fn scheme(&self) -> Scheme {
        match self.dummy_names {
            Some(DummyNames::Legacy) => Scheme::Legacy,
            Some(DummyNames::Standard) | None => Scheme::Standard,
        }
    }

    fn mode(&self) -> Mode {
        match (self.async_callback, self.async_stackful) {
            (true, _) => Mode::Callback,
            (_, true) => Mode::Stackful,
            (false, false) => Mode::Sync,
        }
    }
}
