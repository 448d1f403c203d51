//! `wattle component link`: a component from shared libraries that are linked to one another.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use wattle::componentize::{LinkError, Linker, Origin};

use super::new::{Making, configure, faults, module, reading};
use crate::failure::Failure;
use crate::output::Output;
use crate::source::Source;

/// Links shared libraries, and makes a component from them.
///
/// The libraries are core modules as `wasm-ld -shared` makes them. The component has the worlds of
/// all libraries that are needed: those that export functions of their worlds or `_start`, those
/// that can be opened, and those that these need. If several libraries export a symbol, the first
/// provides it.
#[derive(Args)]
pub(crate) struct Link {
    /// A library, text or binary. Other libraries refer to it by NAME, by default the name of its
    /// file.
    #[arg(value_name = "[NAME=]FILE", required_unless_present = "dl_openable")]
    libraries: Vec<Library>,

    /// A library that the program can open at run time under its NAME; the option can be repeated.
    #[arg(long, value_name = "[NAME=]FILE")]
    dl_openable: Vec<Library>,

    /// The size of the stack in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    stack_size: u32,

    /// Accept missing functions: a call of a function that no library defines traps.
    #[arg(long)]
    stub_missing_functions: bool,

    /// Add a library `libdl.so` with `dlopen`, `dlsym`, `dlclose` and `dlerror`.
    #[arg(long)]
    use_built_in_libdl: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    making: Making,
}

/// A library: the name by which others need it, and its file.
#[derive(Clone)]
struct Library {
    name: String,
    file: PathBuf,
}

impl FromStr for Library {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Library, Infallible> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name.to_owned(), file),
            None => {
                let name = Path::new(text).file_name().unwrap_or_default();
                (name.to_string_lossy().into_owned(), text)
            }
        };
        Ok(Library { name, file: file.into() })
    }
}

impl Link {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let libraries = self.libraries.iter().map(|library| (library, false));
        let libraries = libraries.chain(self.dl_openable.iter().map(|library| (library, true)));
        let read = |(library, is_openable): (&'_ Library, bool)| {
            let source = Source::read_wasm(Some(&library.file), reading())?;
            Ok((library.name.clone(), source, is_openable))
        };
        let libraries = libraries.map(read).collect::<Result<Vec<_>, Failure>>()?;
        let adapters = self.making.adapters()?;
        let mut linker = configure!(Linker::new(), self.making)
            .stack_size(self.stack_size)
            .stub_missing_functions(self.stub_missing_functions)
            .built_in_libdl(self.use_built_in_libdl);
        for (name, source, is_openable) in &libraries {
            linker = match is_openable {
                true => linker.openable(name, module(source)?),
                false => linker.library(name, module(source)?),
            };
        }
        for (name, source) in &adapters {
            linker = linker.adapter(name, module(source)?);
        }
        let component = linker.finish().map_err(|error| refused(&error, &libraries, &adapters))?;
        self.making.write(&self.output, component)
    }
}

/// The failure for libraries that cannot be linked.
fn refused(
    error: &LinkError,
    libraries: &[(String, Source, bool)],
    adapters: &[(&str, Source)],
) -> Failure {
    // Without libraries, the arguments would have been refused.
    let Some((_, first, _)) = libraries.first() else {
        return Failure::Usage(error.to_string());
    };
    let library = |name: &str| {
        let found = libraries.iter().find(|(other, ..)| other == name);
        found.map_or(first, |(_, source, _)| source)
    };
    Failure::Faults(match error {
        LinkError::Problems(problems) => {
            let fault = |problem: &wattle::componentize::LinkProblem| {
                let fault = library(&problem.library).fault(problem.message().to_string());
                fault.help(problem.help())
            };
            problems.iter().map(fault).collect()
        }
        LinkError::Component(error) => faults(error, first, |origin| match origin {
            Origin::Main => first,
            Origin::Library(name) => library(name),
            Origin::Adapter(name) => {
                let found = adapters.iter().find(|(other, _)| **other == **name);
                found.map_or(first, |(_, source)| source)
            }
        }),
        error => vec![first.fault(error.to_string())],
    })
}
