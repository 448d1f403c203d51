//! Tests of campaigns through the public interface.

#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
mod engines;
mod fake;
mod rules;
