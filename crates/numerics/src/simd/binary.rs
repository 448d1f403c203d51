//! The operators on two vectors, or on a vector and a shift count, by opcode.

use core::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Sub};

use wattle_ast::{Opcode, V128};

use super::lanes::{Half, Lane, map, narrow, zip, zip_pairwise, zip_widen};
use crate::float::{self, Float};
use crate::{Nan, Profile, by_opcode};

/// The result of an instruction from two vectors to one; `None` for other instructions.
///
/// `i8x16.shuffle`, which has immediates, is [`shuffle`](super::shuffle).
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_numerics::{Profile, simd};
///
/// let (a, b) = (V128([200; 16]), V128([100; 16]));
/// let sums = simd::binary(Opcode::I8x16AddSatU, a, b, Profile::default());
/// assert_eq!(sums, Some(V128([255; 16])));
/// ```
#[inline(always)]
pub fn binary(op: Opcode, a: V128, b: V128, profile: Profile) -> Option<V128> {
    use Half::{High, Low};
    use Opcode as O;
    let Profile { nan, relaxed } = profile;
    let both = (a, b);
    let operands = (a, b, nan);
    Some(by_opcode! { op, operands;
        compare => u8 { I8x16Eq eq, I8x16Ne ne, I8x16LtU lt, I8x16GtU gt, I8x16LeU le, I8x16GeU ge }
        compare => i8 { I8x16LtS lt, I8x16GtS gt, I8x16LeS le, I8x16GeS ge }
        compare => u16 { I16x8Eq eq, I16x8Ne ne, I16x8LtU lt, I16x8GtU gt, I16x8LeU le, I16x8GeU ge }
        compare => i16 { I16x8LtS lt, I16x8GtS gt, I16x8LeS le, I16x8GeS ge }
        compare => u32 { I32x4Eq eq, I32x4Ne ne, I32x4LtU lt, I32x4GtU gt, I32x4LeU le, I32x4GeU ge }
        compare => i32 { I32x4LtS lt, I32x4GtS gt, I32x4LeS le, I32x4GeS ge }
        compare => u64 { I64x2Eq eq, I64x2Ne ne }
        compare => i64 { I64x2LtS lt, I64x2GtS gt, I64x2LeS le, I64x2GeS ge }
        compare => f32 { F32x4Eq eq, F32x4Ne ne, F32x4Lt lt, F32x4Gt gt, F32x4Le le, F32x4Ge ge }
        compare => f64 { F64x2Eq eq, F64x2Ne ne, F64x2Lt lt, F64x2Gt gt, F64x2Le le, F64x2Ge ge }
        lanes => u8 {
            I8x16Add wrapping_add, I8x16Sub wrapping_sub, I8x16MinU min, I8x16MaxU max,
            I8x16AddSatU saturating_add, I8x16SubSatU saturating_sub
        }
        lanes => i8 { I8x16SubSatS saturating_sub, I8x16MinS min, I8x16MaxS max }
        lanes => u16 {
            I16x8Add wrapping_add, I16x8Sub wrapping_sub, I16x8Mul wrapping_mul, I16x8MinU min,
            I16x8MaxU max, I16x8AddSatU saturating_add, I16x8SubSatU saturating_sub
        }
        lanes => i16 {
            I16x8AddSatS saturating_add, I16x8SubSatS saturating_sub, I16x8MinS min, I16x8MaxS max
        }
        lanes => u32 {
            I32x4Add wrapping_add, I32x4Sub wrapping_sub, I32x4Mul wrapping_mul, I32x4MinU min,
            I32x4MaxU max
        }
        lanes => i32 { I32x4MinS min, I32x4MaxS max }
        lanes => u64 { I64x2Add wrapping_add, I64x2Sub wrapping_sub, I64x2Mul wrapping_mul }
        lanes => u64 { V128And bitand, V128Or bitor, V128Xor bitxor }
        rounded => f32 { F32x4Add add, F32x4Sub sub, F32x4Mul mul, F32x4Div div }
        rounded => f64 { F64x2Add add, F64x2Sub sub, F64x2Mul mul, F64x2Div div }
        floats::<f32> => float { F32x4Min min, F32x4Max max }
        floats::<f64> => float { F64x2Min min, F64x2Max max }
        lanes::<f32> => float { F32x4Pmin pmin, F32x4Pmax pmax }
        lanes::<f64> => float { F64x2Pmin pmin, F64x2Pmax pmax }
        {
            O::I8x16Swizzle => swizzle(a, b, |i| i >= fault!(SwizzleBeyond, 255, 16)),
            O::I8x16RelaxedSwizzle => {
                let end = if relaxed.modulo_swizzle { 128 } else { 16 };
                swizzle(a, b, |i| i >= end)
            }
            O::V128Andnot => zip(both, |x: u64, y| x & !y),
            O::I8x16NarrowI16x8S => narrow(a, b, |x: i16| x.clamp(-0x80, 0x7f) as i8),
            O::I8x16NarrowI16x8U => narrow(a, b, |x: i16| x.clamp(0, 0xff) as u8),
            O::I16x8NarrowI32x4S => narrow(a, b, |x: i32| x.clamp(-0x8000, 0x7fff) as i16),
            O::I16x8NarrowI32x4U => {
                let limit = fault!(NarrowLimit, 0x7fff, 0xffff);
                narrow(a, b, |x: i32| x.clamp(0, limit) as u16)
            }
            O::I8x16AddSatS => {
                fault!(SaturatingAddWraps, zip(both, i8::wrapping_add), zip(both, i8::saturating_add))
            }
            O::I8x16AvgrU => zip(both, |x: u8, y| (u16::from(x) + u16::from(y)).div_ceil(2) as u8),
            O::I16x8AvgrU => zip(both, |x: u16, y| (u32::from(x) + u32::from(y)).div_ceil(2) as u16),
            O::I16x8Q15mulrSatS => zip(both, |x, y| q15mulr(x, y).min(0x7fff) as i16),
            O::I16x8RelaxedQ15mulrS => zip(both, |x, y| {
                let limit = if relaxed.wrapping_q15mulr { 0x8000 } else { 0x7fff };
                q15mulr(x, y).min(limit) as i16
            }),
            O::I16x8ExtmulLowI8x16S => extmul::<i8, i16>(Low, both),
            O::I16x8ExtmulHighI8x16S => extmul::<i8, i16>(High, both),
            O::I16x8ExtmulLowI8x16U => extmul::<u8, u16>(Low, both),
            O::I16x8ExtmulHighI8x16U => extmul::<u8, u16>(High, both),
            O::I32x4ExtmulLowI16x8S => extmul::<i16, i32>(Low, both),
            O::I32x4ExtmulHighI16x8S => {
                let half = fault!(ExtmulHalf, Low, High);
                extmul::<i16, i32>(half, both)
            }
            O::I32x4ExtmulLowI16x8U => extmul::<u16, u32>(Low, both),
            O::I32x4ExtmulHighI16x8U => extmul::<u16, u32>(High, both),
            O::I64x2ExtmulLowI32x4S => extmul::<i32, i64>(Low, both),
            O::I64x2ExtmulHighI32x4S => extmul::<i32, i64>(High, both),
            O::I64x2ExtmulLowI32x4U => extmul::<u32, u64>(Low, both),
            O::I64x2ExtmulHighI32x4U => extmul::<u32, u64>(High, both),
            O::I32x4DotI16x8S => zip(both, |x: i32, y: i32| {
                // The two lanes are the halves of a 32-bit integer.
                let low = i32::from(x as i16) * i32::from(y as i16);
                low.wrapping_add((x >> 16) * (y >> 16))
            }),
            O::I16x8RelaxedDotI8x16I7x16S => relaxed_dot(a, b, relaxed.unsigned_dot),
            O::F32x4RelaxedMin => zip(both, |x: f32, y| float::relaxed_min(x, y, relaxed.min, nan)),
            O::F32x4RelaxedMax => zip(both, |x: f32, y| float::relaxed_max(x, y, relaxed.max, nan)),
            O::F64x2RelaxedMin => zip(both, |x: f64, y| float::relaxed_min(x, y, relaxed.min, nan)),
            O::F64x2RelaxedMax => zip(both, |x: f64, y| float::relaxed_max(x, y, relaxed.max, nan)),
            _ => return None,
        }
    })
}

/// Two vectors, and the choice of NaN.
type Operands = (V128, V128, Nan);

#[inline(always)]
fn lanes<A: Lane>((a, b, _): Operands, f: impl Fn(A, A) -> A) -> V128 {
    zip((a, b), f)
}

/// Compares lanes. A lane of the result has all bits set if the predicate holds, and no bits
/// otherwise.
#[inline(always)]
fn compare<A: Lane>((a, b, _): Operands, f: impl Fn(&A, &A) -> bool) -> V128 {
    zip((a, b), |x: A, y: A| A::mask(f(&x, &y)))
}

#[inline(always)]
fn floats<F: Lane>((a, b, nan): Operands, f: impl Fn(F, F, Nan) -> F) -> V128 {
    zip((a, b), |x, y| f(x, y, nan))
}

/// Applies a float operator of the processor. The profile determines its NaNs.
#[inline(always)]
fn rounded<F: Lane + Float>((a, b, nan): Operands, f: impl Fn(F, F) -> F) -> V128 {
    zip((a, b), |x, y| nan.result(f(x, y)))
}

/// The result of a shift, whose count is taken modulo the width of a lane; `None` for other
/// instructions.
///
/// ```
/// use wattle_ast::{Opcode, V128};
/// use wattle_numerics::simd;
///
/// assert_eq!(simd::shift(Opcode::I8x16Shl, V128([3; 16]), 9), Some(V128([6; 16])));
/// ```
#[inline(always)]
pub fn shift(op: Opcode, a: V128, count: u32) -> Option<V128> {
    let both = (a, count);
    Some(by_opcode! { op, both;
        shifted => u8 { I8x16Shl wrapping_shl, I8x16ShrU wrapping_shr }
        shifted => i8 { I8x16ShrS wrapping_shr }
        shifted => u16 { I16x8Shl wrapping_shl, I16x8ShrU wrapping_shr }
        shifted => i16 { I16x8ShrS wrapping_shr }
        shifted => u32 { I32x4Shl wrapping_shl, I32x4ShrU wrapping_shr }
        shifted => i32 { I32x4ShrS wrapping_shr }
        shifted => u64 { I64x2Shl wrapping_shl, I64x2ShrU wrapping_shr }
        shifted => i64 { I64x2ShrS wrapping_shr }
        { _ => return None }
    })
}

#[inline(always)]
fn shifted<A: Lane>((a, count): (V128, u32), f: impl Fn(A, u32) -> A) -> V128 {
    map(a, |x| f(x, count))
}

/// The products of half of the lanes, in lanes of twice the width.
#[inline(always)]
fn extmul<A: Lane + Into<R>, R: Lane + Mul<Output = R>>(half: Half, (a, b): (V128, V128)) -> V128 {
    zip_widen(half, a, b, |x: A, y: A| x.into() * y.into())
}

/// The lanes of `a` that `b` selects; zero for an index that is `beyond`.
#[inline(always)]
fn swizzle(a: V128, b: V128, beyond: impl Fn(u8) -> bool) -> V128 {
    // The table contains the zero, so that no lane needs a branch.
    let mut table = [0; 32];
    table[..16].copy_from_slice(&a.0);
    map(b, |i: u8| table[usize::from(if beyond(i) { 16 } else { i % 16 })])
}

/// The rounded product of two fractions of 15 bits. It fits an `i16`, except for the product of two
/// least integers, which is 32768.
#[inline(always)]
fn q15mulr(x: i16, y: i16) -> i32 {
    (i32::from(x) * i32::from(y) + 0x4000) >> 15
}

/// Sums of the products of neighbouring lanes, saturating.
#[inline(always)]
pub(super) fn relaxed_dot(a: V128, b: V128, unsigned: bool) -> V128 {
    zip_pairwise(a, b, |x: [i8; 2], y| {
        let factor = |y: i8| if unsigned { i16::from(y as u8) } else { i16::from(y) };
        let product = |i: usize| i16::from(x[i]) * factor(y[i]);
        product(0).saturating_add(product(1))
    })
}
