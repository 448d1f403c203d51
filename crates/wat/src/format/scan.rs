//! The tokens of a text, with the facts that the layout needs.

use alloc::vec::Vec;

use wattle_ast::{Arity, Opcode, Span};
use wattle_syntax::{LexError, Lexer, TokenKind};

use crate::component::char_of;
use crate::error::{Error, ErrorKind, Expected};

/// The kind of a token, as the layout sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `(`.
    Open,
    /// `(@id`.
    Annotation,
    /// `)`.
    Close,
    /// A keyword, an identifier, a number, a character or a string.
    Atom,
    /// The mnemonic of an instruction outside of blocks.
    Instr,
    /// The mnemonic of an instruction that opens a block.
    BlockOpen,
    /// `else`, `catch`, `catch_all`.
    BlockPart,
    /// `end`, `delegate`.
    BlockClose,
    /// `;;` and the rest of the line.
    LineComment,
    /// `(; ;)`, or an annotation whose content is not made of ordinary tokens.
    BlockComment,
    /// A part of the text that stays as it is: a malformed token, or a run of tokens.
    Malformed,
}

impl Kind {
    pub(super) fn is_comment(self) -> bool {
        matches!(self, Kind::LineComment | Kind::BlockComment)
    }

    pub(super) fn is_open(self) -> bool {
        matches!(self, Kind::Open | Kind::Annotation)
    }

    /// Whether it begins an instruction that is not folded, or is a part of its structure.
    pub(super) fn is_instr(self) -> bool {
        matches!(self, Kind::Instr | Kind::BlockOpen | Kind::BlockPart | Kind::BlockClose)
    }
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) kind: Kind,
    /// The number of ends of lines before it, at most [`Token::BLANK`].
    pub(super) lines: u8,
}

impl Token {
    /// The number of ends of lines that leave a line blank.
    pub(super) const BLANK: u8 = 2;

    pub(super) fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// The tokens of a text.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    /// Whether all characters are ASCII, so that bytes count characters.
    pub(super) is_ascii: bool,
    /// The reasons why fields cannot be formatted.
    pub(super) errors: Vec<Error>,
}

/// An annotation that is being read.
struct OpenAnnotation {
    /// The position of its first token.
    at: usize,
    /// The number of open parentheses.
    depth: usize,
    /// Whether all of its tokens could stand elsewhere too.
    is_ordinary: bool,
}

impl<'a> Scan<'a> {
    /// Reads the tokens.
    ///
    /// # Errors
    /// The text is longer than 4 GiB.
    pub(super) fn new(text: &'a str) -> Result<Scan<'a>, Error> {
        if u32::try_from(text.len()).is_err() {
            let place = Span::at(u32::MAX as usize);
            return Err(Error::new(ErrorKind::Lexical(LexError::TextTooLong), place));
        }
        let mut scan = Scan {
            text,
            tokens: Vec::with_capacity(text.len() / 6),
            is_ascii: text.is_ascii(),
            errors: Vec::new(),
        };
        let (mut lines, mut annotation) = (0, None);
        for (kind, span) in Lexer::new(text) {
            let slice = text.get(span.start..span.end).unwrap_or_default();
            if kind == TokenKind::Space {
                lines = ends_of_lines(slice.as_bytes());
                continue;
            }
            let kind = scan.kind(kind, span, slice, &mut annotation);
            let (start, end) = (span.start as u32, span.end as u32);
            scan.tokens.push(Token { start, end, kind, lines });
            lines = 0;
            scan.end_annotation(&mut annotation);
        }
        Ok(scan)
    }

    /// The kind of a token. Updates the state of the annotation that the token is in.
    fn kind(
        &mut self,
        kind: TokenKind,
        span: Span,
        slice: &str,
        annotation: &mut Option<OpenAnnotation>,
    ) -> Kind {
        if let Some(annotation) = annotation {
            match kind {
                TokenKind::Open | TokenKind::Annotation => annotation.depth += 1,
                TokenKind::Close => annotation.depth -= 1,
                TokenKind::Error(LexError::EmptyAnnotationId) if slice == "(@" => {
                    annotation.depth += 1;
                    annotation.is_ordinary = false;
                    return Kind::Open;
                }
                TokenKind::Reserved => {
                    annotation.is_ordinary = false;
                    return Kind::Atom;
                }
                _ => {}
            }
        }
        match kind {
            TokenKind::Open => Kind::Open,
            TokenKind::Close => Kind::Close,
            TokenKind::Annotation => {
                let at = self.tokens.len();
                annotation.get_or_insert(OpenAnnotation { at, depth: 1, is_ordinary: true });
                Kind::Annotation
            }
            TokenKind::Keyword => match Opcode::from_mnemonic(slice).map(|op| op.info().arity) {
                None => Kind::Atom,
                Some(Arity::Open) => Kind::BlockOpen,
                Some(Arity::Part) => Kind::BlockPart,
                Some(Arity::Close) => Kind::BlockClose,
                Some(Arity::Values { .. }) => Kind::Instr,
            },
            TokenKind::LineComment => Kind::LineComment,
            TokenKind::BlockComment => Kind::BlockComment,
            TokenKind::Error(error) => {
                self.errors.push(Error::of_token(error, span, self.text));
                Kind::Malformed
            }
            TokenKind::Reserved if char_of(slice.as_bytes()).is_none() => {
                let kind = ErrorKind::UnexpectedToken(Expected::FittingInstr);
                self.errors.push(Error::new(kind, span));
                Kind::Malformed
            }
            _ => Kind::Atom,
        }
    }

    /// Makes an annotation a single token if it has ended and has tokens that can stand nowhere
    /// else.
    fn end_annotation(&mut self, annotation: &mut Option<OpenAnnotation>) {
        let Some(OpenAnnotation { at, depth: 0, is_ordinary }) = *annotation else { return };
        *annotation = None;
        if is_ordinary {
            return;
        }
        let end = self.tokens.last().map_or(0, |token| token.end);
        // An annotation with a malformed token is malformed, since the field around it must stay as
        // it is.
        let is_malformed = self.tokens.iter().skip(at).any(|token| token.kind == Kind::Malformed);
        let kind = if is_malformed { Kind::Malformed } else { Kind::BlockComment };
        self.tokens.truncate(at + 1);
        if let Some(token) = self.tokens.last_mut() {
            *token = Token { end, kind, ..*token };
        }
    }

    /// The token at a position. Behind the last, there is a parenthesis that closes nothing.
    pub(super) fn token(&self, at: usize) -> Token {
        let end = self.text.len() as u32;
        let behind = Token { start: end, end, kind: Kind::Close, lines: 0 };
        self.tokens.get(at).copied().unwrap_or(behind)
    }

    /// The text from the first byte of one token to the last of another.
    pub(super) fn text_of(&self, first: Token, last: Token) -> &'a str {
        self.text.get(first.start as usize..last.end as usize).unwrap_or_default()
    }

    /// The text of a token.
    pub(super) fn slice(&self, token: Token) -> &'a str {
        self.text_of(token, token)
    }

    /// The number of characters of a text.
    pub(super) fn width(&self, slice: &str) -> usize {
        if self.is_ascii { slice.len() } else { slice.chars().count() }
    }

    /// The keyword of the form that opens at a position: empty if another token stands there.
    pub(super) fn keyword(&self, open: usize) -> &'a str {
        let next = self.token(open + 1);
        if next.kind == Kind::Atom || next.kind.is_instr() { self.slice(next) } else { "" }
    }
}

/// The number of ends of lines among blanks.
fn ends_of_lines(blanks: &[u8]) -> u8 {
    if blanks == b" " {
        return 0;
    }
    let count = |end| blanks.iter().filter(|byte| **byte == end).count();
    // A line ends with `\n`, with `\r`, or with both.
    let ends = count(b'\n').max(count(b'\r'));
    ends.min(usize::from(Token::BLANK)) as u8
}
