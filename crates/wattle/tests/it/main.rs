//! The facade: its errors, and descriptions that are serialized.

mod errors;
mod serde;
