//! Streaming, event-driven, sans-IO parser of the WebAssembly binary format.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;
