//! Printer of WebAssembly modules in the text format.
//!
//! [`print`] is for those who just want the text; [`Config`] folds, leaves out, adds offsets or
//! names, and streams. The text parses back to the same module, custom sections, odd names and
//! their order included.
//!
//! What lives here: everything that turns a `Module` into text. What does not: parsing of any
//! kind, and validation (modules that are invalid print as well).
//!
//! | file | writes |
//! |---|---|
//! | `modules.rs` | the fields of a module |
//! | `customs.rs` | custom sections, the name section where identifiers do not suffice |
//! | `hints.rs` | branch hints |
//! | `types.rs` | types |
//! | `instructions.rs` | instructions, one a line |
//! | `fold.rs`, `arity.rs` | instructions, folded |
//! | `listing.rs` | instructions one by one, for a dump |
//! | `ids.rs`, `labels.rs` | identifiers |
//! | `numbers.rs` | integers and floats |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod arity;
mod config;
mod context;
mod customs;
mod fold;
mod hints;
mod ids;
mod instructions;
mod labels;
mod listing;
mod modules;
mod numbers;
mod types;

pub use config::{Config, print};
pub use listing::{Line, Lister};
