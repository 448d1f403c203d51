//! Execution: the loop over operations, and what it hands to others.
//!
//! | file | holds |
//! |---|---|
//! | `run.rs` | from instance to instance |
//! | `hot.rs` | the loop |
//! | `unwind.rs` | exceptions on their way to a handler |
//! | `rare.rs` | instructions without an operation of their own: dispatch |
//! | `bulk.rs` | memories and tables |
//! | `atomics.rs` | atomic accesses, wait and notify |
//! | `aggregates.rs` | structs, arrays, casts |
//! | `vectors.rs` | vectors |

mod aggregates;
mod atomics;
mod bulk;
mod hot;
mod rare;
mod run;
mod unwind;
mod vectors;

pub(crate) use bulk::{init_memory, init_table};
pub(crate) use run::{Exit, prepare, run, throw};
pub(crate) use unwind::backtrace;
