//! Instructions that are executed by their opcode, on a row of slots.

use wattle_ast::{
    AddrType, Arity, ArrowType, Class, Count, CountOf, Kind, MemArg, Opcode, Reader, TypeIdx,
};

use super::{Result, Translator};
use crate::code::{Code, Slot, pack};
use crate::fuel::{OBJECT, ROW, of_slots};
use crate::trap::{Broken, Trap};

/// The number of bits in field `c` of a memory access that hold the index of the memory. The lane
/// is in the bits above.
pub(crate) const MEMORY_BITS: u32 = 12;

impl Translator<'_> {
    pub(super) fn row(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        let info = opcode.info();
        let mut index = || reader.u32().map_err(|_| Broken::Encoding);
        let (low, high) = match info.kinds {
            [] => (0, 0),
            [Kind::Memory | Kind::Table | Kind::Elem | Kind::Data | Kind::Type] => (index()?, 0),
            [Kind::MemInit | Kind::MemCopy | Kind::TableInit | Kind::TableCopy]
            | [Kind::Type, Kind::Type | Kind::Elem | Kind::Data | Kind::ArrayLen] => {
                (index()?, index()?)
            }
            [Kind::MemArg, lane @ ..] => {
                let memarg = memarg(reader)?;
                let lane = if lane.is_empty() { Ok(0) } else { reader.byte() };
                return self.access(opcode, memarg, lane.map_err(|_| Broken::Encoding)?);
            }
            _ => return Err(Broken::Instruction(opcode).into()),
        };
        let takes = match info.arity {
            Arity::Values { takes: Count { fixed, of }, .. } => match of {
                CountOf::Nothing => fixed as usize,
                CountOf::Fields => self.fields(TypeIdx(low))?.len(),
                CountOf::Length => high as usize,
                _ => return Err(Broken::Instruction(opcode).into()),
            },
            _ => return Err(Broken::Instruction(opcode).into()),
        };
        self.emit_row(opcode, takes, 0, pack(low, high))
    }

    /// Translates a load, a store or an atomic access.
    pub(super) fn access(&mut self, opcode: Opcode, memarg: MemArg, lane: u8) -> Result<()> {
        if memarg.memory.0 >> MEMORY_BITS != 0 || lane > 15 {
            return Err(Trap::ModuleTooLarge.into());
        }
        let c = memarg.memory.0 as Slot | Slot::from(lane) << MEMORY_BITS;
        let takes = opcode.info().arrow.map_or(0, |arrow| arrow.params.len());
        self.emit_row(opcode, takes, c, memarg.offset)
    }

    /// Emits an operation that finds its operands in a row of slots, and puts its results there.
    fn emit_row(&mut self, opcode: Opcode, takes: usize, c: Slot, imm: u64) -> Result<()> {
        let a = self.settle_top(takes)?;
        for _ in 0..takes {
            self.pop()?;
        }
        let info = opcode.info();
        let leaves = match info.arity {
            Arity::Values { leaves: Some(Count { fixed, .. }), .. } => fixed as usize,
            _ => return Err(Broken::Instruction(opcode).into()),
        };
        // Aggregate instructions with a result allocate.
        let code = match info.class {
            Class::Aggregate if leaves > 0 => Code::AllocRow,
            _ => Code::Row,
        };
        let more = if code == Code::AllocRow { OBJECT } else { ROW };
        self.charge(more + of_slots(takes));
        self.emit(code, a, opcode as u16, c, imm);
        let results = info.arrow.map_or(&[][..], |arrow| arrow.results);
        for nth in 0..leaves {
            self.push_home(results.get(nth) == Some(&ArrowType::v128))?;
        }
        Ok(())
    }

    /// Whether an access goes to memory 0 with an offset of 32 bits, as the operations for single
    /// accesses require.
    pub(super) fn is_short(memarg: MemArg) -> bool {
        memarg.memory.0 == 0 && memarg.offset <= u32::MAX.into()
    }

    /// Emits a check that a 64-bit address fits 32 bits, as memories are never larger.
    pub(super) fn check_address(&mut self, slot: Slot) {
        let addr = self.spaces.mems.first().map(|memory| memory.limits.addr);
        if addr == Some(AddrType::I64) {
            self.emit(Code::Address, 0, slot, 0, 0);
        }
    }
}

pub(super) fn memarg(reader: &mut Reader<'_>) -> Result<MemArg> {
    reader.read().map_err(|_| Broken::Encoding.into())
}
