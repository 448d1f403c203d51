//! What the interpreter does, by area.

mod atomics;
mod common;
mod embedding;
mod fuel;
mod fused;
mod host;
mod instructions;
mod resources;
