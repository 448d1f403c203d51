//! Instructions that have no operation of their own, and are executed by their opcode.
//!
//! Their operands are in a row of slots, and their results replace the operands from the first on.

use wattle_ast::{Class, Opcode};
use wattle_numerics as numerics;

use super::frame::{Window, opcode};
use crate::code::Op;
use crate::state::{InstanceInst, MemoryInst, State};
use crate::trap::{Broken, Failure};

/// A wait for a notification at an address of a memory of the store.
pub(super) struct Wait {
    pub(super) memory: u32,
    pub(super) address: u64,
    pub(super) timeout: i64,
}

/// An instruction that is being executed, and the state that it works on.
pub(super) struct Row<'a> {
    pub(super) state: &'a mut State,
    pub(super) memories: &'a mut [MemoryInst],
    pub(super) instance: &'a InstanceInst,
    pub(super) frame: &'a mut Window,
    pub(super) op: &'a Op,
}

impl Row<'_> {
    pub(super) fn opcode(&self) -> Result<Opcode, Broken> {
        opcode(self.op.b.into())
    }

    /// The slot that is `nth` from the first operand.
    pub(super) fn operand(&self, nth: u16) -> u64 {
        self.frame[self.op.a.wrapping_add(nth) as usize]
    }

    /// The first three operands. For most instructions on lists, these are the destination, the
    /// source or the value, and the count.
    pub(super) fn operands(&self) -> [u64; 3] {
        [self.operand(0), self.operand(1), self.operand(2)]
    }

    pub(super) fn answer(&mut self, value: u64) {
        self.frame[self.op.a as usize] = value;
    }

    /// Executes the instruction. Returns the wait that it begins, if any.
    pub(super) fn execute(&mut self) -> Result<Option<Wait>, Failure> {
        let opcode = self.opcode()?;
        let info = opcode.info();
        match info.class {
            Class::Atomic => return self.atomic(opcode),
            Class::Memory if info.access_bytes > 0 => self.access(opcode)?,
            Class::Memory => self.memory(opcode)?,
            Class::Table => self.table(opcode)?,
            Class::Aggregate => self.aggregate(opcode)?,
            Class::Numeric => self.wide(opcode)?,
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        Ok(None)
    }

    /// Executes wide arithmetic. All other instructions on numbers have operations.
    fn wide(&mut self, opcode: Opcode) -> Result<(), Failure> {
        let at = |nth| self.operand(nth);
        let (a, b) = match opcode.info().arrow.map(|arrow| arrow.params) {
            Some([_, _]) => ((at(0), 0), (at(1), 0)),
            _ => ((at(0), at(1)), (at(2), at(3))),
        };
        let (low, high) = numerics::wide(opcode, a, b).ok_or(Broken::Instruction(opcode))?;
        self.frame[self.op.a.wrapping_add(1) as usize] = high;
        self.answer(low);
        Ok(())
    }
}
