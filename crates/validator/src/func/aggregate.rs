//! Rules of structs and arrays.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#aggregate-instructions>

use alloc::vec::Vec;

use wattle_ast::Source;

use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::registry::Structure;
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

impl<'t, M: Mode> Checker<'_, 't, M> {
    /// Reads the index of a struct type; also returns its fields.
    #[inline(always)]
    fn struct_type(&mut self) -> Check<M, (u32, &'t [Ty])> {
        let index = self.index()?;
        match self.types.ids.get(index as usize) {
            Some(id) if self.registry.structure(id.0) == Structure::Struct => {
                Ok((id.0, self.registry.fields(id.0)))
            }
            Some(_) => Err(ErrorKind::NonStructType(index).into()),
            None => Err(ErrorKind::UnknownType(index).into()),
        }
    }

    /// Reads the index of an array type; also returns the type of its elements.
    #[inline(always)]
    fn array_type(&mut self) -> Check<M, (u32, Ty)> {
        let index = self.index()?;
        match self.types.ids.get(index as usize) {
            Some(id) => match (self.registry.structure(id.0), self.registry.fields(id.0)) {
                (Structure::Array, [field]) => Ok((id.0, *field)),
                _ => Err(ErrorKind::NonArrayType(index).into()),
            },
            None => Err(ErrorKind::UnknownType(index).into()),
        }
    }

    #[inline(always)]
    pub(super) fn struct_new(&mut self) -> Check<M> {
        let (id, fields) = self.struct_type()?;
        let unpacked = |field: &Ty| field.without_flag().unpacked();
        let base = self.operands.len().wrapping_sub(fields.len());
        match self.operands.from(base) {
            Some(have) if self.registry.each_matches_by(have, fields, unpacked) => {
                self.operands.truncate(base);
            }
            _ => {
                M::full_only()?;
                self.take_unreachable(&fields.iter().map(unpacked).collect::<Vec<Ty>>())?;
            }
        }
        self.push(Ty::defined(id, false))
    }

    pub(super) fn struct_new_default(&mut self) -> Check<M> {
        let (id, fields) = self.struct_type()?;
        if !fields.iter().all(|field| field.is_defaultable()) {
            return Err(ErrorKind::FieldNotDefaultable.into());
        }
        self.push(Ty::defined(id, false))
    }

    /// Reads the indices of a struct type and a field; also returns the type of the field.
    #[inline(always)]
    fn field(&mut self) -> Check<M, (u32, u32, Ty)> {
        let (id, fields) = self.struct_type()?;
        let field = self.index()?;
        match fields.get(field as usize) {
            Some(&ty) => Ok((id, field, ty)),
            None => Err(ErrorKind::UnknownField(field).into()),
        }
    }

    #[inline(always)]
    pub(super) fn struct_get(&mut self, extends: bool) -> Check<M> {
        let (id, _, ty) = self.field()?;
        let ty = ty.without_flag();
        if ty.is_packed() != extends {
            return Err(ErrorKind::FieldPacking { packed: ty.is_packed() }.into());
        }
        self.pop(Ty::defined(id, true))?;
        self.push(ty.unpacked())
    }

    #[inline(always)]
    pub(super) fn struct_set(&mut self) -> Check<M> {
        let (id, field, ty) = self.field()?;
        if !ty.has_flag() {
            return Err(ErrorKind::ImmutableField(field).into());
        }
        self.take(&[Ty::defined(id, true), ty.without_flag().unpacked()])
    }

    pub(super) fn array_new(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        self.apply(&[elem.without_flag().unpacked(), Ty::I32], &[Ty::defined(id, false)])
    }

    pub(super) fn array_new_default(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        if !elem.is_defaultable() {
            return Err(ErrorKind::ArrayNotDefaultable.into());
        }
        self.apply(&[Ty::I32], &[Ty::defined(id, false)])
    }

    #[inline(always)]
    pub(super) fn array_new_fixed(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        let len = self.reader.array_len()?.0;
        let most = self.types.limits.array_operands;
        if len > most {
            return Err(ErrorKind::Limit("operands", most.into()).into());
        }
        let elem = elem.without_flag().unpacked();
        for _ in 0..len {
            // In unreachable code, all operands below the known ones match.
            if self.operands.top() == Some(Ty::UNREACHABLE) {
                break;
            }
            self.pop(elem)?;
        }
        self.push(Ty::defined(id, false))
    }

    /// Checks that elements can be made from bytes.
    fn check_no_references(&mut self, elem: Ty) -> Check<M> {
        if elem.without_flag().is_ref() {
            return Err(ErrorKind::ArrayOfReferences.into());
        }
        Ok(())
    }

    /// Checks that elements can be made from those of a segment.
    fn check_segment(&mut self, elem: Ty, segment: Ty) -> Check<M> {
        let elem = elem.without_flag().unpacked();
        if !self.registry.matches(segment, elem) {
            return Err(self.mismatch(Mismatch::Segment, &[elem], &[segment]));
        }
        Ok(())
    }

    #[inline(always)]
    fn check_mutable(&mut self, elem: Ty) -> Check<M> {
        if elem.has_flag() { Ok(()) } else { Err(ErrorKind::ImmutableArray.into()) }
    }

    pub(super) fn array_new_data(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        let data = self.index()?;
        self.data(data)?;
        self.check_no_references(elem)?;
        self.take(&[Ty::I32, Ty::I32])?;
        self.push(Ty::defined(id, false))
    }

    pub(super) fn array_new_elem(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        let segment = self.index()?;
        let segment = self.elem(segment)?;
        self.check_segment(elem, segment)?;
        self.take(&[Ty::I32, Ty::I32])?;
        self.push(Ty::defined(id, false))
    }

    #[inline(always)]
    pub(super) fn array_get(&mut self, extends: bool) -> Check<M> {
        let (id, elem) = self.array_type()?;
        let elem = elem.without_flag();
        if elem.is_packed() != extends {
            return Err(ErrorKind::ArrayPacking { packed: elem.is_packed() }.into());
        }
        self.take(&[Ty::defined(id, true), Ty::I32])?;
        self.push(elem.unpacked())
    }

    #[inline(always)]
    pub(super) fn array_set(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        self.check_mutable(elem)?;
        self.take(&[Ty::defined(id, true), Ty::I32, elem.without_flag().unpacked()])
    }

    pub(super) fn array_fill(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        self.check_mutable(elem)?;
        self.take(&[Ty::defined(id, true), Ty::I32, elem.without_flag().unpacked(), Ty::I32])
    }

    pub(super) fn array_copy(&mut self) -> Check<M> {
        let (dst, to) = self.array_type()?;
        let (src, from) = self.array_type()?;
        self.check_mutable(to)?;
        if !self.registry.matches(from.without_flag(), to.without_flag()) {
            return Err(ErrorKind::ArrayTypes.into());
        }
        self.take(&[Ty::defined(dst, true), Ty::I32, Ty::defined(src, true), Ty::I32, Ty::I32])
    }

    pub(super) fn array_init_data(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        let data = self.index()?;
        self.check_mutable(elem)?;
        self.data(data)?;
        self.check_no_references(elem)?;
        self.take(&[Ty::defined(id, true), Ty::I32, Ty::I32, Ty::I32])
    }

    pub(super) fn array_init_elem(&mut self) -> Check<M> {
        let (id, elem) = self.array_type()?;
        let segment = self.index()?;
        self.check_mutable(elem)?;
        let segment = self.elem(segment)?;
        self.check_segment(elem, segment)?;
        self.take(&[Ty::defined(id, true), Ty::I32, Ty::I32, Ty::I32])
    }
}
