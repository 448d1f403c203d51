//! Tests of the crate from outside.

mod canons;
mod definitions;
mod malformed;
mod names;
mod nesting;
