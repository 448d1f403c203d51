//! Tests against the files of `wit-parser` and `wit-component`, which no one here wrote, and of
//! parts of the crate.

extern crate alloc;

mod components;
mod docs;
mod errors;
mod format;
mod growth;
mod json;
mod large;
mod lexer;
mod merge;
mod old_binaries;
mod order;
mod peers;
mod private;
mod refused;
mod resolved;
mod rules;
mod separate;
mod syntax;
mod version;
mod wasi;
mod worlds;
