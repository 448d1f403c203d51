//! The facade: its errors, its features, and descriptions that are serialized.

mod errors;
mod features;
mod serde;
