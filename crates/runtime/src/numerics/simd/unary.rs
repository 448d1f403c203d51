//! From opcodes to operators of one vector.

use wattle_ast::{Opcode, V128};

use super::lanes::{Half, all, bitmask, byte_bitmask, map, pairwise, shrink, widen};
use crate::numerics::float::{self, Float};
use crate::numerics::{Profile, convert};

/// What an instruction from one vector to one vector gives; `None` if it is none.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_runtime::numerics::{Profile, simd};
/// let popcnt = simd::unary(Opcode::I8x16Popcnt, V128([7; 16]), Profile::default());
/// assert_eq!(popcnt, Some(V128([3; 16])));
/// ```
#[inline]
pub fn unary(op: Opcode, a: V128, profile: Profile) -> Option<V128> {
    use Half::{High, Low};
    use Opcode as O;
    let Profile { nan, relaxed } = profile;
    Some(match op {
        O::V128Not => map(a, |x: u64| !x),

        O::I8x16Abs => map(a, i8::wrapping_abs),
        O::I8x16Neg => map(a, i8::wrapping_neg),
        O::I8x16Popcnt => map(a, |x: u8| x.count_ones() as u8),
        O::I16x8Abs => map(a, i16::wrapping_abs),
        O::I16x8Neg => map(a, i16::wrapping_neg),
        O::I32x4Abs => map(a, i32::wrapping_abs),
        O::I32x4Neg => map(a, i32::wrapping_neg),
        O::I64x2Abs => map(a, i64::wrapping_abs),
        O::I64x2Neg => map(a, i64::wrapping_neg),

        O::I16x8ExtaddPairwiseI8x16S => pairwise(a, |x: i8, y| i16::from(x) + i16::from(y)),
        O::I16x8ExtaddPairwiseI8x16U => pairwise(a, |x: u8, y| u16::from(x) + u16::from(y)),
        O::I32x4ExtaddPairwiseI16x8S => pairwise(a, |x: i16, y| i32::from(x) + i32::from(y)),
        O::I32x4ExtaddPairwiseI16x8U => pairwise(a, |x: u16, y| u32::from(x) + u32::from(y)),

        O::I16x8ExtendLowI8x16S => widen(Low, a, |x: i8| i16::from(x)),
        O::I16x8ExtendHighI8x16S => widen(High, a, |x: i8| i16::from(x)),
        O::I16x8ExtendLowI8x16U => widen(Low, a, |x: u8| u16::from(x)),
        O::I16x8ExtendHighI8x16U => widen(High, a, |x: u8| u16::from(x)),
        O::I32x4ExtendLowI16x8S => widen(Low, a, |x: i16| i32::from(x)),
        O::I32x4ExtendHighI16x8S => widen(High, a, |x: i16| i32::from(x)),
        O::I32x4ExtendLowI16x8U => widen(Low, a, |x: u16| u32::from(x)),
        O::I32x4ExtendHighI16x8U => widen(High, a, |x: u16| u32::from(x)),
        O::I64x2ExtendLowI32x4S => widen(Low, a, |x: i32| i64::from(x)),
        O::I64x2ExtendHighI32x4S => widen(High, a, |x: i32| i64::from(x)),
        O::I64x2ExtendLowI32x4U => widen(Low, a, |x: u32| u64::from(x)),
        O::I64x2ExtendHighI32x4U => widen(High, a, |x: u32| u64::from(x)),

        O::F32x4Abs => map(a, <f32 as Float>::abs),
        O::F32x4Neg => map(a, |x: f32| -x),
        O::F32x4Ceil => map(a, |x: f32| float::ceil(x, nan)),
        O::F32x4Floor => map(a, |x: f32| float::floor(x, nan)),
        O::F32x4Trunc => map(a, |x: f32| float::trunc(x, nan)),
        O::F32x4Nearest => map(a, |x: f32| float::nearest(x, nan)),
        O::F32x4Sqrt => map(a, |x: f32| float::sqrt(x, nan)),
        O::F64x2Abs => map(a, <f64 as Float>::abs),
        O::F64x2Neg => map(a, |x: f64| -x),
        O::F64x2Ceil => map(a, |x: f64| float::ceil(x, nan)),
        O::F64x2Floor => map(a, |x: f64| float::floor(x, nan)),
        O::F64x2Trunc => map(a, |x: f64| float::trunc(x, nan)),
        O::F64x2Nearest => map(a, |x: f64| float::nearest(x, nan)),
        O::F64x2Sqrt => map(a, |x: f64| float::sqrt(x, nan)),

        O::F32x4DemoteF64x2Zero => shrink(a, |x| convert::f32_demote_f64(x, nan)),
        O::F64x2PromoteLowF32x4 => widen(Low, a, |x| convert::f64_promote_f32(x, nan)),
        O::F32x4ConvertI32x4S => map(a, |x: i32| x as f32),
        O::F32x4ConvertI32x4U => map(a, |x: u32| x as f32),
        O::F64x2ConvertLowI32x4S => widen(Low, a, |x: i32| f64::from(x)),
        O::F64x2ConvertLowI32x4U => widen(Low, a, |x: u32| f64::from(x)),
        O::I32x4TruncSatF32x4S => map(a, |x: f32| x as i32),
        O::I32x4TruncSatF32x4U => map(a, |x: f32| x as u32),
        O::I32x4TruncSatF64x2SZero => shrink(a, |x: f64| x as i32),
        O::I32x4TruncSatF64x2UZero => shrink(a, |x: f64| x as u32),

        O::I32x4RelaxedTruncF32x4S => {
            map(a, |x| convert::i32_relaxed_trunc_f32_s(x, relaxed.trunc_s))
        }
        O::I32x4RelaxedTruncF32x4U => {
            map(a, |x| convert::i32_relaxed_trunc_f32_u(x, relaxed.trunc_u))
        }
        O::I32x4RelaxedTruncF64x2SZero => {
            shrink(a, |x| convert::i32_relaxed_trunc_f64_s(x, relaxed.trunc_s))
        }
        O::I32x4RelaxedTruncF64x2UZero => {
            shrink(a, |x| convert::i32_relaxed_trunc_f64_u(x, relaxed.trunc_u))
        }
        _ => return None,
    })
}

/// What an instruction from one vector to an `i32` gives; `None` if it is none.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_runtime::numerics::simd;
/// assert_eq!(simd::test(Opcode::I8x16Bitmask, V128([0x80; 16])), Some(0xffff));
/// ```
#[inline]
pub fn test(op: Opcode, a: V128) -> Option<u32> {
    use Opcode as O;
    Some(match op {
        O::V128AnyTrue => u32::from(!all(a, |x: u64| x == 0)),
        O::I8x16AllTrue => u32::from(all(a, |x: u8| x != 0)),
        O::I8x16Bitmask => byte_bitmask(a),
        O::I16x8AllTrue => u32::from(all(a, |x: u16| x != 0)),
        O::I16x8Bitmask => bitmask::<i16>(a),
        O::I32x4AllTrue => u32::from(all(a, |x: u32| x != 0)),
        O::I32x4Bitmask => bitmask::<i32>(a),
        O::I64x2AllTrue => u32::from(all(a, |x: u64| x != 0)),
        O::I64x2Bitmask => bitmask::<i64>(a),
        _ => return None,
    })
}
