//! Types that the result imports only for their names, although the import of their interface has
//! an argument.
//!
//! A record, variant, enum or flags must have a name wherever an import or export of the result refers
//! to it. If a component is given an interface, the types of the interface have their names inside the
//! result, and nothing outside sees them. So the result also imports these types of the interface,
//! without its functions.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_validator::components::{Extern, ExternView, Shape, TypeView};

use super::Part;
use super::values::parts;

/// The most types that are searched. A type that several instances share counts for each of them.
const MOST_STEPS: usize = 1_000_000;

/// The types that the result imports for their names, from imports that have arguments.
#[derive(Default)]
pub(super) struct Needed<'t> {
    /// The names of types, by the names of the imports that have them. An import that is itself a
    /// type has its own name here.
    pub(super) names: BTreeMap<&'t str, BTreeSet<&'t str>>,
    /// The exports that refer to such types. The result has to state the types of these exports in
    /// terms of the types that it imports.
    pub(super) exports: BTreeSet<&'t str>,
}

impl<'t> Needed<'t> {
    /// Finds the types that a part needs for its imports without arguments, and for its exports if
    /// the result has them.
    pub(super) fn of(part: &Part<'t>, has_exports: bool) -> Needed<'t> {
        let (given, others): (Vec<_>, Vec<_>) =
            part.types.imports().partition(|import| part.given.contains_key(import.name()));
        let mut search = Search { scopes: Vec::from([BTreeSet::new()]), ..Search::default() };
        given.into_iter().for_each(|import| search.give(import));
        let mut exports = BTreeSet::new();
        if !search.given.is_empty() {
            others.into_iter().for_each(|import| search.item(import));
            // Exports that refer to types of imports count as well, so the types are searched
            // again.
            let named = core::mem::take(&mut search.named);
            search.scopes = Vec::from([named]);
            for export in part.types.exports().filter(|_| has_exports) {
                search.scopes.push(BTreeSet::new());
                search.has_found = false;
                search.item(export);
                search.scopes.pop();
                if search.has_found {
                    exports.insert(export.name());
                }
            }
        }
        Needed { names: search.names, exports }
    }
}

/// The source of a type: the import with an argument that has the type, and the name of the type
/// there.
type Source<'t> = (&'t str, &'t str);

#[derive(Default)]
struct Search<'t> {
    /// The types of imports with arguments, by number.
    given: BTreeMap<u32, Source<'t>>,
    names: BTreeMap<&'t str, BTreeSet<&'t str>>,
    /// The types that have a name because an import is a type.
    named: BTreeSet<u32>,
    /// For each open scope, the types that were searched in it.
    scopes: Vec<BTreeSet<u32>>,
    steps: usize,
    /// Whether the import or export that is searched refers to a type in `given`.
    has_found: bool,
}

enum Step<'t> {
    Item(Extern<'t>),
    Leave,
}

impl<'t> Search<'t> {
    /// Adds the types of an import with an argument to `given`.
    fn give(&mut self, import: Extern<'t>) {
        match import.view() {
            ExternView::Type(ty) => {
                self.given.insert(ty.number(), (import.name(), import.name()));
            }
            ExternView::Instance(ty) => {
                let Shape::Instance(exports) = ty.shape() else { return };
                for export in exports {
                    if let ExternView::Type(ty) = export.view() {
                        self.given.insert(ty.number(), (import.name(), export.name()));
                    }
                }
            }
            _ => {}
        }
    }

    /// Searches an import or export, and everything in it.
    fn item(&mut self, item: Extern<'t>) {
        let mut steps = Vec::from([Step::Item(item)]);
        while let Some(step) = steps.pop() {
            let Step::Item(item) = step else {
                self.scopes.pop();
                continue;
            };
            let inner = match item.view() {
                ExternView::Func(ty) | ExternView::Value(ty) => {
                    self.refer(ty);
                    continue;
                }
                ExternView::Type(ty) | ExternView::Instance(ty) | ExternView::Component(ty) => {
                    match ty.shape() {
                        Shape::Instance(exports) => exports,
                        Shape::Component(imports, exports) => {
                            imports.into_iter().chain(exports).collect()
                        }
                        _ => {
                            self.name(ty);
                            continue;
                        }
                    }
                }
                _ => continue,
            };
            self.scopes.push(BTreeSet::new());
            steps.push(Step::Leave);
            steps.extend(inner.into_iter().rev().map(Step::Item));
        }
    }

    /// Counts a step, and returns whether the search may go on.
    fn step(&mut self) -> bool {
        self.steps += self.scopes.len();
        self.steps <= MOST_STEPS
    }

    /// Returns whether a type has not been searched in any open scope, and marks it as searched in
    /// the innermost one.
    fn is_new(&mut self, ty: &TypeView<'t>) -> bool {
        let is_known = self.scopes.iter().any(|scope| scope.contains(&ty.number()));
        !is_known && self.scopes.last_mut().is_some_and(|scope| scope.insert(ty.number()))
    }

    /// Searches a type that an import or export gives a name. If it is another name of a type, that
    /// type has a name too.
    fn name(&mut self, mut ty: TypeView<'t>) {
        while self.step() {
            self.is_new(&ty);
            if self.scopes.len() == 1 {
                self.named.insert(ty.number());
            }
            match ty.target() {
                Some(target) => ty = target,
                None => break,
            }
        }
        parts(&ty).into_iter().for_each(|part| self.refer(part));
    }

    /// Searches a type that an import, an export or another type refers to.
    fn refer(&mut self, ty: TypeView<'t>) {
        let mut open = Vec::from([ty]);
        while let Some(ty) = open.pop() {
            let source = self.source(&ty);
            self.has_found |= source.is_some();
            if !self.step() || !self.is_new(&ty) {
                continue;
            }
            match source {
                Some(source) => self.need(ty, source),
                None => open.extend(parts(&ty)),
            }
        }
    }

    /// Returns the import and the name there, if a type needs a name and is in `given`.
    fn source(&self, ty: &TypeView<'t>) -> Option<Source<'t>> {
        let source = *self.given.get(&ty.number())?;
        let is_name_of_name = ty.target().is_some_and(|target| target.target().is_some());
        let needs_name = matches!(
            ty.shape(),
            Shape::Record(_) | Shape::Variant(_) | Shape::Flags(_) | Shape::Enum(_)
        );
        (needs_name && !is_name_of_name).then_some(source)
    }

    /// Adds a type whose name is needed, and the types that it consists of: the import of the type needs
    /// their names too, whatever names they have elsewhere.
    fn need(&mut self, ty: TypeView<'t>, source: Source<'t>) {
        let mut open = Vec::from([(ty, Some(source))]);
        while let Some((ty, source)) = open.pop() {
            if !self.step() {
                return;
            }
            if let Some((import, name)) = source
                && !self.names.entry(import).or_default().insert(name)
            {
                continue;
            }
            let unnamed = ty.target().filter(|_| source.is_some()).unwrap_or(ty);
            for part in parts(&unnamed) {
                open.push((part, self.source(&part)));
            }
        }
    }
}
