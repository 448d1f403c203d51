//! Instructions that have no operation of their own: from the opcode to who executes it.
//!
//! Operands lie in a row of slots from `a` on; results go there.

use wattle_ast::{LaneIdx, Opcode};

use super::run::{Window, get_vector, set_vector};
use super::{aggregates, atomics, bulk};
use crate::code::{Op, Slot};
use crate::numerics::{self, simd};
use crate::state::{InstanceInst, State};
use crate::translate::MEMORY_BITS;
use crate::trap::Trap;

/// How to go on.
pub(super) enum Next {
    On,
    /// Wait for a notification at an address of a memory of the store.
    Wait {
        memory: u32,
        address: u64,
        timeout: i64,
    },
}

pub(super) fn slot(frame: &Window, at: Slot, nth: u16) -> u64 {
    frame[at.wrapping_add(nth) as usize]
}

/// The opcode of a rare operation.
pub(super) fn opcode(op: &Op) -> Result<Opcode, Trap> {
    Opcode::ALL.get(usize::from(op.b)).copied().ok_or(Trap::InvalidCode)
}

pub(super) fn wide(frame: &mut Window, op: &Op) -> Result<(), Trap> {
    let at = |nth| slot(frame, op.a, nth);
    let result = match opcode(op)? {
        opcode @ (Opcode::I64Add128 | Opcode::I64Sub128) => {
            numerics::wide(opcode, (at(0), at(1)), (at(2), at(3)))
        }
        opcode => numerics::wide(opcode, (at(0), 0), (at(1), 0)),
    };
    let (low, high) = result.ok_or(Trap::InvalidCode)?;
    frame[op.a as usize] = low;
    frame[op.a.wrapping_add(1) as usize] = high;
    Ok(())
}

/// The address of a memory of an instance.
pub(super) fn memory_addr(instance: &InstanceInst, index: u32) -> Result<u32, Trap> {
    instance.memories.get(index as usize).copied().ok_or(Trap::InvalidCode)
}

pub(super) fn rare(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    op: &Op,
) -> Result<Next, Trap> {
    let opcode = opcode(op)?;
    use wattle_ast::Class;
    match opcode.info().class {
        Class::Atomic => return atomics::atomic(state, instance, frame, opcode, op),
        Class::Table => bulk::table(state, instance, frame, opcode, op)?,
        Class::Aggregate => aggregates::bulk(state, instance, frame, opcode, op)?,
        Class::Memory if opcode.info().access_bytes > 0 => {
            access(state, instance, frame, opcode, op)?;
        }
        Class::Memory => bulk::memory(state, instance, frame, opcode, op)?,
        _ => return Err(Trap::InvalidCode),
    }
    Ok(Next::On)
}

/// Where in a memory an access goes.
pub(super) struct Place {
    pub(super) memory: u32,
    pub(super) start: usize,
}

pub(super) fn place(
    state: &State,
    instance: &InstanceInst,
    frame: &Window,
    op: &Op,
    bytes: usize,
) -> Result<Place, Trap> {
    let memory = memory_addr(instance, u32::from(op.c) & ((1 << MEMORY_BITS) - 1))?;
    let len = state.memories.get(memory as usize).ok_or(Trap::InvalidCode)?.bytes.len();
    let address = slot(frame, op.a, 0).checked_add(op.imm);
    let start = address.and_then(|address| usize::try_from(address).ok());
    let start = start.ok_or(Trap::MemoryOutOfBounds)?;
    let end = start.checked_add(bytes).filter(|&end| end <= len);
    end.map(|_| Place { memory, start }).ok_or(Trap::MemoryOutOfBounds)
}

/// The bytes of an access as a number.
pub(super) fn read(state: &State, place: &Place, bytes: usize) -> u64 {
    let mut value = [0; 8];
    if let Some(memory) = state.memories.get(place.memory as usize) {
        let from = memory.bytes.get(place.start..place.start + bytes).unwrap_or_default();
        for (to, from) in value.iter_mut().zip(from) {
            *to = *from;
        }
    }
    u64::from_le_bytes(value)
}

pub(super) fn write(state: &mut State, place: &Place, bytes: usize, value: u64) {
    if let Some(memory) = state.memories.get_mut(place.memory as usize) {
        let to = memory.bytes.get_mut(place.start..place.start + bytes).unwrap_or_default();
        for (to, from) in to.iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }
}

/// A load or a store.
fn access(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    opcode: Opcode,
    op: &Op,
) -> Result<(), Trap> {
    use wattle_ast::ArrowType::v128;
    let info = opcode.info();
    let bytes = usize::from(info.access_bytes);
    let arrow = info.arrow.ok_or(Trap::InvalidCode)?;
    let place = place(state, instance, frame, op, bytes)?;
    let lane = LaneIdx((op.c >> MEMORY_BITS) as u8);
    let invalid = Trap::InvalidCode;
    match (arrow.params, arrow.results) {
        ([_, v128], []) if bytes == 16 => {
            let value = u128::from_le_bytes(get_vector(frame, op.a.wrapping_add(1)).0);
            write(state, &place, 8, value as u64);
            let upper = Place { start: place.start + 8, ..place };
            write(state, &upper, 8, (value >> 64) as u64);
        }
        ([_, v128], []) => {
            let vector = get_vector(frame, op.a.wrapping_add(1));
            let value = simd::store_lane(opcode, vector, lane).ok_or(invalid)?;
            write(state, &place, bytes, value);
        }
        ([_, _], []) => write(state, &place, bytes, slot(frame, op.a, 1)),
        ([_], [v128]) if bytes == 16 => {
            let low = read(state, &place, 8);
            let high = read(state, &Place { start: place.start + 8, ..place }, 8);
            let value = u128::from(low) | u128::from(high) << 64;
            set_vector(frame, op.a, wattle_ast::V128(value.to_le_bytes()));
        }
        ([_], [v128]) => {
            let value = simd::load(opcode, read(state, &place, bytes)).ok_or(invalid)?;
            set_vector(frame, op.a, value);
        }
        ([_, v128], [v128]) => {
            let vector = get_vector(frame, op.a.wrapping_add(1));
            let value = simd::load_lane(opcode, vector, lane, read(state, &place, bytes));
            set_vector(frame, op.a, value.ok_or(invalid)?);
        }
        ([_], [_]) => {
            let value = read(state, &place, bytes);
            frame[op.a as usize] = extend(opcode, value);
        }
        _ => return Err(invalid),
    }
    Ok(())
}

/// What a load makes of the bytes.
fn extend(opcode: Opcode, value: u64) -> u64 {
    match opcode {
        Opcode::I32Load8S => value as i8 as i32 as u32 as u64,
        Opcode::I32Load16S => value as i16 as i32 as u32 as u64,
        Opcode::I64Load8S => value as i8 as i64 as u64,
        Opcode::I64Load16S => value as i16 as i64 as u64,
        Opcode::I64Load32S => value as i32 as i64 as u64,
        _ => value,
    }
}
