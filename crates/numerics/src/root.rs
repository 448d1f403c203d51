//! The square root in integer arithmetic, for builds without the standard library.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#op-fsqrt>

use super::exact::{self, Magnitude};

macro_rules! roots {
    ($( $float:ident by $square:ident; )*) => { $(
        /// The square root, rounded to nearest; a NaN for numbers below zero.
        pub(crate) fn $float(x: $float) -> $float {
            if x == 0.0 || x.is_nan() || x == $float::INFINITY {
                return x + x;
            }
            if x < 0.0 {
                return $float::NAN;
            }
            // Two more bits than the result has, and an even exponent.
            const TOP: u32 = 2 * exact::$float::MANTISSA + 5;
            let Magnitude { significand, exponent } = exact::$float::unpack(x).normalised(TOP);
            let parity = exponent & 1;
            let square = (significand >> parity) as $square;
            let root = square.isqrt();
            let inexact = root * root != square;
            let significand = u128::from(root) | u128::from(inexact);
            let exponent = (exponent + parity) / 2;
            exact::$float::pack(false, Magnitude { significand, exponent })
        }
    )* };
}

roots! {
    f32 by u64;
    f64 by u128;
}
