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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reader;

    /// A cheap generator that covers every bit width.
    fn samples() -> impl Iterator<Item = u64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        (0..20_000).map(move |i| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> (i % 64)
        })
    }

    #[test]
    fn agrees_with_an_independent_implementation() {
        for value in samples() {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            write_u64(&mut ours, value);
            leb128::write::unsigned(&mut theirs, value).unwrap();
            assert_eq!(ours, theirs);
            assert_eq!(Reader::new(&ours).u64(), Ok(value));

            for signed in [value as i64, -(value as i64 >> 1)] {
                let (mut ours, mut theirs) = (Vec::new(), Vec::new());
                write_s64(&mut ours, signed);
                leb128::write::signed(&mut theirs, signed).unwrap();
                assert_eq!(ours, theirs);
                assert_eq!(Reader::new(&ours).s64(), Ok(signed));
                let mut short = Vec::new();
                write_s64(&mut short, (signed as i32).into());
                assert_eq!(Reader::new(&short).s32(), Ok(signed as i32));
            }

            let value = value as u32;
            let (mut short, mut padded) = (Vec::new(), Vec::new());
            write_u32(&mut short, value);
            write_u32_padded(&mut padded, value);
            assert_eq!(short.len(), len_u32(value));
            assert_eq!(padded.len(), 5);
            assert_eq!(Reader::new(&short).u32(), Ok(value));
            assert_eq!(Reader::new(&padded).u32(), Ok(value));
        }
    }
}
