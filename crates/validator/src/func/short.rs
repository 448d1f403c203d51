//! Immediates in the short forms that nearly all have, read without moving: `None` sends an
//! instruction to the rules.

use wattle_ast::{AbsHeapType, BlockType, Feature, RefType, ValType};

use super::stack::Signature;
use crate::Types;
use crate::ty::Ty;

/// The type of a block and its length, if it is empty, one number or, when these are to be known,
/// one reference.
#[inline(always)]
pub(super) fn block_type(
    types: &Types,
    has_references: bool,
    code: &[u8],
    at: usize,
) -> Option<(Signature, usize)> {
    let (ty, size) = match *code.get(at)? {
        BlockType::EMPTY_CODE => return Some((Signature::EMPTY, 1)),
        byte @ (RefType::CODE | RefType::NULL_CODE) if has_references => {
            let (ty, size) = heap_type(types, code, at + 1)?;
            (ty.nullable(byte == RefType::NULL_CODE), 1 + size)
        }
        byte => match ValType::from_code(byte)? {
            ValType::V128 => return None,
            number => (Ty::closed(number), 1),
        },
    };
    Some((Signature::value(ty), size))
}

/// Whether all the features are on that bring references and their instructions.
#[inline(always)]
pub(super) fn has_references(types: &Types) -> bool {
    [Feature::Gc, Feature::FunctionReferences, Feature::ReferenceTypes]
        .iter()
        .all(|&feature| types.features.contains(feature))
}

/// The type that the heap type at `at` names, nullable, and its length. None of these belongs to
/// any feature but garbage collection and what that implies.
#[inline(always)]
pub(super) fn heap_type(types: &Types, code: &[u8], at: usize) -> Option<(Ty, usize)> {
    let byte = *code.get(at)?;
    let (index, size) = match byte {
        0..0x40 => (u32::from(byte), 1),
        0x80.. => {
            let high = code.get(at + 1).copied().filter(|&high| high < 0x40)?;
            (u32::from(byte & 0x7f) | u32::from(high) << 7, 2)
        }
        _ => {
            let heap = AbsHeapType::from_code(byte)?;
            let elsewhere = matches!(heap.top(), AbsHeapType::Exn | AbsHeapType::Cont);
            return if elsewhere { None } else { Some((Ty::abs(heap, true), 1)) };
        }
    };
    Some((types.defined(index, true)?, size))
}

/// The length of an integer of at most 28 bits that begins at `at`: any such integer is in range.
#[inline(always)]
pub(super) fn short_integer(code: &[u8], at: usize) -> Option<usize> {
    let bytes = code.get(at..)?.first_chunk::<4>()?;
    let last = !u32::from_le_bytes(*bytes) & 0x8080_8080;
    if last == 0 { None } else { Some(last.trailing_zeros() as usize / 8 + 1) }
}

/// The index that begins at `at`, if it takes one byte.
#[inline(always)]
pub(super) fn index(code: &[u8], at: usize) -> Option<usize> {
    code.get(at).map(|&byte| usize::from(byte)).filter(|&index| index < 0x80)
}

/// The index that begins at `at`, and its length.
#[inline(always)]
pub(super) fn long_index(code: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = code.get(at..)?;
    let [a, b, c] = match rest.first_chunk::<3>() {
        Some(&bytes) => bytes,
        // The end is near, and comes as an opcode of one byte.
        None => [*rest.first()?, *rest.get(1)?, 0x80],
    };
    let [low, middle, high] = [a, b, c].map(|byte| usize::from(byte & 0x7f));
    if a < 0x80 {
        Some((low, 1))
    } else if b < 0x80 {
        Some((low | middle << 7, 2))
    } else if c < 0x80 {
        Some((low | middle << 7 | high << 14, 3))
    } else {
        None
    }
}
