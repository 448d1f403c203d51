//! Numbers as text. The functions are private to the crate, so their file is compiled here too.

use crate::private::numbers::{decimal, f32, f64, hex, signed};

fn text(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// A simple generator of numbers of every bit width.
fn samples() -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..50_000).map(move |i| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> (i % 64)
    })
}

#[test]
fn integers_agree_with_the_standard_library() {
    for value in samples().chain([0, 9, 10, 99, 100, u64::MAX]) {
        assert_eq!(text(|out| decimal(out, value)), format!("{value}"));
        assert_eq!(text(|out| hex(out, value)), format!("{value:x}"));
        let value = value as i64;
        assert_eq!(text(|out| signed(out, value)), format!("{value}"));
    }
}

/// Reads a float that [`hex_float`] wrote.
fn parse_hex(text: &str) -> Option<f64> {
    let digits = text.strip_prefix("0x")?;
    let (digits, exponent) = digits.split_once('p')?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    let exponent = exponent.parse::<i32>().ok()? - 4 * fraction.len() as i32;
    // In two steps, so that subnormal results do not underflow on the way.
    Some(mantissa as f64 * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2))
}

#[test]
fn floats_read_back() {
    let near: [f64; 8] = [0.1, 3.25, 1e15, 0.000001, 123456.789, 1.0 / 3.0, 1e300, 5e-324];
    for bits in samples().chain(near.map(f64::to_bits)) {
        let value = f64::from_bits(bits & !(1 << 63));
        let printed = text(|out| f64(out, value.to_bits()));
        if value.is_nan() {
            continue;
        }
        let read = parse_hex(&printed).unwrap_or_else(|| printed.parse().unwrap());
        assert_eq!(read.to_bits(), value.to_bits(), "{printed}");
    }
    let near: [f32; 8] = [0.1, 3.25, 1e15, 0.000001, 123456.79, 1.0 / 3.0, 1e30, 1e-45];
    for bits in samples().map(|bits| bits as u32).chain(near.map(f32::to_bits)) {
        let value = f32::from_bits(bits & !(1 << 31));
        let printed = text(|out| f32(out, value.to_bits()));
        if value.is_nan() {
            continue;
        }
        let hex = parse_hex(&printed).map(|value| value as f32);
        let read = hex.unwrap_or_else(|| printed.parse().unwrap());
        assert_eq!(read.to_bits(), value.to_bits(), "{printed}");
    }
}

#[test]
fn floats_look_as_expected() {
    for (value, expected) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (0.1, "0.1"),
        (1.05, "1.05"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::from_bits(0x7ff8_0000_0000_0000), "nan"),
        (f64::from_bits(0xfff4_0000_0000_0000), "-nan:0x4000000000000"),
        (1e300, "0x1.7e43c8800759cp+996"),
        (5e-324, "0x0.0000000000001p-1022"),
    ] {
        assert_eq!(text(|out| f64(out, value.to_bits())), expected);
    }
    assert_eq!(text(|out| f32(out, 0x7fa0_0000)), "nan:0x200000");
    assert_eq!(text(|out| f32(out, 1)), "0x0.000002p-126");
    assert_eq!(text(|out| f32(out, 0.3_f32.to_bits())), "0.3");
}
