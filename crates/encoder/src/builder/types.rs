//! The types of a module that is being built, without duplicates.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{CompType, Encode, RecGroup, SubType, TypeIdx};

#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    pub(super) types: Vec<SubType>,
    pub(super) rec_groups: Vec<RecGroup>,
    /// The index of each type that is a recursive group of its own, by its encoding.
    known: BTreeMap<Vec<u8>, TypeIdx>,
    scratch: Vec<u8>,
}

impl Types {
    pub(super) fn single(&mut self, ty: SubType) -> TypeIdx {
        self.scratch.clear();
        ty.encode(&mut self.scratch);
        if let Some(&index) = self.known.get(&self.scratch) {
            return index;
        }
        let index = self.next();
        self.known.insert(self.scratch.clone(), index);
        self.types.push(ty);
        index
    }

    pub(super) fn group<I>(&mut self, types: impl FnOnce(TypeIdx) -> I) -> TypeIdx
    where
        I: IntoIterator<Item = SubType>,
    {
        let first = self.next();
        self.types.extend(types(first));
        let len = self.next().0 - first.0;
        self.rec_groups.push(RecGroup { first, len });
        first
    }

    fn next(&self) -> TypeIdx {
        TypeIdx(self.types.len() as u32)
    }

    /// The number of parameters of a function type; 0 for any other type.
    pub(super) fn params(&self, ty: TypeIdx) -> u32 {
        match self.types.get(ty.idx()).map(|ty| &ty.comp) {
            Some(CompType::Func(ty)) => ty.params().len() as u32,
            _ => 0,
        }
    }
}

/// The methods that add types, for a struct with a field `types`.
macro_rules! type_methods {
    () => {
        /// Returns the index of the function type with these parameters and results, which is added
        /// if it is new.
        ///
        /// ```
        /// use wattle_ast::ValType;
        ///
        /// let mut module = wattle_encoder::ModuleBuilder::new();
        /// let a = module.ty([ValType::I32], []);
        /// let b = module.ty([ValType::I32], []);
        /// assert_eq!(a, b);
        /// ```
        pub fn ty(
            &mut self,
            params: impl IntoIterator<Item = wattle_ast::ValType>,
            results: impl IntoIterator<Item = wattle_ast::ValType>,
        ) -> wattle_ast::TypeIdx {
            self.sub_type(wattle_ast::FuncType::new(params, results))
        }

        /// Returns the index of a type that is a recursive group of its own, which is added if it
        /// is new.
        pub fn sub_type(&mut self, ty: impl Into<wattle_ast::SubType>) -> wattle_ast::TypeIdx {
            self.types.single(ty.into())
        }

        /// Adds a recursive group of types. The closure gets the index of the first type. Returns
        /// this index.
        ///
        /// ```
        /// use wattle_ast::{ArrayType, CompType, FieldType, HeapType, RefType, StorageType, ValType};
        ///
        /// let mut module = wattle_encoder::ModuleBuilder::new();
        /// let array = module.rec(|first| {
        ///     let own = ValType::Ref(RefType::null(HeapType::Type(first)));
        ///     let field = FieldType { mutable: true, storage: StorageType::Val(own) };
        ///     [CompType::Array(ArrayType { field }).into()]
        /// });
        /// assert_eq!(array.0, 0);
        /// ```
        pub fn rec<I: IntoIterator<Item = wattle_ast::SubType>>(
            &mut self,
            types: impl FnOnce(wattle_ast::TypeIdx) -> I,
        ) -> wattle_ast::TypeIdx {
            self.types.group(types)
        }
    };
}
pub(super) use type_methods;
