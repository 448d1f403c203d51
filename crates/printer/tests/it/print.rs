//! What printing looks like, as data: each `tests/print/NAME.wat` is parsed and printed in every
//! style, and the result compared with `NAME.expected`. `BLESS=1` rewrites the expectations.

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
        // Through the binary, so that there are offsets.
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

/// Nesting does not make the text longer than in proportion, nor does it take stack.
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

/// What only a module put together by hand can hold: nothing panics, and groups that do not fit
/// are left out.
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
