//! Rules of references.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#reference-instructions>

use wattle_ast::{AbsHeapType, HeapType, Opcode, Reader, RefType, Source};

use super::{Check, Checker};
use crate::ErrorKind;
use crate::ty::Ty;

impl<'t> Checker<'_, 't> {
    /// A reference type that an instruction names.
    #[inline]
    pub(super) fn reference(&mut self, ty: RefType) -> Check<Ty> {
        self.types.reference(ty).map_err(|why| self.unusable(why))
    }

    /// A heap type that an instruction names, as the reference to it. What brought the
    /// instruction brought non-null references too.
    #[inline]
    fn heap(&mut self, heap: HeapType, nullable: bool) -> Check<Ty> {
        self.reference(RefType::null(heap)).map(|ty| ty.nullable(nullable))
    }

    pub(super) fn ref_null(&mut self, reader: &mut Reader<'_>) -> Check {
        let heap = reader.heap_type()?;
        let ty = self.heap(heap, true)?;
        self.push(ty);
        Ok(())
    }

    pub(super) fn ref_is_null(&mut self) -> Check {
        self.pop_ref()?;
        self.push(Ty::I32);
        Ok(())
    }

    pub(super) fn ref_as_non_null(&mut self) -> Check {
        let ty = self.pop_ref()?;
        self.push(ty.nullable(false));
        Ok(())
    }

    /// In a constant expression it declares the function, elsewhere that must have been done.
    pub(super) fn ref_func<const CONST: bool>(&mut self, reader: &mut Reader<'_>) -> Check {
        let func = reader.u32()?;
        let Some(id) = self.types.funcs.get(func as usize) else {
            return Err(self.invalid(ErrorKind::UnknownFunc(func)));
        };
        if CONST {
            self.declared.push(func);
        } else if !self.types.is_declared(func) {
            return Err(self.invalid(ErrorKind::UndeclaredFunc(func)));
        }
        self.push(Ty::defined(id.0, false));
        Ok(())
    }

    fn target_type(&mut self, reader: &mut Reader<'_>, nullable: bool) -> Check<Ty> {
        let heap = reader.heap_type()?;
        let ty = self.heap(heap, nullable)?;
        self.pop(self.registry.top(ty))?;
        Ok(ty)
    }

    pub(super) fn ref_test(&mut self, reader: &mut Reader<'_>, nullable: bool) -> Check {
        self.target_type(reader, nullable)?;
        self.push(Ty::I32);
        Ok(())
    }

    pub(super) fn ref_cast(&mut self, reader: &mut Reader<'_>, nullable: bool) -> Check {
        let ty = self.target_type(reader, nullable)?;
        self.push(ty);
        Ok(())
    }

    /// `any.convert_extern` and `extern.convert_any` keep nullability.
    pub(super) fn convert(&mut self, opcode: Opcode) -> Check {
        let (from, to) = match opcode {
            Opcode::AnyConvertExtern => (AbsHeapType::Extern, AbsHeapType::Any),
            _ => (AbsHeapType::Any, AbsHeapType::Extern),
        };
        let operand = self.pop_ref()?;
        let nullable = operand.is_nullable();
        self.push(operand);
        self.pop(Ty::abs(from, nullable))?;
        self.push(Ty::abs(to, nullable));
        Ok(())
    }
}
