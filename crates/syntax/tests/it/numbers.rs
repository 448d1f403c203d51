//! Properties of numbers, tested against independent implementations.

use wattle_ast::{F32, F64};
use wattle_syntax::numbers::NumberError::{Malformed, OutOfRange};
use wattle_syntax::numbers::*;

/// A small generator of pseudo-random numbers (xorshift), which gives equal numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
}

#[test]
fn integers_accept_both_ranges() {
    assert_eq!(i8("127"), Ok(127));
    assert_eq!(i8("+127"), Ok(127));
    assert_eq!(i8("-128"), Ok(-128));
    assert_eq!(i8("-0x80"), Ok(-128));
    assert_eq!(i8("255"), Ok(-1));
    assert_eq!(i8("0xff"), Ok(-1));
    for text in ["256", "+128", "-129", "-0x81", "0x100", "99999999999999999999999999"] {
        assert_eq!(i8(text), Err(OutOfRange), "{text}");
    }
    assert_eq!(i16("65535"), Ok(-1));
    assert_eq!(i32("4294967295"), Ok(-1));
    assert_eq!(i32("-2147483648"), Ok(i32::MIN));
    assert_eq!(i32("4294967296"), Err(OutOfRange));
    assert_eq!(i64("18446744073709551615"), Ok(-1));
    assert_eq!(i64("-9223372036854775808"), Ok(i64::MIN));
    assert_eq!(i64("-9223372036854775809"), Err(OutOfRange));
    assert_eq!(i64("18446744073709551616"), Err(OutOfRange));
    assert_eq!(i64("0x1_0000_0000_0000_0000"), Err(OutOfRange));
    assert_eq!(u64("0xFFFF_FFFF_FFFF_FFFF"), Ok(u64::MAX));
    assert_eq!(u32("000000000000000000000000007"), Ok(7));
    assert_eq!(u8("+1"), Err(Malformed));
    assert_eq!(i32("-0"), Ok(0));
}

#[test]
fn malformed_integers_are_told_from_large_ones() {
    for text in [
        "",
        "+",
        "-",
        "_",
        "_1",
        "1_",
        "1__0",
        "+_1",
        "0x",
        "0x_1",
        "0x1_",
        "0x1__1",
        "0_x1",
        "0X1",
        "00x1",
        "1x",
        "0xg",
        "1.",
        "1e0",
        "1 ",
        " 1",
        "--1",
        "+-1",
        "99999999999999999999999999x",
        "1\u{e9}",
    ] {
        assert_eq!(i32(text), Err(Malformed), "{text}");
        assert_eq!(i64(text), Err(Malformed), "{text}");
        assert_eq!(u64(text), Err(Malformed), "{text}");
    }
}

#[test]
fn integers_that_core_prints_read_back() {
    let mut random = Random(1);
    for _ in 0..20_000 {
        let shift = random.below(64);
        let value = random.next() >> shift;
        assert_eq!(u64(value.to_string()), Ok(value));
        assert_eq!(u64(format!("{value:#x}")), Ok(value));
        assert_eq!(u64(format!("0x{value:X}")), Ok(value));
        assert_eq!(i64(value.to_string()), Ok(value as i64));
        assert_eq!(i64((value as i64).to_string()), Ok(value as i64));
        assert_eq!(i32((value as i32).to_string()), Ok(value as i32));
        assert_eq!(i16((value as u16).to_string()), Ok(value as i16));
        assert_eq!(u32(value.to_string()), u32::try_from(value).map_err(|_| OutOfRange));
        let grouped = underscored(&value.to_string(), &mut random);
        assert_eq!(u64(&grouped), Ok(value), "{grouped}");
    }
}

/// Puts underscores between some digits.
fn underscored(text: &str, random: &mut Random) -> String {
    let mut out = String::new();
    let mut last = None;
    for c in text.chars() {
        let between = c.is_ascii_digit() && last.is_some_and(|c: char| c.is_ascii_digit());
        if between && random.below(3) == 0 {
            out.push('_');
        }
        out.push(c);
        last = Some(c);
    }
    out
}

#[test]
fn malformed_floats() {
    for text in [
        "",
        "+",
        ".",
        ".0",
        ".0e0",
        "0e",
        "0e+",
        "0.0e",
        "0.0e-",
        "0x",
        "1x",
        "0xg",
        "0x0p",
        "0x0p+",
        "0x.p0",
        "0x.1",
        "0x1.p",
        "0x1p0x1",
        "1e0x1",
        "1e1.0",
        "1_",
        "_1",
        "1__1",
        "1_.0",
        "1._0",
        "1.0_",
        "1.0_e1",
        "1e_1",
        "1e1_",
        "0x1_.0",
        "0x1._0",
        "0x1.0_p1",
        "0x1p_1",
        "0x1p1_",
        "infx",
        "in",
        "infinity",
        "Inf",
        "nanx",
        "nan:",
        "nan:1",
        "nan:0x",
        "nan:0x_1",
        "nan:0xg",
        "NaN",
        "nan:canonical",
        "nan:arithmetic",
        "--1",
        "1f",
        "1.0.0",
        "0x1.0.0",
        "0x1e+1",
        "1p1",
        "1e1e1",
    ] {
        assert_eq!(f32(text), Err(Malformed), "{text}");
        assert_eq!(f64(text), Err(Malformed), "{text}");
    }
}

#[test]
fn special_floats() {
    assert_eq!(f32("inf"), Ok(F32(0x7f80_0000)));
    assert_eq!(f32("-inf"), Ok(F32(0xff80_0000)));
    assert_eq!(f32("nan"), Ok(F32(0x7fc0_0000)));
    assert_eq!(f32("+nan:0x7f_ffff"), Ok(F32(0x7fff_ffff)));
    assert_eq!(f32("-nan:0x2"), Ok(F32(0xff80_0002)));
    assert_eq!(f64("-nan"), Ok(F64(0xfff8_0000_0000_0000)));
    assert_eq!(f64("nan:0xf_ffff_ffff_ffff"), Ok(F64(0x7fff_ffff_ffff_ffff)));
    for text in ["nan:0x0", "nan:0x80_0000", "nan:0x1_0000_0000_0000_0000_0000"] {
        assert_eq!(f32(text), Err(OutOfRange), "{text}");
    }
    assert_eq!(f64("nan:0x10_0000_0000_0000"), Err(OutOfRange));
    assert_eq!(f64("-0"), Ok(F64(1 << 63)));
    assert_eq!(f64("-0x0.0p-99999999999999999999999"), Ok(F64(1 << 63)));
    assert_eq!(f64("0e99999999999999999999999"), Ok(F64(0)));
}

#[test]
fn the_edges_of_the_range() {
    assert_eq!(f32("0x1.fffffep127"), Ok(F32::from(f32::MAX)));
    assert_eq!(f32("0x1.fffffefffffffffffffffffffffp127"), Ok(F32::from(f32::MAX)));
    assert_eq!(f32("0x1.ffffffp127"), Err(OutOfRange));
    assert_eq!(f32("0x1p128"), Err(OutOfRange));
    assert_eq!(f32("340282356779733661637539395458142568447"), Ok(F32::from(f32::MAX)));
    assert_eq!(f32("340282356779733661637539395458142568448"), Err(OutOfRange));
    assert_eq!(f32("1e39"), Err(OutOfRange));
    assert_eq!(f64("0x1.fffffffffffff7ffp1023"), Ok(F64::from(f64::MAX)));
    assert_eq!(f64("0x1.fffffffffffff8p1023"), Err(OutOfRange));
    assert_eq!(f64("1e309"), Err(OutOfRange));
    // The least subnormal float, half of it, and a little more than half.
    assert_eq!(f64("0x1p-1074"), Ok(F64(1)));
    assert_eq!(f64("0x1p-1075"), Ok(F64(0)));
    assert_eq!(f64("0x1.0000000000000000000000001p-1075"), Ok(F64(1)));
    assert_eq!(f64("0x0.fffffffffffffffffffffffffp-1075"), Ok(F64(0)));
    assert_eq!(f32("0x3p-150"), Ok(F32(2)));
    assert_eq!(f32("0x1p-149"), Ok(F32(1)));
    assert_eq!(f32("0x1p-99999999999999999999"), Ok(F32(0)));
    assert_eq!(f32("0x1p+99999999999999999999"), Err(OutOfRange));
    // The mean of the largest subnormal float and the least normal one rounds up to the normal one.
    assert_eq!(f32("0x0.ffffffp-126"), Ok(F32::from(f32::MIN_POSITIVE)));
}

#[test]
fn decimal_floats_that_core_prints_read_back() {
    let mut random = Random(2);
    for _ in 0..20_000 {
        let double = f64::from_bits(random.next());
        let single = f32::from_bits(random.next() as u32);
        if double.is_finite() {
            for text in [format!("{double}"), format!("{double:e}"), format!("{double:.20E}")] {
                let core: f64 = text.parse().unwrap();
                assert_eq!(f64(&text), Ok(F64::from(core)), "{text}");
                let grouped = underscored(&text, &mut random);
                assert_eq!(f64(&grouped), Ok(F64::from(core)), "{grouped}");
            }
        }
        if single.is_finite() {
            for text in [format!("{single}"), format!("{single:e}"), format!("{single:.9e}")] {
                let core: f32 = text.parse().unwrap();
                assert_eq!(f32(underscored(&text, &mut random)), Ok(F32::from(core)), "{text}");
            }
        }
    }
}

#[test]
fn decimal_halfway_points_round_to_even() {
    let mut random = Random(3);
    for round in 0..2_000 {
        // Half of them are subnormal.
        let bits = random.next() as u32 >> 1 >> if round % 2 == 0 { 0 } else { 8 };
        let (low, high) = (f32::from_bits(bits), f32::from_bits(bits + 1));
        if !high.is_finite() {
            continue;
        }
        // A point halfway between two neighbouring `f32` is an `f64`, so it prints exactly.
        let half = (f64::from(low) + f64::from(high)) / 2.0;
        let exact = format!("{half:.160}");
        let even = if bits & 1 == 0 { low } else { high };
        assert_eq!(f32(&exact), Ok(F32::from(even)), "{exact}");
        let zeros = "0".repeat(2_000);
        assert_eq!(f32(format!("{exact}{zeros}1")), Ok(F32::from(high)), "{exact}");
        assert_eq!(f32(format!("{exact}{zeros}{zeros}{zeros}1")), Ok(F32::from(high)), "{exact}");
    }
}

#[test]
fn long_decimal_floats() {
    // The exponent compensates for the length of the text, and is beyond the exponents that `core`
    // reads.
    let zeros = "0".repeat(700_000);
    assert_eq!(f64(format!("0.{zeros}15e700001")), Ok(F64::from(1.5)));
    assert_eq!(f64(format!("25{zeros}e-700001")), Ok(F64::from(2.5)));
    assert_eq!(f32(format!("{zeros}1{zeros}.{zeros}e-700_000")), Ok(F32::from(1.0)));
    assert_eq!(f64(format!("0.{zeros}")), Ok(F64(0)));
    assert_eq!(f64(format!("1{zeros}")), Err(OutOfRange));
    // Halfway between 1 and the next float, then more digits than are kept.
    let half = "1.00000000000000011102230246251565404236316680908203125";
    let next = F64::from(1.0 + f64::EPSILON);
    assert_eq!(f64(half), Ok(F64::from(1.0)));
    assert_eq!(f64(format!("{half}{zeros}")), Ok(F64::from(1.0)));
    assert_eq!(f64(format!("{half}{zeros}1")), Ok(next));
    assert_eq!(f64(format!("{half}_0")), Ok(F64::from(1.0)));
    assert_eq!(f64(format!("{half}_0_1")), Ok(next));
}

/// Rounds a binary fraction bit by bit. `bits` are the bits of the value, the first of which is
/// worth `2^weight`. The result has the same form.
fn reference(bits: &[bool], weight: i64, precision: i64, min_weight: i64) -> (Vec<bool>, i64) {
    let first = bits.iter().position(|&bit| bit).unwrap();
    let first_weight = weight - first as i64;
    let last_weight = (first_weight - precision + 1).max(min_weight);
    // The kept bits, from one above the first bit (for a carry) down to the last bit that fits.
    let at = |w: i64| w <= weight && bits.get((weight - w) as usize).copied().unwrap_or(false);
    let top = first_weight.max(last_weight) + 1;
    let mut kept: Vec<bool> = (last_weight..=top).rev().map(at).collect();
    let half = at(last_weight - 1);
    let below = bits.iter().enumerate().any(|(i, &b)| b && weight - (i as i64) < last_weight - 1);
    if half && (below || kept[kept.len() - 1]) {
        for bit in kept.iter_mut().rev() {
            *bit = !*bit;
            if *bit {
                break;
            }
        }
    }
    (kept, top)
}

/// The exact sum of powers of two; infinite if it is too large.
fn sum64(bits: &[bool], top: i64) -> f64 {
    let power = |w: i64| match w {
        1024.. => f64::INFINITY,
        -1022.. => f64::from_bits(((w + 1023) as u64) << 52),
        _ => f64::from_bits(1 << (w + 1074)),
    };
    let set = bits.iter().enumerate().filter(|&(_, &bit)| bit);
    set.map(|(i, _)| power(top - i as i64)).fold(0.0, |sum, bit| sum + bit)
}

#[test]
fn hex_floats_agree_with_rounding_bit_by_bit() {
    let mut random = Random(4);
    for round in 0..100_000u64 {
        let whole = 1 + random.below(3) * random.below(12);
        let fraction = random.below(3) * random.below(12);
        // Mostly digits that make ties likely.
        let pick = |random: &mut Random| match random.below(4) {
            0 => b"0123456789abcdefABCDEF"[random.below(22) as usize],
            1 => b'8',
            2 => b'f',
            _ => b'0',
        };
        let mut text = String::from("0x");
        let mut bits = vec![];
        for place in 0..whole + fraction {
            if place == whole {
                text.push('.');
            } else if place > 0 && random.below(8) == 0 {
                text.push('_');
            }
            let digit = pick(&mut random);
            text.push(char::from(digit));
            let value = char::from(digit).to_digit(16).unwrap();
            bits.extend((0..4).rev().map(|bit| value >> bit & 1 == 1));
        }
        let double = round % 2 == 0;
        let range = if double { 1100 } else { 170 };
        let exponent = random.below(2 * range) as i64 - range as i64;
        text.push_str(&format!("{}{exponent}", if round % 3 == 0 { 'P' } else { 'p' }));
        if !bits.contains(&true) {
            assert_eq!(f64(&text), Ok(F64(0)), "{text}");
            continue;
        }
        let weight = whole as i64 * 4 - 1 + exponent;
        if double {
            let (kept, top) = reference(&bits, weight, 53, -1074);
            let value = sum64(&kept, top);
            let expected = if value.is_finite() { Ok(F64::from(value)) } else { Err(OutOfRange) };
            assert_eq!(f64(&text), expected, "{text}");
        } else {
            // The sum is exact as an `f64`, and so is the conversion to an `f32`.
            let (kept, top) = reference(&bits, weight, 24, -149);
            let value = sum64(&kept, top) as f32;
            let expected = if value.is_finite() { Ok(F32::from(value)) } else { Err(OutOfRange) };
            assert_eq!(f32(&text), expected, "{text}");
        }
    }
}

#[test]
fn hex_floats_made_of_a_float_s_own_bits_read_back() {
    let mut random = Random(5);
    for _ in 0..50_000 {
        let bits = random.next() >> (random.below(3) * 6);
        let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
        let (lead, power) = if exponent == 0 { (0, -1022) } else { (1, exponent as i64 - 1023) };
        if exponent == 0x7ff {
            continue;
        }
        let sign = if bits >> 63 == 1 { "-" } else { "" };
        let text = format!("{sign}0x{lead}.{fraction:013x}p{power:+}");
        assert_eq!(f64(&text), Ok(F64(bits)), "{text}");
    }
}
