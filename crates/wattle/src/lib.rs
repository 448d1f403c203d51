//! WebAssembly, text and binary both ways, over one tree.
//!
//! This crate re-exports the others under short names and adds the one-liners:
//!
//! ```
//! # fn main() -> Result<(), wattle::Error> {
//! let wasm = wattle::wat2wasm("(module (func (export \"one\") (result i32) i32.const 1))")?;
//! let wat = wattle::wasm2wat(&wasm)?;
//! assert_eq!(wattle::wat2wasm(&wat)?, wasm);
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The tree, the instruction table and the codec.
pub use wattle_ast as ast;
/// From the tree, from items or from a builder to bytes.
pub use wattle_encoder as encoder;
/// From bytes to items and to the tree.
pub use wattle_parser as parser;
/// From the tree to text.
pub use wattle_printer as printer;
/// The interpreter (feature `runtime`).
#[cfg(feature = "runtime")]
pub use wattle_runtime as runtime;
/// Tokens, strings, numbers and forms of text.
pub use wattle_syntax as syntax;
/// Whether a module is valid, what types it is made of, which features it uses.
pub use wattle_validator as validator;
/// WASI preview 1 for the interpreter (feature `wasi`).
#[cfg(feature = "wasi")]
pub use wattle_wasi as wasi;
/// From text to the tree; test scripts.
pub use wattle_wat as wat;

pub use wattle_ast::{Feature, Features, Instr, Item, Module, Opcode};

/// What can be wrong with an input.
#[derive(Clone, Debug)]
pub enum Error {
    /// The text is malformed.
    Text(wattle_wat::Errors),
    /// The binary is malformed.
    Binary(wattle_ast::Error),
    /// The module is invalid.
    Invalid(wattle_validator::Errors),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Text(errors) => errors.fmt(f),
            Error::Binary(error) => error.fmt(f),
            Error::Invalid(errors) => errors.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<wattle_wat::Errors> for Error {
    fn from(errors: wattle_wat::Errors) -> Error {
        Error::Text(errors)
    }
}

impl From<wattle_ast::Error> for Error {
    fn from(error: wattle_ast::Error) -> Error {
        Error::Binary(error)
    }
}

impl From<wattle_validator::Errors> for Error {
    fn from(errors: wattle_validator::Errors) -> Error {
        Error::Invalid(errors)
    }
}

/// Whether bytes are meant as a binary: they begin with its magic. Anything else is text.
///
/// ```
/// assert!(wattle::is_binary(b"\0asm\x01\0\0\0"));
/// assert!(!wattle::is_binary(b"(module)"));
/// ```
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm")
}

/// Translates a module from text to binary.
///
/// # Errors
/// Every independent error of the text.
pub fn wat2wasm(text: &str) -> Result<Vec<u8>, Error> {
    Ok(encoder::encode(&wat::parse(text)?))
}

/// Translates a module from binary to text.
///
/// # Errors
/// The first malformed place of the binary.
pub fn wasm2wat(bytes: &[u8]) -> Result<String, Error> {
    Ok(printer::print(&parser::parse(bytes)?))
}

/// Checks that a binary is a valid module; the types that it is made of are the answer.
///
/// # Errors
/// The first malformed place of the binary, or all that is invalid.
///
/// ```
/// let wasm = wattle::wat2wasm("(module (func (result i32) i64.const 1))").unwrap();
/// let error = wattle::validate(&wasm).unwrap_err();
/// assert!(error.to_string().starts_with("type mismatch"));
/// ```
pub fn validate(bytes: &[u8]) -> Result<validator::Types, Error> {
    Ok(validator::validate(&parser::Parser::new().check_bodies(false).module(bytes)?)?)
}

/// The snippets of the README, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
