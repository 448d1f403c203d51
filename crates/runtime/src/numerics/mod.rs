//! Numerics: what every numeric and vector instruction computes, as pure functions.
//!
//! No state, no allocation, no memory: operands in, results out, exact to the bit. The engine
//! runs on these, and so can a constant folder.
//!
//! | file | holds |
//! |---|---|
//! | `float.rs` | float operators, and what becomes of NaNs |
//! | `exact.rs` | square root and fused multiply-add on integers |
//! | `convert.rs` | conversions between numbers |
//! | `profile.rs` | the choices that the specification leaves open |
//! | `scalar.rs` | from opcodes to operators of numbers |
//! | `simd/` | the same of vectors |
//!
//! The instructions meet their meaning in one place each: an arm of [`unary`], [`binary`],
//! [`wide`], or of their likes in [`simd`]. There is a function per shape of operands; it answers
//! `None` for an opcode of another shape. With an opcode known at compile time they shrink to the
//! one arm.
//!
//! Numbers travel as *slots*: the bits of an `i32`, `i64`, `f32` or `f64`, zero-extended to 64
//! bits. Bits above a 32-bit operand are ignored.
//!
//! ```
//! use wattle_ast::Opcode;
//! use wattle_runtime::Trap;
//! use wattle_runtime::numerics::{Nan, binary};
//!
//! assert_eq!(binary(Opcode::I32Add, 2, 3, Nan::Canonical), Some(Ok(5)));
//! assert_eq!(binary(Opcode::I32DivU, 2, 0, Nan::Canonical), Some(Err(Trap::DivideByZero)));
//! assert_eq!(binary(Opcode::I32Clz, 2, 0, Nan::Canonical), None);
//! ```
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html>

mod convert;
mod exact;
mod float;
mod profile;
mod scalar;
pub mod simd;
#[cfg(test)]
mod tests;

/// The `match` on an opcode with, for each list `apply Ty { Name method, ... }`, the arms
/// `Opcode::Name => apply(args, Ty::method)`, and then the arms in braces.
macro_rules! by_opcode {
    ($op:expr, $args:expr;
        $( $apply:ident $ty:ident { $( $name:ident $method:ident ),* } )*
        { $($arms:tt)* }
    ) => {
        match $op {
            $( $( wattle_ast::Opcode::$name => $apply($args, $ty::$method), )* )*
            $($arms)*
        }
    };
}
use by_opcode;

pub use profile::{Nan, Profile, Relaxed, RelaxedMinMax, RelaxedTrunc};
pub use scalar::{Slot, binary, unary, wide};
