//! Operations on vectors, by the shape of their operands. They are inlined into the loop: with a
//! call for each, a loop over vectors takes twice as long.

use wattle_ast::{LaneIdx, Opcode};
use wattle_numerics::{Profile, simd};

use super::frame::{Window, get, get_vector, set, set_vector};
use crate::code::{Code, Op, Slot};

/// Executes an instruction on vectors; `None` if its operands have another shape than those of
/// `code`, which callers know at compile time.
#[inline(always)]
pub(super) fn execute(
    code: Code,
    opcode: Opcode,
    frame: &mut Window,
    op: &Op,
    profile: Profile,
) -> Option<()> {
    let (x, y) = (get_vector(frame, op.b), get_vector(frame, op.c));
    let lane = LaneIdx(op.high() as u8);
    let value = match code {
        Code::VectorUnary => simd::unary(opcode, x, profile)?,
        Code::VectorBinary => simd::binary(opcode, x, y, profile)?,
        Code::VectorTernary => {
            let z = get_vector(frame, op.high() as Slot);
            simd::ternary(opcode, x, y, z, profile)?
        }
        Code::VectorShift => simd::shift(opcode, x, get(frame, op.c) as u32)?,
        Code::VectorSplat => simd::from_number(opcode, get(frame, op.b))?,
        Code::VectorReplace => simd::replace_lane(opcode, x, lane, get(frame, op.c))?,
        _ => {
            let number = match code {
                Code::VectorTest => simd::test(opcode, x)?.into(),
                _ => simd::extract_lane(opcode, x, lane)?,
            };
            set(frame, op.a, number);
            return Some(());
        }
    };
    set_vector(frame, op.a, value);
    Some(())
}
