//! The tests of the printer, by area.

extern crate alloc;

mod component_samples;
mod component_texts;
mod components;
mod ids;
mod limits;
mod listing;
mod numbers;
mod positions;
mod print;
mod private;
mod round_trip;
