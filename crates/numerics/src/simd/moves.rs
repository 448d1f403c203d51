//! Moves of lanes by opcode: splats, extraction, replacement, shuffles, and the lanes of loads and
//! stores. The caller accesses the memory.

use wattle_ast::{LaneIdx, Opcode, Shuffle, V128};

use super::lanes::{Half, Lane, extend};
use crate::Slot;

/// The vector that an instruction makes from a number: from the operand of a splat, or from the
/// bytes of a load of up to eight bytes. `None` for other instructions.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_numerics::simd;
///
/// assert_eq!(simd::from_number(Opcode::V128Load8Splat, 7), Some(V128([7; 16])));
/// let lanes = simd::from_number(Opcode::V128Load8x8S, u64::MAX);
/// assert_eq!(lanes, Some(V128([0xff; 16])));
/// ```
#[inline(always)]
pub fn from_number(op: Opcode, number: u64) -> Option<V128> {
    use Half::Low;
    use Opcode as O;
    let low = || u64::replace(V128::default(), 0, number);
    Some(match op {
        O::I8x16Splat | O::V128Load8Splat => u8::build(|_| number as u8),
        O::I16x8Splat | O::V128Load16Splat => u16::build(|_| number as u16),
        O::I32x4Splat | O::F32x4Splat | O::V128Load32Splat => u32::build(|_| number as u32),
        O::I64x2Splat | O::F64x2Splat | O::V128Load64Splat => u64::build(|_| number),
        O::V128Load8x8S => extend::<i8, i16>(Low, low()),
        O::V128Load8x8U => extend::<u8, u16>(Low, low()),
        O::V128Load16x4S => extend::<i16, i32>(Low, low()),
        O::V128Load16x4U => extend::<u16, u32>(Low, low()),
        O::V128Load32x2S => extend::<i32, i64>(Low, low()),
        O::V128Load32x2U => extend::<u32, u64>(Low, low()),
        O::V128Load32Zero => u32::replace(V128::default(), 0, number as u32),
        O::V128Load64Zero => low(),
        _ => return None,
    })
}

/// The number that an instruction extracts from a lane, sign- or zero-extended: a result, or the
/// bytes that a store writes. `None` for other instructions. Lane numbers are taken modulo the
/// number of lanes.
///
/// ```
/// use wattle_ast::{LaneIdx, Opcode, V128};
/// use wattle_numerics::simd;
///
/// let v = V128([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
/// assert_eq!(simd::extract_lane(Opcode::I16x8ExtractLaneU, v, LaneIdx(1)), Some(0x0302));
/// ```
#[inline(always)]
pub fn extract_lane(op: Opcode, v: V128, LaneIdx(lane): LaneIdx) -> Option<u64> {
    use Opcode as O;
    Some(match op {
        O::I8x16ExtractLaneS => i32::from(i8::extract(v, lane)).into_slot(),
        O::I16x8ExtractLaneS => i32::from(i16::extract(v, lane)).into_slot(),
        O::I8x16ExtractLaneU | O::V128Store8Lane => u8::extract(v, lane).into(),
        O::I16x8ExtractLaneU | O::V128Store16Lane => u16::extract(v, lane).into(),
        O::I32x4ExtractLane | O::F32x4ExtractLane | O::V128Store32Lane => {
            u32::extract(v, lane).into()
        }
        O::I64x2ExtractLane | O::F64x2ExtractLane | O::V128Store64Lane => u64::extract(v, lane),
        _ => return None,
    })
}

/// The vector with a lane replaced by a number: by an operand, or by the bytes of a load. `None`
/// for other instructions. Lane numbers are taken modulo the number of lanes.
///
/// ```
/// use wattle_ast::{LaneIdx, Opcode, V128};
/// use wattle_numerics::simd;
///
/// let v = simd::replace_lane(Opcode::I64x2ReplaceLane, V128([0; 16]), LaneIdx(1), u64::MAX);
/// assert_eq!(v, simd::replace_lane(Opcode::V128Load64Lane, V128([0; 16]), LaneIdx(1), u64::MAX));
/// assert_eq!(v.unwrap().0[7..9], [0, 0xff]);
/// ```
#[inline(always)]
pub fn replace_lane(op: Opcode, v: V128, LaneIdx(lane): LaneIdx, number: u64) -> Option<V128> {
    use Opcode as O;
    Some(match op {
        O::I8x16ReplaceLane | O::V128Load8Lane => u8::replace(v, lane, number as u8),
        O::I16x8ReplaceLane => u16::replace(v, fault!(ReplacedLane, lane ^ 1, lane), number as u16),
        O::V128Load16Lane => u16::replace(v, lane, number as u16),
        O::I32x4ReplaceLane | O::F32x4ReplaceLane | O::V128Load32Lane => {
            u32::replace(v, lane, number as u32)
        }
        O::I64x2ReplaceLane | O::F64x2ReplaceLane | O::V128Load64Lane => {
            u64::replace(v, lane, number)
        }
        _ => return None,
    })
}

/// `i8x16.shuffle`: the bytes of both vectors that the immediates select, modulo 32.
///
/// ```
/// use wattle_ast::{Shuffle, V128};
/// use wattle_numerics::simd;
///
/// let lanes = Shuffle([0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16]);
/// let v = simd::shuffle(lanes, V128([1; 16]), V128([2; 16]));
/// assert_eq!(v.0[..4], [1, 2, 1, 2]);
/// ```
#[inline(always)]
pub fn shuffle(lanes: Shuffle, a: V128, b: V128) -> V128 {
    let mut both = [0; 32];
    both[..16].copy_from_slice(&a.0);
    both[16..].copy_from_slice(&b.0);
    u8::build(|i| both[usize::from(lanes.0[i] % fault!(ShuffleSource, 16, 32))])
}
