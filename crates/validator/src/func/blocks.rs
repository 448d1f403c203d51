//! Blocks: the control stack, and the rules of instructions that begin, part or end a block.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions>

use wattle_ast::{BlockType, Feature, Malformed, Source};

use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::registry::{Registry, TypeId};
use crate::ty::Ty;
use crate::{Error, ErrorKind, Mismatch};

/// The instruction that opened a block, or the part of the block that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(super) enum BlockKind {
    Func,
    Block,
    Loop,
    If,
    Else,
    TryTable,
    Try,
    Catch,
    CatchAll,
}

/// The type of a block in one word: nothing, one result, or a function type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signature(Ty);

impl Signature {
    pub(super) const EMPTY: Signature = Signature(Ty::BOTTOM);

    pub(super) const fn value(ty: Ty) -> Signature {
        Signature(ty)
    }

    pub(super) const fn func(id: TypeId) -> Signature {
        // The flag distinguishes a function type from one result that is a reference.
        Signature(Ty::defined(id.0, false).flagged(true))
    }

    /// The parameters and the results.
    #[inline(always)]
    pub(super) fn lists<'x>(&'x self, registry: &'x Registry) -> (&'x [Ty], &'x [Ty]) {
        match self.0 {
            Ty::BOTTOM => (&[], &[]),
            ty if !ty.has_flag() => (&[], core::slice::from_ref(&self.0)),
            ty => ty.id().and_then(|id| registry.func(id)).unwrap_or_default(),
        }
    }
}

/// An open block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frame {
    pub(super) kind: BlockKind,
    pub(super) signature: Signature,
    /// The height of the operand stack at its marker.
    pub(super) height: u32,
    /// The number of entries in the list of locals that were set when the block began.
    sets: u32,
    /// The position behind the last `br_table` that was checked against its label.
    pub(super) table: u32,
}

impl Frame {
    /// The operands that a branch to the block takes.
    #[inline(always)]
    pub(super) fn label<'x>(&'x self, registry: &'x Registry) -> &'x [Ty] {
        let (params, results) = self.signature.lists(registry);
        if self.kind == BlockKind::Loop { params } else { results }
    }
}

impl<M: Mode> Checker<'_, '_, M> {
    /// Reads a block type.
    #[inline(always)]
    pub(super) fn block_type(&mut self) -> Check<M, Signature> {
        let ty = match self.reader.compact_block_type() {
            Some(ty) => ty,
            None => {
                M::full_only()?;
                self.reader.block_type()?
            }
        };
        match ty {
            BlockType::Empty => Ok(Signature::EMPTY),
            BlockType::Value(ty) => Ok(Signature::value(self.types.value(ty)?)),
            BlockType::Type(index) => {
                let id = self.types.func_type_id(index)?;
                if !self.types.features.contains(Feature::MultiValue) {
                    let kind = ErrorKind::Malformed(Malformed::ReferenceType);
                    return Err(Error::disabled(kind, Feature::MultiValue).into());
                }
                Ok(Signature::func(id))
            }
        }
    }

    /// Opens a block and pushes its parameters.
    #[inline(always)]
    pub(super) fn open(
        &mut self,
        kind: BlockKind,
        signature: Signature,
        params: &[Ty],
    ) -> Check<M> {
        let (height, sets) = (self.operands.len() as u32, self.locals.sets());
        if self.frames.len() == self.frames.capacity() {
            M::full_only()?;
        }
        self.make_room(1 + params.len())?;
        self.push(Ty::BARRIER)?;
        self.push_all(params)?;
        self.frames.push(Frame { kind, signature, height, sets, table: 0 });
        Ok(())
    }

    #[inline(always)]
    pub(super) fn block(&mut self, kind: BlockKind) -> Check<M> {
        let signature = self.block_type()?;
        self.enter(kind, signature)
    }

    #[inline(always)]
    pub(super) fn block_if(&mut self) -> Check<M> {
        let signature = self.block_type()?;
        self.pop(Ty::I32)?;
        self.enter(BlockKind::If, signature)
    }

    /// Opens a block whose parameters lie on the stack.
    #[inline(always)]
    fn enter(&mut self, kind: BlockKind, signature: Signature) -> Check<M> {
        let (params, _) = signature.lists(self.registry);
        self.take(params)?;
        self.open(kind, signature, params)
    }

    #[inline(always)]
    pub(super) fn innermost(&self) -> Check<M, Frame> {
        self.frames.last().copied().ok_or_else(|| Malformed::EndExpected.into())
    }

    /// Checks that the operands of the innermost block are exactly its results, and pops them.
    #[inline(always)]
    fn leave(&mut self, frame: &Frame, results: &[Ty]) -> Check<M> {
        let height = frame.height as usize;
        // In unreachable code without operands, all results match.
        if self.operands.top() != Some(Ty::UNREACHABLE) {
            self.take(results)?;
            if self.operands.len() != height + 1 {
                return Err(self.mismatch(Mismatch::Block, results, self.block_operands()));
            }
        }
        self.operands.truncate(height);
        Ok(())
    }

    /// Ends a part of the innermost block and begins the next.
    #[inline(always)]
    pub(super) fn part(&mut self, mut frame: Frame, kind: BlockKind) -> Check<M> {
        let (_, results) = frame.signature.lists(self.registry);
        self.leave(&frame, results)?;
        self.locals.unset_since(frame.sets);
        frame.kind = kind;
        if let Some(last) = self.frames.last_mut() {
            *last = frame;
        }
        self.push(Ty::BARRIER)
    }

    #[inline(always)]
    pub(super) fn block_else(&mut self) -> Check<M> {
        let frame = self.innermost()?;
        if frame.kind != BlockKind::If {
            return Err(Malformed::EndExpected.into());
        }
        self.part(frame, BlockKind::Else)?;
        let (params, _) = frame.signature.lists(self.registry);
        self.push_all(params)
    }

    #[inline(always)]
    pub(super) fn end(&mut self) -> Check<M> {
        let frame = self.innermost()?;
        let (params, results) = frame.signature.lists(self.registry);
        self.leave(&frame, results)?;
        // An `if` without an `else` passes its parameters on as results.
        if frame.kind == BlockKind::If && !self.registry.all_match(params, results) {
            return Err(self.mismatch(Mismatch::MissingElse, results, params));
        }
        if self.frames.len() == 1 {
            self.frames.pop();
            // The loop of attempts ends here too, since the expression is complete.
            return M::full_only();
        }
        self.make_room(results.len())?;
        self.locals.unset_since(frame.sets);
        self.push_all(results)?;
        self.frames.pop();
        Ok(())
    }
}
