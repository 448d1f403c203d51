//! The types of a store: the registry of defined types, and the layouts of structs and arrays.
//!
//! Where a type of the store names a defined type, it has the number of the type's id instead of a
//! type index.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/matching.html>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, CompType, FieldType, FuncType, HeapType, PackType, Remap, StorageType, TypeIdx,
    ValType,
};
use wattle_validator::{Registry, TypeId};

use crate::trap::{Broken, Error, at};

/// The form in which a field or an element is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Storage {
    I8,
    I16,
    /// Four bytes.
    Word,
    /// Eight bytes that are not a reference.
    Double,
    Vector,
    Ref,
}

impl Storage {
    pub(crate) fn of(ty: StorageType) -> Storage {
        match ty {
            StorageType::Pack(PackType::I8) => Storage::I8,
            StorageType::Pack(PackType::I16) => Storage::I16,
            StorageType::Val(ValType::I32 | ValType::F32) => Storage::Word,
            StorageType::Val(ValType::I64 | ValType::F64) => Storage::Double,
            StorageType::Val(ValType::V128) => Storage::Vector,
            StorageType::Val(ValType::Ref(_)) => Storage::Ref,
        }
    }

    /// The number of bytes of an element.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Storage::I8 => 1,
            Storage::I16 => 2,
            Storage::Word => 4,
            Storage::Double | Storage::Ref => 8,
            Storage::Vector => 16,
        }
    }

    /// The number of bytes of `count` elements, where `count` has 32 bits.
    pub(crate) const fn size(self, count: u64) -> u64 {
        count * self.bytes() as u64
    }

    /// The number of slots of a field.
    pub(crate) const fn width(self) -> u32 {
        if let Storage::Vector = self { 2 } else { 1 }
    }
}

/// The number of slots of a value.
pub(crate) const fn width(ty: ValType) -> u16 {
    if let ValType::V128 = ty { 2 } else { 1 }
}

/// The number of slots of values.
pub(crate) fn widths(types: &[ValType]) -> usize {
    types.iter().map(|&ty| usize::from(width(ty))).sum()
}

/// The layout of the objects of a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// For a struct, the slot and the storage of each field. For an array, those of its element.
    pub(crate) fields: Box<[(u32, Storage)]>,
    /// The number of slots of a struct.
    pub(crate) slots: usize,
}

impl Layout {
    fn of(comp: &CompType) -> Layout {
        let fields = match comp {
            CompType::Struct(ty) => &*ty.fields,
            CompType::Array(ty) => core::slice::from_ref(&ty.field),
            CompType::Func(_) | CompType::Cont(_) => &[],
        };
        let mut slots = 0;
        let place = |field: &FieldType| {
            let storage = Storage::of(field.storage);
            let slot = slots;
            slots += storage.width();
            (slot, storage)
        };
        let fields = fields.iter().map(place).collect();
        Layout { fields, slots: slots as usize }
    }

    /// The storage of an array's elements.
    pub(crate) fn element(&self) -> Result<Storage, Broken> {
        self.fields.first().map(|&(_, storage)| storage).ok_or(Broken::Kind)
    }
}

/// The types of a store.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) registry: Registry,
    /// The layout of each type of the registry.
    layouts: Vec<Layout>,
}

impl Types {
    /// Adds the types of a module. Returns their ids by type index.
    pub(crate) fn import(
        &mut self,
        types: &wattle_validator::Types,
    ) -> Result<Box<[TypeId]>, Error> {
        let ids = self.registry.import(types)?;
        self.lay_out();
        Ok(ids.into())
    }

    /// Adds a function type that names no defined types. Returns its id.
    pub(crate) fn add_func(&mut self, ty: &FuncType) -> Result<TypeId, Error> {
        let id = self.registry.add_func_type(ty)?;
        self.lay_out();
        Ok(id)
    }

    /// Adds the layouts of new types.
    fn lay_out(&mut self) {
        while let Some(id) = self.registry.id(self.layouts.len() as u32) {
            self.layouts.push(Layout::of(&self.registry.sub_type(id).comp));
        }
    }

    pub(crate) fn layout(&self, id: TypeId) -> Result<&Layout, Broken> {
        at(&self.layouts, id.index() as u32)
    }

    pub(crate) fn func(&self, id: TypeId) -> Option<FuncType> {
        match self.registry.sub_type(id).comp {
            CompType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The abstract type at the top of the hierarchy of a heap type of the store.
    pub(crate) fn top(&self, heap: HeapType) -> AbsHeapType {
        let abs = match heap {
            HeapType::Abs(abs) => abs,
            HeapType::Type(number) | HeapType::Exact(number) => {
                let id = self.registry.id(number.0);
                id.map_or(AbsHeapType::Any, |id| self.registry.structure_of(id).heap())
            }
        };
        abs.top()
    }
}

/// Replaces the indices of a module's types, which have these ids, by numbers of the store.
pub(crate) struct InStore<'a>(pub(crate) &'a [TypeId]);

impl Remap for InStore<'_> {
    type Error = Broken;

    #[inline]
    fn ty(&mut self, ty: TypeIdx) -> Result<TypeIdx, Broken> {
        at(self.0, ty.0).map(|&id| number(id))
    }
}

/// The number by which types of the store name a defined type.
pub(crate) fn number(id: TypeId) -> TypeIdx {
    TypeIdx(id.index() as u32)
}
