//! From opcodes to operators of numbers: one arm per instruction.
//!
//! Constants, loads and stores have no arm: they compute nothing.

use wattle_ast::Opcode;

use super::float::{self, Float};
use super::{Nan, convert, int};
use crate::trap::Trap;

/// A number that fits a slot of 64 bits: zero-extended, floats as their bits.
///
/// ```
/// use wattle_runtime::numerics::Slot;
/// assert_eq!((-1_i32).into_slot(), 0xffff_ffff);
/// assert_eq!(i32::from_slot(0xffff_ffff), -1);
/// assert_eq!(1.0_f32.into_slot(), 0x3f80_0000);
/// ```
pub trait Slot: Copy {
    /// The number in a slot; bits above it are ignored.
    fn from_slot(slot: u64) -> Self;
    /// The slot of a number.
    fn into_slot(self) -> u64;
}

macro_rules! slots {
    ($( $ty:ty: $from:expr, $into:expr; )*) => { $(
        impl Slot for $ty {
            #[inline(always)]
            fn from_slot(slot: u64) -> Self {
                let from: fn(u64) -> $ty = $from;
                from(slot)
            }

            #[inline(always)]
            fn into_slot(self) -> u64 {
                let into: fn($ty) -> u64 = $into;
                into(self)
            }
        }
    )* };
}

slots! {
    bool: |slot| slot as u32 != 0, u64::from;
    u32: |slot| slot as u32, u64::from;
    i32: |slot| slot as i32, |x| u64::from(x as u32);
    u64: |slot| slot, |x| x;
    i64: |slot| slot as i64, |x| x as u64;
    f32: |slot| f32::from_bits(slot as u32), |x| u64::from(x.to_bits());
    f64: f64::from_bits, f64::to_bits;
}

/// What an operator gives: a number, or a number unless it traps.
trait Outcome {
    fn into_slot(self) -> Result<u64, Trap>;
}

impl<T: Slot> Outcome for T {
    #[inline(always)]
    fn into_slot(self) -> Result<u64, Trap> {
        Ok(Slot::into_slot(self))
    }
}

impl<T: Slot> Outcome for Result<T, Trap> {
    #[inline(always)]
    fn into_slot(self) -> Result<u64, Trap> {
        self.map(Slot::into_slot)
    }
}

#[inline(always)]
fn map<A: Slot, R: Outcome>(a: u64, f: impl FnOnce(A) -> R) -> Result<u64, Trap> {
    f(A::from_slot(a)).into_slot()
}

#[inline(always)]
fn zip<A: Slot, B: Slot, R: Outcome>(
    a: u64,
    b: u64,
    f: impl FnOnce(A, B) -> R,
) -> Result<u64, Trap> {
    f(A::from_slot(a), B::from_slot(b)).into_slot()
}

#[inline(always)]
fn compare<A: Slot>(a: u64, b: u64, f: impl FnOnce(&A, &A) -> bool) -> Result<u64, Trap> {
    Outcome::into_slot(f(&A::from_slot(a), &A::from_slot(b)))
}

/// What an instruction of one number gives; `None` if it is none.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_runtime::Trap;
/// use wattle_runtime::numerics::{Nan, Slot, unary};
///
/// assert_eq!(unary(Opcode::I64ExtendI32S, 0x8000_0000, Nan::Canonical), Some(Ok(0xffff_ffff_8000_0000)));
/// assert_eq!(
///     unary(Opcode::I32TruncF32U, f32::NAN.into_slot(), Nan::Canonical),
///     Some(Err(Trap::InvalidConversion)),
/// );
/// ```
#[inline]
pub fn unary(op: Opcode, a: u64, nan: Nan) -> Option<Result<u64, Trap>> {
    use Opcode as O;
    Some(match op {
        O::I32Eqz => map(a, |x: u32| x == 0),
        O::I64Eqz => map(a, |x: u64| x == 0),

        O::I32Clz => map(a, u32::leading_zeros),
        O::I32Ctz => map(a, u32::trailing_zeros),
        O::I32Popcnt => map(a, u32::count_ones),
        O::I64Clz => map(a, u64::leading_zeros),
        O::I64Ctz => map(a, u64::trailing_zeros),
        O::I64Popcnt => map(a, u64::count_ones),

        O::F32Abs => map(a, <f32 as Float>::abs),
        O::F32Neg => map(a, |x: f32| -x),
        O::F32Ceil => map(a, |x: f32| float::ceil(x, nan)),
        O::F32Floor => map(a, |x: f32| float::floor(x, nan)),
        O::F32Trunc => map(a, |x: f32| float::trunc(x, nan)),
        O::F32Nearest => map(a, |x: f32| float::nearest(x, nan)),
        O::F32Sqrt => map(a, |x: f32| float::sqrt(x, nan)),
        O::F64Abs => map(a, <f64 as Float>::abs),
        O::F64Neg => map(a, |x: f64| -x),
        O::F64Ceil => map(a, |x: f64| float::ceil(x, nan)),
        O::F64Floor => map(a, |x: f64| float::floor(x, nan)),
        O::F64Trunc => map(a, |x: f64| float::trunc(x, nan)),
        O::F64Nearest => map(a, |x: f64| {
            fault!(NearestTies, float::trunc(x + 0.5_f64.copysign(x), nan), float::nearest(x, nan))
        }),
        O::F64Sqrt => map(a, |x: f64| {
            let root = float::sqrt(x, nan);
            fault!(NanSign, if root.is_nan() { -root } else { root }, root)
        }),

        O::I32WrapI64 => map(a, |x: u64| x as u32),
        O::I32TruncF32S => map(a, convert::i32_trunc_f32_s),
        O::I32TruncF32U => map(a, convert::i32_trunc_f32_u),
        O::I32TruncF64S => map(a, |x: f64| {
            convert::i32_trunc_f64_s(fault!(TruncationRounds, float::nearest(x, nan), x))
        }),
        O::I32TruncF64U => map(a, convert::i32_trunc_f64_u),
        O::I64ExtendI32S => map(a, |x: i32| i64::from(x)),
        O::I64ExtendI32U => map(a, |x: u32| u64::from(x)),
        O::I64TruncF32S => map(a, convert::i64_trunc_f32_s),
        O::I64TruncF32U => map(a, convert::i64_trunc_f32_u),
        O::I64TruncF64S => map(a, convert::i64_trunc_f64_s),
        O::I64TruncF64U => map(a, convert::i64_trunc_f64_u),
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
        O::I32ReinterpretF32 => map(a, f32::to_bits),
        O::I64ReinterpretF64 => map(a, f64::to_bits),
        O::F32ReinterpretI32 => map(a, f32::from_bits),
        O::F64ReinterpretI64 => map(a, f64::from_bits),

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
        O::I32TruncSatF64U => map(a, |x: f64| fault!(SaturationWraps, x as i64 as u32, x as u32)),
        O::I64TruncSatF32S => map(a, |x: f32| x as i64),
        O::I64TruncSatF32U => map(a, |x: f32| x as u64),
        O::I64TruncSatF64S => map(a, |x: f64| x as i64),
        O::I64TruncSatF64U => map(a, |x: f64| x as u64),
        _ => return None,
    })
}

/// What an instruction of two numbers and one result gives; `None` if it is none.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_runtime::numerics::{Nan, binary};
///
/// assert_eq!(binary(Opcode::I32ShrS, 0x8000_0000, 33, Nan::Canonical), Some(Ok(0xc000_0000)));
/// ```
#[inline]
pub fn binary(op: Opcode, a: u64, b: u64, nan: Nan) -> Option<Result<u64, Trap>> {
    use Opcode as O;
    Some(match op {
        O::I32Eq => compare(a, b, u32::eq),
        O::I32Ne => compare(a, b, u32::ne),
        O::I32LtS => compare(a, b, i32::lt),
        O::I32LtU => compare(a, b, u32::lt),
        O::I32GtS => compare(a, b, i32::gt),
        O::I32GtU => compare(a, b, u32::gt),
        O::I32LeS => compare(a, b, i32::le),
        O::I32LeU => compare(a, b, u32::le),
        O::I32GeS => compare(a, b, i32::ge),
        O::I32GeU => compare(a, b, u32::ge),
        O::I64Eq => compare(a, b, u64::eq),
        O::I64Ne => compare(a, b, u64::ne),
        O::I64LtS => compare(a, b, i64::lt),
        O::I64LtU => compare(a, b, u64::lt),
        O::I64GtS => compare(a, b, i64::gt),
        O::I64GtU => compare(a, b, u64::gt),
        O::I64LeS => compare(a, b, i64::le),
        O::I64LeU => compare(a, b, u64::le),
        O::I64GeS => compare(a, b, i64::ge),
        O::I64GeU => compare(a, b, u64::ge),
        O::F32Eq => compare(a, b, f32::eq),
        O::F32Ne => compare(a, b, f32::ne),
        O::F32Lt => compare(a, b, f32::lt),
        O::F32Gt => compare(a, b, f32::gt),
        O::F32Le => compare(a, b, f32::le),
        O::F32Ge => compare(a, b, f32::ge),
        O::F64Eq => compare(a, b, f64::eq),
        O::F64Ne => compare(a, b, f64::ne),
        O::F64Lt => compare(a, b, f64::lt),
        O::F64Gt => compare(a, b, f64::gt),
        O::F64Le => compare(a, b, f64::le),
        O::F64Ge => compare(a, b, f64::ge),

        O::I32Add => zip(a, b, u32::wrapping_add),
        O::I32Sub => zip(a, b, u32::wrapping_sub),
        O::I32Mul => zip(a, b, u32::wrapping_mul),
        O::I32DivS => zip(a, b, int::i32_div_s),
        O::I32DivU => zip(a, b, int::i32_div_u),
        O::I32RemS => zip(a, b, |x: i32, y: i32| {
            let rest = int::i32_rem_s(x, y);
            fault!(RemainderSign, rest.map(|_| x.wrapping_rem_euclid(y)), rest)
        }),
        O::I32RemU => zip(a, b, int::i32_rem_u),
        O::I32And => zip(a, b, |x: u32, y: u32| x & y),
        O::I32Or => zip(a, b, |x: u32, y: u32| x | y),
        O::I32Xor => zip(a, b, |x: u32, y: u32| x ^ y),
        O::I32Shl => zip(a, b, u32::wrapping_shl),
        O::I32ShrS => zip(a, b, i32::wrapping_shr),
        O::I32ShrU => zip(a, b, u32::wrapping_shr),
        O::I32Rotl => zip(a, b, int::i32_rotl),
        O::I32Rotr => zip(a, b, int::i32_rotr),
        O::I64Add => zip(a, b, u64::wrapping_add),
        O::I64Sub => zip(a, b, u64::wrapping_sub),
        O::I64Mul => zip(a, b, u64::wrapping_mul),
        O::I64DivS => zip(a, b, |x: i64, y: i64| {
            let quotient = int::i64_div_s(x, y);
            fault!(
                DivisionRounding,
                quotient.map(|q| if x % y != 0 && (x < 0) != (y < 0) { q - 1 } else { q }),
                quotient
            )
        }),
        O::I64DivU => zip(a, b, int::i64_div_u),
        O::I64RemS => zip(a, b, int::i64_rem_s),
        O::I64RemU => zip(a, b, int::i64_rem_u),
        O::I64And => zip(a, b, |x: u64, y: u64| x & y),
        O::I64Or => zip(a, b, |x: u64, y: u64| x | y),
        O::I64Xor => zip(a, b, |x: u64, y: u64| x ^ y),
        O::I64Shl => zip(a, b, int::i64_shl),
        O::I64ShrS => zip(a, b, int::i64_shr_s),
        O::I64ShrU => zip(a, b, int::i64_shr_u),
        O::I64Rotl => zip(a, b, int::i64_rotl),
        O::I64Rotr => {
            fault!(RotateDirection, zip(a, b, int::i64_rotl), zip(a, b, int::i64_rotr))
        }

        O::F32Add => zip(a, b, |x: f32, y: f32| nan.result(x + y)),
        O::F32Sub => zip(a, b, |x: f32, y: f32| nan.result(x - y)),
        O::F32Mul => zip(a, b, |x: f32, y: f32| nan.result(x * y)),
        O::F32Div => zip(a, b, |x: f32, y: f32| nan.result(x / y)),
        O::F32Min => zip(a, b, |x: f32, y| float::min(x, y, nan)),
        O::F32Max => zip(a, b, |x: f32, y: f32| {
            let greater = float::max(x, y, nan);
            fault!(MaxOfNan, if y.is_nan() { x } else { greater }, greater)
        }),
        O::F32Copysign => zip(a, b, <f32 as Float>::copysign),
        O::F64Add => zip(a, b, |x: f64, y: f64| nan.result(x + y)),
        O::F64Sub => zip(a, b, |x: f64, y: f64| nan.result(x - y)),
        O::F64Mul => zip(a, b, |x: f64, y: f64| nan.result(x * y)),
        O::F64Div => zip(a, b, |x: f64, y: f64| nan.result(x / y)),
        O::F64Min => zip(a, b, |x: f64, y| float::min(x, y, nan)),
        O::F64Max => zip(a, b, |x: f64, y| float::max(x, y, nan)),
        O::F64Copysign => zip(a, b, <f64 as Float>::copysign),
        _ => return None,
    })
}

/// What an instruction of 128-bit integers gives, the low half first; `None` if it is none.
///
/// `a` and `b` are halves, the low one first. The multiplications take the low halves only.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_runtime::numerics::wide;
///
/// assert_eq!(wide(Opcode::I64Sub128, (0, 1), (1, 0)), Some((u64::MAX, 0)));
/// assert_eq!(wide(Opcode::I64MulWideU, (1 << 63, 0), (4, 0)), Some((0, 2)));
/// ```
#[inline]
pub fn wide(op: Opcode, a: (u64, u64), b: (u64, u64)) -> Option<(u64, u64)> {
    Some(match op {
        Opcode::I64Add128 => int::i64_add128(a, b),
        Opcode::I64Sub128 => int::i64_sub128(a, b),
        Opcode::I64MulWideS => int::i64_mul_wide_s(a.0 as i64, b.0 as i64),
        Opcode::I64MulWideU => int::i64_mul_wide_u(a.0, b.0),
        _ => return None,
    })
}
