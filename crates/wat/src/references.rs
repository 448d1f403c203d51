//! The definitions and uses of identifiers in a text, for editors.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::Span;

use crate::Space;

/// A place where an identifier is bound to an index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Definition {
    /// The index space.
    pub space: Space,
    /// The function of a local or a label, or the type of a field.
    pub owner: Option<u32>,
    /// The index within the space, and within the owner where there is one.
    pub index: u32,
    /// The bytes of the identifier.
    pub id: Span,
    /// The bytes of the definition: a field of the module, `(param ..)`, `(local ..)`, `(field
    /// ..)`, or a block from its instruction to its `end`, its closing parenthesis or the label of
    /// its `delegate`. In a function with an error, a block may have no end, and then this is its
    /// identifier.
    pub form: Span,
}

/// A place where an identifier is used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reference {
    /// The bytes of the identifier.
    pub id: Span,
    /// The index in [`definitions`](Identifiers::definitions) of the definition that it refers to.
    pub definition: usize,
}

/// The identifiers of a text, made on [request](crate::Parser::identifiers).
///
/// ```
/// use wattle_wat::{Parser, Space};
///
/// let text = "(func $f (param $x i32) (call $f (local.get $x)))";
/// let identifiers = Parser::new().identifiers(true).module(text)?.identifiers.unwrap();
///
/// let at = text.rfind("$x").unwrap();
/// let x = identifiers.at(at).unwrap();
/// let definition = identifiers.definitions[x];
/// assert_eq!((definition.space, definition.owner, definition.index), (Space::Local, Some(0), 0));
/// assert_eq!(&text[definition.form.start..definition.form.end], "(param $x i32)");
/// assert_eq!(identifiers.uses(x).map(|id| id.start).collect::<Vec<_>>(), [at]);
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identifiers {
    /// The places where identifiers are bound, in the order of the text.
    pub definitions: Vec<Definition>,
    /// The places where identifiers are used, in the order of the text. Uses of identifiers that
    /// are not bound are errors and left out.
    pub references: Vec<Reference>,
}

impl Identifiers {
    /// The index of the definition that the identifier at a byte offset makes or refers to. An
    /// offset at the end of an identifier counts as within it.
    pub fn at(&self, offset: usize) -> Option<usize> {
        let touches = |id: Span| id.start <= offset && offset <= id.end;
        let at = self.definitions.partition_point(|definition| definition.id.end < offset);
        if self.definitions.get(at).is_some_and(|definition| touches(definition.id)) {
            return Some(at);
        }
        let at = self.references.partition_point(|reference| reference.id.end < offset);
        let reference = self.references.get(at).filter(|reference| touches(reference.id))?;
        Some(reference.definition)
    }

    /// The identifiers that refer to a definition, in the order of the text.
    pub fn uses(&self, definition: usize) -> impl Iterator<Item = Span> {
        let references = self.references.iter();
        references.filter(move |reference| reference.definition == definition).map(|one| one.id)
    }
}

/// The binding of an identifier: its space, owner and index.
pub(crate) type Target = (Space, Option<u32>, u32);

/// Records identifiers in the order in which the parser reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    found: Identifiers,
    /// The number of the current scope. Each scope has targets of its own.
    scope: u32,
    numbers: BTreeMap<(u32, Target), usize>,
}

impl Recorder {
    /// Moves to the scope with a number: a module, or in a component, a component or a type.
    pub(crate) fn enter(&mut self, scope: u32) {
        self.scope = scope;
    }

    pub(crate) fn define(&mut self, target: Target, id: Span, form: Span) {
        let (space, owner, index) = target;
        self.numbers.insert((self.scope, target), self.found.definitions.len());
        self.found.definitions.push(Definition { space, owner, index, id, form });
    }

    /// Extends the form of a definition to an offset.
    pub(crate) fn extend(&mut self, target: Target, end: usize) {
        let number = self.numbers.get(&(self.scope, target));
        if let Some(definition) = number.and_then(|at| self.found.definitions.get_mut(*at)) {
            definition.form.end = end;
        }
    }

    pub(crate) fn refer(&mut self, target: Target, id: Span) {
        self.refer_in(self.scope, target, id);
    }

    /// Records a use of a definition in the scope with this number.
    pub(crate) fn refer_in(&mut self, scope: u32, target: Target, id: Span) {
        if let Some(&definition) = self.numbers.get(&(scope, target)) {
            self.found.references.push(Reference { id, definition });
        }
    }

    /// The identifiers in the order of the text.
    pub(crate) fn finish(self) -> Identifiers {
        let Identifiers { definitions, mut references } = self.found;
        let mut order: Vec<usize> = (0..definitions.len()).collect();
        order.sort_by_key(|at| definitions[*at].id.start);
        let mut places = alloc::vec![0; order.len()];
        for (place, at) in order.iter().enumerate() {
            places[*at] = place;
        }
        for reference in &mut references {
            reference.definition = places[reference.definition];
        }
        references.sort_by_key(|reference| reference.id.start);
        let definitions = order.into_iter().map(|at| definitions[at]).collect();
        Identifiers { definitions, references }
    }
}
