//! Rules of memories and tables.
//!
//! In code that must not trap, addresses and table indices are masked so that they are within every
//! memory and table, and segments that may have been dropped are used with a length of 0.

use wattle_ast::{Class, Encode, Kind, MemArg, MemIdx, Opcode};

use crate::declarations::{ADDRESS_MASK, TABLE_MASK};
use crate::generator::{Generator, Segment, TableInfo};
use crate::ty::Ty;

/// The number of cases in 256 in which an operand goes up to the very end of a memory or table.
const EDGES: u16 = 24;

/// The address type of the length of a copy between two memories or tables.
fn length_type(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}

impl Generator<'_, '_> {
    /// A random memory: its index and address type.
    fn some_memory(&mut self) -> Option<(u32, Ty)> {
        let index = self.entropy.below(self.memories.len());
        Some((index as u32, Ty::address(self.memories.get(index)?.limits)))
    }

    /// Whether the next operand goes up to the very end of a memory or table.
    fn at_edge(&mut self) -> bool {
        self.entropy.chance(EDGES)
    }

    /// The distance of an operand beyond the end: 0 in code that must not trap.
    fn excess(&mut self) -> i64 {
        if self.config.no_traps { 0 } else { i64::from(self.entropy.chance(64)) }
    }

    /// Pushes the address that is `bytes` before the end of a memory.
    fn end_of_memory(&mut self, index: u32, addr: Ty, bytes: i64) {
        let bytes = bytes - self.excess();
        let page_bits = self.memories.get(index as usize).map_or(16, |ty| ty.page_bits());
        self.op_index(Opcode::MemorySize, index);
        self.address_const(addr, page_bits.into());
        self.address_op(addr, Opcode::I32Shl, Opcode::I64Shl);
        self.address_const(addr, bytes);
        self.address_op(addr, Opcode::I32Sub, Opcode::I64Sub);
        self.push(addr);
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
    /// only the length that is returned is within bounds.
    fn start_in_memory(&mut self, index: u32, addr: Ty) -> Option<i64> {
        let edge = self.at_edge();
        let count = edge.then(|| i64::from(self.entropy.byte()));
        match count {
            Some(count) => self.end_of_memory(index, addr, count),
            None => self.bounded(addr, ADDRESS_MASK),
        }
        count
    }

    /// Pushes the length of a fill or copy: `count`, or a number up to `mask`.
    fn length(&mut self, ty: Ty, count: Option<i64>, mask: i64) {
        match count {
            Some(count) => self.constant(ty, count),
            None => self.bounded(ty, mask),
        }
    }

    /// Makes a load, a store or an atomic access.
    pub(super) fn access(&mut self, opcode: Opcode) -> Option<()> {
        let info = opcode.info();
        let arrow = info.arrow.as_ref()?;
        let (mut memory, guarded) = (self.some_memory(), !self.risks());
        let waits = matches!(opcode, Opcode::MemoryAtomicWait32 | Opcode::MemoryAtomicWait64);
        if waits && guarded {
            let mut memories = self.memories.iter().map(|ty| ty.limits).zip(0..);
            let shared = memories.find(|(limits, _)| limits.shared);
            memory = shared.map(|(limits, index)| (index, Ty::address(limits)));
        }
        let (index, addr) = memory?;
        let is_atomic = info.class == Class::Atomic;
        let bytes = i64::from(info.access_bytes);
        let params = arrow.params;
        let want = |place: usize| params.get(place).map_or(Ty::I32, |&ty| Ty::of_arrow(ty, addr));
        let mut near_end = None;
        if guarded {
            // Only the address may be on the stack already: below other operands it could not be
            // masked.
            let aligned = if is_atomic { ADDRESS_MASK & !(bytes - 1) } else { ADDRESS_MASK };
            if self.top() == Some(addr) {
                self.mask(addr, aligned);
            } else if !is_atomic && self.at_edge() {
                let offset = self.entropy.below(16) as i64;
                self.end_of_memory(index, addr, bytes + offset);
                near_end = Some(offset as u64);
            } else {
                self.bounded(addr, aligned);
            }
            for place in 1..params.len() {
                if waits && place == 2 {
                    // Nothing would end a longer wait.
                    self.constant(Ty::I64, 0);
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
            self.push(Ty::of_arrow(ty, addr));
        }
        Some(())
    }

    /// Makes an instruction with an arrow that names a memory, a table or a segment.
    pub(super) fn names_memory(&mut self, opcode: Opcode) -> Option<()> {
        match opcode {
            Opcode::TableSize => {
                let (index, table) = self.some_table(|_, _| true)?;
                return self.complete(opcode, 0, &[index], Some(table.addr));
            }
            Opcode::DataDrop => return self.drop_segment(opcode, self.datas.len()),
            Opcode::ElemDrop => return self.drop_segment(opcode, self.elems.len()),
            _ => {}
        }
        let (index, addr) = self.some_memory()?;
        match opcode {
            Opcode::MemorySize => self.complete(opcode, 0, &[index], Some(addr)),
            Opcode::MemoryGrow => {
                self.small(addr, 2);
                self.complete(opcode, 1, &[index], Some(addr))
            }
            Opcode::MemoryFill => {
                let count = self.start_in_memory(index, addr);
                self.produce(Ty::I32);
                self.length(addr, count, 0xff);
                self.complete(opcode, 3, &[index], None)
            }
            _ => {
                let (segment, data) = self.some_data()?;
                self.bounded(addr, ADDRESS_MASK);
                self.part_of(&data, data.len, 1);
                self.complete(opcode, 3, &[segment, index], None)
            }
        }
    }

    fn drop_segment(&mut self, opcode: Opcode, count: usize) -> Option<()> {
        let index = self.entropy.below(count);
        let segments = if opcode == Opcode::DataDrop { &self.datas } else { &self.elems };
        let may_be_dropped = segments.get(index)?.may_be_dropped || !self.config.no_traps;
        may_be_dropped.then(|| self.op_index(opcode, index as u32))
    }

    pub(super) fn some_data(&mut self) -> Option<(u32, Segment)> {
        let index = self.entropy.below(self.datas.len());
        Some((index as u32, *self.datas.get(index)?))
    }

    /// A random element segment whose elements match `ty`: one that is never dropped, if there is
    /// one.
    pub(super) fn some_elem(&mut self, ty: Ty) -> Option<(u32, Segment)> {
        let mut order = self.entropy.rotation(self.elems.len());
        let elem = |at: u32| self.elems.get(at as usize).filter(|elem| self.matches(elem.ty, ty));
        let lasts = |&at: &u32| elem(at).is_some_and(|elem| !elem.may_be_dropped);
        let index = order.clone().find(lasts).or_else(|| order.find(|&at| elem(at).is_some()))?;
        Some((index, *elem(index)?))
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
        self.constant(Ty::I32, count.into());
    }

    pub(super) fn memory_copy(&mut self, opcode: Opcode) -> Option<()> {
        let (dst, to) = self.some_memory()?;
        let (src, from) = self.some_memory()?;
        let count = self.start_in_memory(dst, to);
        self.bounded(from, ADDRESS_MASK);
        self.length(length_type(to, from), count, 0xff);
        self.complete(opcode, 3, &[dst, src], None)
    }

    /// A random table that fits.
    fn some_table(&mut self, fits: impl Fn(&Self, &TableInfo) -> bool) -> Option<(u32, TableInfo)> {
        self.entropy.rotation(self.tables.len()).find_map(|index| {
            let table = self.tables.get(index as usize).filter(|table| fits(self, table))?;
            Some((index, *table))
        })
    }

    /// A random table that may be written to. Nothing writes to the table for indirect calls.
    fn some_writable_table(&mut self) -> Option<(u32, TableInfo)> {
        self.some_table(|this, table| !table.dispatch || !this.config.no_traps)
    }

    pub(super) fn table_get(&mut self, opcode: Opcode) -> Option<()> {
        let (index, table) = self.some_table(|_, _| true)?;
        if self.top() == Some(table.addr) && !self.risks() {
            self.mask(table.addr, TABLE_MASK);
        } else {
            self.bounded(table.addr, TABLE_MASK);
        }
        self.complete(opcode, 1, &[index], Some(table.elem))
    }

    pub(super) fn table_set(&mut self, opcode: Opcode) -> Option<()> {
        let (index, table) = self.some_writable_table()?;
        if self.at_edge() {
            self.end_of_table(index, table, 1);
        } else {
            self.bounded(table.addr, TABLE_MASK);
        }
        self.produce(table.elem);
        self.complete(opcode, 2, &[index], None)
    }

    pub(super) fn table_grow(&mut self, opcode: Opcode) -> Option<()> {
        let (index, table) = self.some_writable_table()?;
        self.operands(&[table.elem]);
        self.small(table.addr, 3);
        self.complete(opcode, 1, &[index], Some(table.addr))
    }

    pub(super) fn table_fill(&mut self, opcode: Opcode) -> Option<()> {
        let (index, table) = self.some_writable_table()?;
        let edge = self.at_edge();
        let count = edge.then(|| self.entropy.below(TABLE_MASK as usize) as i64);
        match count {
            Some(count) => self.end_of_table(index, table, count),
            None => self.bounded(table.addr, TABLE_MASK >> 1),
        }
        self.produce(table.elem);
        self.length(table.addr, count, TABLE_MASK >> 1);
        self.complete(opcode, 3, &[index], None)
    }

    pub(super) fn table_copy(&mut self, opcode: Opcode) -> Option<()> {
        let (dst, to) = self.some_writable_table()?;
        let (src, from) = self.some_table(|this, from| this.matches(from.elem, to.elem))?;
        for addr in [to.addr, from.addr, length_type(to.addr, from.addr)] {
            self.bounded(addr, TABLE_MASK >> 1);
        }
        self.complete(opcode, 3, &[dst, src], None)
    }

    pub(super) fn table_init(&mut self, opcode: Opcode) -> Option<()> {
        let (index, table) = self.some_writable_table()?;
        let (segment, elem) = self.some_elem(table.elem)?;
        self.bounded(table.addr, TABLE_MASK >> 1);
        self.part_of(&elem, TABLE_MASK as u32 >> 1, 1);
        self.complete(opcode, 3, &[segment, index], None)
    }
}
