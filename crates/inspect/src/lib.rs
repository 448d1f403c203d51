//! Explains the bytes of a binary: their sizes, the items that keep them, and names as people write
//! them.
//!
//! | to | use |
//! |---|---|
//! | see the sizes of the parts of a file, and the items that keep them | [`size`] |
//! | see the meaning of the bytes of custom sections | [`customs`] |
//! | see the differences between two files | [`diff`] |
//! | find the source lines that code was compiled from | [`dwarf`] |
//! | find the function at an offset | [`funcs`] |
//! | read and change the metadata of a file, such as its name and its producers | [`metadata`] |
//! | read a name section piece by piece | [`name_parts`] |
//! | list the members of a `.a` | [`archive`] |
//! | show the names of Rust and C++ | [`demangle`] |
//! | take a name apart into crate, modules and function | [`path_of`], [`without_generics`] |
//!
//! The crate reads binaries with the parser of Wattle and decides nothing about how a result is
//! shown.
//!
//! ```
//! use wattle_inspect::size::Sizes;
//!
//! // A module with one function, which nothing calls.
//! let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
//! let sizes = Sizes::of(wasm, Default::default());
//! assert_eq!(sizes.pieces.iter().map(|piece| piece.size).sum::<usize>(), wasm.len());
//! assert_eq!(sizes.garbage().len(), 2);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod archive;
pub mod customs;
#[cfg(feature = "demangle")]
mod demangle;
#[cfg(feature = "diff")]
pub mod diff;
#[cfg(feature = "dwarf")]
pub mod dwarf;
pub mod funcs;
pub mod metadata;
pub mod name_parts;
mod paths;
mod sections;
pub mod size;
mod symbols;

#[cfg(feature = "demangle")]
pub use demangle::{demangle, demangle_names};
pub use paths::{path_of, without_generics};
pub use symbols::name_by_symbols;

/// Returns a name as people write it.
fn shown(name: &str) -> std::borrow::Cow<'_, str> {
    #[cfg(feature = "demangle")]
    if let Some(shown) = demangle(name) {
        return shown.into();
    }
    name.into()
}
