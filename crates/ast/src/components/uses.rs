//! The indices that a definition refers to.

use super::canon_opts::CanonOpts;
use super::canons::{Canon, CanonSink};
use super::definitions::{Alias, CoreInstance, CoreType, Definition, Instance};
use super::externs::{ExternDesc, TypeBound, ValueBound};
use super::name_section::Names;
use super::sorts::{CoreSortIdx, SortIdx};
use super::types::{ResultList, Type, ValType};
use super::walk::walk;
use crate::{ComponentFuncIdx, ComponentTypeIdx, ExternType, FuncIdx, MemIdx, TableIdx, TypeIdx};

impl Definition<'_> {
    /// Calls `visit` with each index of the enclosing scope that the definition refers to.
    ///
    /// Leaves out the item of an outer alias, since it belongs to another scope, and the type
    /// indices inside of core types, whose recursive groups refer to themselves.
    ///
    /// ```
    /// use wattle_ast::components::{Canon, CanonOpt, Definition, SortIdx};
    /// use wattle_ast::{ComponentFuncIdx, MemIdx};
    ///
    /// let (func, memory) = (ComponentFuncIdx(4), MemIdx(1));
    /// let opts = [CanonOpt::Utf8, CanonOpt::Memory(memory)].into();
    /// let mut found = Vec::new();
    /// Definition::Canon(Canon::Lower { func, opts }).uses(|index| found.push(index));
    /// assert_eq!(found, [SortIdx::from(func), SortIdx::from(memory)]);
    /// ```
    pub fn uses(&self, visit: impl FnMut(SortIdx)) {
        Uses(visit).definition(self);
    }
}

struct Uses<F>(F);

impl<F: FnMut(SortIdx)> Uses<F> {
    walk!(iter);

    fn index(&mut self, index: &(impl Copy + Into<SortIdx>)) {
        (self.0)((*index).into());
    }

    fn sort_idx(&mut self, index: &SortIdx) {
        self.index(index);
    }

    fn core_sort_idx(&mut self, index: &CoreSortIdx) {
        self.index(index);
    }

    fn canon(&mut self, canon: &Canon) {
        canon.write_to(self);
    }

    fn core_type<T>(&mut self, _: &T) {}

    fn extern_type(&mut self, ty: &ExternType) {
        ty.uses(|ty| self.index(&ty));
    }

    fn names(&mut self, _: &Names<'_>) {}
}

macro_rules! kinds {
    ($( $method:ident $idx:ty; )*) => { $(
        fn $method(&mut self, index: &$idx) {
            self.index(index);
        }
    )* };
}

impl<F: FnMut(SortIdx)> CanonSink for Uses<F> {
    kinds! {
        core_func FuncIdx;
        func ComponentFuncIdx;
        ty ComponentTypeIdx;
        core_type TypeIdx;
        table TableIdx;
        memory MemIdx;
    }

    fn results(&mut self, value: &ResultList) {
        value.0.iter().for_each(|ty| self.ty(ty));
    }

    fn opts(&mut self, opts: &CanonOpts) {
        opts.iter().filter_map(|opt| opt.index()).for_each(|index| self.index(&index));
    }
}
