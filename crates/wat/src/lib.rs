//! Parser of the WebAssembly text format of modules and components, and of their test scripts.
//!
//! [`parse`] reads a text into a [`Module`](wattle_ast::Module), [`Parser::component`] into a
//! [`Component`](wattle_ast::components::Component), and [`Parser::wasm`] into either. [`Parser`]
//! has options, such as a map from the parts of the module back to the text. A malformed text gives
//! all its independent errors in [`Errors`]. Invalid modules are accepted: the validator finds
//! them. Test scripts are in [`script`].
//!
//! Nothing recurses on the nesting of the text, and function bodies are encoded as they are read.
//!
//! ```
//! let module = wattle_wat::parse("(module $m (memory 1) (func (export \"f\")))")?;
//! assert_eq!(module.names.module.as_deref(), Some("m"));
//! assert_eq!(module.exports.len(), 1);
//!
//! let errors = wattle_wat::parse("(func (i32.plus)) (func (call $nobody))").unwrap_err();
//! let messages: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
//! assert_eq!(messages, ["unknown operator i32.plus: not an instruction", "unknown function $nobody"]);
//!
//! let parsed = wattle_wat::Parser::new().component("(component (import \"f\" (func $f)))")?;
//! assert_eq!(parsed.component.definitions.len(), 3); // the type, the import and the names
//! # Ok::<(), wattle_wat::Errors>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod advice;
mod balance;
mod component;
mod cursor;
mod error;
mod expected;
mod foreign;
pub mod format;
mod help;
mod ids;
mod keywords;
mod module;
mod other_names;
mod references;
pub mod script;
mod warning;

pub use component::{ParsedComponent, ParsedWasm, is_component};
pub use error::{Error, ErrorKind, Errors, Expected, Number, Related};
pub use foreign::{Foreign, looks_like};
pub use help::Help;
pub use ids::Space;
pub use module::{Parsed, Parser, Soundness, parse};
pub use references::{Definition, Identifiers, Reference};
pub use warning::{Warning, WarningKind};
