//! Tests of the reducer and the mutator.

extern crate alloc;

mod bisect;
mod modules;
mod mutants;
mod others;
mod private;
