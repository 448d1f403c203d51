//! Rules of exceptions, including the legacy instructions.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions>,
//! and for the legacy instructions
//! <https://webassembly.github.io/exception-handling/legacy/core/valid/instructions.html>

use alloc::vec::Vec;

use wattle_ast::{Catch, Malformed, Source};

use super::blocks::BlockKind;
use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

impl<'t, M: Mode> Checker<'_, 't, M> {
    /// The types of the values that an exception with this tag carries.
    fn tag(&self, index: u32) -> Check<M, &'t [Ty]> {
        match self.types.tags.get(index as usize) {
            Some(id) => Ok(self.registry.params(id.0)),
            None => Err(ErrorKind::UnknownTag(index).into()),
        }
    }

    pub(super) fn throw(&mut self) -> Check<M> {
        let tag = self.index()?;
        let values = self.tag(tag)?;
        self.take(values)?;
        self.set_unreachable()
    }

    pub(super) fn throw_ref(&mut self) -> Check<M> {
        self.pop(Ty::EXNREF)?;
        self.set_unreachable()
    }

    pub(super) fn try_table(&mut self) -> Check<M> {
        let signature = self.block_type()?;
        let catches = self.reader.catches()?;
        let (params, _) = signature.lists(self.registry);
        self.take(params)?;
        for catch in catches.iter() {
            let (tag, label, reference) = match catch {
                Catch::One(tag, label) => (Some(tag), label, None),
                Catch::OneRef(tag, label) => (Some(tag), label, Some(Ty::EXN)),
                Catch::All(label) => (None, label, None),
                Catch::AllRef(label) => (None, label, Some(Ty::EXN)),
            };
            let values = match tag {
                Some(tag) => self.tag(tag.0)?,
                None => &[],
            };
            let target = self.target(label.0)?;
            let wanted = target.label(self.registry);
            let sent = values.iter().copied().chain(reference);
            let count = values.len() + usize::from(reference.is_some());
            let matching = |(sent, &wanted)| self.registry.matches(sent, wanted);
            if count != wanted.len() || !sent.clone().zip(wanted).all(matching) {
                let sent: Vec<Ty> = sent.collect();
                return Err(self.mismatch(Mismatch::Catch, &sent, wanted));
            }
        }
        self.open(BlockKind::TryTable, signature, params)
    }

    /// Ends a part of a legacy `try` and begins another.
    fn try_part(&mut self, kind: BlockKind) -> Check<M> {
        let frame = self.innermost()?;
        if !matches!(frame.kind, BlockKind::Try | BlockKind::Catch) {
            return Err(Malformed::EndExpected.into());
        }
        self.part(frame, kind)
    }

    pub(super) fn catch(&mut self) -> Check<M> {
        let tag = self.index()?;
        self.try_part(BlockKind::Catch)?;
        let values = self.tag(tag)?;
        self.push_all(values)
    }

    pub(super) fn catch_all(&mut self) -> Check<M> {
        self.try_part(BlockKind::CatchAll)
    }

    #[inline(never)]
    pub(super) fn delegate(&mut self) -> Check<M> {
        let label = self.index()?;
        let frame = self.innermost()?;
        if frame.kind != BlockKind::Try {
            return Err(Malformed::EndExpected.into());
        }
        // Its label counts from outside the block that it ends.
        match label.checked_add(1) {
            Some(label) => self.target(label)?,
            None => return Err(ErrorKind::UnknownLabel(label).into()),
        };
        self.end()
    }

    pub(super) fn rethrow(&mut self) -> Check<M> {
        let label = self.index()?;
        let frame = self.target(label)?;
        if !matches!(frame.kind, BlockKind::Catch | BlockKind::CatchAll) {
            return Err(ErrorKind::RethrowLabel(label).into());
        }
        self.set_unreachable()
    }
}
