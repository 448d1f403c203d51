//! Tests that execute scripts.

mod suite;
mod threads;
