//! The operand stack, the control stack and the locals of the function that is being checked.
//!
//! Every block has a marker below its operands, [`Ty::BARRIER`], which no operand type equals:
//! the fast path that compares the topmost operands with what is wanted needs no look at the
//! height of the block. Once the end of the block cannot be reached, the marker becomes
//! [`Ty::UNREACHABLE`].

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::registry::{Registry, TypeId};
use crate::ty::Ty;

/// Operands and markers.
///
/// The buffer is initialized beyond the top, so that a push is a store and no call. It dereferences
/// to what is on the stack.
#[derive(Clone, Debug, Default)]
pub(super) struct OperandStack {
    buffer: Vec<Ty>,
    len: usize,
}

/// How many words the buffer has at least.
const BUFFER: usize = 256;

impl OperandStack {
    pub(super) fn clear(&mut self) {
        self.len = 0;
        if self.buffer.len() < BUFFER {
            self.buffer.resize(BUFFER, Ty::BOTTOM);
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, ty: Ty) {
        match self.buffer.get_mut(self.len) {
            Some(slot) => {
                *slot = ty;
                self.len += 1;
            }
            None => self.push_slow(ty),
        }
    }

    #[cold]
    fn push_slow(&mut self, ty: Ty) {
        self.buffer.push(ty);
        self.len = self.buffer.len();
        // As much again, for pushes to come.
        self.buffer.resize(2 * self.len, Ty::BOTTOM);
    }

    pub(super) fn push_all(&mut self, types: &[Ty]) {
        types.iter().for_each(|&ty| self.push(ty));
    }

    /// Takes the topmost word, of which there is one at least: a marker.
    #[inline(always)]
    pub(super) fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    #[inline(always)]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len.min(self.len);
    }

    /// The whole buffer, and how many words of it are on the stack.
    #[inline(always)]
    pub(super) fn parts(&mut self) -> (&mut [Ty], &mut usize) {
        (&mut self.buffer, &mut self.len)
    }
}

impl core::ops::Deref for OperandStack {
    type Target = [Ty];
    #[inline(always)]
    fn deref(&self) -> &[Ty] {
        self.buffer.get(..self.len).unwrap_or_default()
    }
}

impl core::ops::DerefMut for OperandStack {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Ty] {
        self.buffer.get_mut(..self.len).unwrap_or_default()
    }
}

/// What opened a block, or which part of it is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
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
        // Flagged, so as not to be taken for a reference.
        Signature(Ty::defined(id.0, false).flagged(true))
    }

    /// The result, if any, of a block that takes nothing and gives at most one. No result is no
    /// type: [`Ty::BOTTOM`] may be that of an operand.
    #[inline(always)]
    pub(super) const fn simple(self) -> Option<Option<Ty>> {
        match self.0 {
            ty if ty.has_flag() => None,
            Ty::BOTTOM => Some(None),
            ty => Some(Some(ty)),
        }
    }

    /// Parameters and results.
    #[inline(always)]
    pub(super) fn lists<'x>(&'x self, registry: &'x Registry) -> (&'x [Ty], &'x [Ty]) {
        match (self.0.has_flag(), self.0.id()) {
            (true, Some(id)) => registry.func(id).unwrap_or_default(),
            _ if self.0 == Ty::BOTTOM => (&[], &[]),
            _ => (&[], core::slice::from_ref(&self.0)),
        }
    }
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: BlockKind,
    pub(super) signature: Signature,
    /// Where its marker lies on the operand stack.
    pub(super) height: u32,
    /// How many locals had been set for the first time when it began.
    pub(super) sets: u32,
    /// The last `br_table` that was checked against it.
    pub(super) table: u32,
}

impl Frame {
    /// What a branch to it takes.
    #[inline(always)]
    pub(super) fn label<'x>(&'x self, registry: &'x Registry) -> &'x [Ty] {
        let (params, results) = self.signature.lists(registry);
        if self.kind == BlockKind::Loop { params } else { results }
    }
}

/// How many locals have a word of their own; any more are kept as runs.
const FLAT: usize = 1 << 16;

/// The types of locals, flagged while unset.
#[derive(Clone, Debug, Default)]
pub(super) struct Locals {
    pub(super) flat: Vec<Ty>,
    /// Runs beyond the flat ones: the index after the last, and the type.
    runs: Vec<(u32, Ty)>,
    count: u32,
    /// Locals of the flat ones that were set for the first time, in order.
    sets: Vec<u32>,
    /// Those beyond the flat ones that are set although their types have no default value.
    far_sets: BTreeSet<u32>,
}

impl Locals {
    pub(super) fn clear(&mut self) {
        self.flat.clear();
        self.runs.clear();
        self.sets.clear();
        self.far_sets.clear();
        self.count = 0;
    }

    /// Parameters are set from the start.
    pub(super) fn add_params(&mut self, params: &[Ty]) {
        self.flat.extend_from_slice(params);
        self.count = params.len() as u32;
    }

    /// Adds `count` locals, if their number still fits 32 bits.
    pub(super) fn add(&mut self, count: u32, ty: Ty) -> Option<u32> {
        self.count = self.count.checked_add(count)?;
        let ty = ty.flagged(!ty.is_defaultable());
        let flat = (count as usize).min(FLAT.saturating_sub(self.flat.len()));
        self.flat.resize(self.flat.len() + flat, ty);
        if flat < count as usize {
            self.runs.push((self.count, ty));
        }
        Some(self.count)
    }

    /// The type of a local that is not among the flat ones.
    #[cold]
    pub(super) fn far(&self, index: u32) -> Option<Ty> {
        let run = self.runs.partition_point(|&(end, _)| end <= index);
        let &(_, ty) = self.runs.get(run)?;
        if self.far_sets.contains(&index) { Some(ty.without_flag()) } else { Some(ty) }
    }

    /// Marks as set a local that was not.
    #[cold]
    pub(super) fn set(&mut self, index: u32) {
        match self.flat.get_mut(index as usize) {
            Some(ty) => *ty = ty.without_flag(),
            None => drop(self.far_sets.insert(index)),
        }
        self.sets.push(index);
    }

    #[inline(always)]
    pub(super) fn sets(&self) -> u32 {
        self.sets.len() as u32
    }

    /// The flat ones, and those of them that were set for the first time, in order.
    #[inline(always)]
    pub(super) fn parts(&mut self) -> (&mut [Ty], &mut Vec<u32>) {
        (&mut self.flat, &mut self.sets)
    }

    /// Forgets what was set since there were `sets` of them.
    #[inline(always)]
    pub(super) fn unset_since(&mut self, sets: u32) {
        if self.sets() > sets {
            self.unset_slow(sets);
        }
    }

    #[cold]
    fn unset_slow(&mut self, sets: u32) {
        for index in self.sets.drain(sets as usize..) {
            match self.flat.get_mut(index as usize) {
                Some(ty) => *ty = ty.flagged(true),
                None => drop(self.far_sets.remove(&index)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locals_beyond_the_flat_ones_are_runs() {
        let mut locals = Locals::default();
        locals.add_params(&[Ty::I32]);
        locals.add(3, Ty::I64);
        locals.add(u32::MAX - 10, Ty::EXN);
        locals.add(2, Ty::F32);
        assert_eq!(locals.add(100, Ty::F32), None);
        assert_eq!(locals.flat.len(), FLAT);
        assert_eq!(locals.far(u32::MAX - 8), Some(Ty::EXN.flagged(true)));
        locals.set(u32::MAX - 8);
        assert_eq!(locals.far(u32::MAX - 8), Some(Ty::EXN));
        locals.unset_since(0);
        assert_eq!(locals.far(u32::MAX - 8), Some(Ty::EXN.flagged(true)));
        assert_eq!(locals.far(u32::MAX - 6), Some(Ty::F32));
    }
}
