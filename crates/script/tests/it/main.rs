//! Scripts, executed.

mod suite;
mod threads;
