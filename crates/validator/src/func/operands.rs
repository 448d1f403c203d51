//! What rules do with the operand stack, and the rules that do little more.

use wattle_ast::{Feature, Opcode, SelectTypes};

use super::stack::{BlockKind, Frame, Signature};
use super::{Check, Checker};
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

impl<'t> Checker<'_, 't> {
    #[inline(always)]
    pub(super) fn push(&mut self, ty: Ty) {
        self.operands.push(ty);
    }

    #[inline(always)]
    pub(super) fn push_all(&mut self, types: &[Ty]) {
        self.operands.push_all(types);
    }

    /// The operands of the innermost block.
    pub(super) fn block_operands(&self) -> &[Ty] {
        self.operands.get(self.height + 1..).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn is_unreachable(&self) -> bool {
        self.operands.get(self.height) == Some(&Ty::UNREACHABLE)
    }

    /// Opens a block whose parameters are not on the stack yet.
    #[inline(always)]
    pub(super) fn open(&mut self, kind: BlockKind, signature: Signature) {
        self.height = self.operands.len();
        let sets = self.locals.sets();
        self.frames.push(Frame { kind, signature, height: self.height as u32, sets, table: 0 });
        self.push(Ty::BARRIER);
    }

    /// The end of the innermost block cannot be reached: any operands may be there.
    #[inline(always)]
    pub(super) fn set_unreachable(&mut self) {
        self.operands.truncate(self.height);
        self.push(Ty::UNREACHABLE);
    }

    /// Takes an operand that matches `want`.
    #[inline(always)]
    pub(super) fn pop(&mut self, want: Ty) -> Check {
        match self.operands.last() {
            // Markers match nothing.
            Some(&top) if self.registry.matches(top, want) => {
                self.operands.pop();
                Ok(())
            }
            _ => self.take_slow(&[want]),
        }
    }

    /// Takes operands that match `want`, the deepest first.
    #[inline(always)]
    pub(super) fn take(&mut self, want: &[Ty]) -> Check {
        if let Some(below) = self.operands.len().checked_sub(want.len())
            && let Some(top) = self.operands.get(below..)
            && top.iter().zip(want).all(|(&top, &want)| self.registry.matches(top, want))
        {
            self.operands.truncate(below);
            return Ok(());
        }
        self.take_slow(want)
    }

    /// Takes what matches `want` in code that cannot be reached, or fails.
    #[inline(never)]
    pub(super) fn take_slow(&mut self, want: &[Ty]) -> Check {
        match self.fitting(want) {
            Some(count) => {
                self.operands.truncate(self.operands.len() - count);
                Ok(())
            }
            None => Err(self.mismatch(want)),
        }
    }

    /// How many operands there are to match `want`, if they do.
    /// Whether the topmost operands match `want`.
    pub(super) fn fits(&self, want: &[Ty]) -> bool {
        self.fitting(want).is_some()
    }

    fn fitting(&self, want: &[Ty]) -> Option<usize> {
        let have = self.block_operands();
        let count = want.len().min(have.len());
        if count < want.len() && !self.is_unreachable() {
            return None;
        }
        let (have, want) = (have.iter().rev(), want.iter().rev());
        have.zip(want).all(|(&have, &want)| self.registry.matches(have, want)).then_some(count)
    }

    /// Takes operands that match `want`, and then `last` on top of them.
    #[inline(always)]
    pub(super) fn take_then(&mut self, want: &[Ty], last: Ty) -> Check {
        if let [rest @ .., top] = &self.operands[..]
            && self.registry.matches(*top, last)
            && let Some(below) = rest.len().checked_sub(want.len())
            && let Some(rest) = rest.get(below..)
            && rest.iter().zip(want).all(|(&top, &want)| self.registry.matches(top, want))
        {
            self.operands.truncate(below);
            return Ok(());
        }
        self.take_then_slow(want, last)
    }

    #[inline(never)]
    fn take_then_slow(&mut self, want: &[Ty], last: Ty) -> Check {
        let mut all = core::mem::take(self.scratch);
        all.clear();
        all.extend_from_slice(want);
        all.push(last);
        let taken = self.take_slow(&all);
        *self.scratch = all;
        taken
    }

    /// Takes an operand of any type.
    #[inline(always)]
    pub(super) fn pop_any(&mut self) -> Check<Ty> {
        match self.operands.last() {
            Some(&ty) if ty != Ty::BARRIER && ty != Ty::UNREACHABLE => {
                self.operands.pop();
                Ok(ty)
            }
            _ => self.pop_nothing(),
        }
    }

    #[cold]
    fn pop_nothing(&mut self) -> Check<Ty> {
        if self.is_unreachable() { Ok(Ty::BOTTOM) } else { Err(self.mismatch(&[Ty::BOTTOM])) }
    }

    /// Takes a reference; an unknown operand is taken for `(ref bot)`.
    #[inline(always)]
    pub(super) fn pop_ref(&mut self) -> Check<Ty> {
        match self.pop_any()? {
            ty if ty.is_ref() => Ok(ty),
            Ty::BOTTOM => Ok(Ty::REF_BOTTOM),
            ty => {
                self.push(ty);
                Err(self.mismatched(Mismatch::Reference, &[], &[ty]))
            }
        }
    }

    /// The type of a global, flagged when mutable.
    #[inline(always)]
    pub(super) fn global(&mut self, index: u32) -> Check<Ty> {
        match self.types.globals.get(index as usize) {
            Some(&ty) => Ok(ty),
            None => Err(self.invalid(ErrorKind::UnknownGlobal(index))),
        }
    }

    /// The type of a local, flagged while unset.
    fn local(&mut self, index: u32) -> Check<Ty> {
        match self.locals.flat.get(index as usize).copied().or_else(|| self.locals.far(index)) {
            Some(ty) => Ok(ty),
            None => Err(self.invalid(ErrorKind::UnknownLocal(index))),
        }
    }

    #[inline(never)]
    pub(super) fn local_get(&mut self, index: u32) -> Check {
        let ty = self.local(index)?;
        if ty.has_flag() {
            return Err(self.invalid(ErrorKind::UninitializedLocal(index)));
        }
        self.push(ty);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn local_set(&mut self, index: u32) -> Check {
        let ty = self.local(index)?;
        self.pop(ty.without_flag())?;
        if ty.has_flag() {
            self.locals.set(index);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn local_tee(&mut self, index: u32) -> Check {
        self.local_set(index)?;
        let ty = self.local(index)?;
        self.push(ty);
        Ok(())
    }

    /// `select` without types: both operands are numbers or vectors of one type.
    #[inline(always)]
    pub(super) fn select(&mut self) -> Check {
        if let [.., a, b, Ty::I32] = self.operands[..]
            && a == b
            && a.is_plain()
        {
            self.operands.truncate(self.operands.len() - 2);
            return Ok(());
        }
        self.select_slow()
    }

    #[inline(never)]
    fn select_slow(&mut self) -> Check {
        self.pop(Ty::I32)?;
        let b = self.pop_any()?;
        let a = self.pop_any()?;
        for ty in [a, b] {
            if !ty.is_plain() {
                return Err(self.mismatched(Mismatch::Plain, &[], &[ty]));
            }
        }
        let ty = if a == Ty::BOTTOM { b } else { a };
        if b != ty && b != Ty::BOTTOM {
            return Err(self.mismatched(Mismatch::Operands, &[a, a, Ty::I32], &[a, b, Ty::I32]));
        }
        self.push(ty);
        Ok(())
    }

    pub(super) fn select_typed(&mut self, types: SelectTypes<'_>) -> Check {
        if types.len() != 1 {
            return Err(self.invalid(ErrorKind::ResultArity));
        }
        for ty in types.iter() {
            let ty = self.value(ty)?;
            self.take(&[ty, ty, Ty::I32])?;
            self.push(ty);
        }
        Ok(())
    }

    /// Whether an instruction may stand in a constant expression.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions>
    #[inline(always)]
    pub(super) fn check_constant(&mut self, opcode: Opcode) -> Check {
        match opcode {
            Opcode::I32Const
            | Opcode::I64Const
            | Opcode::F32Const
            | Opcode::F64Const
            | Opcode::V128Const
            | Opcode::GlobalGet
            | Opcode::RefNull
            | Opcode::RefFunc
            | Opcode::RefI31
            | Opcode::StructNew
            | Opcode::StructNewDefault
            | Opcode::ArrayNew
            | Opcode::ArrayNewDefault
            | Opcode::ArrayNewFixed
            | Opcode::AnyConvertExtern
            | Opcode::ExternConvertAny
            | Opcode::End => Ok(()),
            Opcode::I32Add
            | Opcode::I32Sub
            | Opcode::I32Mul
            | Opcode::I64Add
            | Opcode::I64Sub
            | Opcode::I64Mul => {
                if !self.types.features.contains(Feature::ExtendedConst) {
                    return Err(self.disabled(ErrorKind::NotConstant, Feature::ExtendedConst));
                }
                Ok(())
            }
            _ => Err(self.invalid(ErrorKind::NotConstant)),
        }
    }

    /// Whether `global.get` of a global may stand in a constant expression.
    pub(super) fn check_constant_global(&mut self, index: u32, ty: Ty) -> Check {
        if ty.has_flag() {
            return Err(self.invalid(ErrorKind::NotConstant));
        }
        if index >= self.types.imported_globals && !self.types.features.contains(Feature::Gc) {
            return Err(self.disabled(ErrorKind::NotConstant, Feature::Gc));
        }
        Ok(())
    }
}
