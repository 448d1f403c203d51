//! Rules of structs and arrays.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#aggregate-instructions>

use wattle_ast::{Reader, Source};

use super::{Check, Checker};
use crate::registry::Structure;
use crate::ty::Ty;
use crate::{ErrorKind, Mismatch};

impl<'t> Checker<'t> {
    /// The struct type that is next, and its fields.
    #[inline]
    fn struct_type(&mut self, reader: &mut Reader<'_>) -> Check<(u32, &'t [Ty])> {
        let index = reader.u32()?;
        match self.types.ids.get(index as usize) {
            Some(id) if self.registry.structure(id.0) == Structure::Struct => {
                Ok((id.0, self.registry.fields(id.0)))
            }
            Some(_) => Err(self.invalid(ErrorKind::NonStructType(index))),
            None => Err(self.invalid(ErrorKind::UnknownType(index))),
        }
    }

    /// The array type that is next, and its elements.
    #[inline]
    fn array_type(&mut self, reader: &mut Reader<'_>) -> Check<(u32, Ty)> {
        let index = reader.u32()?;
        match self.types.ids.get(index as usize) {
            Some(id) => match (self.registry.structure(id.0), self.registry.fields(id.0)) {
                (Structure::Array, [field]) => Ok((id.0, *field)),
                _ => Err(self.invalid(ErrorKind::NonArrayType(index))),
            },
            None => Err(self.invalid(ErrorKind::UnknownType(index))),
        }
    }

    pub(super) fn struct_new(&mut self, reader: &mut Reader<'_>, explicit: bool) -> Check {
        let (id, fields) = self.struct_type(reader)?;
        if explicit {
            let mut operands = core::mem::take(&mut self.scratch);
            operands.clear();
            operands.extend(fields.iter().map(|field| field.without_flag().unpacked()));
            let taken = self.take(&operands);
            self.scratch = operands;
            taken?;
        } else if !fields.iter().all(|field| field.is_defaultable()) {
            return Err(self.invalid(ErrorKind::FieldNotDefaultable));
        }
        self.push(Ty::defined(id, false));
        Ok(())
    }

    /// The struct type and the field that are next.
    #[inline]
    fn field(&mut self, reader: &mut Reader<'_>) -> Check<(u32, u32, Ty)> {
        let (id, fields) = self.struct_type(reader)?;
        let field = reader.u32()?;
        match fields.get(field as usize) {
            Some(&ty) => Ok((id, field, ty)),
            None => Err(self.invalid(ErrorKind::UnknownField(field))),
        }
    }

    pub(super) fn struct_get(&mut self, reader: &mut Reader<'_>, extends: bool) -> Check {
        let (id, _, ty) = self.field(reader)?;
        let ty = ty.without_flag();
        if ty.is_packed() != extends {
            return Err(self.invalid(ErrorKind::FieldPacking { packed: ty.is_packed() }));
        }
        self.pop(Ty::defined(id, true))?;
        self.push(ty.unpacked());
        Ok(())
    }

    pub(super) fn struct_set(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, field, ty) = self.field(reader)?;
        if !ty.has_flag() {
            return Err(self.invalid(ErrorKind::ImmutableField(field)));
        }
        self.take(&[Ty::defined(id, true), ty.without_flag().unpacked()])
    }

    pub(super) fn array_new(&mut self, reader: &mut Reader<'_>, explicit: bool) -> Check {
        let (id, elem) = self.array_type(reader)?;
        if explicit {
            self.take(&[elem.without_flag().unpacked(), Ty::I32])?;
        } else if elem.is_defaultable() {
            self.pop(Ty::I32)?;
        } else {
            return Err(self.invalid(ErrorKind::ArrayNotDefaultable));
        }
        self.push(Ty::defined(id, false));
        Ok(())
    }

    pub(super) fn array_new_fixed(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        let len = reader.array_len()?.0;
        let most = self.types.limits.array_operands;
        if len > most {
            return Err(self.invalid(ErrorKind::Limit("operands", most.into())));
        }
        let elem = elem.without_flag().unpacked();
        for _ in 0..len {
            // Once there are no operands left in unreachable code, all the rest are there.
            if self.block_operands().is_empty() && self.is_unreachable() {
                break;
            }
            self.pop(elem)?;
        }
        self.push(Ty::defined(id, false));
        Ok(())
    }

    /// Checks that elements can be made of bytes.
    fn check_plain(&mut self, elem: Ty) -> Check {
        if elem.without_flag().is_ref() {
            return Err(self.invalid(ErrorKind::ArrayNotPlain));
        }
        Ok(())
    }

    /// Checks that elements can be made of those of a segment.
    fn check_segment(&mut self, elem: Ty, segment: Ty) -> Check {
        let elem = elem.without_flag().unpacked();
        if !self.registry.matches(segment, elem) {
            return Err(self.mismatched(Mismatch::Segment, &[elem], &[segment]));
        }
        Ok(())
    }

    fn check_mutable(&mut self, elem: Ty) -> Check {
        if elem.has_flag() { Ok(()) } else { Err(self.invalid(ErrorKind::ImmutableArray)) }
    }

    pub(super) fn array_new_data(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        let data = reader.u32()?;
        self.data(data)?;
        self.check_plain(elem)?;
        self.take(&[Ty::I32, Ty::I32])?;
        self.push(Ty::defined(id, false));
        Ok(())
    }

    pub(super) fn array_new_elem(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        let segment = reader.u32()?;
        let segment = self.elem(segment)?;
        self.check_segment(elem, segment)?;
        self.take(&[Ty::I32, Ty::I32])?;
        self.push(Ty::defined(id, false));
        Ok(())
    }

    pub(super) fn array_get(&mut self, reader: &mut Reader<'_>, extends: bool) -> Check {
        let (id, elem) = self.array_type(reader)?;
        let elem = elem.without_flag();
        if elem.is_packed() != extends {
            return Err(self.invalid(ErrorKind::ArrayPacking { packed: elem.is_packed() }));
        }
        self.take(&[Ty::defined(id, true), Ty::I32])?;
        self.push(elem.unpacked());
        Ok(())
    }

    pub(super) fn array_set(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        self.check_mutable(elem)?;
        self.take(&[Ty::defined(id, true), Ty::I32, elem.without_flag().unpacked()])
    }

    pub(super) fn array_fill(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        self.check_mutable(elem)?;
        self.take(&[Ty::defined(id, true), Ty::I32, elem.without_flag().unpacked(), Ty::I32])
    }

    pub(super) fn array_copy(&mut self, reader: &mut Reader<'_>) -> Check {
        let (dst, to) = self.array_type(reader)?;
        let (src, from) = self.array_type(reader)?;
        self.check_mutable(to)?;
        if !self.registry.matches(from.without_flag(), to.without_flag()) {
            return Err(self.invalid(ErrorKind::ArrayTypes));
        }
        self.take(&[Ty::defined(dst, true), Ty::I32, Ty::defined(src, true), Ty::I32, Ty::I32])
    }

    pub(super) fn array_init_data(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        let data = reader.u32()?;
        self.check_mutable(elem)?;
        self.data(data)?;
        self.check_plain(elem)?;
        self.take(&[Ty::defined(id, true), Ty::I32, Ty::I32, Ty::I32])
    }

    pub(super) fn array_init_elem(&mut self, reader: &mut Reader<'_>) -> Check {
        let (id, elem) = self.array_type(reader)?;
        let segment = reader.u32()?;
        self.check_mutable(elem)?;
        let segment = self.elem(segment)?;
        self.check_segment(elem, segment)?;
        self.take(&[Ty::defined(id, true), Ty::I32, Ty::I32, Ty::I32])
    }
}
