//! New indices for old ones, in everything that a component holds; insertion of definitions into a
//! component.

use core::convert::Infallible;

use super::canon_opts::CanonOpts;
use super::canons::{Canon, CanonEdit, ContextSlot};
use super::component::{Component, Misplaced};
use super::counts::Counts;
use super::definitions::{Alias, CoreInstance, CoreType, Definition, Instance};
use super::externs::{ExternDesc, TypeBound, ValueBound};
use super::name_section::Names;
use super::sorts::{CoreSort, CoreSortIdx, Sort, SortIdx, SortIndex};
use super::types::{ResultList, Type, ValType};
use super::walk::walk;
use crate::instructions::{Reindex, Remapping};
use crate::{
    ComponentFuncIdx, ComponentTypeIdx, ExternType, FuncIdx, MemIdx, Remap, TableIdx, TypeIdx,
};

impl Definition<'_> {
    /// Gives new numbers to the indices of the enclosing scope that the definition refers to.
    ///
    /// These are the indices that [`uses`](Definition::uses) visits, the type indices inside of
    /// core types, the item of an outer alias that goes out of no scope, and the indices of a name
    /// section.
    ///
    /// ```
    /// use wattle_ast::components::{Canon, CanonOpt, Definition};
    ///
    /// let opts = [CanonOpt::Utf8, CanonOpt::Memory(1.into())].into();
    /// let mut definition = Definition::Canon(Canon::Lower { func: 4.into(), opts });
    /// definition.reindex(|_, index| index + 1);
    /// let opts = [CanonOpt::Utf8, CanonOpt::Memory(2.into())].into();
    /// assert_eq!(definition, Definition::Canon(Canon::Lower { func: 5.into(), opts }));
    /// ```
    pub fn reindex(&mut self, new: impl FnMut(Sort, u32) -> u32) {
        Reindexer(new).at_depth(self, 0);
    }
}

/// Gives new numbers to the indices of a scope, in all definitions of that scope. These include the
/// definitions of inner scopes, in which only outer aliases refer to the scope.
///
/// ```
/// use wattle_ast::components::{Alias, Definition, reindex};
/// use wattle_ast::TypeIdx;
///
/// let alias = |count, ty| Definition::Alias(Alias::Outer { count, item: TypeIdx(ty).into() });
/// let definitions = |ty| [Definition::Component, alias(1, ty), alias(0, 0), Definition::End];
/// let mut some = definitions(0);
/// reindex(&mut some, |_, index| index + 5);
/// assert_eq!(some, definitions(5));
/// ```
pub fn reindex(definitions: &mut [Definition<'_>], new: impl FnMut(Sort, u32) -> u32) {
    let mut reindexer = Reindexer(new);
    let mut depth = 0;
    for definition in definitions {
        reindexer.at_depth(definition, depth);
        depth = definition.depth_after(depth);
    }
}

impl<'a> Component<'a> {
    /// Gives new numbers to the indices of the outermost component, in everything that refers to
    /// them, its names included. The definitions stay where they are.
    pub fn reindex(&mut self, new: impl FnMut(Sort, u32) -> u32) {
        reindex(&mut self.definitions, new);
    }

    /// Inserts definitions of the outermost component at a place in the list, and updates the
    /// indices that refer to definitions after them.
    ///
    /// The new definitions may refer to definitions before the place, and to each other.
    ///
    /// ```
    /// use wattle_ast::components::{Component, Definition, PrimType, Type};
    ///
    /// let list = |of: u32| Definition::Type(Type::List(wattle_ast::ComponentTypeIdx(of).into()));
    /// let prim = |ty| Definition::Type(Type::Prim(ty));
    /// let mut component: Component<'_> = [prim(PrimType::U8), list(0), list(1)].into_iter().collect();
    /// component.insert(1, [prim(PrimType::Char)])?;
    /// let expected = [prim(PrimType::U8), prim(PrimType::Char), list(0), list(2)];
    /// assert_eq!(component.definitions, expected);
    /// # Ok::<(), wattle_ast::components::Misplaced>(())
    /// ```
    ///
    /// # Errors
    /// If the place is inside of another scope or after the end of the list, or if one of the new
    /// definitions cannot stand there. The component then stays as it was.
    pub fn insert(
        &mut self,
        place: usize,
        definitions: impl IntoIterator<Item = Definition<'a>>,
    ) -> Result<(), Misplaced> {
        let inserted: Component<'a> = definitions.into_iter().collect();
        inserted.check().map_err(|error| Misplaced { place: place.saturating_add(error.place) })?;
        let before = self.definitions.get(..place).ok_or(Misplaced { place })?;
        let first = counts(before).ok_or(Misplaced { place })?;
        let added = counts(&inserted.definitions).ok_or(Misplaced { place })?;
        self.reindex(|sort, index| match index >= first.len(sort) {
            true => index.saturating_add(added.len(sort)),
            false => index,
        });
        self.definitions.splice(place..place, inserted.definitions);
        Ok(())
    }
}

/// Counts the indices that `definitions` add to the index spaces of their scope; `None` if an inner
/// scope is left open.
fn counts(definitions: &[Definition<'_>]) -> Option<Counts> {
    let (mut counts, mut depth) = (Counts::default(), 0_usize);
    for definition in definitions {
        if matches!(definition, Definition::End) {
            depth = depth.checked_sub(1)?;
        }
        if depth == 0 {
            counts.add(definition);
        }
        depth += usize::from(definition.opens().is_some());
    }
    (depth == 0).then_some(counts)
}

/// New numbers for the indices of one scope.
struct Reindexer<F>(F);

impl<F: FnMut(Sort, u32) -> u32> Reindexer<F> {
    /// Gives new numbers to the indices in a definition that is `depth` scopes below the scope of
    /// the indices.
    fn at_depth(&mut self, definition: &mut Definition<'_>, depth: usize) {
        match definition {
            Definition::Alias(Alias::Outer { count, item }) if *count as usize == depth => {
                self.sort_idx(item);
            }
            Definition::Alias(Alias::Outer { .. }) => {}
            _ if depth == 0 => self.definition(definition),
            _ => {}
        }
    }

    walk!(iter_mut mut);

    fn index<I: SortIndex>(&mut self, index: &mut I) {
        *index = I::from((self.0)(I::SORT, (*index).into()));
    }

    fn sort_idx(&mut self, index: &mut SortIdx) {
        let sort = index.sort();
        *index = SortIdx::new(sort, (self.0)(sort, index.number()));
    }

    fn core_sort_idx(&mut self, index: &mut CoreSortIdx) {
        let sort = index.sort();
        *index = CoreSortIdx::new(sort, (self.0)(sort.as_sort(), index.number()));
    }

    fn canon(&mut self, canon: &mut Canon) {
        canon.edit(self);
    }

    /// Gives new numbers to the type indices in a core type of any form.
    fn core_type<T: Reindex + Clone>(&mut self, ty: &mut T) {
        let Ok(new) = ty.clone().reindex(&mut Remapping::new(&mut CoreTypes(&mut self.0)));
        *ty = new;
    }

    fn extern_type(&mut self, ty: &mut ExternType) {
        self.core_type(ty);
    }

    /// Gives new numbers to the indices of names. If the new numbers have the same order, so do the
    /// names.
    fn names(&mut self, names: &mut Names<'_>) {
        let old = core::mem::take(names);
        names.component = old.component.clone();
        for (index, name) in old.iter() {
            let sort = index.sort();
            names.insert(sort, (self.0)(sort, index.number()), name.clone());
        }
    }
}

/// New numbers for the core types of a scope.
struct CoreTypes<'f, F>(&'f mut F);

impl<F: FnMut(Sort, u32) -> u32> Remap for CoreTypes<'_, F> {
    type Error = Infallible;

    fn ty(&mut self, ty: TypeIdx) -> Result<TypeIdx, Infallible> {
        Ok(TypeIdx((self.0)(CoreSort::Type.as_sort(), ty.0)))
    }
}

macro_rules! kinds {
    ($( $method:ident $idx:ty; )*) => { $(
        fn $method(&mut self, index: &mut $idx) {
            self.index(index);
        }
    )* };
}

impl<F: FnMut(Sort, u32) -> u32> CanonEdit for Reindexer<F> {
    kinds! {
        core_func FuncIdx;
        func ComponentFuncIdx;
        ty ComponentTypeIdx;
        core_type TypeIdx;
        table TableIdx;
        memory MemIdx;
    }

    fn results(&mut self, value: &mut ResultList) {
        value.0.iter_mut().for_each(|ty| self.ty(ty));
    }

    fn context_slot(&mut self, value: &mut ContextSlot) {
        self.core_type(&mut value.ty);
    }

    fn opts(&mut self, opts: &mut CanonOpts) {
        for opt in opts {
            if let Some(index) = opt.index() {
                *opt = opt.with_index((self.0)(index.sort().as_sort(), index.number()));
            }
        }
    }
}
