//! Errors: every independent error is reported at its place, and no other.

use pretty_assertions::assert_eq;
use wattle_ast::{LineColumn, LineIndex};
use wattle_wat::{Errors, parse};

/// Checks the messages of a text, and the part of the text that each points to.
fn check(text: &str, expected: &[(&str, &str)]) {
    let errors = parse(text).expect_err(text);
    let slice = |error: &wattle_wat::Error| &text[error.span.start..error.span.end];
    let found: Vec<_> = errors.into_iter().map(|e| (e.to_string(), slice(e))).collect();
    let found: Vec<_> = found.iter().map(|(message, slice)| (message.as_str(), *slice)).collect();
    assert_eq!(found, expected, "{text}");
    // All of them are shown, each with its place.
    let (lines, shown) = (LineIndex::new(text), errors.to_string());
    let places = errors.into_iter().map(|error| error.span.line_column(&lines));
    assert_eq!(shown.lines().count(), expected.len(), "{shown}");
    for (line, LineColumn { line: number, column }) in shown.lines().zip(places) {
        assert!(line.contains(&format!(" at line {number}, column {column}")), "{line}");
    }
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
    // The text behind a string or comment that is not closed may belong to it.
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

#[test]
fn several_in_a_function_and_no_others() {
    check(
        "(func $f (param $x i32) (result i32)
           get_local $x
           i32.ad
           (i32.sub (local.get $y) (i32.const 1.5))
           (call $g (i32.cosnt 1))
           block $l (result i33)
             br $m
           end $k
           i32.load offset=-4 align=3
           (select (local.get $x) (local.get $x) i32.const 0))",
        &[
            (
                "unknown operator get_local: not an instruction; it is called `local.get` here",
                "get_local",
            ),
            ("unknown operator i32.ad: not an instruction; did you mean `i32.add`?", "i32.ad"),
            ("unknown local $y", "$y"),
            ("constant out of range", "1.5"),
            ("unknown function $g", "$g"),
            (
                "unknown operator i32.cosnt: not an instruction; did you mean `i32.const`?",
                "i32.cosnt",
            ),
            ("unknown operator i33: not a type; did you mean `i32`?", "i33"),
            ("unknown label $m", "$m"),
            ("mismatching label", "$k"),
            ("unknown operator offset=-4: not an offset or an alignment", "offset=-4"),
            ("unexpected token, expected ( or )", "i32.const"),
        ],
    );
}

#[test]
fn what_follows_from_another_is_left_out() {
    // A misspelled block keeps its end and its label, and an unreadable field its identifier.
    check(
        "(func blok $l br $l end)",
        &[("unknown operator blok: not an instruction; did you mean `block`?", "blok")],
    );
    check(
        "(func (locl $x i32) (drop (local.get $x)))",
        &[("unknown operator locl: not an instruction; did you mean `local`?", "locl")],
    );
    check(
        "(func (call $f) nop) (fucn $f) (func (call $f))",
        &[("unknown operator fucn: not a field of the module; did you mean `func`?", "fucn")],
    );
    check(
        "(func (local $x i33) (drop (local.get $x)))",
        &[("unknown operator i33: not a type; did you mean `i32`?", "i33")],
    );
    check("(func end end)", &[("unexpected token, expected an instruction that fits here", "end")]);
    check(
        "(func (if (nop)) block)",
        &[("unexpected token, expected (then", ")"), ("unexpected token, expected end", ")")],
    );
    check(
        "(func { nop; nop; })",
        &[
            ("unknown operator {: not an instruction", "{"),
            ("unknown operator ;: not an instruction", ";"),
        ],
    );
    // Behind a missing parenthesis, fields look like instructions.
    check(
        "(module\n (func $a (i32.ad)\n (func $b (call $a))\n (func $c (i32.sbu)))",
        &[
            ("unknown operator i32.ad: not an instruction; did you mean `i32.add`?", "i32.ad"),
            ("unexpected token, expected )", ""),
        ],
    );
}

#[test]
fn other_places_have_to_do_with_some() {
    let related = |text: &str| {
        let error = &parse(text).unwrap_err().into_vec()[0];
        let related = error.related.unwrap();
        (text[related.span.start..related.span.end].to_owned(), related.note)
    };
    assert_eq!(related("(func block $b nop)"), ("block $b".into(), "the block begins here"));
    assert_eq!(related("(func block $a end $b)"), ("block $a".into(), "the block begins here"));
    assert_eq!(related("(module\n(func (nop)\n(memory 1)"), ("(func".into(), "this is not closed"));
    assert_eq!(related("(module) (func)"), (")".into(), "the module ends here"));
    assert_eq!(related("(func) (import \"\" \"\" (func))"), ("(func".into(), "defined here"));
}

#[test]
fn many_errors_take_linear_time() {
    let many = |one: &str, n: usize| one.repeat(n);
    for (text, most) in [
        (format!("(func {})", many("unknwn ", 30_000)), 100),
        (format!("(func {})", many("(call $nobody) ", 30_000)), 100),
        (many("(func $f) ", 30_000), 100),
        (many("(func (br $l)) ", 30_000), 100),
        (format!("(func {})", many("(if (nop)) ", 30_000)), 100),
        (format!("(func {})", many("end ", 30_000)), 1),
        (many("( ", 90_000), 2),
        (many(") ", 90_000), 1),
        (many("(func ", 30_000), 1),
        (many("// ", 90_000), 1),
        (many("/*\n", 30_000), 1),
        (format!("(func {})", many("(i32.add i32.add ", 30_000)), 100),
        (many("x \u{e9} ", 30_000), 100),
        (many("\n\u{e9}", 30_000), 100),
        (many("\"\\q\" ", 30_000), 100),
    ] {
        let errors = parse(&text).unwrap_err();
        let count = errors.as_slice().len();
        assert!(count <= most, "{count}: {}", &text[..40]);
    }
    // Many identifiers, and many that are nearly theirs.
    let ids: String = (0..20_000).map(|id| format!("(func $function_{id})")).collect();
    let calls: String = (0..20_000).map(|id| format!("call $functoin_{id} ")).collect();
    let errors = parse(&format!("{ids}(func {calls})")).unwrap_err().into_vec();
    assert_eq!(errors[0].help.as_ref().unwrap().to_string(), "did you mean `$function_0`?");
    assert_eq!(errors.len(), 100);
}
