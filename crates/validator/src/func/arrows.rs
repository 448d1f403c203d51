//! Rules of instructions with an arrow in the instruction table: they check the immediates, then
//! apply the arrow.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#numeric-instructions>

use wattle_ast::{Kind, MemArg, Opcode, Source, read_immediate};

use super::checker::{Check, Checker};
use super::mode::Mode;
use super::opcodes::{OpcodeType, arrow_type, lanes};
use crate::ErrorKind;
use crate::ty::Ty;

/// The most types in an arrow.
const MOST: usize = 8;

impl<M: Mode> Checker<'_, '_, M> {
    #[inline(always)]
    pub(super) fn integer(&mut self, ty: &OpcodeType) -> Check<M> {
        // Only the length of the value matters, so it is skipped.
        let is_32 = ty.opcode == Opcode::I32Const;
        let is_read = match is_32 {
            true => self.reader.compact_i32().is_some(),
            false => self.reader.compact_i56().is_some(),
        };
        if !is_read {
            M::full_only()?;
            match is_32 {
                true => drop(self.reader.s32()?),
                false => drop(self.reader.s64()?),
            }
        }
        self.push(ty.result)
    }

    #[inline(always)]
    pub(super) fn float(&mut self, ty: &OpcodeType) -> Check<M> {
        let size = if ty.opcode == Opcode::F32Const { 4 } else { 8 };
        self.reader.take(size)?;
        self.push(ty.result)
    }

    #[inline(always)]
    pub(super) fn load(&mut self, ty: &OpcodeType) -> Check<M> {
        let memarg = self.memarg()?;
        let address = self.access(memarg, ty)?;
        self.give(&[address], ty.result)
    }

    #[inline(always)]
    pub(super) fn store(&mut self, ty: &OpcodeType) -> Check<M> {
        let memarg = self.memarg()?;
        let address = self.access(memarg, ty)?;
        self.take(&[address, ty.params[1]])
    }

    #[inline(always)]
    fn memarg(&mut self) -> Check<M, MemArg> {
        if let Some(memarg) = self.reader.compact_memarg() {
            return Ok(memarg);
        }
        M::full_only()?;
        Ok(self.reader.memarg()?)
    }

    /// The address type of the memory that an access names.
    #[inline(always)]
    fn access(&self, memarg: MemArg, ty: &OpcodeType) -> Check<M, Ty> {
        let address = self.memory(memarg.memory.0)?;
        if memarg.align > ty.align {
            return Err(ErrorKind::Alignment.into());
        }
        if address == Ty::I32 && memarg.offset > u32::MAX.into() {
            return Err(ErrorKind::Offset(memarg.offset).into());
        }
        Ok(address)
    }

    /// Like [`access`](Checker::access) for an atomic access, which must state its alignment.
    fn atomic_access(&self, memarg: MemArg, ty: &OpcodeType) -> Check<M, Ty> {
        if memarg.align < ty.align {
            self.memory(memarg.memory.0)?;
            return Err(ErrorKind::AtomicAlignment.into());
        }
        self.access(memarg, ty)
    }

    /// The rule of an instruction with any immediates and any arrow.
    pub(super) fn arrow(&mut self, ty: &OpcodeType) -> Check<M> {
        let info = ty.opcode.info();
        let mut address = Ty::BOTTOM;
        for kind in ty.opcode.kinds().iter() {
            match kind {
                Kind::MemArg => {
                    let memarg = self.memarg()?;
                    address = match ty.is_atomic {
                        true => self.atomic_access(memarg, ty)?,
                        false => self.access(memarg, ty)?,
                    };
                }
                Kind::Memory => {
                    let memory = self.reader.memory()?;
                    address = self.memory(memory.0)?;
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
        let mut types = [Ty::BOTTOM; MOST];
        for (ty, &named) in types.iter_mut().zip(arrow.params.iter().chain(arrow.results)) {
            *ty = match arrow_type(named) {
                Ty::ADDRESS => address,
                ty => ty,
            };
        }
        let (params, rest) = types.split_at_checked(arrow.params.len()).unwrap_or_default();
        self.apply(params, rest.get(..arrow.results.len()).unwrap_or_default())
    }

    fn lane(&self, lane: u8, lanes: u8) -> Check<M> {
        if lane < lanes { Ok(()) } else { Err(ErrorKind::LaneIndex(lane).into()) }
    }
}
