//! Flat and folded instruction sequences, encoded as they are read. Open blocks and parentheses are
//! kept in a list, so nesting causes no recursion.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html>

use alloc::vec::Vec;

use wattle_ast::{BlockType, Encode, ItemKind, Name, Opcode, encode_immediates};
use wattle_syntax::TokenKind;

use super::State;
use super::annotations::InstrMetadata;
use super::immediates::Immediates;
use super::types::ParamIds;
use crate::error::{Expected, Result};
use crate::ids::Space;

/// A block, clause or parenthesis that is open around the next instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Open {
    // Flat: closed by `end`.
    Block,
    If,
    Else,
    Try,
    Catch,
    CatchAll,
    // Folded: closed by a parenthesis.
    /// An instruction whose operands come first.
    Operands,
    /// A block, a loop or a `try_table`.
    FoldedBlock,
    /// An `if` before its condition and `(then`.
    Condition,
    /// `(then`, `(else`, `(do`, `(catch` or `(catch_all`.
    Clause,
    /// An `if` after `(then ...)`: `(else` may follow.
    AfterThen,
    /// A `try` before `(do`, which must follow.
    BeforeDo,
    /// A `try` after `(do ...)`: `(catch`, `(catch_all` or `(delegate` may follow.
    AfterDo,
    /// A `try` after `(catch ...)`: `(catch` or `(catch_all` may follow.
    AfterCatch,
    /// An `if` or a `try` after its last clause.
    Complete,
    /// A `try` after `(delegate ...)`, which takes the place of its `end`.
    Delegated,
    /// A form with an error, in which anything may follow.
    Loose,
}

impl Open {
    /// Returns whether `end` closes the form.
    pub(super) fn is_flat(self) -> bool {
        use Open::*;
        matches!(self, Block | If | Else | Try | Catch | CatchAll)
    }

    /// Returns whether a flat instruction may follow.
    pub(super) fn takes_flat(self) -> bool {
        self.is_flat() || matches!(self, Open::FoldedBlock | Open::Clause | Open::Loose)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) open: Open,
    /// The annotations of the instruction that waits.
    pub(super) metadata: InstrMetadata,
    /// The start in `Code::waiting` of an instruction that waits.
    pub(super) waiting: u32,
    /// The tokens of the instruction that waits, up to its operands; the first token of a block.
    pub(super) tokens: (u32, u32),
}

impl Frame {
    /// Returns the frame that the token at a position opens.
    pub(super) fn new(open: Open, start: usize) -> Frame {
        let start = start as u32;
        Frame { open, metadata: InstrMetadata::default(), waiting: 0, tokens: (start, start + 1) }
    }
}

/// The identifier of a block, and its name if an annotation gives another one.
#[derive(Default)]
pub(super) struct LabelId<'a> {
    /// The position of the identifier, if there is one.
    at: usize,
    id: Option<Name<'a>>,
    name: Option<Name<'a>>,
}

/// An expression that is being encoded, and its open blocks and parentheses. It is reused for all
/// bodies.
#[derive(Default)]
pub(super) struct Code<'a> {
    /// The encoded instructions.
    pub(super) out: Vec<u8>,
    /// Encoded instructions whose operands are not encoded yet.
    pub(super) waiting: Vec<u8>,
    pub(super) frames: Vec<Frame>,
    /// The identifiers of folded `if`s whose conditions are not encoded yet.
    pub(super) waiting_ids: Vec<LabelId<'a>>,
    /// A buffer for immediates that are lists.
    scratch: Vec<u8>,
    /// The start of the expression in `out`.
    start: usize,
    /// The item of the expression, if the places of its instructions are recorded.
    owner: Option<(ItemKind, u32)>,
    /// The offsets in `out` of annotated instructions, and their annotations.
    pub(super) annotated: Vec<(u32, InstrMetadata)>,
    /// Whether an error was reported, so that the encoded instructions are of no use.
    pub(super) broken: bool,
    /// Whether there was an unknown word that may have been meant to begin or end a block.
    pub(super) unsure: bool,
}

impl Code<'_> {
    /// Prepares for another body or expression.
    pub(super) fn reset(&mut self) {
        self.out.clear();
        self.waiting.clear();
        self.frames.clear();
        self.waiting_ids.clear();
        self.annotated.clear();
        (self.broken, self.unsure) = (false, false);
    }

    /// Records the annotations of the instruction at an offset in `out`.
    #[inline(always)]
    pub(super) fn annotate(&mut self, metadata: InstrMetadata, offset: usize) {
        if !metadata.is_empty() {
            self.annotated.push((offset as u32, metadata));
        }
    }

    pub(super) fn set_open(&mut self, open: Open) {
        if let Some(frame) = self.frames.last_mut() {
            frame.open = open;
        }
    }
}

/// The end of a sequence of instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Before the closing parenthesis of the enclosing form.
    Close,
    /// Behind a single folded instruction.
    One,
}

impl<'a> State<'_, 'a> {
    /// Reads instructions and encodes them, with the final `end`, to the end of `code.out`.
    pub(super) fn expr(
        &mut self,
        code: &mut Code<'a>,
        until: Until,
        owner: Option<(ItemKind, u32)>,
    ) -> Result<()> {
        code.start = code.out.len();
        code.owner = owner.filter(|_| self.source_map.is_some());
        self.labels.reset();
        if until == Until::One && self.cursor.peek() != TokenKind::Open {
            return Err(self.cursor.unexpected(Expected::FoldedInstr));
        }
        loop {
            let start = self.cursor.pos();
            let step = match self.cursor.peek() {
                TokenKind::Keyword => self.flat(code),
                TokenKind::Open => self.folded(code),
                TokenKind::Close if code.frames.is_empty() => break,
                TokenKind::Close => self.close(code),
                _ => Err(self.not_an_instr()),
            };
            if let Err(error) = step
                && !self.recover(code, error, start)?
            {
                return Ok(());
            }
            if until == Until::One && code.frames.is_empty() {
                break;
            }
        }
        self.end(code, self.cursor.pos());
        Ok(())
    }

    /// Encodes an `end`, whose source is the token at position `at`.
    pub(super) fn end(&mut self, code: &mut Code<'a>, at: usize) {
        self.note(code, code.out.len(), (at, at + 1));
        Opcode::End.encode(&mut code.out);
    }

    /// Reads a mnemonic and returns its opcode.
    #[inline(always)]
    pub(super) fn opcode(&mut self) -> Result<Opcode> {
        match Opcode::from_mnemonic(self.cursor.bytes()) {
            Some(opcode) if self.all_features || self.features.contains(opcode.feature()) => {
                self.cursor.bump();
                Ok(self.overload(opcode))
            }
            _ => Err(self.cursor.unexpected_instr()),
        }
    }

    /// Returns the opcode that fits the immediates, if two opcodes share the mnemonic.
    #[inline(always)]
    fn overload(&self, opcode: Opcode) -> Opcode {
        match opcode {
            Opcode::Select if self.cursor.at_open("result") => Opcode::SelectTyped,
            Opcode::RefTest if self.at_nullable() => Opcode::RefTestNull,
            Opcode::RefCast if self.at_nullable() => Opcode::RefCastNull,
            Opcode::RefCastDescEq if self.at_nullable() => Opcode::RefCastDescEqNull,
            other => other,
        }
    }

    /// Returns whether the next reference type is nullable: `(ref null ..)` or an abbreviation.
    fn at_nullable(&self) -> bool {
        match self.cursor.peek() {
            TokenKind::Open => self.cursor.text_at(2) == "null",
            _ => true,
        }
    }

    /// Encodes an opcode and its immediates.
    #[inline(always)]
    pub(super) fn encode(&mut self, code: &mut Code<'a>, opcode: Opcode) -> Result<()> {
        opcode.encode(&mut code.out);
        if opcode.kinds().is_empty() { Ok(()) } else { self.immediates(code, opcode) }
    }

    /// Encodes the immediates of an instruction. Not inlined, because it is large.
    #[inline(never)]
    fn immediates(&mut self, code: &mut Code<'a>, opcode: Opcode) -> Result<()> {
        let Code { out, scratch, .. } = code;
        encode_immediates(opcode, &mut Immediates::new(self, scratch, opcode), out)
    }

    /// Records that the instruction at an offset in `out` comes from the given range of tokens.
    #[inline(always)]
    pub(super) fn note(&mut self, code: &Code<'a>, offset: usize, tokens: (usize, usize)) {
        if let Some((kind, index)) = code.owner {
            let offset = (offset - code.start) as u32;
            self.note_instr(kind, index, offset, tokens);
        }
    }

    #[cold]
    fn note_instr(&mut self, kind: ItemKind, index: u32, offset: u32, tokens: (usize, usize)) {
        let (first, end) = tokens;
        let span = self.span_at(first).to(self.span_at(end.saturating_sub(1).max(first)));
        if let Some(map) = &mut self.source_map {
            map.add_instr(kind, index, offset, span);
        }
    }

    /// Reads a flat instruction.
    #[inline(always)]
    fn flat(&mut self, code: &mut Code<'a>) -> Result<()> {
        if code.frames.last().is_some_and(|frame| !frame.open.takes_flat()) {
            return Err(self.cursor.unexpected(Expected::OperandOrClose));
        }
        let start = self.cursor.pos();
        let metadata = self.instr_metadata(start)?;
        let opcode = self.opcode()?;
        let before = code.out.len();
        code.annotate(metadata, before);
        if opcode.kinds().is_structured() {
            return self.flat_structured(code, opcode, start);
        }
        self.encode(code, opcode)?;
        self.note(code, before, (start, self.cursor.pos()));
        Ok(())
    }

    fn flat_structured(&mut self, code: &mut Code<'a>, opcode: Opcode, start: usize) -> Result<()> {
        let top = code.frames.last().map(|frame| frame.open);
        let open = match (opcode, top) {
            (Opcode::Block | Opcode::Loop | Opcode::TryTable, _) => Open::Block,
            (Opcode::If, _) => Open::If,
            (Opcode::Try, _) => Open::Try,
            (Opcode::Else, Some(Open::If)) => {
                self.matching_label(code)?;
                return self.clause(code, opcode, start, Open::Else);
            }
            (Opcode::Catch, Some(Open::Try | Open::Catch)) => {
                return self.clause(code, opcode, start, Open::Catch);
            }
            (Opcode::CatchAll, Some(Open::Try | Open::Catch)) => {
                return self.clause(code, opcode, start, Open::CatchAll);
            }
            (Opcode::Delegate, Some(Open::Try)) => {
                code.frames.pop();
                return self.delegate(code, start);
            }
            (Opcode::End, Some(open)) if open.is_flat() => {
                self.matching_label(code)?;
                self.end_label(self.cursor.pos() - 1);
                code.frames.pop();
                self.end(code, start);
                return Ok(());
            }
            _ => {
                self.cursor.seek(start);
                return Err(self.cursor.unexpected(Expected::FittingInstr));
            }
        };
        let header = self.begin_block(code, opcode, start);
        code.frames.push(Frame::new(open, start));
        header
    }

    /// Begins another clause of the innermost block, behind the keyword of the clause.
    pub(super) fn clause(
        &mut self,
        code: &mut Code<'a>,
        opcode: Opcode,
        start: usize,
        open: Open,
    ) -> Result<()> {
        self.note(code, code.out.len(), (start, start + 1));
        let immediates = self.encode(code, opcode);
        code.set_open(open);
        immediates
    }

    /// Reads the rest of `delegate`, behind the keyword. Its label is never that of the block
    /// itself.
    pub(super) fn delegate(&mut self, code: &mut Code<'a>, start: usize) -> Result<()> {
        self.end_label(start + 1);
        self.note(code, code.out.len(), (start, start + 2));
        self.encode(code, Opcode::Delegate)
    }

    /// Reads the optional identifier behind `end` or `else`.
    fn matching_label(&mut self, code: &mut Code<'a>) -> Result<()> {
        if self.cursor.peek() != TokenKind::Id {
            return Ok(());
        }
        if self.labels.get(&self.cursor.id()) != Some(0) {
            return self.mismatching_label(code);
        }
        self.refer(Space::Label, self.func, self.labels.index(0));
        self.cursor.bump();
        Ok(())
    }

    /// Reads the identifier, the type and the clauses of a block, behind its keyword.
    pub(super) fn begin_block(
        &mut self,
        code: &mut Code<'a>,
        opcode: Opcode,
        start: usize,
    ) -> Result<()> {
        let id = self.label_id()?;
        let before = code.out.len();
        let immediates = self.encode(code, opcode);
        self.note(code, before, (start, self.cursor.pos()));
        self.begin_label(id);
        immediates
    }

    /// Reads the identifier of a block, and the name in an annotation.
    pub(super) fn label_id(&mut self) -> Result<LabelId<'a>> {
        let at = self.cursor.pos();
        Ok(LabelId { at, id: self.cursor.opt_id(), name: self.name_annotation()? })
    }

    /// Opens a block. Only blocks of functions can have names.
    pub(super) fn begin_label(&mut self, label: LabelId<'a>) {
        let index = self.labels.begun;
        if label.id.is_some() {
            self.define(Space::Label, self.func, index, label.at, label.at - 1);
        }
        if let (Some(name), Some(func)) = (label.name.or_else(|| label.id.clone()), self.func) {
            self.module.names.labels.entry(func.into()).insert(index.into(), name);
        }
        self.labels.push(label.id);
    }

    /// Closes a block, whose last token is at position `at`.
    #[inline(always)]
    pub(super) fn end_label(&mut self, at: usize) {
        let index = self.labels.pop();
        if self.recorder.is_some() {
            let end = self.span_at(at).end;
            if let Some(recorder) = &mut self.recorder {
                recorder.extend((Space::Label, self.func, index), end);
            }
        }
    }

    /// Reads the type of a block.
    pub(super) fn block_type(&mut self) -> Result<BlockType> {
        let (explicit, start) = self.opt_type_idx()?;
        self.params_and_results(ParamIds::None)?;
        Ok(match (explicit, self.params.as_slice(), self.results.as_slice()) {
            (None, [], []) => BlockType::Empty,
            (None, [], [ty]) => BlockType::Value(*ty),
            _ => BlockType::Type(self.use_signature(explicit, start)?),
        })
    }

    /// Reads a label: a number, or the identifier of an open block.
    #[inline(always)]
    pub(super) fn label(&mut self) -> Result<u32> {
        if self.cursor.peek() != TokenKind::Id {
            return self.cursor.expect_idx();
        }
        let Some(label) = self.labels.get(&self.cursor.id()) else {
            return Err(self.unknown(Space::Label));
        };
        self.refer(Space::Label, self.func, self.labels.index(label));
        self.cursor.bump();
        Ok(label)
    }
}
