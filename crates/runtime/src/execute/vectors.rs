//! Operations on vectors, by the shape of their operands. They are part of the loop: a call for
//! each makes a loop over vectors take twice as long.

use wattle_ast::LaneIdx;

use super::frame::{Window, get, get_vector, opcode, set, set_vector};
use crate::code::{Code, Op, Slot};
use crate::numerics::{Profile, simd};
use crate::trap::Broken;

/// Executes an operation that holds the opcode of a vector instruction. `code` is that of the
/// operation, which is known where this is called.
#[inline(always)]
pub(super) fn execute(
    code: Code,
    frame: &mut Window,
    op: &Op,
    profile: Profile,
) -> Result<(), Broken> {
    let opcode = opcode(op.low())?;
    let unknown = Broken::Instruction(opcode);
    let (x, y) = (get_vector(frame, op.b), get_vector(frame, op.c));
    let lane = LaneIdx(op.high() as u8);
    let value = match code {
        Code::VectorUnary => simd::unary(opcode, x, profile),
        Code::VectorBinary => simd::binary(opcode, x, y, profile),
        Code::VectorTernary => {
            let z = get_vector(frame, op.high() as Slot);
            simd::ternary(opcode, x, y, z, profile)
        }
        Code::VectorShift => simd::shift(opcode, x, get(frame, op.c) as u32),
        Code::VectorSplat => simd::from_number(opcode, get(frame, op.b)),
        Code::VectorReplace => simd::replace_lane(opcode, x, lane, get(frame, op.c)),
        _ => {
            let number = match code {
                Code::VectorTest => simd::test(opcode, x).map(u64::from),
                _ => simd::extract_lane(opcode, x, lane),
            };
            set(frame, op.a, number.ok_or(unknown)?);
            return Ok(());
        }
    };
    set_vector(frame, op.a, value.ok_or(unknown)?);
    Ok(())
}
