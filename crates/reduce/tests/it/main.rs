//! What is made smaller, and mutants.

extern crate alloc;

mod bisect;
mod modules;
mod mutants;
mod others;
mod private;
