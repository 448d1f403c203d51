//! The contents of a slot.
//!
//! A slot has 64 bits. Numbers are zero-extended; a vector takes two slots, the low half first. A
//! reference is 0 for null, or else an index whose three lowest bits give its kind.

/// The kinds of references in slots.
pub(crate) mod kind {
    pub(crate) const I31: u64 = 1;
    pub(crate) const FUNC: u64 = 2;
    pub(crate) const OBJECT: u64 = 3;
    pub(crate) const HOST: u64 = 4;
    pub(crate) const EXN: u64 = 5;
    pub(crate) const MASK: u64 = 7;
    pub(crate) const BITS: u32 = 3;
}

/// A reference: its kind and its index.
#[inline(always)]
pub(crate) const fn slot_of(kind: u64, index: u32) -> u64 {
    (index as u64) << kind::BITS | kind
}

/// The index of a reference.
#[inline(always)]
pub(crate) const fn index_of(slot: u64) -> u32 {
    (slot >> kind::BITS) as u32
}

/// An `i31` in a slot, from its 31 bits.
#[inline(always)]
pub(crate) const fn i31_slot(value: u32) -> u64 {
    slot_of(kind::I31, value & 0x7fff_ffff)
}

/// A vector from its two slots.
#[inline(always)]
pub(crate) const fn join([low, high]: [u64; 2]) -> u128 {
    low as u128 | (high as u128) << 64
}

/// The two slots of a vector.
#[inline(always)]
pub(crate) const fn split(vector: u128) -> [u64; 2] {
    [vector as u64, (vector >> 64) as u64]
}
