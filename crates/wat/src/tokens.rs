//! The tokens of a text, kept: eight bytes each, trivia left out, annotations apart.

use alloc::vec::Vec;

use wattle_ast::{Name, Span};

use crate::error::{Error, ErrorKind};
use crate::lexer::{LexError, Lexer, TokenKind};
use crate::strings;

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    start: u32,
    len_low: u16,
    len_high: u8,
    pub(crate) kind: TokenKind,
}

const _: () = assert!(size_of::<Token>() == 8);

/// Longer tokens have their ends in a list of their own.
const MAX_LEN: usize = (1 << 24) - 1;

/// An annotation that is known: it stands before token `at`, and holds these annotation tokens.
#[derive(Clone, Debug)]
pub(crate) struct Annot<'a> {
    pub(crate) name: &'static str,
    pub(crate) at: usize,
    pub(crate) span: Span,
    pub(crate) tokens: Tokens<'a>,
}

/// The tokens of a text.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    pub(crate) text: &'a str,
    /// The last one is [`TokenKind::Eof`].
    list: Vec<Token>,
    /// Starts and ends of tokens longer than [`MAX_LEN`].
    long: Vec<(u32, u32)>,
    /// In the order of their heads; nested ones are no part of this.
    pub(crate) annots: Vec<Annot<'a>>,
    /// What is no token, and what is not closed, in the order of the text.
    pub(crate) errors: Vec<Error>,
    /// Where the first string or comment begins that is not closed: errors behind it may only
    /// follow from it.
    pub(crate) cut: Option<usize>,
}

pub(crate) const CUSTOM: &str = "custom";
pub(crate) const NAME: &str = "name";
pub(crate) const BRANCH_HINT: &str = "metadata.code.branch_hint";

impl<'a> Tokens<'a> {
    fn empty(text: &'a str) -> Self {
        Tokens {
            text,
            list: Vec::new(),
            long: Vec::new(),
            annots: Vec::new(),
            errors: Vec::new(),
            cut: None,
        }
    }

    /// The tokens of a text. What is wrong with them is in `errors`, and stands in the list as a
    /// token of kind [`TokenKind::Error`] besides.
    pub(crate) fn lex(text: &'a str) -> Tokens<'a> {
        let mut tokens = Tokens::empty(text);
        if u32::try_from(text.len()).is_err() {
            tokens.errors.push(Error::new(ErrorKind::TextTooLong, Span::at(u32::MAX as usize)));
            tokens.push(TokenKind::Eof, Span::at(0));
            return tokens;
        }
        // Dense text has a token every six or seven bytes.
        tokens.list.reserve(text.len() / 8);
        let mut lexer = Lexer::new(text);
        while let Some((kind, span)) = lexer.next() {
            match kind {
                TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => {}
                TokenKind::Annotation => tokens.annotation(span, &mut lexer),
                TokenKind::Error(error) => {
                    tokens.error(error, span);
                    if text[span.start..].starts_with("(@") {
                        tokens.annotation(span, &mut lexer);
                    } else {
                        tokens.push(kind, span);
                    }
                }
                _ => tokens.push(kind, span),
            }
        }
        tokens.push(TokenKind::Eof, Span::at(text.len()));
        tokens.cut = lexer.cut();
        let cut = tokens.cut.unwrap_or(usize::MAX);
        tokens.errors.retain(|error| error.span.start <= cut);
        tokens
    }

    #[cold]
    fn error(&mut self, error: LexError, span: Span) {
        self.errors.push(Error::new(error.into(), span));
    }

    #[inline(always)]
    fn push(&mut self, kind: TokenKind, span: Span) {
        let len = span.len();
        let start = span.start as u32;
        if len >= MAX_LEN {
            self.long.push((start, span.end as u32));
        }
        let len = len.min(MAX_LEN) as u32;
        let (len_low, len_high) = (len as u16, (len >> 16) as u8);
        self.list.push(Token { start, len_low, len_high, kind });
    }

    /// An annotation from its head on: kept when it is known, else only checked.
    #[cold]
    fn annotation(&mut self, head: Span, lexer: &mut Lexer<'a>) {
        let id = self.text.get(head.start + 1..head.end).and_then(strings::id);
        let known = [CUSTOM, NAME, BRANCH_HINT];
        let name = known.into_iter().find(|known| id.as_deref() == Some(known));
        let mut inside = Tokens::empty(self.text);
        let errors = self.errors.len();
        let mut depth = 1_u32;
        let mut end = self.text.len();
        while depth > 0 {
            let Some((kind, span)) = lexer.next() else {
                // A string or comment that is not closed is the cause then.
                if self.errors.len() == errors {
                    self.errors.push(Error::new(ErrorKind::UnclosedAnnotation, head));
                }
                break;
            };
            match kind {
                TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => continue,
                // Inside, `(@` with no id is a parenthesis like any other.
                TokenKind::Open | TokenKind::Annotation => depth += 1,
                TokenKind::Close => depth -= 1,
                TokenKind::Error(LexError::EmptyAnnotationId) if span.len() == 2 => depth += 1,
                TokenKind::Error(error) => {
                    self.error(error, span);
                    depth += u32::from(self.text[span.start..].starts_with("(@"));
                }
                _ => {}
            }
            end = span.end;
            if name.is_some() && depth > 0 {
                inside.push(kind, span);
            }
        }
        if let Some(name) = name {
            inside.push(TokenKind::Eof, Span::new(end.saturating_sub(1), end));
            let span = Span::new(head.start, end);
            self.annots.push(Annot { name, at: self.list.len(), span, tokens: inside });
        }
    }

    /// The token at a position; the end of the text from there on.
    #[inline(always)]
    pub(crate) fn get(&self, pos: usize) -> Token {
        match self.list.get(pos) {
            Some(token) => *token,
            None => Token {
                start: self.text.len() as u32,
                len_low: 0,
                len_high: 0,
                kind: TokenKind::Eof,
            },
        }
    }

    /// The position of the end of the text.
    pub(crate) fn end(&self) -> usize {
        self.list.len().saturating_sub(1)
    }

    /// The bytes of a token.
    #[inline(always)]
    pub(crate) fn span(&self, token: Token) -> Span {
        let start = token.start as usize;
        let len = usize::from(token.len_low) | usize::from(token.len_high) << 16;
        if len == MAX_LEN {
            return self.long_span(start);
        }
        Span::new(start, start + len)
    }

    #[cold]
    fn long_span(&self, start: usize) -> Span {
        let at = self.long.binary_search_by_key(&start, |(start, _)| *start as usize);
        let end = at.ok().and_then(|at| self.long.get(at)).map_or(start, |(_, end)| *end as usize);
        Span::new(start, end)
    }

    /// The text of a token.
    #[inline(always)]
    pub(crate) fn text(&self, token: Token) -> &'a str {
        let span = self.span(token);
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The position just behind the form that begins at `pos`: behind its closing parenthesis, or
    /// behind the one token. At most the end of the text.
    pub(crate) fn skip_form(&self, pos: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.list.iter().enumerate().skip(pos) {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                TokenKind::Eof => return at,
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.end()
    }
}

/// The identifier of a token of kind [`TokenKind::Id`].
pub(crate) fn id(text: &str) -> Name<'_> {
    strings::id(text).unwrap_or_default()
}
