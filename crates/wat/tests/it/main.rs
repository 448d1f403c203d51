//! The text parser from outside, one file for each topic.

extern crate alloc;

mod annotations;
mod balance;
mod component_errors;
mod component_scripts;
mod components;
mod damage;
mod damaged;
mod directives;
mod errors;
mod foreign;
mod format;
mod identifiers;
mod ids;
mod modules;
mod other_names;
mod private;
mod recovery;
mod scripts;
mod suite;
