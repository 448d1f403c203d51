//! Encoder of WebAssembly modules: from the tree, from a stream of items, or from a builder.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;
