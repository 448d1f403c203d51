//! Operations on vectors that do not touch memory, by shape. Each gives `None` when its
//! instruction is not of its shape. They are part of the loop: a call for each makes a loop over
//! vectors take twice as long.

use wattle_ast::{LaneIdx, Shuffle};

use super::run::{Window, get, get_vector, opcode, set, set_vector};
use crate::code::{Function, Op, Slot};
use crate::numerics::{Profile, simd};

#[inline(always)]
pub(super) fn unary(frame: &mut Window, op: &Op, profile: Profile) -> Option<()> {
    let value = simd::unary(opcode(op.low()), get_vector(frame, op.b), profile)?;
    set_vector(frame, op.a, value);
    Some(())
}

#[inline(always)]
pub(super) fn binary(frame: &mut Window, op: &Op, profile: Profile) -> Option<()> {
    let (x, y) = (get_vector(frame, op.b), get_vector(frame, op.c));
    set_vector(frame, op.a, simd::binary(opcode(op.low()), x, y, profile)?);
    Some(())
}

#[inline(always)]
pub(super) fn ternary(frame: &mut Window, op: &Op, profile: Profile) -> Option<()> {
    let (x, y) = (get_vector(frame, op.b), get_vector(frame, op.c));
    let z = get_vector(frame, op.high() as Slot);
    set_vector(frame, op.a, simd::ternary(opcode(op.low()), x, y, z, profile)?);
    Some(())
}

#[inline(always)]
pub(super) fn test(frame: &mut Window, op: &Op) -> Option<()> {
    let value = simd::test(opcode(op.low()), get_vector(frame, op.b))?;
    set(frame, op.a, value.into());
    Some(())
}

#[inline(always)]
pub(super) fn shift(frame: &mut Window, op: &Op) -> Option<()> {
    let (x, count) = (get_vector(frame, op.b), get(frame, op.c) as u32);
    set_vector(frame, op.a, simd::shift(opcode(op.low()), x, count)?);
    Some(())
}

#[inline(always)]
pub(super) fn splat(frame: &mut Window, op: &Op) -> Option<()> {
    let value = simd::splat(opcode(op.low()), get(frame, op.b))?;
    set_vector(frame, op.a, value);
    Some(())
}

#[inline(always)]
pub(super) fn extract(frame: &mut Window, op: &Op) -> Option<()> {
    let lane = LaneIdx(op.high() as u8);
    let value = simd::extract_lane(opcode(op.low()), get_vector(frame, op.b), lane)?;
    set(frame, op.a, value);
    Some(())
}

#[inline(always)]
pub(super) fn replace(frame: &mut Window, op: &Op) -> Option<()> {
    let lane = LaneIdx(op.high() as u8);
    let (x, y) = (get_vector(frame, op.b), get(frame, op.c));
    set_vector(frame, op.a, simd::replace_lane(opcode(op.low()), x, lane, y)?);
    Some(())
}

#[inline(always)]
pub(super) fn shuffle(frame: &mut Window, op: &Op, function: &Function) -> Option<()> {
    let (x, y) = (get_vector(frame, op.b), get_vector(frame, op.c));
    let lanes = function.vectors.get(op.low() as usize)?;
    set_vector(frame, op.a, simd::shuffle(Shuffle(lanes.0), x, y));
    Some(())
}

#[inline(always)]
pub(super) fn constant(frame: &mut Window, op: &Op, function: &Function) -> Option<()> {
    set_vector(frame, op.a, *function.vectors.get(op.low() as usize)?);
    Some(())
}
