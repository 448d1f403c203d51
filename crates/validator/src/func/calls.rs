//! Rules of calls.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions>

use wattle_ast::Source;

use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::registry::TypeId;
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

impl<M: Mode> Checker<'_, '_, M> {
    /// Reads a function index and returns the type of the function.
    #[inline(always)]
    fn callee(&mut self) -> Check<M, TypeId> {
        let func = self.index()?;
        match self.types.funcs.get(func as usize) {
            Some(&id) => Ok(id),
            None => Err(ErrorKind::UnknownFunc(func).into()),
        }
    }

    #[inline(always)]
    pub(super) fn call(&mut self) -> Check<M> {
        let callee = self.callee()?;
        let (params, results) = self.registry.func(callee.0).unwrap_or_default();
        self.apply(params, results)
    }

    /// Reads the immediates of an indirect call: the type of the callee, and the address type of
    /// the table.
    #[inline(always)]
    fn indirect_callee(&mut self) -> Check<M, (TypeId, Ty)> {
        let callee = self.reader.call_indirect()?;
        let table = self.table(callee.table.0)?;
        let id = self.types.func_type_id(callee.ty)?;
        if !self.registry.matches(table.elem, Ty::FUNCREF) {
            return Err(self.mismatch(Mismatch::FuncTable, &[Ty::FUNCREF], &[table.elem]));
        }
        Ok((id, table.addr))
    }

    #[inline(always)]
    pub(super) fn call_indirect(&mut self) -> Check<M> {
        let (callee, address) = self.indirect_callee()?;
        self.call_through(callee, address)
    }

    /// Reads the immediate of a call by reference: the type of the callee, and that of the
    /// reference.
    #[inline(always)]
    fn referenced_callee(&mut self) -> Check<M, (TypeId, Ty)> {
        let id = self.reader.ty()?;
        let id = self.types.func_type_id(id)?;
        Ok((id, Ty::defined(id.0, true)))
    }

    #[inline(always)]
    pub(super) fn call_ref(&mut self) -> Check<M> {
        let (callee, reference) = self.referenced_callee()?;
        self.call_through(callee, reference)
    }

    /// Checks a call whose callee is chosen by an operand of type `last`.
    #[inline(always)]
    fn call_through(&mut self, callee: TypeId, last: Ty) -> Check<M> {
        let (params, results) = self.registry.func(callee.0).unwrap_or_default();
        self.take_then(params, last)?;
        self.push_all(results)
    }

    /// Checks that the results of a callee match the results of this function.
    fn check_tail_call(&self, callee: TypeId) -> Check<M> {
        let results = self.registry.results(callee.0);
        let Some(frame) = self.frames.first() else { return Ok(()) };
        let expected = frame.label(self.registry);
        if !self.registry.all_match(results, expected) {
            return Err(self.mismatch(Mismatch::Callee, expected, results));
        }
        Ok(())
    }

    pub(super) fn return_call(&mut self) -> Check<M> {
        let callee = self.callee()?;
        self.check_tail_call(callee)?;
        self.take(self.registry.params(callee.0))?;
        self.set_unreachable()
    }

    pub(super) fn return_call_indirect(&mut self) -> Check<M> {
        let (callee, address) = self.indirect_callee()?;
        self.return_through(callee, address)
    }

    pub(super) fn return_call_ref(&mut self) -> Check<M> {
        let (callee, reference) = self.referenced_callee()?;
        self.return_through(callee, reference)
    }

    /// Checks a tail call whose callee is chosen by an operand of type `last`.
    fn return_through(&mut self, callee: TypeId, last: Ty) -> Check<M> {
        self.check_tail_call(callee)?;
        self.take_then(self.registry.params(callee.0), last)?;
        self.set_unreachable()
    }
}
