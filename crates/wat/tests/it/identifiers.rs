//! The places where identifiers are bound and used.

use pretty_assertions::assert_eq;
use wattle_ast::Features;
use wattle_syntax::{TokenKind, Tokens, strings};
use wattle_tests::suite;
use wattle_wat::script::{self, DirectiveKind, ModuleSource};
use wattle_wat::{Identifiers, Parser, Space};

fn identifiers(text: &str) -> Identifiers {
    Parser::new().identifiers(true).module(text).unwrap().identifiers.unwrap()
}

/// Checks the definitions of a text: space, owner, index, and the text of identifier and form; and
/// the number of the definition that each reference refers to.
fn check(text: &str, definitions: &[(Space, Option<u32>, u32, &str, &str)], uses: &[usize]) {
    let found = identifiers(text);
    let slice = |span: wattle_ast::Span| &text[span.start..span.end];
    let found_definitions: Vec<_> = found
        .definitions
        .iter()
        .map(|one| (one.space, one.owner, one.index, slice(one.id), slice(one.form)))
        .collect();
    assert_eq!(found_definitions, definitions, "{text}");
    let found_uses: Vec<_> = found.references.iter().map(|one| one.definition).collect();
    assert_eq!(found_uses, uses, "{text}");
    for (number, definition) in found.definitions.iter().enumerate() {
        let id = |span| strings::id(slice(span)).unwrap();
        assert_eq!(found.at(definition.id.start), Some(number));
        assert_eq!(found.at(definition.id.end), Some(number));
        for used in found.uses(number) {
            assert_eq!(id(used), id(definition.id), "{text}");
            assert_eq!(found.at(used.start + 1), Some(number));
        }
    }
}

#[test]
fn every_index_space_has_definitions() {
    use Space::*;
    check(
        "(import \"\" \"\" (func $i)) (type $t (func)) (table $table 1 funcref) (memory $m 1)
         (tag $tag) (global $g i32 (i32.const 0)) (elem $e func $f) (data $d)
         (func $f (type $t) (call $i) (drop (table.get $table (global.get $g)))
           (memory.init $m $d) (table.init $table $e) (throw $tag))
         (export \"f\" (func $f)) (start $f)",
        &[
            (Func, None, 0, "$i", "(import \"\" \"\" (func $i))"),
            (Type, None, 0, "$t", "(type $t (func))"),
            (Table, None, 0, "$table", "(table $table 1 funcref)"),
            (Mem, None, 0, "$m", "(memory $m 1)"),
            (Tag, None, 0, "$tag", "(tag $tag)"),
            (Global, None, 0, "$g", "(global $g i32 (i32.const 0))"),
            (Elem, None, 0, "$e", "(elem $e func $f)"),
            (Data, None, 0, "$d", "(data $d)"),
            (
                Func,
                None,
                1,
                "$f",
                "(func $f (type $t) (call $i) (drop (table.get $table (global.get $g)))
           (memory.init $m $d) (table.init $table $e) (throw $tag))",
            ),
        ],
        &[8, 1, 0, 2, 5, 3, 7, 2, 6, 4, 8, 8],
    );
}

#[test]
fn locals_and_fields_have_an_owner() {
    use Space::*;
    check(
        "(func) (type $s (struct (field i32 i32) (field $x i32) (field $\"y\" i64)))
         (rec (type $r (struct (field $x (ref $r)))))
         (func (param i32) (param $p (ref $s)) (local $q i32)
           (struct.set $s $y (local.get $p) (i64.extend_i32_s (local.get $q)))
           (drop (struct.get $r $x (ref.null $r))))",
        &[
            (
                Type,
                None,
                0,
                "$s",
                "(type $s (struct (field i32 i32) (field $x i32) (field $\"y\" i64)))",
            ),
            (Field, Some(0), 2, "$x", "(field $x i32)"),
            (Field, Some(0), 3, "$\"y\"", "(field $\"y\" i64)"),
            (Type, None, 1, "$r", "(type $r (struct (field $x (ref $r))))"),
            (Field, Some(1), 0, "$x", "(field $x (ref $r))"),
            (Local, Some(1), 1, "$p", "(param $p (ref $s))"),
            (Local, Some(1), 2, "$q", "(local $q i32)"),
        ],
        &[3, 0, 0, 2, 5, 6, 3, 4, 3],
    );
}

#[test]
fn labels_are_numbered_as_blocks_begin() {
    use Space::*;
    check(
        "(func block $l block $l br $l end $l br $l end br_table 0 0)
         (func (if $a (block $b (result i32) (br $b (i32.const 1))) (then (br $a)) (else (br $a)))
           (block $a (try $c (do) (delegate $a))))",
        &[
            (Label, Some(0), 0, "$l", "block $l block $l br $l end $l br $l end"),
            (Label, Some(0), 1, "$l", "block $l br $l end $l"),
            (
                Label,
                Some(1),
                1,
                "$a",
                "if $a (block $b (result i32) (br $b (i32.const 1))) (then (br $a)) (else (br $a)))",
            ),
            (Label, Some(1), 0, "$b", "block $b (result i32) (br $b (i32.const 1)))"),
            (Label, Some(1), 2, "$a", "block $a (try $c (do) (delegate $a)))"),
            (Label, Some(1), 3, "$c", "try $c (do) (delegate $a"),
        ],
        &[1, 1, 0, 3, 2, 2, 4],
    );
}

#[test]
fn errors_leave_the_identifiers_that_are_known() {
    let text = "(func $f (param $x i32) (call $f (local.get $x)) (call $nobody (local.get $x)))
                (func $f (call $f))";
    let parsed = Parser::new().identifiers(true).recover(text);
    let found = parsed.identifiers.unwrap();
    // The second `$f` is a duplicate: uses refer to the first.
    let indices: Vec<_> = found.definitions.iter().map(|one| (one.space, one.index)).collect();
    assert_eq!(indices, [(Space::Func, 0), (Space::Local, 0), (Space::Func, 1)]);
    let uses: Vec<_> = found.references.iter().map(|one| one.definition).collect();
    assert_eq!(uses, [0, 1, 1, 0]);
    assert_eq!(found.at(text.find("$nobody").unwrap()), None);
    assert_eq!(found.at(0), None);
}

#[test]
fn every_identifier_of_the_suite_is_bound_or_used() {
    let parser = Parser::new().features(Features::ALL).identifiers(true);
    let (mut definitions, mut references) = (0, 0);
    for file in suite::files() {
        let bytes = file.read();
        let Ok(script) = script::parse(&bytes) else { continue };
        for directive in &script.directives {
            let DirectiveKind::Module(module) = &directive.kind else { continue };
            let ModuleSource::Text(text) = module.source else { continue };
            let Ok(parsed) = parser.module(text) else { continue };
            let found = parsed.identifiers.unwrap();
            definitions += found.definitions.len();
            references += found.references.len();
            let tokens = Tokens::new(text, &[]);
            let mut known: Vec<_> = found.definitions.iter().map(|one| one.id).collect();
            known.extend(found.references.iter().map(|one| one.id));
            known.sort();
            assert!(known.windows(2).all(|pair| pair[0].end < pair[1].start), "{file}: {text}");
            for at in 0..tokens.len() {
                let token = tokens.get(at);
                if token.kind == TokenKind::Id && known.binary_search(&token.span()).is_err() {
                    // Parameters of types and imports bind nothing, nor does the identifier of the
                    // module.
                    let before = tokens.text(tokens.get(at - 1));
                    let ignored = ["param", "module"].contains(&before);
                    assert!(ignored, "{file}: {} in {text}", tokens.text(token));
                }
            }
        }
    }
    println!("{definitions} definitions, {references} references");
    assert!(definitions > 5_000 && references > 10_000, "{definitions}, {references}");
}
