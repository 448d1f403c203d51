//! Parsing types, with a stack of those that are open.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::Span;
use wattle_ast::components::{PrimType, Type};

use super::keywords::Keyword;
use super::lexer::TokenKind;
use super::parser::{Parsed, Parser};
use super::tree::{Ty, TyId, TyKind};
use crate::error::{ErrorKind, Help};

/// The number of types that may lie inside each other, which is the limit of components.
const MAX_DEPTH: usize = Type::MAX_DEPTH as usize;

/// A type whose arguments are not complete.
enum Open {
    List,
    Option,
    Tuple(Vec<TyId>),
    MapKey,
    MapValue(TyId),
    ResultOk,
    ResultErr(Option<TyId>),
    Stream,
    Future,
}

/// The start of a type: all of it, or the part before its first argument.
enum Start<'a> {
    Whole(TyKind<'a>),
    Open(Open),
}

impl<'a> Parser<'a> {
    /// Parses a type.
    pub(super) fn ty(&mut self) -> Parsed<TyId> {
        let mut stack: Vec<(Open, Span)> = Vec::new();
        loop {
            let span = self.token().span;
            if stack.len() >= MAX_DEPTH {
                return self.fail(ErrorKind::TypeTooDeep, span, None);
            }
            let mut kind = match self.start()? {
                Start::Whole(kind) => kind,
                Start::Open(open) => {
                    stack.push((open, span));
                    continue;
                }
            };
            let mut at = span;
            loop {
                let id = TyId(self.types.len());
                self.types.push(Ty { kind, span: at });
                let Some((open, span)) = stack.pop() else { return Ok(id) };
                match self.fill(open, id)? {
                    Start::Open(open) => {
                        stack.push((open, span));
                        break;
                    }
                    Start::Whole(whole) => (kind, at) = (whole, span),
                }
            }
        }
    }

    /// Parses the start of a type: all of it, or the part before its first argument.
    fn start(&mut self) -> Parsed<Start<'a>> {
        let token = self.token();
        let word = self.tokens.slice(token.span);
        if self.is_id_at(0) {
            return Ok(Start::Whole(TyKind::Name(self.id()?)));
        }
        let open = match self.keyword() {
            Some(Keyword::List) => Open::List,
            Some(Keyword::Option) => Open::Option,
            Some(Keyword::Tuple) => Open::Tuple(Vec::new()),
            Some(Keyword::Map) => Open::MapKey,
            Some(keyword @ (Keyword::Result | Keyword::Stream | Keyword::Future)) => {
                self.bump();
                if self.eat(b'<') {
                    return Ok(match keyword {
                        Keyword::Result if self.eat_keyword(Keyword::Underscore) => {
                            self.expect(b',')?;
                            Start::Open(Open::ResultErr(None))
                        }
                        Keyword::Result => Start::Open(Open::ResultOk),
                        Keyword::Stream => Start::Open(Open::Stream),
                        _ => Start::Open(Open::Future),
                    });
                }
                return Ok(Start::Whole(match keyword {
                    Keyword::Result => TyKind::Result(None, None),
                    Keyword::Stream => TyKind::Stream(None),
                    _ => TyKind::Future(None),
                }));
            }
            Some(keyword @ (Keyword::Own | Keyword::Borrow)) => {
                self.bump();
                self.expect(b'<')?;
                let resource = self.id()?;
                self.expect(b'>')?;
                return Ok(Start::Whole(match keyword {
                    Keyword::Own => TyKind::Own(resource),
                    _ => TyKind::Borrow(resource),
                }));
            }
            keyword => {
                let prim = keyword.and_then(|_| PrimType::from_keyword(word));
                let Some(prim) = prim else { return self.unexpected("a type") };
                self.bump();
                return Ok(Start::Whole(TyKind::Prim(prim)));
            }
        };
        self.bump();
        self.expect(b'<')?;
        // A tuple without types is well-formed. The resolver refuses it.
        if matches!(open, Open::Tuple(_)) && self.eat(b'>') {
            return Ok(Start::Whole(TyKind::Tuple(Box::default())));
        }
        Ok(Start::Open(open))
    }

    /// Gives an open type its next argument, and parses the tokens behind the argument.
    fn fill(&mut self, open: Open, arg: TyId) -> Parsed<Start<'a>> {
        let whole = match open {
            Open::List if self.eat(b',') => TyKind::FixedList(arg, self.length()?),
            Open::List => TyKind::List(arg),
            Open::Option => TyKind::Option(arg),
            Open::Stream => TyKind::Stream(Some(arg)),
            Open::Future => TyKind::Future(Some(arg)),
            Open::MapKey => {
                self.expect(b',')?;
                return Ok(Start::Open(Open::MapValue(arg)));
            }
            Open::MapValue(key) => TyKind::Map(key, arg),
            Open::ResultOk if self.eat(b',') => return Ok(Start::Open(Open::ResultErr(Some(arg)))),
            Open::ResultOk => TyKind::Result(Some(arg), None),
            Open::ResultErr(ok) => TyKind::Result(ok, Some(arg)),
            Open::Tuple(mut types) => {
                types.push(arg);
                if self.eat(b',') && !self.is_at(b'>') {
                    return Ok(Start::Open(Open::Tuple(types)));
                }
                TyKind::Tuple(types.into())
            }
        };
        self.expect(b'>')?;
        Ok(Start::Whole(whole))
    }

    /// Parses the length of a list.
    fn length(&mut self) -> Parsed<u32> {
        let token = self.token();
        if token.kind != TokenKind::Integer {
            return self.unexpected("fixed-length");
        }
        self.bump();
        let text = self.tokens.slice(token.span);
        match text.parse() {
            Ok(length) if !text.starts_with('0') => Ok(length),
            _ => {
                let help = Help::Advice("a length is a number from 1 to 4294967295");
                self.fail(ErrorKind::ListLength { text: text.into() }, token.span, Some(help))
            }
        }
    }
}
