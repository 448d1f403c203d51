//! Rules of memories and tables.
//!
//! In code that must not trap, addresses and table indices are masked so that they are within every
//! memory and table, and segments that may have been dropped are used with a length of 0.

use wattle_ast::{Class, Encode, Kind, MemArg, MemIdx, Opcode};

use crate::declarations::{ADDRESS_MASK, TABLE_MASK};
use crate::generator::{Generator, MemInfo, Segment, TableInfo};
use crate::ty::Ty;

/// In how many cases of 256 an operand goes up to the very end of a memory or table.
const EDGES: u16 = 24;

/// The address type of the length of a copy between two memories or tables.
fn length_type(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}

impl Generator<'_, '_> {
    fn some_memory(&mut self) -> Option<(u32, MemInfo)> {
        let index = self.entropy.below(self.memories.len());
        Some((index as u32, *self.memories.get(index)?))
    }

    /// Whether the next operand goes up to the very end of a memory or table.
    fn at_edge(&mut self) -> bool {
        self.entropy.chance(EDGES)
    }

    /// By how much an operand goes beyond the end: 0 in code that must not trap.
    fn excess(&mut self) -> i64 {
        if self.config.no_traps { 0 } else { i64::from(self.entropy.chance(64)) }
    }

    /// Pushes the address that is `bytes` before the end of a memory.
    fn end_of_memory(&mut self, index: u32, memory: MemInfo, bytes: i64) {
        let bytes = bytes - self.excess();
        self.op_index(Opcode::MemorySize, index);
        self.address_const(memory.addr, memory.page_bits.into());
        self.address_op(memory.addr, Opcode::I32Shl, Opcode::I64Shl);
        self.address_const(memory.addr, bytes);
        self.address_op(memory.addr, Opcode::I32Sub, Opcode::I64Sub);
        self.push(memory.addr);
    }

    /// Pushes the index that is `count` before the end of a table.
    fn end_of_table(&mut self, index: u32, table: TableInfo, count: i64) {
        let count = count - self.excess();
        self.op_index(Opcode::TableSize, index);
        self.address_const(table.addr, count);
        self.address_op(table.addr, Opcode::I32Sub, Opcode::I64Sub);
        self.push(table.addr);
    }

    /// Pushes the address of a fill or copy. In some cases it is so near the end of the memory that
    /// only the length that is the answer is within bounds.
    fn start_in_memory(&mut self, index: u32, memory: MemInfo) -> Option<i64> {
        let edge = self.at_edge();
        let count = edge.then(|| i64::from(self.entropy.byte()));
        match count {
            Some(count) => self.end_of_memory(index, memory, count),
            None => self.bounded(memory.addr, ADDRESS_MASK),
        }
        count
    }

    /// Pushes the length of a fill or copy: `count`, or a number up to `mask`.
    fn length(&mut self, ty: Ty, count: Option<i64>, mask: i64) {
        match count {
            Some(count) => {
                self.address_const(ty, count);
                self.push(ty);
            }
            None => self.bounded(ty, mask),
        }
    }

    /// Makes a load, a store or an atomic access.
    pub(super) fn access(&mut self, opcode: Opcode) -> bool {
        let info = opcode.info();
        let Some(arrow) = &info.arrow else { return false };
        let (mut memory, guarded) = (self.some_memory(), !self.risks());
        let waits = matches!(opcode, Opcode::MemoryAtomicWait32 | Opcode::MemoryAtomicWait64);
        if waits && guarded {
            let shared = self.memories.iter().position(|memory| memory.shared);
            memory = shared.and_then(|at| Some((at as u32, *self.memories.get(at)?)));
        }
        let Some((index, memory)) = memory else { return false };
        let is_atomic = info.class == Class::Atomic;
        let bytes = i64::from(info.access_bytes);
        let params = arrow.params;
        let want =
            |place: usize| params.get(place).map_or(Ty::I32, |&ty| Ty::of_arrow(ty, memory.addr));
        let mut near_end = None;
        if guarded {
            // Only the address may be on the stack already: below other operands it could not be
            // masked.
            let aligned = if is_atomic { ADDRESS_MASK & !(bytes - 1) } else { ADDRESS_MASK };
            if self.top() == Some(memory.addr) {
                self.mask(memory.addr, aligned);
            } else if !is_atomic && self.at_edge() {
                let offset = self.entropy.below(16) as i64;
                self.end_of_memory(index, memory, bytes + offset);
                near_end = Some(offset as u64);
            } else {
                self.bounded(memory.addr, aligned);
            }
            for place in 1..params.len() {
                if waits && place == 2 {
                    // Nothing would end a longer wait.
                    self.address_const(Ty::I64, 0);
                    self.push(Ty::I64);
                } else {
                    self.produce(want(place));
                }
            }
            self.take(params.len());
        } else {
            self.operands_by(params.len(), |_, place| want(place));
        }
        let natural = opcode.natural_align() as usize;
        let align = if is_atomic { natural } else { self.entropy.below(natural + 1) };
        let choice = self.entropy.byte();
        let mut offset = match choice {
            0..120 => 0,
            120..250 => u64::from(choice - 120),
            _ if guarded => u64::from(self.entropy.u16() & 0x3ff),
            _ => u64::from(self.entropy.u32()),
        };
        if is_atomic && guarded {
            offset &= !(bytes as u64 - 1);
        }
        let offset = near_end.unwrap_or(offset);
        self.op(opcode);
        MemArg { offset, memory: MemIdx(index), align: align as u8 }.encode(&mut self.code);
        if opcode.kinds().iter().any(|kind| kind == Kind::Lane) {
            let lane = self.lane_of(opcode);
            self.code.push(lane);
        }
        for &ty in arrow.results {
            self.push(Ty::of_arrow(ty, memory.addr));
        }
        true
    }

    /// Makes an instruction with an arrow that names a memory, a table or a segment.
    pub(super) fn names_memory(&mut self, opcode: Opcode) -> bool {
        match opcode {
            Opcode::TableSize => {
                let Some((index, table)) = self.some_table(|_, _| true) else { return false };
                self.op_index(opcode, index);
                self.push(table.addr);
                true
            }
            Opcode::DataDrop => self.drop_segment(opcode, self.datas.len()),
            Opcode::ElemDrop => self.drop_segment(opcode, self.elems.len()),
            _ => self.memory_rule(opcode),
        }
    }

    /// `memory.size`, `memory.grow`, `memory.fill` and `memory.init`.
    fn memory_rule(&mut self, opcode: Opcode) -> bool {
        let Some((index, memory)) = self.some_memory() else { return false };
        let addr = memory.addr;
        match opcode {
            Opcode::MemorySize => {
                self.op_index(opcode, index);
                self.push(addr);
            }
            Opcode::MemoryGrow => {
                self.small(addr, 2);
                self.pop();
                self.op_index(opcode, index);
                self.push(addr);
            }
            Opcode::MemoryFill => {
                let count = self.start_in_memory(index, memory);
                self.produce(Ty::I32);
                self.length(addr, count, 0xff);
                self.take(3);
                self.op_index(opcode, index);
            }
            _ => {
                let Some((segment, data)) = self.some_data() else { return false };
                self.bounded(addr, ADDRESS_MASK);
                self.part_of(&data, data.len, 1);
                self.take(3);
                self.op_index(opcode, segment);
                self.index(index);
            }
        }
        true
    }

    fn drop_segment(&mut self, opcode: Opcode, count: usize) -> bool {
        let index = self.entropy.below(count);
        let segments = if opcode == Opcode::DataDrop { &self.datas } else { &self.elems };
        let Some(segment) = segments.get(index) else { return false };
        if self.config.no_traps && !segment.may_be_dropped {
            return false;
        }
        self.op_index(opcode, index as u32);
        true
    }

    pub(super) fn some_data(&mut self) -> Option<(u32, Segment)> {
        let index = self.entropy.below(self.datas.len());
        Some((index as u32, *self.datas.get(index)?))
    }

    /// A random element segment whose elements match `ty`.
    pub(super) fn some_elem(&mut self, ty: Ty) -> Option<(u32, Segment)> {
        let mut order = self.entropy.rotation(self.elems.len());
        let elem = |at: u32| self.elems.get(at as usize).filter(|elem| self.matches(elem.ty, ty));
        // One that is not dropped, if there is one.
        let lasts = |&at: &u32| elem(at).is_some_and(|elem| !elem.may_be_dropped);
        let index = order.clone().find(lasts).or_else(|| order.find(|&at| elem(at).is_some()))?;
        Some((index, *self.elems.get(index as usize)?))
    }

    /// Pushes an offset into a segment, and a count of at most `most` elements of `size` units
    /// each.
    pub(super) fn part_of(&mut self, segment: &Segment, most: u32, size: u32) {
        if self.risks() {
            self.produce(Ty::I32);
            self.produce(Ty::I32);
            return;
        }
        let len = if segment.may_be_dropped { 0 } else { segment.len };
        let count = self.entropy.below((len / size.max(1)).min(most) as usize + 1) as u32;
        self.small(Ty::I32, len - count * size);
        self.i32_const(count as i32);
        self.push(Ty::I32);
    }

    pub(super) fn memory_copy(&mut self) -> bool {
        let (Some((dst, to)), Some((src, from))) = (self.some_memory(), self.some_memory()) else {
            return false;
        };
        let count = self.start_in_memory(dst, to);
        self.bounded(from.addr, ADDRESS_MASK);
        self.length(length_type(to.addr, from.addr), count, 0xff);
        self.take(3);
        self.op_index(Opcode::MemoryCopy, dst);
        self.index(src);
        true
    }

    /// A random table that fits.
    fn some_table(&mut self, fits: impl Fn(&Self, &TableInfo) -> bool) -> Option<(u32, TableInfo)> {
        self.entropy.rotation(self.tables.len()).find_map(|index| {
            let table = self.tables.get(index as usize).filter(|table| fits(self, table))?;
            Some((index, *table))
        })
    }

    /// A random table that may be written to, which the one for indirect calls may not.
    fn some_writable_table(&mut self) -> Option<(u32, TableInfo)> {
        self.some_table(|this, table| !table.dispatch || !this.config.no_traps)
    }

    pub(super) fn table_get(&mut self) -> bool {
        let Some((index, table)) = self.some_table(|_, _| true) else { return false };
        if self.top() == Some(table.addr) && !self.risks() {
            self.mask(table.addr, TABLE_MASK);
        } else {
            self.bounded(table.addr, TABLE_MASK);
        }
        self.pop();
        self.op_index(Opcode::TableGet, index);
        self.push(table.elem);
        true
    }

    pub(super) fn table_set(&mut self) -> bool {
        let Some((index, table)) = self.some_writable_table() else { return false };
        if self.at_edge() {
            self.end_of_table(index, table, 1);
        } else {
            self.bounded(table.addr, TABLE_MASK);
        }
        self.produce(table.elem);
        self.take(2);
        self.op_index(Opcode::TableSet, index);
        true
    }

    pub(super) fn table_grow(&mut self) -> bool {
        let Some((index, table)) = self.some_writable_table() else { return false };
        self.operands(&[table.elem]);
        self.small(table.addr, 3);
        self.pop();
        self.op_index(Opcode::TableGrow, index);
        self.push(table.addr);
        true
    }

    pub(super) fn table_fill(&mut self) -> bool {
        let Some((index, table)) = self.some_writable_table() else { return false };
        let edge = self.at_edge();
        let count = edge.then(|| self.entropy.below(TABLE_MASK as usize) as i64);
        match count {
            Some(count) => self.end_of_table(index, table, count),
            None => self.bounded(table.addr, TABLE_MASK >> 1),
        }
        self.produce(table.elem);
        self.length(table.addr, count, TABLE_MASK >> 1);
        self.take(3);
        self.op_index(Opcode::TableFill, index);
        true
    }

    pub(super) fn table_copy(&mut self) -> bool {
        let Some((dst, to)) = self.some_writable_table() else { return false };
        let fitting = self.some_table(|this, from| this.matches(from.elem, to.elem));
        let Some((src, from)) = fitting else { return false };
        self.bounded(to.addr, TABLE_MASK >> 1);
        self.bounded(from.addr, TABLE_MASK >> 1);
        self.bounded(length_type(to.addr, from.addr), TABLE_MASK >> 1);
        self.take(3);
        self.op_index(Opcode::TableCopy, dst);
        self.index(src);
        true
    }

    pub(super) fn table_init(&mut self) -> bool {
        let Some((index, table)) = self.some_writable_table() else { return false };
        let Some((segment, elem)) = self.some_elem(table.elem) else { return false };
        self.bounded(table.addr, TABLE_MASK >> 1);
        self.part_of(&elem, TABLE_MASK as u32 >> 1, 1);
        self.take(3);
        self.op_index(Opcode::TableInit, segment);
        self.index(index);
        true
    }
}
