//! The validator from outside.

mod api;
mod component_errors;
mod components;
mod extremes;
mod suite;
mod threads;
