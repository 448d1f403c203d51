//! Integer operators that trap, or that the standard library lacks.
//!
//! The rest are methods of the primitive types, as the arms of the dispatch name them.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations>

use crate::trap::Trap;

macro_rules! division {
    ($signed:ident $unsigned:ident: $div_s:ident $div_u:ident $rem_s:ident $rem_u:ident) => {
        /// Signed division, rounding towards zero.
        ///
        /// # Errors
        /// [`Trap::DivideByZero`]; [`Trap::IntegerOverflow`] for the least integer by -1.
        #[inline]
        pub fn $div_s(a: $signed, b: $signed) -> Result<$signed, Trap> {
            if b == 0 {
                return Err(Trap::DivideByZero);
            }
            a.checked_div(b).ok_or(Trap::IntegerOverflow)
        }

        /// Unsigned division.
        ///
        /// # Errors
        /// [`Trap::DivideByZero`].
        #[inline]
        pub fn $div_u(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            a.checked_div(b).ok_or(Trap::DivideByZero)
        }

        /// Signed remainder, with the sign of the dividend. The least integer by -1 leaves 0.
        ///
        /// # Errors
        /// [`Trap::DivideByZero`].
        #[inline]
        pub fn $rem_s(a: $signed, b: $signed) -> Result<$signed, Trap> {
            if b == 0 {
                return Err(Trap::DivideByZero);
            }
            Ok(a.wrapping_rem(b))
        }

        /// Unsigned remainder.
        ///
        /// # Errors
        /// [`Trap::DivideByZero`].
        #[inline]
        pub fn $rem_u(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            a.checked_rem(b).ok_or(Trap::DivideByZero)
        }
    };
}

division!(i32 u32: i32_div_s i32_div_u i32_rem_s i32_rem_u);
division!(i64 u64: i64_div_s i64_div_u i64_rem_s i64_rem_u);

/// A count of bits to shift or rotate by, modulo 64.
#[inline(always)]
const fn count(b: u64) -> u32 {
    (b % 64) as u32
}

/// Shift to the left, by the count modulo 64.
#[inline]
pub fn i64_shl(a: u64, b: u64) -> u64 {
    a << fault!(ShiftMask, count(b) % 32, count(b))
}

/// Signed shift to the right, by the count modulo 64.
#[inline]
pub fn i64_shr_s(a: i64, b: u64) -> i64 {
    a >> count(b)
}

/// Unsigned shift to the right, by the count modulo 64.
#[inline]
pub fn i64_shr_u(a: u64, b: u64) -> u64 {
    a >> count(b)
}

/// Rotation to the left, by the count modulo 32.
#[inline]
pub fn i32_rotl(a: u32, b: u32) -> u32 {
    a.rotate_left(b % 32)
}

/// Rotation to the right, by the count modulo 32.
#[inline]
pub fn i32_rotr(a: u32, b: u32) -> u32 {
    a.rotate_right(b % 32)
}

/// Rotation to the left, by the count modulo 64.
#[inline]
pub fn i64_rotl(a: u64, b: u64) -> u64 {
    a.rotate_left(count(b))
}

/// Rotation to the right, by the count modulo 64.
#[inline]
pub fn i64_rotr(a: u64, b: u64) -> u64 {
    a.rotate_right(count(b))
}

#[inline(always)]
const fn join(low: u64, high: u64) -> u128 {
    (high as u128) << 64 | low as u128
}

#[inline(always)]
const fn split(value: u128) -> (u64, u64) {
    (value as u64, (value >> 64) as u64)
}

/// Addition of 128-bit integers, each as its low and its high half.
///
/// ```
/// use wattle_runtime::numerics::int::i64_add128;
/// assert_eq!(i64_add128((u64::MAX, 0), (1, 0)), (0, 1));
/// ```
///
/// Spec: <https://github.com/WebAssembly/wide-arithmetic/blob/main/proposals/wide-arithmetic/Overview.md>
#[inline]
pub fn i64_add128(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    let sum = split(join(a.0, a.1).wrapping_add(join(b.0, b.1)));
    fault!(WideCarry, (sum.0, a.1.wrapping_add(b.1)), sum)
}

/// Subtraction of 128-bit integers, each as its low and its high half.
#[inline]
pub fn i64_sub128(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    split(join(a.0, a.1).wrapping_sub(join(b.0, b.1)))
}

/// Signed multiplication to 128 bits: the low half and the high half.
#[inline]
pub fn i64_mul_wide_s(a: i64, b: i64) -> (u64, u64) {
    let product = (i128::from(a) * i128::from(b)) as u128;
    fault!(WideMultiplySign, i64_mul_wide_u(a as u64, b as u64), split(product))
}

/// Unsigned multiplication to 128 bits: the low half and the high half.
#[inline]
pub fn i64_mul_wide_u(a: u64, b: u64) -> (u64, u64) {
    split(u128::from(a) * u128::from(b))
}
