//! The choices of relaxed instructions, apart from those of the deterministic profile.

use pretty_assertions::assert_eq;
use wattle_ast::{Opcode, V128};
use wattle_numerics::simd::{binary, ternary, unary};
use wattle_numerics::{Nan, Profile, Relaxed, RelaxedMinMax, RelaxedTrunc};

use super::Lane;

fn profile(relaxed: Relaxed) -> Profile {
    Profile { nan: Nan::Canonical, relaxed }
}

fn singles(lanes: [f32; 4]) -> V128 {
    f32::build(|i| lanes[i])
}

#[test]
fn fused_madd() {
    let (x, y) = (1.0 + f32::EPSILON, 1.0 - f32::EPSILON);
    let (a, b, c) = (singles([x; 4]), singles([y; 4]), singles([-1.0; 4]));
    let fused = profile(Relaxed { fused_madd: true, ..Relaxed::default() });
    let madd = |profile| f32::lanes(ternary(Opcode::F32x4RelaxedMadd, a, b, c, profile).unwrap());
    assert_eq!(madd(Profile::default()), [0.0; 4]);
    assert_eq!(madd(fused), [-f32::EPSILON * f32::EPSILON; 4]);
    let c = singles([1.0; 4]);
    let nmadd = f32::lanes(ternary(Opcode::F32x4RelaxedNmadd, a, b, c, fused).unwrap());
    assert_eq!(nmadd, [f32::EPSILON * f32::EPSILON; 4]);
}

#[test]
fn min_max() {
    let a = singles([f32::NAN, 1.0, 0.0, -0.0]);
    let b = singles([1.0, f32::NAN, -0.0, 0.0]);
    let run = |op, choice| {
        let relaxed = Relaxed { min: choice, max: choice, ..Relaxed::default() };
        binary(op, a, b, profile(relaxed)).unwrap()
    };
    for op in [Opcode::F32x4RelaxedMin, Opcode::F32x4RelaxedMax] {
        assert_eq!(run(op, RelaxedMinMax::First), a);
        assert_eq!(run(op, RelaxedMinMax::Second), b);
    }
    let number = |op| run(op, RelaxedMinMax::Number);
    assert_eq!(number(Opcode::F32x4RelaxedMin), singles([1.0, 1.0, -0.0, -0.0]));
    assert_eq!(number(Opcode::F32x4RelaxedMax), singles([1.0, 1.0, 0.0, 0.0]));
    // Ordinary numbers have the same result with every choice.
    let (a, b) = (singles([1.0, 4.0, -1.0, f32::INFINITY]), singles([2.0, 3.0, -2.0, 0.0]));
    for choice in [RelaxedMinMax::First, RelaxedMinMax::Second, RelaxedMinMax::Number] {
        let relaxed = Relaxed { min: choice, max: choice, ..Relaxed::default() };
        let run = |op| binary(op, a, b, profile(relaxed));
        assert_eq!(run(Opcode::F32x4RelaxedMin), Some(singles([1.0, 3.0, -2.0, 0.0])));
        assert_eq!(run(Opcode::F32x4RelaxedMax), Some(singles([2.0, 4.0, -1.0, f32::INFINITY])));
    }
}

#[test]
fn trunc() {
    let indefinite = profile(Relaxed {
        trunc_s: RelaxedTrunc::Indefinite,
        trunc_u: RelaxedTrunc::Indefinite,
        ..Relaxed::default()
    });
    let single = singles([f32::NAN, 2_147_483_648.0, -1.5, 7.9]);
    let run = |op, v| unary(op, v, indefinite).unwrap();
    let signed = i32::lanes(run(Opcode::I32x4RelaxedTruncF32x4S, single));
    assert_eq!(signed, [i32::MIN, i32::MIN, -1, 7]);
    let unsigned = u32::lanes(run(Opcode::I32x4RelaxedTruncF32x4U, single));
    assert_eq!(unsigned, [u32::MAX, 1 << 31, u32::MAX, 7]);
    let double = f64::build(|i| [-0.9, f64::INFINITY][i]);
    let signed = i32::lanes(run(Opcode::I32x4RelaxedTruncF64x2SZero, double));
    assert_eq!(signed, [0, i32::MIN, 0, 0]);
    let unsigned = u32::lanes(run(Opcode::I32x4RelaxedTruncF64x2UZero, double));
    assert_eq!(unsigned, [0, u32::MAX, 0, 0]);
}

#[test]
fn swizzle() {
    let a = u8::build(|i| i as u8 + 100);
    let b = u8::build(|i| [0, 15, 16, 31, 127, 128, 255, 18][i % 8]);
    let modulo = profile(Relaxed { modulo_swizzle: true, ..Relaxed::default() });
    let run = |profile| binary(Opcode::I8x16RelaxedSwizzle, a, b, profile).unwrap();
    let want = [100, 115, 100, 115, 115, 0, 0, 102];
    assert_eq!(run(modulo), u8::build(|i| want[i % 8]));
    let want = [100, 115, 0, 0, 0, 0, 0, 0];
    assert_eq!(run(Profile::default()), u8::build(|i| want[i % 8]));
}

#[test]
fn laneselect() {
    let (a, b, mask) = (V128([0xff; 16]), V128([0; 16]), u16::build(|i| [0x8001, 0x7ffe][i % 2]));
    let top = profile(Relaxed { top_bit_laneselect: true, ..Relaxed::default() });
    let run = |op, profile| ternary(op, a, b, mask, profile).unwrap();
    assert_eq!(run(Opcode::I16x8RelaxedLaneselect, Profile::default()), mask);
    assert_eq!(run(Opcode::I16x8RelaxedLaneselect, top), u16::build(|i| [0xffff, 0][i % 2]));
    // Among the bytes 0x01, 0x80, 0xfe and 0x7f, the second and the third have the top bit set.
    let bytes = u8::build(|i| [0, 0xff, 0xff, 0][i % 4]);
    assert_eq!(run(Opcode::I8x16RelaxedLaneselect, top), bytes);
    assert_eq!(run(Opcode::I32x4RelaxedLaneselect, top), V128([0; 16]));
    assert_eq!(run(Opcode::I64x2RelaxedLaneselect, top), V128([0; 16]));
}

#[test]
fn q15mulr() {
    let least = i16::build(|_| i16::MIN);
    let wrapping = profile(Relaxed { wrapping_q15mulr: true, ..Relaxed::default() });
    let run = |profile| binary(Opcode::I16x8RelaxedQ15mulrS, least, least, profile);
    assert_eq!(run(Profile::default()), Some(i16::build(|_| i16::MAX)));
    assert_eq!(run(wrapping), Some(least));
}

#[test]
fn dot() {
    let (a, b) = (i8::build(|i| [-128, 100][i % 2]), i8::build(|i| [-1, 2][i % 2]));
    let unsigned = profile(Relaxed { unsigned_dot: true, ..Relaxed::default() });
    let run = |profile| binary(Opcode::I16x8RelaxedDotI8x16I7x16S, a, b, profile);
    assert_eq!(run(Profile::default()), Some(i16::build(|_| 128 + 200)));
    assert_eq!(run(unsigned), Some(i16::build(|_| -128 * 255 + 200)));
    let add = ternary(Opcode::I32x4RelaxedDotI8x16I7x16AddS, a, b, i32::build(|_| 5), unsigned);
    assert_eq!(add, Some(i32::build(|_| 2 * (-128 * 255 + 200) + 5)));
}
