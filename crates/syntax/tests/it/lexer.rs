//! Tokens: their kinds, and that they tile the text.

use pretty_assertions::assert_eq;
use wattle_syntax::LexError::*;
use wattle_syntax::Lexer;
use wattle_syntax::TokenKind::{self, *};

/// Checks the tokens of a text, without blanks.
fn check(text: &str, expected: &[(TokenKind, &str)]) {
    let mut end = 0;
    let mut found = Vec::new();
    for (kind, span) in Lexer::new(text) {
        assert_eq!(span.start, end, "{text:?} has a gap");
        assert!(!span.is_empty(), "{text:?} has an empty token");
        end = span.end;
        if kind != Space {
            found.push((kind, &text[span.start..span.end]));
        }
    }
    assert_eq!(end, text.len(), "{text:?} has a gap at its end");
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn words_and_parentheses() {
    check(
        "(func $f 1\t-2\r\n+0x3p1)",
        &[
            (Open, "("),
            (Keyword, "func"),
            (Id, "$f"),
            (Number, "1"),
            (Number, "-2"),
            (Number, "+0x3p1"),
            (Close, ")"),
        ],
    );
    check(
        "i32.const0 0drop A _ a,b;",
        &[
            (Keyword, "i32.const0"),
            (Number, "0drop"),
            (Reserved, "A"),
            (Reserved, "_"),
            (Keyword, "a"),
            (Reserved, ","),
            (Keyword, "b"),
            (Reserved, ";"),
        ],
    );
    check("$ $$ @x", &[(Error(EmptyId), "$"), (Id, "$$"), (Reserved, "@x")]);
}

#[test]
fn what_touches_a_string_is_reserved() {
    check(r#""a" "b""#, &[(String, r#""a""#), (String, r#""b""#)]);
    for text in [r#""a""b""#, r#"a"b""#, r#""a"b"#, r#"$a"b""#, r#"1"b""#, r#"$"a"b"#, r#"$"a""b""#]
    {
        check(text, &[(Reserved, text)]);
    }
    check(
        r#"("a")("b")"#,
        &[
            (Open, "("),
            (String, r#""a""#),
            (Close, ")"),
            (Open, "("),
            (String, r#""b""#),
            (Close, ")"),
        ],
    );
    check(r#"$"a b""#, &[(Id, r#"$"a b""#)]);
    check(r#"$"" x"#, &[(Error(EmptyId), r#"$"""#), (Keyword, "x")]);
    check(r#"$"\ff""#, &[(Error(Utf8), r#"$"\ff""#)]);
}

#[test]
fn strings_end_where_they_must() {
    check(r#""\"" "\\" x"#, &[(String, r#""\"""#), (String, r#""\\""#), (Keyword, "x")]);
    check("\"a\nb", &[(Error(UnclosedString), "\"a"), (Keyword, "b")]);
    check("\"a\r\"", &[(Error(UnclosedString), "\"a"), (Error(UnclosedString), "\"")]);
    check("\"a\tb\" c", &[(Error(ControlInString), "\"a\tb\""), (Keyword, "c")]);
    check(r#""\q ( \" " c"#, &[(Error(IllegalEscape), r#""\q ( \" ""#), (Keyword, "c")]);
    check(r#""\u{d800}" c"#, &[(Error(CodePoint), r#""\u{d800}""#), (Keyword, "c")]);
    check("\"h\u{e9}\"", &[(String, "\"h\u{e9}\"")]);
}

#[test]
fn comments_nest_and_lines_end() {
    check(";; a (; b\rc", &[(LineComment, ";; a (; b"), (Keyword, "c")]);
    check(";; \0 \u{e9}\n", &[(LineComment, ";; \0 \u{e9}")]);
    check("(; a (; b ;) \" ;) c", &[(BlockComment, "(; a (; b ;) \" ;)"), (Keyword, "c")]);
    check("(;) ;) c", &[(BlockComment, "(;) ;)"), (Keyword, "c")]);
    check("(; a (; b ;)", &[(Error(UnclosedComment), "(; a (; b ;)")]);
    check("a;;b", &[(Keyword, "a"), (LineComment, ";;b")]);
}

#[test]
fn annotations_begin_with_an_id() {
    check("(@a b)", &[(Annotation, "(@a"), (Keyword, "b"), (Close, ")")]);
    check(r#"(@"a b" c)"#, &[(Annotation, r#"(@"a b""#), (Keyword, "c"), (Close, ")")]);
    check("(@)", &[(Error(EmptyAnnotationId), "(@"), (Close, ")")]);
    check(r#"(@"")"#, &[(Error(EmptyAnnotationId), r#"(@"""#), (Close, ")")]);
    check("( @a)", &[(Open, "("), (Reserved, "@a"), (Close, ")")]);
}

#[test]
fn other_characters_are_illegal() {
    check("a\u{e9}b", &[(Keyword, "a"), (Error(IllegalCharacter), "\u{e9}"), (Keyword, "b")]);
    check("\0\u{7f}", &[(Error(IllegalCharacter), "\0"), (Error(IllegalCharacter), "\u{7f}")]);
    check("\u{1f600}", &[(Error(IllegalCharacter), "\u{1f600}")]);
}

#[test]
fn blanks_of_any_number_end_at_the_first_other_byte() {
    for len in 0..100 {
        for other in [" ", "\t", "\n", "\r"] {
            for at in 0..=len {
                // One blank of another kind, or without it.
                let mut blanks = " ".repeat(len);
                blanks.replace_range(at..(at + 1).min(len), other);
                for rest in ["", "x", "x and thirty-two bytes or more after it"] {
                    let text = format!("{blanks}{rest}");
                    let found = wattle_syntax::trivia::blank_len(text.as_bytes());
                    assert_eq!(found, blanks.len(), "{text:?}");
                }
            }
        }
    }
}
