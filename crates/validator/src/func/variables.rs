//! Locals, and the rules of local and global variables.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#variable-instructions>

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::Feature;

use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::ty::Ty;
use crate::{Error, ErrorKind};

/// The most locals that have a word each. Locals beyond that are kept as runs.
const FLAT: usize = 1 << 16;

/// The number of locals that have a word each in any function. In a function with more code, there
/// is one more for each byte of it, so that declaring locals takes no more time than naming them.
const FLAT_AT_LEAST: usize = 64;

/// The types of locals, flagged while the local is unset.
#[derive(Clone, Debug, Default)]
pub(super) struct Locals {
    flat: Vec<Ty>,
    /// The most locals that have a word each in this function, except for parameters.
    most_flat: usize,
    /// Runs of the locals beyond those: the index behind the last local, and the type.
    runs: Vec<(u32, Ty)>,
    count: u32,
    /// The locals that were set for the first time, in order.
    sets: Vec<u32>,
    /// Locals in runs that are set although their types have no default value.
    sets_in_runs: BTreeSet<u32>,
}

impl Locals {
    /// Forgets all locals. Those of the next function are named by `code` bytes of instructions.
    pub(super) fn clear(&mut self, code: usize) {
        self.most_flat = FLAT_AT_LEAST.saturating_add(code).min(FLAT);
        self.flat.clear();
        self.runs.clear();
        self.sets.clear();
        // Clearing a search tree takes time even if it is empty.
        if !self.sets_in_runs.is_empty() {
            self.sets_in_runs.clear();
        }
        self.count = 0;
    }

    /// Adds the parameters, which are set from the start.
    pub(super) fn add_params(&mut self, params: &[Ty]) {
        self.flat.extend_from_slice(params);
        self.count = params.len() as u32;
    }

    /// Adds `count` locals. Returns the number of locals, or `None` if it exceeds 32 bits.
    pub(super) fn add(&mut self, count: u32, ty: Ty) -> Option<u32> {
        self.count = self.count.checked_add(count)?;
        let ty = ty.flagged(!ty.is_defaultable());
        let flat = (count as usize).min(self.most_flat.saturating_sub(self.flat.len()));
        self.flat.resize(self.flat.len() + flat, ty);
        if flat < count as usize {
            self.runs.push((self.count, ty));
        }
        Some(self.count)
    }

    /// The number of locals, parameters included.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The type of a local in a run.
    #[cold]
    #[inline(never)]
    fn type_in_run(&self, index: u32) -> Option<Ty> {
        let run = self.runs.partition_point(|&(end, _)| end <= index);
        let &(_, ty) = self.runs.get(run)?;
        if self.sets_in_runs.contains(&index) { Some(ty.without_flag()) } else { Some(ty) }
    }

    /// Marks an unset local as set.
    #[inline(always)]
    fn set(&mut self, index: u32) {
        match self.flat.get_mut(index as usize) {
            Some(ty) => *ty = ty.without_flag(),
            None => self.set_in_run(index, true),
        }
        self.sets.push(index);
    }

    #[cold]
    #[inline(never)]
    fn set_in_run(&mut self, index: u32, is_set: bool) {
        match is_set {
            true => self.sets_in_runs.insert(index),
            false => self.sets_in_runs.remove(&index),
        };
    }

    /// The number of locals that were set for the first time.
    #[inline(always)]
    pub(super) fn sets(&self) -> u32 {
        self.sets.len() as u32
    }

    /// Unsets the locals that were set after the first `sets` of them.
    #[inline(always)]
    pub(super) fn unset_since(&mut self, sets: u32) {
        while self.sets() > sets
            && let Some(index) = self.sets.pop()
        {
            match self.flat.get_mut(index as usize) {
                Some(ty) => *ty = ty.flagged(true),
                None => self.set_in_run(index, false),
            }
        }
    }
}

impl<M: Mode> Checker<'_, '_, M> {
    /// Reads the index of a local; also returns its type, flagged while unset.
    #[inline(always)]
    fn local(&mut self) -> Check<M, (u32, Ty)> {
        let index = self.index()?;
        if let Some(&ty) = self.locals.flat.get(index as usize) {
            return Ok((index, ty));
        }
        M::full_only()?;
        match self.locals.type_in_run(index) {
            Some(ty) => Ok((index, ty)),
            None => Err(ErrorKind::UnknownLocal(index).into()),
        }
    }

    #[inline(always)]
    pub(super) fn local_get(&mut self) -> Check<M> {
        let (index, ty) = self.local()?;
        if ty.has_flag() {
            return Err(ErrorKind::UninitializedLocal(index).into());
        }
        self.push(ty)
    }

    #[inline(always)]
    pub(super) fn local_set(&mut self) -> Check<M> {
        self.set_local().map(drop)
    }

    #[inline(always)]
    pub(super) fn local_tee(&mut self) -> Check<M> {
        let ty = self.set_local()?;
        self.push(ty)
    }

    /// Pops the value for a local, whose index is read, and returns the local's type.
    #[inline(always)]
    fn set_local(&mut self) -> Check<M, Ty> {
        let (index, ty) = self.local()?;
        self.pop(ty.without_flag())?;
        if ty.has_flag() {
            if self.locals.sets.len() == self.locals.sets.capacity() {
                M::full_only()?;
            }
            self.locals.set(index);
        }
        Ok(ty.without_flag())
    }

    /// Reads the index of a global; also returns its type, flagged if mutable.
    #[inline(always)]
    fn global(&mut self) -> Check<M, (u32, Ty)> {
        let index = self.index()?;
        match self.types.globals.get(index as usize) {
            Some(&ty) => Ok((index, ty)),
            None => Err(ErrorKind::UnknownGlobal(index).into()),
        }
    }

    #[inline(always)]
    pub(super) fn global_get(&mut self) -> Check<M> {
        let (index, ty) = self.global()?;
        if self.is_constant {
            self.check_constant_global(index, ty)?;
        }
        self.push(ty.without_flag())
    }

    #[inline(always)]
    pub(super) fn global_set(&mut self) -> Check<M> {
        let (index, ty) = self.global()?;
        if !ty.has_flag() {
            return Err(ErrorKind::ImmutableGlobal(index).into());
        }
        self.pop(ty.without_flag())
    }

    /// Whether `global.get` of a global may stand in a constant expression.
    fn check_constant_global(&self, index: u32, ty: Ty) -> Check<M> {
        if ty.has_flag() {
            return Err(ErrorKind::NotConstant.into());
        }
        if index >= self.types.imported_globals && !self.types.features.contains(Feature::Gc) {
            return Err(Error::disabled(ErrorKind::NotConstant, Feature::Gc).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locals_beyond_the_flat_ones_are_runs() {
        let mut locals = Locals::default();
        locals.clear(FLAT);
        locals.add_params(&[Ty::I32]);
        locals.add(3, Ty::I64);
        locals.add(u32::MAX - 10, Ty::EXN);
        locals.add(2, Ty::F32);
        assert_eq!(locals.add(100, Ty::F32), None);
        assert_eq!(locals.flat.len(), FLAT);
        assert_eq!(locals.flat[3], Ty::I64);
        assert_eq!(locals.type_in_run(u32::MAX - 8), Some(Ty::EXN.flagged(true)));
        locals.set(u32::MAX - 8);
        assert_eq!(locals.type_in_run(u32::MAX - 8), Some(Ty::EXN));
        locals.unset_since(0);
        assert_eq!(locals.type_in_run(u32::MAX - 8), Some(Ty::EXN.flagged(true)));
        assert_eq!(locals.type_in_run(u32::MAX - 6), Some(Ty::F32));
    }
}
