//! How names of an input are shown: those of Rust and C++ as people write them.

use std::borrow::Cow;

use clap::Args;
use wattle::ast::Names;
use wattle::inspect::customs::Customs;
use wattle::{Wasm, inspect};

/// Whether names are shown as compilers wrote them.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct NameStyle {
    /// Show the names of Rust and C++ as they stand in the file, such as `_ZN4core3fmt5write17h…E`.
    #[arg(long)]
    no_demangle: bool,
}

impl NameStyle {
    /// Names as they stand in the file.
    pub(crate) const AS_WRITTEN: NameStyle = NameStyle { no_demangle: true };

    /// A name as it is shown.
    pub(crate) fn of<'n>(self, name: &'n str) -> Cow<'n, str> {
        let demangled = if self.no_demangle { None } else { inspect::demangle(name) };
        demangled.map_or(Cow::Borrowed(name), Cow::Owned)
    }

    /// A reader of custom sections that shows names like this.
    pub(crate) fn customs(self) -> Customs<'static> {
        Customs::new(move |name| self.of(name).into_owned())
    }

    /// Makes the names of a module those that are shown.
    pub(crate) fn apply(self, names: &mut Names<'_>) {
        if !self.no_demangle {
            inspect::demangle_names(names);
        }
    }

    /// Makes the names of all modules those that are shown, those of symbols included.
    pub(crate) fn apply_to(self, wasm: &mut Wasm<'_>) {
        wasm.modules_mut().for_each(|module| {
            inspect::name_by_symbols(module);
            self.apply(&mut module.names);
        });
    }
}
