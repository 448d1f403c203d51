//! The tests of the parser, by area.

mod chunks;
mod common;
mod component_chunks;
mod component_errors;
mod errors;
mod robust;
mod suite;
mod within;
