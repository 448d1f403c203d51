//! Rules of memories, tables and segments.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions>

use wattle_ast::{Malformed, Source};

use super::checker::{Check, Checker};
use super::mode::Mode;
use crate::ty::Ty;
use crate::types::Table;
use crate::{ErrorKind, Mismatch};

/// The address type of a length that must fit both memories or tables.
fn narrower(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}

impl<'t, M: Mode> Checker<'_, 't, M> {
    /// The address type of a memory.
    #[inline(always)]
    pub(super) fn memory(&self, index: u32) -> Check<M, Ty> {
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
