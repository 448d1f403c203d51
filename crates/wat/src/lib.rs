//! Parser of the WebAssembly text format and of its test scripts.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod cursor;
mod error;
mod ids;
mod keywords;
mod lexer;
pub mod numbers;
pub mod script;
mod strings;
mod tokens;

pub use error::{Error, ErrorKind, Errors};
pub use ids::Space;
pub use lexer::{LexError, Lexer, TokenKind};
