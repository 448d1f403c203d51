//! Folded instructions, `(i32.add (local.get 0) (i32.const 1))`: each waits until its operands are
//! encoded.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html#folded-instructions>

use wattle_ast::Opcode;
use wattle_syntax::TokenKind;

use super::State;
use super::annotations::InstrMetadata;
use super::code::{Code, Frame, Open};
use crate::error::{Expected, Result};

impl<'a> State<'_, 'a> {
    /// Reads a form: a folded instruction or a clause.
    #[inline(always)]
    pub(super) fn folded(&mut self, code: &mut Code<'a>) -> Result<()> {
        let open = self.cursor.pos();
        self.cursor.bump();
        if self.cursor.peek() != TokenKind::Keyword {
            return Err(self.cursor.unexpected(Expected::Instr));
        }
        if let Some(&frame) = code.frames.last()
            && !frame.open.takes_flat()
            && frame.open != Open::Operands
            && self.folded_clause(code, frame)?
        {
            return Ok(());
        }
        // Only instructions can be annotated. Annotations before `(then` are reported later.
        let metadata = self.instr_metadata(open)?;
        let start = self.cursor.pos();
        let opcode = self.opcode()?;
        if opcode.kinds().is_structured() {
            return self.folded_structured(code, opcode, start, metadata);
        }
        let before = code.out.len();
        self.encode(code, opcode)?;
        let end = self.cursor.pos();
        if self.cursor.opt(TokenKind::Close) {
            // An instruction without operands need not wait.
            code.annotate(metadata, before);
            self.note(code, before, (start, end));
            return Ok(());
        }
        self.wait(code, Open::Operands, before, metadata, (start, end));
        Ok(())
    }

    /// Sets aside the instruction that was just encoded, until its operands are.
    pub(super) fn wait(
        &mut self,
        code: &mut Code<'a>,
        open: Open,
        before: usize,
        metadata: InstrMetadata,
        tokens: (usize, usize),
    ) {
        let waiting = code.waiting.len() as u32;
        code.waiting.extend_from_slice(&code.out[before..]);
        code.out.truncate(before);
        let tokens = (tokens.0 as u32, tokens.1 as u32);
        code.frames.push(Frame { open, metadata, waiting, tokens });
    }

    /// Encodes the instruction that was set aside.
    #[inline(always)]
    fn resume(&mut self, code: &mut Code<'a>, frame: Frame) {
        code.annotate(frame.metadata, code.out.len());
        self.note(code, code.out.len(), (frame.tokens.0 as usize, frame.tokens.1 as usize));
        let waiting = frame.waiting as usize;
        code.out.extend_from_slice(&code.waiting[waiting..]);
        code.waiting.truncate(waiting);
    }

    /// Reads a clause of a folded `if` or `try`. Returns false if an operand comes next instead.
    fn folded_clause(&mut self, code: &mut Code<'a>, frame: Frame) -> Result<bool> {
        let start = self.cursor.pos();
        let (after, opcode) = match (frame.open, self.cursor.text()) {
            (Open::Condition, "then") => {
                self.resume(code, frame);
                let id = code.waiting_ids.pop().unwrap_or_default();
                self.begin_label(id);
                (Open::AfterThen, None)
            }
            (Open::Condition, _) => return Ok(false),
            (Open::AfterThen, "else") => (Open::Complete, Some(Opcode::Else)),
            (Open::BeforeDo, "do") => (Open::AfterDo, None),
            (Open::AfterDo | Open::AfterCatch, "catch") => (Open::AfterCatch, Some(Opcode::Catch)),
            (Open::AfterDo | Open::AfterCatch, "catch_all") => {
                (Open::Complete, Some(Opcode::CatchAll))
            }
            (Open::AfterDo, "delegate") => {
                self.cursor.bump();
                code.set_open(Open::Delegated);
                self.delegate(code, start)?;
                self.cursor.expect_close()?;
                return Ok(true);
            }
            _ => return Err(self.cursor.unexpected(Expected::Token(")"))),
        };
        self.cursor.bump();
        let clause = match opcode {
            Some(opcode) => self.clause(code, opcode, start, after),
            None => {
                code.set_open(after);
                Ok(())
            }
        };
        code.frames.push(Frame::new(Open::Clause, start));
        clause.map(|()| true)
    }

    fn folded_structured(
        &mut self,
        code: &mut Code<'a>,
        opcode: Opcode,
        start: usize,
        metadata: InstrMetadata,
    ) -> Result<()> {
        let before = code.out.len();
        let open = match opcode {
            Opcode::Block | Opcode::Loop | Opcode::TryTable => Open::FoldedBlock,
            Opcode::Try => Open::BeforeDo,
            Opcode::If => {
                let id = self.label_id()?;
                code.waiting_ids.push(id);
                let immediates = self.encode(code, opcode);
                self.wait(code, Open::Condition, before, metadata, (start, self.cursor.pos()));
                return immediates;
            }
            _ => {
                self.cursor.seek(start);
                return Err(self.cursor.unexpected(Expected::FittingInstr));
            }
        };
        code.annotate(metadata, before);
        let header = self.begin_block(code, opcode, start);
        code.frames.push(Frame::new(open, start));
        header
    }

    /// Reads a closing parenthesis.
    #[inline(always)]
    pub(super) fn close(&mut self, code: &mut Code<'a>) -> Result<()> {
        let Some(&frame) = code.frames.last() else { return Ok(()) };
        match frame.open {
            Open::Operands => self.resume(code, frame),
            Open::Clause | Open::Delegated | Open::Loose => {}
            Open::FoldedBlock
            | Open::AfterThen
            | Open::AfterDo
            | Open::AfterCatch
            | Open::Complete => {
                self.end_label(self.cursor.pos());
                self.end(code, self.cursor.pos());
            }
            Open::Condition => return Err(self.incomplete(code, Expected::Token("(then"))),
            Open::BeforeDo => return Err(self.incomplete(code, Expected::Token("(do"))),
            _ => return Err(self.incomplete(code, Expected::Token("end"))),
        }
        code.frames.pop();
        self.cursor.bump();
        Ok(())
    }
}
