//! Conversions between numbers.
//!
//! Conversions from integers, and saturating conversions to integers, are `as` casts, whose results
//! Rust defines exactly: they round to nearest, ties to even; they saturate, and turn NaNs into
//! zero.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#conversions>

use crate::{Error, Nan, RelaxedTrunc};

macro_rules! trunc {
    ($( $name:ident: $float:ident => $int:ident, $low:expr, $high:literal; )*) => { $(
        /// Drops the fraction. Fails if the number does not fit, or is a NaN.
        #[inline]
        pub(crate) fn $name(x: $float) -> Result<$int, Error> {
            let above: fn(&$float) -> bool = $low;
            if above(&x) && x < $high {
                Ok(x as $int)
            } else if x.is_nan() {
                Err(Error::InvalidConversion)
            } else {
                Err(Error::IntegerOverflow)
            }
        }
    )* };
}

// The lower bound is the float that is one less than the least integer, excluded; if there is no
// such float, it is the least integer itself, included.
trunc! {
    i32_trunc_f32_s: f32 => i32, |&x| x >= -2_147_483_648.0, 2_147_483_648.0;
    i32_trunc_f32_u: f32 => u32, |&x| x > -1.0, 4_294_967_296.0;
    i32_trunc_f64_s: f64 => i32, |&x| x > -2_147_483_649.0, 2_147_483_648.0;
    i32_trunc_f64_u: f64 => u32, |&x| x > -1.0, 4_294_967_296.0;
    i64_trunc_f32_s: f32 => i64, |&x| x >= -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0;
    i64_trunc_f32_u: f32 => u64, |&x| x > -1.0, 18_446_744_073_709_551_616.0;
    i64_trunc_f64_s: f64 => i64, |&x| x >= -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0;
    i64_trunc_f64_u: f64 => u64, |&x| x > -1.0, 18_446_744_073_709_551_616.0;
}

macro_rules! relaxed_trunc {
    ($( $name:ident: $float:ident => $int:ident, $checked:ident, $indefinite:expr; )*) => { $(
        /// Drops the fraction. `choice` gives the results for NaNs and for numbers that do not fit.
        #[inline]
        pub(crate) fn $name(x: $float, choice: RelaxedTrunc) -> $int {
            match choice {
                RelaxedTrunc::Saturate => x as $int,
                RelaxedTrunc::Indefinite => $checked(x).unwrap_or($indefinite),
            }
        }
    )* };
}

relaxed_trunc! {
    i32_relaxed_trunc_f32_s: f32 => i32, i32_trunc_f32_s, i32::MIN;
    i32_relaxed_trunc_f32_u: f32 => u32, i32_trunc_f32_u, u32::MAX;
    i32_relaxed_trunc_f64_s: f64 => i32, i32_trunc_f64_s, i32::MIN;
    i32_relaxed_trunc_f64_u: f64 => u32, i32_trunc_f64_u, u32::MAX;
}

/// The difference between the numbers of payload bits of an `f64` and of an `f32`.
const PAYLOAD: u32 = 52 - 23;

/// Rounds to an `f32`. A NaN keeps its sign and the upper bits of its payload, and becomes quiet.
#[inline]
pub(crate) fn f32_demote_f64(x: f64, nan: Nan) -> f32 {
    if x.is_nan() {
        let sign = (x.to_bits() >> 32) as u32 & 1 << 31;
        let payload = (x.to_bits() >> PAYLOAD) as u32 & ((1 << 23) - 1);
        nan.result(f32::from_bits(sign | 0x7fc0_0000 | payload))
    } else {
        x as f32
    }
}

/// Converts to an `f64`. A NaN keeps its sign and its payload, and becomes quiet.
#[inline]
pub(crate) fn f64_promote_f32(x: f32, nan: Nan) -> f64 {
    if x.is_nan() {
        let sign = u64::from(x.to_bits() >> 31) << 63;
        let payload = u64::from(x.to_bits() & ((1 << 23) - 1)) << PAYLOAD;
        nan.result(f64::from_bits(sign | 0x7ff8_0000_0000_0000 | payload))
    } else {
        f64::from(x)
    }
}
