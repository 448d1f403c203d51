//! The state of printing a component, and the start and end of definitions, lines and scopes.

use alloc::vec::{IntoIter, Vec};
use core::fmt;
use core::mem::take;

use wattle_ast::Name;
use wattle_ast::components::{
    Component, CoreType, Definition, Scope, Sort, SortIdx, Type, TypePlaces,
};
use wattle_syntax::strings;

use super::names::{NameText, names};
use super::offsets::Offsets;
use super::scope::{OpenScope, Results, Survey, surveys};
use crate::config::Config;
use crate::ids::Ids;
use crate::lines::Lines;
use crate::modules::own_name;
use crate::numbers;
use crate::printer::HandOn;
use crate::types::Types;

/// Prints one component, and everything in it.
pub(super) struct Printer<'c> {
    pub(super) config: Config,
    /// The number of core modules so far.
    pub(super) modules: usize,
    pub(super) out: Vec<u8>,
    pub(super) lines: Lines,
    pub(super) definitions: &'c [Definition<'c>],
    /// The types of values. They are collected when the first value is printed.
    pub(super) types: TypePlaces,
    /// The surveys of the components that have not begun.
    surveys: IntoIter<Survey>,
    /// The open scopes; the first one is the outermost component.
    scopes: Vec<OpenScope<'c>>,
    /// The identifiers of a space without identifiers.
    no_ids: Ids,
    pub(super) offsets: Offsets,
    pub(super) results: Results,
    /// Whether the instructions of all bodies could be decoded.
    pub(super) is_legible: bool,
}

impl<'c> Printer<'c> {
    pub(super) fn new(component: &'c Component<'_>, config: &Config) -> Printer<'c> {
        let offsets = match config.offsets {
            true => Offsets::of(component),
            false => Offsets::default(),
        };
        Printer {
            config: config.clone(),
            modules: 0,
            types: TypePlaces::default(),
            out: Vec::new(),
            lines: Lines::new(config),
            definitions: &component.definitions,
            surveys: surveys(&component.definitions).into_iter(),
            scopes: Vec::new(),
            no_ids: Ids::default(),
            offsets,
            results: Results::default(),
            is_legible: true,
        }
    }

    pub(super) fn component(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        let own = self.open_component(None);
        self.str("(component");
        own_name(&mut self.out, "component", own.as_ref());
        for (place, definition) in self.definitions.iter().enumerate() {
            self.definition(place, definition, hand_on)?;
        }
        while self.scopes.len() > 1 {
            self.close(hand_on)?;
        }
        self.end_scope(")", hand_on)?;
        self.str("\n");
        Ok(())
    }

    pub(super) fn str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Appends a space and a string literal.
    pub(super) fn name(&mut self, name: &str) {
        self.str(" ");
        strings::write_name(&mut self.out, name);
    }

    /// Appends ` (`, the keyword, the text of `content`, and `)`.
    pub(super) fn form(&mut self, keyword: &str, content: impl FnOnce(&mut Self)) {
        self.str(" (");
        self.str(keyword);
        content(self);
        self.str(")");
    }

    /// Appends `(keyword ...)` for each item of a list, each on a line of its own.
    pub(super) fn lines_of<T>(
        &mut self,
        keyword: &str,
        items: &[T],
        content: impl Fn(&mut Self, &T),
    ) {
        for item in items {
            self.line(1);
            self.str("(");
            self.str(keyword);
            content(self, item);
            self.str(")");
        }
        self.end_of_list(items.len());
    }

    /// Ends a list whose elements have lines of their own.
    pub(super) fn end_of_list(&mut self, len: usize) {
        if len > 0 {
            self.line(0);
        }
    }

    /// The number of open scopes, which is the level of definitions.
    pub(super) fn depth(&self) -> usize {
        self.scopes.len()
    }

    /// The innermost open scope. There always is a scope while definitions are printed.
    pub(super) fn scope(&self) -> Option<&OpenScope<'c>> {
        self.scopes.last()
    }

    /// Begins a line, `deeper` levels below the definitions of the scope.
    pub(super) fn line(&mut self, deeper: usize) {
        self.lines.begin(&mut self.out, self.scopes.len() + deeper);
    }

    /// Begins the definition at a place: a line, the offset if it is known, and `opening`, which is
    /// the parenthesis and the keyword.
    pub(super) fn begin(&mut self, place: usize, opening: &str) {
        self.line(0);
        if let Some(scope) = self.scopes.last_mut() {
            scope.has_lines = true;
        }
        if let Some(at) = self.offsets.of_definition(place) {
            numbers::offset_comment(&mut self.out, at);
        }
        self.str(opening);
    }

    /// Ends a definition, and adds its indices to the scope.
    pub(super) fn end(&mut self, definition: &Definition<'_>, hand_on: HandOn<'_>) -> fmt::Result {
        self.str(")");
        if let Some(scope) = self.scopes.last_mut() {
            scope.counts.add(definition);
        }
        hand_on(&mut self.out)
    }

    /// Begins the scope of a type.
    pub(super) fn open_type(&mut self, kind: Scope) {
        self.scopes.push(OpenScope::of_type(kind));
    }

    /// Begins the scope of a component, and returns the component's own name. `own` is the name
    /// that the text gives to it by the identifier of its definition; `None` for the outermost
    /// component.
    pub(super) fn open_component(&mut self, own: Option<Option<Name<'c>>>) -> Option<Name<'c>> {
        let survey = self.surveys.next().unwrap_or_default();
        let own = own.as_ref().map(Option::as_ref);
        let (names, text) = names(self.definitions, &survey, own);
        let own = names.component.clone();
        self.scopes.push(OpenScope::of_component(&survey, names, text, &self.config));
        own
    }

    /// Ends the innermost scope and the definition that opened it. The outermost scope stays open.
    pub(super) fn close(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        let Some(kind) = self.scope().map(|scope| scope.kind).filter(|_| self.scopes.len() > 1)
        else {
            return Ok(());
        };
        let (opening, closing) = match kind {
            Scope::Component => (Definition::Component, ")"),
            Scope::ComponentType => (Definition::Type(Type::Component), "))"),
            Scope::InstanceType => (Definition::Type(Type::Instance), "))"),
            Scope::ModuleType => (Definition::CoreType(CoreType::Module), "))"),
        };
        self.end_scope(closing, hand_on)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.counts.add(&opening);
        }
        hand_on(&mut self.out)
    }

    fn end_scope(&mut self, closing: &str, hand_on: HandOn<'_>) -> fmt::Result {
        if let Some(mark) = self.take_mark() {
            self.line(0);
            self.str("(@names");
            self.mark(&mark, hand_on)?;
            self.str(")");
        }
        if let Some(scope) = self.scopes.pop()
            && scope.has_lines
        {
            self.line(0);
        }
        self.str(closing);
        Ok(())
    }

    /// Takes the content of the annotation with names, if the annotation is still to be written.
    pub(super) fn take_mark(&mut self) -> Option<Vec<u8>> {
        let scope = self.scopes.last_mut()?;
        match &mut scope.name_text {
            NameText::Ids | NameText::Sections => None,
            NameText::Mark(content) => {
                let content = take(content);
                scope.name_text = NameText::Ids;
                scope.has_lines = true;
                Some(content)
            }
        }
    }

    /// Appends ` $id (;5;)` for the index that the definition adds.
    pub(super) fn define(&mut self, sort: Sort) {
        let Some(scope) = self.scopes.last() else { return };
        self.define_at(sort, scope.len(sort));
    }

    /// Appends ` $id (;5;)`.
    pub(super) fn define_at(&mut self, sort: Sort, index: u32) {
        let Some(scope) = self.scopes.last() else { return };
        crate::modules::define(&mut self.out, scope.ids(sort).unwrap_or(&self.no_ids), index);
    }

    /// Appends a space and a reference.
    #[inline]
    pub(super) fn reference(&mut self, index: impl Into<SortIdx>) {
        let index = index.into();
        self.reference_in(self.scopes.len().checked_sub(1), index.sort(), index.number());
    }

    /// Appends a space and a reference to a definition of an enclosing scope: the identifier if it
    /// was defined before, or else the number.
    pub(super) fn reference_out(&mut self, count: usize, index: SortIdx) {
        let scope = self.scopes.len().checked_sub(count.saturating_add(1));
        self.reference_in(scope, index.sort(), index.number());
    }

    fn reference_in(&mut self, scope: Option<usize>, sort: Sort, number: u32) {
        let scope = scope.and_then(|at| self.scopes.get(at));
        let ids = scope.filter(|scope| number < scope.len(sort)).and_then(|scope| scope.ids(sort));
        ids.unwrap_or(&self.no_ids).reference(&mut self.out, number);
    }

    /// Writes core types. `more` core types are being defined, and can be referred to by
    /// identifier.
    pub(super) fn core_types(&mut self, more: u32, write: impl FnOnce(Types<'_>, &mut Vec<u8>)) {
        let scope = self.scopes.last();
        let ids = scope.and_then(|scope| scope.ids(Sort::CORE_TYPE)).unwrap_or(&self.no_ids);
        let known = scope.map_or(0, |scope| scope.len(Sort::CORE_TYPE)).saturating_add(more);
        write(Types { ids, known }, &mut self.out);
    }
}
