//! Execution: the loop over operations, and what it leaves to others.
//!
//! | file | holds |
//! |---|---|
//! | `run.rs` | from instance to instance: calls, exceptions, the operations that the loop leaves |
//! | `dispatch.rs` | the loop |
//! | `frame.rs` | the slots that the operations of a frame can name |
//! | `row.rs` | instructions without an operation of their own, by their opcode |
//! | `access.rs` | of these: loads and stores, atomic ones included |
//! | `lists.rs` | of these: memories, tables and segments |
//! | `aggregates.rs` | structs, arrays, casts |
//! | `vectors.rs` | vectors |
//! | `unwind.rs` | exceptions on their way to a handler, and backtraces |

mod access;
mod aggregates;
mod dispatch;
mod frame;
mod lists;
mod row;
mod run;
mod unwind;
mod vectors;

pub(crate) use lists::{init_memory, init_table};
pub(crate) use run::{Exit, prepare, run};
pub(crate) use unwind::{backtrace, unwind};
