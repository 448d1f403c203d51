//! Printer of WebAssembly modules and components in the text format.
//!
//! [`print`] and [`print_component`] return the text; [`Config`] folds instructions, leaves out
//! contents, adds offsets or names, and streams the text. The text parses back to an equal module
//! or component, including custom sections, names that are not identifiers, and the order of
//! everything.
//!
//! This crate turns a `Module` or a `Component` into text. It does not parse, and it does not
//! validate: invalid modules are printed too.
//!
//! | file | writes |
//! |---|---|
//! | `modules.rs` | the fields of a module |
//! | `components/` | the definitions of a component |
//! | `printer.rs`, `context.rs`, `lines.rs` | the start and end of fields and lines |
//! | `exports.rs` | exports inside the items that they export |
//! | `customs.rs` | custom sections, and the name section where identifiers do not suffice |
//! | `metadata.rs` | code metadata such as branch hints, as annotations |
//! | `types.rs` | types |
//! | `instructions.rs` | instructions, one a line |
//! | `fold.rs` | instructions, folded |
//! | `listing.rs` | instructions one by one, for a dump |
//! | `ids.rs`, `labels.rs` | identifiers |
//! | `numbers.rs` | numbers |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod components;
mod config;
mod context;
mod custom_text;
mod customs;
mod exports;
mod fold;
mod ids;
mod instructions;
mod labels;
mod limits;
mod lines;
mod listing;
mod metadata;
mod modules;
mod numbers;
mod printer;
mod types;

pub use components::{DefinitionLine, DefinitionLister, print_component};
pub use config::{Comments, Config};
pub use listing::{Line, Lister, Listing};
pub use modules::print;
