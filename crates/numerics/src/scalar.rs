//! The operators on numbers, by opcode.
//!
//! Constants, loads and stores compute nothing, so they are not here.

use core::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

use wattle_ast::Opcode;

use crate::float::{self, Float};
use crate::{Error, Nan, by_opcode, convert};

/// A number in a slot of 64 bits: zero-extended, with floats as their bits.
///
/// ```
/// use wattle_numerics::Slot;
/// assert_eq!((-1_i32).into_slot(), 0xffff_ffff);
/// assert_eq!(i32::from_slot(0xffff_ffff), -1);
/// assert_eq!(1.0_f32.into_slot(), 0x3f80_0000);
/// ```
pub trait Slot: Copy {
    /// The number in a slot. Bits above the number are ignored.
    fn from_slot(slot: u64) -> Self;
    /// The slot that holds the number.
    fn into_slot(self) -> u64;
}

macro_rules! slots {
    ($( $ty:ty: |$slot:ident| $from:expr, |$value:ident| $into:expr; )*) => { $(
        impl Slot for $ty {
            #[inline(always)]
            fn from_slot($slot: u64) -> Self {
                $from
            }

            #[inline(always)]
            fn into_slot(self) -> u64 {
                let $value = self;
                $into
            }
        }
    )* };
}

slots! {
    bool: |slot| slot as u32 != 0, |x| x.into();
    u32: |slot| slot as u32, |x| x.into();
    i32: |slot| slot as i32, |x| u64::from(x as u32);
    u64: |slot| slot, |x| x;
    i64: |slot| slot as i64, |x| x as u64;
    f32: |slot| f32::from_bits(slot as u32), |x| x.to_bits().into();
    f64: |slot| f64::from_bits(slot), |x| x.to_bits();
}

/// The result of an operator: a number, or an error if the operands have no result.
trait Outcome {
    fn into_slot(self) -> Result<u64, Error>;
}

impl<T: Slot> Outcome for T {
    #[inline(always)]
    fn into_slot(self) -> Result<u64, Error> {
        Ok(Slot::into_slot(self))
    }
}

impl<T: Slot> Outcome for Result<T, Error> {
    #[inline(always)]
    fn into_slot(self) -> Result<u64, Error> {
        self.map(Slot::into_slot)
    }
}

/// The operand of a unary operator, and the choice of NaN.
type One = (u64, Nan);
/// The operands of a binary operator, and the choice of NaN.
type Two = (u64, u64, Nan);

#[inline(always)]
fn map<A: Slot, R: Outcome>((a, _): One, f: impl FnOnce(A) -> R) -> Result<u64, Error> {
    f(A::from_slot(a)).into_slot()
}

#[inline(always)]
fn map_float<F: Slot>((a, nan): One, f: impl FnOnce(F, Nan) -> F) -> Result<u64, Error> {
    Ok(f(F::from_slot(a), nan).into_slot())
}

#[inline(always)]
fn zip<A: Slot, B: Slot, R: Outcome>(
    (a, b, _): Two,
    f: impl FnOnce(A, B) -> R,
) -> Result<u64, Error> {
    f(A::from_slot(a), B::from_slot(b)).into_slot()
}

#[inline(always)]
fn zip_floats<F: Slot>((a, b, nan): Two, f: impl FnOnce(F, F, Nan) -> F) -> Result<u64, Error> {
    Ok(f(F::from_slot(a), F::from_slot(b), nan).into_slot())
}

/// Applies a float operator of the processor. The profile determines its NaNs.
#[inline(always)]
fn rounded<F: Float + Slot>(operands: Two, f: impl FnOnce(F, F) -> F) -> Result<u64, Error> {
    zip_floats(operands, |x, y, nan| nan.result(f(x, y)))
}

#[inline(always)]
fn compare<A: Slot>((a, b, _): Two, f: impl FnOnce(&A, &A) -> bool) -> Result<u64, Error> {
    Ok(f(&A::from_slot(a), &A::from_slot(b)).into())
}

/// Returns a quotient or a remainder, or an error if `result` is `None`.
#[inline(always)]
fn divided<T>(result: Option<T>, by_zero: bool) -> Result<T, Error> {
    result.ok_or(if by_zero { Error::DivideByZero } else { Error::IntegerOverflow })
}

/// The result of an instruction with one number as its operand; `None` for other instructions.
///
/// # Errors
/// A `trunc` of a number that does not fit, or of a NaN.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_numerics::{Error, Nan, Slot, unary};
///
/// assert_eq!(unary(Opcode::I64Clz, 1, Nan::Canonical), Some(Ok(63)));
/// let truncated = |x: f64| unary(Opcode::I32TruncF64S, x.into_slot(), Nan::Canonical);
/// assert_eq!(truncated(-1.9), Some(Ok((-1_i32).into_slot())));
/// assert_eq!(truncated(1e10), Some(Err(Error::IntegerOverflow)));
/// assert_eq!(unary(Opcode::I32Add, 1, Nan::Canonical), None);
/// ```
#[inline]
pub fn unary(op: Opcode, a: u64, nan: Nan) -> Option<Result<u64, Error>> {
    use Opcode as O;
    let a = (a, nan);
    Some(by_opcode! { op, a;
        map => u32 { I32Clz leading_zeros, I32Ctz trailing_zeros, I32Popcnt count_ones }
        map => u64 { I64Clz leading_zeros, I64Ctz trailing_zeros, I64Popcnt count_ones }
        map => f32 { I32ReinterpretF32 to_bits, F32ReinterpretI32 from_bits, F32Abs abs, F32Neg neg }
        map => f64 { I64ReinterpretF64 to_bits, F64ReinterpretI64 from_bits, F64Abs abs, F64Neg neg }
        map_float::<f32> => float {
            F32Ceil ceil, F32Floor floor, F32Trunc trunc, F32Nearest nearest, F32Sqrt sqrt
        }
        map_float::<f64> => float { F64Ceil ceil, F64Floor floor, F64Trunc trunc }
        map => convert {
            I32TruncF32S i32_trunc_f32_s, I32TruncF32U i32_trunc_f32_u,
            I32TruncF64U i32_trunc_f64_u, I64TruncF32S i64_trunc_f32_s,
            I64TruncF32U i64_trunc_f32_u, I64TruncF64S i64_trunc_f64_s,
            I64TruncF64U i64_trunc_f64_u
        }
        {
            O::I32Eqz => map(a, |x: u32| x == 0),
            O::I64Eqz => map(a, |x: u64| x == 0),

            O::F64Nearest => map(a, |x: f64| {
                fault!(
                    NearestTies,
                    float::trunc(x + 0.5_f64.copysign(x), nan),
                    float::nearest(x, nan)
                )
            }),
            O::F64Sqrt => map(a, |x: f64| {
                let root = float::sqrt(x, nan);
                fault!(NanSign, if root.is_nan() { -root } else { root }, root)
            }),

            O::I32WrapI64 => map(a, |x: u64| x as u32),
            O::I32TruncF64S => map(a, |x: f64| {
                convert::i32_trunc_f64_s(fault!(TruncationRounds, float::nearest(x, nan), x))
            }),
            O::I64ExtendI32S => map(a, |x: i32| i64::from(x)),
            O::I64ExtendI32U => map(a, |x: u32| u64::from(x)),
            O::F32ConvertI32S => map(a, |x: i32| x as f32),
            O::F32ConvertI32U => map(a, |x: u32| x as f32),
            O::F32ConvertI64S => map(a, |x: i64| x as f32),
            O::F32ConvertI64U => map(a, |x: u64| fault!(RoundedTwice, x as f64 as f32, x as f32)),
            O::F32DemoteF64 => map(a, |x| convert::f32_demote_f64(x, nan)),
            O::F64ConvertI32S => map(a, |x: i32| f64::from(x)),
            O::F64ConvertI32U => map(a, |x: u32| f64::from(x)),
            O::F64ConvertI64S => map(a, |x: i64| x as f64),
            O::F64ConvertI64U => map(a, |x: u64| fault!(ConversionSign, x as i64 as f64, x as f64)),
            O::F64PromoteF32 => map(a, |x| convert::f64_promote_f32(x, nan)),

            O::I32Extend8S => map(a, |x: u32| i32::from(x as i8)),
            O::I32Extend16S => map(a, |x: u32| i32::from(x as i16)),
            O::I64Extend8S => map(a, |x: u64| i64::from(x as i8)),
            O::I64Extend16S => {
                map(a, |x: u64| fault!(SignExtension, i64::from(x as u16), i64::from(x as i16)))
            }
            O::I64Extend32S => map(a, |x: u64| i64::from(x as i32)),

            O::I32TruncSatF32S => map(a, |x: f32| x as i32),
            O::I32TruncSatF32U => map(a, |x: f32| x as u32),
            O::I32TruncSatF64S => map(a, |x: f64| x as i32),
            O::I32TruncSatF64U => {
                map(a, |x: f64| fault!(SaturationWraps, x as i64 as u32, x as u32))
            }
            O::I64TruncSatF32S => map(a, |x: f32| x as i64),
            O::I64TruncSatF32U => map(a, |x: f32| x as u64),
            O::I64TruncSatF64S => map(a, |x: f64| x as i64),
            O::I64TruncSatF64U => map(a, |x: f64| x as u64),
            _ => return None,
        }
    })
}

/// The result of an instruction with two numbers as its operands; `None` for other instructions.
///
/// # Errors
/// A division by zero, or a quotient that does not fit.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_numerics::{Error, Nan, Slot, binary};
///
/// let divided = |x: i32, y: i32| {
///     binary(Opcode::I32DivS, x.into_slot(), y.into_slot(), Nan::Canonical)
/// };
/// assert_eq!(divided(-7, 2), Some(Ok((-3_i32).into_slot())));
/// assert_eq!(divided(-7, 0), Some(Err(Error::DivideByZero)));
/// assert_eq!(divided(i32::MIN, -1), Some(Err(Error::IntegerOverflow)));
/// ```
#[inline]
pub fn binary(op: Opcode, a: u64, b: u64, nan: Nan) -> Option<Result<u64, Error>> {
    use Opcode as O;
    let both = (a, b, nan);
    Some(by_opcode! { op, both;
        compare => u32 { I32Eq eq, I32Ne ne, I32LtU lt, I32GtU gt, I32LeU le, I32GeU ge }
        compare => i32 { I32LtS lt, I32GtS gt, I32LeS le, I32GeS ge }
        compare => u64 { I64Eq eq, I64Ne ne, I64LtU lt, I64GtU gt, I64LeU le, I64GeU ge }
        compare => i64 { I64LtS lt, I64GtS gt, I64LeS le, I64GeS ge }
        compare => f32 { F32Eq eq, F32Ne ne, F32Lt lt, F32Gt gt, F32Le le, F32Ge ge }
        compare => f64 { F64Eq eq, F64Ne ne, F64Lt lt, F64Gt gt, F64Le le, F64Ge ge }
        zip => u32 {
            I32Add wrapping_add, I32Sub wrapping_sub, I32Mul wrapping_mul,
            I32Shl wrapping_shl, I32ShrU wrapping_shr, I32Rotl rotate_left, I32Rotr rotate_right
        }
        zip => i32 { I32ShrS wrapping_shr }
        zip => u64 {
            I64Add wrapping_add, I64Sub wrapping_sub, I64Mul wrapping_mul,
            I64ShrU wrapping_shr, I64Rotl rotate_left
        }
        zip => i64 { I64ShrS wrapping_shr }
        zip::<u32, u32, u32> => u32 { I32And bitand, I32Or bitor, I32Xor bitxor }
        zip::<u64, u64, u64> => u64 { I64And bitand, I64Or bitor, I64Xor bitxor }
        rounded => f32 { F32Add add, F32Sub sub, F32Mul mul, F32Div div }
        rounded => f64 { F64Add add, F64Sub sub, F64Mul mul, F64Div div }
        zip_floats::<f32> => float { F32Min min }
        zip_floats::<f64> => float { F64Min min, F64Max max }
        zip => f32 { F32Copysign copysign }
        zip => f64 { F64Copysign copysign }
        {
            O::I32DivS => zip(both, |x: i32, y: i32| divided(x.checked_div(y), y == 0)),
            O::I32DivU => zip(both, |x: u32, y: u32| divided(x.checked_div(y), true)),
            O::I32RemS => zip(both, |x: i32, y: i32| {
                let rest = (y != 0).then(|| x.wrapping_rem(y));
                divided(fault!(RemainderSign, rest.map(|_| x.wrapping_rem_euclid(y)), rest), true)
            }),
            O::I32RemU => zip(both, |x: u32, y: u32| divided(x.checked_rem(y), true)),
            O::I64DivS => zip(both, |x: i64, y: i64| {
                let truncated = x.checked_div(y);
                let quotient = fault!(
                    DivisionRounding,
                    truncated.map(|q| q - i64::from(x % y != 0 && (x < 0) != (y < 0))),
                    truncated
                );
                divided(quotient, y == 0)
            }),
            O::I64DivU => zip(both, |x: u64, y: u64| divided(x.checked_div(y), true)),
            O::I64RemS => zip(both, |x: i64, y: i64| {
                divided((y != 0).then(|| x.wrapping_rem(y)), true)
            }),
            O::I64RemU => zip(both, |x: u64, y: u64| divided(x.checked_rem(y), true)),
            O::I64Shl => {
                zip(both, |x: u64, y: u32| x.wrapping_shl(fault!(ShiftMask, y % 32, y)))
            }
            O::I64Rotr => zip(both, fault!(RotateDirection, u64::rotate_left, u64::rotate_right)),

            O::F32Max => zip(both, |x: f32, y: f32| {
                let greater = float::max(x, y, nan);
                fault!(MaxOfNan, if y.is_nan() { x } else { greater }, greater)
            }),
            _ => return None,
        }
    })
}

/// The result of an instruction on 128-bit integers; `None` for other instructions. Operands and
/// results are pairs of halves, the low half first. Multiplications only use the low halves.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_numerics::wide;
///
/// assert_eq!(wide(Opcode::I64Add128, (u64::MAX, 0), (1, 0)), Some((0, 1)));
/// assert_eq!(wide(Opcode::I64MulWideU, (1 << 63, 0), (6, 0)), Some((0, 3)));
/// ```
///
/// Spec: <https://github.com/WebAssembly/wide-arithmetic/blob/main/proposals/wide-arithmetic/Overview.md>
#[inline]
pub fn wide(op: Opcode, a: (u64, u64), b: (u64, u64)) -> Option<(u64, u64)> {
    let join = |(low, high): (u64, u64)| u128::from(high) << 64 | u128::from(low);
    let unsigned = u128::from(a.0) * u128::from(b.0);
    let value = match op {
        Opcode::I64Add128 => {
            let sum = join(a).wrapping_add(join(b));
            fault!(WideCarry, join((sum as u64, a.1.wrapping_add(b.1))), sum)
        }
        Opcode::I64Sub128 => join(a).wrapping_sub(join(b)),
        Opcode::I64MulWideS => {
            let product = (i128::from(a.0 as i64) * i128::from(b.0 as i64)) as u128;
            fault!(WideMultiplySign, unsigned, product)
        }
        Opcode::I64MulWideU => unsigned,
        _ => return None,
    };
    Some((value as u64, (value >> 64) as u64))
}
