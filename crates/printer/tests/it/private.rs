//! Files of the crate whose items no one outside of it sees.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/ids.rs"]
pub(crate) mod ids;
#[path = "../../src/limits.rs"]
pub(crate) mod limits;
#[path = "../../src/numbers.rs"]
pub(crate) mod numbers;
