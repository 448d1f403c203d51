//! New indices for old ones, in everything that a component holds, and definitions inserted among
//! others.

use core::convert::Infallible;

use super::canons::{CanonEdit, CanonOpts, ContextSlot};
use super::component::{Component, Misplaced};
use super::definitions::{
    Alias, CoreInstance, CoreType, Definition, ExternDesc, Instance, TypeBound, ValueBound,
};
use super::name_section::Names;
use super::sorts::{CoreSort, CoreSortIdx, Sort, SortIdx, SortIndex};
use super::types::{ResultList, Type, ValType};
use crate::instructions::{Reindex, Remapping};
use crate::{ComponentFuncIdx, ComponentTypeIdx, FuncIdx, MemIdx, Remap, TableIdx, TypeIdx};

impl Definition<'_> {
    /// Gives new numbers to the indices of the enclosing scope that the definition refers to.
    ///
    /// They are those that [`uses`](Definition::uses) visits, the type indices inside of core types,
    /// the item of an outer alias that goes out of no scope, and the indices of a name section.
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
        Reindexer(new).definition(self, 0);
    }
}

/// Gives new numbers to indices of a scope, in the definitions of that scope. They include those of
/// inner scopes, in which only outer aliases lead to the scope.
///
/// ```
/// use wattle_ast::components::{Alias, Component, CoreSort, Definition, Sort, SortIdx, reindex};
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
    let mut depth = 0_u32;
    for definition in definitions {
        if matches!(definition, Definition::End) {
            depth = depth.saturating_sub(1);
        }
        reindexer.definition(definition, depth);
        depth += u32::from(definition.opens().is_some());
    }
}

impl<'a> Component<'a> {
    /// Gives new numbers to the indices of the outermost component, wherever something refers to
    /// them, its names included. The definitions stay where they are.
    pub fn reindex(&mut self, new: impl FnMut(Sort, u32) -> u32) {
        reindex(&mut self.definitions, new);
    }

    /// Inserts definitions of the outermost component at a place in the list, and moves the indices
    /// of what comes after them.
    ///
    /// The new definitions may refer to what comes before the place, and to each other.
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
    /// If the place is inside of another scope or behind the end of the list, or if one of the
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
        self.reindex(|sort, index| match index >= first[sort.place()] {
            true => index.saturating_add(added[sort.place()]),
            false => index,
        });
        self.definitions.splice(place..place, inserted.definitions);
        Ok(())
    }
}

/// The number of indices that definitions add to each index space of their scope; `None` if a scope
/// is left open.
fn counts(definitions: &[Definition<'_>]) -> Option<[u32; Sort::COUNT]> {
    let (mut counts, mut depth) = ([0_u32; Sort::COUNT], 0_usize);
    for definition in definitions {
        if matches!(definition, Definition::End) {
            depth = depth.checked_sub(1)?;
        }
        if let (0, Some((sort, number))) = (depth, definition.adds()) {
            let count = &mut counts[sort.place()];
            *count = count.saturating_add(number);
        }
        depth += usize::from(definition.opens().is_some());
    }
    (depth == 0).then_some(counts)
}

/// New numbers for the indices of one scope.
struct Reindexer<F>(F);

impl<F: FnMut(Sort, u32) -> u32> Reindexer<F> {
    /// A definition that is this many scopes below the scope of the indices.
    fn definition(&mut self, definition: &mut Definition<'_>, depth: u32) {
        match definition {
            Definition::Alias(Alias::Outer { count, item }) if *count == depth => {
                self.sort_idx(item);
            }
            Definition::Alias(Alias::Outer { .. }) => {}
            _ if depth == 0 => self.in_scope(definition),
            _ => {}
        }
    }

    fn in_scope(&mut self, definition: &mut Definition<'_>) {
        match definition {
            Definition::CoreInstance(CoreInstance::Instantiate { module, args }) => {
                self.index(module);
                args.iter_mut().for_each(|arg| self.index(&mut arg.instance));
            }
            Definition::CoreInstance(CoreInstance::Exports(exports)) => {
                exports.iter_mut().for_each(|export| self.core_sort_idx(&mut export.item));
            }
            Definition::CoreType(CoreType::Sub(ty)) => self.reindex_core(&mut **ty),
            Definition::CoreType(CoreType::Rec(types)) => {
                types.iter_mut().for_each(|ty| self.reindex_core(ty));
            }
            Definition::Instance(Instance::Instantiate { component, args }) => {
                self.index(component);
                args.iter_mut().for_each(|arg| self.sort_idx(&mut arg.item));
            }
            Definition::Instance(Instance::Exports(exports)) => {
                exports.iter_mut().for_each(|export| self.sort_idx(&mut export.item));
            }
            Definition::Alias(alias) => match alias {
                Alias::Export { instance, .. } => self.index(instance),
                Alias::CoreExport { instance, .. } => self.index(instance),
                Alias::Outer { item, .. } => self.sort_idx(item),
            },
            Definition::Type(ty) => self.type_definition(ty),
            Definition::Canon(canon) => canon.edit(self),
            Definition::Start(start) => {
                self.index(&mut start.func);
                start.args.iter_mut().for_each(|arg| self.index(arg));
            }
            Definition::Import(import) => self.desc(&mut import.ty),
            Definition::Export(export) => {
                self.sort_idx(&mut export.item);
                export.ty.iter_mut().for_each(|ty| self.desc(ty));
            }
            Definition::ExportDecl(export) => self.desc(&mut export.ty),
            Definition::Value(value) => self.ty(&mut value.ty),
            Definition::CoreImportDecl(import) => self.reindex_core(&mut import.ty),
            Definition::CoreExportDecl(export) => self.reindex_core(&mut export.ty),
            Definition::Names(names) => self.names(names),
            Definition::CoreModule(_)
            | Definition::CoreType(CoreType::Module)
            | Definition::Component
            | Definition::Custom(_)
            | Definition::End => {}
        }
    }

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

    fn ty(&mut self, ty: &mut ValType) {
        if let ValType::Type(index) = ty {
            self.index(index);
        }
    }

    fn type_definition(&mut self, ty: &mut Type<'_>) {
        match ty {
            Type::Prim(_) | Type::Flags(_) | Type::Enum(_) | Type::Component | Type::Instance => {}
            Type::Record(fields) => fields.iter_mut().for_each(|field| self.ty(&mut field.ty)),
            Type::Variant(cases) => {
                cases.iter_mut().filter_map(|case| case.ty.as_mut()).for_each(|ty| self.ty(ty));
            }
            Type::List(elem) | Type::FixedList { elem, .. } | Type::Option(elem) => self.ty(elem),
            Type::Tuple(types) => types.iter_mut().for_each(|ty| self.ty(ty)),
            Type::Result { ok, err } => ok.iter_mut().chain(err).for_each(|ty| self.ty(ty)),
            Type::Own(resource) | Type::Borrow(resource) => self.index(resource),
            Type::Stream(ty) | Type::Future(ty) => ty.iter_mut().for_each(|ty| self.ty(ty)),
            Type::Map { key, value } => [key, value].into_iter().for_each(|ty| self.ty(ty)),
            Type::Func(ty) => {
                ty.params.iter_mut().for_each(|param| self.ty(&mut param.ty));
                ty.result.0.iter_mut().for_each(|ty| self.ty(ty));
            }
            Type::Resource(resource) => {
                self.reindex_core(&mut resource.rep);
                resource.destructor.iter_mut().for_each(|func| self.index(func));
            }
        }
    }

    fn desc(&mut self, desc: &mut ExternDesc) {
        match desc {
            ExternDesc::CoreModule(ty) => self.index(ty),
            ExternDesc::Func(ty) | ExternDesc::Component(ty) | ExternDesc::Instance(ty) => {
                self.index(ty);
            }
            ExternDesc::Value(ValueBound::Eq(value)) => self.index(value),
            ExternDesc::Value(ValueBound::Type(ty)) => self.ty(ty),
            ExternDesc::Type(TypeBound::Eq(ty)) => self.index(ty),
            ExternDesc::Type(TypeBound::Resource) => {}
        }
    }

    /// A core type of any form: the indices in it are those of types.
    fn reindex_core<T: Reindex + Clone>(&mut self, ty: &mut T) {
        let Ok(new) = ty.clone().reindex(&mut Remapping::new(&mut CoreTypes(&mut self.0)));
        *ty = new;
    }

    /// Names in ascending order stay so where the new numbers do.
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
        self.reindex_core(&mut value.ty);
    }

    fn opts(&mut self, opts: &mut CanonOpts) {
        for opt in opts {
            if let Some(index) = opt.index() {
                *opt = opt.with_index((self.0)(index.sort().as_sort(), index.number()));
            }
        }
    }
}
