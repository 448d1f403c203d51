//! Tests of numerics: every operator against arithmetic done another way, on values that matter
//! and on random ones.

mod exact;

use std::vec;
use std::vec::Vec;

/// Random bits (xorshift64*), the same in every run.
struct Random(u64);

impl Random {
    fn new() -> Random {
        Random(0x9e37_79b9_7f4a_7c15)
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// The bits of floats with `mantissa` bits of fraction where something happens: zeros, subnormals,
/// ones, integers and halves, bounds of integer types, infinities, and NaNs with payloads, of both
/// signs and with their neighbours.
fn special_floats(mantissa: u32, exponent: u32) -> Vec<u64> {
    let infinity = ((1 << exponent) - 1) << mantissa;
    let bias = (1 << (exponent - 1)) - 1;
    let mut bits =
        vec![0, infinity, infinity | 1 << (mantissa - 1), (1 << (mantissa + exponent)) - 1];
    let powers = [-149, -126, -2, -1, 0, 1, 2, 7, 8, 15, 16, 23, 24, 31, 32, 52, 53, 63, 64, 127];
    for power in powers {
        let biased = (bias + power).clamp(0, 2 * bias) as u64;
        for fraction in [0, 1 << (mantissa - 1), 3 << (mantissa - 2)] {
            bits.push(biased << mantissa | fraction);
        }
    }
    let around = bits.into_iter().flat_map(|bits| [bits.saturating_sub(1), bits, bits + 1]);
    let sign = 1 << (mantissa + exponent);
    let mut bits: Vec<u64> = around.filter(|bits| bits & sign == 0).collect();
    bits.sort_unstable();
    bits.dedup();
    bits.iter().flat_map(|bits| [*bits, bits | sign]).collect()
}

fn special_f32() -> Vec<f32> {
    special_floats(23, 8).into_iter().map(|bits| f32::from_bits(bits as u32)).collect()
}

fn special_f64() -> Vec<f64> {
    special_floats(52, 11).into_iter().map(f64::from_bits).collect()
}
