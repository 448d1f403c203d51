//! Finds the definition of a type by its index, for code that goes through the definitions of a
//! component and needs the types of values.

use alloc::vec::Vec;

use super::definitions::{Alias, Definition};
use super::externs::{ExternDesc, TypeBound};
use super::sorts::{PlainSortIdx, SortIdx, SortIndex};
use super::types::Type;
use crate::ComponentTypeIdx;

/// The types of the scopes that are open at a place in a list of definitions.
///
/// Types that come from an instance are not found: their definitions are in the type of the
/// instance, or in a component.
///
/// ```
/// use wattle_ast::components::{Definition, PrimType, Type, TypePlaces};
///
/// let definitions = [Definition::Type(Type::Prim(PrimType::U8)), Definition::Component];
/// let mut types = TypePlaces::default();
/// types.advance(&definitions[..1]);
/// assert_eq!(types.find(0.into()).unwrap().place, 0);
/// types.advance(&definitions);
/// assert_eq!(types.find(0.into()), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct TypePlaces {
    /// The number of definitions that were added so far.
    next: usize,
    /// The types of the open scopes, the innermost last. The outermost scope is added with the
    /// first type.
    scopes: Vec<Vec<Option<TypePlace>>>,
}

/// The definition of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypePlace {
    /// The place in the list of definitions.
    pub place: usize,
    /// The number of scopes around the definition's own.
    scope: usize,
}

impl TypePlaces {
    /// Adds `definitions`, which must begin with those of the last call.
    pub fn advance(&mut self, definitions: &[Definition<'_>]) {
        for (place, definition) in definitions.iter().enumerate().skip(self.next) {
            self.step(place, definition);
        }
        self.next = definitions.len();
    }

    fn step(&mut self, place: usize, definition: &Definition<'_>) {
        if let Definition::End = definition {
            self.scopes.pop();
            return;
        }
        if self.scopes.is_empty() {
            self.scopes.push(Vec::new());
        }
        let is_type = definition.adds().is_some_and(|(sort, _)| sort == ComponentTypeIdx::SORT);
        if is_type {
            let found = self.defined(place, definition);
            self.scopes.last_mut().into_iter().for_each(|types| types.push(found));
        }
        if definition.opens().is_some() {
            self.scopes.push(Vec::new());
        }
    }

    /// Finds the definition that a type stands for: itself, or the definition that it names.
    fn defined(&self, place: usize, definition: &Definition<'_>) -> Option<TypePlace> {
        let own = TypePlace { place, scope: self.scopes.len().saturating_sub(1) };
        let here = |index| self.in_scope(own.scope, index);
        let desc = |desc: &ExternDesc| match *desc {
            ExternDesc::Type(TypeBound::Eq(index)) => here(index),
            _ => None,
        };
        match definition {
            Definition::Type(Type::Component | Type::Instance | Type::Resource(_)) => None,
            Definition::Type(_) => Some(own),
            Definition::Import(import) => desc(&import.ty),
            Definition::ExportDecl(export) => desc(&export.ty),
            Definition::Export(export) => match export.item {
                SortIdx::Plain(PlainSortIdx::Type(index)) => here(index),
                _ => None,
            },
            Definition::Alias(Alias::Outer {
                count,
                item: SortIdx::Plain(PlainSortIdx::Type(index)),
            }) => self.in_scope(own.scope.checked_sub(*count as usize)?, *index),
            _ => None,
        }
    }

    fn in_scope(&self, scope: usize, index: ComponentTypeIdx) -> Option<TypePlace> {
        self.scopes.get(scope)?.get(index.0 as usize).copied().flatten()
    }

    /// Returns the definition of the type with an index in the innermost scope.
    pub fn find(&self, index: ComponentTypeIdx) -> Option<TypePlace> {
        self.in_scope(self.scopes.len().checked_sub(1)?, index)
    }

    /// Returns the definition of the type that the definition `from` refers to by this index.
    pub fn find_in(&self, from: TypePlace, index: ComponentTypeIdx) -> Option<TypePlace> {
        self.in_scope(from.scope, index)
    }
}
