//! Rules of branches.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions>

use wattle_ast::{Feature, Source};

use super::blocks::Frame;
use super::checker::{Check, Checker};
use super::mode::{Full, Mode};
use crate::ty::Ty;
use crate::{Error, ErrorKind, Mismatch};

impl<M: Mode> Checker<'_, '_, M> {
    /// The block that a label names.
    #[inline(always)]
    pub(super) fn target(&self, label: u32) -> Check<M, Frame> {
        match self.frames.get(self.place(label)) {
            Some(frame) => Ok(*frame),
            None => Err(ErrorKind::UnknownLabel(label).into()),
        }
    }

    /// The index in the control stack of the block that a label names; out of range if there is
    /// none.
    #[inline(always)]
    fn place(&self, label: u32) -> usize {
        self.frames.len().wrapping_sub(1).wrapping_sub(label as usize)
    }

    #[inline(always)]
    pub(super) fn br(&mut self) -> Check<M> {
        let label = self.index()?;
        let frame = self.target(label)?;
        self.take(frame.label(self.registry))?;
        self.set_unreachable()
    }

    #[inline(always)]
    pub(super) fn br_if(&mut self) -> Check<M> {
        let label = self.index()?;
        let frame = self.target(label)?;
        let types = frame.label(self.registry);
        self.take_then(types, Ty::I32)?;
        self.push_all(types)
    }

    #[inline(always)]
    pub(super) fn return_(&mut self) -> Check<M> {
        let frame = self.target(self.frames.len() as u32 - 1)?;
        self.take(frame.label(self.registry))?;
        self.set_unreachable()
    }

    #[inline(always)]
    pub(super) fn br_on_null(&mut self) -> Check<M> {
        let label = self.index()?;
        let frame = self.target(label)?;
        let types = frame.label(self.registry);
        let reference = self.pop_ref()?;
        self.apply(types, types)?;
        self.push(reference.nullable(false))
    }

    #[inline(always)]
    pub(super) fn br_on_non_null(&mut self) -> Check<M> {
        let label = self.index()?;
        let frame = self.target(label)?;
        let types = frame.label(self.registry);
        match types {
            [rest @ .., last] if last.is_ref() => {
                self.take_then(rest, last.nullable(true))?;
                self.push_all(rest)?;
                Ok(())
            }
            _ => Err(self.mismatch(Mismatch::Label, &[Ty::REF_BOTTOM], types)),
        }
    }
}

impl Checker<'_, '_, Full> {
    pub(super) fn br_table(&mut self) -> Result<(), Error> {
        let labels = self.reader.labels()?;
        let here = self.reader.pos() as u32;
        let default = self.target(labels.default().0)?;
        let arity = default.label(self.registry).len();
        self.pop(Ty::I32)?;
        for label in labels.iter_with_default() {
            let frame = self.target(label.0)?;
            // Each block is checked once, however many labels name it.
            let place = self.place(label.0);
            if frame.table == here {
                continue;
            }
            if let Some(frame) = self.frames.get_mut(place) {
                frame.table = here;
            }
            let types = frame.label(self.registry);
            let fits = types.len() == arity && self.fitting(types).is_some();
            if !fits {
                return Err(self.operands_mismatch(types));
            }
        }
        self.set_unreachable()
    }

    pub(super) fn br_on_cast(&mut self, on_success: bool) -> Result<(), Error> {
        let cast = self.reader.br_cast()?;
        let from = self.types.reference(cast.from)?;
        let to = self.types.reference(cast.to)?;
        let frame = self.target(cast.label.0)?;
        let types = frame.label(self.registry);
        // With custom descriptors, two types of one hierarchy are enough.
        let is_hierarchy_enough = self.types.features.contains(Feature::CustomDescriptors);
        let related = match is_hierarchy_enough {
            true => self.registry.top(to) == self.registry.top(from),
            false => self.registry.matches(to, from),
        };
        if !related {
            return Err(self.mismatch(Mismatch::Cast, &[from], &[to]));
        }
        // The type of the operand if the cast to `to` fails.
        let rest = if to.is_nullable() { from.nullable(false) } else { from };
        let (sent, kept) = if on_success { (to, rest) } else { (rest, to) };
        match types {
            [others @ .., last] if self.registry.matches(sent, *last) => {
                self.take_then(others, from)?;
                self.push_all(others)?;
                self.push(kept)?;
                Ok(())
            }
            _ => Err(self.mismatch(Mismatch::Label, &[sent], types)),
        }
    }
}
