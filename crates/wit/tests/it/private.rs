//! Files of the crate whose items no one outside of it sees.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/order.rs"]
pub(crate) mod order;
#[path = "../../src/version.rs"]
pub(crate) mod version;
