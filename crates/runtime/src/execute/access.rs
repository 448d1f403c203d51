//! Loads and stores of any memory and any width, atomic ones included.
//!
//! Executions of a store take turns, and switch only between instructions. So every access is
//! atomic.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions>,
//! <https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md>

use wattle_ast::ArrowType::v128;
use wattle_ast::{LaneIdx, Opcode, V128};
use wattle_numerics::{self as numerics, simd};

use super::frame::{get_vector, set_vector};
use super::row::{Row, Wait};
use crate::state::MemoryInst;
use crate::translate::MEMORY_BITS;
use crate::trap::{Broken, Failure, Trap, at, at_mut};

/// A place in a memory of the store that an access reads or writes.
struct Place {
    memory: u32,
    start: usize,
}

impl Place {
    /// The lowest `bytes` bytes of the result are those at the place.
    fn read(&self, memories: &[MemoryInst], bytes: usize) -> Result<u128, Broken> {
        let memory = at(memories, self.memory)?.bytes();
        let from = memory.get(self.start..self.start + bytes).ok_or(Broken::Index)?;
        let mut value = [0; 16];
        value.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        Ok(u128::from_le_bytes(value))
    }

    fn write(&self, memories: &mut [MemoryInst], bytes: usize, value: u128) -> Result<(), Broken> {
        let memory = at_mut(memories, self.memory)?.bytes_mut();
        let to = memory.get_mut(self.start..self.start + bytes).ok_or(Broken::Index)?;
        to.iter_mut().zip(value.to_le_bytes()).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl Row<'_> {
    /// The place of `bytes` bytes at the address in the first operand.
    fn place(&self, bytes: usize) -> Result<Place, Failure> {
        let memory = self.instance.memory(u32::from(self.op.c) & ((1 << MEMORY_BITS) - 1))?;
        let len = at(self.memories, memory)?.bytes().len();
        let address = self.operand(0).checked_add(self.op.imm);
        let start = address.and_then(|address| usize::try_from(address).ok());
        let fits = |start: &usize| start.checked_add(bytes).is_some_and(|end| end <= len);
        let start = start.filter(fits).ok_or(Trap::MemoryOutOfBounds)?;
        Ok(Place { memory, start })
    }

    pub(super) fn access(&mut self, opcode: Opcode) -> Result<(), Failure> {
        let info = opcode.info();
        let bytes = usize::from(info.access_bytes);
        let lane = LaneIdx((self.op.c >> MEMORY_BITS) as u8);
        let place = self.place(bytes)?;
        let unknown = Broken::Instruction(opcode);
        let arrow = info.arrow.ok_or(unknown)?;
        let vector = get_vector(self.frame, self.op.a.wrapping_add(1));
        if let [_, stored] = arrow.params
            && arrow.results.is_empty()
        {
            let value = match stored {
                v128 if bytes == 16 => u128::from_le_bytes(vector.0),
                v128 => simd::extract_lane(opcode, vector, lane).ok_or(unknown)?.into(),
                _ => self.operand(1).into(),
            };
            return Ok(place.write(self.memories, bytes, value)?);
        }
        let value = place.read(self.memories, bytes)?;
        let loaded = match (arrow.params, arrow.results) {
            ([_], [v128]) if bytes == 16 => Some(V128(value.to_le_bytes())),
            ([_], [v128]) => simd::from_number(opcode, value as u64),
            ([_, v128], [v128]) => simd::replace_lane(opcode, vector, lane, value as u64),
            _ => {
                let value = numerics::load(opcode, value as u64).ok_or(unknown)?;
                self.answer(value);
                return Ok(());
            }
        };
        set_vector(self.frame, self.op.a, loaded.ok_or(unknown)?);
        Ok(())
    }

    pub(super) fn atomic(&mut self, opcode: Opcode) -> Result<Option<Wait>, Failure> {
        let info = opcode.info();
        let bytes = usize::from(info.access_bytes);
        // The alignment concerns the whole address, so it is checked first.
        let address = self.operand(0).checked_add(self.op.imm).ok_or(Trap::MemoryOutOfBounds)?;
        if address % bytes.max(1) as u64 != 0 {
            return Err(Trap::UnalignedAtomic.into());
        }
        let place = self.place(bytes)?;
        let mask = if bytes == 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 };
        let [_, operand, third] = self.operands();
        let old = place.read(self.memories, bytes)? as u64;
        let arrow = info.arrow.ok_or(Broken::Instruction(opcode))?;
        let answer = match (opcode, arrow.params.len(), arrow.results.is_empty()) {
            (Opcode::MemoryAtomicNotify, ..) => {
                self.state.waiters.notify(place.memory, address, operand as u32)
            }
            (Opcode::MemoryAtomicWait32 | Opcode::MemoryAtomicWait64, ..) => {
                if !at(self.memories, place.memory)?.ty.limits.shared {
                    return Err(Trap::ExpectedSharedMemory.into());
                }
                if old == operand & mask {
                    let (memory, timeout) = (place.memory, third as i64);
                    return Ok(Some(Wait { memory, address, timeout }));
                }
                1
            }
            (_, 1, _) => old,
            (_, 2, true) => {
                place.write(self.memories, bytes, operand.into())?;
                return Ok(None);
            }
            (_, 2, false) => {
                let new = numerics::read_modify_write(opcode, old, operand);
                let new = new.ok_or(Broken::Instruction(opcode))?;
                let width = fault!(AtomicWidth, if bytes == 2 { 4 } else { bytes }, bytes);
                place.write(self.memories, width, new.into())?;
                old
            }
            _ => {
                // A narrow comparison looks only at the same number of bytes of the expected value.
                if old == fault!(CompareNarrow, operand, operand & mask) {
                    place.write(self.memories, bytes, third.into())?;
                }
                old
            }
        };
        self.answer(answer);
        Ok(None)
    }
}
