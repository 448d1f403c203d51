//! Parser of the WebAssembly text format and of its test scripts.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod numbers;
