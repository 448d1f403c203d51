//! The lexical format: from characters to tokens, each byte once. What a token means in its place
//! is the parser's business.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/lexical.html>

use logos::Logos;
use wattle_ast::Span;

use crate::error::ErrorKind;
use crate::strings;

/// What a token is. [`Space`](TokenKind::Space) and what follows it here is trivia.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// `(`
    Open,
    /// `)`
    Close,
    /// Begins with a lower-case letter: a keyword, or `inf` or `nan`.
    Keyword,
    /// `$id` or `$"id"`.
    Id,
    /// Begins with a digit or a sign.
    Number,
    /// `"..."`
    String,
    /// Separated characters with no meaning.
    Reserved,
    /// No token at all.
    Error(LexError),
    /// The end of the text.
    Eof,
    /// Blanks, tabs, ends of lines.
    Space,
    /// `;;` and the rest of the line.
    LineComment,
    /// `(; ... ;)`, nested ones included.
    BlockComment,
    /// The head of an annotation: `(@id` or `(@"id"`.
    Annotation,
}

/// Why characters are no token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LexError {
    /// A character that may stand in strings and comments only.
    IllegalCharacter,
    /// A string that its line does not close.
    UnclosedString,
    /// A control character in a string.
    ControlInString,
    /// A backslash followed by no escape sequence.
    IllegalEscape,
    /// A block comment that nothing closes.
    UnclosedComment,
    /// `\u{...}` of what is no Unicode scalar value.
    CodePoint,
    /// `$` or `$""`.
    EmptyId,
    /// `(@` or `(@""`.
    EmptyAnnotationId,
    /// An identifier that is not UTF-8.
    Utf8,
}

impl From<LexError> for ErrorKind {
    fn from(error: LexError) -> ErrorKind {
        match error {
            LexError::IllegalCharacter => ErrorKind::IllegalCharacter,
            LexError::UnclosedString => ErrorKind::UnclosedString,
            LexError::ControlInString => ErrorKind::ControlInString,
            LexError::IllegalEscape => ErrorKind::IllegalEscape,
            LexError::CodePoint => ErrorKind::CodePoint,
            LexError::UnclosedComment => ErrorKind::UnclosedComment,
            LexError::EmptyId => ErrorKind::EmptyId,
            LexError::EmptyAnnotationId => ErrorKind::EmptyAnnotationId,
            LexError::Utf8 => ErrorKind::Utf8,
        }
    }
}

/// What the generated automaton tells apart; [`Lexer`] does what needs a counter or a look ahead.
#[derive(Logos, Clone, Copy, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n]+")]
enum Raw {
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[regex(r"[a-z][0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]*")]
    Keyword,
    #[regex(r"\$[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]+")]
    Id,
    #[regex(r"[0-9+\-][0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]*")]
    Number,
    #[token("\"")]
    Quote,
    /// A word that a string follows directly: the string belongs to it.
    #[regex(r#"[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]+""#)]
    Glued,
    #[token(";;")]
    LineComment,
    #[token("(;")]
    BlockComment,
    #[token("(@")]
    Annotation,
    #[token("$")]
    Dollar,
    #[regex(r"[A-Z!#%&'*./:<=>?@\\^_`|~][0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]*")]
    #[regex(r"[,;\[\]{}]")]
    Reserved,
}

/// Whether a byte may stand in an identifier or keyword.
pub(crate) fn is_id_char(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}')
}

/// The tokens of a text, trivia included, without a gap: their spans tile the text.
///
/// ```
/// use wattle_wat::{Lexer, TokenKind};
/// let kinds: Vec<_> = Lexer::new("(nop) ;; done").map(|(kind, _)| kind).collect();
/// assert_eq!(kinds, [
///     TokenKind::Open,
///     TokenKind::Keyword,
///     TokenKind::Close,
///     TokenKind::Space,
///     TokenKind::LineComment,
/// ]);
/// ```
#[derive(Clone)]
pub struct Lexer<'a> {
    raw: logos::Lexer<'a, Raw>,
    /// Where the token ends that the iterator gave last, and one that a blank came before.
    last: usize,
    pending: Option<(TokenKind, Span)>,
    /// Where the first string or comment begins that is not closed: what follows it may be its
    /// inside as well as not.
    cut: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// The tokens of `text`.
    pub fn new(text: &'a str) -> Self {
        Lexer { raw: Raw::lexer(text), last: 0, pending: None, cut: None }
    }

    /// The text.
    pub fn source(&self) -> &'a str {
        self.raw.source()
    }

    /// Where what follows the tokens so far ceases to be reliable.
    pub(crate) fn cut(&self) -> Option<usize> {
        self.cut
    }

    fn end(&self) -> usize {
        self.raw.span().end
    }

    /// Moves to where a token may begin.
    pub(crate) fn seek(&mut self, end: usize) {
        self.raw.bump(end.saturating_sub(self.end()));
    }

    fn next_byte(&self) -> Option<u8> {
        self.raw.source().as_bytes().get(self.raw.span().end).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.raw.source().as_bytes().get(self.end()..).unwrap_or_default()
    }

    /// A word or string with more behind it is reserved, unless it is `$` before a string. Stands
    /// inside of a string when `string` says so.
    #[cold]
    fn glued(&mut self, mut string: bool) -> TokenKind {
        let quoted_id = self.raw.slice() == "$\"";
        let mut parts = 0;
        loop {
            if string && let Some(error) = self.string_tail() {
                // What is no string is no identifier.
                let error = if quoted_id { LexError::EmptyId } else { error };
                return TokenKind::Error(error);
            }
            match self.next_byte() {
                Some(b'"') => string = true,
                Some(byte) if is_id_char(byte) => string = false,
                _ => break,
            }
            self.raw.bump(1);
            parts += 1;
        }
        if !quoted_id || parts > 0 {
            return TokenKind::Reserved;
        }
        match strings::id(self.raw.slice()) {
            Some(id) if id.is_empty() => TokenKind::Error(LexError::EmptyId),
            Some(_) => TokenKind::Id,
            None => TokenKind::Error(LexError::Utf8),
        }
    }

    /// The rest of a string, its closing quote included.
    fn string_tail(&mut self) -> Option<LexError> {
        let rest = self.rest();
        let mut at = 0;
        let error = loop {
            let Some(&byte) = rest.get(at) else { break Some(LexError::UnclosedString) };
            at += 1;
            match byte {
                b'"' => break None,
                b'\\' => match strings::escape_len(&rest[at..]) {
                    Some(len) => at += len,
                    None if rest[at..].starts_with(b"u{") => break Some(LexError::CodePoint),
                    None => break Some(LexError::IllegalEscape),
                },
                b'\n' | b'\r' => {
                    at -= 1;
                    break Some(LexError::UnclosedString);
                }
                0..0x20 | 0x7f => break Some(LexError::ControlInString),
                _ => {}
            }
        };
        if error == Some(LexError::UnclosedString) {
            self.cut.get_or_insert(self.raw.span().start);
        } else if error.is_some() {
            // Go on behind the string, so that what it holds is not taken for tokens.
            at += skip_string(&rest[at..]);
        }
        self.raw.bump(at);
        error
    }

    /// The rest of a string that began a token.
    fn string(&mut self) -> TokenKind {
        match self.string_tail() {
            Some(error) => TokenKind::Error(error),
            None => match self.next_byte() {
                Some(byte) if byte == b'"' || is_id_char(byte) => self.glued(false),
                _ => TokenKind::String,
            },
        }
    }

    fn line_comment(&mut self) -> TokenKind {
        let rest = self.rest();
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.raw.bump(end.unwrap_or(rest.len()));
        TokenKind::LineComment
    }

    /// Block comments nest: the depth is a number.
    fn block_comment(&mut self) -> TokenKind {
        let rest = self.rest();
        let (mut at, mut depth) = (0, 1_usize);
        while depth > 0 {
            match rest[at..] {
                [b';', b')', ..] => (at, depth) = (at + 2, depth - 1),
                [b'(', b';', ..] => (at, depth) = (at + 2, depth + 1),
                [_, ..] => at += 1,
                [] => {
                    self.cut.get_or_insert(self.raw.span().start);
                    self.raw.bump(at);
                    return TokenKind::Error(LexError::UnclosedComment);
                }
            }
        }
        self.raw.bump(at);
        TokenKind::BlockComment
    }

    /// The id of an annotation. When there is none, the token is `(@` alone.
    fn annotation(&mut self) -> TokenKind {
        let rest = self.rest();
        if rest.first() != Some(&b'"') {
            let len = rest.iter().take_while(|byte| is_id_char(**byte)).count();
            self.raw.bump(len);
            let empty = TokenKind::Error(LexError::EmptyAnnotationId);
            return if len > 0 { TokenKind::Annotation } else { empty };
        }
        self.raw.bump(1);
        let error = match self.string_tail() {
            None => match strings::id(&self.raw.slice()[1..]) {
                Some(id) if !id.is_empty() => return TokenKind::Annotation,
                Some(_) => LexError::EmptyAnnotationId,
                None => LexError::Utf8,
            },
            // What is no string is no id.
            Some(LexError::UnclosedString) => LexError::EmptyAnnotationId,
            Some(error) => error,
        };
        TokenKind::Error(error)
    }

    /// An end that the automaton gave to a character that begins no token.
    #[cold]
    fn illegal(&mut self) -> TokenKind {
        while !self.source().is_char_boundary(self.end()) {
            self.raw.bump(1);
        }
        TokenKind::Error(LexError::IllegalCharacter)
    }
}

/// How many bytes are left of a string that was found to be none.
fn skip_string(rest: &[u8]) -> usize {
    let mut escaped = false;
    for (at, &byte) in rest.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => return at,
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    rest.len()
}

impl Lexer<'_> {
    /// The next token that is no blank.
    #[inline(never)]
    pub(crate) fn token(&mut self) -> Option<(TokenKind, Span)> {
        let kind = match self.raw.next()? {
            Ok(Raw::Open) => TokenKind::Open,
            Ok(Raw::Close) => TokenKind::Close,
            Ok(Raw::Keyword) => TokenKind::Keyword,
            Ok(Raw::Number) => TokenKind::Number,
            Ok(Raw::Id) => TokenKind::Id,
            other => self.longer(other),
        };
        let span = self.raw.span();
        Some((kind, Span::new(span.start, span.end)))
    }

    /// What the automaton only found the beginning of.
    #[inline(never)]
    fn longer(&mut self, raw: Result<Raw, ()>) -> TokenKind {
        match raw {
            Ok(Raw::Quote) => self.string(),
            Ok(Raw::LineComment) => self.line_comment(),
            Ok(Raw::BlockComment) => self.block_comment(),
            Ok(Raw::Annotation) => self.annotation(),
            Ok(Raw::Glued) => self.glued(true),
            Ok(Raw::Dollar) => TokenKind::Error(LexError::EmptyId),
            Ok(_) => TokenKind::Reserved,
            Err(()) => self.illegal(),
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = (TokenKind, Span);

    fn next(&mut self) -> Option<(TokenKind, Span)> {
        if let Some(token) = self.pending.take() {
            return Some(token);
        }
        let last = self.last;
        let token = self.token();
        let (start, end) = match token {
            Some((_, span)) => (span.start, span.end),
            None => (self.source().len(), self.source().len()),
        };
        self.last = end;
        if start > last {
            self.pending = token;
            return Some((TokenKind::Space, Span::new(last, start)));
        }
        token
    }
}

impl core::fmt::Debug for Lexer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lexer").field("at", &self.end()).finish()
    }
}
