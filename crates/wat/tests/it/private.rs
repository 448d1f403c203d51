//! Files of the crate whose items are private to it.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/balance.rs"]
pub(crate) mod balance;
#[path = "../../src/foreign.rs"]
pub(crate) mod foreign;
#[path = "../../src/ids.rs"]
pub(crate) mod ids;
#[path = "../../src/keywords.rs"]
pub(crate) mod keywords;
#[path = "../../src/other_names.rs"]
pub(crate) mod other_names;

pub(crate) mod error {
    pub(crate) use wattle_wat::Expected;
}
