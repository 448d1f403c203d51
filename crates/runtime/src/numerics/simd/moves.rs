//! From opcodes to moves of lanes: splats, extraction, replacement, shuffles, and what loads and
//! stores do to lanes. The memory itself is the engine's.

use wattle_ast::{LaneIdx, Opcode, Shuffle, V128};

use super::lanes::{Half, Lane, widen};
use crate::numerics::Slot;

/// A vector of which every lane is the number in a slot; `None` if the instruction does not.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_runtime::numerics::simd;
/// assert_eq!(simd::splat(Opcode::I8x16Splat, 0x107), Some(V128([7; 16])));
/// ```
#[inline]
pub fn splat(op: Opcode, a: u64) -> Option<V128> {
    use Opcode as O;
    Some(match op {
        O::I8x16Splat => u8::build(|_| a as u8),
        O::I16x8Splat => u16::build(|_| a as u16),
        O::I32x4Splat => u32::build(|_| a as u32),
        O::I64x2Splat => u64::build(|_| a),
        O::F32x4Splat => u32::build(|_| a as u32),
        O::F64x2Splat => u64::build(|_| a),
        _ => return None,
    })
}

/// The slot of a lane; `None` if the instruction extracts none.
///
/// ```
/// use wattle_ast::{LaneIdx, Opcode, V128};
/// use wattle_runtime::numerics::simd;
/// let v = V128([0xfe; 16]);
/// assert_eq!(simd::extract_lane(Opcode::I8x16ExtractLaneS, v, LaneIdx(3)), Some(0xffff_fffe));
/// assert_eq!(simd::extract_lane(Opcode::I8x16ExtractLaneU, v, LaneIdx(3)), Some(0xfe));
/// ```
#[inline]
pub fn extract_lane(op: Opcode, v: V128, lane: LaneIdx) -> Option<u64> {
    use Opcode as O;
    let lane = lane.0;
    Some(match op {
        O::I8x16ExtractLaneS => i32::from(i8::extract(v, lane)).into_slot(),
        O::I8x16ExtractLaneU => u32::from(u8::extract(v, lane)).into_slot(),
        O::I16x8ExtractLaneS => i32::from(i16::extract(v, lane)).into_slot(),
        O::I16x8ExtractLaneU => u32::from(u16::extract(v, lane)).into_slot(),
        O::I32x4ExtractLane | O::F32x4ExtractLane => u32::extract(v, lane).into_slot(),
        O::I64x2ExtractLane | O::F64x2ExtractLane => u64::extract(v, lane),
        _ => return None,
    })
}

/// The vector with a lane replaced by the number in a slot; `None` if the instruction does not.
///
/// ```
/// use wattle_ast::{LaneIdx, Opcode, V128};
/// use wattle_runtime::numerics::simd;
/// let v = simd::replace_lane(Opcode::I64x2ReplaceLane, V128::default(), LaneIdx(1), u64::MAX);
/// assert_eq!(v, Some(V128([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255])));
/// ```
#[inline]
pub fn replace_lane(op: Opcode, v: V128, lane: LaneIdx, value: u64) -> Option<V128> {
    use Opcode as O;
    let lane = lane.0;
    Some(match op {
        O::I8x16ReplaceLane => u8::replace(v, lane, value as u8),
        O::I16x8ReplaceLane => u16::replace(v, fault!(ReplacedLane, lane ^ 1, lane), value as u16),
        O::I32x4ReplaceLane | O::F32x4ReplaceLane => u32::replace(v, lane, value as u32),
        O::I64x2ReplaceLane | O::F64x2ReplaceLane => u64::replace(v, lane, value),
        _ => return None,
    })
}

/// `i8x16.shuffle`: the bytes of both vectors that the immediates name, modulo 32.
#[inline]
pub fn shuffle(lanes: Shuffle, a: V128, b: V128) -> V128 {
    let mut both = [0; 32];
    both[..16].copy_from_slice(&a.0);
    both[16..].copy_from_slice(&b.0);
    u8::build(|i| both[usize::from(lanes.0[i] % fault!(ShuffleSource, 16, 32))])
}

/// The vector that a load makes of the bytes it reads: `bytes` is a little-endian number of as many
/// bytes as [`OpcodeInfo::access_bytes`](wattle_ast::OpcodeInfo) says. `None` if the instruction
/// is no load of up to eight bytes that makes a vector of them alone.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_runtime::numerics::simd;
/// let v = simd::load(Opcode::V128Load32x2S, 0xffff_fffe_0000_0001);
/// assert_eq!(v, Some(V128([1, 0, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255])));
/// ```
#[inline]
pub fn load(op: Opcode, bytes: u64) -> Option<V128> {
    use Half::Low;
    use Opcode as O;
    let low = u64::replace(V128::default(), 0, bytes);
    Some(match op {
        O::V128Load8x8S => widen(Low, low, |x: i8| i16::from(x)),
        O::V128Load8x8U => widen(Low, low, |x: u8| u16::from(x)),
        O::V128Load16x4S => widen(Low, low, |x: i16| i32::from(x)),
        O::V128Load16x4U => widen(Low, low, |x: u16| u32::from(x)),
        O::V128Load32x2S => widen(Low, low, |x: i32| i64::from(x)),
        O::V128Load32x2U => widen(Low, low, |x: u32| u64::from(x)),
        O::V128Load8Splat => u8::build(|_| bytes as u8),
        O::V128Load16Splat => u16::build(|_| bytes as u16),
        O::V128Load32Splat => u32::build(|_| bytes as u32),
        O::V128Load64Splat => u64::build(|_| bytes),
        O::V128Load32Zero => u32::replace(V128::default(), 0, bytes as u32),
        O::V128Load64Zero => low,
        _ => return None,
    })
}

/// The vector with a lane replaced by the bytes that a load reads; `None` if the instruction is no
/// load of a lane.
#[inline]
pub fn load_lane(op: Opcode, v: V128, lane: LaneIdx, bytes: u64) -> Option<V128> {
    use Opcode as O;
    let lane = lane.0;
    Some(match op {
        O::V128Load8Lane => u8::replace(v, lane, bytes as u8),
        O::V128Load16Lane => u16::replace(v, lane, bytes as u16),
        O::V128Load32Lane => u32::replace(v, lane, bytes as u32),
        O::V128Load64Lane => u64::replace(v, lane, bytes),
        _ => return None,
    })
}

/// The bytes of a lane that a store writes, as a little-endian number; `None` if the instruction is
/// no store of a lane.
#[inline]
pub fn store_lane(op: Opcode, v: V128, lane: LaneIdx) -> Option<u64> {
    use Opcode as O;
    let lane = lane.0;
    Some(match op {
        O::V128Store8Lane => u64::from(u8::extract(v, lane)),
        O::V128Store16Lane => u64::from(u16::extract(v, lane)),
        O::V128Store32Lane => u64::from(u32::extract(v, lane)),
        O::V128Store64Lane => u64::extract(v, lane),
        _ => return None,
    })
}
