//! What the encoder writes, by area.

mod builder;
mod component_builder;
mod components;
mod faithful;
mod round_trip;
mod stream;
