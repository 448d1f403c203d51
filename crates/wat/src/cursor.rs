//! A position among the tokens, and the small steps of all parsers: `expect_*` fails if another
//! token comes next, and `opt_*` does not. Neither moves in that case.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use wattle_ast::{AbsHeapType, Name, Opcode, Span};
use wattle_syntax::{
    LexError, Shape, Token, TokenKind, Tokens,
    numbers::{self, NumberError},
    strings,
};

use crate::error::{Error, ErrorKind, Expected, Number, Result};
use crate::keywords;

/// A position among tokens. It is cheap to clone, so a parser can look ahead as far as it likes.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'t, 'a> {
    pub(crate) tokens: &'t Tokens<'a>,
    pos: usize,
    /// The token at `pos`.
    token: Token,
}

impl<'t, 'a> Cursor<'t, 'a> {
    /// A cursor at position `pos`.
    pub(crate) fn new(tokens: &'t Tokens<'a>, pos: usize) -> Self {
        Cursor { tokens, pos, token: tokens.get(pos) }
    }

    /// The number of tokens before the next one.
    #[inline(always)]
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// Moves to a position.
    pub(crate) fn seek(&mut self, pos: usize) {
        self.pos = pos;
        self.token = self.tokens.get(pos);
    }

    /// Moves past the next token.
    #[inline(always)]
    pub(crate) fn bump(&mut self) {
        self.pos += 1;
        self.token = self.tokens.next(self.pos, self.token);
    }

    /// Moves past the next two tokens: a parenthesis and a keyword.
    #[inline(always)]
    pub(crate) fn bump_open(&mut self) {
        self.bump();
        self.bump();
    }

    /// Moves past the next form: a single token, or everything up to the matching parenthesis.
    pub(crate) fn bump_form(&mut self) {
        (self.pos, self.token) = self.tokens.after_form(self.pos, self.token);
    }

    /// The kind of the next token.
    #[inline(always)]
    pub(crate) fn peek(&self) -> TokenKind {
        self.token.kind
    }

    /// The token `ahead` tokens after the next one. `ahead` should be small.
    #[inline(always)]
    fn ahead(&self, ahead: usize) -> Token {
        (1..=ahead).fold(self.token, |token, n| self.tokens.next(self.pos + n, token))
    }

    /// The kind of the token `ahead` tokens after the next one.
    #[inline(always)]
    pub(crate) fn peek_at(&self, ahead: usize) -> TokenKind {
        self.ahead(ahead).kind
    }

    /// The text of the next token.
    #[inline(always)]
    pub(crate) fn text(&self) -> &'a str {
        self.tokens.text(self.token)
    }

    /// The text of the next token, as bytes.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.tokens.bytes(self.token)
    }

    /// The text of the token `ahead` tokens after the next one.
    #[inline(always)]
    pub(crate) fn text_at(&self, ahead: usize) -> &'a str {
        self.tokens.text(self.ahead(ahead))
    }

    /// The text of the token before the next one; empty at the beginning.
    #[cold]
    pub(crate) fn text_before(&self) -> &'a str {
        let before = self.pos.checked_sub(1).map(|before| self.tokens.get(before));
        before.map_or("", |token| self.tokens.text(token))
    }

    /// The bytes of the token before the next one.
    #[cold]
    pub(crate) fn span_before(&self) -> Span {
        self.tokens.get(self.pos.saturating_sub(1)).span()
    }

    /// Whether the next token is directly in a form with this keyword, possibly after other
    /// complete forms. Looks at only a few tokens.
    #[cold]
    pub(crate) fn is_in(&self, keyword: &str) -> bool {
        let mut depth = 0_usize;
        for pos in (0..self.pos).rev().take(32) {
            match self.tokens.get(pos).kind {
                TokenKind::Close => depth += 1,
                TokenKind::Open if depth == 0 => {
                    return self.tokens.text(self.tokens.get(pos + 1)) == keyword;
                }
                TokenKind::Open => depth -= 1,
                _ => {}
            }
        }
        false
    }

    /// The bytes of the next token.
    pub(crate) fn span(&self) -> Span {
        self.token.span()
    }

    /// The bytes from the token at `start` to the last token before the next one.
    pub(crate) fn span_from(&self, start: usize) -> Span {
        let first = self.tokens.get(start).span();
        let last = self.tokens.get(self.pos.max(start + 1) - 1).span();
        Span::new(first.start, last.end)
    }

    /// The error that the next token is not the expected one.
    #[cold]
    pub(crate) fn unexpected(&self, expected: Expected) -> Box<Error> {
        let text = self.text();
        let unknown = match self.peek() {
            TokenKind::Error(error) => {
                return Box::new(Error::of_token(error, self.span(), self.tokens.source()));
            }
            TokenKind::Reserved => true,
            TokenKind::Keyword if expected.is_of_components() => {
                !keywords::is_component_keyword(text) && !keywords::is_keyword(text)
            }
            TokenKind::Keyword => !keywords::is_keyword(text),
            TokenKind::Number => !numbers::is_number(self.bytes()),
            _ => false,
        };
        let kind = if unknown {
            ErrorKind::UnknownOperator(text.into(), expected)
        } else {
            ErrorKind::UnexpectedToken(expected)
        };
        Error::boxed(kind, self.span())
    }

    /// The error that the next form is not the expected one. It is at the keyword if a parenthesis
    /// and a keyword come next.
    #[cold]
    pub(crate) fn unexpected_form(&mut self, expected: Expected) -> Box<Error> {
        self.opt(TokenKind::Open);
        self.unexpected(expected)
    }

    /// The error that the next token is a keyword without being the mnemonic of an enabled
    /// instruction.
    #[cold]
    pub(crate) fn unexpected_instr(&self) -> Box<Error> {
        let text = self.text();
        match Opcode::from_mnemonic(text) {
            // WebAssembly 3.0 also has these words, in clauses of `try_table`.
            Some(Opcode::Catch | Opcode::CatchAll) => self.unexpected(Expected::Instr),
            Some(opcode) => self.error(ErrorKind::NotEnabled(text.into(), opcode.feature())),
            None => self.unexpected(Expected::Instr),
        }
    }

    /// An error at the next token.
    #[cold]
    pub(crate) fn error(&self, kind: ErrorKind) -> Box<Error> {
        Error::boxed(kind, self.span())
    }

    /// Whether the next token is this keyword.
    #[inline(always)]
    pub(crate) fn at_keyword(&self, keyword: &str) -> bool {
        self.peek() == TokenKind::Keyword && self.bytes() == keyword.as_bytes()
    }

    /// The keyword, if one comes next.
    pub(crate) fn keyword(&self) -> Option<&'a str> {
        (self.peek() == TokenKind::Keyword).then(|| self.text())
    }

    /// The keyword, if a parenthesis and a keyword come next.
    #[inline(always)]
    pub(crate) fn open_keyword(&self) -> Option<&'a str> {
        if self.peek() != TokenKind::Open {
            return None;
        }
        let keyword = self.ahead(1);
        if keyword.kind == TokenKind::Keyword { Some(self.tokens.text(keyword)) } else { None }
    }

    /// Whether the next tokens are `(` and this keyword.
    #[inline(always)]
    pub(crate) fn at_open(&self, keyword: &str) -> bool {
        self.open_keyword() == Some(keyword)
    }

    /// Moves past `(` and this keyword if they come next.
    #[inline(always)]
    pub(crate) fn opt_open(&mut self, keyword: &str) -> bool {
        let found = self.at_open(keyword);
        if found {
            self.bump_open();
        }
        found
    }

    /// Moves past this keyword if it comes next.
    #[inline(always)]
    pub(crate) fn opt_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.bump();
        }
        found
    }

    /// Moves past a token of this kind if it comes next.
    #[inline(always)]
    pub(crate) fn opt(&mut self, kind: TokenKind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.bump();
        }
        found
    }

    /// Moves past `(` and this keyword.
    pub(crate) fn expect_open(&mut self, keyword: &'static str) -> Result<()> {
        self.expect_paren()?;
        self.expect_keyword(keyword)
    }

    /// Moves past an opening parenthesis.
    pub(crate) fn expect_paren(&mut self) -> Result<()> {
        if self.opt(TokenKind::Open) { Ok(()) } else { Err(self.unexpected(Expected::Token("("))) }
    }

    /// Moves past this keyword.
    pub(crate) fn expect_keyword(&mut self, keyword: &'static str) -> Result<()> {
        if self.opt_keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(Expected::Token(keyword)))
        }
    }

    /// Moves past a closing parenthesis.
    #[inline(always)]
    pub(crate) fn expect_close(&mut self) -> Result<()> {
        if self.opt(TokenKind::Close) { Ok(()) } else { Err(self.unexpected(Expected::Token(")"))) }
    }

    /// Reads an identifier if one comes next.
    #[inline(always)]
    pub(crate) fn opt_id(&mut self) -> Option<Name<'a>> {
        if self.peek() != TokenKind::Id {
            return None;
        }
        let id = self.id();
        self.bump();
        Some(id)
    }

    /// The name that the next token, an identifier, stands for.
    #[inline(always)]
    pub(crate) fn id(&self) -> Name<'a> {
        strings::id(self.text()).unwrap_or_default()
    }

    /// Reads the next strings, and joins their bytes. A single string without escape sequences is
    /// borrowed.
    pub(crate) fn strings(&mut self) -> Cow<'a, [u8]> {
        let mut bytes = Cow::Borrowed(&b""[..]);
        while self.peek() == TokenKind::String {
            if bytes.is_empty() {
                bytes = strings::bytes(self.text());
            } else {
                strings::decode_into(self.text(), bytes.to_mut());
            }
            self.bump();
        }
        bytes
    }

    /// Reads a string that is a name: it must be UTF-8.
    pub(crate) fn expect_name(&mut self) -> Result<Name<'a>> {
        if self.peek() != TokenKind::String {
            return Err(self.unexpected(Expected::Name));
        }
        let name = strings::name(self.text())
            .ok_or_else(|| self.error(ErrorKind::Lexical(LexError::Utf8)))?;
        self.bump();
        Ok(name)
    }

    /// Whether the next token is an unsigned integer, judging by its first character.
    #[inline(always)]
    pub(crate) fn at_nat(&self) -> bool {
        self.peek() == TokenKind::Number && self.bytes().first().is_some_and(u8::is_ascii_digit)
    }

    /// Reads an unsigned 8-bit integer.
    pub(crate) fn expect_u8(&mut self) -> Result<u8> {
        self.nat(numbers::u8, Number::U8, Expected::Lane)
    }

    /// Reads an unsigned 32-bit integer.
    #[inline(always)]
    pub(crate) fn expect_u32(&mut self) -> Result<u32> {
        self.nat(numbers::u32, Number::U32, Expected::Unsigned)
    }

    /// Reads an index that is a number.
    #[inline(always)]
    pub(crate) fn expect_idx(&mut self) -> Result<u32> {
        self.nat(numbers::u32, Number::U32, Expected::Index)
    }

    /// Reads an unsigned 64-bit integer.
    pub(crate) fn expect_u64(&mut self) -> Result<u64> {
        self.nat(numbers::u64, Number::U64, Expected::Unsigned)
    }

    #[inline(always)]
    fn nat<T>(
        &mut self,
        parse: impl Fn(&'a [u8]) -> core::result::Result<T, NumberError>,
        number: Number,
        expected: Expected,
    ) -> Result<T> {
        if self.peek() == TokenKind::Number
            && let Ok(value) = parse(self.bytes())
        {
            self.bump();
            return Ok(value);
        }
        Err(self.bad_nat(parse, number, expected))
    }

    #[cold]
    fn bad_nat<T>(
        &self,
        parse: impl Fn(&'a [u8]) -> core::result::Result<T, NumberError>,
        number: Number,
        expected: Expected,
    ) -> Box<Error> {
        match parse(self.bytes()) {
            Err(NumberError::OutOfRange) if self.at_nat() => {
                self.error(ErrorKind::ConstantOutOfRange(number))
            }
            _ => self.unexpected(expected),
        }
    }

    /// Reads a number with `parse`. It may be a float, including `inf` and `nan`.
    #[inline(always)]
    pub(crate) fn expect_number<T>(
        &mut self,
        number: Number,
        parse: impl Fn(&'a [u8]) -> core::result::Result<T, NumberError>,
    ) -> Result<T> {
        if !matches!(self.peek(), TokenKind::Number | TokenKind::Keyword) {
            return Err(self.unexpected(Expected::Number));
        }
        match parse(self.bytes()) {
            Ok(value) => {
                self.bump();
                Ok(value)
            }
            Err(error) => Err(self.bad_number(number, error)),
        }
    }

    /// Reads the keyword of an abstract heap type.
    pub(crate) fn expect_abs_heap_type(&mut self) -> Result<AbsHeapType> {
        let keyword = if self.peek() == TokenKind::Keyword { self.text() } else { "" };
        let abs = AbsHeapType::from_keyword(keyword);
        let abs = abs.ok_or_else(|| self.unexpected(Expected::HeapType))?;
        self.bump();
        Ok(abs)
    }

    /// Reads a lane of a vector, as its bits.
    pub(crate) fn expect_lane(&mut self, shape: Shape) -> Result<u64> {
        self.expect_number(Number::lane(shape), |text| shape.lane(text))
    }

    /// Reads the shape of a vector.
    pub(crate) fn expect_shape(&mut self) -> Result<Shape> {
        let shape = match self.peek() {
            TokenKind::Keyword => Shape::from_keyword(self.text()),
            _ => None,
        };
        let shape = shape.ok_or_else(|| self.unexpected(Expected::Shape))?;
        self.bump();
        Ok(shape)
    }

    #[cold]
    fn bad_number(&self, number: Number, error: NumberError) -> Box<Error> {
        // A float in the place of an integer is a number too, so it counts as a number that is out
        // of range.
        if error == NumberError::OutOfRange || numbers::is_number(self.bytes()) {
            return self.error(ErrorKind::ConstantOutOfRange(number));
        }
        self.unexpected(Expected::Number)
    }
}
