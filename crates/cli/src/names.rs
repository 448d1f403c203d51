//! How names of an input are shown: those of Rust and C++ as people write them.

use std::borrow::Cow;

use clap::Args;
use wattle::ast::Module;
use wattle::inspect;

/// Whether names are shown as compilers wrote them.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct NameStyle {
    /// Show the names of Rust and C++ as they stand in the file, such as `_ZN4core3fmt5write17h…E`.
    #[arg(long)]
    no_demangle: bool,
}

impl NameStyle {
    /// A name as it is shown.
    pub(crate) fn of<'n>(self, name: &'n str) -> Cow<'n, str> {
        let demangled = if self.no_demangle { None } else { inspect::demangle(name) };
        demangled.map_or(Cow::Borrowed(name), Cow::Owned)
    }

    /// Makes the names of modules those that are shown.
    pub(crate) fn apply<'m>(self, modules: impl Iterator<Item = &'m mut Module<'m>>) {
        if !self.no_demangle {
            modules.for_each(|module| {
                inspect::demangle_names(&mut module.names);
            });
        }
    }
}
