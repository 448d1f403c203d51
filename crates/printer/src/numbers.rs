//! Numbers as text: decimal and hexadecimal integers, and floats that read back bit for bit.
//! Nothing here uses `core::fmt`.

use alloc::vec::Vec;

static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

/// Appends a decimal number.
#[inline]
pub(crate) fn decimal(out: &mut Vec<u8>, value: u64) {
    match value {
        0..=9 => out.push(b'0' + value as u8),
        10..=99 => out.extend_from_slice(&PAIRS[value as usize]),
        _ => decimal_long(out, value),
    }
}

/// Appends a space and a decimal number.
#[inline]
pub(crate) fn spaced(out: &mut Vec<u8>, value: u64) {
    match value {
        0..=9 => out.extend_from_slice(&[b' ', b'0' + value as u8]),
        10..=99 => {
            let [tens, ones] = PAIRS[value as usize];
            out.extend_from_slice(&[b' ', tens, ones]);
        }
        _ => {
            out.push(b' ');
            decimal_long(out, value);
        }
    }
}

/// The number of digits of the greatest number.
const DIGITS: usize = 20;

fn decimal_long(out: &mut Vec<u8>, mut value: u64) {
    // There is room after the digits, so that a fixed number of bytes can be copied and the rest
    // cut off, which is quicker than copying the exact number of bytes.
    let mut digits = [0; 2 * DIGITS];
    let mut start = DIGITS;
    while value >= 100 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        start -= 1;
        digits[start] = b'0' + value as u8;
    }
    let end = out.len() + DIGITS - start;
    if let Some(digits) = digits[start..].first_chunk::<DIGITS>() {
        out.extend_from_slice(digits);
        out.truncate(end);
    }
}

/// Appends a signed decimal number.
#[inline]
pub(crate) fn signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    decimal(out, value.unsigned_abs());
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends two hexadecimal digits.
pub(crate) fn hex_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize]]);
}

/// Appends a hexadecimal number in the fewest digits, without a prefix.
pub(crate) fn hex(out: &mut Vec<u8>, value: u64) {
    let digits = (67 - (value | 1).leading_zeros()) / 4;
    for place in (0..digits).rev() {
        out.push(HEX[(value >> (4 * place) & 15) as usize]);
    }
}

/// Appends `(;@1f;) `.
pub(crate) fn offset_comment(out: &mut Vec<u8>, offset: usize) {
    out.extend_from_slice(b"(;@");
    hex(out, offset as u64);
    out.extend_from_slice(b";) ");
}

/// Appends ` (;5;)`.
pub(crate) fn index_comment(out: &mut Vec<u8>, index: u32) {
    out.extend_from_slice(b" (;");
    decimal(out, index.into());
    out.extend_from_slice(b";)");
}

/// Appends ` (@repeat 5)`.
pub(crate) fn repeat(out: &mut Vec<u8>, count: u32) {
    out.extend_from_slice(b" (@repeat ");
    decimal(out, count.into());
    out.push(b')');
}

/// The parts of a float's bits.
struct Parts {
    negative: bool,
    mantissa_bits: u32,
    mantissa: u64,
    exponent: i32,
    bias: i32,
}

impl Parts {
    fn new(bits: u64, mantissa_bits: u32, exponent_bits: u32) -> Parts {
        let low = |bits: u64, count: u32| bits & ((1 << count) - 1);
        Parts {
            negative: bits >> (mantissa_bits + exponent_bits) != 0,
            mantissa_bits,
            mantissa: low(bits, mantissa_bits),
            exponent: low(bits >> mantissa_bits, exponent_bits) as i32,
            bias: low(u64::MAX, exponent_bits - 1) as i32,
        }
    }
}

/// Appends the `f64` with these bits.
pub(crate) fn f64(out: &mut Vec<u8>, bits: u64) {
    let value = f64::from_bits(bits).abs();
    float(out, &Parts::new(bits, 52, 11), value, |quotient| quotient == value);
}

/// Appends the `f32` with these bits.
pub(crate) fn f32(out: &mut Vec<u8>, bits: u32) {
    let value = f32::from_bits(bits).abs();
    // Rounding twice, first to 64 bits and then to 32, goes wrong only when the first result lies
    // exactly halfway between two 32-bit floats.
    let halfway = |quotient: f64| quotient.to_bits() & ((1 << 29) - 1) == 1 << 28;
    let exact = |quotient: f64| quotient as f32 == value && !halfway(quotient);
    float(out, &Parts::new(bits.into(), 23, 8), value.into(), exact);
}

fn float(out: &mut Vec<u8>, parts: &Parts, value: f64, exact: impl Fn(f64) -> bool) {
    if parts.negative {
        out.push(b'-');
    }
    if special(out, parts) {
        return;
    }
    match fraction(value, exact) {
        Some((digits, places)) if parts.exponent != 0 || digits == 0 => fixed(out, digits, places),
        _ => hex_float(out, parts),
    }
}

/// Appends an infinity or a NaN. Returns whether the float is one of these.
fn special(out: &mut Vec<u8>, parts: &Parts) -> bool {
    if parts.exponent != 2 * parts.bias + 1 {
        return false;
    }
    if parts.mantissa == 0 {
        out.extend_from_slice(b"inf");
    } else {
        out.extend_from_slice(b"nan");
        if parts.mantissa != 1 << (parts.mantissa_bits - 1) {
            out.extend_from_slice(b":0x");
            hex(out, parts.mantissa);
        }
    }
    true
}

/// The powers of ten that an `f64` represents exactly.
const TENS: [f64; 17] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

/// The integer and the number of decimal places that together equal `value`, if they exist.
///
/// Both the integer and the power of ten are exact, so their quotient is the correctly rounded
/// value of the decimal: reading the decimal gives the original bits.
fn fraction(value: f64, exact: impl Fn(f64) -> bool) -> Option<(u64, usize)> {
    const LIMIT: f64 = (1_u64 << 53) as f64;
    if value != 0.0 && value < 1e-6 {
        return None;
    }
    for (places, ten) in TENS.iter().enumerate() {
        let scaled = value * ten;
        if scaled >= LIMIT {
            return None;
        }
        let digits = (scaled + 0.5) as u64;
        if exact(digits as f64 / ten) {
            return Some((digits, places));
        }
    }
    None
}

/// Appends `digits` with a point before the last `places` digits.
fn fixed(out: &mut Vec<u8>, digits: u64, places: usize) {
    let scale = 10_u64.pow(places as u32);
    decimal(out, digits / scale);
    if places > 0 {
        let start = out.len();
        // A leading 1 keeps the zeros at the front of the fraction; the point then overwrites it.
        decimal(out, digits % scale + scale);
        out[start] = b'.';
    }
}

fn hex_float(out: &mut Vec<u8>, parts: &Parts) {
    let subnormal = parts.exponent == 0;
    out.extend_from_slice(if subnormal { b"0x0" } else { b"0x1" });
    if parts.mantissa != 0 {
        out.push(b'.');
        // Align the mantissa to whole digits at the left, then drop the zeros at the right.
        let mut mantissa = parts.mantissa << (64 - parts.mantissa_bits);
        while mantissa != 0 {
            out.push(HEX[(mantissa >> 60) as usize]);
            mantissa <<= 4;
        }
    }
    let exponent = parts.exponent.max(1) - parts.bias;
    out.extend_from_slice(if exponent < 0 { b"p-" } else { b"p+" });
    decimal(out, exponent.unsigned_abs().into());
}
