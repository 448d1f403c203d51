//! WIT, the interface text of the component model.
//!
//! Text becomes tokens, in which nothing is lost, then a syntax tree, and is then resolved into the
//! binary format of packages: a [`Component`](wattle_ast::components::Component). These
//! are the only types. Documentation and gates, which they cannot hold, are in
//! [`docs::PackageDocs`].
//!
//! | module | holds |
//! |---|---|
//! | [`syntax`] | tokens, the syntax tree, and the parser that makes it |
//! | [`Resolver`] | packages of several files, and their dependencies, into components |
//! | [`view`] | packages, interfaces, worlds, functions and types, as a component says them |
//! | [`print`] | a package as text |
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

pub mod docs;
mod document;
pub mod encode;
mod error;
pub mod format;
pub mod load;
pub mod model;
mod ordered;
mod package;
pub mod print;
mod resolve;
pub mod syntax;
pub mod view;

pub use error::{Error, ErrorKind, Errors, Help, LexError, Place};
pub use package::{Package, PackageName};
pub use resolve::{Resolved, Resolver, Source};
