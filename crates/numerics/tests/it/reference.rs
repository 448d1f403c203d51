//! A slow reference: it reads the operation from the mnemonic, and computes it lane by lane in wide
//! integers or in floats of the standard library.

use wattle_numerics::Error;

/// The expected value of a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    Bits(u128),
    /// Any NaN that an operator can make.
    Nan,
}

use Want::{Bits, Nan};

/// The lanes of a value of any width.
pub(super) fn lanes(value: u128, width: u32, count: u32) -> Vec<u128> {
    (0..count).map(|i| cut(value.checked_shr(i * width).unwrap_or(0) as i128, width)).collect()
}

/// The integer modulo `2^width`, as bits.
fn cut(value: i128, width: u32) -> u128 {
    value as u128 & u128::MAX >> (128 - width)
}

/// The integer with these bits.
fn integer(bits: u128, width: u32, signed: bool) -> i128 {
    let shift = 128 - width;
    if signed { (bits << shift) as i128 >> shift } else { cut(bits as i128, width) as i128 }
}

fn range(width: u32, signed: bool) -> (i128, i128) {
    if signed { (-(1 << (width - 1)), (1 << (width - 1)) - 1) } else { (0, (1 << width) - 1) }
}

fn saturate(value: i128, width: u32, signed: bool) -> u128 {
    let (low, high) = range(width, signed);
    cut(value.clamp(low, high), width)
}

/// The float with these bits, as an `f64`.
pub(super) fn float(bits: u128, width: u32) -> f64 {
    if width == 32 { f32::from_bits(bits as u32).into() } else { f64::from_bits(bits as u64) }
}

/// Rounds a result that was computed in `f64` to the width. For sums, products, quotients and roots
/// of `f32`, this equals rounding once.
fn rounded(value: f64, width: u32) -> Want {
    if value.is_nan() {
        Nan
    } else if width == 32 {
        Bits((value as f32).to_bits().into())
    } else {
        Bits(value.to_bits().into())
    }
}

/// Rounds an integer to a float, in integer arithmetic.
fn convert(value: i128, width: u32) -> Want {
    let precision = if width == 32 { 24 } else { 53 };
    let magnitude = value.unsigned_abs();
    let drop = (128 - magnitude.leading_zeros()).saturating_sub(precision);
    let (kept, rest) = (magnitude >> drop, magnitude & ((1 << drop) - 1));
    let up = 2 * rest > 1 << drop || (2 * rest == 1 << drop && kept % 2 == 1);
    let exact = ((kept + u128::from(up && drop > 0)) << drop) as f64;
    rounded(if value < 0 { -exact } else { exact }, width)
}

/// Drops the fraction of a float; `None` if it has no integer value. Numbers beyond an `i128` are
/// cut to values that are also beyond the range of every instruction.
fn truncated(value: f64) -> Option<i128> {
    if value.is_nan() {
        return None;
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let significand = i128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let magnitude = match exponent {
        ..-52 => 0,
        -52..0 => significand >> -exponent,
        _ => significand << exponent.min(20),
    };
    Some(if value < 0.0 { -magnitude } else { magnitude })
}

/// The result for one lane, or for a number. `op` is the operator without its sign; `signed` is the
/// sign.
pub(super) fn lane(
    op: &str,
    signed: bool,
    is_float: bool,
    width: u32,
    args: &[u128],
) -> Option<Result<Want, Error>> {
    if is_float { float_lane(op, width, args).map(Ok) } else { int_lane(op, signed, width, args) }
}

fn int_lane(op: &str, signed: bool, width: u32, args: &[u128]) -> Option<Result<Want, Error>> {
    let arg = |i: usize| integer(args[i], width, signed);
    let count = || args[1] as u32 % width;
    let value = match (op, args.len()) {
        ("clz", 1) => (0..width).rev().take_while(|bit| args[0] >> bit & 1 == 0).count() as i128,
        ("ctz", 1) => (0..width).take_while(|bit| args[0] >> bit & 1 == 0).count() as i128,
        ("popcnt", 1) => (0..width).filter(|bit| args[0] >> bit & 1 == 1).count() as i128,
        ("abs", 1) => integer(args[0], width, true).abs(),
        ("neg", 1) => -arg(0),
        ("not", 1) => !(args[0] as i128),
        ("eqz", 1) => i128::from(arg(0) == 0),
        ("extend8", 1) => integer(args[0], 8, true),
        ("extend16", 1) => integer(args[0], 16, true),
        ("extend32", 1) => integer(args[0], 32, true),
        ("add", 2) => arg(0) + arg(1),
        ("sub", 2) => arg(0) - arg(1),
        ("mul", 2) => arg(0).wrapping_mul(arg(1)),
        ("div" | "rem", 2) if arg(1) == 0 => return Some(Err(Error::DivideByZero)),
        ("div", 2) if arg(0) / arg(1) > range(width, signed).1 => {
            return Some(Err(Error::IntegerOverflow));
        }
        ("div", 2) => arg(0) / arg(1),
        ("rem", 2) => arg(0) % arg(1),
        ("and", 2) => (args[0] & args[1]) as i128,
        ("andnot", 2) => (args[0] & !args[1]) as i128,
        ("or", 2) => (args[0] | args[1]) as i128,
        ("xor", 2) => (args[0] ^ args[1]) as i128,
        ("shl", 2) => arg(0) << count(),
        ("shr", 2) => arg(0) >> count(),
        ("rotl", 2) => ((args[0] | args[0] << width) >> (width - count())) as i128,
        ("rotr", 2) => ((args[0] | args[0] << width) >> count()) as i128,
        ("eq", 2) => i128::from(arg(0) == arg(1)),
        ("ne", 2) => i128::from(arg(0) != arg(1)),
        ("lt", 2) => i128::from(arg(0) < arg(1)),
        ("gt", 2) => i128::from(arg(0) > arg(1)),
        ("le", 2) => i128::from(arg(0) <= arg(1)),
        ("ge", 2) => i128::from(arg(0) >= arg(1)),
        ("min", 2) => arg(0).min(arg(1)),
        ("max", 2) => arg(0).max(arg(1)),
        ("add_sat", 2) => saturate(arg(0) + arg(1), width, signed) as i128,
        ("sub_sat", 2) => saturate(arg(0) - arg(1), width, signed) as i128,
        ("avgr", 2) => (arg(0) + arg(1) + 1) / 2,
        ("q15mulr_sat" | "relaxed_q15mulr", 2) => {
            saturate((arg(0) * arg(1) + (1 << 14)) >> 15, width, true) as i128
        }
        ("relaxed_laneselect" | "bitselect", 3) => {
            let bit = |i: u32| if args[2] >> i & 1 == 1 { args[0] } else { args[1] } & 1 << i;
            (0..width).map(bit).sum::<u128>() as i128
        }
        _ => return None,
    };
    Some(Ok(Bits(cut(value, width))))
}

fn float_lane(op: &str, width: u32, args: &[u128]) -> Option<Want> {
    let arg = |i: usize| float(args[i], width);
    let sign = 1 << (width - 1);
    let unordered = args.iter().any(|arg| float(*arg, width).is_nan());
    let truth = |holds: bool| Some(Bits(holds.into()));
    // The greater or the lesser operand. Zeros are ordered by their signs.
    let pick = |greater: bool| {
        let key = |i: usize| (arg(i), (args[i] & sign == 0) as u8);
        let second = if greater { key(1) > key(0) } else { key(1) < key(0) };
        Bits(args[usize::from(second)])
    };
    match (op, args.len()) {
        ("abs", 1) => return Some(Bits(args[0] & !sign)),
        ("neg", 1) => return Some(Bits(args[0] ^ sign)),
        ("copysign", 2) => return Some(Bits(args[0] & !sign | args[1] & sign)),
        ("pmin", 2) => return Some(Bits(args[usize::from(arg(1) < arg(0))])),
        ("pmax", 2) => return Some(Bits(args[usize::from(arg(0) < arg(1))])),
        ("eq", 2) => return truth(arg(0) == arg(1)),
        ("ne", 2) => return truth(arg(0) != arg(1)),
        ("lt", 2) => return truth(arg(0) < arg(1)),
        ("gt", 2) => return truth(arg(0) > arg(1)),
        ("le", 2) => return truth(arg(0) <= arg(1)),
        ("ge", 2) => return truth(arg(0) >= arg(1)),
        ("min" | "relaxed_min", 2) => return Some(if unordered { Nan } else { pick(false) }),
        ("max" | "relaxed_max", 2) => return Some(if unordered { Nan } else { pick(true) }),
        _ => {}
    }
    let value = match (op, args.len()) {
        ("ceil", 1) => arg(0).ceil(),
        ("floor", 1) => arg(0).floor(),
        ("trunc", 1) => arg(0).trunc(),
        ("nearest", 1) => arg(0).round_ties_even(),
        ("sqrt", 1) => arg(0).sqrt(),
        ("add", 2) => arg(0) + arg(1),
        ("sub", 2) => arg(0) - arg(1),
        ("mul", 2) => arg(0) * arg(1),
        ("div", 2) => arg(0) / arg(1),
        ("relaxed_madd" | "relaxed_nmadd", 3) => {
            let first = if op == "relaxed_nmadd" { -arg(0) } else { arg(0) };
            match rounded(first * arg(1), width) {
                Bits(product) => float(product, width) + arg(2),
                Nan => f64::NAN,
            }
        }
        _ => return None,
    };
    Some(rounded(value, width))
}

/// The result of a conversion for one lane, or for a number, from one width to another.
pub(super) fn conversion(
    op: &str,
    signed: bool,
    (from, to): (u32, u32),
    arg: u128,
) -> Option<Result<Want, Error>> {
    let (low, high) = range(to, signed);
    Some(Ok(match op {
        "wrap" => Bits(cut(arg as i128, to)),
        "reinterpret" => Bits(arg),
        "extend" => Bits(cut(integer(arg, from, signed), to)),
        "narrow" => Bits(saturate(integer(arg, from, true), to, signed)),
        "convert" => convert(integer(arg, from, signed), to),
        "demote" | "promote" => rounded(float(arg, from), to),
        "trunc_sat" | "relaxed_trunc" => {
            Bits(saturate(truncated(float(arg, from)).unwrap_or(0), to, signed))
        }
        "trunc" => match truncated(float(arg, from)) {
            None => return Some(Err(Error::InvalidConversion)),
            Some(value) if value < low || value > high => {
                return Some(Err(Error::IntegerOverflow));
            }
            Some(value) => Bits(cut(value, to)),
        },
        _ => return None,
    }))
}
