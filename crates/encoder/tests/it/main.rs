//! What the encoder writes, by area.

mod builder;
mod faithful;
mod round_trip;
mod stream;
