//! The module that a text with errors still gives: all fields without an error, at their indices.

use pretty_assertions::assert_eq;
use wattle_ast::{ExternType, Features, Module, Name};
use wattle_syntax::{TokenKind, Tokens};
use wattle_tests::suite;
use wattle_wat::script::{self, DirectiveKind, ModuleSource};
use wattle_wat::{Parsed, Parser};

fn recover<'a>(text: &'a str, expected: &[&str]) -> Parsed<'a> {
    let parsed = Parser::new().source_map(true).identifiers(true).recover(text);
    let messages: Vec<_> = parsed.errors.iter().map(ToString::to_string).collect();
    assert_eq!(messages, expected, "{text}");
    parsed
}

#[test]
fn good_fields_are_all_there() {
    let parsed = recover(
        "(module $m
           (type $t (func (param i32) (result i64)))
           (import \"a\" \"b\" (func $i (type $t)))
           (import \"a\" \"c\" (func $broken_import (param i33)))
           (table $broken_table nothing)
           (table $table 1 funcref)
           (memory $broken_memory (data 1))
           (memory $memory 1 2)
           (global $broken_global (mut i32) (i32.plus))
           (global $global i64 (i64.const 7))
           (tag $broken_tag (param $))
           (tag $tag (param f32))
           (func $broken (type $t) (i32.plus))
           (func $good (call $broken (i32.const 1)) (call $good) (drop))
           (elem $broken_elem func $nobody)
           (elem $elem func $good)
           (data $broken_data \"a\" 1)
           (data $data \"b\")
           (export \"broken\" (func $nobody))
           (export \"good\" (func $good))
           (start $nobody)
           nonsense
           (func $last (global.set $global (i64.const 1)) (throw $tag (f32.const 0))
             (i32.load $memory (i32.const 0)) (elem.drop $elem) (data.drop $data) drop))",
        &[
            "unknown operator i33: not a type; did you mean `i32`?",
            "unknown operator nothing: not a type",
            "unexpected token, expected )",
            "unknown operator i32.plus: not an instruction",
            "empty identifier",
            "unknown operator i32.plus: not an instruction",
            "unknown function $nobody",
            "unexpected token, expected )",
            "unknown function $nobody",
            "unknown function $nobody",
            "unknown operator nonsense: not a field of the module",
        ],
    );
    let module = &parsed.module;
    assert_eq!(module.imports.len(), 2);
    assert_eq!(module.imports[0].name, "b");
    assert!(matches!(module.imports[1].ty, ExternType::Func(_)));
    assert_eq!((module.tables.len(), module.memories.len(), module.globals.len()), (2, 2, 2));
    // The broken table and the broken memory look as if they had segments inline.
    assert_eq!((module.tags.len(), module.elems.len(), module.datas.len()), (2, 3, 3));
    assert_eq!(module.tables[1.into()].ty.limits.min, 1);
    assert_eq!(module.memories[1.into()].limits.max, Some(2));
    assert_eq!(module.globals[1.into()].init.bytes(), [0x42, 7, 0x0b]);
    assert_eq!(module.datas[2.into()].bytes, &b"b"[..]);
    // The type of a broken function is known, and its body is valid for any type.
    assert_eq!(module.funcs[0.into()].ty.0, 0);
    assert_eq!(module.funcs[0.into()].body.code(), [0x00, 0x0b]);
    assert_eq!(module.funcs[1.into()].body.code(), [0x41, 1, 0x10, 2, 0x10, 3, 0x1a, 0x0b]);
    let expected = [
        0x42, 1, 0x24, 1, 0x43, 0, 0, 0, 0, 0x08, 1, 0x41, 0, 0x28, 0x42, 1, 0, 0xfc, 13, 2, 0xfc,
        9, 2, 0x1a, 0x0b,
    ];
    assert_eq!(module.funcs[2.into()].body.code(), expected);
    assert_eq!(module.exports.len(), 1);
    assert_eq!(module.start, None);
    let name = |name: Option<&Name<'_>>| name.map(|name| name.as_str().to_owned());
    assert_eq!(name(module.names.funcs.get(4.into())).as_deref(), Some("last"));
    assert_eq!(name(module.names.module.as_ref()).as_deref(), Some("m"));
    let map = parsed.source_map.unwrap();
    let path = wattle_ast::Path::item(wattle_ast::ItemKind::Func, 4);
    assert!(map.span(&path).is_some());
}

#[test]
fn a_group_of_imports_keeps_its_indices() {
    let parsed = recover(
        "(import \"m\" (item \"a\" (func $a)) (item \"b\" (memory $m x)) (item \"c\" (func $c)))
         (import \"m\" (item \"d\") (item \"e\") (global $g i32))
         (func $f (call $c) (call $f))",
        &["unknown operator x: not an unsigned integer", "identifier not allowed"],
    );
    let kinds: Vec<_> = parsed.module.imports.iter().map(|import| import.ty.kind()).collect();
    use wattle_ast::ExternKind::{Func, Global, Mem};
    assert_eq!(kinds, [Func, Mem, Func, Global, Global]);
    assert_eq!(parsed.module.funcs[0.into()].body.code(), [0x10, 1, 0x10, 2, 0x0b]);
}

#[test]
fn a_text_without_errors_is_what_it_is() {
    let text = "(module (func $f) (export \"f\" (func $f)))";
    let parsed = Parser::new().module(text).unwrap();
    assert_eq!(Parser::new().recover(text), parsed);
    assert_eq!((parsed.errors, parsed.source_map, parsed.identifiers), (vec![], None, None));
}

/// The fields of a module that is written out, as positions of tokens.
fn fields(tokens: &Tokens<'_>) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    // Behind `(module` and its identifier.
    let mut at = if tokens.get(2).kind == TokenKind::Id { 3 } else { 2 };
    while tokens.get(at).kind == TokenKind::Open {
        let end = tokens.form_end(at);
        fields.push((at, end));
        at = end;
    }
    fields
}

/// Whether two lists have one length and differ in one place at most.
fn nearly<T: PartialEq>(found: &[T], expected: &[T]) -> bool {
    let differences = found.iter().zip(expected).filter(|(a, b)| a != b).count();
    found.len() == expected.len() && differences <= 1
}

fn differ_in_one_field(found: &Module<'_>, expected: &Module<'_>) -> bool {
    nearly(&found.funcs, &expected.funcs)
        && nearly(&found.tables, &expected.tables)
        && nearly(&found.memories, &expected.memories)
        && nearly(&found.globals, &expected.globals)
        && nearly(&found.tags, &expected.tags)
        && nearly(&found.elems, &expected.elems)
        && nearly(&found.datas, &expected.datas)
        && nearly(&found.imports, &expected.imports)
        && found.exports.len() + 1 >= expected.exports.len()
        && found.names == expected.names
        // A placeholder without a known type has the empty one, which may be added to the module.
        && found.types.len() <= expected.types.len() + 1
        && found.types.starts_with(&expected.types)
}

#[test]
fn one_broken_field_leaves_all_others_of_the_suite_as_they_were() {
    let parser = Parser::new().features(Features::ALL);
    let mut broken = 0;
    for file in suite::files() {
        let bytes = file.read();
        let Ok(script) = script::parse(&bytes) else { continue };
        for directive in &script.directives {
            let (DirectiveKind::Module(module) | DirectiveKind::Definition(module)) =
                &directive.kind
            else {
                continue;
            };
            let ModuleSource::Text(text) = module.source else { continue };
            let text = text.replacen("module definition", "module", 1);
            if text.len() > 3000 || !text.starts_with("(module") {
                continue;
            }
            let Ok(Parsed { module: expected, .. }) = parser.module(&text) else { continue };
            let tokens = Tokens::new(&text, &[]);
            for (start, end) in fields(&tokens) {
                let keyword = tokens.text(tokens.get(start + 1));
                let close = tokens.get(end - 1).span().start;
                let damaged = format!("{} nonsense {}", &text[..close], &text[close..]);
                let parsed = parser.recover(&damaged);
                assert_eq!(parsed.errors.len(), 1, "{damaged}\n{:?}", parsed.errors);
                broken += 1;
                // The meaning of a field depends on the types that it uses, so only the functions
                // are counted.
                let types = matches!(keyword, "type" | "rec");
                if types {
                    assert_eq!(parsed.module.funcs.len(), expected.funcs.len(), "{damaged}");
                } else {
                    assert!(
                        differ_in_one_field(&parsed.module, &expected),
                        "{file}: {damaged}\n{:#?}",
                        parsed.module
                    );
                }
            }
        }
    }
    println!("{broken} fields broken");
    assert!(broken > 5_000, "{broken}");
}
