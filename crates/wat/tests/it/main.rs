//! The text parser from outside, one file for each matter.

mod annotations;
mod component_scripts;
mod components;
mod damage;
mod damaged;
mod errors;
mod format;
mod identifiers;
mod modules;
mod recovery;
mod scripts;
mod suite;
