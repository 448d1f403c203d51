//! Operations on vectors that do not touch memory.

use wattle_ast::{LaneIdx, Shuffle};

use super::run::{Window, get, get_vector, opcode, set, set_vector};
use crate::code::{Code, Function, Op, Slot};
use crate::numerics::{Profile, simd};

/// Executes one; `None` when it is none, or its instruction is not of its shape.
#[inline(never)]
pub(super) fn execute(
    frame: &mut Window,
    op: &Op,
    function: &Function,
    profile: Profile,
) -> Option<()> {
    let opcode = opcode(op.low());
    let constant = || function.vectors.get(op.low() as usize).copied();
    let lane = LaneIdx(op.high() as u8);
    let x = get_vector(frame, op.b);
    let vector = match op.code {
        Code::VectorBinary => simd::binary(opcode, x, get_vector(frame, op.c), profile)?,
        Code::VectorUnary => simd::unary(opcode, x, profile)?,
        Code::VectorTernary => {
            let (y, z) = (get_vector(frame, op.c), get_vector(frame, op.high() as Slot));
            simd::ternary(opcode, x, y, z, profile)?
        }
        Code::VectorShift => simd::shift(opcode, x, get(frame, op.c) as u32)?,
        Code::VectorSplat => simd::splat(opcode, get(frame, op.b))?,
        Code::VectorReplace => simd::replace_lane(opcode, x, lane, get(frame, op.c))?,
        Code::Shuffle => simd::shuffle(Shuffle(constant()?.0), x, get_vector(frame, op.c)),
        Code::VectorConst => constant()?,
        Code::VectorTest => {
            set(frame, op.a, simd::test(opcode, x)?.into());
            return Some(());
        }
        Code::VectorExtract => {
            set(frame, op.a, simd::extract_lane(opcode, x, lane)?);
            return Some(());
        }
        _ => return None,
    };
    set_vector(frame, op.a, vector);
    Some(())
}
