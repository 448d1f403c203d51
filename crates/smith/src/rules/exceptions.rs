//! Rules of exceptions, those of `try_table` and the legacy ones.
//!
//! In code without traps an exception is thrown only where the function catches it.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType as H, Catch, Encode, Features, LabelIdx, Opcode, TagIdx, leb128};

use crate::ty::Ty;
use crate::world::{BlockKind, Gen, Run};

impl Gen<'_, '_> {
    /// Whether an exception that is thrown here stays within the function.
    fn is_protected(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.protected)
    }

    /// Opens something that catches, unless an exception may be thrown here already.
    fn protect(&mut self) -> bool {
        if self.is_protected() || self.risks() {
            return true;
        }
        let opened = match self.has(Features::EXCEPTIONS) {
            true => self.try_table(),
            false => self.try_legacy(),
        };
        opened && self.is_protected()
    }

    pub(super) fn throw(&mut self) -> bool {
        let Some(tag) = self.some_tag() else { return false };
        if !self.protect() {
            return true;
        }
        let ty = self.tags.get(tag as usize).copied().unwrap_or(0);
        let (params, _) = self.signature(ty);
        self.leaving(|gen_| {
            gen_.operands_run(params, &[]);
            gen_.op_index(Opcode::Throw, tag);
        });
        true
    }

    pub(super) fn throw_ref(&mut self) -> bool {
        if self.tags.is_empty() || !self.protect() {
            return !self.tags.is_empty();
        }
        self.leaving(|gen_| {
            let reference = Ty::abs(H::Exn, gen_.risks());
            gen_.operands(&[reference]);
            gen_.op(Opcode::ThrowRef);
        });
        true
    }

    /// From a handler that is open, or from one of its own that catches for sure.
    pub(super) fn rethrow(&mut self) -> bool {
        let depth = self.frames.len();
        let catches = |kind| matches!(kind, BlockKind::Catch { .. } | BlockKind::CatchAll);
        let open = |frame: &crate::world::Frame| catches(frame.kind) && frame.protected;
        if let Some(label) = self.frames.iter().rev().position(open) {
            self.leaving(|gen_| {
                let more = gen_.frames.len() - depth;
                gen_.op_index(Opcode::Rethrow, (label + more) as u32);
            });
            return true;
        }
        let Some(tag) = self.some_tag().filter(|_| self.has(Features::EXCEPTIONS)) else {
            return false;
        };
        if !self.protect() {
            return true;
        }
        self.leaving(|gen_| {
            gen_.op(Opcode::Try);
            gen_.block_type(Run::default(), Run::default());
            gen_.throw_leaf(tag);
            gen_.op(Opcode::CatchAll);
            gen_.op_index(Opcode::Rethrow, 0);
            gen_.op(Opcode::End);
            gen_.op(Opcode::Unreachable);
        });
        true
    }

    /// `throw` with the simplest operands.
    pub(crate) fn throw_leaf(&mut self, tag: u32) {
        let ty = self.tags.get(tag as usize).copied().unwrap_or(0);
        let (params, _) = self.signature(ty);
        for place in 0..params.len {
            let ty = self.at(params, place);
            self.produce_leaf(ty);
            self.pop();
        }
        self.op_index(Opcode::Throw, tag);
    }

    /// Types of the values of a tag, and the exception itself perhaps.
    fn sent(&self, tag: Option<u32>, reference: bool) -> Vec<Ty> {
        let ty = tag.and_then(|tag| self.tags.get(tag as usize).copied());
        let mut types = ty.map_or(Vec::new(), |ty| self.run(self.signature(ty).0).to_vec());
        if reference {
            types.push(Ty::abs(H::Exn, false));
        }
        types
    }

    /// A `try_table` within blocks for its clauses to go to.
    pub(super) fn try_table(&mut self) -> bool {
        if self.frames.len() + 1 > self.config.max_nesting as usize {
            return false;
        }
        let count = 1 + self.entropy.below(3);
        let mut clauses = Vec::new();
        let depth = self.frames.len();
        for place in 0..count {
            // The last one catches all, more often than not.
            let all = self.tags.is_empty() || (place + 1 == count && self.entropy.chance(200));
            let tag = if all { None } else { self.some_tag() };
            let reference = self.entropy.chance(110);
            let sent = self.sent(tag, reference);
            if sent.len() > 1 && !self.is_multi_value() {
                continue;
            }
            let fits = |gen_: &Self, run: Run| {
                run.len as usize == sent.len()
                    && sent
                        .iter()
                        .zip(0..)
                        .all(|(&ty, place)| gen_.matches(ty, gen_.at(run, place)))
            };
            let found = if place == 0 { None } else { self.label_with(fits) };
            let label = match found {
                Some((label, _)) => label,
                None => {
                    // A label is wanted that takes the exception: nullable will do.
                    let taken: Vec<Ty> = sent
                        .iter()
                        .map(
                            |&ty| if ty == Ty::abs(H::Exn, false) { ty.nullable(true) } else { ty },
                        )
                        .collect();
                    self.open_block(&taken);
                    0
                }
            };
            // Counted from the outermost block, as more may come in between.
            clauses.push((tag, reference, self.frames.len() as u32 - 1 - label));
        }
        if clauses.is_empty() {
            return self.frames.len() > depth;
        }
        let (params, results) = self.some_block_type();
        self.operands_run(params, &[]);
        self.op(Opcode::TryTable);
        self.block_type(params, results);
        leb128::write_u32(&mut self.code, clauses.len() as u32);
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
        true
    }

    /// A legacy `try`, whose clauses or `delegate` come when it is closed.
    pub(super) fn try_legacy(&mut self) -> bool {
        if !self.may_nest() {
            return false;
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
            // It goes on as if it had been thrown in that block.
            BlockKind::TryDelegate { label } => {
                let place = outer.checked_sub(1 + label as usize);
                place.and_then(|place| self.frames.get(place)).is_some_and(|frame| frame.protected)
            }
            _ => true,
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.protected = protected;
        }
        true
    }
}
