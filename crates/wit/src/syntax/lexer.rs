//! The lexer: every byte of a text is part of a token or of trivia.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#lexical-structure>

use alloc::vec::Vec;

use wattle_ast::Span;
use wattle_syntax::{strings, trivia};

use super::keywords::{Keyword, keyword};
use crate::error::LexError;

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// Blanks and ends of lines. Trivia.
    Blank,
    /// `// …`, without the end of the line. Trivia.
    LineComment,
    /// `/* … */`. Trivia.
    BlockComment,
    /// A single character of punctuation.
    Punctuation(u8),
    /// `->`.
    Arrow,
    /// A keyword or a name.
    Word,
    /// `%name`.
    Escaped,
    /// A sequence of digits.
    Integer,
    /// A string literal.
    String,
    /// Characters that do not form a token.
    Error(LexError),
    /// The end of the text.
    End,
}

impl TokenKind {
    /// Returns whether the parser skips tokens of this kind.
    pub const fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Blank | TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// The kind.
    pub kind: TokenKind,
    /// The range.
    pub span: Span,
}

/// An iterator over the tokens and the trivia of a text. Their spans follow each other without a
/// gap.
///
/// ```
/// use wattle_wit::syntax::Lexer;
///
/// let text = "a: /* x */ func(); // end\n";
/// let all: String = Lexer::new(text).map(|token| &text[token.span.start..token.span.end]).collect();
/// assert_eq!(all, text);
/// ```
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Lexer<'a> {
    /// Returns the tokens of a text. A byte order mark at its start is a blank.
    pub fn new(text: &'a str) -> Lexer<'a> {
        Lexer { text, at: 0, end: text.len() }
    }

    /// Returns the tokens of a part of a text.
    pub(super) fn within(text: &'a str, span: Span) -> Lexer<'a> {
        Lexer { text, at: span.start, end: span.end.min(text.len()) }
    }

    /// Returns the kind and the length of the token at the start of `rest`, which is not empty.
    fn classify(&self, rest: &str) -> (TokenKind, usize) {
        let bytes = rest.as_bytes();
        let blanks = trivia::blank_len(bytes);
        if blanks > 0 {
            return (TokenKind::Blank, blanks);
        }
        match bytes {
            [b'/', b'/', ..] => {
                let len = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
                let len =
                    if bytes.get(len.wrapping_sub(1)) == Some(&b'\r') { len - 1 } else { len };
                return (TokenKind::LineComment, len);
            }
            [b'/', b'*', ..] => {
                return match trivia::block_len(bytes, *b"/*", *b"*/") {
                    Some(len) => (TokenKind::BlockComment, len),
                    None => (TokenKind::Error(LexError::UnclosedComment), bytes.len()),
                };
            }
            [b'-', b'>', ..] => return (TokenKind::Arrow, 2),
            [b'"', ..] => return scan_string(rest),
            [b'%', ..] => return (TokenKind::Escaped, 1 + word_len(rest.get(1..).unwrap_or(""))),
            [b'0'..=b'9', ..] => {
                return (
                    TokenKind::Integer,
                    bytes.iter().take_while(|b| b.is_ascii_digit()).count(),
                );
            }
            _ => {}
        }
        let Some(first) = rest.chars().next() else { return (TokenKind::End, 0) };
        match first {
            '=' | ',' | ':' | ';' | '(' | ')' | '{' | '}' | '<' | '>' | '*' | '/' | '.' | '@'
            | '-' | '+' => (TokenKind::Punctuation(first as u8), 1),
            '\u{feff}' if self.at == 0 => (TokenKind::Blank, first.len_utf8()),
            _ => match word_len(rest) {
                0 => (TokenKind::Error(LexError::Character(first)), first.len_utf8()),
                len => (TokenKind::Word, len),
            },
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = self.text.get(self.at..self.end).filter(|rest| !rest.is_empty())?;
        let (kind, len) = self.classify(rest);
        let span = Span::new(self.at, self.at + len);
        self.at = span.end;
        Some(Token { kind, span })
    }
}

/// Returns the length of the word at the start of `text`. Characters that names cannot have belong
/// to the word, so that errors show the whole word.
fn word_len(text: &str) -> usize {
    let continues = |(_, c): &(usize, char)| *c == '_' || *c == '-' || c.is_alphanumeric();
    let end = text.char_indices().find(|next| !continues(next)).map_or(text.len(), |(at, _)| at);
    match text.chars().next() {
        Some(first) if first == '_' || first.is_alphabetic() => end,
        _ => 0,
    }
}

/// Returns the kind and the length of the string literal at the start of `text`. It ends at the end
/// of its line if no quote closes it.
fn scan_string(text: &str) -> (TokenKind, usize) {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => break,
            Some(b'\\') => at += 2,
            None | Some(b'\n') => {
                return (TokenKind::Error(LexError::UnclosedString), at.min(bytes.len()));
            }
            Some(_) => at += 1,
        }
    }
    let literal = text.get(..at + 1).unwrap_or(text);
    let kind = match strings::fault(literal) {
        fault if fault != (0..literal.len()) => TokenKind::Error(LexError::Escape),
        _ if strings::name(literal).is_none() => TokenKind::Error(LexError::Utf8),
        _ => TokenKind::String,
    };
    (kind, literal.len())
}

/// The tokens of a text, without trivia, and the errors of its characters.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    errors: Vec<(LexError, Span)>,
}

impl<'a> Tokens<'a> {
    /// Reads the tokens of a text.
    pub fn new(text: &'a str) -> Tokens<'a> {
        let mut tokens = Vec::with_capacity(text.len() / 6);
        let mut errors = forbidden(text);
        for token in Lexer::new(text) {
            match token.kind {
                // A control character is reported once.
                TokenKind::Error(LexError::Character(c)) if is_forbidden(c).is_some() => {}
                TokenKind::Error(error) => errors.push((error, token.span)),
                kind if kind.is_trivia() => {}
                _ => tokens.push(token),
            }
        }
        errors.sort_by_key(|(_, span)| span.start);
        Tokens { text, tokens, errors }
    }

    /// Returns the text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the errors of the characters, in order.
    pub fn errors(&self) -> &[(LexError, Span)] {
        &self.errors
    }

    /// Returns the number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Returns whether the list of tokens is empty.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Returns the token at a position; the end of the text behind the last.
    pub fn get(&self, pos: usize) -> Token {
        let end = Token { kind: TokenKind::End, span: Span::at(self.text.len()) };
        self.tokens.get(pos).copied().unwrap_or(end)
    }

    /// Returns the text of a range.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Returns the keyword at a position, if one is there.
    pub(crate) fn keyword(&self, pos: usize) -> Option<Keyword> {
        let token = self.get(pos);
        keyword(self.slice(token.span)).filter(|_| token.kind == TokenKind::Word)
    }

    /// Returns the blanks and comments before the token at a position.
    pub fn trivia(&self, pos: usize) -> impl Iterator<Item = Token> + use<'a> {
        let start = pos.checked_sub(1).map_or(0, |before| self.get(before).span.end);
        Lexer::within(self.text, Span::new(start, self.get(pos).span.start))
    }
}

/// Returns the reason why a character may not stand anywhere in a text; `None` if it may.
pub(crate) fn is_forbidden(c: char) -> Option<LexError> {
    match c {
        '\n' | '\r' | '\t' | ' '..='~' => None,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(LexError::Bidirectional(c)),
        '\u{149}' | '\u{673}' | '\u{f77}' | '\u{f79}' | '\u{17a3}' | '\u{17a4}' | '\u{17b4}'
        | '\u{17b5}' => Some(LexError::Deprecated(c)),
        _ => c.is_control().then_some(LexError::Control(c)),
    }
}

/// Returns the characters of a text that may not stand anywhere in it.
fn forbidden(text: &str) -> Vec<(LexError, Span)> {
    let error = |(at, c): (usize, char)| Some((is_forbidden(c)?, Span::new(at, at + c.len_utf8())));
    text.char_indices().filter_map(error).collect()
}
