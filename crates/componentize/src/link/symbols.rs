//! The libraries that provide symbols, and the dependencies between libraries.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::nearest;
use wattle_wit::model::Text;

use super::error::{LinkProblem, LinkProblemKind, OtherSymbol, SymbolKey, SymbolType};
use super::library::{Library, Want};
use crate::func_types::FuncTypes;
use crate::new::BUDGET;

/// The libraries that provide symbols. If several libraries export a symbol, the first one provides
/// it.
pub(super) struct Symbols {
    by_name: BTreeMap<Text, Exporters>,
}

/// The libraries that export symbols with one name.
#[derive(Default)]
struct Exporters {
    /// The first library, and the type of its symbol.
    first: Option<(usize, SymbolKey)>,
    /// The first library that exports a function.
    func: Option<usize>,
    by_type: BTreeMap<SymbolKey, usize>,
}

impl Symbols {
    pub(super) fn new(libraries: &[Library]) -> Symbols {
        let mut by_name: BTreeMap<Text, Exporters> = BTreeMap::new();
        for (number, library) in libraries.iter().enumerate() {
            for (name, symbol) in &library.symbols {
                let known = by_name.entry(name.clone()).or_default();
                known.first.get_or_insert((number, symbol.ty));
                if let SymbolType::Func(_) = symbol.ty {
                    known.func.get_or_insert(number);
                }
                known.by_type.entry(symbol.ty).or_insert(number);
            }
        }
        Symbols { by_name }
    }

    /// Returns the library that provides a symbol.
    pub(super) fn find(&self, name: &str, ty: SymbolKey) -> Option<usize> {
        let exporters = self.by_name.get(name)?;
        match ty {
            SymbolType::AnyFunc => exporters.func,
            ty => exporters.by_type.get(&ty).copied(),
        }
    }

    /// Returns the first library that exports a symbol with this name, and the type of that symbol.
    fn other(&self, name: &str) -> Option<(usize, SymbolKey)> {
        self.by_name.get(name)?.first
    }

    /// Gives the libraries other numbers. A library without a number provides nothing: every
    /// library that another one needs has a number.
    pub(super) fn renumber(&mut self, numbers: &[Option<usize>]) {
        let new = |number: usize| numbers.get(number).copied().flatten();
        for exporters in self.by_name.values_mut() {
            exporters.first = exporters.first.take().and_then(|(old, ty)| Some((new(old)?, ty)));
            exporters.func = exporters.func.and_then(new);
            exporters.by_type.retain(|_, number| match new(*number) {
                Some(new) => {
                    *number = new;
                    true
                }
                None => false,
            });
        }
    }
}

/// The libraries that each library depends on.
#[derive(Default)]
pub(super) struct Dependencies {
    /// The libraries that it cannot do without.
    pub(super) all: Vec<Vec<usize>>,
    /// The libraries that are better instantiated before it: it lists them as needed, or imports
    /// functions or tags from them.
    pub(super) calls: Vec<Vec<usize>>,
    /// The libraries that it lists as needed, and those whose tags it imports.
    pub(super) needed: Vec<Vec<usize>>,
    /// The libraries whose tags it imports, which must be instantiated before it.
    pub(super) tags: Vec<Vec<usize>>,
}

impl Dependencies {
    pub(super) fn new(libraries: &[Library], symbols: &Symbols) -> Dependencies {
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, library) in libraries.iter().enumerate() {
            by_name.entry(&library.name).or_insert(number);
        }
        let mut dependencies = Dependencies::default();
        for library in libraries {
            let needed = library.needed.iter().filter_map(|name| by_name.get(&**name).copied());
            let (mut needed, mut tags) = (needed.collect::<Vec<_>>(), Vec::new());
            let (mut all, mut calls) = (needed.clone(), needed.clone());
            for (name, want) in &library.wants {
                let &Want::Symbol(ty) = want else { continue };
                let Some(exporter) = symbols.find(name, ty) else { continue };
                all.push(exporter);
                match ty {
                    SymbolType::Func(_) => calls.push(exporter),
                    SymbolType::Tag(_) => {
                        let lists = [&mut calls, &mut needed, &mut tags];
                        lists.into_iter().for_each(|list| list.push(exporter));
                    }
                    SymbolType::AnyFunc | SymbolType::Data => {}
                }
            }
            dependencies.all.push(all);
            dependencies.calls.push(calls);
            dependencies.needed.push(needed);
            dependencies.tags.push(tags);
        }
        dependencies
    }
}

/// Reports the missing libraries and symbols that the libraries of `order` need. With `stubs`,
/// functions may be missing.
pub(super) fn missing(
    libraries: &[Library],
    order: &[usize],
    symbols: &Symbols,
    types: &FuncTypes,
    stubs: bool,
    problems: &mut Vec<LinkProblem>,
) {
    let mut budget = BUDGET;
    let names: BTreeSet<&str> = libraries.iter().map(|library| &*library.name).collect();
    for library in order.iter().filter_map(|number| libraries.get(*number)) {
        let mut problem = |kind| {
            problems.push(LinkProblem { library: library.name.clone(), kind });
        };
        for needed in &library.needed {
            if !names.contains(&**needed) {
                let meant = nearest(needed, names.iter().copied(), &mut budget).map(Box::from);
                problem(LinkProblemKind::MissingLibrary { needed: needed.clone(), meant });
            }
        }
        for (name, want) in &library.wants {
            let &Want::Symbol(ty) = want else { continue };
            match symbols.find(name, ty).and_then(|number| libraries.get(number)) {
                Some(exporter) => {
                    let symbol = exporter.symbols.get(name);
                    let is_address = ty == SymbolType::Data;
                    if symbol.is_some_and(|symbol| is_address && symbol.is_thread_local) {
                        let (name, exporter) = (name.as_ref().into(), exporter.name.clone());
                        problem(LinkProblemKind::ThreadLocal { name, exporter });
                    }
                }
                None if library.is_weak(name) && !matches!(ty, SymbolType::Tag(_)) => {}
                None if stubs && matches!(ty, SymbolType::Func(_) | SymbolType::AnyFunc) => {}
                // The function is reported with its type.
                None if ty == SymbolType::AnyFunc && library.called.contains_key(name) => {}
                None => {
                    let other = symbols.other(name).and_then(|(number, ty)| {
                        let library = libraries.get(number)?.name.clone();
                        Some(Box::new(OtherSymbol { library, ty: ty.named(types) }))
                    });
                    let (name, ty) = (name.as_ref().into(), ty.named(types));
                    problem(LinkProblemKind::MissingSymbol { name, ty, other });
                }
            }
        }
    }
}
