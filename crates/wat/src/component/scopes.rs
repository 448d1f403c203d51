//! Scopes: their index spaces, the identifiers that are bound in them, and the addition of
//! definitions.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    Counts, Definition, Export, ExternDesc, ExternName, Names, Numbered, Scope, Sort, SortIdx,
};
use wattle_ast::{DefinitionRef, Name, Span};

use super::ComponentState;
use super::externs::Extern;
use crate::error::{Error, ErrorKind, Expected, Result};
use crate::ids::{IdMap, Space};
use crate::module::annotations::{self, OfComponent};

/// The identifiers of all open scopes.
#[derive(Default)]
pub(super) struct Bindings<'a> {
    /// For each identifier of each index space, the place in `open` of its innermost binding plus
    /// one, or 0 if it is not bound.
    ids: [IdMap<'a>; Sort::COUNT],
    /// The bindings, in the order in which they were made.
    open: Vec<Binding>,
}

/// The binding of an identifier.
struct Binding {
    slot: usize,
    /// The place of the identifier in its map.
    entry: usize,
    /// The number of scopes around that of the binding.
    depth: u32,
    /// The number of the scope.
    scope: u32,
    index: u32,
    /// The binding that this one hides.
    hides: u32,
}

/// The target of an identifier.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    /// The number of scopes around that of the binding.
    pub(super) depth: u32,
    /// The number of the scope.
    pub(super) scope: u32,
    /// The index.
    pub(super) index: u32,
}

impl<'a> Bindings<'a> {
    fn binding(&self, number: u32) -> Option<&Binding> {
        self.open.get((number as usize).checked_sub(1)?)
    }

    /// The innermost binding of an identifier.
    pub(super) fn find(&self, sort: Sort, id: &str) -> Option<Bound> {
        let binding = self.binding(self.ids[sort.place()].get(id)?)?;
        Some(Bound { depth: binding.depth, scope: binding.scope, index: binding.index })
    }

    /// The binding of an identifier in the scope that has `depth` scopes around it.
    pub(super) fn find_at(&self, sort: Sort, id: &str, depth: u32) -> Option<Bound> {
        let mut binding = self.binding(self.ids[sort.place()].get(id)?)?;
        while binding.depth > depth {
            binding = self.binding(binding.hides)?;
        }
        let Binding { scope, index, .. } = *binding;
        (binding.depth == depth).then_some(Bound { depth, scope, index })
    }

    /// Binds an identifier in the innermost scope. Returns false if it is bound there already.
    fn bind(&mut self, sort: Sort, id: Name<'a>, bound: Bound) -> bool {
        let slot = sort.place();
        let (entry, _) = self.ids[slot].entry(id, 0);
        let hides = *self.ids[slot].number(entry);
        if self.binding(hides).is_some_and(|binding| binding.depth == bound.depth) {
            return false;
        }
        let Bound { depth, scope, index } = bound;
        self.open.push(Binding { slot, entry, depth, scope, index, hides });
        *self.ids[slot].number(entry) = self.open.len() as u32;
        true
    }

    /// Removes all bindings but the first `len`.
    fn truncate(&mut self, len: usize) {
        while self.open.len() > len {
            let Some(binding) = self.open.pop() else { return };
            *self.ids[binding.slot].number(binding.entry) = binding.hides;
        }
    }

    /// The identifiers that are bound in an index space.
    pub(super) fn ids(&self, sort: Sort) -> impl Iterator<Item = &str> {
        self.ids[sort.place()].numbered().filter(|(_, number)| *number > 0).map(|(id, _)| id)
    }
}

/// A scope: a component, or the type of a component, an instance or a core module.
pub(super) struct Frame<'a> {
    kind: Scope,
    /// The identifier, for outer aliases.
    pub(super) id: Option<Name<'a>>,
    /// The next step behind the scope.
    then: Then<'a>,
    /// The position of the field of the enclosing scope that holds it.
    pub(super) start: usize,
    /// The number of the scope, for the recorder of identifiers.
    number: u32,
    counts: Counts,
    names: Names<'a>,
    /// The name of a component, unless an annotation in it gives its names.
    pub(super) own: Option<Name<'a>>,
    /// The annotation that gives the place of the name section, and more names.
    mark: Option<Mark>,
    /// Whether a name section is written out, so that identifiers do not make one.
    has_written_names: bool,
    /// The exports that stand inside of definitions. They follow all other definitions.
    late: Vec<(Export<'a>, usize)>,
    /// The number of bindings in the scopes around it.
    bound: usize,
    /// The identifiers of the core types of the enclosing scope.
    core_types: IdMap<'a>,
}

/// An annotation that gives the place of the name section of a component.
struct Mark {
    /// The place of the section among the definitions.
    place: usize,
    more: Box<Names<'static>>,
    span: Span,
}

/// The next step behind a scope.
pub(super) enum Then<'a> {
    /// Nothing.
    Nothing,
    /// Bind the definition.
    Define(Head<'a>, SortIdx),
    /// Bind the type, behind its closing parenthesis.
    DefineType(Head<'a>, SortIdx),
    /// Import or export an item of that type.
    Extern(Extern<'a>, ExternDesc),
}

/// The beginning of a definition.
pub(super) struct Head<'a> {
    /// The identifier, and its position.
    pub(super) id: Option<(Name<'a>, usize)>,
    /// The name in an annotation.
    pub(super) name: Option<Name<'a>>,
    /// The names to export it under, each with the position of the form.
    pub(super) exports: Vec<(ExternName<'a>, usize)>,
}

impl<'a> Head<'a> {
    /// The identifier.
    pub(super) fn id(&self) -> Option<Name<'a>> {
        self.id.as_ref().map(|(id, _)| id.clone())
    }
}

impl<'a> Frame<'a> {
    pub(super) fn outermost() -> Frame<'a> {
        Frame {
            kind: Scope::Component,
            id: None,
            then: Then::Nothing,
            start: 0,
            number: 0,
            counts: Counts::default(),
            names: Names::default(),
            own: None,
            mark: None,
            has_written_names: false,
            late: Vec::new(),
            bound: 0,
            core_types: IdMap::default(),
        }
    }

    /// The kind of scope.
    pub(super) fn kind(&self) -> Scope {
        self.kind
    }

    /// The number of definitions of a sort.
    pub(super) fn len(&self, sort: Sort) -> u32 {
        self.counts.len(sort)
    }

    /// The form that is expected in the scope, for error messages.
    pub(super) fn expected(&self) -> Expected {
        match self.kind {
            Scope::Component => Expected::ComponentField,
            Scope::ComponentType | Scope::InstanceType => Expected::TypeDecl,
            Scope::ModuleType => Expected::ModuleTypeDecl,
        }
    }
}

impl<'a> ComponentState<'_, 'a> {
    /// The number of scopes around the current one.
    pub(super) fn depth(&self) -> u32 {
        self.outer.len() as u32
    }

    /// Adds a definition to the current scope. Returns its index, which is the first if it has
    /// several, and 0 if it has none.
    pub(super) fn emit(&mut self, definition: Definition<'a>) -> u32 {
        if self.core.source_map.is_some() {
            let place = self.scope.counts.next(&definition);
            let span = self.core.form_span(self.core.field_start);
            if let (Some(map), Some(place)) = (&mut self.core.source_map, place) {
                map.add_definition(place, span);
            }
        }
        let index = self.scope.counts.add(&definition);
        self.definitions.push(definition);
        index.map_or(0, SortIdx::number)
    }

    /// Adds a definition that has an index, and binds it.
    pub(super) fn add(&mut self, head: Head<'a>, definition: Definition<'a>) -> Result<()> {
        let Some((sort, _)) = definition.adds() else { return Ok(()) };
        let index = self.emit(definition);
        self.define(head, SortIdx::new(sort, index))
    }

    /// Reads the identifier and the name of a definition, and names to export it under if it may
    /// have some.
    pub(super) fn head(&mut self, may_export: bool) -> Result<Head<'a>> {
        let at = self.core.cursor.pos();
        let id = self.core.cursor.opt_id().map(|id| (id, at));
        let mut head = Head { id, name: self.core.name_annotation()?, exports: Vec::new() };
        while may_export && self.at_inline_export() {
            let at = self.core.cursor.pos();
            self.core.cursor.bump_open();
            let name = self.extern_name()?;
            self.core.cursor.expect_close()?;
            head.exports.push((name, at));
        }
        Ok(head)
    }

    /// Binds the identifier of a definition, and records its name and its exports.
    pub(super) fn define(&mut self, head: Head<'a>, item: SortIdx) -> Result<()> {
        let (sort, index) = (item.sort(), item.number());
        let field = self.core.field_start;
        let id = head.id();
        for (name, at) in head.exports {
            self.scope.late.push((Export { name, item, ty: None }, at));
        }
        if self.scope.kind == Scope::Component
            && let Some(name) = head.name.or(id)
        {
            self.scope.names.insert(sort, index, name);
        }
        match head.id {
            Some((id, at)) => self.bind(sort, id, index, at, field),
            None => Ok(()),
        }
    }

    /// Binds the identifier at position `at`, by the form at position `form`.
    pub(super) fn bind(
        &mut self,
        sort: Sort,
        id: Name<'a>,
        index: u32,
        at: usize,
        form: usize,
    ) -> Result<()> {
        let bound = Bound { depth: self.depth(), scope: self.scope.number, index };
        let space = Space::from(sort);
        if !self.bindings.bind(sort, id.clone(), bound) {
            let kind = ErrorKind::Duplicate(space, id.as_str().into());
            return Err(Error::boxed(kind, self.core.span_at(at)));
        }
        self.core.define(space, None, index, at, form);
        if space == Space::CoreType {
            self.core.scope[Space::Type].ids.insert(id, index);
        }
        Ok(())
    }

    /// Adds a definition that opens a scope, and moves into that.
    pub(super) fn enter(
        &mut self,
        definition: Definition<'a>,
        id: Option<Name<'a>>,
        then: impl FnOnce(SortIdx) -> Then<'a>,
    ) {
        let Some(kind) = definition.opens() else { return };
        let Some((sort, _)) = definition.adds() else { return };
        let index = self.emit(definition);
        let mut frame = Frame {
            kind,
            id,
            then: then(SortIdx::new(sort, index)),
            start: self.core.field_start,
            number: self.next_scope,
            bound: self.bindings.open.len(),
            core_types: core::mem::take(&mut self.core.scope[Space::Type].ids),
            ..Frame::outermost()
        };
        self.next_scope += 1;
        if let Some(map) = &mut self.core.source_map {
            map.enter(kind.outer(index));
        }
        self.record_in(frame.number);
        core::mem::swap(&mut self.scope, &mut frame);
        self.outer.push(frame);
    }

    /// Has the recorder of identifiers record in the scope with this number.
    pub(super) fn record_in(&mut self, number: u32) {
        if let Some(recorder) = &mut self.core.recorder {
            recorder.enter(number);
        }
    }

    /// The number of the current scope, for the recorder of identifiers.
    pub(super) fn scope_number(&self) -> u32 {
        self.scope.number
    }

    /// Ends the current scope and returns to the one around it. `None` if there is none.
    pub(super) fn leave(&mut self) -> Option<Then<'a>> {
        self.end_scope();
        let mut frame = self.outer.pop()?;
        core::mem::swap(&mut self.scope, &mut frame);
        self.definitions.push(Definition::End);
        self.bindings.truncate(frame.bound);
        self.core.scope[Space::Type].ids = frame.core_types;
        if let Some(map) = &mut self.core.source_map {
            map.leave();
        }
        self.record_in(self.scope.number);
        Some(frame.then)
    }

    /// Adds the definitions at the end of the current scope: exports that are written inside of
    /// other definitions, and names.
    pub(super) fn end_scope(&mut self) {
        let field = self.core.field_start;
        for (export, at) in core::mem::take(&mut self.scope.late) {
            self.core.field_start = at;
            self.emit(Definition::Export(export));
        }
        self.core.field_start = field;
        let mut names = core::mem::take(&mut self.scope.names);
        let is_outermost = self.outer.is_empty();
        let says_names = self.scope.mark.is_some() || self.scope.has_written_names;
        if is_outermost || !says_names {
            names.component = self.scope.own.take();
        }
        let mark = self.scope.mark.take();
        if let Some(mark) = &mark {
            self.add_names(&mut names, mark);
        }
        let has_section = !names.is_empty() && !self.scope.has_written_names;
        match mark {
            Some(mark) if !has_section => self.left_out.push(mark.place),
            Some(mark) => {
                if let Some(definition) = self.definitions.get_mut(mark.place) {
                    *definition = Definition::Names(Box::new(names));
                }
            }
            None if has_section => drop(self.emit(Definition::Names(Box::new(names)))),
            None => {}
        }
    }

    /// Adds the names that an annotation gives.
    fn add_names(&mut self, names: &mut Names<'a>, mark: &Mark) {
        let mut clashes = false;
        if let Some(name) = &mark.more.component {
            clashes |= names.component.as_ref().is_some_and(|known| known != name);
            names.component = Some(name.clone());
        }
        for (item, name) in mark.more.iter() {
            let (sort, index) = (item.sort(), item.number());
            clashes |= names.of(sort, index).is_some_and(|known| known != name);
            names.insert(sort, index, name.clone());
        }
        if clashes {
            let reason = "a name that differs from an identifier";
            self.core.report(annotations::bad_names(mark.span, reason));
        }
    }

    /// Adds the custom sections and the names of annotations before the next token.
    pub(super) fn customs(&mut self) {
        if self.scope.kind != Scope::Component {
            return;
        }
        for annotation in self.core.between_component_fields() {
            let span = match annotation {
                OfComponent::Custom(custom, span) => {
                    self.scope.has_written_names |= custom.name == Names::NAME;
                    self.emit(Definition::from_custom(custom));
                    span
                }
                OfComponent::Names(_, span) if self.scope.mark.is_some() => {
                    self.core.report(annotations::bad_names(span, "duplicate annotation"));
                    continue;
                }
                OfComponent::Names(more, span) => {
                    let place = self.definitions.len();
                    self.scope.mark = Some(Mark { place, more, span });
                    // The content follows when all names are known.
                    self.emit(Definition::Names(Box::default()));
                    span
                }
            };
            if let Some(map) = &mut self.core.source_map {
                let behind = self.scope.counts.numbered(Numbered::Custom);
                map.add_definition(DefinitionRef::Custom(behind.saturating_sub(1)), span);
            }
        }
    }
}
