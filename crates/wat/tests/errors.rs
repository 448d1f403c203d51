//! Errors: every independent one, at its place, and no other.

use pretty_assertions::assert_eq;
use wattle_ast::{LineColumn, LineIndex};
use wattle_wat::{Errors, parse};

/// The messages of a text with what they point to.
fn check(text: &str, expected: &[(&str, &str)]) {
    let errors = parse(text).expect_err(text);
    let slice = |error: &wattle_wat::Error| &text[error.span.start..error.span.end];
    let found: Vec<_> = errors.into_iter().map(|e| (e.to_string(), slice(e))).collect();
    let found: Vec<_> = found.iter().map(|(message, slice)| (message.as_str(), *slice)).collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(errors.to_string(), expected[0].0, "{text}");
}

#[test]
fn each_field_has_its_own() {
    check(
        "(module
           (func (i32.plus))
           (func (call $nobody))
           (global $g i32 (i32.const 0x1_0000_0000))
           (func (br $l))
           (nonsense)
           (memory 1 shared 2)
           (export \"f\" (func $f))
           (func $f))",
        &[
            ("unknown operator i32.plus: not an instruction", "i32.plus"),
            ("unknown function $nobody", "$nobody"),
            ("constant out of range; an i32 is from -2147483648 to 4294967295", "0x1_0000_0000"),
            ("unknown label $l", "$l"),
            ("unknown operator nonsense: not a field of the module", "nonsense"),
            ("unexpected token, expected )", "2"),
        ],
    );
}

#[test]
fn what_is_broken_keeps_its_name() {
    check(
        "(type $t (func (param i33)))
         (func $f (type $t) (param i32))
         (func $g (i32.plus))
         (func (call $f) (call $g) (call_indirect (type $t) (param i64)))
         (type $s (struct (field $x i33)))
         (func (struct.get $s $x (unreachable)))",
        &[
            ("unknown operator i33: not a type; did you mean `i32`?", "i33"),
            ("unknown operator i32.plus: not an instruction", "i32.plus"),
            ("unknown operator i33: not a type; did you mean `i32`?", "i33"),
        ],
    );
}

#[test]
fn identifiers_are_bound_once() {
    check("(func $f) (func $f)", &[("duplicate function $f", "$f")]);
    check("(func $f) (func $\"f\")", &[("duplicate function $f", "$\"f\"")]);
    check("(func (param $x i32) (local $x i32))", &[("duplicate local $x", "$x")]);
    check("(type (struct (field $x i32) (field $x i32)))", &[("duplicate field $x", "$x")]);
    check("(memory $m 1) (memory $m 1)", &[("duplicate memory $m", "$m")]);
    check("(data $d) (data $d)", &[("duplicate data segment $d", "$d")]);
}

#[test]
fn imports_come_first() {
    check("(func) (import \"\" \"\" (func))", &[("import after function definition", "(import")]);
    check("(tag) (memory (import \"\" \"\") 1)", &[("import after tag definition", "(memory")]);
    check("(start 0) (start 1) (func)", &[("multiple start sections", "(start 1")]);
}

#[test]
fn an_end_that_never_comes() {
    check("(module (func)", &[("unexpected token, expected )", "")]);
    check("(module) (func)", &[("unexpected token, expected the end of the text", "(")]);
    check("(func))", &[("unexpected token, expected the end of the text", ")")]);
    check("(func block)", &[("unexpected token, expected end", ")")]);
    check("(func (block nop", &[("unexpected token, expected )", "")]);
    // What follows a string or comment that is not closed may be its inside.
    check(
        "(func) (data \"a) (func $f) (func $f)",
        &[("unclosed string literal", "\"a) (func $f) (func $f)")],
    );
    check("(func) (; (func $f)", &[("unclosed comment", "(; (func $f)")]);
}

#[test]
fn labels_match() {
    check("(func block $a end $b)", &[("mismatching label", "$b")]);
    check("(func block end $b)", &[("mismatching label", "$b")]);
    check("(func block $a loop $a end $a end $a br $a)", &[("unknown label $a", "$a")]);
    check("(func (try $a (do) (delegate $a)))", &[("unknown label $a", "$a")]);
}

#[test]
fn a_hundred_at_most() {
    let text = "(func i32.plus)".repeat(1000);
    let errors = parse(&text).unwrap_err();
    assert_eq!(errors.as_slice().len(), Errors::LIMIT);
    assert_eq!(errors.as_slice()[99].span.start, 99 * "(func i32.plus)".len() + 6);
}

#[test]
fn places_count_all_ends_of_lines() {
    let text = "(module\r\n (func)\r ;; \u{e9}\n \u{e9}";
    let errors = parse(text).unwrap_err();
    let place = errors.as_slice()[0].span.line_column(&LineIndex::new(text));
    assert_eq!(place, LineColumn { line: 4, column: 2 });
}
