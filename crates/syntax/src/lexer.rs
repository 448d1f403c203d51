//! The lexical format: from characters to tokens, each byte once. What a token means in its place
//! is the parser's business.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/lexical.html>

use core::fmt;

use logos::Logos;
use wattle_ast::Span;

use crate::words::{is_id_char, kind_of, word_len};
use crate::{strings, trivia};

/// What a token is. [`Space`](TokenKind::Space) and what follows it here is trivia.
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
    /// Characters that the format keeps for itself, or words and strings without a blank between.
    Reserved,
    /// Characters that make no token.
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

impl TokenKind {
    /// Whether it only separates tokens: a blank or a comment.
    pub const fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// What is wrong with characters that make no token. `Display` shows the phrase of the official
/// test suite.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LexError {
    /// A character that may stand in strings and comments only.
    IllegalCharacter,
    /// A string that its line does not close.
    UnclosedString,
    /// A control character in a string.
    ControlInString,
    /// A backslash that begins no escape sequence.
    IllegalEscape,
    /// A block comment that nothing closes.
    UnclosedComment,
    /// An annotation that nothing closes.
    UnclosedAnnotation,
    /// `\u{...}` with a number that is not a Unicode scalar value.
    CodePoint,
    /// `$` or `$""`.
    EmptyId,
    /// `(@` or `(@""`.
    EmptyAnnotationId,
    /// An identifier that is not UTF-8.
    Utf8,
    /// More text than 32-bit offsets reach.
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

/// What a token begins with. The automaton that is generated from this tells them apart; where a
/// token ends is for the [`Lexer`], since that takes a counter, a look ahead or eight bytes at once.
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
    /// Any other character that shows: the first of a word, or one that stands alone.
    #[regex(r"[!-~]", priority = 1)]
    Word,
}

/// A token as far as its first byte does not tell it.
pub(crate) enum Piece {
    Open,
    Close,
    /// A word that begins with this byte.
    Word(u8),
    Other(TokenKind),
}

/// The tokens of a text, trivia included, without a gap: their spans tile the text.
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
    /// The last token: what is behind it is still to come.
    span: Span,
    unclosed: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// The tokens of `text`.
    pub fn new(text: &'a str) -> Self {
        Lexer { text, span: Span::at(0), unclosed: None }
    }

    /// The tokens of a part of a text. A token that the part cuts ends with it.
    pub fn within(text: &'a str, part: Span) -> Self {
        let text = text.get(..part.end).unwrap_or(text);
        Lexer { text, span: Span::at(part.start), unclosed: None }
    }

    /// Where the first string or comment begins that is not closed. What looks like a token behind
    /// it may as well be its inside.
    pub fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    /// What is behind the last token.
    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.span.end..).unwrap_or_default()
    }

    /// Makes the last token longer.
    #[inline(always)]
    fn advance(&mut self, len: usize) {
        self.span.end += len;
    }

    /// Where the last token is.
    #[inline(always)]
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The text of the last token.
    fn slice(&self) -> &'a str {
        self.text.get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// The next token that is not a blank.
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

    /// The next token that is not a blank, of which [`span`](Lexer::span) gives the place.
    #[inline(always)]
    pub(crate) fn piece(&mut self) -> Option<Piece> {
        let rest = self.rest();
        let blanks = trivia::blank_len(rest);
        self.span = Span::at(self.span.end + blanks);
        let rest = rest.get(blanks..).unwrap_or_default();
        let head = Head::lexer(rest).next()?;
        if head == Ok(Head::Word) {
            let len = word_len(rest);
            if let Some(&first) = rest.first()
                && len > 0
                && rest.get(len) != Some(&b'"')
                && (first != b'$' || len > 1)
            {
                self.advance(len);
                return Some(Piece::Word(first));
            }
            return Some(Piece::Other(self.odd_word(len)));
        }
        self.advance(1);
        Some(match head {
            Ok(Head::Open) => Piece::Open,
            Ok(Head::Close) => Piece::Close,
            head => Piece::Other(self.longer(head)),
        })
    }

    /// What has more behind its first byte than a word.
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
            Ok(Head::Open | Head::Close | Head::Word) | Err(()) => self.illegal(),
        }
    }

    /// A reserved character, a word that a string touches, or `$` alone.
    #[cold]
    fn odd_word(&mut self, len: usize) -> TokenKind {
        self.advance(len.max(1));
        match self.rest().first() {
            _ if len == 0 => TokenKind::Reserved,
            Some(b'"') => self.glued(),
            _ => TokenKind::Error(LexError::EmptyId),
        }
    }

    /// The rest of a string that begins a token.
    fn string(&mut self) -> TokenKind {
        match self.string_tail() {
            Some(error) => TokenKind::Error(error),
            None => match self.rest().first() {
                Some(byte) if *byte == b'"' || is_id_char(*byte) => self.glued(),
                _ => TokenKind::String,
            },
        }
    }

    /// Words and strings without a blank between them are reserved, but `$` before a string makes
    /// an identifier. Stands behind the first of them.
    #[cold]
    fn glued(&mut self) -> TokenKind {
        let is_id = self.slice() == "$";
        let mut parts = 0;
        loop {
            match self.rest() {
                [b'"', ..] => {
                    self.advance(1);
                    if let Some(error) = self.string_tail() {
                        // The identifier is missing when what follows the `$` is not a string.
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

    /// The rest of a string, its closing quote included.
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
            // Go on behind the string, so that what it holds is not taken for tokens.
            len += string_end(&rest[len..]);
        }
        self.advance(len);
        error
    }

    /// The rest of a block comment.
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

    /// The id of an annotation. When there is none, the token is `(@` alone.
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
            // Without a whole string, the id is missing.
            Some(LexError::UnclosedString) => LexError::EmptyAnnotationId,
            Some(error) => error,
        };
        TokenKind::Error(error)
    }

    /// The rest of a character that begins no token.
    #[cold]
    fn illegal(&mut self) -> TokenKind {
        while !self.text.is_char_boundary(self.span.end) {
            self.advance(1);
        }
        TokenKind::Error(LexError::IllegalCharacter)
    }
}

/// How many bytes are left of a string with an error in it.
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
