//! Numbers of the text format, read exactly and without allocation.
//!
//! Each function takes a whole token, as the lexer returns it. The patterns `nan:canonical` and
//! `nan:arithmetic` of test scripts are not read here.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/values.html>
//!
//! ```
//! use wattle_ast::{F32, F64};
//! use wattle_syntax::numbers::{self, NumberError};
//!
//! assert_eq!(numbers::i32("0xffff_ffff"), Ok(-1));
//! assert_eq!(numbers::u8("256"), Err(NumberError::OutOfRange));
//! assert_eq!(numbers::f64("1_000.5"), Ok(F64::from(1000.5)));
//! assert_eq!(numbers::f32("0x1.8p-1"), Ok(F32::from(0.75)));
//! assert_eq!(numbers::f32("nan:0x1"), Ok(F32(0x7f80_0001)));
//! assert_eq!(numbers::i64("1__0"), Err(NumberError::Malformed));
//! ```

use core::fmt;

use wattle_ast::{F32, F64};

/// The reason why a token is not a number of the expected type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NumberError {
    /// The token is not written like a number: a stray character, a missing digit, or an underscore
    /// that is not between two digits.
    Malformed,
    /// The number is too large: an integer that does not fit, a float that rounds to infinity, or a
    /// NaN payload that is zero or has too many bits.
    OutOfRange,
}
use NumberError::{Malformed, OutOfRange};

impl NumberError {
    /// The phrase of the official test suite.
    pub const fn phrase(self) -> &'static str {
        match self {
            Malformed => "unknown operator",
            OutOfRange => "constant out of range",
        }
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

impl core::error::Error for NumberError {}

macro_rules! signed {
    ($( $name:ident $unsigned:ident; )*) => { $(
        #[doc = concat!(
            "Reads an integer into an `", stringify!($name), "`. With a sign it must fit; without \
             one it may use the whole range of the unsigned type, and wraps.\n\n\
             # Errors\n[`NumberError`]."
        )]
        #[inline]
        pub fn $name(text: impl AsRef<[u8]>) -> Result<$name, NumberError> {
            let (sign, digits) = split_sign(text.as_ref());
            let value = magnitude(digits)?;
            let max = match sign {
                Sign::None => u64::from($unsigned::MAX),
                Sign::Plus => $name::MAX as u64,
                Sign::Minus => $name::MAX as u64 + 1,
            };
            match value <= max {
                true if sign == Sign::Minus => Ok((value as $name).wrapping_neg()),
                true => Ok(value as $name),
                false => Err(OutOfRange),
            }
        }
    )* };
}

macro_rules! unsigned {
    ($( $name:ident; )*) => { $(
        #[doc = concat!(
            "Reads a natural number that fits in a `", stringify!($name), "`. It has no sign.\n\n\
             # Errors\n[`NumberError`]."
        )]
        #[inline]
        pub fn $name(text: impl AsRef<[u8]>) -> Result<$name, NumberError> {
            magnitude(text.as_ref())?.try_into().map_err(|_| OutOfRange)
        }
    )* };
}

macro_rules! float {
    ($( $name:ident $result:ident $bits:ident $fraction:literal $bias:literal; )*) => { $(
        #[doc = concat!(
            "Reads an `", stringify!($name), "`: decimal or hexadecimal, `inf`, `nan`, or `nan:0x` \
             and a payload. The result is the nearest float, and the even one of two.\n\n\
             # Errors\n[`NumberError`]."
        )]
        pub fn $name(text: impl AsRef<[u8]>) -> Result<$result, NumberError> {
            let (sign, rest) = split_sign(text.as_ref());
            let format = Format { fraction: $fraction, bias: $bias };
            let bits = match rest {
                b"inf" => format.infinity(),
                b"nan" => format.infinity() | 1 << ($fraction - 1),
                [b'n', b'a', b'n', b':', b'0', b'x', payload @ ..] => {
                    let payload = digits::<16>(payload)?;
                    if payload == 0 || payload >= 1 << $fraction {
                        return Err(OutOfRange);
                    }
                    format.infinity() | payload
                }
                [b'0', b'x', hex @ ..] => format.hex(hex)?,
                decimal => {
                    let value: $name = match magnitude(decimal) {
                        // Both float types are converted with a single rounding.
                        Ok(value) => value as $name,
                        Err(_) => {
                            let mut buffer = [0; BUFFER];
                            normalize(decimal, &mut buffer)?.parse().map_err(|_| Malformed)?
                        }
                    };
                    if value == $name::INFINITY {
                        return Err(OutOfRange);
                    }
                    u64::from(value.to_bits())
                }
            };
            let sign = $bits::from(sign == Sign::Minus) << ($bits::BITS - 1);
            Ok($result(bits as $bits | sign))
        }
    )* };
}

signed! { i8 u8; i16 u16; i32 u32; i64 u64; }
unsigned! { u8; u16; u32; u64; }
float! { f32 F32 u32 23 127; f64 F64 u64 52 1023; }

/// Whether a word has the form of a number, of any type and any size.
///
/// ```
/// use wattle_syntax::numbers::is_number;
/// assert!(is_number("0x1p3") && is_number("nan:0x1") && is_number("99999999999999999999"));
/// assert!(!is_number("0x") && !is_number("1__0"));
/// ```
pub fn is_number(word: impl AsRef<[u8]>) -> bool {
    let word = word.as_ref();
    i64(word) != Err(Malformed) || f64(word) != Err(Malformed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Plus,
    Minus,
}

#[inline]
fn split_sign(text: &[u8]) -> (Sign, &[u8]) {
    match text {
        [b'+', rest @ ..] => (Sign::Plus, rest),
        [b'-', rest @ ..] => (Sign::Minus, rest),
        _ => (Sign::None, text),
    }
}

/// Reads a natural number, decimal or with `0x`.
#[inline]
fn magnitude(text: &[u8]) -> Result<u64, NumberError> {
    // Most numbers have few decimal digits. Up to nine digits cannot overflow, so there is no
    // check.
    if let 1..=9 = text.len() {
        let mut value = 0u32;
        let mut all_digits = true;
        for &byte in text {
            let digit = byte.wrapping_sub(b'0');
            all_digits &= digit < 10;
            value = value.wrapping_mul(10).wrapping_add(u32::from(digit));
        }
        if all_digits {
            return Ok(u64::from(value));
        }
    }
    match text {
        [b'0', b'x', hex @ ..] => digits::<16>(hex),
        decimal => digits::<10>(decimal),
    }
}

/// The value of a digit. Any other byte gives a value that is not below the radix.
#[inline]
fn digit<const RADIX: u8>(byte: u8) -> u8 {
    let decimal = byte.wrapping_sub(b'0');
    if RADIX == 10 || decimal < 10 {
        return decimal;
    }
    // Converts to lower case, and `a` to 10. Bytes below `a` wrap to large values.
    match (byte | 0x20).wrapping_sub(b'a') {
        letter @ 0..6 => letter + 10,
        _ => u8::MAX,
    }
}

/// Reads a natural number without a prefix, up to the end of `text`.
fn digits<const RADIX: u8>(text: &[u8]) -> Result<u64, NumberError> {
    let mut value = Some(0u64);
    let mut scan = Scan { rest: text };
    scan.digits::<RADIX>(|digit| {
        let shifted = value.and_then(|value| value.checked_mul(u64::from(RADIX)));
        value = shifted.and_then(|value| value.checked_add(u64::from(digit)));
    })?;
    scan.end()?;
    value.ok_or(OutOfRange)
}

/// The rest of a token.
#[derive(Clone, Copy)]
struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    /// Reads one or more digits, passes their values to `each`, and checks the underscores.
    #[inline]
    fn digits<const RADIX: u8>(&mut self, mut each: impl FnMut(u8)) -> Result<(), NumberError> {
        let mut after_digit = false;
        while let [byte, rest @ ..] = self.rest {
            let value = digit::<RADIX>(*byte);
            if value < RADIX {
                each(value);
                after_digit = true;
            } else if *byte == b'_' && after_digit {
                after_digit = false;
            } else {
                break;
            }
            self.rest = rest;
        }
        if after_digit { Ok(()) } else { Err(Malformed) }
    }

    /// Reads the digits after a point, if there are a point and digits.
    #[inline]
    fn fraction<const RADIX: u8>(&mut self, each: impl FnMut(u8)) -> Result<(), NumberError> {
        let [b'.', rest @ ..] = self.rest else { return Ok(()) };
        self.rest = rest;
        match rest {
            [byte, ..] if digit::<RADIX>(*byte) < RADIX => self.digits::<RADIX>(each),
            _ => Ok(()),
        }
    }

    /// Reads an exponent if the next character is `letter`, and checks that the token ends there.
    /// An exponent that is too large is cut to a value that is still too large.
    #[inline]
    fn exponent(mut self, letter: u8) -> Result<i64, NumberError> {
        let [first, rest @ ..] = self.rest else { return Ok(0) };
        if first | 0x20 != letter {
            return Err(Malformed);
        }
        let (sign, rest) = split_sign(rest);
        self.rest = rest;
        let mut value = 0i64;
        self.digits::<10>(|digit| {
            // The limit is far beyond every exponent that still changes the value.
            value = (value * 10 + i64::from(digit)).min(i64::MAX / 16);
        })?;
        self.end()?;
        Ok(if sign == Sign::Minus { -value } else { value })
    }

    fn end(self) -> Result<(), NumberError> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// The number of digits that can matter: the longest number halfway between two `f64` has 768
/// digits.
const DIGITS: usize = 800;
/// The length of `0.`, the digits, one digit for all further digits, `e`, and the exponent.
const BUFFER: usize = DIGITS + 16;

/// Rewrites a decimal float as `0.digits e exponent` without underscores, so that the standard
/// library reads it exactly. To fit the buffer, zeros at the start are left out, and the digits
/// beyond those that can matter are replaced by a `1`, unless all of them are zeros.
fn normalize<'a>(text: &[u8], buffer: &'a mut [u8; BUFFER]) -> Result<&'a str, NumberError> {
    let mut len = 0;
    let mut put = |byte| {
        if let Some(slot) = buffer.get_mut(len) {
            *slot = byte;
            len += 1;
        }
    };
    put(b'0');
    put(b'.');
    let mut kept = 0usize;
    let mut rest = false;
    // The position of the point, counted from the first digit that is not zero.
    let mut point = 0i64;
    let mut scan = Scan { rest: text };
    let mut each = |digit: u8, in_fraction: bool| {
        let leading = kept == 0 && digit == 0;
        if !in_fraction && !leading {
            point += 1;
        } else if in_fraction && leading {
            point -= 1;
        }
        if leading {
        } else if kept < DIGITS {
            kept += 1;
            put(b'0' + digit);
        } else {
            rest |= digit != 0;
        }
    };
    scan.digits::<10>(|digit| each(digit, false))?;
    scan.fraction::<10>(|digit| each(digit, true))?;
    let exponent = scan.exponent(b'e')?;
    if rest {
        put(b'1');
    }
    if kept == 0 {
        return Ok("0");
    }
    let exponent = exponent.saturating_add(point).clamp(-9999, 9999);
    put(b'e');
    put(if exponent < 0 { b'-' } else { b'+' });
    let size = exponent.unsigned_abs();
    for power in [1000, 100, 10, 1] {
        put(b'0' + (size / power % 10) as u8);
    }
    buffer.get(..len).and_then(|text| core::str::from_utf8(text).ok()).ok_or(Malformed)
}

/// A binary float format.
#[derive(Clone, Copy)]
struct Format {
    /// The number of bits of the fraction.
    fraction: u32,
    /// The bias of exponents.
    bias: i64,
}

impl Format {
    /// The bits of infinity.
    const fn infinity(self) -> u64 {
        (2 * self.bias as u64 + 1) << self.fraction
    }

    /// Reads a hexadecimal float after its `0x`.
    fn hex(self, text: &[u8]) -> Result<u64, NumberError> {
        // The value is `mantissa * 2^shift`, or slightly more if `sticky`.
        let mut mantissa = 0u64;
        let mut shift = 0i64;
        let mut sticky = false;
        let mut each = |digit: u8, step: i64| {
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                shift += step;
            } else {
                sticky |= digit != 0;
                shift += step + 4;
            }
        };
        let mut scan = Scan { rest: text };
        scan.digits::<16>(|digit| each(digit, 0))?;
        scan.fraction::<16>(|digit| each(digit, -4))?;
        let exponent = scan.exponent(b'p')?;
        if mantissa == 0 {
            return Ok(0);
        }
        self.round(mantissa, shift.saturating_add(exponent), sticky)
    }

    /// Rounds `mantissa * 2^shift`, or slightly more if `sticky`, to the nearest float, and to the
    /// even one of two that are equally near. The mantissa is not 0.
    fn round(self, mantissa: u64, shift: i64, sticky: bool) -> Result<u64, NumberError> {
        // Shift the first bit to bit 63, so that the value is at least 2^exponent.
        let zeros = mantissa.leading_zeros();
        let mantissa = mantissa << zeros;
        let exponent = shift.saturating_add(63 - i64::from(zeros));
        if exponent > self.bias {
            return Err(OutOfRange);
        }
        let min = 1 - self.bias;
        // Subnormal floats keep fewer bits: one bit less for each power of two below the least
        // normal float.
        let lost = min.saturating_sub(exponent).clamp(0, 64) as u32;
        let drop = 63 - self.fraction + lost;
        // The bits that are kept, and the bits that are dropped, as a fraction of 2^64.
        let (kept, dropped, more) = match drop {
            0..64 => (mantissa >> drop, mantissa << (64 - drop), false),
            64 => (0, mantissa, false),
            _ => (0, 0, true),
        };
        let half = 1 << 63;
        let up = dropped > half || dropped == half && (sticky || more || kept & 1 == 1);
        // A normal float's first bit adds one to the exponent, and so does a carry.
        let biased = (exponent.max(min) - min) as u64;
        let bits = (biased << self.fraction) + kept + u64::from(up);
        if bits >= self.infinity() { Err(OutOfRange) } else { Ok(bits) }
    }
}
