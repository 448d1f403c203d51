//! Numerics: what every numeric and vector instruction computes, as pure functions.
//!
//! Pure functions of their operands, exact to the bit: they allocate nothing and keep no state.
//!
//! | file | holds |
//! |---|---|
//! | `float.rs` | float operators, and the NaNs that they make |
//! | `exact.rs` | square root and fused multiply-add in integer arithmetic |
//! | `convert.rs` | conversions between numbers |
//! | `profile.rs` | the choices that the specification leaves open |
//! | `scalar.rs` | the operators on numbers, by opcode |
//! | `simd/` | operators of vectors |
//!
//! Each instruction is defined in one place: an arm of `unary`, `binary` or `wide`, or of a
//! function in `simd/`. Each shape of operands has a function, which returns `None` for an opcode
//! of another shape. When the opcode is known at compile time, the function compiles to its one
//! arm.
//!
//! Numbers are passed as *slots*: the bits of an `i32`, `i64`, `f32` or `f64`, zero-extended to 64
//! bits. Bits above a 32-bit operand are ignored.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html>

mod convert;
mod exact;
mod float;
mod profile;
mod scalar;
pub(crate) mod simd;
#[cfg(test)]
mod tests;

/// The `match` on an opcode with, for each list `apply => Ty { Name method, ... }`, the arms
/// `Opcode::Name => apply(args, Ty::method)`, and then the arms in braces.
macro_rules! by_opcode {
    ($op:expr, $args:expr;
        $( $apply:path => $ty:ident { $( $name:ident $method:ident ),* } )*
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
pub use scalar::Slot;
pub(crate) use scalar::{binary, unary, wide};
