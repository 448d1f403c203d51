//! Rules of structs and arrays.
//!
//! In code that must not trap, references are never null, and every array is so long that an index
//! of two bits is within bounds.

use wattle_ast::Opcode;

use crate::generator::{CompKind, Generator, Segment};
use crate::ty::Ty;
use crate::types::ARRAY_LEN;

const INDEX_MASK: i64 = ARRAY_LEN as i64 - 1;
/// In how many cases of 256 an operand goes up to the very end of an array.
const EDGES: u16 = 40;
/// In how many cases of 256 a copy is between overlapping parts of one array.
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

    /// A random type that fits, of those that values can be made of.
    pub(crate) fn type_with(&mut self, fits: impl Fn(&Self, u32) -> bool) -> Option<u32> {
        let mut order = self.entropy.rotation(self.types.len());
        order.find(|&index| self.is_inhabited(Ty::defined(index, false)) && fits(self, index))
    }

    pub(crate) fn elem_of(&self, index: u32) -> Ty {
        self.def(index).map_or(Ty::I32, |def| self.type_at(def.params, 0))
    }

    pub(super) fn struct_new(&mut self, opcode: Opcode) -> bool {
        let explicit = opcode == Opcode::StructNew;
        let fits = |this: &Self, index| {
            this.def(index).is_some_and(|def| {
                def.kind == CompKind::Struct && (explicit || this.is_defaultable(def.params))
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

    /// A random struct type with a field that fits: type, index of the field, and its type.
    fn some_field(&mut self, fits: impl Fn(Ty) -> bool) -> Option<(u32, u32, Ty)> {
        let index = self.type_with(|this, index| {
            this.is_comp(index, CompKind::Struct)
                && this
                    .def(index)
                    .is_some_and(|def| this.types_of(def.params).iter().any(|&ty| fits(ty)))
        })?;
        let fields = self.def(index)?.params;
        let mut order = self.entropy.rotation(fields.len as usize);
        let field = order.find(|&field| fits(self.type_at(fields, field)))?;
        Some((index, field, self.type_at(fields, field)))
    }

    pub(super) fn struct_get(&mut self, opcode: Opcode) -> bool {
        let extends = opcode != Opcode::StructGet;
        let found = self.some_field(|ty| ty.is_packed() == extends);
        let Some((index, field, ty)) = found else { return false };
        self.aggregate(index);
        self.op_index(opcode, index);
        self.index(field);
        self.push(ty.unpacked());
        true
    }

    pub(super) fn struct_set(&mut self) -> bool {
        let Some((index, field, ty)) = self.some_field(Ty::is_mutable) else { return false };
        let reference = self.reference(index);
        self.operands(&[reference, ty.unpacked()]);
        self.op_index(Opcode::StructSet, index);
        self.index(field);
        true
    }

    /// A random array type whose element type fits, with that type.
    fn some_array(&mut self, fits: impl Fn(Ty) -> bool) -> Option<(u32, Ty)> {
        let index = self.type_with(|this, index| {
            this.is_comp(index, CompKind::Array) && fits(this.elem_of(index))
        })?;
        Some((index, self.elem_of(index)))
    }

    /// Writes the length of a new array, of at least [`ARRAY_LEN`].
    fn array_length(&mut self) {
        self.small(Ty::I32, 4);
        self.i32_const(ARRAY_LEN as i32);
        self.op(Opcode::I32Add);
        self.pop();
    }

    pub(super) fn array_new(&mut self, opcode: Opcode) -> bool {
        let by_default = opcode == Opcode::ArrayNewDefault;
        let found = self.some_array(|ty| !by_default || ty.is_defaultable());
        let Some((index, elem)) = found else { return false };
        let elem = elem.unpacked();
        match opcode {
            Opcode::ArrayNewDefault | Opcode::ArrayNew => {
                if !by_default {
                    self.operands(&[elem]);
                }
                self.array_length();
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

    /// A random segment to initialise arrays with, of data or of elements: its index, the segment,
    /// and how much of it an element takes.
    fn some_segment(&mut self, of_data: bool, elem: Ty) -> Option<(u32, Segment, u32)> {
        let (segment, size) = match of_data {
            true => (self.some_data(), elem.bytes()),
            false => (self.some_elem(elem.unpacked()), 1),
        };
        segment.map(|(index, segment)| (index, segment, size))
    }

    /// `array.new_data` and `array.new_elem`.
    pub(super) fn array_new_segment(&mut self, opcode: Opcode) -> bool {
        let of_data = opcode == Opcode::ArrayNewData;
        // In code that must not trap, a segment must be long enough.
        let safe = self.config.no_traps;
        let found = self.type_with(|this, index| {
            let elem = this.elem_of(index);
            let fits = |segment: &Segment| {
                this.matches(segment.ty, elem.unpacked())
                    && (!safe || (!segment.may_be_dropped && segment.len >= ARRAY_LEN))
            };
            let made = if of_data { !elem.is_ref() } else { this.elems.iter().any(fits) };
            this.is_comp(index, CompKind::Array) && made
        });
        let Some(index) = found else { return false };
        let elem = self.elem_of(index);
        let found = self.some_segment(of_data, elem);
        let Some((number, segment, size)) = found else { return false };
        if !of_data && elem.is_packed() {
            return false;
        }
        if !self.risks() {
            let Some(spare) = segment.len.checked_sub(ARRAY_LEN * size) else { return false };
            if segment.may_be_dropped {
                return false;
            }
            self.small(Ty::I32, spare);
            self.i32_const(ARRAY_LEN as i32);
            self.pop();
        } else {
            self.part_of(&segment, 100, size);
            self.take(2);
        }
        self.op_index(opcode, index);
        self.index(number);
        self.push(Ty::defined(index, false));
        true
    }

    pub(super) fn array_get(&mut self, opcode: Opcode) -> bool {
        let extends = opcode != Opcode::ArrayGet;
        let found = self.some_array(|ty| ty.is_packed() == extends);
        let Some((index, elem)) = found else { return false };
        self.aggregate(index);
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
        if opcode == Opcode::ArraySet {
            self.bounded(Ty::I32, INDEX_MASK);
            self.produce(elem.unpacked());
            self.take(2);
        } else if self.entropy.chance(EDGES) {
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

    /// Keeps the reference that was made last in a local too. `kept` is its type without null.
    fn keep(&mut self, kept: Ty, reference: Ty) -> u32 {
        if reference.is_nullable() {
            self.op(Opcode::RefAsNonNull);
        }
        let local = self.scratch(kept);
        self.op_index(Opcode::LocalTee, local);
        self.set_local(local);
        local
    }

    /// Copies between overlapping parts of an array, and then reads an element.
    fn copy_overlapping(&mut self, index: u32) {
        let elem = self.elem_of(index);
        let reference = self.aggregate(index);
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
        let element = self.entropy.below(ARRAY_LEN as usize) as i32;
        self.i32_const(element);
        self.op_index(get, index);
        self.push(elem.unpacked());
    }

    pub(super) fn array_copy(&mut self) -> bool {
        let Some((dst, to)) = self.some_array(Ty::is_mutable) else { return false };
        if self.entropy.chance(OVERLAPS) {
            self.copy_overlapping(dst);
            return true;
        }
        let found = self.type_with(|this, index| {
            this.is_comp(index, CompKind::Array)
                && this.matches(this.elem_of(index).bare(), to.bare())
        });
        let Some(src) = found else { return false };
        self.aggregate(dst);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        let reference = self.reference(src);
        self.produce(reference);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.take(4);
        self.op_index(Opcode::ArrayCopy, dst);
        self.index(src);
        true
    }

    /// `array.init_data` and `array.init_elem`.
    pub(super) fn array_init(&mut self, opcode: Opcode) -> bool {
        let of_data = opcode == Opcode::ArrayInitData;
        let found = self.some_array(|ty| {
            ty.is_mutable() && if of_data { !ty.is_ref() } else { !ty.is_packed() }
        });
        let Some((index, elem)) = found else { return false };
        let found = self.some_segment(of_data, elem);
        let Some((number, segment, size)) = found else { return false };
        self.aggregate(index);
        self.bounded(Ty::I32, INDEX_MASK >> 1);
        self.part_of(&segment, ARRAY_LEN / 2, size);
        self.take(3);
        self.op_index(opcode, index);
        self.index(number);
        true
    }
}
