//! Replaces the indices in types by new ones.

use alloc::boxed::Box;
use core::convert::Infallible;

use super::{
    AbsHeapType, ArrayType, CompType, ExternType, FieldType, FuncType, GlobalType, HeapType,
    MemType, PackType, RefType, StorageType, StructType, SubType, TableType, TagType, ValType,
};
use crate::instructions::{Reindex, Remapping, reindex};
use crate::{Remap, TypeIdx};

reindex! {
    RefType { heap; nullable }
    FieldType { storage; mutable }
    ArrayType { field }
    StructType { fields }
    GlobalType { val; mutable }
    TableType { elem; limits }
    TagType { ty }
    FuncType { types; params }
    SubType { supertypes, describes, descriptor, comp; is_final }
}

/// Enums, by their variants, each of which holds at most one value.
macro_rules! variants {
    ($( $name:ident { $( $variant:ident $( ($value:ident) )? ),* } )*) => { $(
        impl Reindex for $name {
            #[inline(always)]
            fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
                Ok(match self { $(
                    $name::$variant $( ($value) )? => {
                        $name::$variant $( ($value.reindex(to)?) )?
                    }
                )* })
            }
        }
    )* };
}

variants! {
    HeapType { Abs(it), Type(it), Exact(it) }
    ValType { I32, I64, F32, F64, V128, Ref(it) }
    StorageType { Val(it), Pack(it) }
    CompType { Func(it), Struct(it), Array(it), Cont(it) }
    ExternType { Func(it), FuncExact(it), Table(it), Mem(it), Global(it), Tag(it) }
}

/// Types without indices.
macro_rules! without_index {
    ($( $name:ident )*) => { $(
        impl Reindex for $name {
            #[inline(always)]
            fn reindex<R: Remap>(self, _: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
                Ok(self)
            }
        }
    )* };
}

without_index! { AbsHeapType PackType MemType }

impl Reindex for Option<TypeIdx> {
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        self.map(|ty| ty.reindex(to)).transpose()
    }
}

impl<T: Reindex> Reindex for Box<[T]> {
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        self.into_iter().map(|element| element.reindex(to)).collect()
    }
}

/// A [`Remap`] that calls a closure with each type index.
struct Uses<F>(F);

impl<F: FnMut(TypeIdx)> Remap for Uses<F> {
    type Error = Infallible;

    fn ty(&mut self, ty: TypeIdx) -> Result<TypeIdx, Infallible> {
        (self.0)(ty);
        Ok(ty)
    }
}

macro_rules! uses {
    ($( $name:ident )*) => { $(
        impl $name {
            /// Calls `visit` with each type index in the type.
            ///
            /// ```
            /// use wattle_ast::{FuncType, HeapType, RefType, SubType, TypeIdx, ValType};
            ///
            /// let heap = HeapType::Type(TypeIdx(3));
            /// let param = ValType::Ref(RefType { heap, nullable: true });
            /// let ty = SubType::from(FuncType::new([param], []));
            /// let mut found = Vec::new();
            /// ty.uses(|ty| found.push(ty));
            /// assert_eq!(found, [TypeIdx(3)]);
            /// ```
            pub fn uses(&self, visit: impl FnMut(TypeIdx)) {
                let Ok(_) = self.clone().reindex(&mut Remapping::new(&mut Uses(visit)));
            }

            /// Returns the type with its new indices.
            ///
            /// # Errors
            /// The error of the [`Remap`].
            pub fn remap<R: Remap>(&self, remap: &mut R) -> Result<Self, R::Error> {
                self.clone().reindex(&mut Remapping::new(remap))
            }
        }
    )* };
}

uses! { SubType ExternType ValType RefType HeapType GlobalType TableType }
