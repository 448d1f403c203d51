//! The lexical format: turns characters into tokens, and reads each byte once. The parser
//! determines the meaning of a token in its place.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/lexical.html>

use core::fmt;

use logos::Logos;
use wattle_ast::Span;

use crate::words::{begins_word, is_id_char, kind_of, word_len};
use crate::{strings, trivia};

/// The kind of a token. [`Space`](TokenKind::Space) and all kinds after it are trivia.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// `(`
    Open,
    /// `)`
    Close,
    /// A word that begins with a lower-case letter: a keyword, or `inf` or `nan`.
    Keyword,
    /// `$id` or `$"id"`.
    Id,
    /// A word that begins with a digit or a sign. [`numbers`](crate::numbers) reads it.
    Number,
    /// `"..."`
    String,
    /// A reserved token: characters that the format keeps for later use, or words and strings with
    /// no blank between them.
    Reserved,
    /// Characters that do not form a token.
    Error(LexError),
    /// The end of the text.
    Eof,
    /// Blanks, tabs, ends of lines.
    Space,
    /// `;;` and the rest of the line.
    LineComment,
    /// `(; ... ;)`, including nested comments.
    BlockComment,
    /// The start of an annotation: `(@id` or `(@"id"`.
    Annotation,
}

impl TokenKind {
    /// Whether the token only separates other tokens: blanks or a comment.
    pub const fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// The reason why characters do not form a token. `Display` shows the phrase of the official test
/// suite.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LexError {
    /// A character that is only allowed in strings and comments.
    IllegalCharacter,
    /// A string without a closing quote on its line.
    UnclosedString,
    /// A control character in a string.
    ControlInString,
    /// A backslash that does not begin an escape sequence.
    IllegalEscape,
    /// A block comment that is not closed.
    UnclosedComment,
    /// An annotation that is not closed.
    UnclosedAnnotation,
    /// `\u{...}` with a number that is not a Unicode scalar value.
    CodePoint,
    /// `$` or `$""`.
    EmptyId,
    /// `(@` or `(@""`.
    EmptyAnnotationId,
    /// An identifier that is not UTF-8.
    Utf8,
    /// A text that is longer than 32-bit offsets can express.
    TextTooLong,
}

impl LexError {
    /// The phrase of the official test suite.
    pub const fn phrase(self) -> &'static str {
        match self {
            LexError::IllegalCharacter => "illegal character",
            LexError::UnclosedString => "unclosed string literal",
            LexError::ControlInString => "illegal control character in string literal",
            LexError::IllegalEscape => "illegal escape",
            LexError::UnclosedComment => "unclosed comment",
            LexError::UnclosedAnnotation => "unclosed annotation",
            LexError::CodePoint => "malformed UTF-8 codepoint",
            LexError::EmptyId => "empty identifier",
            LexError::EmptyAnnotationId => "empty annotation id",
            LexError::Utf8 => "malformed UTF-8 encoding",
            LexError::TextTooLong => "length out of bounds: the text is longer than 4 GiB",
        }
    }
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

impl core::error::Error for LexError {}

/// The first characters of a token that is not a word. The automaton that is generated from this
/// enum only distinguishes these. The [`Lexer`] finds the end of the token, which takes a counter,
/// a look ahead, or eight bytes at once.
#[derive(Logos, Clone, Copy, PartialEq, Eq)]
#[logos(utf8 = false)]
pub(crate) enum Head {
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[token("\"")]
    Quote,
    #[token(";;")]
    LineComment,
    #[token("(;")]
    BlockComment,
    #[token("(@")]
    Annotation,
    /// Any other visible character, which is a token by itself.
    #[regex(r"[!-~]", priority = 1)]
    Reserved,
}

/// The kind of a token, except that only the first byte of a word is known.
pub(crate) enum Piece {
    Open,
    Close,
    /// A word that begins with this byte.
    Word(u8),
    Other(TokenKind),
}

/// The tokens of a text, including trivia. There are no gaps between their spans.
///
/// ```
/// use wattle_syntax::{Lexer, TokenKind};
///
/// let text = "(nop) ;; done";
/// let kinds: Vec<_> = Lexer::new(text).map(|(kind, _)| kind).collect();
/// assert_eq!(kinds, [
///     TokenKind::Open,
///     TokenKind::Keyword,
///     TokenKind::Close,
///     TokenKind::Space,
///     TokenKind::LineComment,
/// ]);
/// let copy: String = Lexer::new(text).map(|(_, span)| &text[span.start..span.end]).collect();
/// assert_eq!(copy, text);
/// ```
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    /// The last token. Lexing continues after it.
    span: Span,
    unclosed: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// Makes a lexer of `text`.
    pub fn new(text: &'a str) -> Self {
        Lexer { text, span: Span::at(0), unclosed: None }
    }

    /// Makes a lexer of a part of a text. A token that continues beyond the part ends with the
    /// part.
    pub fn within(text: &'a str, part: Span) -> Self {
        let text = text.get(..part.end).unwrap_or(text);
        Lexer { text, span: Span::at(part.start), unclosed: None }
    }

    /// The offset of the first string or comment that is not closed. Tokens after it may be part of
    /// the string or comment.
    pub fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    /// The text after the last token.
    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.span.end..).unwrap_or_default()
    }

    /// Extends the last token by `len` bytes.
    #[inline(always)]
    fn advance(&mut self, len: usize) {
        self.span.end += len;
    }

    /// The span of the last token.
    #[inline(always)]
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The text of the last token.
    fn slice(&self) -> &'a str {
        self.text.get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// Reads the next token, and skips the blanks before it.
    #[inline(always)]
    pub(crate) fn token(&mut self) -> Option<(TokenKind, Span)> {
        let kind = match self.piece()? {
            Piece::Open => TokenKind::Open,
            Piece::Close => TokenKind::Close,
            Piece::Word(first) => kind_of(first),
            Piece::Other(kind) => kind,
        };
        Some((kind, self.span))
    }

    /// Reads the next token, and skips the blanks before it. [`span`](Lexer::span) returns its
    /// place.
    #[inline(always)]
    pub(crate) fn piece(&mut self) -> Option<Piece> {
        let rest = self.rest();
        let blanks = trivia::blank_len(rest);
        self.span = Span::at(self.span.end + blanks);
        let rest = rest.get(blanks..).unwrap_or_default();
        if let Some(&first) = rest.first()
            && begins_word(first)
        {
            let len = word_len(rest);
            self.advance(len);
            if rest.get(len) != Some(&b'"') && (first != b'$' || len > 1) {
                return Some(Piece::Word(first));
            }
            return Some(Piece::Other(self.broken_word()));
        }
        let head = Head::lexer(rest).next()?;
        self.advance(1);
        Some(match head {
            Ok(Head::Open) => Piece::Open,
            Ok(Head::Close) => Piece::Close,
            head => Piece::Other(self.longer(head)),
        })
    }

    /// Reads the rest of a token that is not a word.
    #[inline(never)]
    fn longer(&mut self, head: Result<Head, ()>) -> TokenKind {
        match head {
            Ok(Head::Quote) => self.string(),
            Ok(Head::LineComment) => {
                self.advance(trivia::line_len(self.rest()));
                TokenKind::LineComment
            }
            Ok(Head::BlockComment) => self.block_comment(),
            Ok(Head::Annotation) => self.annotation(),
            Ok(Head::Reserved) => TokenKind::Reserved,
            Ok(Head::Open | Head::Close) | Err(()) => self.illegal(),
        }
    }

    /// Reads the rest of a word that touches a string, or of a lone `$`.
    #[cold]
    fn broken_word(&mut self) -> TokenKind {
        match self.rest().first() {
            Some(b'"') => self.glued(),
            _ => TokenKind::Error(LexError::EmptyId),
        }
    }

    /// Reads the rest of a string that begins a token.
    fn string(&mut self) -> TokenKind {
        match self.string_tail() {
            Some(error) => TokenKind::Error(error),
            None => match self.rest().first() {
                Some(byte) if *byte == b'"' || is_id_char(*byte) => self.glued(),
                _ => TokenKind::String,
            },
        }
    }

    /// Reads the rest of words and strings without a blank between them, the first of which was
    /// read. They are reserved, except that `$` before a string makes an identifier.
    #[cold]
    fn glued(&mut self) -> TokenKind {
        let is_id = self.slice() == "$";
        let mut parts = 0;
        loop {
            match self.rest() {
                [b'"', ..] => {
                    self.advance(1);
                    if let Some(error) = self.string_tail() {
                        // Without a well-formed string after the `$`, the identifier counts as
                        // empty.
                        return TokenKind::Error(if is_id { LexError::EmptyId } else { error });
                    }
                }
                rest => match word_len(rest) {
                    0 => break,
                    len => self.advance(len),
                },
            }
            parts += 1;
        }
        if !is_id || parts > 1 {
            return TokenKind::Reserved;
        }
        match strings::id(self.slice()) {
            Some(id) if id.is_empty() => TokenKind::Error(LexError::EmptyId),
            Some(_) => TokenKind::Id,
            None => TokenKind::Error(LexError::Utf8),
        }
    }

    /// Reads the rest of a string, including its closing quote.
    fn string_tail(&mut self) -> Option<LexError> {
        let rest = self.rest();
        let mut len = 0;
        let error = loop {
            let Some(&byte) = rest.get(len) else { break Some(LexError::UnclosedString) };
            len += 1;
            match byte {
                b'"' => break None,
                b'\\' => match strings::escape(&rest[len..]) {
                    Some(escape) => len += escape.len,
                    None if rest[len..].starts_with(b"u{") => break Some(LexError::CodePoint),
                    None => break Some(LexError::IllegalEscape),
                },
                b'\n' | b'\r' => {
                    len -= 1;
                    break Some(LexError::UnclosedString);
                }
                0..0x20 | 0x7f => break Some(LexError::ControlInString),
                _ => {}
            }
        };
        if error == Some(LexError::UnclosedString) {
            self.unclosed.get_or_insert(self.span.start);
        } else if error.is_some() {
            // Skip the rest of the string, so that its content is not lexed as tokens.
            len += string_end(&rest[len..]);
        }
        self.advance(len);
        error
    }

    /// Reads the rest of a block comment.
    fn block_comment(&mut self) -> TokenKind {
        let comment = self.text.as_bytes().get(self.span.start..).unwrap_or_default();
        match trivia::block_len(comment, *b"(;", *b";)") {
            Some(len) => {
                self.span.end = self.span.start + len;
                TokenKind::BlockComment
            }
            None => {
                self.unclosed.get_or_insert(self.span.start);
                self.span.end = self.text.len();
                TokenKind::Error(LexError::UnclosedComment)
            }
        }
    }

    /// Reads the id of an annotation. Without an id, the token is just `(@`.
    fn annotation(&mut self) -> TokenKind {
        self.advance(1);
        let rest = self.rest();
        if rest.first() != Some(&b'"') {
            let len = word_len(rest);
            self.advance(len);
            let empty = TokenKind::Error(LexError::EmptyAnnotationId);
            return if len > 0 { TokenKind::Annotation } else { empty };
        }
        self.advance(1);
        let error = match self.string_tail() {
            None => match strings::id(&self.slice()[1..]) {
                Some(id) if !id.is_empty() => return TokenKind::Annotation,
                Some(_) => LexError::EmptyAnnotationId,
                None => LexError::Utf8,
            },
            // Without a closed string, the id counts as empty.
            Some(LexError::UnclosedString) => LexError::EmptyAnnotationId,
            Some(error) => error,
        };
        TokenKind::Error(error)
    }

    /// Reads the rest of a character that cannot begin a token.
    #[cold]
    fn illegal(&mut self) -> TokenKind {
        while !self.text.is_char_boundary(self.span.end) {
            self.advance(1);
        }
        TokenKind::Error(LexError::IllegalCharacter)
    }
}

/// The number of remaining bytes of a string with an error in it.
fn string_end(rest: &[u8]) -> usize {
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

impl Iterator for Lexer<'_> {
    type Item = (TokenKind, Span);

    fn next(&mut self) -> Option<(TokenKind, Span)> {
        match trivia::blank_len(self.rest()) {
            0 => self.token(),
            len => {
                self.span = Span::new(self.span.end, self.span.end + len);
                Some((TokenKind::Space, self.span))
            }
        }
    }
}
