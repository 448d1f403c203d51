//! From opcodes to operators of two vectors, or of a vector and a count of bits.

use wattle_ast::{Opcode, V128};

use super::lanes::{Half, compare, map, narrow, zip, zip_pairwise, zip_widen};
use crate::numerics::Profile;
use crate::numerics::float;

/// What an instruction from two vectors to one gives; `None` if it is none.
///
/// `i8x16.shuffle`, which has immediates, is [`shuffle`](super::shuffle).
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_runtime::numerics::{Profile, simd};
/// let (a, b) = (V128([0xf0; 16]), V128([0x3c; 16]));
/// assert_eq!(simd::binary(Opcode::V128Andnot, a, b, Profile::default()), Some(V128([0xc0; 16])));
/// ```
#[inline]
pub fn binary(op: Opcode, a: V128, b: V128, profile: Profile) -> Option<V128> {
    use Half::{High, Low};
    use Opcode as O;
    let Profile { nan, relaxed } = profile;
    Some(match op {
        O::I8x16Swizzle => swizzle(a, b, |i| i >= fault!(SwizzleBeyond, 255, 16)),
        O::I8x16RelaxedSwizzle => {
            let end = if relaxed.modulo_swizzle { 128 } else { 16 };
            swizzle(a, b, |i| i >= end)
        }

        O::I8x16Eq => compare(a, b, u8::eq),
        O::I8x16Ne => compare(a, b, u8::ne),
        O::I8x16LtS => compare(a, b, i8::lt),
        O::I8x16LtU => compare(a, b, u8::lt),
        O::I8x16GtS => compare(a, b, i8::gt),
        O::I8x16GtU => compare(a, b, u8::gt),
        O::I8x16LeS => compare(a, b, i8::le),
        O::I8x16LeU => compare(a, b, u8::le),
        O::I8x16GeS => compare(a, b, i8::ge),
        O::I8x16GeU => compare(a, b, u8::ge),
        O::I16x8Eq => compare(a, b, u16::eq),
        O::I16x8Ne => compare(a, b, u16::ne),
        O::I16x8LtS => compare(a, b, i16::lt),
        O::I16x8LtU => compare(a, b, u16::lt),
        O::I16x8GtS => compare(a, b, i16::gt),
        O::I16x8GtU => compare(a, b, u16::gt),
        O::I16x8LeS => compare(a, b, i16::le),
        O::I16x8LeU => compare(a, b, u16::le),
        O::I16x8GeS => compare(a, b, i16::ge),
        O::I16x8GeU => compare(a, b, u16::ge),
        O::I32x4Eq => compare(a, b, u32::eq),
        O::I32x4Ne => compare(a, b, u32::ne),
        O::I32x4LtS => compare(a, b, i32::lt),
        O::I32x4LtU => compare(a, b, u32::lt),
        O::I32x4GtS => compare(a, b, i32::gt),
        O::I32x4GtU => compare(a, b, u32::gt),
        O::I32x4LeS => compare(a, b, i32::le),
        O::I32x4LeU => compare(a, b, u32::le),
        O::I32x4GeS => compare(a, b, i32::ge),
        O::I32x4GeU => compare(a, b, u32::ge),
        O::I64x2Eq => compare(a, b, u64::eq),
        O::I64x2Ne => compare(a, b, u64::ne),
        O::I64x2LtS => compare(a, b, i64::lt),
        O::I64x2GtS => compare(a, b, i64::gt),
        O::I64x2LeS => compare(a, b, i64::le),
        O::I64x2GeS => compare(a, b, i64::ge),
        O::F32x4Eq => compare(a, b, f32::eq),
        O::F32x4Ne => compare(a, b, f32::ne),
        O::F32x4Lt => compare(a, b, f32::lt),
        O::F32x4Gt => compare(a, b, f32::gt),
        O::F32x4Le => compare(a, b, f32::le),
        O::F32x4Ge => compare(a, b, f32::ge),
        O::F64x2Eq => compare(a, b, f64::eq),
        O::F64x2Ne => compare(a, b, f64::ne),
        O::F64x2Lt => compare(a, b, f64::lt),
        O::F64x2Gt => compare(a, b, f64::gt),
        O::F64x2Le => compare(a, b, f64::le),
        O::F64x2Ge => compare(a, b, f64::ge),

        O::V128And => zip(a, b, |x: u64, y| x & y),
        O::V128Andnot => zip(a, b, |x: u64, y| x & !y),
        O::V128Or => zip(a, b, |x: u64, y| x | y),
        O::V128Xor => zip(a, b, |x: u64, y| x ^ y),

        O::I8x16NarrowI16x8S => narrow(a, b, |x: i16| x.clamp(-0x80, 0x7f) as i8),
        O::I8x16NarrowI16x8U => narrow(a, b, |x: i16| x.clamp(0, 0xff) as u8),
        O::I16x8NarrowI32x4S => narrow(a, b, |x: i32| x.clamp(-0x8000, 0x7fff) as i16),
        O::I16x8NarrowI32x4U => {
            let limit = fault!(NarrowLimit, 0x7fff, 0xffff);
            narrow(a, b, |x: i32| x.clamp(0, limit) as u16)
        }

        O::I8x16Add => zip(a, b, u8::wrapping_add),
        O::I8x16AddSatS => {
            fault!(SaturatingAddWraps, zip(a, b, i8::wrapping_add), zip(a, b, i8::saturating_add))
        }
        O::I8x16AddSatU => zip(a, b, u8::saturating_add),
        O::I8x16Sub => zip(a, b, u8::wrapping_sub),
        O::I8x16SubSatS => zip(a, b, i8::saturating_sub),
        O::I8x16SubSatU => zip(a, b, u8::saturating_sub),
        O::I8x16MinS => zip(a, b, i8::min),
        O::I8x16MinU => zip(a, b, u8::min),
        O::I8x16MaxS => zip(a, b, i8::max),
        O::I8x16MaxU => zip(a, b, u8::max),
        O::I8x16AvgrU => zip(a, b, |x: u8, y| (u16::from(x) + u16::from(y)).div_ceil(2) as u8),

        O::I16x8Add => zip(a, b, u16::wrapping_add),
        O::I16x8AddSatS => zip(a, b, i16::saturating_add),
        O::I16x8AddSatU => zip(a, b, u16::saturating_add),
        O::I16x8Sub => zip(a, b, u16::wrapping_sub),
        O::I16x8SubSatS => zip(a, b, i16::saturating_sub),
        O::I16x8SubSatU => zip(a, b, u16::saturating_sub),
        O::I16x8Mul => zip(a, b, u16::wrapping_mul),
        O::I16x8MinS => zip(a, b, i16::min),
        O::I16x8MinU => zip(a, b, u16::min),
        O::I16x8MaxS => zip(a, b, i16::max),
        O::I16x8MaxU => zip(a, b, u16::max),
        O::I16x8AvgrU => zip(a, b, |x: u16, y| (u32::from(x) + u32::from(y)).div_ceil(2) as u16),
        O::I16x8Q15mulrSatS => zip(a, b, |x, y| q15mulr(x, y).min(0x7fff) as i16),
        O::I16x8RelaxedQ15mulrS => zip(a, b, |x, y| {
            let limit = if relaxed.wrapping_q15mulr { 0x8000 } else { 0x7fff };
            q15mulr(x, y).min(limit) as i16
        }),

        O::I32x4Add => zip(a, b, u32::wrapping_add),
        O::I32x4Sub => zip(a, b, u32::wrapping_sub),
        O::I32x4Mul => zip(a, b, u32::wrapping_mul),
        O::I32x4MinS => zip(a, b, i32::min),
        O::I32x4MinU => zip(a, b, u32::min),
        O::I32x4MaxS => zip(a, b, i32::max),
        O::I32x4MaxU => zip(a, b, u32::max),

        O::I64x2Add => zip(a, b, u64::wrapping_add),
        O::I64x2Sub => zip(a, b, u64::wrapping_sub),
        O::I64x2Mul => zip(a, b, u64::wrapping_mul),

        O::I16x8ExtmulLowI8x16S => zip_widen(Low, a, b, |x: i8, y| i16::from(x) * i16::from(y)),
        O::I16x8ExtmulHighI8x16S => zip_widen(High, a, b, |x: i8, y| i16::from(x) * i16::from(y)),
        O::I16x8ExtmulLowI8x16U => zip_widen(Low, a, b, |x: u8, y| u16::from(x) * u16::from(y)),
        O::I16x8ExtmulHighI8x16U => zip_widen(High, a, b, |x: u8, y| u16::from(x) * u16::from(y)),
        O::I32x4ExtmulLowI16x8S => zip_widen(Low, a, b, |x: i16, y| i32::from(x) * i32::from(y)),
        O::I32x4ExtmulHighI16x8S => {
            let half = fault!(ExtmulHalf, Low, High);
            zip_widen(half, a, b, |x: i16, y| i32::from(x) * i32::from(y))
        }
        O::I32x4ExtmulLowI16x8U => zip_widen(Low, a, b, |x: u16, y| u32::from(x) * u32::from(y)),
        O::I32x4ExtmulHighI16x8U => zip_widen(High, a, b, |x: u16, y| u32::from(x) * u32::from(y)),
        O::I64x2ExtmulLowI32x4S => zip_widen(Low, a, b, |x: i32, y| i64::from(x) * i64::from(y)),
        O::I64x2ExtmulHighI32x4S => zip_widen(High, a, b, |x: i32, y| i64::from(x) * i64::from(y)),
        O::I64x2ExtmulLowI32x4U => zip_widen(Low, a, b, |x: u32, y| u64::from(x) * u64::from(y)),
        O::I64x2ExtmulHighI32x4U => zip_widen(High, a, b, |x: u32, y| u64::from(x) * u64::from(y)),

        O::I32x4DotI16x8S => zip(a, b, |x: i32, y: i32| {
            // The neighbours are the halves of an integer.
            let low = i32::from(x as i16) * i32::from(y as i16);
            low.wrapping_add((x >> 16) * (y >> 16))
        }),
        O::I16x8RelaxedDotI8x16I7x16S => relaxed_dot(a, b, relaxed.unsigned_dot),

        O::F32x4Add => zip(a, b, |x: f32, y| nan.result(x + y)),
        O::F32x4Sub => zip(a, b, |x: f32, y| nan.result(x - y)),
        O::F32x4Mul => zip(a, b, |x: f32, y| nan.result(x * y)),
        O::F32x4Div => zip(a, b, |x: f32, y| nan.result(x / y)),
        O::F32x4Min => zip(a, b, |x: f32, y| float::min(x, y, nan)),
        O::F32x4Max => zip(a, b, |x: f32, y| float::max(x, y, nan)),
        O::F32x4Pmin => zip(a, b, float::pmin::<f32>),
        O::F32x4Pmax => zip(a, b, float::pmax::<f32>),
        O::F32x4RelaxedMin => zip(a, b, |x: f32, y| float::relaxed_min(x, y, relaxed.min, nan)),
        O::F32x4RelaxedMax => zip(a, b, |x: f32, y| float::relaxed_max(x, y, relaxed.max, nan)),

        O::F64x2Add => zip(a, b, |x: f64, y| nan.result(x + y)),
        O::F64x2Sub => zip(a, b, |x: f64, y| nan.result(x - y)),
        O::F64x2Mul => zip(a, b, |x: f64, y| nan.result(x * y)),
        O::F64x2Div => zip(a, b, |x: f64, y| nan.result(x / y)),
        O::F64x2Min => zip(a, b, |x: f64, y| float::min(x, y, nan)),
        O::F64x2Max => zip(a, b, |x: f64, y| float::max(x, y, nan)),
        O::F64x2Pmin => zip(a, b, float::pmin::<f64>),
        O::F64x2Pmax => zip(a, b, float::pmax::<f64>),
        O::F64x2RelaxedMin => zip(a, b, |x: f64, y| float::relaxed_min(x, y, relaxed.min, nan)),
        O::F64x2RelaxedMax => zip(a, b, |x: f64, y| float::relaxed_max(x, y, relaxed.max, nan)),
        _ => return None,
    })
}

/// What a shift gives, whose count is taken modulo the width of a lane; `None` if it is none.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_runtime::numerics::simd;
/// assert_eq!(simd::shift(Opcode::I8x16Shl, V128([3; 16]), 9), Some(V128([6; 16])));
/// ```
#[inline]
pub fn shift(op: Opcode, a: V128, count: u32) -> Option<V128> {
    use Opcode as O;
    Some(match op {
        O::I8x16Shl => map(a, |x: u8| x.wrapping_shl(count)),
        O::I8x16ShrS => map(a, |x: i8| x.wrapping_shr(count)),
        O::I8x16ShrU => map(a, |x: u8| x.wrapping_shr(count)),
        O::I16x8Shl => map(a, |x: u16| x.wrapping_shl(count)),
        O::I16x8ShrS => map(a, |x: i16| x.wrapping_shr(count)),
        O::I16x8ShrU => map(a, |x: u16| x.wrapping_shr(count)),
        O::I32x4Shl => map(a, |x: u32| x.wrapping_shl(count)),
        O::I32x4ShrS => map(a, |x: i32| x.wrapping_shr(count)),
        O::I32x4ShrU => map(a, |x: u32| x.wrapping_shr(count)),
        O::I64x2Shl => map(a, |x: u64| x.wrapping_shl(count)),
        O::I64x2ShrS => map(a, |x: i64| x.wrapping_shr(count)),
        O::I64x2ShrU => map(a, |x: u64| x.wrapping_shr(count)),
        _ => return None,
    })
}

/// The lanes of `a` that `b` names; zero where an index is `beyond`.
#[inline(always)]
fn swizzle(a: V128, b: V128, beyond: impl Fn(u8) -> bool) -> V128 {
    // The zero has a place in the table, so that no lane needs a branch.
    let mut table = [0; 32];
    table[..16].copy_from_slice(&a.0);
    map(b, |i: u8| table[usize::from(if beyond(i) { 16 } else { i % 16 })])
}

/// The rounded product of two fractions of 15 bits: 32768 for two least integers, else an `i16`.
#[inline(always)]
fn q15mulr(x: i16, y: i16) -> i32 {
    (i32::from(x) * i32::from(y) + 0x4000) >> 15
}

/// Sums of products of neighbours, saturating.
#[inline(always)]
pub(super) fn relaxed_dot(a: V128, b: V128, unsigned: bool) -> V128 {
    zip_pairwise(a, b, |x: [i8; 2], y| {
        let factor = |y: i8| if unsigned { i16::from(y as u8) } else { i16::from(y) };
        let product = |i: usize| i16::from(x[i]) * factor(y[i]);
        product(0).saturating_add(product(1))
    })
}
