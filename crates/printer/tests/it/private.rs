//! Files of the crate whose items are not visible outside of it.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/ids.rs"]
pub(crate) mod ids;
#[path = "../../src/limits.rs"]
pub(crate) mod limits;
#[path = "../../src/numbers.rs"]
pub(crate) mod numbers;
