//! Floats as integers, and their fused multiply-add, exactly rounded on any machine.
//!
//! The standard library may use the multiply-add of a C library, and `core` has neither
//! multiply-add nor square root.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#rounding>

/// A finite magnitude: `significand * 2^exponent`.
#[derive(Clone, Copy)]
pub(crate) struct Magnitude {
    pub(crate) significand: u128,
    pub(crate) exponent: i32,
}

impl Magnitude {
    /// Shifts a significand that is not zero so that its top bit is bit `top`.
    pub(crate) fn normalised(self, top: u32) -> Magnitude {
        let shift = self.significand.leading_zeros().saturating_sub(127 - top);
        Magnitude { significand: self.significand << shift, exponent: self.exponent - shift as i32 }
    }

    /// Divides the significand by `2^shift`. A remainder sets the lowest bit, so that later
    /// rounding finds the value on the right side of every boundary.
    fn jammed(self, shift: u32) -> Magnitude {
        let significand = match self.significand.checked_shr(shift) {
            Some(kept) => kept | u128::from(kept << shift != self.significand),
            None => u128::from(self.significand != 0),
        };
        Magnitude { significand, exponent: self.exponent.saturating_add_unsigned(shift) }
    }

    /// Adds two magnitudes with signs. An exact zero is positive.
    ///
    /// Both have at least 20 zero bits below the top, which is at bit 126. So the lowest bit is
    /// free to stand for a remainder when the difference of the exponents shifts bits out, and
    /// cancellation cannot move that bit up to the bits that determine the rounding.
    fn add(a: (bool, Magnitude), b: (bool, Magnitude)) -> (bool, Magnitude) {
        let (great, small) = if a.1.exponent >= b.1.exponent { (a, b) } else { (b, a) };
        let exponent = great.1.exponent;
        let small = (small.0, small.1.jammed(exponent.abs_diff(small.1.exponent)));
        let (x, y) = (great.1.significand, small.1.significand);
        let (negative, significand) = if great.0 == small.0 {
            (great.0, x + y)
        } else if x == y {
            (false, 0)
        } else if x > y {
            (great.0, x - y)
        } else {
            (small.0, y - x)
        };
        (negative, Magnitude { significand, exponent })
    }
}

macro_rules! exact {
    ($float:ident $bits:ident, mantissa: $mantissa:literal, bias: $bias:literal) => {
        pub(super) mod $float {
            use super::Magnitude;

            pub(crate) const MANTISSA: u32 = $mantissa;
            const BIAS: i32 = $bias;
            const HIDDEN: $bits = 1 << MANTISSA;
            const INFINITY: $bits = $float::INFINITY.to_bits();
            const SIGN: $bits = 1 << ($bits::BITS - 1);

            /// The magnitude of a finite float.
            pub(crate) fn unpack(x: $float) -> Magnitude {
                let bits = x.to_bits() & !SIGN;
                let fraction = bits & (HIDDEN - 1);
                let biased = (bits >> MANTISSA) as i32;
                let significand = if biased == 0 { fraction } else { fraction | HIDDEN };
                Magnitude {
                    significand: significand.into(),
                    exponent: biased.max(1) - BIAS - MANTISSA as i32,
                }
            }

            /// Rounds to the nearest float, ties to even.
            pub(crate) fn pack(negative: bool, magnitude: Magnitude) -> $float {
                let sign = if negative { SIGN } else { 0 };
                if magnitude.significand == 0 {
                    return $float::from_bits(sign);
                }
                let Magnitude { significand, exponent } = magnitude.normalised(127);
                // The value lies in [2^power, 2^(power+1)).
                let power = exponent + 127;
                if power > BIAS {
                    return $float::from_bits(sign | INFINITY);
                }
                let biased = (power + BIAS).max(1);
                let drop = 127 - MANTISSA + (biased - BIAS - power) as u32;
                let (kept, rest, half) = match drop {
                    0..128 => (significand >> drop, significand << (128 - drop), 1 << 127),
                    128 => (0, significand, 1 << 127),
                    _ => (0, 0, 1),
                };
                let up = rest > half || rest == half && kept & 1 == 1;
                // The hidden bit, if there is one, adds one to the exponent, and so can rounding.
                let bits = ((biased - 1) as $bits) << MANTISSA;
                $float::from_bits(sign | (bits + kept as $bits + $bits::from(up)))
            }

            /// `a * b + c`, rounded once.
            pub(crate) fn mul_add(a: $float, b: $float, c: $float) -> $float {
                let product = a * b;
                if !a.is_finite() || !b.is_finite() || a == 0.0 || b == 0.0 {
                    // The product is exact.
                    return product + c;
                }
                if !c.is_finite() {
                    return c + c;
                }
                if c == 0.0 {
                    // The product may round to a zero, which keeps its sign.
                    return product;
                }
                let negative = a.is_sign_negative() != b.is_sign_negative();
                let (x, y) = (unpack(a), unpack(b));
                let product = Magnitude {
                    significand: x.significand * y.significand,
                    exponent: x.exponent + y.exponent,
                };
                let (negative, sum) = Magnitude::add(
                    (negative, product.normalised(126)),
                    (c.is_sign_negative(), unpack(c).normalised(126)),
                );
                pack(negative, sum)
            }
        }
    };
}

exact!(f32 u32, mantissa: 23, bias: 127);
exact!(f64 u64, mantissa: 52, bias: 1023);
