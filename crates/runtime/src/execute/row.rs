//! Instructions that have no operation of their own, and are executed by their opcode.
//!
//! Their operands are in a row of slots, and their results replace the operands from the first on.

use wattle_ast::{Class, Opcode};
use wattle_numerics as numerics;

use super::frame::{Window, opcode};
use crate::code::Op;
use crate::state::{InstanceInst, MemoryInst, State};
use crate::trap::{Broken, Failure};

/// How execution continues after an instruction.
pub(super) enum Next {
    On,
    /// Wait for a notification at an address of a memory of the store.
    Wait {
        memory: u32,
        address: u64,
        timeout: i64,
    },
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

    pub(super) fn execute(&mut self) -> Result<Next, Failure> {
        let opcode = self.opcode()?;
        let info = opcode.info();
        match info.class {
            Class::Atomic => return self.atomic(opcode),
            Class::Memory if info.access_bytes > 0 => self.access(opcode)?,
            Class::Memory => self.memory(opcode)?,
            Class::Table => self.table(opcode)?,
            Class::Aggregate => self.aggregate(opcode)?,
            Class::Numeric => self.number(opcode)?,
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        Ok(Next::On)
    }

    fn number(&mut self, opcode: Opcode) -> Result<(), Failure> {
        let nan = self.state.profile.nan;
        let at = |nth| self.operand(nth);
        let unknown = Broken::Instruction(opcode);
        let arrow = opcode.info().arrow.ok_or(unknown)?;
        let result = match (arrow.params, arrow.results) {
            ([_], [_]) => numerics::unary(opcode, at(0), nan),
            ([_, _], [_]) => numerics::binary(opcode, at(0), at(1), nan),
            (params, _) => {
                let (a, b) = match params {
                    [_, _] => ((at(0), 0), (at(1), 0)),
                    _ => ((at(0), at(1)), (at(2), at(3))),
                };
                let (low, high) = numerics::wide(opcode, a, b).ok_or(unknown)?;
                self.frame[self.op.a.wrapping_add(1) as usize] = high;
                Some(Ok(low))
            }
        };
        let value = result.ok_or(unknown)??;
        self.answer(value);
        Ok(())
    }
}
