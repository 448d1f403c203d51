//! Thin, safe, deterministic WebAssembly interpreter: store, linking, fuel, observation.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod numerics;
