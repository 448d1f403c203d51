//! Properties of floats that the reference does not cover: the payloads of NaNs.

use pretty_assertions::assert_eq;
use wattle_ast::Opcode;
use wattle_numerics::simd::ternary;
use wattle_numerics::{Nan, Profile, Relaxed, Slot, binary, unary};

use super::Lane;

/// The result of an operator on one number.
fn of_one<A: Slot, R: Slot>(op: Opcode, a: A, nan: Nan) -> R {
    R::from_slot(unary(op, a.into_slot(), nan).unwrap().unwrap())
}

/// The result of an operator on two numbers.
fn of_two<A: Slot>(op: Opcode, a: A, b: A, nan: Nan) -> A {
    A::from_slot(binary(op, a.into_slot(), b.into_slot(), nan).unwrap().unwrap())
}

/// `a * b + c`, rounded once if `fused`.
fn madd(a: f64, b: f64, c: f64, fused: bool, nan: Nan) -> f64 {
    let profile = Profile { nan, relaxed: Relaxed { fused_madd: fused, ..Relaxed::default() } };
    let [a, b, c] = [a, b, c].map(|x| f64::build(|_| x));
    let [sum, other] = f64::lanes(ternary(Opcode::F64x2RelaxedMadd, a, b, c, profile).unwrap());
    assert_eq!(sum.to_bits(), other.to_bits());
    sum
}

#[test]
fn native_nans_keep_their_payloads() {
    let native = Nan::Native;
    let long = f64::from_bits(0xfff4_0000_2000_0001);
    let demoted: f32 = of_one(Opcode::F32DemoteF64, long, native);
    assert_eq!(demoted.to_bits(), 0xffe0_0001);
    let promoted: f64 = of_one(Opcode::F64PromoteF32, f32::from_bits(0xffa0_0001), native);
    assert_eq!(promoted.to_bits(), 0xfffc_0000_2000_0000);
    let nan = f32::from_bits(0xff80_0001);
    let nearest: f32 = of_one(Opcode::F32Nearest, nan, native);
    assert_eq!(nearest.to_bits(), 0xffc0_0001);
    assert_eq!(of_two(Opcode::F32Min, nan, 1.0, native).to_bits(), 0xffc0_0001);
    assert_eq!(of_two(Opcode::F32Max, 1.0, nan, native).to_bits(), 0xffc0_0001);
}

#[test]
fn canonical_nans_are_positive() {
    let canonical = Nan::Canonical;
    let nan = f64::from_bits(0xfff4_0000_2000_0001);
    for result in [
        of_one(Opcode::F64Nearest, nan, canonical),
        of_two(Opcode::F64Min, 1.0, nan, canonical),
        of_two(Opcode::F64Max, nan, 1.0, canonical),
        madd(f64::INFINITY, 0.0, 1.0, true, canonical),
        madd(f64::INFINITY, 1.0, f64::NEG_INFINITY, true, canonical),
    ] {
        assert_eq!(result.to_bits(), 0x7ff8_0000_0000_0000);
    }
    let demoted: f32 = of_one(Opcode::F32DemoteF64, nan, canonical);
    assert_eq!(demoted.to_bits(), 0x7fc0_0000);
}

#[test]
fn infinities_outlast_overflow_in_a_fused_product() {
    let product = madd(f64::MAX, f64::MAX, f64::NEG_INFINITY, true, Nan::Canonical);
    assert_eq!(product, f64::NEG_INFINITY);
}

#[test]
fn a_fused_product_is_rounded_once() {
    let (x, y) = (1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
    assert_eq!(madd(x, y, -1.0, false, Nan::Canonical), 0.0);
    assert_eq!(madd(x, y, -1.0, true, Nan::Canonical), -f64::EPSILON * f64::EPSILON);
}

#[test]
fn the_profile_says_which_nan_leaves_an_operator() {
    // This NaN is quiet, so that an operator without a choice leaves it as it is.
    let nan = f32::from_bits(0xffe0_0001);
    let ceil = |choice| of_one::<f32, f32>(Opcode::F32Ceil, nan, choice).to_bits();
    assert_eq!(ceil(Nan::Canonical), 0x7fc0_0000);
    assert_eq!(ceil(Nan::Negative), 0xffc0_0000);
    assert_eq!(ceil(Nan::Native), 0xffe0_0001);
    assert_eq!(of_two(Opcode::F64Add, 1.0, 0.5, Nan::Canonical), 1.5);
    assert_eq!(of_two(Opcode::F64Add, 1.0, 0.5, Nan::Negative), 1.5);
}
