//! Types of the registry as types of the AST.

use alloc::vec::Vec;

use wattle_ast::{
    ArrayType, CompType, FieldType, FuncType, HeapType, PackType, RefType, StorageType, StructType,
    SubType, TypeIdx, ValType,
};

use crate::registry::{Registry, Structure, TypeId};
use crate::ty::Ty;

impl Registry {
    /// The definition of a type, where `index` gives the type indices. `None` if a type that it
    /// refers to has no index.
    pub(crate) fn sub_type_by(&self, id: TypeId, index: &IndexOf<'_>) -> Option<SubType> {
        let vals = |types: &[Ty]| -> Option<Vec<ValType>> {
            types.iter().map(|&ty| val_type(ty, index)).collect()
        };
        let fields = || self.fields(id.0).iter().map(|&ty| field_type(ty, index));
        let comp = match self.structure(id.0) {
            Structure::Func => {
                let (params, results) = self.func(id.0)?;
                CompType::Func(FuncType::new(vals(params)?, vals(results)?))
            }
            Structure::Struct => {
                CompType::Struct(StructType { fields: fields().collect::<Option<_>>()? })
            }
            Structure::Array => CompType::Array(ArrayType { field: fields().next()?? }),
        };
        let supertypes = self.supertype(id.0).map(|id| index(TypeId(id)));
        let supertypes = supertypes.into_iter().collect::<Option<_>>()?;
        Some(SubType { is_final: self.is_final(id.0), supertypes, ..SubType::from(comp) })
    }
}

/// A function that returns the type index of an id, or the number that the caller uses as one.
pub(crate) type IndexOf<'a> = dyn Fn(TypeId) -> Option<TypeIdx> + 'a;

fn field_type(ty: Ty, index: &IndexOf<'_>) -> Option<FieldType> {
    let storage = match ty.without_flag() {
        Ty::I8 => StorageType::Pack(PackType::I8),
        Ty::I16 => StorageType::Pack(PackType::I16),
        ty => StorageType::Val(val_type(ty, index)?),
    };
    Some(FieldType { mutable: ty.has_flag(), storage })
}

pub(crate) fn val_type(ty: Ty, index: &IndexOf<'_>) -> Option<ValType> {
    let heap = match (ty.id(), ty.abs_heap()) {
        (Some(id), _) => HeapType::Type(index(TypeId(id))?),
        (None, Some(heap)) => HeapType::Abs(heap),
        (None, None) => {
            return match ty {
                Ty::I32 => Some(ValType::I32),
                Ty::I64 => Some(ValType::I64),
                Ty::F32 => Some(ValType::F32),
                Ty::F64 => Some(ValType::F64),
                Ty::V128 => Some(ValType::V128),
                _ => None,
            };
        }
    };
    Some(ValType::Ref(RefType { nullable: ty.is_nullable(), heap }))
}
