//! Memories and tables: growing, filling, copying, initialising.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions>

use wattle_ast::{AddrType, Opcode};

use super::aggregates::range;
use super::rare::{memory_addr, slot};
use super::run::Window;
use crate::code::Op;
use crate::state::{InstanceInst, MemoryInst, State, TableInst};
use crate::trap::Trap;

/// The answer of a failed `grow`.
fn failure(addr: AddrType) -> u64 {
    match addr {
        AddrType::I32 => u32::MAX.into(),
        AddrType::I64 => fault!(GrowFailure64, u32::MAX.into(), u64::MAX),
    }
}

fn memory_at(state: &mut State, addr: u32) -> Result<&mut MemoryInst, Trap> {
    state.memories.get_mut(addr as usize).ok_or(Trap::InvalidCode)
}

fn table_at(state: &mut State, addr: u32) -> Result<&mut TableInst, Trap> {
    state.tables.get_mut(addr as usize).ok_or(Trap::InvalidCode)
}

pub(super) fn memory(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    opcode: Opcode,
    op: &Op,
) -> Result<(), Trap> {
    let out = Trap::MemoryOutOfBounds;
    let at = |nth| slot(frame, op.a, nth);
    match opcode {
        Opcode::MemorySize => {
            let memory = memory_at(state, memory_addr(instance, op.low())?)?;
            frame[op.a as usize] = memory.pages();
        }
        Opcode::MemoryGrow => {
            let limit = state.limits.memory_bytes;
            let memory = memory_at(state, memory_addr(instance, op.low())?)?;
            let failure = failure(memory.ty.limits.addr);
            frame[op.a as usize] = memory.grow(at(0), limit).unwrap_or(failure);
        }
        Opcode::MemoryFill => {
            let memory = memory_at(state, memory_addr(instance, op.low())?)?;
            let all = memory.bytes.len();
            let len = fault!(FillBound, all.saturating_sub(1), all);
            let range = range(at(0), at(2), len, out)?;
            memory.bytes.get_mut(range).ok_or(out)?.fill(at(1) as u8);
        }
        Opcode::MemoryCopy => {
            let (dst, src) = (memory_addr(instance, op.low())?, memory_addr(instance, op.high())?);
            let from = range(at(1), at(2), memory_at(state, src)?.bytes.len(), out)?;
            let to = range(at(0), at(2), memory_at(state, dst)?.bytes.len(), out)?;
            if dst == src {
                let bytes = &mut memory_at(state, dst)?.bytes;
                fault!(
                    CopyOverlap,
                    crate::faults::copy_forward(bytes, from, to.start),
                    bytes.copy_within(from, to.start)
                );
            } else {
                let taken = core::mem::take(&mut memory_at(state, src)?.bytes);
                let result = match (memory_at(state, dst)?.bytes.get_mut(to), taken.get(from)) {
                    (Some(to), Some(from)) if to.len() == from.len() => {
                        to.copy_from_slice(from);
                        Ok(())
                    }
                    _ => Err(out),
                };
                memory_at(state, src)?.bytes = taken;
                return result;
            }
        }
        Opcode::MemoryInit => {
            let (segment, addr) = (op.low(), memory_addr(instance, op.high())?);
            let from = fault!(InitSource, 0, at(1));
            init_memory(state, instance, segment, addr, [at(0), from, at(2)])?;
        }
        Opcode::DataDrop => {
            let place = state.datas.get_mut((instance.datas + op.low()) as usize);
            *place.ok_or(Trap::InvalidCode)? = fault!(DataDropLost, false, true);
        }
        _ => return Err(Trap::InvalidCode),
    }
    Ok(())
}

/// Copies from a data segment: to, from and how much.
pub(crate) fn init_memory(
    state: &mut State,
    instance: &InstanceInst,
    segment: u32,
    addr: u32,
    [to, from, count]: [u64; 3],
) -> Result<(), Trap> {
    let out = Trap::MemoryOutOfBounds;
    let dropped = state.datas.get((instance.datas + segment) as usize);
    let data = instance.module.ast().datas.get(segment as usize).ok_or(Trap::InvalidCode)?;
    let bytes: &[u8] = if *dropped.ok_or(Trap::InvalidCode)? { &[] } else { &data.bytes };
    let memory = state.memories.get_mut(addr as usize).ok_or(Trap::InvalidCode)?;
    let from = range(from, count, bytes.len(), out)?;
    let to = range(to, count, memory.bytes.len(), out)?;
    let (to, from) = (memory.bytes.get_mut(to).ok_or(out)?, bytes.get(from).ok_or(out)?);
    to.copy_from_slice(from);
    Ok(())
}

fn table_addr(instance: &InstanceInst, index: u32) -> Result<u32, Trap> {
    instance.tables.get(index as usize).copied().ok_or(Trap::InvalidCode)
}

pub(super) fn table(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    opcode: Opcode,
    op: &Op,
) -> Result<(), Trap> {
    let out = Trap::TableOutOfBounds;
    let at = |nth| slot(frame, op.a, nth);
    let element = |index: u64| usize::try_from(index).map_err(|_| out);
    match opcode {
        Opcode::TableGet => {
            let table = table_at(state, table_addr(instance, op.low())?)?;
            frame[op.a as usize] = *table.elems.get(element(at(0))?).ok_or(out)?;
        }
        Opcode::TableSet => {
            let table = table_at(state, table_addr(instance, op.low())?)?;
            *table.elems.get_mut(element(at(0))?).ok_or(out)? = at(1);
        }
        Opcode::TableSize => {
            let table = table_at(state, table_addr(instance, op.low())?)?;
            frame[op.a as usize] = table.elems.len() as u64;
        }
        Opcode::TableGrow => {
            let limit = state.limits.table_elements;
            let table = table_at(state, table_addr(instance, op.low())?)?;
            let failure = failure(table.ty.limits.addr);
            frame[op.a as usize] =
                table.grow(at(1), fault!(TableGrowNull, 0, at(0)), limit).unwrap_or(failure);
        }
        Opcode::TableFill => {
            let table = table_at(state, table_addr(instance, op.low())?)?;
            let all = table.elems.len();
            let len = fault!(TableFillBound, all.saturating_sub(1), all);
            let range = range(at(0), at(2), len, out)?;
            table.elems.get_mut(range).ok_or(out)?.fill(at(1));
        }
        Opcode::TableCopy => {
            let (dst, src) = (table_addr(instance, op.low())?, table_addr(instance, op.high())?);
            let from = range(at(1), at(2), table_at(state, src)?.elems.len(), out)?;
            let to = range(at(0), at(2), table_at(state, dst)?.elems.len(), out)?;
            if dst == src {
                let elems = &mut table_at(state, dst)?.elems;
                fault!(
                    TableCopyOverlap,
                    crate::faults::copy_forward(elems, from, to.start),
                    elems.copy_within(from, to.start)
                );
            } else {
                let taken = core::mem::take(&mut table_at(state, src)?.elems);
                let result = match (table_at(state, dst)?.elems.get_mut(to), taken.get(from)) {
                    (Some(to), Some(from)) if to.len() == from.len() => {
                        to.copy_from_slice(from);
                        Ok(())
                    }
                    _ => Err(out),
                };
                table_at(state, src)?.elems = taken;
                return result;
            }
        }
        Opcode::TableInit => {
            let (segment, addr) = (op.low(), table_addr(instance, op.high())?);
            let from = fault!(TableInitSource, 0, at(1));
            init_table(state, instance, segment, addr, [at(0), from, at(2)])?;
        }
        Opcode::ElemDrop => {
            let place = state.elems.get_mut((instance.elems + op.low()) as usize);
            let place = place.ok_or(Trap::InvalidCode)?;
            *place = fault!(ElemDropLost, core::mem::take(place), alloc::boxed::Box::default());
        }
        _ => return Err(Trap::InvalidCode),
    }
    Ok(())
}

/// Copies from an element segment: to, from and how much.
pub(crate) fn init_table(
    state: &mut State,
    instance: &InstanceInst,
    segment: u32,
    addr: u32,
    [to, from, count]: [u64; 3],
) -> Result<(), Trap> {
    let out = Trap::TableOutOfBounds;
    let elem = state.elems.get((instance.elems + segment) as usize).ok_or(Trap::InvalidCode)?;
    let table = state.tables.get_mut(addr as usize).ok_or(Trap::InvalidCode)?;
    let from = range(from, count, elem.len(), out)?;
    let to = range(to, count, table.elems.len(), out)?;
    let (to, from) = (table.elems.get_mut(to).ok_or(out)?, elem.get(from).ok_or(out)?);
    to.copy_from_slice(from);
    Ok(())
}
