//! Files of the crate whose items are not visible outside of it.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/frame.rs"]
pub(crate) mod frame;
