//! The numbers of definitions that a scope has.

use super::definitions::{Definition, Numbered};
use super::sorts::{Sort, SortIdx};
use crate::DefinitionRef;

/// The lengths of the index spaces of a scope, and the counts of the definitions that references
/// number by their kind, kept up to date as definitions are added one by one.
///
/// ```
/// use wattle_ast::ComponentTypeIdx;
/// use wattle_ast::components::{Counts, Definition, PrimType, SortIndex, Type};
///
/// let mut counts = Counts::default();
/// let definition = Definition::Type(Type::Prim(PrimType::U8));
/// assert_eq!(counts.add(&definition), Some(ComponentTypeIdx(0).into()));
/// assert_eq!(counts.len(ComponentTypeIdx::SORT), 1);
/// assert_eq!(counts.next(&definition).unwrap().to_string(), "type 1");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    lens: [u32; Sort::COUNT],
    numbered: [u32; Numbered::COUNT],
}

impl Counts {
    /// Returns the length of an index space.
    pub const fn len(&self, sort: Sort) -> u32 {
        self.lens[sort.place()]
    }

    /// Returns the number of definitions of this kind.
    pub const fn numbered(&self, kind: Numbered) -> u32 {
        self.numbered[kind as usize]
    }

    /// Returns the reference that the path of an error makes to `definition` if it comes next.
    pub fn next(&self, definition: &Definition<'_>) -> Option<DefinitionRef> {
        if let Some(kind) = definition.numbered() {
            return Some(kind.reference(self.numbered(kind)));
        }
        let (sort, _) = definition.adds()?;
        Some(DefinitionRef::Indexed(sort, self.len(sort)))
    }

    /// Adds a definition, and returns its index, the first one if it has several.
    pub fn add(&mut self, definition: &Definition<'_>) -> Option<SortIdx> {
        if let Some(kind) = definition.numbered() {
            let number = &mut self.numbered[kind as usize];
            *number = number.saturating_add(1);
        }
        let (sort, count) = definition.adds()?;
        let len = &mut self.lens[sort.place()];
        let index = SortIdx::new(sort, *len);
        *len = len.saturating_add(count);
        Some(index)
    }
}
