//! WebAssembly: read, write, check, print, run and generate it, text and binary both ways, over one
//! tree.
#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;

#[cfg(feature = "wat")]
use alloc::{string::String, vec::Vec};

/// The tree, the instruction table and the codec.
pub use wattle_ast as ast;
/// Makes components of core modules, and joins components.
#[cfg(feature = "componentize")]
pub use wattle_componentize as componentize;
/// Encodes a tree or items as a binary; builds modules.
pub use wattle_encoder as encoder;
/// Inspects binaries: sizes, custom sections, source lines, differences, metadata, demangled names.
#[cfg(feature = "inspect")]
pub use wattle_inspect as inspect;
/// Computes the results of numeric and vector instructions.
#[cfg(feature = "numerics")]
pub use wattle_numerics as numerics;
/// Parses a binary into items or a tree.
pub use wattle_parser as parser;
/// Prints a tree as text.
#[cfg(feature = "wat")]
pub use wattle_printer as printer;
/// The interpreter.
#[cfg(feature = "runtime")]
pub use wattle_runtime as runtime;
/// The runner of test scripts.
#[cfg(feature = "script")]
pub use wattle_script as script;
/// Makes valid modules from bytes.
#[cfg(feature = "smith")]
pub use wattle_smith as smith;
/// Tokens, strings, numbers and forms of text.
#[cfg(feature = "wat")]
pub use wattle_syntax as syntax;
/// Validates modules, and returns their types and the features that they use.
pub use wattle_validator as validator;
/// WASI preview 1 for the interpreter.
#[cfg(feature = "wasi")]
pub use wattle_wasi as wasi;
/// Parses text into a tree; parses test scripts.
#[cfg(feature = "wat")]
pub use wattle_wat as wat;
/// Parses, resolves, prints and formats the interface text of components.
#[cfg(feature = "wit")]
pub use wattle_wit as wit;

pub use wattle_ast::{Feature, Features, Instr, Item, Module, Opcode, Wasm};

pub use error::Error;

/// Whether bytes begin with the magic of a binary. Anything else counts as text.
///
/// ```
/// assert!(wattle::is_binary(b"\0asm\x01\0\0\0"));
/// assert!(!wattle::is_binary(b"(module)"));
/// ```
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm")
}

/// Translates a module or component from text to binary. It may use [`Features::DEFAULT`]; others
/// are set with [`wat::Parser::features`].
///
/// # Errors
/// Every independent error of the text.
///
/// ```
/// let wasm = wattle::wat2wasm("(module (memory 1))")?;
/// assert_eq!(wasm, b"\0asm\x01\0\0\0\x05\x03\x01\x00\x01");
/// assert_eq!(wattle::wat2wasm("(module quote \"(memory 1)\")")?, wasm);
/// assert_eq!(wattle::wat2wasm("(component (type u8))")?, b"\0asm\x0d\0\x01\0\x07\x02\x01\x7d");
/// # Ok::<(), wattle::Error>(())
/// ```
#[cfg(feature = "wat")]
pub fn wat2wasm(text: &str) -> Result<Vec<u8>, Error> {
    use wat::script::ModuleSource;

    let parser = wat::Parser::new().features(Features::default());
    let embedded = wat::script::embedded(text);
    if let Some(ModuleSource::Binary(bytes)) = embedded.as_ref().map(|module| &module.source) {
        parser::parse_wasm(bytes)?;
        return Ok(bytes.to_vec());
    }
    let quoted = embedded.as_ref().and_then(|module| module.parse_wasm(&parser));
    let quoted = quoted.map(|parsed| parsed.map_err(|errors| errors.in_text(text)));
    Ok(encoder::encode_wasm(&quoted.unwrap_or_else(|| parser.wasm(text))?.into_wasm()))
}

/// Translates a module or component from binary to text. It may use [`Features::DEFAULT`]; others
/// are set with [`parser::components::Parser::features`].
///
/// # Errors
/// The first error of the binary, with its offset.
///
/// ```
/// let text = wattle::wasm2wat(b"\0asm\x01\0\0\0\x05\x03\x01\x00\x01")?;
/// assert_eq!(text, "(module\n  (memory (;0;) 1)\n)\n");
/// let text = wattle::wasm2wat(b"\0asm\x0d\0\x01\0\x07\x02\x01\x7d")?;
/// assert_eq!(text, "(component\n  (type (;0;) u8)\n)\n");
/// # Ok::<(), wattle::Error>(())
/// ```
#[cfg(feature = "wat")]
pub fn wasm2wat(bytes: &[u8]) -> Result<String, Error> {
    Ok(printer::Config::new().print_wasm(&parser::parse_wasm(bytes)?))
}

/// Checks that a binary is a valid module or component, and returns its types. It may use
/// [`Features::DEFAULT`]; others are set with [`validator::Validator::features`] and
/// [`validator::components::Validator::features`].
///
/// # Errors
/// The first error of a malformed binary, or every independent error of validation.
///
/// ```
/// let wasm = wattle::wat2wasm("(module (func (result i32) i64.const 1))").unwrap();
/// let error = wattle::validate(&wasm).unwrap_err();
/// assert!(error.to_string().starts_with("type mismatch"));
///
/// let wasm = wattle::wat2wasm(r#"(component (import "f" (func (param "x" u8))))"#).unwrap();
/// let types = wattle::validate(&wasm).unwrap();
/// assert_eq!(types.component().unwrap().imports().next().unwrap().name(), "f");
/// ```
pub fn validate(bytes: &[u8]) -> Result<validator::components::WasmTypes, Error> {
    use ast::components::Layer;
    use validator::components::WasmTypes;

    if Layer::of(bytes) == Some(Layer::Component) {
        let parser = parser::components::Parser::new().check_bodies(false);
        let mut validator = validator::components::Validator::new();
        for event in parser.events(bytes) {
            // The validator keeps its errors until the end.
            let _ = validator.event(&event?);
        }
        return Ok(WasmTypes::Component(validator.finish()?));
    }
    // The validator reads the instructions anyway.
    let parser = parser::Parser::new().check_bodies(false);
    let mut validator = validator::Validator::new();
    for event in parser.clone().events(bytes) {
        let _ = validator.event(&event?);
    }
    let types = validator.finish().map_err(|errors| {
        let names = parser.module(bytes).map(|module| module.names);
        errors.with_names(&names.unwrap_or_default())
    })?;
    Ok(WasmTypes::Module(types))
}

/// The code of the page about embedding, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
pub struct Embedding;
