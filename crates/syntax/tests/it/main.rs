//! The tests of tokens, numbers, strings and words.

mod lexer;
mod numbers;
mod strings;
mod tokens;
mod words;
