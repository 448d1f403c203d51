//! Files of the crate whose items no one outside of it sees.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/bisect.rs"]
pub(crate) mod bisect;
