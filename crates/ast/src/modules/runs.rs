//! Runs: types and imports as the entries of their sections, some of which are groups.
//!
//! A module keeps its groups beside its lists, and either can be edited without the other. So all
//! code reads groups through this file, which leaves out those that no longer fit the lists.

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
    /// The groups that were not reached yet.
    groups: &'m [G],
    /// The index of the first item of the next run.
    next: usize,
}

/// Items that are written as one entry.
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
    /// Groups of [`Module::rec_groups`] that do not fit the types are left out: groups that are out
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
    /// Groups of [`Module::import_groups`] that do not fit the imports are left out: groups that
    /// are out of order, overlap the group before, go beyond the last import, or have a member with
    /// another module or type.
    pub fn import_runs(&self) -> Runs<'_, ImportGroup<'a>, Import<'a>> {
        Runs { items: &self.imports, groups: &self.import_groups, next: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    use crate::{ExternType, FuncType, TypeIdx};

    /// The first item and the number of members of each group that is not left out.
    fn groups<G: Group<T>, T>(runs: Runs<'_, G, T>) -> Vec<(u32, usize)> {
        let mut end = 0;
        let runs: Vec<_> = runs.collect();
        for run in &runs {
            assert_eq!(run.first as usize, end, "runs tile the list");
            assert!(run.group.is_some() || run.items.len() == 1);
            end += run.items.len();
        }
        let groups = runs.iter().filter(|run| run.group.is_some());
        groups.map(|run| (run.first, run.items.len())).collect()
    }

    #[test]
    fn groups_that_do_not_fit_are_left_out() {
        let types = alloc::vec![FuncType::default().into(); 4].into();
        let mut module = Module { types, ..Module::default() };
        for (ranges, fit) in [
            (&[(0, 2), (2, 0), (2, 2), (4, 0)][..], &[(0, 2), (2, 0), (2, 2), (4, 0)][..]),
            (&[(0, 2), (1, 2), (3, 1)], &[(0, 2), (3, 1)]),
            (&[(2, 2), (0, 1)], &[(2, 2)]),
            (&[(9, 1), (0, 1)], &[(0, 1)]),
            (&[(3, 2), (3, u32::MAX), (u32::MAX, u32::MAX)], &[]),
            (&[(5, 0)], &[]),
        ] {
            let group = |&(first, len)| RecGroup { first: TypeIdx(first), len };
            module.rec_groups = ranges.iter().map(group).collect();
            assert_eq!(groups(module.type_runs()), fit, "{ranges:?}");
        }
        module.types.clear();
        assert_eq!(groups(module.type_runs()), []);
        module.rec_groups = alloc::vec![RecGroup { first: TypeIdx(0), len: 0 }];
        assert_eq!(groups(module.type_runs()), [(0, 0)]);
    }

    #[test]
    fn imports_leave_groups_that_say_otherwise() {
        let func = ExternType::Func(TypeIdx(0));
        let import =
            |module: &'static str, ty| Import { module: module.into(), name: "f".into(), ty };
        let imports = alloc::vec![import("m", func); 4];
        let mut module = Module { imports, ..Module::default() };
        let group = |first, ty| ImportGroup { first, len: 2, module: "m".into(), ty };
        module.import_groups = alloc::vec![group(0, None), group(2, Some(func))];
        assert_eq!(groups(module.import_runs()), [(0, 2), (2, 2)]);
        module.imports[3].ty = ExternType::Func(TypeIdx(1));
        assert_eq!(groups(module.import_runs()), [(0, 2)]);
        module.imports[1].module = "n".into();
        assert_eq!(groups(module.import_runs()), []);
    }
}
