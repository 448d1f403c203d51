//! Printed text, as data: each `tests/print/NAME.wat` is parsed and printed in every style, and the
//! result is compared with `NAME.expected`. `BLESS=1` rewrites the expectations.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use wattle_ast::{Features, LineIndex, Module};
use wattle_printer::Config;

fn styles() -> Vec<(&'static str, Config)> {
    let new = Config::new;
    vec![
        ("flat", new()),
        ("folded", new().fold(true)),
        ("skeleton", new().skeleton(true)),
        ("offsets, four spaces a level", new().offsets(true).indent(4)),
        ("folded, names for the unnamed", new().fold(true).name_unnamed(true)),
        (
            "inline imports and exports, no indentation",
            new().inline_imports_exports(true).indent(0),
        ),
    ]
}

#[test]
fn modules_look_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/print");
    let mut inputs: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    inputs.sort();
    assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
    for input in inputs {
        let text = fs::read_to_string(&input).unwrap();
        let parsed = wattle_wat::parse(&text);
        let parsed = parsed.unwrap_or_else(|errors| {
            panic!(
                "{}:{}: {errors}",
                input.display(),
                errors.as_slice()[0].span.line_column(&LineIndex::new(&text))
            )
        });
        // Encoded and parsed, so that there are offsets.
        let bytes = wattle_encoder::encode(&parsed);
        let module = wattle_parser::Parser::new().features(Features::ALL).module(&bytes).unwrap();
        let mut printed = String::new();
        for (style, config) in styles() {
            writeln!(printed, ";; {style}\n{}", config.print(&module)).unwrap();
        }
        let expected = input.with_extension("expected");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &printed).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(expected, printed, "{}", input.display());
    }
}

#[test]
fn offsets_are_those_of_the_bytes_they_stand_before() {
    let text = "(module (memory 1) (global i32 (i32.const 5)) (func (result i32) i32.const 6)
        (table 1 funcref (ref.null func)) (elem (i32.const 0) funcref (item (ref.null func)))
        (data (i32.const 1) \"a\"))";
    let parsed = wattle_wat::Parser::new().module(text).unwrap().module;
    let bytes = wattle_encoder::encode(&parsed);
    let module = wattle_parser::Parser::new().module(&bytes).unwrap();
    let printed = Config::new().offsets(true).print(&module);
    let instructions = printed.split("(;@").skip(1).filter_map(|part| {
        let (offset, rest) = part.split_once(";) ")?;
        let (_, value) = rest.split_once("i32.const ").filter(|(before, _)| before.is_empty())?;
        let value = value.split([')', '\n']).next()?.parse::<u8>().ok()?;
        Some((usize::from_str_radix(offset, 16).ok()?, value))
    });
    let instructions: Vec<_> = instructions.collect();
    // The offsets of constant expressions are not known.
    assert_eq!(instructions.len(), 1, "{printed}");
    for (offset, value) in instructions {
        assert_eq!(bytes[offset..offset + 2], [0x41, value], "{printed}");
    }
    // Every other item has an offset.
    assert_eq!(printed.matches("(;@").count(), 7 + 1, "{printed}");
}

/// Nesting keeps the text in proportion to the body, and takes no stack.
#[test]
fn deep_nesting_stays_linear() {
    const DEPTH: usize = 100_000;
    let block = [&[0x02, 0x40][..]; DEPTH].concat();
    let unary = [&[0x45][..]; DEPTH].concat();
    let code = [&[0][..], &block, &[0x41, 0], &unary, &[0x1a], &[0x0b; DEPTH + 1]].concat();
    let mut module = Module::default();
    module.types.push(wattle_ast::FuncType::new([], []).into());
    let body = wattle_ast::Body::from_bytes(code).unwrap();
    module.funcs.push(wattle_ast::Func { ty: 0.into(), body });
    for fold in [false, true] {
        let text = Config::new().fold(fold).print(&module);
        assert!(text.len() < 3 * DEPTH * 140, "{}", text.len());
        let parsed = wattle_wat::parse(&text).unwrap();
        assert_eq!(
            parsed.funcs[0.into()].body.bytes().len(),
            module.funcs[0.into()].body.bytes().len()
        );
    }
}

/// A module that no parser makes: printing it does not panic, and groups that do not fit are left
/// out.
#[test]
fn odd_modules_print() {
    use wattle_ast::*;
    let mut module = Module::default();
    module.rec_groups.push(RecGroup { first: TypeIdx(0), len: 0 });
    module.rec_groups.push(RecGroup { first: TypeIdx(7), len: 3 });
    module.import_groups.push(ImportGroup { first: 9, len: 9, module: "m".into(), ty: None });
    module.start = Some(FuncIdx(u32::MAX));
    module.exports.push(Export { name: "e".into(), index: ExternIdx::Tag(TagIdx(5)) });
    for bytes in
        [&b"\0"[..], b"\0\x05\x0b", b"\0\x18\0\x0b", b"\0\x0b\x0b", b"\0\x02\x40", b"\0\xff"]
    {
        let body = Body::from_bytes(bytes).unwrap();
        module.funcs.push(Func { ty: TypeIdx(3), body });
    }
    module.names.locals.entry(99.into()).insert(0.into(), "x".into());
    for (_, config) in styles() {
        let text = config.print(&module);
        assert!(text.contains("(rec)") && text.contains("(start 4294967295)"), "{text}");
        assert_eq!(text.matches("(rec").count(), 1, "{text}");
        assert!(!text.contains("(import"), "{text}");
    }
}
