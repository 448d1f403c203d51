//! Every instruction without immediates compared with the reference, on special and random
//! operands.

use wattle_ast::{Class, Opcode};
use wattle_numerics::{Error, Profile};

use super::reference::{Want, conversion, float, lane, lanes};
use super::{NATIVE, Random, run, special_f32, special_f64, special_integers};

/// The shape in a name like `i32` or `i16x8`: float or integer, width and number of lanes.
#[derive(Clone, Copy)]
struct Shape {
    is_float: bool,
    width: u32,
    count: u32,
}

impl Shape {
    fn parse(name: &str) -> Option<Shape> {
        let (width, count) = name.get(1..)?.split_once('x').unwrap_or((&name[1..], "1"));
        let is_float = name.starts_with('f');
        (is_float || name.starts_with(['i', 'v'])).then_some(())?;
        Some(Shape { is_float, width: width.parse().ok()?, count: count.parse().ok()? })
    }

    fn lanes(self, value: u128) -> Vec<u128> {
        lanes(value, self.width, self.count)
    }
}

/// The parts of a mnemonic: `i16x8.extmul_low_i8x16_s` is `extmul`, low half, of `i8x16`, signed.
struct Parts {
    op: String,
    shape: Shape,
    source: Option<Shape>,
    half: Option<bool>,
    signed: bool,
}

fn parts(op: Opcode) -> Parts {
    let (shape, rest) = op.mnemonic().split_once('.').unwrap();
    let mut parts = Parts {
        op: String::new(),
        shape: Shape::parse(shape).unwrap(),
        source: None,
        half: None,
        signed: false,
    };
    let mut words = Vec::new();
    for word in rest.split('_') {
        match word {
            "s" => parts.signed = true,
            "u" | "zero" => {}
            "low" => parts.half = Some(false),
            "high" => parts.half = Some(true),
            _ => match Shape::parse(word) {
                Some(source) => parts.source = parts.source.or(Some(source)),
                None => words.push(word),
            },
        }
    }
    parts.op = words.join("_");
    parts
}

/// The expected lanes of an instruction, or its expected error.
fn expected(parts: &Parts, operands: &[u128]) -> Result<Vec<Want>, Error> {
    let Parts { op, shape, source, half, signed } = parts;
    let (shape, signed) = (*shape, *signed);
    let bits = |values: Vec<u128>| Ok(values.into_iter().map(Want::Bits).collect());
    let each: Vec<Vec<u128>> = operands.iter().map(|value| shape.lanes(*value)).collect();
    let lane_bits =
        |op: &str, is_float, width, args: &[u128]| match lane(op, signed, is_float, width, args) {
            Some(Ok(Want::Bits(bits))) => bits,
            other => panic!("{op}: {other:?}"),
        };
    let extended = |source: Shape, signed: bool, value: u128| match conversion(
        "extend",
        signed,
        (source.width, shape.width),
        value,
    ) {
        Some(Ok(Want::Bits(bits))) => bits,
        other => panic!("extend: {other:?}"),
    };
    if let Some(source) = *source {
        let args: Vec<Vec<u128>> = operands.iter().map(|value| source.lanes(*value)).collect();
        let start = if *half == Some(true) { shape.count as usize } else { 0 };
        let wide = |arg: usize, i: usize| extended(source, signed, args[arg][i]);
        let add = |a, b| lane_bits("add", false, shape.width, &[a, b]);
        let mul = |a, b| lane_bits("mul", false, shape.width, &[a, b]);
        let count = shape.count as usize;
        let products = |i: usize| {
            [mul(wide(0, 2 * i), wide(1, 2 * i)), mul(wide(0, 2 * i + 1), wide(1, 2 * i + 1))]
        };
        return match op.as_str() {
            "extmul" => bits((start..start + count).map(|i| mul(wide(0, i), wide(1, i))).collect()),
            "extadd_pairwise" => {
                bits((0..count).map(|i| add(wide(0, 2 * i), wide(0, 2 * i + 1))).collect())
            }
            "dot" => bits((0..count).map(|i| add(products(i)[0], products(i)[1])).collect()),
            "relaxed_dot" => {
                let sum = |i| lane_bits("add_sat", false, shape.width, &products(i));
                bits((0..count).map(sum).collect())
            }
            "relaxed_dot_add" => {
                // Sums of pairs of the four products saturate at 16 bits only where both products
                // are 2^14.
                let sum = |i: usize| {
                    let pair = |j: usize| {
                        let product = |k: usize| {
                            let value = |arg: usize| i64::from(args[arg][4 * i + 2 * j + k] as i8);
                            value(0) * value(1)
                        };
                        (product(0) + product(1)).clamp(-0x8000, 0x7fff)
                    };
                    add((pair(0) + pair(1)) as u32 as u128, shape.lanes(operands[2])[i])
                };
                bits((0..count).map(sum).collect())
            }
            _ => {
                let taken: Vec<u128> = args.concat().into_iter().skip(start).take(count).collect();
                let mut wants = taken
                    .into_iter()
                    .map(|value| {
                        conversion(op, signed, (source.width, shape.width), value)
                            .unwrap_or_else(|| panic!("{op} has no reference"))
                    })
                    .collect::<Result<Vec<Want>, Error>>()?;
                wants.resize(count, Want::Bits(0));
                Ok(wants)
            }
        };
    }
    match op.as_str() {
        "swizzle" | "relaxed_swizzle" => {
            let at = |i: &u128| each[0].get(*i as usize).copied().unwrap_or(0);
            bits(each[1].iter().map(at).collect())
        }
        "splat" => bits(vec![each[0][0]; shape.count as usize]),
        "any_true" => bits(vec![u128::from(operands[0] != 0)]),
        "all_true" => bits(vec![u128::from(each[0].iter().all(|lane| *lane != 0))]),
        "bitmask" => {
            let tops = each[0].iter().enumerate().map(|(i, lane)| lane >> (shape.width - 1) << i);
            bits(vec![tops.sum()])
        }
        _ => (0..shape.count as usize)
            .map(|i| {
                let shifts = shape.count > 1 && matches!(op.as_str(), "shl" | "shr");
                let arg = |(n, lanes): (usize, &Vec<u128>)| {
                    if shifts && n == 1 { operands[1] } else { lanes[i] }
                };
                let args: Vec<u128> = each.iter().enumerate().map(arg).collect();
                let want = lane(op, signed, shape.is_float, shape.width, &args)
                    .unwrap_or_else(|| panic!("{op} has no reference"))?;
                let compares = matches!(op.as_str(), "eq" | "ne" | "lt" | "gt" | "le" | "ge");
                Ok(match want {
                    Want::Bits(1) if shape.count > 1 && compares => {
                        Want::Bits(u128::MAX >> (128 - shape.width))
                    }
                    want => want,
                })
            })
            .collect(),
    }
}

/// Whether bits are a quiet NaN, and the canonical NaN if every NaN among the operands is
/// canonical.
fn native_nan(bits: u128, width: u32, canonical_operands: bool) -> bool {
    let quiet = 1 << (if width == 32 { 22 } else { 51 });
    let payload = bits & (2 * quiet - 1);
    float(bits, width).is_nan()
        && if canonical_operands { payload == quiet } else { payload & quiet != 0 }
}

/// Whether every NaN among the lanes of the operands is canonical.
fn canonical_operands(parts: &Parts, operands: &[u128]) -> bool {
    let shape = parts.source.unwrap_or(parts.shape);
    let fraction = if shape.width == 32 { 23 } else { 52 };
    operands.iter().flat_map(|value| shape.lanes(*value)).all(|bits| {
        !float(bits, shape.width).is_nan() || bits & ((1 << fraction) - 1) == 1 << (fraction - 1)
    })
}

fn check(op: Opcode, parts: &Parts, operands: &[u128]) {
    let want = expected(parts, operands);
    for profile in [Profile::default(), NATIVE] {
        let got = run(op, operands, profile).unwrap();
        let about = || format!("{op} {operands:x?} {:?}: {got:x?}, not {want:x?}", profile.nan);
        let (got, want) = match (got, &want) {
            (Ok(got), Ok(want)) => (got, want),
            (Err(got), Err(want)) if got == *want => continue,
            _ => panic!("{}", about()),
        };
        // Tests and comparisons of numbers give an `i32`, whatever the width of their operands.
        let width = if want.len() == 1 { 128 } else { parts.shape.width };
        for (bits, want) in lanes(got, width, want.len() as u32).into_iter().zip(want) {
            let right = match want {
                Want::Bits(want) => bits == *want,
                Want::Nan if profile == NATIVE => {
                    let canonical = canonical_operands(parts, operands);
                    native_nan(bits, parts.shape.width, canonical)
                }
                Want::Nan if parts.shape.width == 32 => bits == 0x7fc0_0000,
                Want::Nan => bits == 0x7ff8_0000_0000_0000,
            };
            assert!(right, "{}", about());
        }
    }
}

/// The numbers that operands are made from, up to 64 bits wide.
fn pool(shape: Shape) -> Vec<u64> {
    match (shape.is_float, shape.width) {
        (true, 32) => special_f32().iter().map(|x| x.to_bits().into()).collect(),
        (true, _) => special_f64().iter().map(|x| x.to_bits()).collect(),
        _ => special_integers(),
    }
}

fn check_all(class: Class, pairs: usize) {
    let mut random = Random::new();
    for &op in Opcode::ALL {
        let info = op.info();
        let Some(arrow) = info.arrow else { continue };
        // Wide arithmetic has a test of its own.
        if info.class != class || !info.kinds.is_empty() || arrow.results.len() != 1 {
            continue;
        }
        let parts = parts(op);
        let source = parts.source.unwrap_or(parts.shape);
        let pool = pool(source);
        let numbers = source.count == 1 && source.width <= 64;
        let mut cases = Vec::new();
        if numbers && arrow.params.len() == 1 {
            cases.extend(pool.iter().map(|a| vec![u128::from(*a)]));
        } else if numbers {
            cases.extend(pool.iter().flat_map(|a| {
                pool.iter().step_by(3).map(|b| vec![u128::from(*a), u128::from(*b)])
            }));
        }
        for case in 0..pairs {
            // A vector of special lanes, of random lanes, or of both.
            let mut operand = || {
                let mut lane = || match (random.bits() as usize + case) % 4 {
                    0 => random.bits(),
                    _ => pool[random.bits() as usize % pool.len()],
                };
                let width = if numbers { 64 } else { source.width.min(64) };
                (0..128 / width).fold(0, |v, i| {
                    v | u128::from(lane() & u64::MAX >> (64 - width)) << (i * width)
                })
            };
            let operands = (0..arrow.params.len()).map(|_| operand());
            cases.push(if numbers {
                operands.map(|value| u128::from(value as u64)).collect()
            } else {
                operands.collect()
            });
        }
        for mut case in cases {
            if numbers && source.width == 32 {
                // Bits above a 32-bit number are ignored.
                let long = run(op, &case, Profile::default());
                case.iter_mut().for_each(|value| *value &= 0xffff_ffff);
                assert_eq!(long, run(op, &case, Profile::default()), "{op} {case:x?}");
            }
            check(op, &parts, &case);
        }
    }
}

#[test]
fn numbers() {
    check_all(Class::Numeric, 2_000);
}

#[test]
fn vectors() {
    check_all(Class::Vector, 2_000);
}
