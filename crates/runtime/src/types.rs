//! The types of a store: the registry of defined types, and how structs and arrays are laid out.
//!
//! Where a type of the store names a defined type, it holds the number of its id in the place of a
//! type index.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/matching.html>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, CompType, FieldType, FuncType, HeapType, PackType, RefType, StorageType, TypeIdx,
    ValType,
};
use wattle_validator::{Registry, TypeId};

use crate::trap::{Broken, Error, at};

/// How a field or an element is stored and read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Storage {
    I8,
    I16,
    /// Four bytes.
    Word,
    /// Eight bytes, no reference.
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

    /// How many bytes an element takes.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Storage::I8 => 1,
            Storage::I16 => 2,
            Storage::Word => 4,
            Storage::Double | Storage::Ref => 8,
            Storage::Vector => 16,
        }
    }

    /// How many bytes elements take, whose count has 32 bits.
    pub(crate) const fn size(self, count: u64) -> u64 {
        count * self.bytes() as u64
    }

    /// How many slots a field takes.
    pub(crate) const fn width(self) -> u32 {
        if let Storage::Vector = self { 2 } else { 1 }
    }
}

/// How many slots a value takes.
pub(crate) const fn width(ty: ValType) -> u16 {
    if let ValType::V128 = ty { 2 } else { 1 }
}

/// How many slots values take.
pub(crate) fn widths(types: &[ValType]) -> usize {
    types.iter().map(|&ty| usize::from(width(ty))).sum()
}

/// How the objects of a type are laid out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// For a struct: the slot of each field and how it is stored. For an array: its element.
    pub(crate) fields: Box<[(u32, Storage)]>,
    /// How many slots a struct takes.
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

    /// How an array's elements are stored.
    pub(crate) fn element(&self) -> Result<Storage, Broken> {
        self.fields.first().map(|&(_, storage)| storage).ok_or(Broken::Kind)
    }
}

/// The types of a store.
#[derive(Debug, Default)]
pub(crate) struct Types {
    registry: Registry,
    /// One for each type of the registry.
    layouts: Vec<Layout>,
}

impl Types {
    /// Takes in the types of a module: their ids by type index.
    pub(crate) fn import(
        &mut self,
        types: &wattle_validator::Types,
    ) -> Result<Box<[TypeId]>, Error> {
        let ids = self.registry.import(types)?;
        self.lay_out();
        Ok(ids.into())
    }

    /// The id of a function type that names no defined types.
    pub(crate) fn add_func(&mut self, ty: &FuncType) -> Result<TypeId, Error> {
        let id = self.registry.add_func_type(ty)?;
        self.lay_out();
        Ok(id)
    }

    /// Lays out the types that came last.
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

    /// Whether `sub` is `sup` or a subtype of it.
    #[inline]
    pub(crate) fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        self.registry.is_subtype_of(sub, sup)
    }

    pub(crate) fn val_matches(&self, sub: ValType, sup: ValType) -> bool {
        self.registry.val_type_matches(sub, sup)
    }

    /// The abstract type right above a defined one.
    pub(crate) fn abs_heap(&self, id: TypeId) -> AbsHeapType {
        self.registry.structure_of(id).heap()
    }

    /// The id that a heap type of the store names.
    pub(crate) fn id(&self, number: TypeIdx) -> Option<TypeId> {
        self.registry.id(number.0)
    }

    /// The abstract type at the top of the hierarchy of a heap type of the store.
    pub(crate) fn top(&self, heap: HeapType) -> AbsHeapType {
        let abs = match heap {
            HeapType::Abs(abs) => abs,
            HeapType::Type(number) | HeapType::Exact(number) => {
                self.id(number).map_or(AbsHeapType::Any, |id| self.abs_heap(id))
            }
        };
        abs.top()
    }
}

/// A heap type of a module as one of the store; `ids` are those of the module's types.
pub(crate) fn heap_in_store(heap: HeapType, ids: &[TypeId]) -> Result<HeapType, Broken> {
    let number = |index: TypeIdx| at(ids, index.0).map(|id| TypeIdx(id.index() as u32));
    Ok(match heap {
        HeapType::Abs(abs) => HeapType::Abs(abs),
        HeapType::Type(index) => HeapType::Type(number(index)?),
        HeapType::Exact(index) => HeapType::Exact(number(index)?),
    })
}

pub(crate) fn ref_in_store(ty: RefType, ids: &[TypeId]) -> Result<RefType, Broken> {
    Ok(RefType { nullable: ty.nullable, heap: heap_in_store(ty.heap, ids)? })
}

pub(crate) fn val_in_store(ty: ValType, ids: &[TypeId]) -> Result<ValType, Broken> {
    Ok(match ty {
        ValType::Ref(ty) => ValType::Ref(ref_in_store(ty, ids)?),
        other => other,
    })
}
