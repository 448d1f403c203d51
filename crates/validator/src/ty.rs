//! Value types in one word each, for the operand stack, locals and type lists.
//!
//! References to defined types hold canonical ids, so equal types are equal words.

use wattle_ast::{AbsHeapType, HeapType, RefType, ValType};

/// A value type, a storage type, or a marker of the operand stack, in 32 bits.
///
/// | bits | of a reference | of another type |
/// |---|---|---|
/// | 31 | 1 | 0 |
/// | 30 | nullable | 0 |
/// | 29 | to a defined type | 0 |
/// | 28 | a flag: mutable field or global, unset local | the same flag |
/// | 27 | the rest counts from the start of the recursive group | 0 |
/// | 0..27 | canonical type id, or abstract heap type | number of the type |
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Ty(u32);

const REF: u32 = 1 << 31;
const NULL: u32 = 1 << 30;
const DEFINED: u32 = 1 << 29;
const FLAG: u32 = 1 << 28;
const RELATIVE: u32 = 1 << 27;
const NUMBER: u32 = RELATIVE - 1;

/// The heap type below all others: the type of an unknown operand after a null check.
const BOTTOM_HEAP: u32 = 15;

/// The number of type ids that fit.
pub(crate) const MAX_TYPES: u32 = NUMBER;

impl Ty {
    /// The unknown operand of unreachable code, below every type.
    pub(crate) const BOTTOM: Ty = Ty(0);
    pub(crate) const I32: Ty = Ty(1);
    pub(crate) const I64: Ty = Ty(2);
    pub(crate) const F32: Ty = Ty(3);
    pub(crate) const F64: Ty = Ty(4);
    pub(crate) const V128: Ty = Ty(5);
    /// The packed storage types.
    pub(crate) const I8: Ty = Ty(6);
    pub(crate) const I16: Ty = Ty(7);
    /// The marker under the operands of a block.
    pub(crate) const BARRIER: Ty = Ty(8);
    /// The marker under the operands of a block whose end is unreachable.
    pub(crate) const UNREACHABLE: Ty = Ty(9);
    /// In an arrow: the address type of the memory or table that the immediates name.
    pub(crate) const ADDRESS: Ty = Ty(10);
    /// `(ref bot)`.
    pub(crate) const REF_BOTTOM: Ty = Ty(REF | BOTTOM_HEAP);
    pub(crate) const FUNCREF: Ty = Ty::abs(AbsHeapType::Func, true);
    pub(crate) const EXNREF: Ty = Ty::abs(AbsHeapType::Exn, true);
    pub(crate) const EXN: Ty = Ty::abs(AbsHeapType::Exn, false);

    /// The reference to an abstract heap type.
    pub(crate) const fn abs(heap: AbsHeapType, nullable: bool) -> Ty {
        Ty(REF | if nullable { NULL } else { 0 } | heap as u32)
    }

    /// A type that names no defined type. A type that names one becomes [`Ty::BOTTOM`].
    #[inline(always)]
    pub(crate) const fn closed(ty: ValType) -> Ty {
        match ty {
            ValType::I32 => Ty::I32,
            ValType::I64 => Ty::I64,
            ValType::F32 => Ty::F32,
            ValType::F64 => Ty::F64,
            ValType::V128 => Ty::V128,
            ValType::Ref(RefType { nullable, heap: HeapType::Abs(heap) }) => {
                Ty::abs(heap, nullable)
            }
            ValType::Ref(_) => Ty::BOTTOM,
        }
    }

    /// The reference to a defined type.
    #[inline(always)]
    pub(crate) const fn defined(id: u32, nullable: bool) -> Ty {
        Ty(REF | DEFINED | if nullable { NULL } else { 0 } | id)
    }

    /// The reference to a type of the recursive group that is being defined.
    pub(crate) const fn relative(place: u32, nullable: bool) -> Ty {
        Ty(Ty::defined(place, nullable).0 | RELATIVE)
    }

    /// This type, where a place in the recursive group that begins at id `first` is replaced by its
    /// id.
    pub(crate) const fn resolved(self, first: u32) -> Ty {
        if self.0 & RELATIVE == 0 { self } else { Ty((self.0 & !RELATIVE) + first) }
    }

    pub(crate) const fn from_bits(bits: u32) -> Ty {
        Ty(bits)
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    #[inline(always)]
    pub(crate) const fn is_ref(self) -> bool {
        self.0 & REF != 0
    }

    #[inline(always)]
    pub(crate) const fn is_nullable(self) -> bool {
        self.0 & NULL != 0
    }

    /// Whether it is a marker under the operands of a block.
    #[inline(always)]
    pub(crate) const fn is_marker(self) -> bool {
        self.0 & !1 == Ty::BARRIER.0
    }

    /// Whether it is a number or vector type, or unknown.
    pub(crate) const fn is_number_or_vector(self) -> bool {
        self.0 <= Ty::V128.0
    }

    /// Whether it is a packed storage type.
    pub(crate) const fn is_packed(self) -> bool {
        self.0 == Ty::I8.0 || self.0 == Ty::I16.0
    }

    /// The type of the operand that a field of this storage type reads and writes.
    pub(crate) const fn unpacked(self) -> Ty {
        if self.is_packed() { Ty::I32 } else { self }
    }

    /// Whether a local or field of this type has a default value.
    pub(crate) const fn is_defaultable(self) -> bool {
        !self.is_ref() || self.is_nullable()
    }

    #[inline(always)]
    pub(crate) const fn flagged(self, flag: bool) -> Ty {
        if flag { Ty(self.0 | FLAG) } else { self }
    }

    #[inline(always)]
    pub(crate) const fn has_flag(self) -> bool {
        self.0 & FLAG != 0
    }

    #[inline(always)]
    pub(crate) const fn without_flag(self) -> Ty {
        Ty(self.0 & !FLAG)
    }

    /// The reference type with this nullability.
    #[inline(always)]
    pub(crate) const fn nullable(self, nullable: bool) -> Ty {
        Ty(if nullable { self.0 | NULL } else { self.0 & !NULL })
    }

    /// The id of the defined type that a reference refers to.
    #[inline(always)]
    pub(crate) const fn id(self) -> Option<u32> {
        if self.0 & (REF | DEFINED) == REF | DEFINED { Some(self.0 & NUMBER) } else { None }
    }

    /// The abstract heap type that a reference refers to; `None` also for `(ref bot)`.
    pub(crate) fn abs_heap(self) -> Option<AbsHeapType> {
        let number = self.0 & NUMBER;
        if self.0 & (REF | DEFINED) != REF || number == BOTTOM_HEAP {
            return None;
        }
        AbsHeapType::ALL.get(number as usize).copied()
    }

    /// Whether the abstract heap type of this reference, which may be `(ref bot)`, matches that of
    /// another.
    #[inline(always)]
    pub(crate) const fn heap_matches(self, sup: Ty) -> bool {
        ABOVE[(self.0 & 15) as usize] >> (sup.0 & 15) & 1 != 0
    }
}

/// For each abstract heap type, the set of heap types that it matches. The heap type below all
/// others comes last.
const ABOVE: [u16; 16] = {
    let mut above = [0; 16];
    above[BOTTOM_HEAP as usize] = u16::MAX;
    let all = AbsHeapType::ALL;
    let mut i = 0;
    while i < all.len() {
        let mut j = 0;
        while j < all.len() {
            if all[i].is_subtype_of(all[j]) {
                above[i] |= 1 << j;
            }
            j += 1;
        }
        i += 1;
    }
    above
};
