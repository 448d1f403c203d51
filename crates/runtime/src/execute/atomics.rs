//! Atomic accesses, wait and notify.
//!
//! Executions of a store take turns, never within an instruction: every access is atomic as it is.
//!
//! Spec: <https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md>

use wattle_ast::Opcode;

use super::rare::{Next, place, read, slot, write};
use super::run::Window;
use crate::code::Op;
use crate::state::{InstanceInst, State};
use crate::trap::Trap;

/// What a read-modify-write makes of the old value and the operand.
fn combine(opcode: Opcode, old: u64, operand: u64) -> Option<u64> {
    use Opcode as O;
    Some(match opcode {
        O::I32AtomicRmwAdd
        | O::I64AtomicRmwAdd
        | O::I32AtomicRmw8AddU
        | O::I32AtomicRmw16AddU
        | O::I64AtomicRmw8AddU
        | O::I64AtomicRmw16AddU
        | O::I64AtomicRmw32AddU => old.wrapping_add(operand),
        O::I32AtomicRmwSub
        | O::I64AtomicRmwSub
        | O::I32AtomicRmw8SubU
        | O::I32AtomicRmw16SubU
        | O::I64AtomicRmw8SubU
        | O::I64AtomicRmw16SubU
        | O::I64AtomicRmw32SubU => old.wrapping_sub(operand),
        O::I32AtomicRmwAnd
        | O::I64AtomicRmwAnd
        | O::I32AtomicRmw8AndU
        | O::I32AtomicRmw16AndU
        | O::I64AtomicRmw8AndU
        | O::I64AtomicRmw16AndU
        | O::I64AtomicRmw32AndU => old & operand,
        O::I32AtomicRmwOr
        | O::I64AtomicRmwOr
        | O::I32AtomicRmw8OrU
        | O::I32AtomicRmw16OrU
        | O::I64AtomicRmw8OrU
        | O::I64AtomicRmw16OrU
        | O::I64AtomicRmw32OrU => old | operand,
        O::I32AtomicRmwXor
        | O::I64AtomicRmwXor
        | O::I32AtomicRmw8XorU
        | O::I32AtomicRmw16XorU
        | O::I64AtomicRmw8XorU
        | O::I64AtomicRmw16XorU
        | O::I64AtomicRmw32XorU => old ^ operand,
        O::I32AtomicRmwXchg
        | O::I64AtomicRmwXchg
        | O::I32AtomicRmw8XchgU
        | O::I32AtomicRmw16XchgU
        | O::I64AtomicRmw8XchgU
        | O::I64AtomicRmw16XchgU
        | O::I64AtomicRmw32XchgU => operand,
        _ => return None,
    })
}

pub(super) fn atomic(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    opcode: Opcode,
    op: &Op,
) -> Result<Next, Trap> {
    let info = opcode.info();
    let bytes = usize::from(info.access_bytes);
    // The alignment is that of the address, so it comes first.
    let address = slot(frame, op.a, 0).checked_add(op.imm).ok_or(Trap::MemoryOutOfBounds)?;
    let place = place(state, instance, frame, op, bytes);
    if address % bytes.max(1) as u64 != 0 {
        return Err(Trap::UnalignedAtomic);
    }
    let place = place?;
    let mask = if bytes == 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 };
    let at = |nth| slot(frame, op.a, nth);
    let result = match opcode {
        Opcode::MemoryAtomicNotify => {
            let mut left = at(1) as u32;
            let mut woken = 0;
            state.waiters.retain(|waiter| {
                let hit = left > 0 && waiter.memory == place.memory && waiter.address == address;
                if hit {
                    left -= 1;
                    woken += 1;
                }
                !hit
            });
            woken
        }
        Opcode::MemoryAtomicWait32 | Opcode::MemoryAtomicWait64 => {
            let memory = state.memories.get(place.memory as usize).ok_or(Trap::InvalidCode)?;
            if !memory.ty.limits.shared {
                return Err(Trap::ExpectedSharedMemory);
            }
            if read(state, &place, bytes) == at(1) & mask {
                let timeout = at(2) as i64;
                return Ok(Next::Wait { memory: place.memory, address, timeout });
            }
            1
        }
        _ => {
            let arrow = info.arrow.ok_or(Trap::InvalidCode)?;
            match (arrow.params.len(), arrow.results.is_empty()) {
                (1, false) => read(state, &place, bytes),
                (2, true) => {
                    write(state, &place, bytes, at(1));
                    return Ok(Next::On);
                }
                (2, false) => {
                    let old = read(state, &place, bytes);
                    let new = combine(opcode, old, at(1)).ok_or(Trap::InvalidCode)?;
                    let width = fault!(AtomicWidth, if bytes == 2 { 4 } else { bytes }, bytes);
                    write(state, &place, width, new);
                    old
                }
                (3, false) => {
                    let old = read(state, &place, bytes);
                    // A narrow comparison is with as many bits of the expected value.
                    if old == fault!(CompareNarrow, at(1), at(1) & mask) {
                        write(state, &place, bytes, at(2));
                    }
                    old
                }
                _ => return Err(Trap::InvalidCode),
            }
        }
    };
    frame[op.a as usize] = result;
    Ok(Next::On)
}
