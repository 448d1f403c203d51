//! The official suite, real binaries, small cases, and the rules of this repository. `extremes.rs` is a binary of
//! its own, because it measures all memory that is allocated.

mod cases;
mod component_remap;
mod component_scripts;
mod components;
mod corpus;
mod edits;
mod examples;
mod layers;
mod library;
mod limits;
mod reach;
mod remap;
mod stack;
mod suite;
mod suite_locator;
mod tidy;
