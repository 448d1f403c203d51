//! The formatter of text.

use wattle::ast::Span;
use wattle::syntax::{Lexer, TokenKind};
use wattle::wat::format;
use wattle::{Features, wat};

/// The tokens of a text and its comments, without the blanks at the ends of lines.
fn tokens(text: &str) -> Vec<(TokenKind, String)> {
    let slice = |(kind, span): (TokenKind, Span)| {
        let slice = &text[span.start..span.end];
        if !kind.is_trivia() {
            return (kind, slice.to_owned());
        }
        let lines = slice.lines().map(|line| line.trim_end_matches([' ', '\t']));
        (kind, lines.collect::<Vec<_>>().join("\n"))
    };
    Lexer::new(text).filter(|(kind, _)| *kind != TokenKind::Space).map(slice).collect()
}

/// Any text: formatting preserves its tokens, its comments and its meaning as a module or
/// component; a second run changes nothing, for any width; errors lie within the text.
pub fn format_text(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    for width in [format::Config::WIDTH, 20] {
        let config = format::Config::new().width(width);
        let formatted = config.format(text);
        assert_eq!(tokens(text), tokens(&formatted.text), "tokens changed");
        let again = config.format(&formatted.text);
        assert_eq!(again.text, formatted.text, "a second run changes something");
        assert_eq!(again.errors.len(), formatted.errors.len(), "a second run finds other errors");
        for error in &formatted.errors {
            assert!(text.get(error.span.start..error.span.end).is_some());
        }
        let parser = wat::Parser::new().features(Features::ALL);
        if let Ok(before) = parser.wasm(text) {
            assert!(formatted.errors.is_empty(), "a text that parses has errors");
            let after = parser.wasm(&formatted.text);
            let after = after.unwrap_or_else(|errors| panic!("{errors}\n{}", formatted.text));
            assert_eq!(after.into_wasm(), before.into_wasm(), "another meaning");
        }
    }
}
