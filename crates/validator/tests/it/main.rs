//! The validator from outside.

mod api;
mod component_errors;
mod components;
mod encodings;
mod extremes;
mod suite;
mod threads;
