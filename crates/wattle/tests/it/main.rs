//! The facade: its errors, and its examples.

mod errors;
mod examples;
mod serde;
