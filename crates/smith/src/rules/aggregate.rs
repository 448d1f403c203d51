//! Rules of structs and arrays.
//!
//! Without traps, references are never null, and all arrays are so long that an index of two bits
//! is within.

use wattle_ast::Opcode;

use crate::ty::Ty;
use crate::types::ARRAY_LEN;
use crate::world::{Gen, Segment, Structure};

const INDEX_MASK: i64 = ARRAY_LEN as i64 - 1;
/// How many cases of 256 go up to the very end of an array.
const EDGES: u16 = 40;
/// How many copies of 256 are within an array.
const OVERLAPS: u16 = 80;

impl Gen<'_, '_> {
    /// The reference to a type that an instruction takes.
    fn aggregate(&mut self, index: u32) -> Ty {
        Ty::defined(index, self.risks())
    }

    /// A type that a value can be made of, in a random order, that fits.
    pub(crate) fn type_with(&mut self, fits: impl Fn(&Self, u32) -> bool) -> Option<u32> {
        let count = self.types.len() as u32;
        let start = self.entropy.below(count as usize) as u32;
        (start..count)
            .chain(0..start)
            .find(|&index| self.is_inhabited(Ty::defined(index, false)) && fits(self, index))
    }

    pub(crate) fn elem_of(&self, index: u32) -> Ty {
        self.def(index).map_or(Ty::I32, |def| self.at(def.params, 0))
    }

    pub(super) fn struct_new(&mut self, opcode: Opcode) -> bool {
        let explicit = opcode == Opcode::StructNew;
        let fits = |gen_: &Self, index| {
            gen_.def(index).is_some_and(|def| {
                def.structure == Structure::Struct && (explicit || gen_.is_defaultable(def.params))
            })
        };
        let Some(index) = self.type_with(fits) else { return false };
        let Some(def) = self.def(index) else { return false };
        if explicit {
            self.operands_run(def.params, &[]);
        }
        self.op_index(opcode, index);
        self.push(Ty::defined(index, false));
        true
    }

    /// A struct type and a field of it that fits.
    fn some_field(&mut self, fits: impl Fn(Ty) -> bool) -> Option<(u32, u32, Ty)> {
        let index = self.type_with(|gen_, index| {
            gen_.is_structure(index, Structure::Struct)
                && gen_
                    .def(index)
                    .is_some_and(|def| gen_.run(def.params).iter().any(|&ty| fits(ty)))
        })?;
        let fields = self.def(index)?.params;
        let start = self.entropy.below(fields.len as usize) as u32;
        let field =
            (start..fields.len).chain(0..start).find(|&field| fits(self.at(fields, field)))?;
        Some((index, field, self.at(fields, field)))
    }

    pub(super) fn struct_get(&mut self, opcode: Opcode) -> bool {
        let extends = opcode != Opcode::StructGet;
        let found = self.some_field(|ty| ty.is_packed() == extends);
        let Some((index, field, ty)) = found else { return false };
        let reference = self.aggregate(index);
        self.operands(&[reference]);
        self.op_index(opcode, index);
        self.index(field);
        self.push(ty.unpacked());
        true
    }

    pub(super) fn struct_set(&mut self) -> bool {
        let Some((index, field, ty)) = self.some_field(Ty::is_mutable) else { return false };
        let reference = self.aggregate(index);
        self.operands(&[reference, ty.unpacked()]);
        self.op_index(Opcode::StructSet, index);
        self.index(field);
        true
    }

    fn some_array(&mut self, fits: impl Fn(Ty) -> bool) -> Option<(u32, Ty)> {
        let index = self.type_with(|gen_, index| {
            gen_.is_structure(index, Structure::Array) && fits(gen_.elem_of(index))
        })?;
        Some((index, self.elem_of(index)))
    }

    /// Leaves a length that is long enough.
    fn length(&mut self) {
        self.small(Ty::I32, 4);
        self.i32_const(ARRAY_LEN as i32);
        self.op(Opcode::I32Add);
    }

    pub(super) fn array_new(&mut self, opcode: Opcode) -> bool {
        let by_default = opcode == Opcode::ArrayNewDefault;
        let found = self.some_array(|ty| !by_default || ty.is_defaultable());
        let Some((index, elem)) = found else { return false };
        let elem = elem.unpacked();
        match opcode {
            Opcode::ArrayNewDefault => {
                self.length();
                self.pop();
                self.op_index(opcode, index);
            }
            Opcode::ArrayNew => {
                self.operands(&[elem]);
                self.length();
                self.pop();
                self.op_index(opcode, index);
            }
            _ => {
                let len = ARRAY_LEN + self.entropy.below(3) as u32;
                self.operands_by(len as usize, |_, _| elem);
                self.op_index(opcode, index);
                self.index(len);
            }
        }
        self.push(Ty::defined(index, false));
        true
    }

    /// From a data or element segment.
    pub(super) fn array_new_segment(&mut self, opcode: Opcode) -> bool {
        let of_data = opcode == Opcode::ArrayNewData;
        // Of types that a segment fits, if that is to be sure.
        let safe = self.config.no_traps;
        let found = self.type_with(|gen_, index| {
            let elem = gen_.elem_of(index);
            let fits = |segment: &Segment| {
                gen_.matches(segment.ty, elem.unpacked())
                    && (!safe || (!segment.fleeting && segment.len >= ARRAY_LEN))
            };
            let made = if of_data { !elem.is_ref() } else { gen_.elems.iter().any(fits) };
            gen_.is_structure(index, Structure::Array) && made
        });
        let Some(index) = found else { return false };
        let elem = self.elem_of(index);
        let (segment, size) = match of_data {
            true => (self.some_data(), elem.bytes()),
            false => (self.some_elem(elem.unpacked()), 1),
        };
        let Some((place, segment)) = segment else { return false };
        if !of_data && elem.is_packed() {
            return false;
        }
        if !self.risks() {
            let Some(spare) = segment.len.checked_sub(ARRAY_LEN * size) else { return false };
            if segment.fleeting {
                return false;
            }
            self.small(Ty::I32, spare);
            self.i32_const(ARRAY_LEN as i32);
            self.pop();
        } else {
            self.part_of(&segment, 100, size);
            self.take(2);
        }
        self.uses_data |= of_data;
        self.op_index(opcode, index);
        self.index(place);
        self.push(Ty::defined(index, false));
        true
    }

    pub(super) fn array_get(&mut self, opcode: Opcode) -> bool {
        let extends = opcode != Opcode::ArrayGet;
        let found = self.some_array(|ty| ty.is_packed() == extends);
        let Some((index, elem)) = found else { return false };
        let reference = self.aggregate(index);
        self.operands(&[reference]);
        self.bounded(Ty::I32, INDEX_MASK);
        self.pop();
        self.op_index(opcode, index);
        self.push(elem.unpacked());
        true
    }

    /// `array.set` and `array.fill`.
    pub(super) fn array_set(&mut self, opcode: Opcode) -> bool {
        let Some((index, elem)) = self.some_array(Ty::is_mutable) else { return false };
        let reference = self.aggregate(index);
        self.operands(&[reference]);
        if opcode == Opcode::ArraySet {
            self.bounded(Ty::I32, INDEX_MASK);
            self.produce(elem.unpacked());
            self.take(2);
        } else if self.entropy.chance(EDGES) {
            // Up to the very end.
            let count = 1 + self.entropy.below(ARRAY_LEN as usize) as i32;
            let beyond = i32::from(!self.config.no_traps && self.entropy.chance(64));
            let local = self.keep(Ty::defined(index, false), reference);
            self.op_index(Opcode::LocalGet, local);
            self.op(Opcode::ArrayLen);
            self.i32_const(count - beyond);
            self.op(Opcode::I32Sub);
            self.produce(elem.unpacked());
            self.pop();
            self.i32_const(count);
        } else {
            self.bounded(Ty::I32, INDEX_MASK >> 1);
            self.produce(elem.unpacked());
            self.bounded(Ty::I32, INDEX_MASK >> 1);
            self.take(3);
        }
        self.op_index(opcode, index);
        true
    }

    /// Keeps the reference on top in a local as well.
    fn keep(&mut self, kept: Ty, reference: Ty) -> u32 {
        if reference.is_nullable() {
            self.op(Opcode::RefAsNonNull);
        }
        let local = self.scratch(kept);
        self.op_index(Opcode::LocalTee, local);
        self.set_local(local);
        local
    }

    /// Copies within an array such that source and target overlap, and looks at an element.
    fn copy_overlapping(&mut self, index: u32) {
        let elem = self.elem_of(index);
        let reference = self.aggregate(index);
        self.operands(&[reference]);
        let local = self.keep(Ty::defined(index, false), reference);
        let (to, from) = if self.entropy.chance(128) { (0, 1) } else { (1, 0) };
        self.i32_const(to);
        self.op_index(Opcode::LocalGet, local);
        self.i32_const(from);
        self.i32_const(ARRAY_LEN as i32 - 1);
        self.op_index(Opcode::ArrayCopy, index);
        self.index(index);
        let get = if elem.is_packed() { Opcode::ArrayGetU } else { Opcode::ArrayGet };
        self.op_index(Opcode::LocalGet, local);
        let place = self.entropy.below(ARRAY_LEN as usize) as i32;
        self.i32_const(place);
        self.op_index(get, index);
        self.push(elem.unpacked());
    }

    pub(super) fn array_copy(&mut self) -> bool {
        let Some((dst, to)) = self.some_array(Ty::is_mutable) else { return false };
        if self.entropy.chance(OVERLAPS) {
            self.copy_overlapping(dst);
            return true;
        }
        let found = self.type_with(|gen_, index| {
            gen_.is_structure(index, Structure::Array)
                && gen_.matches(gen_.elem_of(index).bare(), to.bare())
        });
        let Some(src) = found else { return false };
        let reference = self.aggregate(dst);
        self.operands(&[reference]);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        let reference = self.aggregate(src);
        self.produce(reference);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.take(4);
        self.op_index(Opcode::ArrayCopy, dst);
        self.index(src);
        true
    }

    /// From a data or element segment.
    pub(super) fn array_init(&mut self, opcode: Opcode) -> bool {
        let of_data = opcode == Opcode::ArrayInitData;
        let found = self.some_array(|ty| {
            ty.is_mutable() && if of_data { !ty.is_ref() } else { !ty.is_packed() }
        });
        let Some((index, elem)) = found else { return false };
        let (segment, size) = match of_data {
            true => (self.some_data(), elem.bytes()),
            false => (self.some_elem(elem.unpacked()), 1),
        };
        let Some((place, segment)) = segment else { return false };
        let reference = self.aggregate(index);
        self.operands(&[reference]);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.part_of(&segment, ARRAY_LEN / 2, size);
        self.take(3);
        self.uses_data |= of_data;
        self.op_index(opcode, index);
        self.index(place);
        true
    }
}
