//! Tests against the files of `wit-parser` and `wit-component`, which no one here wrote.

mod peers;
mod syntax;
