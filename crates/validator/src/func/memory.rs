//! Rules of memories and tables, and of the immediates of instructions that have an arrow.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions>

use wattle_ast::{Kind, Malformed, MemArg, Opcode, Reader, Source, read_immediate};

use super::arrows::ARROWS;
use super::{Check, Checker};
use crate::ty::Ty;
use crate::types::Table;
use crate::{ErrorKind, Mismatch};

/// The address type of a length that must fit two memories or tables.
fn narrower(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}

impl<'t> Checker<'t> {
    /// The address type of a memory.
    fn memory(&mut self, index: u32) -> Check<Ty> {
        match self.types.memory_addr(index) {
            Some(address) => Ok(address),
            None => Err(self.invalid(ErrorKind::UnknownMemory(index))),
        }
    }

    #[inline(always)]
    pub(super) fn table(&mut self, index: u32) -> Check<&'t Table> {
        match self.types.tables.get(index as usize) {
            Some(table) => Ok(table),
            None => Err(self.invalid(ErrorKind::UnknownTable(index))),
        }
    }

    /// The type of the elements of a segment.
    pub(super) fn elem(&mut self, index: u32) -> Check<Ty> {
        match self.types.elems.get(index as usize) {
            Some(&ty) => Ok(ty),
            None => Err(self.invalid(ErrorKind::UnknownElem(index))),
        }
    }

    pub(super) fn data(&mut self, index: u32) -> Check {
        match self.types.data_count {
            None => Err(Malformed::DataCountRequired.into()),
            Some(count) if index >= count => Err(self.invalid(ErrorKind::UnknownData(index))),
            Some(_) => Ok(()),
        }
    }

    /// The address type of the memory that an access names.
    fn memarg(&mut self, opcode: Opcode, memarg: MemArg) -> Check<Ty> {
        let applied = &ARROWS[opcode as usize];
        let address = self.memory(memarg.memory.0)?;
        if memarg.align > applied.align {
            return Err(self.invalid(ErrorKind::Alignment));
        }
        if applied.is_atomic && memarg.align != applied.align {
            return Err(self.invalid(ErrorKind::AtomicAlignment));
        }
        if address == Ty::I32 && memarg.offset > u32::MAX.into() {
            return Err(self.invalid(ErrorKind::Offset(memarg.offset)));
        }
        Ok(address)
    }

    /// A load or store that is not of the commonest kind, or wrong.
    #[inline(never)]
    pub(super) fn access(&mut self, opcode: Opcode, memarg: MemArg) -> Check {
        let address = self.memarg(opcode, memarg)?;
        self.apply(opcode, address)
    }

    /// An instruction that has an arrow: its immediates, then the arrow.
    #[inline(never)]
    pub(super) fn other(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Check {
        let mut address = Ty::BOTTOM;
        for kind in opcode.kinds().iter() {
            match kind {
                Kind::MemArg => {
                    let memarg = reader.memarg()?;
                    address = self.memarg(opcode, memarg)?;
                }
                Kind::Memory => {
                    let memory = reader.u32()?;
                    address = self.memory(memory)?;
                }
                Kind::MemInit => {
                    let init = reader.mem_init()?;
                    address = self.memory(init.memory.0)?;
                    self.data(init.data.0)?;
                }
                Kind::Data => {
                    let data = reader.u32()?;
                    self.data(data)?;
                }
                Kind::Elem => {
                    let elem = reader.u32()?;
                    self.elem(elem)?;
                }
                Kind::Table => {
                    let table = reader.u32()?;
                    address = self.table(table)?.addr;
                }
                Kind::Lane => {
                    let lane = reader.lane()?;
                    self.lane(lane.0, ARROWS[opcode as usize].lanes)?;
                }
                Kind::Shuffle => {
                    let shuffle = reader.shuffle()?;
                    shuffle.0.into_iter().try_for_each(|lane| self.lane(lane, 32))?;
                }
                _ => read_immediate(kind, reader)?,
            }
        }
        self.apply(opcode, address)
    }

    fn lane(&mut self, lane: u8, lanes: u8) -> Check {
        if lane < lanes { Ok(()) } else { Err(self.invalid(ErrorKind::LaneIndex(lane))) }
    }

    pub(super) fn memory_copy(&mut self, reader: &mut Reader<'_>) -> Check {
        let copy = reader.mem_copy()?;
        let dst = self.memory(copy.dst.0)?;
        let src = self.memory(copy.src.0)?;
        self.take(&[dst, src, narrower(dst, src)])
    }

    pub(super) fn table_get(&mut self, reader: &mut Reader<'_>) -> Check {
        let index = reader.u32()?;
        let table = self.table(index)?;
        self.pop(table.addr)?;
        self.push(table.elem);
        Ok(())
    }

    pub(super) fn table_set(&mut self, reader: &mut Reader<'_>) -> Check {
        let index = reader.u32()?;
        let table = self.table(index)?;
        self.take(&[table.addr, table.elem])
    }

    pub(super) fn table_grow(&mut self, reader: &mut Reader<'_>) -> Check {
        let index = reader.u32()?;
        let table = self.table(index)?;
        self.take(&[table.elem, table.addr])?;
        self.push(table.addr);
        Ok(())
    }

    pub(super) fn table_fill(&mut self, reader: &mut Reader<'_>) -> Check {
        let index = reader.u32()?;
        let table = self.table(index)?;
        self.take(&[table.addr, table.elem, table.addr])
    }

    pub(super) fn table_copy(&mut self, reader: &mut Reader<'_>) -> Check {
        let copy = reader.table_copy()?;
        let dst = self.table(copy.dst.0)?;
        let src = self.table(copy.src.0)?;
        if !self.registry.matches(src.elem, dst.elem) {
            return Err(self.mismatched(Mismatch::Table, &[dst.elem], &[src.elem]));
        }
        self.take(&[dst.addr, src.addr, narrower(dst.addr, src.addr)])
    }

    pub(super) fn table_init(&mut self, reader: &mut Reader<'_>) -> Check {
        let init = reader.table_init()?;
        let table = self.table(init.table.0)?;
        let elem = self.elem(init.elem.0)?;
        if !self.registry.matches(elem, table.elem) {
            return Err(self.mismatched(Mismatch::Segment, &[table.elem], &[elem]));
        }
        self.take(&[table.addr, Ty::I32, Ty::I32])
    }
}
