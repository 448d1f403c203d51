//! The operators on three vectors, by opcode.

use wattle_ast::{Opcode, V128};

use super::binary::relaxed_dot;
use super::lanes::{map, pairwise, zip, zip3};
use crate::Profile;
use crate::float;

/// The result of an instruction from three vectors to one; `None` for other instructions.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_numerics::{Profile, simd};
///
/// let (a, b, mask) = (V128([0xab; 16]), V128([0xcd; 16]), V128([0xf0; 16]));
/// let bits = simd::ternary(Opcode::V128Bitselect, a, b, mask, Profile::default());
/// assert_eq!(bits, Some(V128([0xad; 16])));
/// ```
#[inline(always)]
pub fn ternary(op: Opcode, a: V128, b: V128, c: V128, profile: Profile) -> Option<V128> {
    use Opcode as O;
    let Profile { nan, relaxed } = profile;
    let fused = relaxed.fused_madd;
    let by_top_bit = relaxed.top_bit_laneselect;
    Some(match op {
        O::V128Bitselect => bitselect(a, b, c),
        O::F32x4RelaxedMadd => zip3(a, b, c, |x: f32, y, z| float::madd(x, y, z, fused, nan)),
        O::F32x4RelaxedNmadd => zip3(a, b, c, |x: f32, y, z| float::madd(-x, y, z, fused, nan)),
        O::F64x2RelaxedMadd => zip3(a, b, c, |x: f64, y, z| float::madd(x, y, z, fused, nan)),
        O::F64x2RelaxedNmadd => zip3(a, b, c, |x: f64, y, z| float::madd(-x, y, z, fused, nan)),
        O::I8x16RelaxedLaneselect if by_top_bit => bitselect(a, b, map(c, |x: i8| x >> 7)),
        O::I16x8RelaxedLaneselect if by_top_bit => bitselect(a, b, map(c, |x: i16| x >> 15)),
        O::I32x4RelaxedLaneselect if by_top_bit => bitselect(a, b, map(c, |x: i32| x >> 31)),
        O::I64x2RelaxedLaneselect if by_top_bit => bitselect(a, b, map(c, |x: i64| x >> 63)),
        O::I8x16RelaxedLaneselect
        | O::I16x8RelaxedLaneselect
        | O::I32x4RelaxedLaneselect
        | O::I64x2RelaxedLaneselect => bitselect(a, b, c),
        O::I32x4RelaxedDotI8x16I7x16AddS => {
            let dot = relaxed_dot(a, b, relaxed.unsigned_dot);
            let sums = pairwise(dot, |x: i16, y| i32::from(x) + i32::from(y));
            zip((sums, c), i32::wrapping_add)
        }
        _ => return None,
    })
}

/// The bits of `a` where the mask is set, and the bits of `b` elsewhere.
#[inline(always)]
fn bitselect(a: V128, b: V128, mask: V128) -> V128 {
    zip3(a, b, mask, |x: u64, y, mask| x & mask | y & !mask)
}
