//! What the interpreter does, by area.

mod atomics;
mod common;
mod damaged;
mod embedding;
mod fuel;
mod fused;
mod host;
mod instructions;
mod resources;
