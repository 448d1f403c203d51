//! Engines: linked in, or spoken to.
//!
//! | file | holds |
//! |---|---|
//! | `wasmtime.rs` | Wasmtime, with each of its compilers (feature `wasmtime`) |
//! | `wasmi.rs` | wasmi (feature `wasmi`) |
//! | `server.rs` | the line protocol: processes that run whole cases |
//! | `command.rs` | commands that call one export of one file |

pub mod command;
pub mod server;
#[cfg(feature = "wasmi")]
pub mod wasmi;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;
