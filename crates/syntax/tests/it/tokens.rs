//! Tokens and the trivia between them.

use wattle_syntax::{Lexer, Tokens};

/// Checks that the tokens are those of the lexer, and that trivia fill the gaps between them.
fn check(text: &str) {
    let tokens = Tokens::new(text, &[]);
    let expected: Vec<_> = Lexer::new(text).filter(|(kind, _)| !kind.is_trivia()).collect();
    let all = (0..tokens.len()).map(|pos| tokens.get(pos));
    let found: Vec<_> = all.map(|token| (token.kind, token.span())).collect();
    // Annotations are kept separately, so they leave gaps.
    if text.contains("(@") {
        assert!(found.iter().all(|token| expected.contains(token)), "{text}");
    } else {
        assert_eq!(found, expected, "{text}");
    }
    let mut copy = String::new();
    for pos in 0..=tokens.len() {
        let trivia = tokens.trivia(pos).map(|(_, span)| &text[span.start..span.end]);
        copy.extend(trivia.chain([tokens.text(tokens.get(pos))]));
    }
    assert_eq!(copy, text);
}

#[test]
fn tokens_are_those_of_the_lexer() {
    for file in wattle_tests::suite::files() {
        if let Ok(text) = core::str::from_utf8(&file.read())
            && text.len() < 1 << 16
        {
            check(text);
        }
    }
    for text in [
        "a",
        "(a",
        "a)",
        "$",
        "$)",
        "$\"x\" $y",
        "1 -2 +3 -inf",
        "a\"b\"c",
        "\t\r\n a  b\tc\rd",
        "(;;)a(; ( ;)b;;c",
        "a,b;c[d]e{f}g",
        "0x1p-5|a~b^c\\d*e+f",
        "é a\u{7f}b",
        "((@x a)) b",
        "((;a;)b)",
        "( ;; x\n a)",
        "abcdefgh ijklmnop12345678\n",
    ] {
        check(text);
        for end in 0..text.len() {
            if let Some(part) = text.get(..end) {
                check(part);
            }
        }
    }
}
