//! The style of the names of an input: those of Rust and C++ are demangled by default.

use std::borrow::Cow;

use clap::Args;
use wattle::ast::Names;
use wattle::inspect::customs::Customs;
use wattle::{Wasm, inspect};

/// The style in which names are shown.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct NameStyle {
    /// Show mangled names of Rust and C++ as they are in the file, such as
    /// `_ZN4core3fmt5write17h…E`.
    #[arg(long)]
    no_demangle: bool,
}

impl NameStyle {
    /// The style that shows names as they are in the file.
    pub(crate) const AS_WRITTEN: NameStyle = NameStyle { no_demangle: true };

    /// Returns a name as it is shown.
    pub(crate) fn of<'n>(self, name: &'n str) -> Cow<'n, str> {
        let demangled = if self.no_demangle { None } else { inspect::demangle(name) };
        demangled.map_or(Cow::Borrowed(name), Cow::Owned)
    }

    /// Returns a reader of custom sections that shows names in this style.
    pub(crate) fn customs(self) -> Customs<'static> {
        Customs::new(move |name| self.of(name).into_owned())
    }

    /// Turns the names of a module into those that are shown.
    pub(crate) fn apply(self, names: &mut Names<'_>) {
        if !self.no_demangle {
            inspect::demangle_names(names);
        }
    }

    /// Turns the names of all modules into those that are shown, including names of symbols.
    pub(crate) fn apply_to(self, wasm: &mut Wasm<'_>) {
        wasm.modules_mut().for_each(|module| {
            inspect::name_by_symbols(module);
            self.apply(&mut module.names);
        });
    }
}
