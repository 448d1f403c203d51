//! Writes LEB128 integers in the shortest form. [`Reader`](crate::Reader) reads them.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/values.html#integers>

use alloc::vec::Vec;

/// Appends an unsigned 32-bit integer.
///
/// ```
/// let mut out = Vec::new();
/// wattle_ast::leb128::write_u32(&mut out, 624485);
/// assert_eq!(out, [0xe5, 0x8e, 0x26]);
/// ```
#[inline(always)]
pub fn write_u32(out: &mut Vec<u8>, value: u32) {
    if value < 0x80 {
        out.push(value as u8);
    } else {
        write_u64_long(out, value.into());
    }
}

/// Appends an unsigned 64-bit integer.
#[inline(always)]
pub fn write_u64(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else {
        write_u64_long(out, value);
    }
}

fn write_u64_long(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer of up to 64 bits. Widening a narrower integer does not change its
/// encoding.
///
/// ```
/// let mut out = Vec::new();
/// wattle_ast::leb128::write_s64(&mut out, -123456);
/// assert_eq!(out, [0xc0, 0xbb, 0x78]);
/// ```
#[inline]
pub fn write_s64(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if value == (byte as i64) << 57 >> 63 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Appends an unsigned 32-bit integer in exactly five bytes, so that it can be replaced later.
pub fn write_u32_padded(out: &mut Vec<u8>, value: u32) {
    for shift in [0, 7, 14, 21] {
        out.push((value >> shift) as u8 | 0x80);
    }
    out.push((value >> 28) as u8);
}

/// The number of bytes of the shortest form of `value`.
///
/// ```
/// assert_eq!([0, 127, 128, u32::MAX].map(wattle_ast::leb128::len_u32), [1, 1, 2, 5]);
/// ```
pub const fn len_u32(value: u32) -> usize {
    (38 - (value | 1).leading_zeros() as usize) / 7
}
