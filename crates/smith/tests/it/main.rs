//! The generator from outside, one file for each topic.

mod broken;
mod common;
mod components;
mod config;
mod run;
mod seeds;
mod valid;
