//! The tokens of a text in two bytes each. Trivia are left out, and annotations are kept
//! separately.

use alloc::vec::Vec;

use wattle_ast::{Name, Span};

use crate::lexer::Piece;
use crate::words::kind_of;
use crate::{Forms, LexError, Lexer, TokenKind, strings};

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    start: u32,
    end: u32,
    /// The kind of the token.
    pub kind: TokenKind,
}

impl Token {
    /// The bytes of the token.
    #[inline(always)]
    pub fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// A token in memory: the number of bytes before it, and its length. The kind is that of its first
/// byte. A length of 0 means that the token is in the list of unpacked tokens.
#[derive(Clone, Copy, Debug)]
struct Step {
    gap: u8,
    len: u8,
}

/// A token that does not fit in a [`Step`], because of its size, its place or its kind.
#[derive(Clone, Copy, Debug)]
struct UnpackedToken {
    pos: u32,
    token: Token,
}

/// The distance between marked tokens. The offset of every marked token is recorded.
const MARK: usize = 16;

/// An annotation with a known id.
#[derive(Clone, Debug)]
pub struct Annotation<'a> {
    /// The id, without the `@`.
    pub id: Name<'a>,
    /// The position of the token after the annotation.
    pub at: usize,
    /// The bytes of the annotation, including its parentheses.
    pub span: Span,
    /// The content. The last token is the end of the text, at the closing parenthesis.
    pub tokens: Tokens<'a>,
}

/// The tokens of a text that a parser reads, and the forms that they make.
///
/// Positions count tokens. Comments and blanks are left out, and so are annotations, which can
/// stand anywhere: annotations with ids that the caller knows are kept separately.
/// [`Tokens::trivia`] returns all text before a token that was left out, so that no byte of the
/// text is lost.
///
/// ```
/// use wattle_syntax::{TokenKind, Tokens};
///
/// let text = "(func $f (; new ;) (nop)) (@name \"x\") 7";
/// let tokens = Tokens::new(text, &["name"]);
/// assert_eq!(tokens.text(tokens.get(2)), "$f");
/// assert_eq!(tokens.form_end(0), 7);
/// assert_eq!(tokens.form_end(3), 6);
/// assert_eq!(tokens.get(8).kind, TokenKind::Eof);
/// let comment: Vec<_> = tokens.trivia(3).map(|(kind, _)| kind).collect();
/// assert_eq!(comment, [TokenKind::Space, TokenKind::BlockComment, TokenKind::Space]);
/// let name = &tokens.annotations()[0];
/// assert_eq!((name.at, name.tokens.text(name.tokens.get(0))), (7, "\"x\""));
/// ```
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    steps: Vec<Step>,
    marks: Vec<u32>,
    unpacked: Vec<UnpackedToken>,
    forms: Forms,
    annotations: Vec<Annotation<'a>>,
    unknown_annotations: Vec<Span>,
    errors: Vec<(LexError, Span)>,
    unclosed: Option<usize>,
}

impl<'a> Tokens<'a> {
    fn empty(text: &'a str) -> Self {
        Tokens {
            text,
            steps: Vec::new(),
            marks: Vec::new(),
            unpacked: Vec::new(),
            forms: Forms::default(),
            annotations: Vec::new(),
            unknown_annotations: Vec::new(),
            errors: Vec::new(),
            unclosed: None,
        }
    }

    /// Reads the tokens of a text, and its annotations with the given ids. An id that ends in a
    /// period stands for all ids that begin with it.
    pub fn new(text: &'a str, annotations: &[&str]) -> Tokens<'a> {
        let mut tokens = Tokens::empty(text);
        if u32::try_from(text.len()).is_err() {
            tokens.errors.push((LexError::TextTooLong, Span::at(u32::MAX as usize)));
            tokens.push(TokenKind::Eof, Span::at(0), &mut 0);
            return tokens;
        }
        // Dense text has a token every six or seven bytes.
        tokens.steps.reserve(text.len() / 7);
        let mut lexer = Lexer::new(text);
        let mut end = 0;
        while let Some(piece) = lexer.piece() {
            let pos = tokens.steps.len() as u32;
            match piece {
                Piece::Word(_) => {}
                Piece::Open => tokens.forms.open(pos),
                Piece::Close => tokens.forms.close(pos),
                Piece::Other(kind) => {
                    tokens.other(kind, &mut end, &mut lexer, annotations);
                    continue;
                }
            }
            tokens.push_step(lexer.span(), &mut end);
        }
        tokens.forms.finish(tokens.steps.len() as u32);
        tokens.push(TokenKind::Eof, Span::at(text.len()), &mut end);
        tokens.unclosed = lexer.unclosed();
        let reliable = tokens.unclosed.unwrap_or(usize::MAX);
        tokens.errors.retain(|(_, span)| span.start <= reliable);
        tokens
    }

    /// Adds a token that is neither a word nor a parenthesis. If it begins an annotation, reads the
    /// annotation instead; if it is trivia, leaves it out.
    #[inline(never)]
    fn other(
        &mut self,
        kind: TokenKind,
        end: &mut usize,
        lexer: &mut Lexer<'a>,
        annotations: &[&str],
    ) {
        let span = lexer.span();
        if let TokenKind::Error(error) = kind {
            self.errors.push((error, span));
        }
        if self.begins_annotation(kind, span) {
            self.annotation(span, lexer, annotations);
        } else if !kind.is_trivia() {
            self.push(kind, span, end);
        }
    }

    /// Whether a token begins an annotation, with or without a proper id.
    fn begins_annotation(&self, kind: TokenKind, span: Span) -> bool {
        match kind {
            TokenKind::Annotation => true,
            TokenKind::Error(_) => self.text[span.start..].starts_with("(@"),
            _ => false,
        }
    }

    /// Adds a token; `end` is the end of the token before.
    fn push(&mut self, kind: TokenKind, span: Span, end: &mut usize) {
        let first = self.text.as_bytes().get(span.start).copied().unwrap_or(0);
        if kind_of(first) == kind {
            self.push_step(span, end);
        } else {
            *end = span.end;
            self.push_unpacked(kind, span);
        }
    }

    /// Adds a token whose first byte gives its kind.
    #[inline(always)]
    fn push_step(&mut self, span: Span, end: &mut usize) {
        let (gap, len) = (span.start - *end, span.end - span.start);
        *end = span.end;
        let pos = self.steps.len();
        if gap | len > 0xff || pos.is_multiple_of(MARK) {
            return self.push_mark(span, gap, len);
        }
        self.steps.push(Step { gap: gap as u8, len: len as u8 });
    }

    #[inline(never)]
    fn push_mark(&mut self, span: Span, gap: usize, len: usize) {
        if gap | len > 0xff {
            let first = self.text.as_bytes().get(span.start).copied().unwrap_or(0);
            return self.push_unpacked(kind_of(first), span);
        }
        self.mark(span);
        self.steps.push(Step { gap: gap as u8, len: len as u8 });
    }

    fn mark(&mut self, span: Span) {
        if self.steps.len().is_multiple_of(MARK) {
            self.marks.push(span.start as u32);
        }
    }

    #[cold]
    fn push_unpacked(&mut self, kind: TokenKind, span: Span) {
        self.mark(span);
        let token = Token { start: span.start as u32, end: span.end as u32, kind };
        self.unpacked.push(UnpackedToken { pos: self.steps.len() as u32, token });
        self.steps.push(Step { gap: 0, len: 0 });
    }

    /// Reads the rest of an annotation. Keeps it if its id is wanted; otherwise only checks it.
    #[cold]
    fn annotation(&mut self, head: Span, lexer: &mut Lexer<'a>, wanted: &[&str]) {
        let id = self.text.get(head.start + 1..head.end).and_then(strings::id);
        let id = id.filter(|id| {
            let is_id =
                |wanted: &&str| id == *wanted || wanted.ends_with('.') && id.starts_with(*wanted);
            wanted.iter().any(is_id)
        });
        let mut inside = Tokens::empty(self.text);
        let errors = self.errors.len();
        let mut depth = 1_u32;
        let mut inside_end = head.end;
        let mut end = self.text.len();
        while depth > 0 {
            let Some((kind, span)) = lexer.token() else {
                // If an error inside was reported, that is the cause.
                if self.errors.len() == errors {
                    self.errors.push((LexError::UnclosedAnnotation, head));
                }
                break;
            };
            match kind {
                kind if kind.is_trivia() => continue,
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth -= 1,
                // Inside an annotation, `(@` without an id is an ordinary parenthesis.
                TokenKind::Error(LexError::EmptyAnnotationId) if span.len() == 2 => depth += 1,
                _ => {
                    if let TokenKind::Error(error) = kind {
                        self.errors.push((error, span));
                    }
                    depth += u32::from(self.begins_annotation(kind, span));
                }
            }
            end = span.end;
            if id.is_some() && depth > 0 {
                inside.push(kind, span, &mut inside_end);
            }
        }
        if let Some(id) = id {
            let close = Span::new(end.saturating_sub(1).max(inside_end), end);
            inside.push(TokenKind::Eof, close, &mut inside_end);
            let span = Span::new(head.start, end);
            self.annotations.push(Annotation { id, at: self.steps.len(), span, tokens: inside });
        } else {
            self.unknown_annotations.push(head);
        }
    }

    /// The source text.
    #[inline(always)]
    pub fn source(&self) -> &'a str {
        self.text
    }

    /// The annotations with known ids, in the order of the text. Annotations inside of others are
    /// left out.
    #[inline(always)]
    pub fn annotations(&self) -> &[Annotation<'a>] {
        &self.annotations
    }

    /// The starts of the annotations with unknown ids, in the order of the text.
    pub fn unknown_annotations(&self) -> &[Span] {
        &self.unknown_annotations
    }

    /// The lexical errors of the text, in order. Where characters do not form a token, there is
    /// also a token of kind [`TokenKind::Error`].
    pub fn errors(&self) -> &[(LexError, Span)] {
        &self.errors
    }

    /// The offset of the first string or comment that is not closed. Errors after it may only
    /// follow from it, so they are left out.
    pub fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    /// The blanks, comments and annotations before the token at a position.
    pub fn trivia(&self, pos: usize) -> Lexer<'a> {
        let before = pos.checked_sub(1).map_or(0, |before| self.get(before).span().end);
        Lexer::within(self.text, Span::new(before, self.get(pos).span().start))
    }

    /// The number of tokens. The end of the text, which is the token after the last, is not
    /// counted.
    pub fn len(&self) -> usize {
        self.steps.len().saturating_sub(1)
    }

    /// Whether the text has only trivia and annotations.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The token at a position; the end of the text for any position after the last token.
    pub fn get(&self, pos: usize) -> Token {
        let mut at = pos - pos % MARK;
        let mut token = match self.steps.get(at) {
            None => return self.unpacked_token(pos),
            Some(Step { len: 0, .. }) => self.unpacked_token(at),
            Some(step) => self.token(self.marks.get(at / MARK).copied().unwrap_or(0), step.len),
        };
        while at < pos {
            at += 1;
            token = self.next(at, token);
        }
        token
    }

    #[inline(always)]
    fn token(&self, start: u32, len: u8) -> Token {
        let first = self.text.as_bytes().get(start as usize).copied().unwrap_or(0);
        Token { start, end: start + u32::from(len), kind: kind_of(first) }
    }

    /// The token at a position, computed from the token before it. This is quicker than
    /// [`get`](Tokens::get).
    #[inline(always)]
    pub fn next(&self, pos: usize, before: Token) -> Token {
        match self.steps.get(pos) {
            Some(step) if step.len > 0 => self.token(before.end + u32::from(step.gap), step.len),
            _ => self.unpacked_token(pos),
        }
    }

    #[cold]
    fn unpacked_token(&self, pos: usize) -> Token {
        let found = self.unpacked.binary_search_by_key(&pos, |unpacked| unpacked.pos as usize);
        match found.ok().and_then(|at| self.unpacked.get(at)).or(self.unpacked.last()) {
            Some(unpacked) => unpacked.token,
            None => Token { start: 0, end: 0, kind: TokenKind::Eof },
        }
    }

    /// The text of a token.
    #[inline(always)]
    pub fn text(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The bytes of a token. They need no check for character boundaries.
    #[inline(always)]
    pub fn bytes(&self, token: Token) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        bytes.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// Returns the position after the form that begins with the token at `pos`, and the token at
    /// that position. A form is a single token, or all tokens from a parenthesis to the matching
    /// one or the end of the text.
    pub fn after_form(&self, pos: usize, token: Token) -> (usize, Token) {
        let (mut at, mut token, mut depth) = (pos, token, 0_usize);
        loop {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                TokenKind::Eof => return (at, token),
                _ => {}
            }
            at += 1;
            token = self.next(at, token);
            if depth == 0 {
                return (at, token);
            }
            if at == pos + Forms::LONG
                && let Some(end) = self.forms.end(pos)
            {
                return (end, self.get(end));
            }
        }
    }

    /// The position after the form that begins at `pos`.
    pub fn form_end(&self, pos: usize) -> usize {
        self.after_form(pos, self.get(pos)).0
    }
}
