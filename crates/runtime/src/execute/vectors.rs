//! Operations on vectors, by the shape of their operands. They are part of the loop: a call for
//! each makes a loop over vectors take twice as long.

use wattle_ast::LaneIdx;

use super::frame::{Window, get, get_vector, opcode, set, set_vector};
use crate::code::{Code, Op, Slot};
use crate::numerics::{Profile, simd};
use crate::trap::Broken;

/// Executes an operation that holds the opcode of a vector instruction; `None` when the opcode is
/// not of that shape. `code` is that of the operation, which is known where this is called.
#[inline(always)]
pub(super) fn execute(code: Code, frame: &mut Window, op: &Op, profile: Profile) -> Option<()> {
    let opcode = opcode(op.low()).ok()?;
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

/// What is wrong with an operation whose opcode is not of its shape.
#[cold]
pub(super) fn unknown(op: &Op) -> Broken {
    opcode(op.low()).map_or_else(|broken| broken, Broken::Instruction)
}
