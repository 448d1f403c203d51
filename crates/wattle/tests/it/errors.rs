//! Every error of every crate is an [`Error`](core::error::Error), has a message, and converts into
//! that of the facade.

use std::error::Error;

use wattle::{
    Features, ast, encoder, numerics, parser, runtime, smith, syntax, validator, wasi, wat,
};

/// Checks the message of an error, before and after its conversion.
#[track_caller]
fn says<E>(error: E, expected: &str)
where
    E: Error + Send + Sync + 'static + Into<wattle::Error>,
{
    assert_eq!(error.to_string(), expected);
    let error: wattle::Error = error.into();
    assert_eq!(error.to_string(), expected);
    let source = error.source().expect("the error inside");
    assert_eq!(source.to_string(), expected);
}

#[test]
fn errors_of_binaries() {
    says(ast::Malformed::MagicHeader, "magic header not detected");
    let malformed = parser::parse(b"\0asm\x02\0\0\0").unwrap_err();
    let text = "unknown binary version 2 at offset 0x4";
    says(malformed, text);
    let reader = parser::EventReader::new(&b"\0asm\x02\0\0\0"[..]);
    let read = reader.module().unwrap_err();
    assert_eq!(read.source().unwrap().to_string(), text);
    says(read, text);
    let io = std::io::Error::other("the disk is on fire");
    says(parser::ReadError::from(io), "the disk is on fire");
    let large = parser::ItemTooLarge { offset: 8, max: 1, path: ast::Path::default() };
    says(large, "item too large: it takes more than 1 bytes at offset 0x8");
    says(
        ast::Body::from_bytes(&b"\x01\x01"[..]).unwrap_err(),
        "unexpected end of section or function at offset 0x2",
    );
    says(ast::Names::parse(b"\x07\x05").unwrap_err(), "length out of bounds at offset 0x1");
}

#[test]
fn errors_of_text() {
    let errors = wat::parse("(module\n  (func br 0drop)\n  (global $g i32.const))").unwrap_err();
    let first = errors.as_slice()[0].clone();
    let lines: Vec<_> = errors.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), errors.as_slice().len());
    assert!(lines.len() > 1, "{lines:?}");
    assert!(lines[0].starts_with("unknown operator 0drop"), "{lines:?}");
    assert!(lines[0].contains("at line 2, column 12"), "{lines:?}");
    assert!(lines[1].contains("at line 3, column"), "{lines:?}");
    says(errors.clone(), &errors.to_string());
    says(first.clone(), &first.to_string());
    says(syntax::LexError::UnclosedString, &syntax::LexError::UnclosedString.to_string());
    says(syntax::numbers::i32("x").unwrap_err(), "unknown operator");
    // An error in quoted text has its place in the whole text.
    let error = wattle::wat2wasm("(module quote\n  \"(module (func $f (call $g)))\")").unwrap_err();
    assert_eq!(error.to_string(), "unknown function $g at line 2, column 27");
    let lexical = wat::parse("(module \"\\q\")").unwrap_err().as_slice()[0].clone();
    assert!(lexical.source().is_some_and(|source| source.is::<syntax::LexError>()));
}

#[test]
fn errors_of_features() {
    let unknown = "wasm1,multi-memroy".parse::<Features>().unwrap_err();
    says(unknown, "unknown feature `multi-memroy`; did you mean `multi-memory`?");
    says(Features::parse("gc,nonsense").unwrap_err(), "unknown feature `nonsense`");
}

#[test]
fn errors_of_validation() {
    let module = ast::Module { start: Some(ast::FuncIdx(0)), ..ast::Module::default() };
    let errors = validator::validate(&module).unwrap_err();
    says(errors.first().clone(), "unknown function 0 (there is no function) in start");
    says(errors, "unknown function 0 (there is no function) in start");
}

#[test]
fn errors_of_building() {
    let mut f = encoder::FuncBuilder::new(0);
    f.end();
    let text = "unexpected `end`: there is no block to close at offset 0x0";
    says(f.finish().unwrap_err(), text);
}

#[test]
fn errors_of_editing() {
    let mut module = ast::Module::default();
    let error = module.remove_func(ast::FuncIdx(0)).unwrap_err();
    says(error, "unknown func 0");
    let fault = ast::RemapFault::<core::convert::Infallible>::from(ast::Malformed::IllegalOpcode);
    says(fault, "illegal opcode");
    let path = ast::Path::item(ast::ItemKind::Func, 3);
    says(ast::RemapError { fault, path }, "illegal opcode, in func 3");
}

#[test]
fn errors_of_execution() {
    says(runtime::Trap::DivideByZero, "integer divide by zero");
    says(runtime::Error::from(runtime::Trap::DivideByZero), "integer divide by zero");
    says(numerics::Error::InvalidConversion, "invalid conversion to integer");
    let host = runtime::Error::host("out of paper");
    says(host.clone(), "out of paper");
    let runtime::ErrorKind::Host(inside) = host.kind() else { panic!("{host}") };
    says(inside.clone(), "out of paper");
    says(wasi::Errno::NOENT, "noent");
}

#[test]
fn errors_of_generation() {
    says(smith::Error::NotEnoughData, &smith::Error::NotEnoughData.to_string());
    let config = smith::Config { max_funcs: u32::MAX, ..smith::Config::default() };
    let error = config.check().unwrap_err();
    says(error, &error.to_string());
    assert!(error.to_string().contains("max_funcs"), "{error}");
}
