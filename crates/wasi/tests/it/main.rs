//! The functions of the interface, as a program sees them.

mod errors;
mod files;
mod official;
mod process;
mod program;
#[cfg(unix)]
mod sandbox;
