//! The window of a frame: the slots that its operations can name.

use wattle_ast::{Opcode, V128};

use crate::code::{Slot, WINDOW};
use crate::slots::{join, split};
use crate::trap::{Broken, Failure, Trap};

/// An array with a slot for each value of a [`Slot`], so that accesses need no check.
pub(super) type Window = [u64; WINDOW];

/// The window of the frame that begins at slot `base` of a stack.
#[inline(always)]
pub(super) fn window(stack: &mut [u64], base: usize) -> Result<&mut Window, Failure> {
    let rest = stack.get_mut(base..).and_then(|rest| rest.first_chunk_mut::<WINDOW>());
    rest.ok_or(Failure::Trap(Trap::StackExhausted))
}

#[inline(always)]
pub(super) fn get(frame: &Window, slot: Slot) -> u64 {
    frame[slot as usize]
}

#[inline(always)]
pub(super) fn set(frame: &mut Window, slot: Slot, value: u64) {
    frame[slot as usize] = value;
}

#[inline(always)]
pub(super) fn get_vector(frame: &Window, slot: Slot) -> V128 {
    V128(join([get(frame, slot), get(frame, slot.wrapping_add(1))]).to_le_bytes())
}

#[inline(always)]
pub(super) fn set_vector(frame: &mut Window, slot: Slot, value: V128) {
    let [low, high] = split(u128::from_le_bytes(value.0));
    set(frame, slot, low);
    set(frame, slot.wrapping_add(1), high);
}

/// The opcode with this number, as operations hold it.
#[inline(always)]
pub(super) fn opcode(number: u32) -> Result<Opcode, Broken> {
    Opcode::ALL.get(number as usize).copied().ok_or(Broken::Index)
}
