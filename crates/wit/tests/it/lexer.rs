//! Tokens, and the trivia between them.

use wattle_wit::syntax::{Lexer, Tokens};

#[test]
fn tokens_and_trivia_are_the_whole_text() {
    let samples = [
        "",
        "a",
        "/",
        "/*",
        "/* /* */",
        "\"",
        "\"a\\",
        "\"\\\"",
        "%",
        "%a-b:c",
        "1.0.0-a.b+c",
        "->",
        "-a",
        "é_1",
        "\u{feff}a",
        "a\u{feff}",
        "// x\r\n///y",
        "a\0b",
        "\"\n\"",
    ];
    for text in samples {
        let all: String = Lexer::new(text).map(|t| &text[t.span.start..t.span.end]).collect();
        assert_eq!(all, text);
        let tokens = Tokens::new(text);
        let gaps: usize =
            (0..=tokens.len()).flat_map(|pos| tokens.trivia(pos)).map(|t| t.span.len()).sum();
        let kept: usize = (0..tokens.len()).map(|pos| tokens.get(pos).span.len()).sum();
        assert_eq!(gaps + kept, text.len(), "{text:?}");
    }
}

#[test]
fn characters_that_may_not_stand_in_a_text_are_errors_everywhere() {
    for (text, at) in [("// \u{202e}", 3), ("\"\u{7f}\"", 1), ("a \u{149}", 2), ("\u{1}", 0)] {
        assert!(Tokens::new(text).errors().iter().any(|(_, span)| span.start == at), "{text:?}");
    }
}
