//! The lexical format of WebAssembly text: what its parser, test scripts, a formatter and a
//! language server share.
//!
//! | module | holds |
//! |---|---|
//! | [`Lexer`] | every byte of a text as a token or trivia |
//! | [`Tokens`] | the tokens that a parser reads, kept in two bytes each, and its annotations |
//! | [`Forms`] | where the parentheses match |
//! | [`trivia`] | how far blanks and comments reach |
//! | [`strings`] | string literals and identifiers |
//! | [`numbers`], [`Shape`] | integers, floats and vectors |
//!
//! What does not live here: what keywords mean, which is the parser's; lines and columns, which
//! [`wattle_ast::LineIndex`] finds for any text.
//!
//! Nothing recurses on the nesting of the text.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod forms;
mod lexer;
pub mod numbers;
mod shapes;
pub mod strings;
mod tokens;
pub mod trivia;
mod words;

pub use forms::Forms;
pub use lexer::{LexError, Lexer, TokenKind};
pub use shapes::Shape;
pub use tokens::{Annotation, Token, Tokens};
pub use words::{is_id_char, word_len};
