//! Private files of the crate, compiled here for the tests.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/bisect.rs"]
pub(crate) mod bisect;
