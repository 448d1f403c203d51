//! The facade: its errors, and its examples.

mod errors;
mod serde;
