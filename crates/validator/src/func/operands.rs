//! The operand stack and the operations of rules on it.

use alloc::vec::Vec;

use wattle_ast::Source;

use super::checker::{Check, Checker};
use super::mode::{Mode, OutOfMemory, Words};
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

/// The operands of all open blocks, and markers.
///
/// Every block has a marker below its operands. The marker is [`Ty::BARRIER`], which matches no
/// type, so the topmost operands can be compared without knowing where the block begins. Once the
/// end of the block is unreachable, the marker is [`Ty::UNREACHABLE`].
///
/// The buffer is initialized beyond the top, so that a push is a store without a call.
pub(super) struct OperandStack<B> {
    buffer: B,
    len: usize,
}

/// The most words on a stack with at most `limit` operands: the outermost block has a marker too.
fn most_words(limit: u32) -> usize {
    (limit as usize).saturating_add(1)
}

impl<'s> OperandStack<&'s mut Vec<Ty>> {
    /// An empty stack for at most `limit` operands.
    #[inline(always)]
    pub(super) fn new(buffer: &'s mut Vec<Ty>, limit: u32) -> OperandStack<&'s mut Vec<Ty>> {
        // An earlier expression may have had a higher limit.
        buffer.truncate(most_words(limit));
        OperandStack { buffer, len: 0 }
    }

    /// A view of the stack that cannot grow.
    #[inline(always)]
    pub(super) fn fixed(&mut self) -> OperandStack<&mut [Ty]> {
        OperandStack { buffer: &mut *self.buffer, len: self.len }
    }
}

impl<B: Words> OperandStack<B> {
    /// The number of words on the stack, markers included.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The word on top.
    #[inline(always)]
    pub(super) fn top(&self) -> Option<Ty> {
        self.buffer.as_ref().get(self.len.wrapping_sub(1)).copied()
    }

    /// The words from index `start` on.
    #[inline(always)]
    pub(super) fn from(&self, start: usize) -> Option<&[Ty]> {
        self.buffer.as_ref().get(start..self.len)
    }

    /// Keeps the lowest `len` words. The stack must not be lower than that.
    #[inline(always)]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len;
    }
}

impl<M: Mode> Checker<'_, '_, M> {
    #[inline(always)]
    pub(super) fn push(&mut self, ty: Ty) -> Check<M> {
        let OperandStack { buffer, len } = &self.operands;
        if *len >= buffer.as_ref().len() {
            M::full_only()?;
            self.grow(1)?;
        }
        let OperandStack { buffer, len } = &mut self.operands;
        if let Some(word) = buffer.as_mut().get_mut(*len) {
            *word = ty;
            *len += 1;
        }
        Ok(())
    }

    /// Makes room for `count` more words.
    #[inline(always)]
    pub(super) fn make_room(&mut self, count: usize) -> Check<M> {
        let OperandStack { buffer, len } = &self.operands;
        if *len + count > buffer.as_ref().len() {
            M::full_only()?;
            self.grow(count)?;
        }
        Ok(())
    }

    /// Pushes all types or, in an attempt, none.
    #[inline(always)]
    pub(super) fn push_all(&mut self, types: &[Ty]) -> Check<M> {
        self.make_room(types.len())?;
        let OperandStack { buffer, len } = &mut self.operands;
        let end = *len + types.len();
        if let Some(words) = buffer.as_mut().get_mut(*len..end) {
            // The lists are short: a call to copy them would take longer.
            for (word, &ty) in words.iter_mut().zip(types) {
                *word = ty;
            }
            *len = end;
        }
        Ok(())
    }

    /// The height of the stack at the marker of the innermost block.
    #[inline(always)]
    pub(super) fn height(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.height as usize)
    }

    /// The operands of the innermost block.
    pub(super) fn block_operands(&self) -> &[Ty] {
        self.operands.from(self.height() + 1).unwrap_or_default()
    }

    /// Marks the end of the innermost block as unreachable: any operands match from here on.
    #[inline(always)]
    pub(super) fn set_unreachable(&mut self) -> Check<M> {
        self.operands.truncate(self.height());
        self.push(Ty::UNREACHABLE)
    }

    /// Pops `params` and pushes `results`.
    #[inline(always)]
    pub(super) fn apply(&mut self, params: &[Ty], results: &[Ty]) -> Check<M> {
        self.take(params)?;
        self.push_all(results)
    }

    /// Pops `params` and pushes one result.
    #[inline(always)]
    pub(super) fn give(&mut self, params: &[Ty], result: Ty) -> Check<M> {
        self.take(params)?;
        self.push(result)
    }

    /// Pops an operand that must match `want`.
    #[inline(always)]
    pub(super) fn pop(&mut self, want: Ty) -> Check<M> {
        self.take(&[want])
    }

    /// Pops operands that must match `want`, the deepest first.
    #[inline(always)]
    pub(super) fn take(&mut self, want: &[Ty]) -> Check<M> {
        let base = self.operands.len.wrapping_sub(want.len());
        match self.operands.from(base) {
            Some(have) if self.registry.each_matches(have, want) => {
                self.operands.truncate(base);
                Ok(())
            }
            _ => {
                M::full_only()?;
                self.take_unreachable(want)
            }
        }
    }

    /// Pops operands that must match `want`, with one that must match `last` on top of them.
    #[inline(always)]
    pub(super) fn take_then(&mut self, want: &[Ty], last: Ty) -> Check<M> {
        let base = self.operands.len.wrapping_sub(want.len() + 1);
        match self.operands.from(base) {
            Some([have @ .., top])
                if self.registry.matches(*top, last) && self.registry.each_matches(have, want) =>
            {
                self.operands.truncate(base);
                Ok(())
            }
            _ => {
                M::full_only()?;
                self.take_unreachable(&[want, &[last]].concat())
            }
        }
    }

    /// Pops an operand of any type.
    #[inline(always)]
    pub(super) fn pop_any(&mut self) -> Check<M, Ty> {
        match self.operands.top() {
            Some(ty) if !ty.is_marker() => {
                self.operands.truncate(self.operands.len - 1);
                Ok(ty)
            }
            _ => {
                M::full_only()?;
                if self.is_unreachable() {
                    Ok(Ty::BOTTOM)
                } else {
                    Err(self.operands_mismatch(&[Ty::BOTTOM]))
                }
            }
        }
    }

    /// Pops a reference. An unknown operand counts as `(ref bot)`.
    #[inline(always)]
    pub(super) fn pop_ref(&mut self) -> Check<M, Ty> {
        match self.pop_any()? {
            ty if ty.is_ref() => Ok(ty),
            Ty::BOTTOM => Ok(Ty::REF_BOTTOM),
            ty => {
                self.push(ty)?;
                Err(self.mismatch(Mismatch::Reference, &[], &[ty]))
            }
        }
    }

    #[inline(always)]
    pub(super) fn mismatch(&self, what: Mismatch, expected: &[Ty], found: &[Ty]) -> M::Fault {
        match M::full_only() {
            Ok(()) => self.types.mismatch(what, expected, found).into(),
            Err(fault) => fault,
        }
    }

    /// Checks `select` without types: both operands are numbers or vectors of one type.
    #[inline(always)]
    pub(super) fn select(&mut self) -> Check<M> {
        self.pop(Ty::I32)?;
        let b = self.pop_any()?;
        let a = self.pop_any()?;
        for ty in [a, b] {
            if !ty.is_number_or_vector() {
                return Err(self.mismatch(Mismatch::Select, &[], &[ty]));
            }
        }
        let ty = if a == Ty::BOTTOM { b } else { a };
        if b != ty && b != Ty::BOTTOM {
            let (want, have) = ([a, a, Ty::I32], [a, b, Ty::I32]);
            return Err(self.mismatch(Mismatch::Operands, &want, &have));
        }
        self.push(ty)
    }

    pub(super) fn select_typed(&mut self) -> Check<M> {
        let types = self.reader.select_types()?;
        if types.len() != 1 {
            return Err(ErrorKind::ResultArity.into());
        }
        for ty in types.iter() {
            let ty = self.types.value(ty)?;
            self.apply(&[ty, ty, Ty::I32], &[ty])?;
        }
        Ok(())
    }
}

/// Operations that attempts never reach.
impl<M: Mode> Checker<'_, '_, M> {
    /// Lengthens the buffer so that `count` more words fit.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, count: usize) -> Check<M> {
        let limit = self.types.limits.operands;
        let most = most_words(limit);
        let needed = self.operands.len.saturating_add(count);
        if needed > most {
            return Err(ErrorKind::Limit("operands", limit.into()).into());
        }
        let grown = self.operands.buffer.lengthen(needed.saturating_mul(2).min(most));
        grown.map_err(|OutOfMemory| ErrorKind::OutOfMemory.into())
    }

    /// Pops operands that match `want` where the block has fewer of them because its code is
    /// unreachable, or fails.
    #[inline(never)]
    pub(super) fn take_unreachable(&mut self, want: &[Ty]) -> Check<M> {
        match self.fitting(want) {
            Some(count) => {
                self.operands.truncate(self.operands.len() - count);
                Ok(())
            }
            None => Err(self.operands_mismatch(want)),
        }
    }

    pub(super) fn is_unreachable(&self) -> bool {
        self.operands.from(self.height()).and_then(<[Ty]>::first) == Some(&Ty::UNREACHABLE)
    }

    /// The number of operands of the innermost block that match `want`; `None` if they do not
    /// match.
    pub(super) fn fitting(&self, want: &[Ty]) -> Option<usize> {
        let have = self.block_operands();
        let missing = want.len().saturating_sub(have.len());
        if missing > 0 && !self.is_unreachable() {
            return None;
        }
        let want = want.get(missing..).unwrap_or_default();
        let have = have.get(have.len() - want.len()..).unwrap_or_default();
        self.registry.each_matches(have, want).then_some(want.len())
    }

    /// The error for topmost operands that do not match `want`.
    pub(super) fn operands_mismatch(&self, want: &[Ty]) -> M::Fault {
        let have = self.block_operands();
        let found: Vec<Ty> = match have.len().checked_sub(want.len()) {
            Some(skip) => have.iter().skip(skip).copied().collect(),
            None if self.is_unreachable() => {
                let unknown = want.len() - have.len();
                core::iter::repeat_n(Ty::BOTTOM, unknown).chain(have.iter().copied()).collect()
            }
            None => have.to_vec(),
        };
        self.mismatch(Mismatch::Operands, want, &found)
    }
}
