//! Engines: linked in, or run as other processes.
//!
//! | file | holds |
//! |---|---|
//! | `wasmtime.rs` | Wasmtime, with each of its compilers (feature `wasmtime`) |
//! | `wasmi.rs` | wasmi (feature `wasmi`) |
//! | `linked.rs` | the helpers that these two share |
//! | `server.rs` | the line protocol: processes that run whole cases |
//! | `command.rs` | commands that call one export of one file |
//! | `group.rs` | processes, each with a process group; a command run to its end |

pub mod command;
pub(crate) mod group;
#[cfg(any(feature = "wasmi", feature = "wasmtime"))]
mod linked;
pub mod server;
#[cfg(feature = "wasmi")]
pub mod wasmi;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;
