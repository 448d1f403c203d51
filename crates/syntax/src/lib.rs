//! The lexical format of WebAssembly text, shared by its parser, test scripts, a formatter and a
//! language server.
//!
//! | module | holds |
//! |---|---|
//! | [`Lexer`] | every byte of a text as a token or trivia |
//! | [`Tokens`] | the tokens that a parser reads, in two bytes each, and annotations |
//! | [`Forms`] | matching parentheses |
//! | [`trivia`] | the lengths of blanks and comments |
//! | [`strings`] | string literals and identifiers |
//! | [`numbers`], [`Shape`] | integers, floats and vectors |
//!
//! The parser determines the meaning of keywords, and [`wattle_ast::LineIndex`] finds lines and
//! columns.
//!
//! Nothing recurses on the nesting of the text.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

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
