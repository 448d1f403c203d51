//! Tokens, numbers, strings and words from outside.

mod lexer;
mod numbers;
mod strings;
mod tokens;
mod words;
