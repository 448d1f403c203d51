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
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#vector-operations>

mod binary;
pub(super) mod lanes;
mod moves;
mod ternary;
mod unary;

pub(crate) use binary::{binary, shift};
pub(crate) use moves::{extract_lane, from_number, replace_lane, shuffle};
pub(crate) use ternary::ternary;
pub(crate) use unary::{test, unary};
