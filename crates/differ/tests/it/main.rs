//! Campaigns from outside.

#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
mod engines;
mod fake;
mod rules;
