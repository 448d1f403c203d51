//! What the parser finds, by area.

mod chunks;
mod common;
mod errors;
mod robust;
mod suite;
mod within;
