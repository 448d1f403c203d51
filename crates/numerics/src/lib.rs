//! The results of the numeric and vector instructions of WebAssembly, as pure functions by opcode.
//!
//! The functions are exact to the bit on every machine, allocate nothing and keep no state. The
//! interpreter executes them, and they serve constant folders and other engines as well.
//!
//! There is a function for each shape of operands. It returns `None` for an opcode of another
//! shape, so a caller that goes by [`OpcodeInfo::arrow`](wattle_ast::OpcodeInfo::arrow) needs no
//! list of instructions. If the opcode is known at compile time, a call compiles to the code of
//! that instruction alone.
//!
//! | function | operands and results |
//! |---|---|
//! | [`unary`], [`binary`] | numbers; `add`, `clz`, `eqz`, conversions and similar operators |
//! | [`wide`] | integers of 128 bits, in halves |
//! | [`load`], [`read_modify_write`] | the bytes of memory accesses, as numbers |
//! | [`simd::unary`], [`simd::binary`], [`simd::ternary`] | vectors |
//! | [`simd::shift`] | a vector and a count |
//! | [`simd::test`] | a vector; the result is an `i32` |
//! | [`simd::from_number`], [`simd::extract_lane`], [`simd::replace_lane`] | a vector and a number, also for lanes of loads and stores |
//! | [`simd::shuffle`] | two vectors, and lanes to select |
//!
//! [`inverse`] and [`swapped`] return the instruction that gives the opposite result, or the same
//! result for swapped operands.
//!
//! Numbers are passed as *slots*: the bits of an `i32`, `i64`, `f32` or `f64`, zero-extended to 64
//! bits. Bits above a 32-bit operand are ignored. [`Slot`] converts them.
//!
//! The choices that the specification leaves open are parameters: the bits of NaNs ([`Nan`]), and
//! the results of relaxed vector instructions ([`Relaxed`]). A [`Profile`] has both.
//!
//! ```
//! use wattle_ast::{Opcode, V128};
//! use wattle_numerics::{Error, Nan, Profile, Slot, binary, simd, unary};
//!
//! let difference = binary(Opcode::F64Sub, 1.5_f64.into_slot(), 2.0_f64.into_slot(), Nan::Canonical);
//! assert_eq!(difference, Some(Ok((-0.5_f64).into_slot())));
//!
//! let integer = unary(Opcode::I32TruncF32S, f32::NAN.into_slot(), Nan::Canonical);
//! assert_eq!(integer, Some(Err(Error::InvalidConversion)));
//!
//! let sums = simd::binary(Opcode::I8x16Add, V128([250; 16]), V128([7; 16]), Profile::default());
//! assert_eq!(sums, Some(V128([1; 16])));
//! ```
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html>
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod faults;

mod convert;
mod error;
mod exact;
mod float;
mod memory;
mod profile;
mod relations;
#[cfg(not(feature = "std"))]
mod root;
mod scalar;
pub mod simd;

/// A `match` on an opcode. It has the arms `Opcode::Name => apply(args, Ty::method)` for each list
/// `apply => Ty { Name method, ... }`, and then the arms in braces.
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

pub use error::Error;
#[cfg(feature = "faults")]
pub use faults::{Fault, plant};
pub use memory::{load, read_modify_write};
pub use profile::{Nan, Profile, Relaxed, RelaxedMinMax, RelaxedTrunc};
pub use relations::{inverse, swapped};
pub use scalar::{Slot, binary, unary, wide};
