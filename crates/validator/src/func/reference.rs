//! Rules of references.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#reference-instructions>

use wattle_ast::{AbsHeapType, HeapType, Opcode, RefType, Source};

use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::ErrorKind;
use crate::ty::Ty;

impl<M: Mode> Checker<'_, '_, M> {
    #[inline(always)]
    fn heap_type(&mut self) -> Check<M, HeapType> {
        if let Some(ty) = self.reader.compact_heap_type() {
            return Ok(ty);
        }
        M::full_only()?;
        Ok(self.reader.heap_type()?)
    }

    /// The reference to a heap type that an instruction names. The feature of the instruction
    /// includes non-null references, so these need no check.
    #[inline(always)]
    fn heap(&self, heap: HeapType, nullable: bool) -> Check<M, Ty> {
        Ok(self.types.reference(RefType::null(heap))?.nullable(nullable))
    }

    #[inline(always)]
    pub(super) fn ref_null(&mut self) -> Check<M> {
        let heap = self.heap_type()?;
        let ty = self.heap(heap, true)?;
        self.push(ty)
    }

    #[inline(always)]
    pub(super) fn ref_is_null(&mut self) -> Check<M> {
        self.pop_ref()?;
        self.push(Ty::I32)
    }

    #[inline(always)]
    pub(super) fn ref_as_non_null(&mut self) -> Check<M> {
        let ty = self.pop_ref()?;
        self.push(ty.nullable(false))
    }

    /// Checks `ref.func`. In a constant expression, the instruction declares the function.
    /// Elsewhere the function must be declared already.
    #[inline(always)]
    pub(super) fn ref_func(&mut self) -> Check<M> {
        let func = self.index()?;
        let Some(id) = self.types.funcs.get(func as usize) else {
            return Err(ErrorKind::UnknownFunc(func).into());
        };
        if !self.is_constant && !self.types.is_declared(func) {
            return Err(ErrorKind::UndeclaredFunc(func).into());
        }
        self.push(Ty::defined(id.0, false))?;
        if self.is_constant {
            self.declared.push(func);
        }
        Ok(())
    }

    #[inline(always)]
    fn target_type(&mut self, nullable: bool) -> Check<M, Ty> {
        let heap = self.heap_type()?;
        let ty = self.heap(heap, nullable)?;
        self.pop(self.registry.top(ty))?;
        Ok(ty)
    }

    #[inline(always)]
    pub(super) fn ref_test(&mut self, nullable: bool) -> Check<M> {
        self.target_type(nullable)?;
        self.push(Ty::I32)
    }

    #[inline(always)]
    pub(super) fn ref_cast(&mut self, nullable: bool) -> Check<M> {
        let ty = self.target_type(nullable)?;
        self.push(ty)
    }

    /// Checks `any.convert_extern` or `extern.convert_any`, which keeps nullability.
    pub(super) fn convert(&mut self, opcode: Opcode) -> Check<M> {
        let (from, to) = match opcode {
            Opcode::AnyConvertExtern => (AbsHeapType::Extern, AbsHeapType::Any),
            _ => (AbsHeapType::Any, AbsHeapType::Extern),
        };
        let operand = self.pop_ref()?;
        let nullable = operand.is_nullable();
        self.push(operand)?;
        self.pop(Ty::abs(from, nullable))?;
        self.push(Ty::abs(to, nullable))
    }
}
