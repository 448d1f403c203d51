//! WIT, the interface text of the component model.
//!
//! Text becomes tokens, which keep every byte, then a syntax tree, and is then resolved into a
//! [`Model`](model::Model). Components are decoded into a model too. A model is printed as text and
//! encoded as components.
//!
//! | module | holds |
//! |---|---|
//! | [`syntax`] | tokens, the syntax tree, and the parser that makes it |
//! | [`Resolver`] | packages of several files with their dependencies, resolved into a model |
//! | [`model`] | packages, interfaces, worlds, functions and types |
//! | [`decode`] | binary packages and components, decoded into a model |
//! | [`encode`] | packages and worlds, encoded as components |
//! | [`component_type`] | worlds in custom sections of core modules |
//! | [`print`] | packages, printed as text |
//! | [`format`] | the formatter, which keeps comments |
//! | [`docs`] | documentation and gates, and the custom section that keeps them |
//! | [`load`] | packages in folders |
//!
//! Specification: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md>
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod component_type;
pub mod decode;
pub mod docs;
mod document;
pub mod encode;
mod error;
pub mod format;
mod json;
pub mod load;
pub mod model;
mod order;
mod ordered;
mod package;
pub mod print;
mod resolve;
pub mod syntax;
mod version;
mod within;

pub use error::{Error, ErrorKind, Errors, Help, LexError, Place};
pub use package::PackageName;
pub use resolve::{Resolved, Resolver, Source};
