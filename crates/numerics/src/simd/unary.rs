//! The operators on one vector, by opcode.

use core::ops::{Add, Neg};

use wattle_ast::{Opcode, V128};

use super::lanes::{Half, Lane, all, bitmask, byte_bitmask, extend, map, pairwise, shrink, widen};
use crate::{Nan, Profile, by_opcode, convert, float};

/// The result of an instruction from one vector to one vector; `None` for other instructions.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_numerics::{Profile, simd};
///
/// let counts = simd::unary(Opcode::I8x16Popcnt, V128([0x55; 16]), Profile::default());
/// assert_eq!(counts, Some(V128([4; 16])));
/// ```
#[inline(always)]
pub fn unary(op: Opcode, a: V128, profile: Profile) -> Option<V128> {
    use Half::{High, Low};
    use Opcode as O;
    let Profile { nan, relaxed } = profile;
    let operands = (a, nan);
    Some(by_opcode! { op, operands;
        lanes => i8 { I8x16Abs wrapping_abs, I8x16Neg wrapping_neg }
        lanes => i16 { I16x8Abs wrapping_abs, I16x8Neg wrapping_neg }
        lanes => i32 { I32x4Abs wrapping_abs, I32x4Neg wrapping_neg }
        lanes => i64 { I64x2Abs wrapping_abs, I64x2Neg wrapping_neg }
        lanes => f32 { F32x4Abs abs, F32x4Neg neg }
        lanes => f64 { F64x2Abs abs, F64x2Neg neg }
        floats::<f32> => float {
            F32x4Ceil ceil, F32x4Floor floor, F32x4Trunc trunc, F32x4Nearest nearest,
            F32x4Sqrt sqrt
        }
        floats::<f64> => float {
            F64x2Ceil ceil, F64x2Floor floor, F64x2Trunc trunc, F64x2Nearest nearest,
            F64x2Sqrt sqrt
        }
        {
            O::V128Not => map(a, |x: u64| !x),
            O::I8x16Popcnt => map(a, |x: u8| x.count_ones() as u8),
            O::I16x8ExtaddPairwiseI8x16S => extadd::<i8, i16>(a),
            O::I16x8ExtaddPairwiseI8x16U => extadd::<u8, u16>(a),
            O::I32x4ExtaddPairwiseI16x8S => extadd::<i16, i32>(a),
            O::I32x4ExtaddPairwiseI16x8U => extadd::<u16, u32>(a),
            O::I16x8ExtendLowI8x16S => extend::<i8, i16>(Low, a),
            O::I16x8ExtendHighI8x16S => extend::<i8, i16>(High, a),
            O::I16x8ExtendLowI8x16U => extend::<u8, u16>(Low, a),
            O::I16x8ExtendHighI8x16U => extend::<u8, u16>(High, a),
            O::I32x4ExtendLowI16x8S => extend::<i16, i32>(Low, a),
            O::I32x4ExtendHighI16x8S => extend::<i16, i32>(High, a),
            O::I32x4ExtendLowI16x8U => extend::<u16, u32>(Low, a),
            O::I32x4ExtendHighI16x8U => extend::<u16, u32>(High, a),
            O::I64x2ExtendLowI32x4S => extend::<i32, i64>(Low, a),
            O::I64x2ExtendHighI32x4S => extend::<i32, i64>(High, a),
            O::I64x2ExtendLowI32x4U => extend::<u32, u64>(Low, a),
            O::I64x2ExtendHighI32x4U => extend::<u32, u64>(High, a),
            O::F32x4DemoteF64x2Zero => shrink(a, |x| convert::f32_demote_f64(x, nan)),
            O::F64x2PromoteLowF32x4 => widen(Low, a, |x| convert::f64_promote_f32(x, nan)),
            O::F32x4ConvertI32x4S => map(a, |x: i32| x as f32),
            O::F32x4ConvertI32x4U => map(a, |x: u32| x as f32),
            O::F64x2ConvertLowI32x4S => extend::<i32, f64>(Low, a),
            O::F64x2ConvertLowI32x4U => extend::<u32, f64>(Low, a),
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
        }
    })
}

#[inline(always)]
fn lanes<A: Lane>((a, _): (V128, Nan), f: impl Fn(A) -> A) -> V128 {
    map(a, f)
}

#[inline(always)]
fn floats<F: Lane>((a, nan): (V128, Nan), f: impl Fn(F, Nan) -> F) -> V128 {
    map(a, |x| f(x, nan))
}

/// Sums of neighbouring lanes, in lanes of twice the width.
#[inline(always)]
fn extadd<A: Lane + Into<R>, R: Lane + Add<Output = R>>(a: V128) -> V128 {
    pairwise(a, |x: A, y: A| x.into() + y.into())
}

/// The result of an instruction from one vector to an `i32`; `None` for other instructions.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_numerics::simd;
///
/// assert_eq!(simd::test(Opcode::V128AnyTrue, V128([0; 16])), Some(0));
/// assert_eq!(simd::test(Opcode::I16x8Bitmask, V128([0x80; 16])), Some(0xff));
/// ```
#[inline(always)]
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
