//! Value types in one word each, for the generator's operand stack, locals and lists.

use wattle_ast::{
    AbsHeapType, ArrowType, FieldType, HeapType, Limits, PackType, RefType, StorageType, TypeIdx,
    ValType,
};

/// A value or storage type.
///
/// | bits | of a reference | of another type |
/// |---|---|---|
/// | 31 | 1 | 0 |
/// | 30 | 1 if nullable | 0 |
/// | 29 | 1 if to a defined type | 0 |
/// | 28 | 1 if mutable, of a global or field | 1 if mutable, of a global or field |
/// | 0..28 | type index, or abstract heap type | number of the type |
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ty(u32);

const REF: u32 = 1 << 31;
const NULL: u32 = 1 << 30;
const DEFINED: u32 = 1 << 29;
const MUTABLE: u32 = 1 << 28;
const NUMBER: u32 = MUTABLE - 1;

/// The number of classes of operands that the lists of instructions have: see
/// [`Ty::operand_class`].
pub(crate) const OPERAND_CLASSES: usize = 7;

impl Ty {
    pub(crate) const I32: Ty = Ty(1);
    pub(crate) const I64: Ty = Ty(2);
    pub(crate) const F32: Ty = Ty(3);
    pub(crate) const F64: Ty = Ty(4);
    pub(crate) const V128: Ty = Ty(5);
    pub(crate) const I8: Ty = Ty(6);
    pub(crate) const I16: Ty = Ty(7);
    pub(crate) const FUNCREF: Ty = Ty::abs(AbsHeapType::Func, true);

    pub(crate) const fn abs(heap: AbsHeapType, nullable: bool) -> Ty {
        Ty(REF | if nullable { NULL } else { 0 } | heap as u32)
    }

    pub(crate) const fn defined(index: u32, nullable: bool) -> Ty {
        Ty(REF | DEFINED | if nullable { NULL } else { 0 } | (index & NUMBER))
    }

    #[inline(always)]
    pub(crate) const fn is_ref(self) -> bool {
        self.0 & REF != 0
    }

    pub(crate) const fn is_nullable(self) -> bool {
        self.0 & NULL != 0
    }

    pub(crate) const fn nullable(self, nullable: bool) -> Ty {
        Ty(if nullable { self.0 | NULL } else { self.0 & !NULL })
    }

    pub(crate) const fn is_defaultable(self) -> bool {
        !self.is_ref() || self.is_nullable()
    }

    pub(crate) const fn is_mutable(self) -> bool {
        self.0 & MUTABLE != 0
    }

    pub(crate) const fn mutable(self, mutable: bool) -> Ty {
        Ty(if mutable { self.0 | MUTABLE } else { self.0 & !MUTABLE })
    }

    /// The type without its mutability.
    pub(crate) const fn bare(self) -> Ty {
        self.mutable(false)
    }

    pub(crate) const fn is_packed(self) -> bool {
        let bare = self.bare().0;
        bare == Ty::I8.0 || bare == Ty::I16.0
    }

    /// The type of the values of a field of this type.
    pub(crate) const fn unpacked(self) -> Ty {
        if self.is_packed() { Ty::I32 } else { self.bare() }
    }

    /// The type index of a reference to a defined type.
    #[inline(always)]
    pub(crate) const fn index(self) -> Option<u32> {
        if self.0 & (REF | DEFINED) == REF | DEFINED { Some(self.0 & NUMBER) } else { None }
    }

    /// The heap type of a reference to an abstract heap type.
    pub(crate) fn heap(self) -> Option<AbsHeapType> {
        if self.0 & (REF | DEFINED) != REF {
            return None;
        }
        AbsHeapType::ALL.get((self.0 & NUMBER) as usize).copied()
    }

    /// The class of an operand of this type. Each number and vector type has its own class, and all
    /// references share one. Class 0 means that there is no operand.
    #[inline(always)]
    pub(crate) const fn operand_class(self) -> usize {
        if self.is_ref() { OPERAND_CLASSES - 1 } else { (self.0 & 7) as usize }
    }

    /// The size of a value in a data segment, in bytes.
    pub(crate) fn bytes(self) -> u32 {
        match self.bare() {
            Ty::I8 => 1,
            Ty::I16 => 2,
            Ty::I32 | Ty::F32 => 4,
            Ty::V128 => 16,
            _ => 8,
        }
    }

    /// A type in an arrow; `address` is the address type of the memory or table.
    #[inline(always)]
    pub(crate) fn of_arrow(ty: ArrowType, address: Ty) -> Ty {
        ty.val_type().map_or(address, Ty::of)
    }

    /// The address type of a memory or table.
    pub(crate) fn address(limits: Limits) -> Ty {
        Ty::of(limits.addr.into())
    }

    pub(crate) fn of(ty: ValType) -> Ty {
        match ty {
            ValType::I32 => Ty::I32,
            ValType::I64 => Ty::I64,
            ValType::F32 => Ty::F32,
            ValType::F64 => Ty::F64,
            ValType::V128 => Ty::V128,
            ValType::Ref(RefType { nullable, heap }) => match heap {
                HeapType::Abs(heap) => Ty::abs(heap, nullable),
                HeapType::Type(index) | HeapType::Exact(index) => Ty::defined(index.0, nullable),
            },
        }
    }

    /// The heap type of a reference.
    pub(crate) fn heap_type(self) -> HeapType {
        match self.index() {
            Some(index) => HeapType::Type(TypeIdx(index)),
            None => HeapType::Abs(self.heap().unwrap_or(AbsHeapType::Func)),
        }
    }

    pub(crate) fn ref_type(self) -> RefType {
        RefType { nullable: self.is_nullable(), heap: self.heap_type() }
    }

    /// The value type; `i32` for a packed type.
    pub(crate) fn val_type(self) -> ValType {
        match self.unpacked() {
            Ty::I64 => ValType::I64,
            Ty::F32 => ValType::F32,
            Ty::F64 => ValType::F64,
            Ty::V128 => ValType::V128,
            ty if ty.is_ref() => ValType::Ref(ty.ref_type()),
            _ => ValType::I32,
        }
    }

    pub(crate) fn field_type(self) -> FieldType {
        let storage = match self.bare() {
            Ty::I8 => StorageType::Pack(PackType::I8),
            Ty::I16 => StorageType::Pack(PackType::I16),
            ty => StorageType::Val(ty.val_type()),
        };
        FieldType { mutable: self.is_mutable(), storage }
    }
}
