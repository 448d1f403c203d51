//! Runs: types and imports as the entries of their sections, some of which are groups.
//!
//! A module keeps its groups beside its lists, and each of the two can be edited without the other.
//! So all code reads groups through this file, which leaves out those that no longer fit the lists.

use super::items::{Import, ImportGroup};
use super::module::Module;
use crate::{RecGroup, SubType};

/// An entry of a section: a group with its members, or an item outside of all groups.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Run<'m, G, T> {
    /// The group; `None` for an item outside of all groups.
    pub group: Option<&'m G>,
    /// The index of the first item in the module's list.
    pub first: u32,
    /// The members of the group, possibly none, or the one item.
    pub items: &'m [T],
}

/// The runs of a list, in order. Each item is in exactly one run.
#[derive(Clone, Debug)]
pub struct Runs<'m, G, T> {
    items: &'m [T],
    /// The groups that are still to be visited.
    groups: &'m [G],
    /// The index of the first item of the next run.
    next: usize,
}

/// A group of items that is one entry of a section.
pub trait Group<T> {
    /// The index of the first member in the list, and the number of members.
    fn range(&self) -> (u32, u32);

    /// Whether an item can be a member of the group.
    fn holds(&self, item: &T) -> bool;
}

impl Group<SubType> for RecGroup {
    fn range(&self) -> (u32, u32) {
        (self.first.0, self.len)
    }

    fn holds(&self, _: &SubType) -> bool {
        true
    }
}

impl<'a> Group<Import<'a>> for ImportGroup<'a> {
    fn range(&self) -> (u32, u32) {
        (self.first, self.len)
    }

    fn holds(&self, import: &Import<'a>) -> bool {
        import.module == self.module && self.ty.is_none_or(|ty| ty == import.ty)
    }
}

impl<'m, G: Group<T>, T> Iterator for Runs<'m, G, T> {
    type Item = Run<'m, G, T>;

    fn next(&mut self) -> Option<Run<'m, G, T>> {
        let first = self.next;
        while let Some((group, groups)) = self.groups.split_first() {
            let (start, len) = group.range();
            if start as usize > first && start as usize <= self.items.len() {
                break;
            }
            self.groups = groups;
            let end = first.saturating_add(len as usize);
            if start as usize == first
                && let Some(items) = self.items.get(first..end)
                && items.iter().all(|item| group.holds(item))
            {
                self.next = end;
                return Some(Run { group: Some(group), first: start, items });
            }
        }
        let items = self.items.get(first..first + 1)?;
        self.next += 1;
        Some(Run { group: None, first: first as u32, items })
    }
}

impl<'a> Module<'a> {
    /// The types by recursive group. A type outside of all groups is a run of its own.
    ///
    /// Leaves out groups of [`Module::rec_groups`] that do not fit the types: groups that are out
    /// of order, overlap the group before, or go beyond the last type.
    ///
    /// ```
    /// use wattle_ast::{FuncType, Module, RecGroup, TypeIdx};
    ///
    /// let mut module = Module::default();
    /// module.types = vec![FuncType::default().into(); 3].into();
    /// module.rec_groups = vec![RecGroup { first: TypeIdx(1), len: 2 }];
    /// let lens = |module: &Module| module.type_runs().map(|run| run.items.len()).collect::<Vec<_>>();
    /// assert_eq!(lens(&module), [1, 2]);
    ///
    /// module.types.pop();
    /// assert_eq!(lens(&module), [1, 1]);
    /// ```
    pub fn type_runs(&self) -> Runs<'_, RecGroup, SubType> {
        Runs { items: &self.types, groups: &self.rec_groups, next: 0 }
    }

    /// The imports by group. An import outside of all groups is a run of its own.
    ///
    /// Leaves out groups of [`Module::import_groups`] that do not fit the imports: groups that are
    /// out of order, overlap the group before, go beyond the last import, or have a member with
    /// another module or type.
    pub fn import_runs(&self) -> Runs<'_, ImportGroup<'a>, Import<'a>> {
        Runs { items: &self.imports, groups: &self.import_groups, next: 0 }
    }
}
