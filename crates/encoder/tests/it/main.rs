//! The tests of the encoder, by area.

extern crate alloc;

mod builder;
mod component_builder;
mod components;
mod faithful;
mod frame;
mod private;
mod round_trip;
mod stream;
