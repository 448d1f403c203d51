//! Tests of the crate from outside.

mod canons;
mod customs;
mod definitions;
mod features;
mod instructions;
mod lengths;
mod malformed;
mod name_section;
mod names;
mod names_data;
mod nearest;
mod nesting;
mod positions;
mod runs;
mod shortest;
mod spans;
mod values;
