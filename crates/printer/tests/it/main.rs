//! The printer from outside.

mod components;
mod limits;
mod positions;
mod print;
mod round_trip;
