//! The state of the parser: its place in the tokens, the tokens that it expects, and the recovery
//! from errors.
//!
//! An item with an error is skipped, and parsing goes on behind it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::check_label;
use wattle_ast::{Shown, Span};

use super::docs::docs;
use super::keywords::Keyword;
use super::lexer::{Token, TokenKind, Tokens};
use super::tree::{File, Id, Ty};
use crate::error::{ErrorKind, Help};

/// A part that could not be parsed. The error is in the list of the parser.
pub(super) struct Failed;

pub(super) type Parsed<T> = Result<T, Failed>;

/// The parser of a file.
pub(super) struct Parser<'a> {
    pub(super) tokens: Tokens<'a>,
    pub(super) pos: usize,
    pub(super) types: Vec<Ty<'a>>,
    errors: Vec<(ErrorKind, Span, Option<Help>)>,
    /// Whether a token was missing at the end of the file.
    has_ended: bool,
}

impl<'a> File<'a> {
    /// Parses a file.
    pub fn parse(text: &'a str) -> File<'a> {
        let tokens = Tokens::new(text);
        let errors =
            tokens.errors().iter().map(|(error, span)| (ErrorKind::Lex(*error), *span, None));
        let errors = errors.collect();
        let mut parser = Parser { tokens, pos: 0, types: Vec::new(), errors, has_ended: false };
        let mut file = parser.file();
        parser.errors.sort_by_key(|(_, span, _)| span.start);
        // Errors behind a comment or string without its end follow from it, and are dropped.
        let unclosed = parser.errors.iter().position(|(kind, ..)| {
            use crate::error::LexError::{UnclosedComment, UnclosedString};
            matches!(kind, ErrorKind::Lex(UnclosedComment | UnclosedString))
        });
        if let Some(unclosed) = unclosed {
            parser.errors.truncate(unclosed + 1);
        }
        file.errors = parser.errors;
        file.types = parser.types;
        file.tokens = parser.tokens;
        file
    }
}

impl<'a> Parser<'a> {
    pub(super) fn token(&self) -> Token {
        self.tokens.get(self.pos)
    }

    pub(super) fn peek(&self, ahead: usize) -> Token {
        self.tokens.get(self.pos + ahead)
    }

    pub(super) fn bump(&mut self) {
        self.pos += 1;
    }

    pub(super) fn error(&mut self, kind: ErrorKind, span: Span, help: Option<Help>) {
        self.errors.push((kind, span, help));
    }

    pub(super) fn fail<T>(&mut self, kind: ErrorKind, span: Span, help: Option<Help>) -> Parsed<T> {
        self.error(kind, span, help);
        Err(Failed)
    }

    /// Reports the next token, where another one is expected.
    pub(super) fn unexpected<T>(&mut self, expected: &'static str) -> Parsed<T> {
        let token = self.token();
        // Only the first token that is missing at the end of the file is reported.
        if token.kind == TokenKind::End && core::mem::replace(&mut self.has_ended, true) {
            return Err(Failed);
        }
        let text = self.tokens.slice(token.span);
        let word = self.keyword();
        let found: Box<str> = match token.kind {
            TokenKind::End => "eof".into(),
            TokenKind::Word => match word {
                Some(keyword) => format!("keyword `{}`", keyword.text()).into(),
                None => "an identifier".into(),
            },
            TokenKind::Escaped => "an identifier".into(),
            TokenKind::Integer => "an integer".into(),
            TokenKind::String => "a string literal".into(),
            _ => format!("'{}'", Shown(text)).into(),
        };
        let help = match (expected, word) {
            ("an identifier or string", Some(_)) => {
                Some(Help::Advice("put a `%` before a keyword to use it as a name"))
            }
            ("';'", _) => Some(Help::Advice("an item without braces ends with `;`")),
            ("an identifier or string", _) => None,
            _ if token.kind == TokenKind::Word && word.is_none() => {
                let keywords = Keyword::ALL.iter().map(|keyword| keyword.text());
                Help::meant(text, keywords, &mut Keyword::ALL.len())
            }
            _ => None,
        };
        self.fail(ErrorKind::Expected { expected, found }, token.span, help)
    }

    pub(super) fn is_at(&self, byte: u8) -> bool {
        self.token().kind == TokenKind::Punctuation(byte)
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_at = self.is_at(byte);
        self.pos += usize::from(is_at);
        is_at
    }

    pub(super) fn expect(&mut self, byte: u8) -> Parsed<()> {
        match self.eat(byte) {
            true => Ok(()),
            false => self.unexpected(match byte {
                b'(' => "'('",
                b')' => "')'",
                b'{' => "'{'",
                b'}' => "'}'",
                b'<' => "'<'",
                b'>' => "'>'",
                b':' => "':'",
                b',' => "','",
                b'.' => "'.'",
                b'/' => "'/'",
                b'=' => "'='",
                _ => "';'",
            }),
        }
    }

    pub(super) fn keyword_at(&self, ahead: usize) -> Option<Keyword> {
        self.tokens.keyword(self.pos + ahead)
    }

    pub(super) fn keyword(&self) -> Option<Keyword> {
        self.keyword_at(0)
    }

    pub(super) fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        let is_at = self.keyword() == Some(keyword);
        self.pos += usize::from(is_at);
        is_at
    }

    /// Returns whether a token further on is a name.
    pub(super) fn is_id_at(&self, ahead: usize) -> bool {
        match self.peek(ahead).kind {
            TokenKind::Escaped => true,
            TokenKind::Word => self.keyword_at(ahead).is_none(),
            _ => false,
        }
    }

    /// Parses a name.
    pub(super) fn id(&mut self) -> Parsed<Id<'a>> {
        if !self.is_id_at(0) {
            return self.unexpected("an identifier or string");
        }
        let span = self.token().span;
        self.bump();
        let text = self.tokens.slice(span);
        let name = text.strip_prefix('%').unwrap_or(text);
        if check_label(name).is_err() {
            let help = "a name has words or acronyms that begin with a letter, joined by hyphens: \
                `like-this`, `like-THIS`";
            self.error(ErrorKind::Label { name: name.into() }, span, Some(Help::Advice(help)));
        }
        Ok(Id { name, span })
    }

    /// Skips the rest of an item: up to its `;` or its closing brace, or up to the brace that
    /// closes the block around it.
    pub(super) fn skip_item(&mut self, start: usize) {
        let mut depth = 0_usize;
        // Braces that were opened before the error are still open.
        for pos in start..self.pos {
            match self.tokens.get(pos).kind {
                TokenKind::Punctuation(b'{') => depth += 1,
                TokenKind::Punctuation(b'}') => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        loop {
            match self.token().kind {
                TokenKind::End => return,
                TokenKind::Punctuation(b'{') => depth += 1,
                TokenKind::Punctuation(b'}') if depth == 0 => return,
                TokenKind::Punctuation(b'}') => {
                    depth -= 1;
                    if depth == 0 {
                        self.bump();
                        self.eat(b';');
                        return;
                    }
                }
                TokenKind::Punctuation(b';') if depth == 0 => return self.bump(),
                TokenKind::Word if depth == 0 && self.pos > start && self.begins_item() => return,
                _ => {}
            }
            self.bump();
        }
    }

    /// Returns whether the next token is a keyword that an item begins with, and is the first in
    /// its line.
    fn begins_item(&self) -> bool {
        use Keyword::{Export, Import, Include, Interface, Package, Use, World};
        let begins = self.keyword().is_some_and(|keyword| {
            let is_other =
                matches!(keyword, Export | Import | Include | Interface | Package | Use | World);
            is_other || keyword.defines_type()
        });
        begins && self.tokens.trivia(self.pos).any(|t| self.tokens.slice(t.span).contains('\n'))
    }

    pub(super) fn docs(&self) -> Option<String> {
        docs(&self.tokens, self.pos)
    }
}
