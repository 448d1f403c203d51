//! Rules of structs and arrays.
//!
//! In code that must not trap, references are never null, and every array is so long that an index
//! of two bits is within bounds.

use wattle_ast::Opcode;

use crate::generator::{CompKind, Generator, Segment};
use crate::ty::Ty;
use crate::types::ARRAY_LEN;

const INDEX_MASK: i64 = ARRAY_LEN as i64 - 1;
/// The number of cases in 256 in which an operand goes up to the very end of an array.
const EDGES: u16 = 40;
/// The number of cases in 256 in which a copy is between overlapping parts of one array.
const OVERLAPS: u16 = 80;

impl Generator<'_, '_> {
    /// The type of the reference to a struct or array that an instruction takes. In code that may
    /// trap it is sometimes nullable.
    fn reference(&mut self, index: u32) -> Ty {
        Ty::defined(index, self.risks())
    }

    /// Takes the reference to a struct or array, and gives its type.
    fn aggregate(&mut self, index: u32) -> Ty {
        let reference = self.reference(index);
        self.operands(&[reference]);
        reference
    }

    /// A random type that fits, and of which values can be made.
    pub(crate) fn type_with(&mut self, fits: impl Fn(&Self, u32) -> bool) -> Option<u32> {
        let mut order = self.entropy.rotation(self.types.len());
        order.find(|&index| self.is_inhabited(Ty::defined(index, false)) && fits(self, index))
    }

    pub(crate) fn elem_of(&self, index: u32) -> Ty {
        self.def(index).map_or(Ty::I32, |def| self.type_at(def.params, 0))
    }

    pub(super) fn struct_new(&mut self, opcode: Opcode) -> Option<()> {
        let explicit = opcode == Opcode::StructNew;
        let index = self.type_with(|this, index| {
            this.def(index).is_some_and(|def| {
                def.kind == CompKind::Struct && (explicit || this.is_defaultable(def.params))
            })
        })?;
        if explicit {
            self.operands_run(self.def(index)?.params, &[]);
        }
        self.complete(opcode, 0, &[index], Some(Ty::defined(index, false)))
    }

    /// A random struct type with a field that fits: type, index of the field, and its type.
    fn some_field(&mut self, fits: impl Fn(Ty) -> bool) -> Option<(u32, u32, Ty)> {
        let index = self.type_with(|this, index| {
            this.def(index).is_some_and(|def| {
                def.kind == CompKind::Struct && this.types_of(def.params).iter().any(|&ty| fits(ty))
            })
        })?;
        let fields = self.def(index)?.params;
        let mut order = self.entropy.rotation(fields.len as usize);
        let field = order.find(|&field| fits(self.type_at(fields, field)))?;
        Some((index, field, self.type_at(fields, field)))
    }

    pub(super) fn struct_get(&mut self, opcode: Opcode) -> Option<()> {
        let extends = opcode != Opcode::StructGet;
        let (index, field, ty) = self.some_field(|ty| ty.is_packed() == extends)?;
        self.aggregate(index);
        self.complete(opcode, 0, &[index, field], Some(ty.unpacked()))
    }

    pub(super) fn struct_set(&mut self, opcode: Opcode) -> Option<()> {
        let (index, field, ty) = self.some_field(Ty::is_mutable)?;
        let reference = self.reference(index);
        self.operands(&[reference, ty.unpacked()]);
        self.complete(opcode, 0, &[index, field], None)
    }

    /// A random array type whose element type fits, with that type.
    fn some_array(&mut self, fits: impl Fn(Ty) -> bool) -> Option<(u32, Ty)> {
        let index = self.type_with(|this, index| {
            this.is_comp(index, CompKind::Array) && fits(this.elem_of(index))
        })?;
        Some((index, self.elem_of(index)))
    }

    pub(super) fn array_new(&mut self, opcode: Opcode) -> Option<()> {
        let by_default = opcode == Opcode::ArrayNewDefault;
        let (index, elem) = self.some_array(|ty| !by_default || ty.is_defaultable())?;
        let (elem, result) = (elem.unpacked(), Some(Ty::defined(index, false)));
        if opcode == Opcode::ArrayNewFixed {
            let len = ARRAY_LEN + self.entropy.below(3) as u32;
            self.operands_by(len as usize, |_, _| elem);
            return self.complete(opcode, 0, &[index, len], result);
        }
        if !by_default {
            self.operands(&[elem]);
        }
        self.small(Ty::I32, 4);
        self.i32_const(ARRAY_LEN as i32);
        self.op(Opcode::I32Add);
        self.complete(opcode, 1, &[index], result)
    }

    /// A random segment to initialise arrays with, of data or of elements: its index, the segment,
    /// and the number of its units that an element takes.
    fn some_segment(&mut self, of_data: bool, elem: Ty) -> Option<(u32, Segment, u32)> {
        let (segment, size) = match of_data {
            true => (self.some_data(), elem.bytes()),
            false => (self.some_elem(elem.unpacked()), 1),
        };
        segment.map(|(index, segment)| (index, segment, size))
    }

    /// Makes `array.new_data` or `array.new_elem`.
    pub(super) fn array_new_segment(&mut self, opcode: Opcode) -> Option<()> {
        let of_data = opcode == Opcode::ArrayNewData;
        // In code that must not trap, a segment must be long enough.
        let safe = self.config.no_traps;
        let index = self.type_with(|this, index| {
            let elem = this.elem_of(index);
            let fits = |segment: &Segment| {
                this.matches(segment.ty, elem.unpacked())
                    && (!safe || (!segment.may_be_dropped && segment.len >= ARRAY_LEN))
            };
            let made = if of_data { !elem.is_ref() } else { this.elems.iter().any(fits) };
            this.is_comp(index, CompKind::Array) && made
        })?;
        let elem = self.elem_of(index);
        let (number, segment, size) = self.some_segment(of_data, elem)?;
        if !of_data && elem.is_packed() {
            return None;
        }
        if self.risks() {
            self.part_of(&segment, 100, size);
        } else {
            let spare = segment.len.checked_sub(ARRAY_LEN * size)?;
            if segment.may_be_dropped {
                return None;
            }
            self.small(Ty::I32, spare);
            self.constant(Ty::I32, ARRAY_LEN.into());
        }
        self.complete(opcode, 2, &[index, number], Some(Ty::defined(index, false)))
    }

    pub(super) fn array_get(&mut self, opcode: Opcode) -> Option<()> {
        let extends = opcode != Opcode::ArrayGet;
        let (index, elem) = self.some_array(|ty| ty.is_packed() == extends)?;
        self.aggregate(index);
        self.bounded(Ty::I32, INDEX_MASK);
        self.complete(opcode, 1, &[index], Some(elem.unpacked()))
    }

    /// Makes `array.set` or `array.fill`.
    pub(super) fn array_set(&mut self, opcode: Opcode) -> Option<()> {
        let (index, elem) = self.some_array(Ty::is_mutable)?;
        let reference = self.aggregate(index);
        if opcode == Opcode::ArraySet {
            self.bounded(Ty::I32, INDEX_MASK);
            self.produce(elem.unpacked());
            return self.complete(opcode, 2, &[index], None);
        }
        if self.entropy.chance(EDGES) {
            let count = 1 + self.entropy.below(ARRAY_LEN as usize) as i32;
            let beyond = i32::from(!self.config.no_traps && self.entropy.chance(64));
            let local = self.keep(index, reference);
            self.op_index(Opcode::LocalGet, local);
            self.op(Opcode::ArrayLen);
            self.i32_const(count - beyond);
            self.op(Opcode::I32Sub);
            self.push(Ty::I32);
            self.produce(elem.unpacked());
            self.constant(Ty::I32, count.into());
        } else {
            self.bounded(Ty::I32, INDEX_MASK >> 1);
            self.produce(elem.unpacked());
            self.bounded(Ty::I32, INDEX_MASK >> 1);
        }
        self.complete(opcode, 3, &[index], None)
    }

    /// Keeps the reference to an array that was made last in a local too, without null.
    fn keep(&mut self, index: u32, reference: Ty) -> u32 {
        if reference.is_nullable() {
            self.op(Opcode::RefAsNonNull);
        }
        let local = self.scratch(Ty::defined(index, false));
        self.op_index(Opcode::LocalTee, local);
        self.set_local(local);
        local
    }

    /// Copies between overlapping parts of an array, and then reads an element.
    fn copy_overlapping(&mut self, index: u32) -> Option<()> {
        let elem = self.elem_of(index);
        let reference = self.aggregate(index);
        let local = self.keep(index, reference);
        let (to, from) = if self.entropy.chance(128) { (0, 1) } else { (1, 0) };
        self.i32_const(to);
        self.op_index(Opcode::LocalGet, local);
        self.i32_const(from);
        self.i32_const(ARRAY_LEN as i32 - 1);
        self.complete(Opcode::ArrayCopy, 0, &[index, index], None)?;
        let get = if elem.is_packed() { Opcode::ArrayGetU } else { Opcode::ArrayGet };
        self.op_index(Opcode::LocalGet, local);
        let element = self.entropy.below(ARRAY_LEN as usize) as i32;
        self.i32_const(element);
        self.complete(get, 0, &[index], Some(elem.unpacked()))
    }

    pub(super) fn array_copy(&mut self, opcode: Opcode) -> Option<()> {
        let (dst, to) = self.some_array(Ty::is_mutable)?;
        if self.entropy.chance(OVERLAPS) {
            return self.copy_overlapping(dst);
        }
        let src = self.type_with(|this, index| {
            this.is_comp(index, CompKind::Array)
                && this.matches(this.elem_of(index).bare(), to.bare())
        })?;
        self.aggregate(dst);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        let reference = self.reference(src);
        self.produce(reference);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.complete(opcode, 4, &[dst, src], None)
    }

    /// Makes `array.init_data` or `array.init_elem`.
    pub(super) fn array_init(&mut self, opcode: Opcode) -> Option<()> {
        let of_data = opcode == Opcode::ArrayInitData;
        let (index, elem) = self.some_array(|ty| {
            ty.is_mutable() && if of_data { !ty.is_ref() } else { !ty.is_packed() }
        })?;
        let (number, segment, size) = self.some_segment(of_data, elem)?;
        self.aggregate(index);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.part_of(&segment, ARRAY_LEN / 2, size);
        self.complete(opcode, 3, &[index, number], None)
    }
}
