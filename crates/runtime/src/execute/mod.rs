//! Execution: the loop over operations, and the operations that it leaves to others.
//!
//! | file | holds |
//! |---|---|
//! | `run.rs` | calls between instances, exceptions, and the operations that the loop leaves to it |
//! | `frame.rs` | the slots that the operations of a frame can name |
//! | `row.rs` | instructions that have no operation of their own, executed by their opcode |
//! | `access.rs` | loads and stores by opcode, including atomic ones |
//! | `lists.rs` | instructions on memories, tables and segments by opcode |
//! | `vectors.rs` | vectors |
//! | `cost.rs` | the fuel for instructions that work on a number of bytes |
//! | `unwind.rs` | exceptions on their way to a handler, and backtraces |

mod access;
mod aggregates;
mod cost;
mod dispatch;
mod frame;
mod lists;
mod row;
mod run;
mod unwind;
mod vectors;

pub(crate) use lists::{init_memory, init_table};
pub(crate) use run::{Exit, new_stack, run};
pub(crate) use unwind::backtrace;
