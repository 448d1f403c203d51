//! Tests against the files of `wit-parser` and `wit-component`, which no one here wrote.

mod components;
mod errors;
mod format;
mod growth;
mod json;
mod large;
mod merge;
mod old_binaries;
mod peers;
mod refused;
mod resolved;
mod separate;
mod syntax;
mod wasi;
