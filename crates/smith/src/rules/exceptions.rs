//! Rules of exceptions: `throw`, `try_table`, and the instructions of legacy exceptions.
//!
//! In code that must not trap, an exception is thrown only where its function catches it.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType as H, Catch, Encode, Features, LabelIdx, Opcode, TagIdx};

use crate::generator::{BlockKind, Frame, Generator, TypeRun};
use crate::ty::Ty;

impl Generator<'_, '_> {
    /// Whether an exception that is thrown here is caught within the function.
    fn is_protected(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.protected)
    }

    /// Opens a block that catches exceptions, unless an exception may be thrown here already.
    fn protect(&mut self) -> bool {
        if self.is_protected() || self.risks() {
            return true;
        }
        let opened = match self.has(Features::EXCEPTIONS) {
            true => self.try_table(),
            false => self.try_legacy(),
        };
        opened.is_some() && self.is_protected()
    }

    pub(super) fn throw(&mut self, opcode: Opcode) -> Option<()> {
        let tag = self.some_tag()?;
        if !self.protect() {
            return Some(());
        }
        let params = self.tag_params(tag);
        self.leaving(|this| {
            this.operands_run(params, &[]);
            this.op_index(opcode, tag);
        })
    }

    pub(super) fn throw_ref(&mut self, opcode: Opcode) -> Option<()> {
        if self.tags.is_empty() {
            return None;
        }
        if !self.protect() {
            return Some(());
        }
        self.leaving(|this| {
            let reference = Ty::abs(H::Exn, this.risks());
            this.operands(&[reference]);
            this.op(opcode);
        })
    }

    /// Makes a `rethrow` to a handler that is open, or to a new handler.
    pub(super) fn rethrow(&mut self, opcode: Opcode) -> Option<()> {
        let depth = self.frames.len();
        let catches = |kind| matches!(kind, BlockKind::Catch { .. } | BlockKind::CatchAll);
        let is_open = |frame: &Frame| catches(frame.kind) && frame.protected;
        if let Some(label) = self.frames.iter().rev().position(is_open) {
            return self.leaving(|this| {
                let more = this.frames.len() - depth;
                this.op_index(opcode, (label + more) as u32);
            });
        }
        let tag = self.some_tag().filter(|_| self.has(Features::EXCEPTIONS))?;
        if !self.protect() {
            return Some(());
        }
        self.leaving(|this| {
            this.op(Opcode::Try);
            this.block_type(TypeRun::default(), TypeRun::default());
            this.throw_leaf(tag);
            this.op(Opcode::CatchAll);
            this.op_index(opcode, 0);
            this.op(Opcode::End);
            this.op(Opcode::Unreachable);
        })
    }

    /// Writes a `throw` and operands that need no others.
    pub(crate) fn throw_leaf(&mut self, tag: u32) {
        let params = self.tag_params(tag);
        for at in 0..params.len {
            self.produce_leaf(self.type_at(params, at));
            self.pop();
        }
        self.op_index(Opcode::Throw, tag);
    }

    /// The types of the values that a catch clause sends to its label: those of its tag, if it has
    /// one, and perhaps a reference to the exception.
    fn sent(&self, tag: Option<u32>, reference: bool) -> Vec<Ty> {
        let mut types = tag.map_or(Vec::new(), |tag| self.types_of(self.tag_params(tag)).to_vec());
        if reference {
            types.push(Ty::abs(H::Exn, false));
        }
        types
    }

    /// Opens a `try_table`, within blocks that its clauses branch to.
    pub(super) fn try_table(&mut self) -> Option<()> {
        if self.frames.len() + 1 > self.config.max_nesting as usize {
            return None;
        }
        let count = 1 + self.entropy.below(3);
        let mut clauses = Vec::new();
        let depth = self.frames.len();
        for place in 0..count {
            // The last clause mostly catches all exceptions.
            let all = self.tags.is_empty() || (place + 1 == count && self.entropy.chance(200));
            let tag = if all { None } else { self.some_tag() };
            let reference = self.entropy.chance(110);
            let sent = self.sent(tag, reference);
            if sent.len() > 1 && !self.is_multi_value() {
                continue;
            }
            let fits = |this: &Self, run: TypeRun| {
                run.len as usize == sent.len()
                    && sent
                        .iter()
                        .zip(0..)
                        .all(|(&ty, place)| this.matches(ty, this.type_at(run, place)))
            };
            let found = if place == 0 { None } else { self.label_with(fits) };
            let label = match found {
                Some((label, _)) => label,
                None => {
                    // A label that takes `exnref` fits more branches.
                    let exn = Ty::abs(H::Exn, false);
                    let widened = sent.iter().map(|&ty| ty.nullable(ty == exn || ty.is_nullable()));
                    let widened: Vec<Ty> = widened.collect();
                    self.open_block(&widened);
                    0
                }
            };
            // The label counts from the outermost block, since other blocks may be opened before
            // the clauses are written.
            clauses.push((tag, reference, self.frames.len() as u32 - 1 - label));
        }
        if clauses.is_empty() {
            return (self.frames.len() > depth).then_some(());
        }
        let (params, results) = self.some_block_type();
        self.operands_run(params, &[]);
        self.op(Opcode::TryTable);
        self.block_type(params, results);
        self.index(clauses.len() as u32);
        let innermost = self.frames.len() as u32 - 1;
        let mut protects = false;
        for &(tag, reference, place) in &clauses {
            let label = LabelIdx(innermost - place);
            protects |= tag.is_none();
            let clause = match (tag.map(TagIdx), reference) {
                (Some(tag), false) => Catch::One(tag, label),
                (Some(tag), true) => Catch::OneRef(tag, label),
                (None, false) => Catch::All(label),
                (None, true) => Catch::AllRef(label),
            };
            clause.encode(&mut self.code);
        }
        self.open(BlockKind::TryTable, params, results);
        if let Some(frame) = self.frames.last_mut() {
            frame.protected |= protects;
        }
        Some(())
    }

    /// Opens a legacy `try`. Its clauses, or its `delegate`, are made when it is closed.
    pub(super) fn try_legacy(&mut self) -> Option<()> {
        if !self.may_nest() {
            return None;
        }
        let (params, results) = self.some_block_type();
        self.operands_run(params, &[]);
        self.op(Opcode::Try);
        self.block_type(params, results);
        let delegates = self.entropy.chance(70);
        let outer = self.frames.len();
        let kind = if delegates {
            BlockKind::TryDelegate { label: self.entropy.below(outer) as u32 }
        } else {
            BlockKind::Try { catches: self.entropy.below(3) as u8 }
        };
        self.open(kind, params, results);
        let protected = match kind {
            // The exception goes on as if it were thrown in the block of the label.
            BlockKind::TryDelegate { label } => {
                self.frame_of(label + 1).is_some_and(|frame| frame.protected)
            }
            _ => true,
        };
        self.frames.last_mut()?.protected = protected;
        Some(())
    }
}
