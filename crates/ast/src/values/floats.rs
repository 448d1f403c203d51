//! Floats and vectors as bit patterns: equality and hashing are bitwise, and NaN payloads are kept.

use alloc::vec::Vec;
use core::fmt;

use super::fields;
use crate::{Decode, Encode, Malformed, Reader};

macro_rules! float {
    ($(#[$doc:meta])* $name:ident $float:ty, $bits:ty, $size:literal, $nan:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(pub $bits);

        impl $name {
            /// The positive canonical NaN: the only one that values of components have.
            pub const CANONICAL_NAN: $name = $name($nan);

            /// The bits of a native float.
            pub const fn from_float(value: $float) -> Self {
                $name(value.to_bits())
            }

            /// The native float with these bits.
            pub const fn to_float(self) -> $float {
                <$float>::from_bits(self.0)
            }
        }

        impl From<$float> for $name {
            fn from(value: $float) -> Self {
                $name::from_float(value)
            }
        }

        /// Shows the number as in the text format, NaN payloads included.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value = self.to_float();
                if !value.is_nan() {
                    return write!(f, "{value:?}");
                }
                let quiet: $bits = 1 << (<$float>::MANTISSA_DIGITS - 2);
                let payload = self.0 & (2 * quiet - 1);
                f.write_str(if value.is_sign_negative() { "-nan" } else { "nan" })?;
                if payload == quiet { Ok(()) } else { write!(f, ":{payload:#x}") }
            }
        }

        impl<'a> Decode<'a> for $name {
            #[inline]
            fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                Ok($name(<$bits>::from_le_bytes(reader.array::<$size>()?)))
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_le_bytes());
            }
        }
    };
}

float!(
    /// An `f32` as its bits.
    ///
    /// ```
    /// use wattle_ast::F32;
    /// assert_eq!(F32::from(1.0), F32(0x3f80_0000));
    /// ```
    F32 f32, u32, 4, 0x7fc0_0000
);
float!(
    /// An `f64` as its bits.
    ///
    /// ```
    /// use wattle_ast::F64;
    /// assert_eq!(F64::from(-0.0), F64(1 << 63));
    /// assert_eq!(format!("{:?}", F64(0x7ff8 << 48)), "nan");
    /// assert_eq!(format!("{:?}", F64(0xfff0 << 48 | 1)), "-nan:0x1");
    /// ```
    F64 f64, u64, 8, 0x7ff8_0000_0000_0000
);

/// A `v128` as its sixteen bytes in memory order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct V128(pub [u8; 16]);

fields! { V128 { 0 } }
