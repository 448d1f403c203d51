//! Every operator compared with arithmetic done in another way, on special and on random values.

mod choices;
mod dispatch;
mod floats;
mod moves;
mod operators;
mod reference;
mod relations;
mod rounding;

use wattle_ast::{ArrowType, Opcode, V128};
use wattle_numerics::{Error, Nan, Profile, Relaxed, RelaxedMinMax, RelaxedTrunc};
use wattle_numerics::{binary, simd, unary, wide};

/// Random bits (xorshift64*), which are the same in every run.
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

/// The bits of special floats with `mantissa` bits of fraction: zeros, subnormals, ones, integers
/// and halves, bounds of integer types, infinities, and NaNs with payloads, of both signs and with
/// their neighbours.
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

/// Special integers, which are cut to any width.
fn special_integers() -> Vec<u64> {
    let mut integers = vec![0, u64::MAX, 0x0123_4567_89ab_cdef, 0xaaaa_aaaa_aaaa_aaaa];
    for power in [0, 1, 3, 7, 8, 14, 15, 16, 23, 24, 25, 30, 31, 32, 52, 53, 54, 62, 63] {
        let bit = 1_u64 << power;
        integers.extend([bit, bit - 1, bit + 1, bit.wrapping_neg(), bit | 1 << 63, bit | bit >> 1]);
    }
    integers.sort_unstable();
    integers.dedup();
    integers
}

/// A vector from one number, lane 0 lowest.
fn vector(bits: u128) -> V128 {
    V128(bits.to_le_bytes())
}

/// Vectors of lanes of a type.
trait Lane: Copy {
    /// All lanes of a vector.
    type Lanes;

    /// The lanes of a vector.
    fn lanes(v: V128) -> Self::Lanes;
    /// The vector of these lanes.
    fn build(lane: impl FnMut(usize) -> Self) -> V128;
}

macro_rules! lanes {
    ($( $lane:ident $count:literal; )*) => { $(
        impl Lane for $lane {
            type Lanes = [$lane; $count];

            fn lanes(v: V128) -> [$lane; $count] {
                let (chunks, _) = v.0.as_chunks::<{ 16 / $count }>();
                std::array::from_fn(|i| $lane::from_le_bytes(chunks[i]))
            }

            fn build(lane: impl FnMut(usize) -> $lane) -> V128 {
                let lanes: [$lane; $count] = std::array::from_fn(lane);
                let bytes = lanes.map(|lane| lane.to_le_bytes()).concat();
                V128(bytes.try_into().unwrap())
            }
        }
    )* };
}

lanes! { u8 16; i8 16; u16 8; i16 8; u32 4; i32 4; f32 4; f64 2; }

/// Runs an instruction without immediates on operands as bits; `None` if no function has an arm for
/// the instruction.
fn run(op: Opcode, operands: &[u128], profile: Profile) -> Option<Result<u128, Error>> {
    use ArrowType::{i32, v128};
    let arrow = op.info().arrow?;
    let slot = |i: usize| operands[i] as u64;
    let v = |i: usize| vector(operands[i]);
    let from_vector = |v: Option<V128>| v.map(|v| Ok(u128::from_le_bytes(v.0)));
    let number = |slot: Result<u64, Error>| slot.map(u128::from);
    match (arrow.params, arrow.results) {
        ([_, _, _, _], [_, _]) => wide(op, (slot(0), slot(1)), (slot(2), slot(3)))
            .map(|(low, high)| Ok(u128::from(low) | u128::from(high) << 64)),
        ([_, _], [_, _]) => wide(op, (slot(0), 0), (slot(1), 0))
            .map(|(low, high)| Ok(u128::from(low) | u128::from(high) << 64)),
        ([v128], [v128]) => from_vector(simd::unary(op, v(0), profile)),
        ([v128, v128], [v128]) => from_vector(simd::binary(op, v(0), v(1), profile)),
        ([v128, v128, v128], [v128]) => from_vector(simd::ternary(op, v(0), v(1), v(2), profile)),
        ([v128, i32], [v128]) => from_vector(simd::shift(op, v(0), slot(1) as u32)),
        ([v128], [i32]) => simd::test(op, v(0)).map(|bits| Ok(bits.into())),
        ([_], [v128]) => from_vector(simd::from_number(op, slot(0))),
        ([_], [_]) => unary(op, slot(0), profile.nan).map(number),
        ([_, _], [_]) => binary(op, slot(0), slot(1), profile.nan).map(number),
        _ => None,
    }
}

/// The profile that leaves NaNs to the processor.
const NATIVE: Profile = {
    let relaxed = Relaxed {
        fused_madd: false,
        min: RelaxedMinMax::Strict,
        max: RelaxedMinMax::Strict,
        unsigned_dot: false,
        wrapping_q15mulr: false,
        trunc_s: RelaxedTrunc::Saturate,
        trunc_u: RelaxedTrunc::Saturate,
        modulo_swizzle: false,
        top_bit_laneselect: false,
    };
    Profile { nan: Nan::Native, relaxed }
};
