//! Rules of blocks, branches, calls and exceptions.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions>

use wattle_ast::{BlockType, Catch, Feature, Malformed, Opcode, Reader, Source, TypeIdx};

use super::stack::{BlockKind, Frame, Signature};
use super::{Check, Checker, Fault};
use crate::registry::TypeId;
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

impl<'t> Checker<'_, 't> {
    /// The type of a block.
    #[inline(never)]
    fn block_type(&mut self, reader: &mut Reader<'_>) -> Check<Signature> {
        match reader.block_type()? {
            BlockType::Empty => Ok(Signature::EMPTY),
            BlockType::Value(ty) => self.value(ty).map(Signature::value),
            BlockType::Type(index) => {
                let id = self.func_type(index)?;
                if !self.types.features.contains(Feature::MultiValue) {
                    let kind = ErrorKind::Malformed(Malformed::ReferenceType);
                    return Err(self.disabled(kind, Feature::MultiValue));
                }
                Ok(Signature::func(id))
            }
        }
    }

    fn func_type(&mut self, index: TypeIdx) -> Check<TypeId> {
        self.types.func_type(index).map_err(|kind| self.invalid(kind))
    }

    /// Opens a block whose parameters lie on the stack.
    #[inline(always)]
    pub(super) fn block(&mut self, kind: BlockKind, reader: &mut Reader<'_>) -> Check {
        let signature = self.block_type(reader)?;
        self.enter(kind, signature)
    }

    #[inline(always)]
    fn enter(&mut self, kind: BlockKind, signature: Signature) -> Check {
        if signature.simple().is_some() {
            self.open(kind, signature);
            return Ok(());
        }
        self.enter_slow(kind, signature)
    }

    #[inline(never)]
    fn enter_slow(&mut self, kind: BlockKind, signature: Signature) -> Check {
        let (params, _) = signature.lists(self.registry);
        self.take(params)?;
        self.open(kind, signature);
        self.push_all(params);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn block_if(&mut self, reader: &mut Reader<'_>) -> Check {
        let signature = self.block_type(reader)?;
        self.pop(Ty::I32)?;
        self.enter(BlockKind::If, signature)?;
        Ok(())
    }

    #[inline(always)]
    fn innermost(&self) -> Check<Frame> {
        self.frames.last().copied().ok_or(Fault::Malformed(Malformed::EndExpected))
    }

    /// Checks that exactly the results of the innermost block are on the stack, and takes them.
    #[inline(always)]
    fn leave(&mut self, frame: &Frame) -> Check {
        let len = self.operands.len();
        let is_left = match (frame.signature.simple(), self.operands.last()) {
            (Some(None), _) => len == self.height + 1,
            (Some(Some(ty)), Some(top)) => len == self.height + 2 && *top == ty,
            _ => false,
        };
        if !is_left {
            return self.leave_slow(frame);
        }
        self.operands.truncate(self.height);
        Ok(())
    }

    #[inline(never)]
    fn leave_slow(&mut self, frame: &Frame) -> Check {
        let (_, results) = frame.signature.lists(self.registry);
        self.take(results)?;
        let left = self.block_operands();
        if !left.is_empty() {
            let left = left.to_vec();
            return Err(self.mismatched(Mismatch::Block, results, &left));
        }
        self.operands.truncate(self.height);
        Ok(())
    }

    /// Begins another part of the innermost block, whose first part was left.
    fn part(&mut self, mut frame: Frame, kind: BlockKind) {
        self.locals.unset_since(frame.sets);
        frame.kind = kind;
        if let Some(last) = self.frames.last_mut() {
            *last = frame;
        }
        self.push(Ty::BARRIER);
    }

    #[inline(always)]
    pub(super) fn block_else(&mut self) -> Check {
        let frame = self.innermost()?;
        if frame.kind != BlockKind::If {
            return Err(Malformed::EndExpected.into());
        }
        self.leave(&frame)?;
        self.part(frame, BlockKind::Else);
        let (params, _) = frame.signature.lists(self.registry);
        self.push_all(params);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn end(&mut self) -> Check {
        let frame = self.innermost()?;
        self.leave(&frame)?;
        if frame.kind == BlockKind::If && frame.signature != Signature::EMPTY {
            self.check_missing_else(&frame)?;
        }
        self.locals.unset_since(frame.sets);
        self.frames.pop();
        match self.frames.last() {
            Some(outer) => self.height = outer.height as usize,
            None => return Err(Fault::End),
        }
        match frame.signature.simple() {
            Some(None) => {}
            Some(Some(ty)) => self.push(ty),
            None => self.push_all(frame.signature.lists(self.registry).1),
        }
        Ok(())
    }

    /// Without an `else`, the parameters of an `if` are its results.
    #[inline(never)]
    fn check_missing_else(&mut self, frame: &Frame) -> Check {
        let (params, results) = frame.signature.lists(self.registry);
        if !self.registry.all_match(params, results) {
            return Err(self.mismatched(Mismatch::MissingElse, results, params));
        }
        Ok(())
    }

    /// The block that a label names.
    #[inline(always)]
    fn target(&mut self, label: u32) -> Check<Frame> {
        let place = self.frames.len().wrapping_sub(1).wrapping_sub(label as usize);
        match self.frames.get(place) {
            Some(frame) => Ok(*frame),
            None => Err(self.invalid(ErrorKind::UnknownLabel(label))),
        }
    }

    #[inline(always)]
    pub(super) fn br(&mut self, reader: &mut Reader<'_>) -> Check {
        let label = reader.u32()?;
        let frame = self.target(label)?;
        self.take(frame.label(self.registry))?;
        self.set_unreachable();
        Ok(())
    }

    #[inline(always)]
    pub(super) fn br_if(&mut self, reader: &mut Reader<'_>) -> Check {
        let label = reader.u32()?;
        let frame = self.target(label)?;
        if frame.signature.simple() == Some(None) {
            return self.pop(Ty::I32);
        }
        let types = frame.label(self.registry);
        self.take_then(types, Ty::I32)?;
        self.push_all(types);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn br_table(&mut self, reader: &mut Reader<'_>) -> Check {
        let labels = reader.labels()?;
        self.br_tables = self.br_tables.wrapping_add(1);
        let default = self.target(labels.default().0)?;
        let arity = default.label(self.registry).len();
        self.pop(Ty::I32)?;
        for label in labels.iter_with_default() {
            let frame = self.target(label.0)?;
            // A block is looked at once, however many labels name it.
            let place = self.frames.len() - 1 - label.0 as usize;
            let seen = self.frames.get_mut(place).map(|frame| &mut frame.table);
            if seen.is_some_and(|seen| core::mem::replace(seen, self.br_tables) == self.br_tables) {
                continue;
            }
            let types = frame.label(self.registry);
            let fits = types.len() == arity && self.fits(types);
            if !fits {
                return Err(self.mismatch(types));
            }
        }
        self.set_unreachable();
        Ok(())
    }

    #[inline(never)]
    pub(super) fn return_(&mut self) -> Check {
        let outermost = self.frames.len() as u32 - 1;
        let frame = self.target(outermost)?;
        self.take(frame.label(self.registry))?;
        self.set_unreachable();
        Ok(())
    }

    /// The type of a function.
    #[inline(always)]
    fn callee(&mut self, reader: &mut Reader<'_>) -> Check<TypeId> {
        let func = reader.u32()?;
        match self.types.funcs.get(func as usize) {
            Some(&id) => Ok(id),
            None => Err(self.invalid(ErrorKind::UnknownFunc(func))),
        }
    }

    #[inline(always)]
    pub(super) fn call(&mut self, reader: &mut Reader<'_>) -> Check {
        let callee = self.callee(reader)?;
        let (params, results) = self.registry.func(callee.0).unwrap_or_default();
        self.take(params)?;
        self.push_all(results);
        Ok(())
    }

    /// The type of the callee of an indirect call, and that of the table's addresses.
    #[inline(always)]
    fn indirect_callee(&mut self, reader: &mut Reader<'_>) -> Check<(TypeId, Ty)> {
        let callee = reader.call_indirect()?;
        let table = self.table(callee.table.0)?;
        let id = self.func_type(callee.ty)?;
        if !self.registry.matches(table.elem, Ty::FUNCREF) {
            return Err(self.mismatched(Mismatch::FuncTable, &[Ty::FUNCREF], &[table.elem]));
        }
        Ok((id, table.addr))
    }

    #[inline(never)]
    pub(super) fn call_indirect(&mut self, reader: &mut Reader<'_>) -> Check {
        let (callee, address) = self.indirect_callee(reader)?;
        let (params, results) = self.registry.func(callee.0).unwrap_or_default();
        self.take_then(params, address)?;
        self.push_all(results);
        Ok(())
    }

    /// The type that the operand of a call by reference must have, and what it refers to.
    fn referenced_callee(&mut self, reader: &mut Reader<'_>) -> Check<(TypeId, Ty)> {
        let index = reader.ty()?;
        let id = self.func_type(index)?;
        Ok((id, Ty::defined(id.0, true)))
    }

    pub(super) fn call_ref(&mut self, reader: &mut Reader<'_>) -> Check {
        let (callee, reference) = self.referenced_callee(reader)?;
        let (params, results) = self.registry.func(callee.0).unwrap_or_default();
        self.take_then(params, reference)?;
        self.push_all(results);
        Ok(())
    }

    /// Checks that the results of a callee are results of this function.
    fn check_tail_call(&mut self, callee: TypeId) -> Check {
        let results = self.registry.results(callee.0);
        let Some(frame) = self.frames.first().copied() else { return Ok(()) };
        let expected = frame.label(self.registry);
        if !self.registry.all_match(results, expected) {
            return Err(self.mismatched(Mismatch::Callee, expected, results));
        }
        Ok(())
    }

    pub(super) fn return_call(&mut self, reader: &mut Reader<'_>) -> Check {
        let callee = self.callee(reader)?;
        self.check_tail_call(callee)?;
        self.take(self.registry.params(callee.0))?;
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn return_call_indirect(&mut self, reader: &mut Reader<'_>) -> Check {
        let (callee, address) = self.indirect_callee(reader)?;
        self.check_tail_call(callee)?;
        self.take_then(self.registry.params(callee.0), address)?;
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn return_call_ref(&mut self, reader: &mut Reader<'_>) -> Check {
        let (callee, reference) = self.referenced_callee(reader)?;
        self.check_tail_call(callee)?;
        self.take_then(self.registry.params(callee.0), reference)?;
        self.set_unreachable();
        Ok(())
    }

    /// The types of the values of an exception.
    fn tag(&mut self, index: u32) -> Check<&'t [Ty]> {
        match self.types.tags.get(index as usize) {
            Some(id) => Ok(self.registry.params(id.0)),
            None => Err(self.invalid(ErrorKind::UnknownTag(index))),
        }
    }

    pub(super) fn throw(&mut self, reader: &mut Reader<'_>) -> Check {
        let tag = reader.u32()?;
        let values = self.tag(tag)?;
        self.take(values)?;
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn throw_ref(&mut self) -> Check {
        self.pop(Ty::EXNREF)?;
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn try_table(&mut self, reader: &mut Reader<'_>) -> Check {
        let signature = self.block_type(reader)?;
        let catches = reader.catches()?;
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
            let sent = values.len() + usize::from(reference.is_some());
            let matching = wanted.len() == sent
                && values
                    .iter()
                    .chain(&reference)
                    .zip(wanted)
                    .all(|(&a, &b)| self.registry.matches(a, b));
            if !matching {
                let sent: alloc::vec::Vec<Ty> = values.iter().copied().chain(reference).collect();
                return Err(self.mismatched(Mismatch::Catch, &sent, wanted));
            }
        }
        self.open(BlockKind::TryTable, signature);
        self.push_all(params);
        Ok(())
    }

    /// Ends a part of a legacy `try`.
    fn end_try_part(&mut self, kind: BlockKind) -> Check {
        let frame = self.innermost()?;
        if !matches!(frame.kind, BlockKind::Try | BlockKind::Catch) {
            return Err(Malformed::EndExpected.into());
        }
        self.leave(&frame)?;
        self.part(frame, kind);
        Ok(())
    }

    pub(super) fn catch(&mut self, reader: &mut Reader<'_>) -> Check {
        let tag = reader.u32()?;
        self.end_try_part(BlockKind::Catch)?;
        let values = self.tag(tag)?;
        self.push_all(values);
        Ok(())
    }

    pub(super) fn catch_all(&mut self) -> Check {
        self.end_try_part(BlockKind::CatchAll)
    }

    pub(super) fn delegate(&mut self, reader: &mut Reader<'_>) -> Check {
        let label = reader.u32()?;
        let frame = self.innermost()?;
        if frame.kind != BlockKind::Try {
            return Err(Malformed::EndExpected.into());
        }
        // Its label counts from outside of the block that it ends.
        match label.checked_add(1) {
            Some(label) => self.target(label)?,
            None => return Err(self.invalid(ErrorKind::UnknownLabel(label))),
        };
        self.end()
    }

    pub(super) fn rethrow(&mut self, reader: &mut Reader<'_>) -> Check {
        let label = reader.u32()?;
        let frame = self.target(label)?;
        if !matches!(frame.kind, BlockKind::Catch | BlockKind::CatchAll) {
            return Err(self.invalid(ErrorKind::RethrowLabel(label)));
        }
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn br_on_null(&mut self, reader: &mut Reader<'_>) -> Check {
        let label = reader.u32()?;
        let frame = self.target(label)?;
        let types = frame.label(self.registry);
        let reference = self.pop_ref()?;
        self.take(types)?;
        self.push_all(types);
        self.push(reference.nullable(false));
        Ok(())
    }

    pub(super) fn br_on_non_null(&mut self, reader: &mut Reader<'_>) -> Check {
        let label = reader.u32()?;
        let frame = self.target(label)?;
        let types = frame.label(self.registry);
        match types {
            [rest @ .., last] if last.is_ref() => {
                self.take_then(rest, last.nullable(true))?;
                self.push_all(rest);
                Ok(())
            }
            _ => Err(self.mismatched(Mismatch::Label, &[Ty::REF_BOTTOM], types)),
        }
    }

    pub(super) fn br_on_cast(&mut self, reader: &mut Reader<'_>, opcode: Opcode) -> Check {
        let cast = reader.br_cast()?;
        let from = self.reference(cast.from)?;
        let to = self.reference(cast.to)?;
        let frame = self.target(cast.label.0)?;
        let types = frame.label(self.registry);
        // With descriptors, types of one hierarchy suffice.
        let is_lenient = self.types.features.contains(Feature::CustomDescriptors);
        let related = match is_lenient {
            true => self.registry.top(to) == self.registry.top(from),
            false => self.registry.matches(to, from),
        };
        if !related {
            return Err(self.mismatched(Mismatch::Cast, &[from], &[to]));
        }
        // What is left of `from` when the cast to `to` failed.
        let rest = if to.is_nullable() { from.nullable(false) } else { from };
        let (sent, kept) = if opcode == Opcode::BrOnCast { (to, rest) } else { (rest, to) };
        match types {
            [others @ .., last] if self.registry.matches(sent, *last) => {
                self.take_then(others, from)?;
                self.push_all(others);
                self.push(kept);
                Ok(())
            }
            _ => Err(self.mismatched(Mismatch::Label, &[sent], types)),
        }
    }
}
