//! Float operators: rounding to integers, minimum and maximum, and the bits of NaNs.
//!
//! `+`, `-`, `*` and `/` are those of the processor, which round as IEEE 754 demands; they are in
//! `scalar.rs` and `simd/`. Nothing here depends on the mathematical functions of the standard
//! library, so results are identical with and without it.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations>

use core::ops::{Add, Div, Mul, Neg, Sub};

use crate::{Nan, RelaxedMinMax, exact};

/// The common interface of `f32` and `f64`.
pub(crate) trait Float:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The positive NaN with only the top bit of its payload set.
    const CANONICAL_NAN: Self;
    /// The canonical NaN with the sign bit set.
    const NEGATIVE_NAN: Self;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The least power of two such that every float from it on is an integer.
    const INTEGRAL: Self;

    /// Whether the number is a NaN.
    fn is_nan(self) -> bool;
    /// The magnitude; NaNs keep their payload.
    fn abs(self) -> Self;
    /// The magnitude with the sign of another number; NaNs keep their payload.
    fn copysign(self, sign: Self) -> Self;
    /// The NaN with the top bit of its payload set.
    fn quiet(self) -> Self;
    /// The bits of both numbers, joined by *or*.
    fn or(self, other: Self) -> Self;
    /// The bits of both numbers, joined by *and*.
    fn and(self, other: Self) -> Self;
    /// The square root, rounded to nearest; a NaN for numbers below zero.
    fn sqrt(self) -> Self;
    /// `self * factor + addend`, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
}

macro_rules! float {
    ($float:ident $bits:ident $mantissa:literal) => {
        impl Float for $float {
            const CANONICAL_NAN: Self =
                <$float>::from_bits(<$float>::INFINITY.to_bits() | 1 << ($mantissa - 1));
            const NEGATIVE_NAN: Self =
                <$float>::from_bits(<$float>::NEG_INFINITY.to_bits() | 1 << ($mantissa - 1));
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INTEGRAL: Self = ((1 as $bits) << $mantissa) as $float;

            #[inline(always)]
            fn is_nan(self) -> bool {
                self != self
            }

            #[inline(always)]
            fn abs(self) -> Self {
                <$float>::from_bits(self.to_bits() & ($bits::MAX >> 1))
            }

            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                let mask = $bits::MAX >> 1;
                <$float>::from_bits(self.to_bits() & mask | sign.to_bits() & !mask)
            }

            #[inline(always)]
            fn quiet(self) -> Self {
                <$float>::from_bits(self.to_bits() | 1 << ($mantissa - 1))
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                <$float>::from_bits(self.to_bits() | other.to_bits())
            }

            #[inline(always)]
            fn and(self, other: Self) -> Self {
                <$float>::from_bits(self.to_bits() & other.to_bits())
            }

            // With the standard library, this is one processor instruction. Both versions round
            // exactly.
            #[cfg(feature = "std")]
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
            }

            #[cfg(not(feature = "std"))]
            #[inline]
            fn sqrt(self) -> Self {
                crate::root::$float(self)
            }

            #[inline]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                exact::$float::mul_add(self, factor, addend)
            }
        }
    };
}

float!(f32 u32 23);
float!(f64 u64 52);

/// Rounds a magnitude below [`Float::INTEGRAL`] with `round`, and keeps the sign. Greater numbers
/// are already integers, and NaNs become quiet.
#[inline(always)]
fn round<F: Float>(x: F, nan: Nan, round: impl Fn(F) -> F) -> F {
    // Adding the bias pushes the fraction out; the processor rounds it to nearest, ties to even.
    let bias = F::INTEGRAL.copysign(x);
    let near = round((x + bias) - bias).copysign(x);
    let rounded = if x.abs() < F::INTEGRAL { near } else { x };
    nan.result(if x.is_nan() { x.quiet() } else { rounded })
}

/// The nearest integer, and the even one of two that are equally near.
#[inline]
pub(crate) fn nearest<F: Float>(x: F, nan: Nan) -> F {
    round(x, nan, |near| near)
}

/// The least integer that is not less than `x`.
#[inline]
pub(crate) fn ceil<F: Float>(x: F, nan: Nan) -> F {
    round(x, nan, |near| if near < x { near + F::ONE } else { near })
}

/// The greatest integer that is not greater than `x`.
#[inline]
pub(crate) fn floor<F: Float>(x: F, nan: Nan) -> F {
    round(x, nan, |near| if near > x { near - F::ONE } else { near })
}

/// The integer without the fraction.
#[inline]
pub(crate) fn trunc<F: Float>(x: F, nan: Nan) -> F {
    round(x, nan, |near| if near.abs() > x.abs() { near.abs() - F::ONE } else { near })
}

/// The square root, rounded to nearest; a NaN for numbers below zero.
#[inline]
pub(crate) fn sqrt<F: Float>(x: F, nan: Nan) -> F {
    nan.result(x.sqrt())
}

/// The result of `min` or `max`: `number` for two different numbers, `zero` for two equal numbers,
/// and otherwise a NaN.
#[inline(always)]
fn choose<F: Float>(a: F, b: F, number: F, zero: F, nan: Nan) -> F {
    let ordered = if a == b { zero } else { number };
    let right = if b.is_nan() { b.quiet() } else { ordered };
    nan.result(if a.is_nan() { a.quiet() } else { right })
}

/// The lesser number, or a NaN if an operand is a NaN; -0 is less than +0.
#[inline]
pub(crate) fn min<F: Float>(a: F, b: F, nan: Nan) -> F {
    choose(a, b, pmin(a, b), fault!(MinOfZeros, a.and(b), a.or(b)), nan)
}

/// The greater number, or a NaN if an operand is a NaN; +0 is greater than -0.
#[inline]
pub(crate) fn max<F: Float>(a: F, b: F, nan: Nan) -> F {
    choose(a, b, pmax(a, b), a.and(b), nan)
}

/// The second operand if it is less than the first, otherwise the first, unchanged.
#[inline]
pub(crate) fn pmin<F: Float>(a: F, b: F) -> F {
    if b < a { b } else { a }
}

/// The second operand if it is greater than the first, otherwise the first, unchanged.
#[inline]
pub(crate) fn pmax<F: Float>(a: F, b: F) -> F {
    if a < b { b } else { a }
}

/// `min` or `max`, where `choice` gives the results for NaNs and for zeros of opposite signs.
#[inline(always)]
fn relaxed<F: Float>(a: F, b: F, choice: RelaxedMinMax, strict: impl Fn(F, F) -> F) -> F {
    let special = a.is_nan() || b.is_nan() || (a == F::ZERO && b == F::ZERO);
    match choice {
        RelaxedMinMax::First if special => a,
        RelaxedMinMax::Second if special => b,
        RelaxedMinMax::Number if a.is_nan() => b,
        RelaxedMinMax::Number if b.is_nan() => a,
        _ => strict(a, b),
    }
}

/// [`min`], with the choices of `relaxed_min`.
#[inline]
pub(crate) fn relaxed_min<F: Float>(a: F, b: F, choice: RelaxedMinMax, nan: Nan) -> F {
    relaxed(a, b, choice, |a, b| min(a, b, nan))
}

/// [`max`], with the choices of `relaxed_max`.
#[inline]
pub(crate) fn relaxed_max<F: Float>(a: F, b: F, choice: RelaxedMinMax, nan: Nan) -> F {
    relaxed(a, b, choice, |a, b| max(a, b, nan))
}

/// `a * b + c`, rounded once if `fused`, otherwise twice.
#[inline]
pub(crate) fn madd<F: Float>(a: F, b: F, c: F, fused: bool, nan: Nan) -> F {
    nan.result(if fused { a.mul_add(b, c) } else { a * b + c })
}
