//! Parsing continues after an error in a function at the next instruction, with the blocks and
//! parentheses that are open. So other errors of the function are found, without those that only
//! follow from the first. The instructions that are encoded from then on are of no use.

use alloc::boxed::Box;

use wattle_ast::{Opcode, Span};
use wattle_syntax::{TokenKind, trivia};

use super::State;
use super::annotations::InstrMetadata;
use super::code::{Code, Frame, Open};
use crate::error::{Error, ErrorKind, Expected, Related, Result};
use crate::ids::Space;
use crate::{help, keywords, other_names};

impl Code<'_> {
    /// Allows anything in the innermost parentheses from now on.
    fn loosen(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.open = match frame.open {
            Open::Condition => {
                self.waiting_ids.pop();
                Open::Loose
            }
            Open::Operands => Open::Loose,
            // The form keeps its label, like a block.
            _ => Open::FoldedBlock,
        };
    }
}

impl<'a> State<'_, 'a> {
    /// Reports an error in the instruction that begins at position `start`, and moves to the next
    /// instruction. Returns false if the rest of the function is not worth reading. Outside of
    /// functions, returns the error.
    #[cold]
    #[inline(never)]
    pub(super) fn recover(
        &mut self,
        code: &mut Code<'a>,
        error: Box<Error>,
        start: usize,
    ) -> Result<bool> {
        if self.func.is_none() || matches!(error.kind, ErrorKind::Annotation(..)) {
            return Err(error);
        }
        let at = self.cursor.pos();
        let begins = self.cursor.tokens.get(start).kind;
        let of_structure = matches!(
            error.kind,
            ErrorKind::UnexpectedToken(Expected::FittingInstr | Expected::Token(_))
                | ErrorKind::MismatchingLabel
                | ErrorKind::Unknown(Space::Label, _)
        );
        let is_operand = error.kind == ErrorKind::UnexpectedToken(Expected::OperandOrClose);
        if let ErrorKind::UnknownOperator(word, _) = &error.kind
            && !word.contains('.')
            && !is_known_elsewhere(word)
        {
            code.unsure |= at == start || begins == TokenKind::Open && at == start + 1;
        }
        code.broken = true;
        let is_misplaced = matches!(
            error.kind,
            ErrorKind::UnexpectedToken(Expected::FittingInstr | Expected::Token(")"))
        );
        if !(of_structure && code.unsure) {
            self.report(*error);
        }
        code.unsure |= is_misplaced;
        if self.cursor.peek() == TokenKind::Eof {
            return Ok(false);
        }
        match begins {
            TokenKind::Close => self.close_incomplete(code),
            TokenKind::Keyword
                if is_operand && Opcode::from_mnemonic(self.cursor.text()).is_some() =>
            {
                code.loosen();
            }
            TokenKind::Open if at == start + 1 && !self.opens_instr(start) => {
                self.cursor.seek(start);
                self.skip_form();
            }
            TokenKind::Open => {
                self.keep_open(code, start + 1);
                self.cursor.seek(start + 2);
                self.skip_immediates(at);
            }
            TokenKind::Keyword => {
                self.cursor.seek(start + 1);
                self.skip_immediates(at);
            }
            _ => self.skip_immediates(at),
        }
        Ok(true)
    }

    /// Adds a frame for the parentheses around the keyword at a position, unless there is one.
    /// Anything may follow in them.
    fn keep_open(&mut self, code: &mut Code<'a>, keyword: usize) {
        if code.frames.last().is_none_or(|frame| frame.tokens.0 as usize != keyword) {
            let end = code.out.len();
            self.wait(code, Open::Loose, end, InstrMetadata::default(), (keyword, keyword + 1));
        }
    }

    /// Whether the form that begins at a position may have been meant as an instruction, rather
    /// than as a type, a local or a field.
    fn opens_instr(&self, open: usize) -> bool {
        let keyword = self.cursor.tokens.get(open + 1);
        let text = self.cursor.tokens.text(keyword);
        keyword.kind == TokenKind::Keyword
            && (Opcode::from_mnemonic(text).is_some()
                || matches!(text, "then" | "do")
                || !keywords::is_keyword(text))
    }

    /// Closes an incomplete form at its closing parenthesis.
    fn close_incomplete(&mut self, code: &mut Code<'a>) {
        while let Some(frame) = code.frames.pop() {
            match frame.open {
                Open::Condition => drop(code.waiting_ids.pop()),
                _ => self.end_label(self.cursor.pos()),
            }
            if !frame.open.is_flat() {
                self.cursor.bump();
                return;
            }
            if code.frames.last().is_none_or(|frame| !frame.open.is_flat()) {
                return;
            }
        }
    }

    /// Moves from behind the keyword of an instruction to the next instruction, or to the end of
    /// its form. Reading failed at position `failed`.
    fn skip_immediates(&mut self, failed: usize) {
        let mut is_glued = false;
        loop {
            let pos = self.cursor.pos();
            match self.cursor.peek() {
                TokenKind::Close | TokenKind::Eof => return,
                TokenKind::Open if self.opens_instr(pos) => return,
                TokenKind::Open => self.skip_form(),
                TokenKind::Keyword => {
                    let text = self.cursor.text();
                    // Everything that touches malformed characters belongs to the error.
                    let is_part = pos <= failed || is_glued || keywords::is_keyword(text);
                    if Opcode::from_mnemonic(text).is_some() || !is_part {
                        return;
                    }
                    self.cursor.bump();
                }
                kind => {
                    is_glued = matches!(kind, TokenKind::Error(_));
                    self.skip_token();
                    continue;
                }
            }
            is_glued = false;
        }
    }

    /// Moves to the parenthesis that closes the form at position `start`, or to the end of the
    /// text.
    pub(super) fn seek_close(&mut self, start: usize) {
        let end = self.cursor.tokens.form_end(start);
        let close = end.saturating_sub(1);
        let is_closed = self.cursor.tokens.get(close).kind == TokenKind::Close;
        self.cursor.seek(if is_closed { close } else { end });
    }

    /// Moves past the next form. The identifiers in it are not reported as unknown.
    pub(super) fn skip_form(&mut self) {
        let start = self.cursor.pos();
        let keyword = self.cursor.open_keyword().unwrap_or_default();
        let is_field = keyword != "type" && keywords::fields().any(|known| known == keyword);
        self.cursor.bump_form();
        let end = self.cursor.pos();
        self.cursor.seek(start);
        while self.cursor.pos() < end {
            self.excuse(is_field);
            self.cursor.bump();
        }
    }

    /// Moves past the next token, or past a comment of another language that begins with it.
    pub(super) fn skip_token(&mut self) {
        let end = self.comment_end();
        self.excuse(false);
        self.cursor.bump();
        while self.cursor.peek() != TokenKind::Eof && self.cursor.span().start < end {
            self.cursor.bump();
        }
    }

    /// The end of the comment of another language that the next token begins; 0 if it begins none.
    fn comment_end(&self) -> usize {
        let text = self.cursor.text();
        let source = self.cursor.tokens.source();
        let start = self.cursor.span().start;
        let before = source.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
        let is_comment = help::begins_comment(text)
            || text == ";" && (before.is_empty() || before.ends_with(['\n', '\r']));
        if !is_comment {
            return 0;
        }
        let rest = source.as_bytes().get(start..).unwrap_or_default();
        let line = trivia::line_len(rest);
        // The search for the end of a comment is limited, since there may be many of them.
        let block = rest.get(..1 << 12).unwrap_or(rest).windows(2).position(|pair| pair == b"*/");
        match block.filter(|_| text.starts_with("/*")) {
            Some(at) => start + at + 2,
            None => start + line,
        }
    }

    /// The error for a token that cannot begin an instruction.
    #[cold]
    pub(super) fn not_an_instr(&self) -> Box<Error> {
        self.cursor.unexpected(match self.cursor.peek() {
            TokenKind::Eof => Expected::Token(")"),
            _ => Expected::Instr,
        })
    }

    /// The error for a closing parenthesis that comes too early.
    #[cold]
    pub(super) fn incomplete(&self, code: &Code<'a>, expected: Expected) -> Box<Error> {
        let mut error = self.cursor.unexpected(expected);
        error.related = code.frames.last().map(|frame| self.begins(*frame));
        error
    }

    /// Reports that the next identifier is not that of the innermost block, and continues as if it
    /// were.
    #[cold]
    pub(super) fn mismatching_label(&mut self, code: &mut Code<'a>) -> Result<()> {
        let mut error = self.cursor.error(ErrorKind::MismatchingLabel);
        error.related = code.frames.last().map(|frame| self.begins(*frame));
        if self.func.is_none() {
            return Err(error);
        }
        code.broken = true;
        if !code.unsure {
            self.report(*error);
        }
        self.cursor.bump();
        Ok(())
    }

    /// The place where a block or parenthesis was opened.
    fn begins(&self, frame: Frame) -> Related {
        let mut span: Span = self.span_at(frame.tokens.0 as usize);
        let behind = self.cursor.tokens.get(frame.tokens.0 as usize + 1);
        if behind.kind == TokenKind::Id {
            span = span.to(behind.span());
        }
        Related { span, note: "the block begins here" }
    }
}

/// Whether a word is known elsewhere as an instruction that neither begins nor ends a block.
fn is_known_elsewhere(word: &str) -> bool {
    let name = other_names::name_here(word, Expected::Instr);
    let opcode = name.and_then(|name| Opcode::from_mnemonic(name.as_str()));
    opcode.is_some_and(|opcode| !opcode.kinds().is_structured())
}
