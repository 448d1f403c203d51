//! Memories, tables and their segments: sizes, growing, filling, copying, initialising.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions>

use alloc::boxed::Box;
use core::ops::Range;

use wattle_ast::{AddrType, Opcode};

use super::row::Row;
use crate::state::{InstanceInst, MemoryInst, State, TableInst};
use crate::trap::{Broken, Failure, Trap, at, at_mut};

/// The range of `count` elements from `start` on in a list of `len` elements, or a trap.
pub(super) fn range(start: u64, count: u64, len: usize, trap: Trap) -> Result<Range<usize>, Trap> {
    let end = start.checked_add(count).filter(|&end| end <= len as u64).ok_or(trap)?;
    Ok(start as usize..end as usize)
}

/// The range of `count` elements from `start` on that are set to one value, or a trap.
pub(super) fn range_to_fill(
    [start, count]: [u64; 2],
    len: usize,
    trap: Trap,
) -> Result<Range<usize>, Trap> {
    let beyond = match trap {
        Trap::MemoryOutOfBounds => fault!(FillBound, 1, 0),
        Trap::TableOutOfBounds => fault!(TableFillBound, 1, 0),
        _ => fault!(ArrayFillBound, 1, 0),
    };
    range(start, count, len.saturating_sub(beyond), trap)
}

/// Sets `count` elements from `start` on.
fn fill<T: Copy>(list: &mut [T], range: [u64; 2], value: T, trap: Trap) -> Result<(), Trap> {
    let range = range_to_fill(range, list.len(), trap)?;
    list.get_mut(range).ok_or(trap)?.fill(value);
    Ok(())
}

/// Copies `count` elements of `src` from `from` on into `dst` from `to` on. `traps` are the traps
/// for a range outside of either list.
pub(super) fn copy<T: Copy>(
    dst: &mut [T],
    src: &[T],
    [to, from, count]: [u64; 3],
    traps: [Trap; 2],
) -> Result<(), Trap> {
    let to = range(to, count, dst.len(), traps[0])?;
    let from = range(from, count, src.len(), traps[1])?;
    let (dst, src) = (dst.get_mut(to).ok_or(traps[0])?, src.get(from).ok_or(traps[1])?);
    dst.copy_from_slice(src);
    Ok(())
}

/// Copies within one list. Source and destination may overlap.
pub(super) fn copy_within<T: Copy>(
    list: &mut [T],
    [to, from, count]: [u64; 3],
    trap: Trap,
) -> Result<(), Trap> {
    let to = range(to, count, list.len(), trap)?;
    let from = range(from, count, list.len(), trap)?;
    let overwrites = match trap {
        Trap::MemoryOutOfBounds => fault!(CopyOverlap, true, false),
        Trap::TableOutOfBounds => fault!(TableCopyOverlap, true, false),
        _ => fault!(ArrayCopyOverlap, true, false),
    };
    if overwrites {
        to.zip(from).for_each(|(to, from)| list[to] = list[from]);
    } else {
        list.copy_within(from, to.start);
    }
    Ok(())
}

/// Copies between two of `lists`, which may be one. `elems` gives the elements of a list.
fn copy_between<L, T: Copy>(
    lists: &mut [L],
    [dst, src]: [u32; 2],
    elems: impl Fn(&mut L) -> &mut [T],
    operands: [u64; 3],
    trap: Trap,
) -> Result<(), Failure> {
    if dst == src {
        return Ok(copy_within(elems(at_mut(lists, dst)?), operands, trap)?);
    }
    let both = lists.get_disjoint_mut([dst as usize, src as usize]);
    let [dst, src] = both.map_err(|_| Broken::Index)?;
    Ok(copy(elems(dst), elems(src), operands, [trap; 2])?)
}

/// The result of a `grow` that failed.
fn failed_growth(addr: AddrType) -> u64 {
    match addr {
        AddrType::I32 => u32::MAX.into(),
        AddrType::I64 => fault!(GrowFailure64, u32::MAX.into(), u64::MAX),
    }
}

impl Row<'_> {
    pub(super) fn memory(&mut self, opcode: Opcode) -> Result<(), Failure> {
        let trap = Trap::MemoryOutOfBounds;
        let [first, second, third] = self.operands();
        let (low, high) = (self.op.low(), self.op.high());
        match opcode {
            Opcode::MemorySize => {
                let pages = self.memory_at(low)?.pages();
                self.answer(pages);
            }
            Opcode::MemoryGrow => {
                let memory = at_mut(self.memories, self.instance.memory(low)?)?;
                let failed = failed_growth(memory.ty.limits.addr);
                let pages = memory.grow(first, &mut self.state.budget).unwrap_or(failed);
                self.answer(pages);
            }
            Opcode::MemoryFill => {
                fill(self.memory_at(low)?.bytes_mut(), [first, third], second as u8, trap)?;
            }
            Opcode::MemoryCopy => {
                let ends = [self.instance.memory(low)?, self.instance.memory(high)?];
                let operands = [first, second, third];
                copy_between(self.memories, ends, MemoryInst::bytes_mut, operands, trap)?;
            }
            Opcode::MemoryInit => {
                let operands = [first, fault!(InitSource, 0, second), third];
                let memory = at_mut(self.memories, self.instance.memory(high)?)?;
                init_memory(self.state, self.instance, memory, low, operands)?;
            }
            Opcode::DataDrop => {
                let dropped = at_mut(&mut self.state.datas, self.instance.datas + low)?;
                *dropped = fault!(DataDropLost, false, true);
            }
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        Ok(())
    }

    fn memory_at(&mut self, index: u32) -> Result<&mut MemoryInst, Broken> {
        at_mut(self.memories, self.instance.memory(index)?)
    }

    fn table_at(&mut self, index: u32) -> Result<&mut TableInst, Broken> {
        at_mut(&mut self.state.tables, self.instance.table(index)?)
    }

    pub(super) fn table(&mut self, opcode: Opcode) -> Result<(), Failure> {
        let trap = Trap::TableOutOfBounds;
        let [first, second, third] = self.operands();
        let (low, high) = (self.op.low(), self.op.high());
        let place = || usize::try_from(first).map_err(|_| trap);
        match opcode {
            Opcode::TableGet => {
                let element = *self.table_at(low)?.elems.get(place()?).ok_or(trap)?;
                self.answer(element);
            }
            Opcode::TableSet => {
                *self.table_at(low)?.elems.get_mut(place()?).ok_or(trap)? = second;
            }
            Opcode::TableSize => {
                let len = self.table_at(low)?.elems.len() as u64;
                self.answer(len);
            }
            Opcode::TableGrow => {
                let State { tables, budget, .. } = &mut *self.state;
                let table = at_mut(tables, self.instance.table(low)?)?;
                let failed = failed_growth(table.ty.limits.addr);
                let value = fault!(TableGrowNull, 0, first);
                let len = table.grow(second, value, budget).unwrap_or(failed);
                self.answer(len);
            }
            Opcode::TableFill => {
                fill(&mut self.table_at(low)?.elems, [first, third], second, trap)?
            }
            Opcode::TableCopy => {
                let ends = [self.instance.table(low)?, self.instance.table(high)?];
                let operands = [first, second, third];
                let tables = &mut self.state.tables;
                copy_between(tables, ends, |table| &mut table.elems, operands, trap)?;
            }
            Opcode::TableInit => {
                let operands = [first, fault!(TableInitSource, 0, second), third];
                init_table(self.state, self.instance, low, self.instance.table(high)?, operands)?;
            }
            Opcode::ElemDrop => {
                let elem = at_mut(&mut self.state.elems, self.instance.elems + low)?;
                *elem = fault!(ElemDropLost, core::mem::take(elem), Box::default());
            }
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        Ok(())
    }
}

/// Copies from a data segment to a memory.
pub(crate) fn init_memory(
    state: &State,
    instance: &InstanceInst,
    memory: &mut MemoryInst,
    segment: u32,
    operands: [u64; 3],
) -> Result<(), Failure> {
    let bytes = state.data(instance, segment)?;
    Ok(copy(memory.bytes_mut(), bytes, operands, [Trap::MemoryOutOfBounds; 2])?)
}

/// Copies from an element segment to a table.
pub(crate) fn init_table(
    state: &mut State,
    instance: &InstanceInst,
    segment: u32,
    addr: u32,
    operands: [u64; 3],
) -> Result<(), Failure> {
    let elems = at(&state.elems, instance.elems + segment)?;
    let table = at_mut(&mut state.tables, addr)?;
    Ok(copy(&mut table.elems, elems, operands, [Trap::TableOutOfBounds; 2])?)
}
