//! The result of every vector instruction.
//!
//! | file | holds |
//! |---|---|
//! | `lanes.rs` | vectors as lanes, and operators applied to all lanes |
//! | `unary.rs` | the operators on one vector, by opcode |
//! | `binary.rs` | the operators on two vectors, or on a vector and a shift count |
//! | `ternary.rs` | the operators on three vectors |
//! | `moves.rs` | splats, lanes, shuffles, and the lanes of loads and stores |
//!
//! A vector is sixteen bytes in memory order, lane 0 first. The compiler turns
//! loops over lanes into vector instructions of the processor, without intrinsics.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#vector-operations>

mod binary;
mod lanes;
mod moves;
mod ternary;
mod unary;

pub use binary::{binary, shift};
pub use moves::{extract_lane, from_number, replace_lane, shuffle};
pub use ternary::ternary;
pub use unary::{test, unary};
