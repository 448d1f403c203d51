//! What is generated, for each kind of input.

mod broken;
mod common;
mod components;
mod config;
mod run;
mod seeds;
mod valid;
