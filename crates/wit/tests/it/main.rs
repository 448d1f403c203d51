//! Tests against the files of `wit-parser` and `wit-component`, which no one here wrote.

mod format;
mod json;
mod peers;
mod refused;
mod resolved;
mod syntax;
