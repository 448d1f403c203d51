//! Encoder of WebAssembly modules: from the tree, from a stream of items, or from a builder.
//!
//! | you have | use |
//! |---|---|
//! | a [`Module`](wattle_ast::Module) | [`encode`], byte-faithful, or [`encode_canonical`] |
//!
//! What lives here: framing (sections, their order, sizes and counts), the comparison that keeps
//! untouched sections as they stood, and the builder. What does not: how an item or an
//! instruction looks in bytes, which is the codec of `wattle-ast`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod faithful;
mod frame;
mod module;
mod sections;
mod shortest;

pub use module::{encode, encode_canonical};
