//! Rules of memories and tables, and of the immediates of instructions that have an arrow.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions>

use wattle_ast::{ArrowType, Kind, Malformed, Opcode, Source, read_immediate};

use super::checker::{Check, Checker};
use super::mode::Mode;
use super::opcodes::{BY_OPCODE, OpcodeType, arrow_type, lanes};
use crate::ty::Ty;
use crate::types::Table;
use crate::{ErrorKind, Mismatch};

/// The address type of a length that must fit two memories or tables.
fn narrower(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}

impl<'t, M: Mode> Checker<'_, 't, M> {
    /// The address type of a memory.
    #[inline(always)]
    fn memory(&self, index: u32) -> Check<M, Ty> {
        match self.types.memory_addr(index) {
            Some(address) => Ok(address),
            None => Err(ErrorKind::UnknownMemory(index).into()),
        }
    }

    #[inline(always)]
    pub(super) fn table(&self, index: u32) -> Check<M, &'t Table> {
        match self.types.tables.get(index as usize) {
            Some(table) => Ok(table),
            None => Err(ErrorKind::UnknownTable(index).into()),
        }
    }

    /// The type of the elements of a segment.
    pub(super) fn elem(&self, index: u32) -> Check<M, Ty> {
        match self.types.elems.get(index as usize) {
            Some(&ty) => Ok(ty),
            None => Err(ErrorKind::UnknownElem(index).into()),
        }
    }

    pub(super) fn data(&self, index: u32) -> Check<M> {
        match self.types.data_count {
            None => Err(Malformed::DataCountRequired.into()),
            Some(count) if index >= count => Err(ErrorKind::UnknownData(index).into()),
            Some(_) => Ok(()),
        }
    }

    /// The address type of the memory that the next access names.
    #[inline(always)]
    fn memarg(&mut self, ty: &OpcodeType) -> Check<M, Ty> {
        let memarg = match self.reader.compact_memarg() {
            Some(memarg) => memarg,
            None => {
                M::unusual()?;
                self.reader.memarg()?
            }
        };
        let address = self.memory(memarg.memory.0)?;
        if memarg.align > ty.align {
            return Err(ErrorKind::Alignment.into());
        }
        if ty.is_atomic && memarg.align != ty.align {
            return Err(ErrorKind::AtomicAlignment.into());
        }
        if address == Ty::I32 && memarg.offset > u32::MAX.into() {
            return Err(ErrorKind::Offset(memarg.offset).into());
        }
        Ok(address)
    }

    #[inline(always)]
    pub(super) fn load(&mut self, ty: &OpcodeType) -> Check<M> {
        let address = self.memarg(ty)?;
        self.apply(&[address], &[ty.result])
    }

    #[inline(always)]
    pub(super) fn store(&mut self, ty: &OpcodeType) -> Check<M> {
        let address = self.memarg(ty)?;
        self.take(&[address, ty.params[1]])
    }

    /// An instruction that has an arrow: its immediates, then the arrow.
    #[inline(never)]
    pub(super) fn arrow(&mut self, opcode: Opcode) -> Check<M> {
        let info = opcode.info();
        let mut address = Ty::BOTTOM;
        for kind in opcode.kinds().iter() {
            match kind {
                Kind::MemArg => address = self.memarg(&BY_OPCODE[opcode as usize])?,
                Kind::Memory => {
                    let memory = self.index()?;
                    address = self.memory(memory)?;
                }
                Kind::MemInit => {
                    let init = self.reader.mem_init()?;
                    address = self.memory(init.memory.0)?;
                    self.data(init.data.0)?;
                }
                Kind::Data => {
                    let data = self.index()?;
                    self.data(data)?;
                }
                Kind::Elem => {
                    let elem = self.index()?;
                    self.elem(elem)?;
                }
                Kind::Table => {
                    let table = self.index()?;
                    address = self.table(table)?.addr;
                }
                Kind::Lane => {
                    let lane = self.reader.lane()?;
                    self.lane(lane.0, lanes(info))?;
                }
                Kind::Shuffle => {
                    let shuffle = self.reader.shuffle()?;
                    shuffle.0.into_iter().try_for_each(|lane| self.lane(lane, 32))?;
                }
                _ => read_immediate(kind, &mut self.reader)?,
            }
        }
        let Some(arrow) = info.arrow else { return Ok(()) };
        let resolve = |&ty: &ArrowType| match arrow_type(ty) {
            Ty::ADDRESS => address,
            ty => ty,
        };
        let mut types = [Ty::BOTTOM; 8];
        for (ty, of) in types.iter_mut().zip(arrow.params.iter().chain(arrow.results)) {
            *ty = resolve(of);
        }
        let (params, rest) = types.split_at(arrow.params.len());
        self.apply(params, rest.get(..arrow.results.len()).unwrap_or_default())
    }

    fn lane(&self, lane: u8, lanes: u8) -> Check<M> {
        if lane < lanes { Ok(()) } else { Err(ErrorKind::LaneIndex(lane).into()) }
    }

    pub(super) fn memory_copy(&mut self) -> Check<M> {
        let copy = self.reader.mem_copy()?;
        let dst = self.memory(copy.dst.0)?;
        let src = self.memory(copy.src.0)?;
        self.take(&[dst, src, narrower(dst, src)])
    }

    pub(super) fn table_get(&mut self) -> Check<M> {
        let index = self.index()?;
        let table = self.table(index)?;
        self.pop(table.addr)?;
        self.push(table.elem)
    }

    pub(super) fn table_set(&mut self) -> Check<M> {
        let index = self.index()?;
        let table = self.table(index)?;
        self.take(&[table.addr, table.elem])
    }

    pub(super) fn table_grow(&mut self) -> Check<M> {
        let index = self.index()?;
        let table = self.table(index)?;
        self.take(&[table.elem, table.addr])?;
        self.push(table.addr)
    }

    pub(super) fn table_fill(&mut self) -> Check<M> {
        let index = self.index()?;
        let table = self.table(index)?;
        self.take(&[table.addr, table.elem, table.addr])
    }

    pub(super) fn table_copy(&mut self) -> Check<M> {
        let copy = self.reader.table_copy()?;
        let dst = self.table(copy.dst.0)?;
        let src = self.table(copy.src.0)?;
        if !self.registry.matches(src.elem, dst.elem) {
            return Err(self.mismatch(Mismatch::Table, &[dst.elem], &[src.elem]));
        }
        self.take(&[dst.addr, src.addr, narrower(dst.addr, src.addr)])
    }

    pub(super) fn table_init(&mut self) -> Check<M> {
        let init = self.reader.table_init()?;
        let table = self.table(init.table.0)?;
        let elem = self.elem(init.elem.0)?;
        if !self.registry.matches(elem, table.elem) {
            return Err(self.mismatch(Mismatch::Segment, &[table.elem], &[elem]));
        }
        self.take(&[table.addr, Ty::I32, Ty::I32])
    }
}
