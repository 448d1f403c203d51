//! What is made smaller, and mutants.

mod modules;
mod mutants;
mod others;
