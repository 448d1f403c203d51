//! The official suite, real binaries, and the rules of this repository. `extremes.rs` is a binary of
//! its own, because it measures all memory that is allocated.

mod corpus;
mod edits;
mod suite;
mod suite_locator;
mod tidy;
