//! Lanes of vectors, the values of loads and atomic updates, and wide arithmetic.

use pretty_assertions::assert_eq;
use wattle_ast::{LaneIdx, Opcode, Shuffle, V128};
use wattle_numerics::{Slot, load, read_modify_write, simd, wide};

use super::reference::lanes;
use super::{Random, special_integers, vector};

/// The bytes 0x00, 0x11, up to 0xff.
const V: V128 = {
    let mut bytes = [0; 16];
    let mut i = 0;
    while i < 16 {
        bytes[i] = 0x11 * i as u8;
        i += 1;
    }
    V128(bytes)
};

#[test]
fn extracts() {
    let at = |op, lane| simd::extract_lane(op, V, LaneIdx(lane)).unwrap();
    assert_eq!(at(Opcode::I8x16ExtractLaneS, 7), 0x77);
    assert_eq!(at(Opcode::I8x16ExtractLaneS, 8), 0xffff_ff88);
    assert_eq!(at(Opcode::I8x16ExtractLaneU, 8), 0x88);
    assert_eq!(at(Opcode::I16x8ExtractLaneS, 7), 0xffff_ffee);
    assert_eq!(at(Opcode::I16x8ExtractLaneU, 7), 0xffee);
    assert_eq!(at(Opcode::I32x4ExtractLane, 2), 0xbbaa_9988);
    assert_eq!(at(Opcode::F32x4ExtractLane, 2), 0xbbaa_9988);
    assert_eq!(at(Opcode::I64x2ExtractLane, 1), 0xffee_ddcc_bbaa_9988);
    assert_eq!(at(Opcode::F64x2ExtractLane, 1), 0xffee_ddcc_bbaa_9988);
    // A lane that validation rejects must not panic.
    assert_eq!(at(Opcode::I64x2ExtractLane, 255), at(Opcode::I64x2ExtractLane, 1));
}

#[test]
fn replaces() {
    use Opcode as O;
    for (op, load, store, width) in [
        (O::I8x16ReplaceLane, O::V128Load8Lane, O::V128Store8Lane, 8),
        (O::I16x8ReplaceLane, O::V128Load16Lane, O::V128Store16Lane, 16),
        (O::I32x4ReplaceLane, O::V128Load32Lane, O::V128Store32Lane, 32),
        (O::F32x4ReplaceLane, O::V128Load32Lane, O::V128Store32Lane, 32),
        (O::I64x2ReplaceLane, O::V128Load64Lane, O::V128Store64Lane, 64),
        (O::F64x2ReplaceLane, O::V128Load64Lane, O::V128Store64Lane, 64),
    ] {
        let count = 128 / width;
        for lane in 0..count {
            let value = 0xfedc_ba98_7654_3210;
            let kept = u64::MAX >> (64 - width);
            let index = LaneIdx(lane as u8);
            let replaced = simd::replace_lane(op, V, index, value).unwrap();
            let mut want = lanes(u128::from_le_bytes(V.0), width, count);
            assert_eq!(simd::extract_lane(store, V, index), Some(want[lane as usize] as u64));
            want[lane as usize] = (value & kept).into();
            assert_eq!(lanes(u128::from_le_bytes(replaced.0), width, count), want, "{op} {lane}");
            assert_eq!(simd::replace_lane(load, V, index, value), Some(replaced));
        }
    }
}

#[test]
fn shuffles() {
    let mut random = Random::new();
    for _ in 0..1_000 {
        let mut next = || u128::from(random.bits()) << 64 | u128::from(random.bits());
        let (a, b, pick) = (vector(next()), vector(next()), vector(next()));
        let pick = Shuffle(pick.0.map(|lane| lane % 32));
        let both = [a.0, b.0].concat();
        let want = V128(pick.0.map(|lane| both[usize::from(lane)]));
        assert_eq!(simd::shuffle(pick, a, b), want);
    }
    simd::shuffle(Shuffle([255; 16]), V, V);
}

#[test]
fn loads() {
    use Opcode as O;
    let bytes = 0x8877_6655_ff33_2211_u64;
    let load = |op| u128::from_le_bytes(simd::from_number(op, bytes).unwrap().0);
    assert_eq!(load(O::V128Load8x8S), 0xff88_0077_0066_0055_ffff_0033_0022_0011);
    assert_eq!(load(O::V128Load8x8U), 0x0088_0077_0066_0055_00ff_0033_0022_0011);
    assert_eq!(load(O::V128Load16x4S), 0xffff8877_00006655_ffffff33_00002211);
    assert_eq!(load(O::V128Load16x4U), 0x00008877_00006655_0000ff33_00002211);
    assert_eq!(load(O::V128Load32x2S), 0xffffffff88776655_ffffffffff332211);
    assert_eq!(load(O::V128Load32x2U), 0x0000000088776655_00000000ff332211);
    assert_eq!(load(O::V128Load8Splat), 0x1111_1111_1111_1111_1111_1111_1111_1111);
    assert_eq!(load(O::V128Load16Splat), 0x2211_2211_2211_2211_2211_2211_2211_2211);
    assert_eq!(load(O::V128Load32Splat), 0xff332211_ff332211_ff332211_ff332211);
    assert_eq!(load(O::V128Load64Splat), 0x88776655ff332211_88776655ff332211);
    assert_eq!(load(O::V128Load32Zero), 0xff332211);
    assert_eq!(load(O::V128Load64Zero), 0x88776655_ff332211);
}

#[test]
fn loads_of_numbers() {
    let mut count = 0;
    for &op in Opcode::ALL {
        let Some(loaded) = load(op, 0xf8e7_d6c5_b4a3_9281) else { continue };
        count += 1;
        let (bits, name) = (8 * u32::from(op.info().access_bytes), op.mnemonic());
        let signed = name.ends_with("_s");
        let kept = 0xf8e7_d6c5_b4a3_9281 & u64::MAX >> (64 - bits);
        let want = match (signed, name.starts_with("i32")) {
            // All numbers that are loaded here have their top bit set.
            (true, true) => (kept | u64::MAX << bits) & 0xffff_ffff,
            (true, false) => kept | u64::MAX.checked_shl(bits).unwrap_or(0),
            _ => kept,
        };
        assert_eq!(loaded, want, "{op}");
        // The sign bit of positive numbers is not set.
        assert_eq!(load(op, 0x7f), Some(0x7f), "{op}");
    }
    assert_eq!(count, 14);
}

const OPERATORS: [&str; 6] = ["add", "sub", "and", "or", "xor", "xchg"];

#[test]
fn atomic_updates() {
    let integers = special_integers();
    let mut count = 0;
    for &op in Opcode::ALL {
        let Some(_) = read_modify_write(op, 0, 0) else { continue };
        count += 1;
        let bits = 8 * u32::from(op.info().access_bytes);
        let stored = |x: u64| x & u64::MAX >> (64 - bits);
        let words: Vec<&str> = op.mnemonic().split(['.', '_']).collect();
        for &old in &integers {
            for &operand in integers.iter().step_by(3) {
                let want = match words.iter().find(|word| OPERATORS.contains(word)) {
                    Some(&"add") => (u128::from(old) + u128::from(operand)) as u64,
                    Some(&"sub") => ((1 << 64) + u128::from(old) - u128::from(operand)) as u64,
                    Some(&"and") => !(!old | !operand),
                    Some(&"or") => !(!old & !operand),
                    Some(&"xor") => (old & !operand) | (!old & operand),
                    _ => operand,
                };
                let new = read_modify_write(op, stored(old), operand).unwrap();
                assert_eq!(stored(new), stored(want), "{op} {old:x} {operand:x}");
            }
        }
    }
    // Seven instructions for each operator: for numbers of two types, and for five narrow widths.
    assert_eq!(count, 7 * OPERATORS.len());
}

#[test]
fn wide_arithmetic() {
    // Computed by hand: sums with a carry, products of 32-bit halves.
    let add = |a: (u64, u64), b: (u64, u64)| {
        let low = a.0.wrapping_add(b.0);
        (low, a.1.wrapping_add(b.1).wrapping_add(u64::from(low < a.0)))
    };
    let negated = |a: (u64, u64)| add((!a.0, !a.1), (1, 0));
    let product = |a: u64, b: u64| {
        let half = |x: u64| (x & 0xffff_ffff, x >> 32);
        let ((a0, a1), (b0, b1)) = (half(a), half(b));
        let crossed = add((a0 * b1, 0), (a1 * b0, 0));
        let crossed = (crossed.0 << 32, crossed.1 << 32 | crossed.0 >> 32);
        add(add((a0 * b0, 0), (0, a1 * b1)), crossed)
    };
    let integers = special_integers();
    for &a in &integers {
        for &b in &integers {
            for (c, d) in [(b, a), (a, !b), (1, u64::MAX)] {
                let (x, y) = ((a, c), (b, d));
                assert_eq!(wide(Opcode::I64Add128, x, y), Some(add(x, y)));
                assert_eq!(wide(Opcode::I64Sub128, x, y), Some(add(x, negated(y))));
            }
            assert_eq!(wide(Opcode::I64MulWideU, (a, 7), (b, 7)), Some(product(a, b)));
            let magnitude = |x: u64| (x as i64).unsigned_abs();
            let mut signed = product(magnitude(a), magnitude(b));
            if (a ^ b) >> 63 == 1 {
                signed = negated(signed);
            }
            assert_eq!(wide(Opcode::I64MulWideS, (a, 7), (b, 7)), Some(signed));
        }
    }
}

#[test]
fn slots() {
    assert_eq!(true.into_slot(), 1);
    assert!(bool::from_slot(0x1_0000_0001) && !bool::from_slot(0x1_0000_0000));
    assert_eq!((-1_i64).into_slot(), u64::MAX);
    assert_eq!(i64::from_slot(u64::MAX), -1);
    let signalling = 0x7fa0_0001_u64;
    assert_eq!(f32::from_slot(signalling | 5 << 32).into_slot(), signalling);
}
