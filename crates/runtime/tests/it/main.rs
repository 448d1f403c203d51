//! The interpreter from outside, one file for each topic.

mod atomics;
mod common;
mod damaged;
mod embedding;
mod fuel;
mod fused;
mod host;
mod instructions;
mod resources;
