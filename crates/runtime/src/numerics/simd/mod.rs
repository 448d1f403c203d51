//! Numerics of vectors: what every vector instruction computes.
//!
//! | file | holds |
//! |---|---|
//! | `lanes.rs` | vectors as lanes, and operators lifted to them |
//! | `unary.rs` | from opcodes to operators of one vector |
//! | `binary.rs` | of two vectors, or a vector and a count |
//! | `ternary.rs` | of three vectors |
//! | `moves.rs` | splats, lanes, shuffles, and what loads and stores do to lanes |
//!
//! A vector is sixteen bytes in memory order, lane 0 first. There are no intrinsics: loops over
//! lanes become the processor's vector instructions.
//!
//! ```
//! use wattle_ast::{Opcode, V128};
//! use wattle_runtime::numerics::{Profile, simd};
//!
//! let (a, b) = (V128([250; 16]), V128([7; 16]));
//! let profile = Profile::default();
//! assert_eq!(simd::binary(Opcode::I8x16Add, a, b, profile), Some(V128([1; 16])));
//! assert_eq!(simd::binary(Opcode::I8x16AddSatU, a, b, profile), Some(V128([255; 16])));
//! assert_eq!(simd::binary(Opcode::V128Not, a, b, profile), None);
//! ```
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#vector-operations>

mod binary;
mod lanes;
mod moves;
mod ternary;
mod unary;

pub use binary::{binary, shift};
pub use lanes::Lane;
pub use moves::{extract_lane, from_number, replace_lane, shuffle};
pub use ternary::ternary;
pub use unary::{test, unary};
