//! Instruction sequences, flat and folded, straight to bytes. What is open (blocks, parentheses)
//! is data: no depth of nesting makes anything recurse.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html>

use alloc::vec::Vec;

use wattle_ast::{BlockType, Encode, ItemKind, Name, Opcode, Span, encode_immediates};
use wattle_syntax::TokenKind;

use super::State;
use super::immediates::Immediates;
use super::types::ParamIds;
use crate::error::{ErrorKind, Result};
use crate::ids::{IdMap, Space};

/// What is open around the next instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Open {
    // Flat: closed by `end`.
    Block,
    If,
    Else,
    Try,
    Catch,
    CatchAll,
    // Folded: closed by a parenthesis.
    /// A plain instruction that waits for its operands.
    Plain,
    /// A block, a loop or a `try_table`.
    FoldedBlock,
    /// An `if` that waits for its condition and `(then`.
    Condition,
    /// Inside `(then`, `(else`, `(do`, `(catch`, `(catch_all`.
    Then,
    FoldedElse,
    Do,
    FoldedCatch,
    FoldedCatchAll,
    /// After these, still inside the `if` or `try`.
    AfterThen,
    AfterElse,
    BeforeDo,
    AfterDo,
    AfterCatch,
    AfterCatchAll,
    AfterDelegate,
}

impl Open {
    /// Whether an instruction may be next that is not folded.
    fn takes_flat(self) -> bool {
        use Open::*;
        match self {
            Block | If | Else | Try | Catch | CatchAll => true,
            FoldedBlock | Then | FoldedElse | Do | FoldedCatch | FoldedCatchAll => true,
            Plain | Condition | AfterThen | AfterElse | BeforeDo | AfterDo | AfterCatch
            | AfterCatchAll | AfterDelegate => false,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    open: Open,
    /// The hint that an annotation gives on an instruction that waits.
    hint: Option<u8>,
    /// Where in `Code::waiting` the instruction lies, when it waits.
    waiting: u32,
    /// The tokens of the instruction that waits, up to its operands.
    tokens: (u32, u32),
}

/// The identifier of a block, and its name when an annotation gives another.
#[derive(Default)]
struct LabelId<'a> {
    /// The position that the identifier has when there is one.
    at: usize,
    id: Option<Name<'a>>,
    name: Option<Name<'a>>,
}

/// Bytes in the making, and what is open meanwhile. Reused from body to body.
#[derive(Default)]
pub(super) struct Code<'a> {
    /// What is written.
    pub(super) out: Vec<u8>,
    /// Instructions whose operands are not written yet.
    waiting: Vec<u8>,
    frames: Vec<Frame>,
    /// The identifiers of the folded `if`s that wait.
    waiting_ids: Vec<LabelId<'a>>,
    /// For the immediates that are lists.
    scratch: Vec<u8>,
    /// Where the expression begins in `out`, and whose it is.
    start: usize,
    owner: Option<(ItemKind, u32)>,
    /// Offsets in `out` and values of branch hints.
    pub(super) hints: Vec<(u32, u8)>,
}

impl Code<'_> {
    /// Begins another body or expression.
    pub(super) fn reset(&mut self) {
        self.out.clear();
        self.waiting.clear();
        self.frames.clear();
        self.waiting_ids.clear();
        self.hints.clear();
    }
}

/// The labels of the blocks that are open.
#[derive(Default)]
pub(super) struct LabelStack<'a> {
    blocks: Vec<OpenBlock>,
    /// Identifiers, with the number of blocks around the innermost so named plus one; 0 when it
    /// is closed.
    ids: IdMap<'a>,
    /// How many blocks began.
    begun: u32,
}

struct OpenBlock {
    /// How many blocks began before.
    index: u32,
    /// The place of the identifier in the map, and what it stood for outside.
    id: Option<(u32, u32)>,
}

impl<'a> LabelStack<'a> {
    fn reset(&mut self) {
        self.blocks.clear();
        self.ids.clear();
        self.begun = 0;
    }

    fn push(&mut self, id: Option<Name<'a>>) {
        let depth = self.blocks.len() as u32 + 1;
        let id = id.map(|id| {
            let (at, _) = self.ids.entry(id, 0);
            (at as u32, core::mem::replace(self.ids.number(at), depth))
        });
        self.blocks.push(OpenBlock { index: self.begun, id });
        self.begun += 1;
    }

    /// Closes the innermost block, and returns its index.
    fn pop(&mut self) -> u32 {
        let Some(block) = self.blocks.pop() else { return 0 };
        if let Some((at, outside)) = block.id {
            *self.ids.number(at as usize) = outside;
        }
        block.index
    }

    /// Whether the innermost block has this identifier.
    fn is_innermost(&self, id: &str) -> bool {
        self.get(id) == Some(0)
    }

    /// The label of an identifier.
    fn get(&self, id: &str) -> Option<u32> {
        let depth = self.ids.get(id).filter(|depth| *depth > 0)?;
        Some(self.blocks.len() as u32 - depth)
    }

    /// The index of the block that a label refers to.
    fn index(&self, label: u32) -> u32 {
        self.blocks.iter().nth_back(label as usize).map_or(0, |block| block.index)
    }
}

/// Where a sequence of instructions ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Before the parenthesis that closes what is around it.
    Close,
    /// Behind one folded instruction.
    One,
}

impl<'a> State<'_, 'a> {
    /// Instructions, and the final `end`, to the end of `code.out`.
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
            return Err(self.cursor.unexpected("an instruction in parentheses"));
        }
        loop {
            match self.cursor.peek() {
                TokenKind::Keyword => self.flat(code)?,
                TokenKind::Open => self.folded(code)?,
                TokenKind::Close if code.frames.is_empty() => break,
                TokenKind::Close => self.close(code)?,
                _ => return Err(self.cursor.unexpected("an instruction")),
            }
            if until == Until::One && code.frames.is_empty() {
                break;
            }
        }
        self.note(code, (self.cursor.pos(), self.cursor.pos() + 1));
        Opcode::End.encode(&mut code.out);
        Ok(())
    }

    /// The opcode of the mnemonic that is next. Moves past it.
    #[inline(always)]
    fn opcode(&mut self) -> Result<Opcode> {
        match Opcode::from_mnemonic(self.cursor.bytes()) {
            Some(opcode) if self.all_features || self.features.contains(opcode.feature()) => {
                self.cursor.bump();
                Ok(self.overload(opcode))
            }
            _ => Err(self.cursor.unexpected_instr()),
        }
    }

    /// Of two opcodes that share a mnemonic, the one that the immediates ask for.
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

    /// Whether the reference type that is next is nullable: `(ref null ..)` or an abbreviation.
    fn at_nullable(&self) -> bool {
        match self.cursor.peek() {
            TokenKind::Open => self.cursor.text_at(2) == "null",
            _ => true,
        }
    }

    /// An opcode and its immediates, to the end of `out`.
    #[inline(always)]
    fn encode(&mut self, opcode: Opcode, out: &mut Vec<u8>, scratch: &mut Vec<u8>) -> Result<()> {
        opcode.encode(out);
        if opcode.kinds().is_empty() {
            return Ok(());
        }
        self.immediates(opcode, out, scratch)
    }

    /// There is one copy of this, for all its size.
    #[inline(never)]
    fn immediates(
        &mut self,
        opcode: Opcode,
        out: &mut Vec<u8>,
        scratch: &mut Vec<u8>,
    ) -> Result<()> {
        encode_immediates(opcode, &mut Immediates::new(self, scratch, opcode), out)
    }

    /// Notes where an instruction that is about to be written stands in the text.
    #[inline(always)]
    fn note(&mut self, code: &Code<'a>, tokens: (usize, usize)) {
        if code.owner.is_some() {
            self.note_span(code, tokens);
        }
    }

    #[cold]
    fn note_span(&mut self, code: &Code<'a>, (first, end): (usize, usize)) {
        let last = self.span_at(end.saturating_sub(1).max(first));
        let span = Span::new(self.span_at(first).start, last.end);
        if let (Some((kind, index)), Some(map)) = (code.owner, &mut self.source_map) {
            map.add_instr(kind, index, (code.out.len() - code.start) as u32, span);
        }
    }

    /// An instruction that is not folded.
    #[inline(always)]
    fn flat(&mut self, code: &mut Code<'a>) -> Result<()> {
        if code.frames.last().is_some_and(|frame| !frame.open.takes_flat()) {
            return Err(self.cursor.unexpected("( or )"));
        }
        let start = self.cursor.pos();
        let hint = self.hint(start)?;
        let opcode = self.opcode()?;
        if let Some(hint) = hint {
            code.hints.push((code.out.len() as u32, hint));
        }
        if opcode.kinds().is_structured() {
            return self.flat_structured(code, opcode, start);
        }
        if code.owner.is_none() {
            return self.encode(opcode, &mut code.out, &mut code.scratch);
        }
        let before = code.out.len();
        self.encode(opcode, &mut code.out, &mut code.scratch)?;
        self.note_before(code, before, (start, self.cursor.pos()));
        Ok(())
    }

    /// Notes where an instruction that is just written stands in the text.
    #[cold]
    fn note_before(&mut self, code: &mut Code<'a>, before: usize, tokens: (usize, usize)) {
        let written = code.out.split_off(before);
        self.note_span(code, tokens);
        code.out.extend_from_slice(&written);
    }

    fn flat_structured(&mut self, code: &mut Code<'a>, opcode: Opcode, start: usize) -> Result<()> {
        let top = code.frames.last().map(|frame| frame.open);
        let frame = |open| Frame { open, hint: None, waiting: 0, tokens: (0, 0) };
        let open = match (opcode, top) {
            (Opcode::Block | Opcode::Loop | Opcode::TryTable, _) => Open::Block,
            (Opcode::If, _) => Open::If,
            (Opcode::Try, _) => Open::Try,
            (Opcode::Else, Some(Open::If)) => Open::Else,
            (Opcode::Catch, Some(Open::Try | Open::Catch)) => Open::Catch,
            (Opcode::CatchAll, Some(Open::Try | Open::Catch)) => Open::CatchAll,
            (Opcode::Delegate, Some(Open::Try)) => {
                // The label of the block itself is not among those that it can name.
                let block = self.labels.pop();
                code.frames.pop();
                self.note(code, (start, start + 2));
                self.encode(opcode, &mut code.out, &mut code.scratch)?;
                self.note_block_end(block, start + 1);
                return Ok(());
            }
            (
                Opcode::End,
                Some(
                    Open::Block | Open::If | Open::Else | Open::Try | Open::Catch | Open::CatchAll,
                ),
            ) => {
                self.matching_label()?;
                let block = self.labels.pop();
                self.note_block_end(block, self.cursor.pos() - 1);
                code.frames.pop();
                self.note(code, (start, start + 1));
                opcode.encode(&mut code.out);
                return Ok(());
            }
            _ => {
                self.cursor.seek(start);
                return Err(self.cursor.unexpected("an instruction that fits here"));
            }
        };
        match opcode {
            Opcode::Else | Opcode::Catch | Opcode::CatchAll => {
                if opcode == Opcode::Else {
                    self.matching_label()?;
                }
                self.note(code, (start, start + 1));
                self.encode(opcode, &mut code.out, &mut code.scratch)?;
                code.frames.pop();
            }
            _ => self.begin_block(code, opcode, start)?,
        }
        code.frames.push(frame(open));
        Ok(())
    }

    /// The identifier, if any, behind `end` or `else`.
    fn matching_label(&mut self) -> Result<()> {
        if self.cursor.peek() != TokenKind::Id {
            return Ok(());
        }
        if !self.labels.is_innermost(&self.cursor.id()) {
            return Err(self.cursor.error(ErrorKind::MismatchingLabel));
        }
        self.refer(Space::Label, self.func, self.labels.index(0));
        self.cursor.bump();
        Ok(())
    }

    /// Identifier, type and clauses of a block, whose opcode is written first.
    fn begin_block(&mut self, code: &mut Code<'a>, opcode: Opcode, start: usize) -> Result<()> {
        let id = self.label_id()?;
        let before = code.out.len();
        self.encode(opcode, &mut code.out, &mut code.scratch)?;
        if code.owner.is_some() {
            self.note_before(code, before, (start, self.cursor.pos()));
        }
        self.begin_label(id);
        Ok(())
    }

    /// The identifier of a block, and the name that an annotation gives it.
    fn label_id(&mut self) -> Result<LabelId<'a>> {
        let at = self.cursor.pos();
        Ok(LabelId { at, id: self.cursor.opt_id(), name: self.name_annotation()? })
    }

    /// Opens a block. Only functions have names for their labels.
    fn begin_label(&mut self, label: LabelId<'a>) {
        let index = self.labels.begun;
        if label.id.is_some() {
            self.define(Space::Label, self.func, index, label.at, label.at - 1);
        }
        if let (Some(name), Some(func)) = (label.name.or_else(|| label.id.clone()), self.func) {
            self.module.names.labels.entry(func).insert(index, name);
        }
        self.labels.push(label.id);
    }

    /// Notes that the token at a position ends a block, when it was asked for.
    #[inline(always)]
    fn note_block_end(&mut self, block: u32, at: usize) {
        if self.recorder.is_some() {
            let end = self.span_at(at).end;
            if let Some(recorder) = &mut self.recorder {
                recorder.extend((Space::Label, self.func, block), end);
            }
        }
    }

    /// What begins with a parenthesis.
    #[inline(always)]
    fn folded(&mut self, code: &mut Code<'a>) -> Result<()> {
        let open = self.cursor.pos();
        self.cursor.bump();
        if self.cursor.peek() != TokenKind::Keyword {
            return Err(self.cursor.unexpected("an instruction"));
        }
        if let Some(frame) = code.frames.last()
            && !frame.open.takes_flat()
            && frame.open != Open::Plain
            && self.part(code)?
        {
            return Ok(());
        }
        // Only an instruction takes a hint: one before `(then` is left over.
        let hint = self.hint(open)?;
        let start = self.cursor.pos();
        let opcode = self.opcode()?;
        if opcode.kinds().is_structured() {
            return self.folded_structured(code, opcode, start, hint);
        }
        let before = code.out.len();
        self.encode(opcode, &mut code.out, &mut code.scratch)?;
        let end = self.cursor.pos();
        if self.cursor.opt(TokenKind::Close) {
            // No operands: nothing has to wait.
            if let Some(hint) = hint {
                code.hints.push((before as u32, hint));
            }
            if code.owner.is_some() {
                self.note_before(code, before, (start, end));
            }
            return Ok(());
        }
        self.wait(code, Open::Plain, before, hint, (start, end));
        Ok(())
    }

    /// Sets aside what was just written, until its operands are.
    fn wait(
        &mut self,
        code: &mut Code<'a>,
        open: Open,
        before: usize,
        hint: Option<u8>,
        tokens: (usize, usize),
    ) {
        let waiting = code.waiting.len() as u32;
        code.waiting.extend_from_slice(&code.out[before..]);
        code.out.truncate(before);
        let tokens = (tokens.0 as u32, tokens.1 as u32);
        code.frames.push(Frame { open, hint, waiting, tokens });
    }

    /// Writes what was set aside.
    #[inline(always)]
    fn resume(&mut self, code: &mut Code<'a>, frame: Frame) {
        if let Some(hint) = frame.hint {
            code.hints.push((code.out.len() as u32, hint));
        }
        self.note(code, (frame.tokens.0 as usize, frame.tokens.1 as usize));
        let waiting = frame.waiting as usize;
        code.out.extend_from_slice(&code.waiting[waiting..]);
        code.waiting.truncate(waiting);
    }

    /// The parts of a folded `if` or `try`; false when an operand is next instead.
    fn part(&mut self, code: &mut Code<'a>) -> Result<bool> {
        let Some(&frame) = code.frames.last() else { return Ok(false) };
        let word = self.cursor.text();
        let (after, inside, opcode) = match (frame.open, word) {
            (Open::Condition, "then") => {
                self.resume(code, frame);
                let id = code.waiting_ids.pop().unwrap_or_default();
                self.begin_label(id);
                (Open::AfterThen, Open::Then, None)
            }
            (Open::Condition, _) => return Ok(false),
            (Open::AfterThen, "else") => (Open::AfterElse, Open::FoldedElse, Some(Opcode::Else)),
            (Open::BeforeDo, "do") => (Open::AfterDo, Open::Do, None),
            (Open::AfterDo | Open::AfterCatch, "catch") => {
                (Open::AfterCatch, Open::FoldedCatch, Some(Opcode::Catch))
            }
            (Open::AfterDo | Open::AfterCatch, "catch_all") => {
                (Open::AfterCatchAll, Open::FoldedCatchAll, Some(Opcode::CatchAll))
            }
            (Open::AfterDo, "delegate") => {
                let start = self.cursor.pos();
                self.cursor.bump();
                let block = self.labels.pop();
                self.note(code, (start, start + 2));
                self.encode(Opcode::Delegate, &mut code.out, &mut code.scratch)?;
                self.cursor.expect_close()?;
                self.note_block_end(block, self.cursor.pos());
                self.set_open(code, Open::AfterDelegate);
                return Ok(true);
            }
            _ => return Err(self.cursor.unexpected(")")),
        };
        let start = self.cursor.pos();
        self.cursor.bump();
        self.set_open(code, after);
        if let Some(opcode) = opcode {
            self.note(code, (start, start + 1));
            self.encode(opcode, &mut code.out, &mut code.scratch)?;
        }
        code.frames.push(Frame { open: inside, hint: None, waiting: 0, tokens: (0, 0) });
        Ok(true)
    }

    fn set_open(&mut self, code: &mut Code<'a>, open: Open) {
        if let Some(frame) = code.frames.last_mut() {
            frame.open = open;
        }
    }

    fn folded_structured(
        &mut self,
        code: &mut Code<'a>,
        opcode: Opcode,
        start: usize,
        hint: Option<u8>,
    ) -> Result<()> {
        let open = match opcode {
            Opcode::Block | Opcode::Loop | Opcode::TryTable => Open::FoldedBlock,
            Opcode::Try => Open::BeforeDo,
            Opcode::If => {
                let id = self.label_id()?;
                code.waiting_ids.push(id);
                let before = code.out.len();
                self.encode(opcode, &mut code.out, &mut code.scratch)?;
                self.wait(code, Open::Condition, before, hint, (start, self.cursor.pos()));
                return Ok(());
            }
            _ => {
                self.cursor.seek(start);
                return Err(self.cursor.unexpected("an instruction that fits here"));
            }
        };
        if let Some(hint) = hint {
            code.hints.push((code.out.len() as u32, hint));
        }
        self.begin_block(code, opcode, start)?;
        code.frames.push(Frame { open, hint: None, waiting: 0, tokens: (0, 0) });
        Ok(())
    }

    /// A closing parenthesis.
    #[inline(always)]
    fn close(&mut self, code: &mut Code<'a>) -> Result<()> {
        let Some(&frame) = code.frames.last() else { return Ok(()) };
        match frame.open {
            Open::Plain => self.resume(code, frame),
            Open::Then | Open::FoldedElse | Open::Do | Open::FoldedCatch | Open::FoldedCatchAll => {
            }
            Open::FoldedBlock
            | Open::AfterThen
            | Open::AfterElse
            | Open::AfterDo
            | Open::AfterCatch
            | Open::AfterCatchAll => {
                let block = self.labels.pop();
                self.note_block_end(block, self.cursor.pos());
                self.note(code, (self.cursor.pos(), self.cursor.pos() + 1));
                Opcode::End.encode(&mut code.out);
            }
            Open::AfterDelegate => {}
            Open::Condition => return Err(self.cursor.unexpected("(then")),
            Open::BeforeDo => return Err(self.cursor.unexpected("(do")),
            _ => return Err(self.cursor.unexpected("end")),
        }
        code.frames.pop();
        self.cursor.bump();
        Ok(())
    }

    /// The type of a block.
    pub(super) fn block_type(&mut self) -> Result<BlockType> {
        let (explicit, start) = self.opt_type_idx()?;
        self.params_and_results(ParamIds::None)?;
        Ok(match (explicit, self.params.as_slice(), self.results.as_slice()) {
            (None, [], []) => BlockType::Empty,
            (None, [], [ty]) => BlockType::Value(*ty),
            _ => BlockType::Type(self.use_signature(explicit, start)?),
        })
    }

    /// A label: a number or the identifier of a block that is open.
    #[inline(always)]
    pub(super) fn label(&mut self) -> Result<u32> {
        if self.cursor.peek() != TokenKind::Id {
            return self.cursor.expect_u32();
        }
        match self.labels.get(&self.cursor.id()) {
            Some(label) => {
                self.refer(Space::Label, self.func, self.labels.index(label));
                self.cursor.bump();
                Ok(label)
            }
            None => Err(self.unknown(Space::Label)),
        }
    }
}
