//! The tokens of a text, kept in two bytes each: trivia left out, annotations apart.

use alloc::vec::Vec;

use wattle_ast::{Name, Span};

use crate::error::{Error, ErrorKind};
use crate::lexer::{LexError, Lexer, TokenKind};
use crate::strings;
use crate::words::{self, Plain, kind_of};

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    start: u32,
    end: u32,
    pub(crate) kind: TokenKind,
}

/// A token as it is kept: how many bytes lie before it, and how many are its own. Its kind shows
/// in its first byte. No bytes of its own say that it is among the odd ones.
#[derive(Clone, Copy, Debug)]
struct Step {
    gap: u8,
    len: u8,
}

/// A token that no [`Step`] can tell, because of its size, its place or its kind.
#[derive(Clone, Copy, Debug)]
struct OddToken {
    pos: u32,
    token: Token,
}

/// So many tokens have one mark: where the first of them begins.
const MARK: usize = 16;

/// Forms of at least so many tokens have their ends noted.
const LONG_FORM: usize = 32;

/// An annotation that is known: it stands before token `at`, and holds these annotation tokens.
#[derive(Clone, Debug)]
pub(crate) struct Annot<'a> {
    pub(crate) name: &'static str,
    pub(crate) at: usize,
    pub(crate) span: Span,
    pub(crate) tokens: Tokens<'a>,
}

/// The tokens of a text, the last one of kind [`TokenKind::Eof`].
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    pub(crate) text: &'a str,
    steps: Vec<Step>,
    marks: Vec<u32>,
    odd: Vec<OddToken>,
    /// Where long forms begin, and where they are over. In order once all is lexed.
    forms: Vec<(u32, u32)>,
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
/// States how many data segments there are, though no function calls for it.
pub(crate) const DATA_COUNT: &str = "data_count";

impl<'a> Tokens<'a> {
    fn empty(text: &'a str) -> Self {
        Tokens {
            text,
            steps: Vec::new(),
            marks: Vec::new(),
            odd: Vec::new(),
            forms: Vec::new(),
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
            tokens.push(TokenKind::Eof, Span::at(0), &mut 0);
            return tokens;
        }
        // Dense text has a token every six or seven bytes.
        tokens.steps.reserve(text.len() / 7);
        let mut lexer = Lexer::new(text);
        let mut open = Vec::new();
        let mut end = 0;
        loop {
            // Plain tokens come in long runs.
            let rest = text.as_bytes().get(end..).unwrap_or_default();
            let (plain, gap, len) = words::next(rest);
            if plain != Plain::No {
                let pos = tokens.steps.len() as u32;
                tokens.push_plain(Span::new(end + gap, end + gap + len), &mut end);
                match plain {
                    Plain::Open => open.push(pos),
                    Plain::Close => tokens.note_form(open.pop()),
                    _ => {}
                }
                continue;
            }
            lexer.seek(end);
            let Some((kind, span)) = lexer.token() else { break };
            match kind {
                TokenKind::Open => open.push(tokens.steps.len() as u32),
                TokenKind::String => {}
                TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => continue,
                TokenKind::Annotation => {
                    tokens.annotation(span, &mut lexer);
                    continue;
                }
                TokenKind::Error(error) => {
                    tokens.error(error, span);
                    if text[span.start..].starts_with("(@") {
                        tokens.annotation(span, &mut lexer);
                        continue;
                    }
                }
                _ => {}
            }
            tokens.push(kind, span, &mut end);
            if kind == TokenKind::Close {
                tokens.note_form(open.pop());
            }
        }
        let eof = tokens.steps.len() as u32;
        tokens.push(TokenKind::Eof, Span::at(text.len()), &mut end);
        // What nothing closes goes on to the end.
        tokens.forms.extend(open.into_iter().map(|start| (start, eof)));
        tokens.forms.sort_unstable();
        tokens.cut = lexer.cut();
        let cut = tokens.cut.unwrap_or(usize::MAX);
        tokens.errors.retain(|error| error.span.start <= cut);
        tokens
    }

    /// Notes the form that the last token closes, when it is a long one.
    #[inline(always)]
    fn note_form(&mut self, start: Option<u32>) {
        let end = self.steps.len() as u32;
        if let Some(start) = start
            && end - start > LONG_FORM as u32
        {
            self.forms.push((start, end));
        }
    }

    #[cold]
    fn error(&mut self, error: LexError, span: Span) {
        self.errors.push(Error::new(error.into(), span));
    }

    /// Adds a token; `end` is where the one before it ends.
    fn push(&mut self, kind: TokenKind, span: Span, end: &mut usize) {
        let first = self.text.as_bytes().get(span.start).copied().unwrap_or(0);
        if kind_of(first) == kind {
            self.push_plain(span, end);
        } else {
            *end = span.end;
            self.push_odd(kind, span);
        }
    }

    /// Adds a token whose kind shows in its first byte.
    #[inline(always)]
    fn push_plain(&mut self, span: Span, end: &mut usize) {
        let (gap, len) = (span.start - *end, span.end - span.start);
        *end = span.end;
        let pos = self.steps.len();
        if gap | len > 0xff || pos.is_multiple_of(MARK) {
            return self.push_rare(span, gap, len);
        }
        self.steps.push(Step { gap: gap as u8, len: len as u8 });
    }

    #[inline(never)]
    fn push_rare(&mut self, span: Span, gap: usize, len: usize) {
        if gap | len > 0xff {
            let first = self.text.as_bytes().get(span.start).copied().unwrap_or(0);
            return self.push_odd(kind_of(first), span);
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
    fn push_odd(&mut self, kind: TokenKind, span: Span) {
        self.mark(span);
        let token = Token { start: span.start as u32, end: span.end as u32, kind };
        self.odd.push(OddToken { pos: self.steps.len() as u32, token });
        self.steps.push(Step { gap: 0, len: 0 });
    }

    /// An annotation from its head on: kept when it is known, else only checked.
    #[cold]
    fn annotation(&mut self, head: Span, lexer: &mut Lexer<'a>) {
        let id = self.text.get(head.start + 1..head.end).and_then(strings::id);
        let known = [CUSTOM, NAME, BRANCH_HINT, DATA_COUNT];
        let name = known.into_iter().find(|known| id.as_deref() == Some(known));
        let mut inside = Tokens::empty(self.text);
        let errors = self.errors.len();
        let mut depth = 1_u32;
        let mut inside_end = head.end;
        let mut end = self.text.len();
        while depth > 0 {
            let Some((kind, span)) = lexer.token() else {
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
                inside.push(kind, span, &mut inside_end);
            }
        }
        if let Some(name) = name {
            let close = Span::new(end.saturating_sub(1).max(inside_end), end);
            inside.push(TokenKind::Eof, close, &mut inside_end);
            let span = Span::new(head.start, end);
            self.annots.push(Annot { name, at: self.steps.len(), span, tokens: inside });
        }
    }

    /// The token at a position; the end of the text from there on.
    pub(crate) fn get(&self, pos: usize) -> Token {
        let mut at = pos - pos % MARK;
        let mut token = match self.steps.get(at) {
            None => return self.odd_token(pos),
            Some(Step { len: 0, .. }) => self.odd_token(at),
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

    /// The token at a position, from the one before it.
    #[inline(always)]
    pub(crate) fn next(&self, pos: usize, before: Token) -> Token {
        match self.steps.get(pos) {
            Some(step) if step.len > 0 => self.token(before.end + u32::from(step.gap), step.len),
            _ => self.odd_token(pos),
        }
    }

    #[cold]
    fn odd_token(&self, pos: usize) -> Token {
        let found = self.odd.binary_search_by_key(&pos, |odd| odd.pos as usize);
        match found.ok().and_then(|at| self.odd.get(at)).or(self.odd.last()) {
            Some(odd) => odd.token,
            None => Token { start: 0, end: 0, kind: TokenKind::Eof },
        }
    }

    /// The bytes of a token.
    #[inline(always)]
    pub(crate) fn span(&self, token: Token) -> Span {
        Span::new(token.start as usize, token.end as usize)
    }

    /// The text of a token.
    #[inline(always)]
    pub(crate) fn text(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The same as bytes: no question whether it begins and ends between characters.
    #[inline(always)]
    pub(crate) fn bytes(&self, token: Token) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        bytes.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The position just behind the form that begins with the token at `pos`: behind its closing
    /// parenthesis, or behind the one token; and the token there. At most the end of the text.
    pub(crate) fn skip_form(&self, pos: usize, token: Token) -> (usize, Token) {
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
            if at == pos + LONG_FORM
                && let Some(end) = self.long_form_end(pos)
            {
                return (end, self.get(end));
            }
        }
    }

    fn long_form_end(&self, pos: usize) -> Option<usize> {
        let at = self.forms.binary_search_by_key(&pos, |(start, _)| *start as usize).ok()?;
        self.forms.get(at).map(|(_, end)| *end as usize)
    }

    /// The position just behind the form that begins at `pos`.
    pub(crate) fn form_end(&self, pos: usize) -> usize {
        self.skip_form(pos, self.get(pos)).0
    }
}

/// The identifier of a token of kind [`TokenKind::Id`].
pub(crate) fn id(text: &str) -> Name<'_> {
    strings::id(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The short cut for plain tokens finds what the automaton finds.
    fn check(text: &str) {
        let tokens = Tokens::lex(text);
        let trivia = |kind: &TokenKind| {
            use TokenKind::*;
            matches!(kind, Space | LineComment | BlockComment)
        };
        let expected: Vec<_> = Lexer::new(text).filter(|(kind, _)| !trivia(kind)).collect();
        let kept = 0..tokens.steps.len() - 1;
        let found: Vec<_> =
            kept.map(|pos| tokens.get(pos)).map(|token| (token.kind, tokens.span(token))).collect();
        // Annotations are kept apart, and leave a gap.
        if text.contains("(@") {
            assert!(found.iter().all(|token| expected.contains(token)), "{text}");
        } else {
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn tokens_are_those_of_the_automaton() {
        for file in wattle_tests::suite::files() {
            if let Ok(text) = core::str::from_utf8(&file.read())
                && text.len() < 1 << 16
            {
                check(text);
            }
        }
        for text in [
            "a",
            "(a",
            "a)",
            "$",
            "$)",
            "$\"x\" $y",
            "1 -2 +3 -inf",
            "a\"b\"c",
            "\t\r\n a  b\tc\rd",
            "(;;)a(; ( ;)b;;c",
            "a,b;c[d]e{f}g",
            "0x1p-5|a~b^c\\d*e+f",
            "é a\u{7f}b",
            "((@x a)) b",
            "((;a;)b)",
            "( ;; x\n a)",
            "abcdefgh ijklmnop12345678\n",
        ] {
            check(text);
            for end in 0..text.len() {
                if let Some(part) = text.get(..end) {
                    check(part);
                }
            }
        }
    }
}
