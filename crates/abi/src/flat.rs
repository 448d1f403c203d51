//! Flat types: the core types in which the values of a type are passed.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening>

use core::fmt;

use wattle_ast::{AddrType, ValType};

/// The core type of a value that is passed, or of a part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FlatType {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// A pointer or a length: `i32` or `i64`, which is the address type of the memory.
    Pointer,
}

impl FlatType {
    const ALL: [FlatType; 5] =
        [FlatType::I32, FlatType::I64, FlatType::F32, FlatType::F64, FlatType::Pointer];

    /// The core type, for a memory of this address type.
    pub const fn val_type(self, addr: AddrType) -> ValType {
        match (self, addr) {
            (FlatType::I32, _) | (FlatType::Pointer, AddrType::I32) => ValType::I32,
            (FlatType::I64, _) | (FlatType::Pointer, AddrType::I64) => ValType::I64,
            (FlatType::F32, _) => ValType::F32,
            (FlatType::F64, _) => ValType::F64,
        }
    }

    /// The type that has room for both types, for the place where two cases of a variant differ.
    ///
    /// ```
    /// use wattle_abi::FlatType;
    /// assert_eq!(FlatType::I32.join(FlatType::F32), FlatType::I32);
    /// assert_eq!(FlatType::F32.join(FlatType::F64), FlatType::I64);
    /// ```
    #[must_use]
    pub const fn join(self, other: FlatType) -> FlatType {
        use FlatType::{F32, F64, I32, I64, Pointer};
        match (self, other) {
            (F32, F32) => F32,
            (F64, F64) => F64,
            (I32 | F32, I32 | F32) => I32,
            // With a memory of 64 bits, the other type is narrower than the pointer; with a memory
            // of 32 bits, all of these types are 32 bits wide.
            (Pointer, I32 | F32 | Pointer) | (I32 | F32, Pointer) => Pointer,
            (I64 | F64, _) | (_, I64 | F64) => I64,
        }
    }
}

/// The first [`MAX`](FlatTypes::MAX) flat types of one or several values. No rule needs more types:
/// a list of more than 16 goes through memory.
///
/// ```
/// use wattle_abi::{FlatType, FlatTypes};
/// let mut types = FlatTypes::from(FlatType::F64);
/// types.push(FlatType::I32);
/// assert_eq!(types.iter().collect::<Vec<_>>(), [FlatType::F64, FlatType::I32]);
/// assert_eq!(types.repeated(1_000_000).len(), FlatTypes::MAX);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FlatTypes {
    /// Three bits for each type, the first lowest.
    bits: u64,
    len: u8,
}

const BITS: usize = 3;

impl FlatTypes {
    /// The greatest number of types that are kept.
    pub const MAX: usize = 17;

    /// An empty list.
    pub const EMPTY: FlatTypes = FlatTypes { bits: 0, len: 0 };

    pub(crate) const fn one(ty: FlatType) -> FlatTypes {
        FlatTypes { bits: ty as u64, len: 1 }
    }

    /// The number of types. [`FlatTypes::MAX`] also stands for any greater number.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the list is empty.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The type at a place.
    pub fn get(self, place: usize) -> Option<FlatType> {
        let number = (self.bits >> (place.min(FlatTypes::MAX) * BITS)) & 7;
        FlatType::ALL.get(number as usize).copied().filter(|_| place < self.len())
    }

    /// All types that are kept, in order.
    pub fn iter(self) -> impl Iterator<Item = FlatType> {
        (0..self.len()).filter_map(move |place| self.get(place))
    }

    /// Adds a type, if there is room.
    pub fn push(&mut self, ty: FlatType) {
        self.extend(FlatTypes::from(ty));
    }

    /// Adds the types of another list, as far as there is room.
    pub fn extend(&mut self, other: FlatTypes) {
        let len = (self.len() + other.len()).min(FlatTypes::MAX);
        let mask = (1 << (len * BITS)) - 1;
        self.bits = (self.bits | other.bits << (self.len() * BITS)) & mask;
        self.len = len as u8;
    }

    /// Returns the types of the list, `count` times.
    #[must_use]
    pub fn repeated(self, count: u32) -> FlatTypes {
        let mut all = FlatTypes::EMPTY;
        // Each round adds at least one type, unless the list is empty.
        let rounds = if self.is_empty() { 0 } else { count.min(FlatTypes::MAX as u32) };
        (0..rounds).for_each(|_| all.extend(self));
        all
    }

    /// Returns the list that has room for both lists, place by place.
    #[must_use]
    pub fn join(self, other: FlatTypes) -> FlatTypes {
        let mut joined = FlatTypes::EMPTY;
        for place in 0..self.len().max(other.len()) {
            match (self.get(place), other.get(place)) {
                (Some(a), Some(b)) => joined.push(a.join(b)),
                (Some(ty), None) | (None, Some(ty)) => joined.push(ty),
                (None, None) => {}
            }
        }
        joined
    }
}

impl From<FlatType> for FlatTypes {
    fn from(ty: FlatType) -> FlatTypes {
        FlatTypes::one(ty)
    }
}

impl FromIterator<FlatType> for FlatTypes {
    fn from_iter<I: IntoIterator<Item = FlatType>>(types: I) -> FlatTypes {
        let mut all = FlatTypes::EMPTY;
        types.into_iter().take(FlatTypes::MAX).for_each(|ty| all.push(ty));
        all
    }
}

impl fmt::Debug for FlatTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The function `join` of the specification, on core types.
    fn join(a: ValType, b: ValType) -> ValType {
        match (a, b) {
            _ if a == b => a,
            (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32) => ValType::I32,
            _ => ValType::I64,
        }
    }

    #[test]
    fn joining_commutes_with_choosing_the_memory() {
        for addr in [AddrType::I32, AddrType::I64] {
            for (a, b) in FlatType::ALL.iter().flat_map(|a| FlatType::ALL.map(|b| (*a, b))) {
                let joined = a.join(b).val_type(addr);
                assert_eq!(joined, join(a.val_type(addr), b.val_type(addr)), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn lists_are_cut_and_keep_their_order() {
        let mut all = FlatTypes::EMPTY;
        for round in 0..40 {
            assert_eq!(all.len(), round.min(FlatTypes::MAX));
            all.push(FlatType::ALL[round % 5]);
        }
        assert!(all.iter().eq((0..FlatTypes::MAX).map(|place| FlatType::ALL[place % 5])));
        assert_eq!(all.get(FlatTypes::MAX), None);
        assert_eq!(all.get(usize::MAX), None);
        assert_eq!(FlatTypes::EMPTY.repeated(u32::MAX), FlatTypes::EMPTY);
    }
}
