//! All instructions that do not touch control: numbers, locals, memory, tables, references.

use wattle_ast::{
    AddrType, Arrow, ArrowType, BrCast, Class, CompType, FieldIdx, FieldType, Instr, LocalIdx,
    MemArg, Opcode, Reader, StorageType, TypeIdx, V128, ValType,
};

use super::Translator;
use super::operands::Place;
use crate::code::{Code, Op, Scalar, Slot, pack, swapped};
use crate::trap::{Broken, Failure, Trap, at};
use crate::types::{Storage, width};

type Result<T> = core::result::Result<T, Failure>;

/// Bits of the field `c` of an access to memory: the memory; the lane lies above.
pub(crate) const MEMORY_BITS: u32 = 12;

/// In the immediate of an access to a field or an element, beside how it is stored: that a narrow
/// one is signed.
pub(crate) const SIGNED: u32 = 8;

impl<'m> Translator<'m> {
    /// Whether the instruction was one of these.
    pub(super) fn plain(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<bool> {
        match Scalar::of(opcode) {
            Some(Scalar::Binary(slots, immediate)) => self.binary(opcode, slots, immediate)?,
            Some(Scalar::Unary(code)) => {
                let b = self.pop_slot()?;
                let a = self.push_home(false)?;
                self.emit3(code, a, b, 0);
            }
            Some(Scalar::Load(code)) => self.load(opcode, code, reader, false)?,
            Some(Scalar::Store(code, immediate)) => {
                self.store(opcode, code, Some(immediate), reader)?;
            }
            None => return self.other(opcode, reader),
        }
        Ok(true)
    }

    fn binary(&mut self, opcode: Opcode, slots: Code, immediate: Code) -> Result<()> {
        let right = self.pop()?;
        let left = self.pop()?;
        if let Place::Const(value) = right.place {
            let b = self.slot(left);
            let (immediate, value) = match immediate {
                // One way to count is enough.
                Code::I32SubImm => (Code::I32AddImm, (value as u32).wrapping_neg().into()),
                Code::I64SubImm => (Code::I64AddImm, value.wrapping_neg()),
                _ => (immediate, value),
            };
            let a = self.push_home(false)?;
            self.emit(Op::new(immediate, a, b, 0, value));
            return Ok(());
        }
        if let (Place::Const(value), Some(swapped)) = (left.place, swapped(opcode))
            && let Some(Scalar::Binary(_, immediate)) = Scalar::of(swapped)
        {
            let b = self.slot(right);
            let a = self.push_home(false)?;
            self.emit(Op::new(immediate, a, b, 0, value));
            return Ok(());
        }
        let (b, c) = (self.slot(left), self.slot(right));
        let a = self.push_home(false)?;
        self.emit3(slots, a, b, c);
        Ok(())
    }

    /// `i32.eqz` and `i64.eqz`: the comparison before is turned around, or made one with 0.
    fn test_zero(&mut self, code: Code) -> Result<()> {
        let operand = self.pop()?;
        let inverse = self.last_into(operand).and_then(|op| {
            let inverse = op.code.inverse().filter(|_| op.code.branch().is_some());
            inverse.map(|code| op.code = code)
        });
        if inverse.is_some() {
            self.push_home(false)?;
            return Ok(());
        }
        let b = self.slot(operand);
        let a = self.push_home(false)?;
        self.emit(Op::new(code, a, b, 0, 0));
        Ok(())
    }

    fn memarg(reader: &mut Reader<'_>) -> Result<MemArg> {
        reader.read().map_err(|_| Broken::Encoding.into())
    }

    fn load(
        &mut self,
        opcode: Opcode,
        code: Code,
        reader: &mut Reader<'_>,
        wide: bool,
    ) -> Result<()> {
        let memarg = Self::memarg(reader)?;
        if self.is_rare(memarg) {
            return self.rare(
                opcode,
                Code::Row,
                1,
                &[wide],
                self.memory(memarg, 0)?,
                memarg.offset,
            );
        }
        let b = self.pop_slot()?;
        let a = self.push_home(wide)?;
        self.check_address(b);
        self.emit(Op::new(code, a, b, 0, memarg.offset));
        Ok(())
    }

    fn store(
        &mut self,
        opcode: Opcode,
        code: Code,
        immediate: Option<Code>,
        reader: &mut Reader<'_>,
    ) -> Result<()> {
        let memarg = Self::memarg(reader)?;
        if self.is_rare(memarg) {
            return self.rare(opcode, Code::Row, 2, &[], self.memory(memarg, 0)?, memarg.offset);
        }
        let value = self.pop()?;
        let address = self.pop()?;
        if let (Place::Const(value), Some(immediate)) = (value.place, immediate)
            && let Some(half) = stored_half(code, value)
        {
            let b = self.slot(address);
            self.check_address(b);
            self.emit(Op::new(immediate, 0, b, 0, pack(memarg.offset as u32, half)));
            return Ok(());
        }
        let (b, c) = (self.slot(address), self.slot(value));
        self.check_address(b);
        self.emit(Op::new(code, 0, b, c, memarg.offset));
        Ok(())
    }

    /// Whether an access is not for the operations of memory 0, which take offsets of 32 bits.
    fn is_rare(&self, memarg: MemArg) -> bool {
        memarg.memory.0 != 0 || memarg.offset > u32::MAX.into()
    }

    /// No memory is larger than 32 bits reach: an address that is larger is out of bounds.
    fn check_address(&mut self, slot: Slot) {
        let addr = self.module.spaces.mems.first().map(|memory| memory.limits.addr);
        if addr == Some(AddrType::I64) {
            self.emit3(Code::Address, 0, slot, 0);
        }
    }

    /// Memory and lane in one field.
    fn memory(&self, memarg: MemArg, lane: u8) -> Result<Slot> {
        if memarg.memory.0 >> MEMORY_BITS != 0 || lane > 15 {
            return Err(Trap::ModuleTooLarge.into());
        }
        Ok(memarg.memory.0 as Slot | Slot::from(lane) << MEMORY_BITS)
    }

    /// An instruction that finds its operands in a row and puts its results where the first was.
    fn rare(
        &mut self,
        opcode: Opcode,
        code: Code,
        operands: usize,
        results: &[bool],
        c: Slot,
        imm: u64,
    ) -> Result<()> {
        let a = self.settle_top(operands)?;
        for _ in 0..operands {
            self.pop()?;
        }
        self.emit(Op::new(code, a, opcode as u16, c, imm));
        results.iter().try_for_each(|&wide| self.push_home(wide).map(drop))
    }

    /// The same for an instruction with an arrow.
    fn rare_by_arrow(&mut self, opcode: Opcode, c: Slot, imm: u64) -> Result<()> {
        let arrow = arrow(opcode)?;
        let wide = |ty: &ArrowType| *ty == ArrowType::v128;
        match arrow.results {
            [] => self.rare(opcode, Code::Row, arrow.params.len(), &[], c, imm),
            [ty, ..] => self.rare(opcode, Code::Row, arrow.params.len(), &[wide(ty)], c, imm),
        }
    }

    fn local(&self, local: LocalIdx) -> Result<(Slot, bool)> {
        Ok(*at(&self.locals, local.0)?)
    }

    /// `local.set`: redirects the operation that made the value when it can.
    fn local_set(&mut self, local: LocalIdx) -> Result<(Slot, bool)> {
        let (slot, wide) = self.local(local)?;
        let operand = self.pop()?;
        if operand.place == Place::Local(slot) {
            return Ok((slot, wide));
        }
        if !self.settle_local(slot)
            && let Some(op) = self.last_into(operand)
        {
            op.a = slot;
            return Ok((slot, wide));
        }
        self.put(operand, slot);
        Ok((slot, wide))
    }

    fn constant(&mut self, value: u64) -> Result<()> {
        self.push(Place::Const(value), false).map(drop)
    }

    fn global_type(&self, global: u32) -> Result<ValType> {
        Ok(at(&self.module.spaces.globals, global)?.val)
    }

    fn select(&mut self) -> Result<()> {
        let condition = self.pop_slot()?;
        let (second, first) = (self.pop()?, self.pop()?);
        let code = if first.wide { Code::Select2 } else { Code::Select };
        let (b, c) = (self.slot(first), self.slot(second));
        let a = self.push_home(first.wide)?;
        self.emit(Op::new(code, a, b, c, condition.into()));
        Ok(())
    }

    fn other(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<bool> {
        match opcode {
            Opcode::I32Eqz => return self.test_zero(Code::I32EqImm).map(|()| true),
            Opcode::I64Eqz => return self.test_zero(Code::I64EqImm).map(|()| true),
            Opcode::RefIsNull => {
                let b = self.pop_slot()?;
                let a = self.push_home(false)?;
                self.emit(Op::new(Code::I64EqImm, a, b, 0, 0));
                return Ok(true);
            }
            Opcode::RefEq => {
                self.binary(opcode, Code::I64Eq, Code::I64EqImm)?;
                return Ok(true);
            }
            Opcode::V128Load => {
                return self.load(opcode, Code::V128Load, reader, true).map(|()| true);
            }
            Opcode::V128Store => {
                return self.store(opcode, Code::V128Store, None, reader).map(|()| true);
            }
            // Bits are bits.
            Opcode::I32ReinterpretF32
            | Opcode::I64ReinterpretF64
            | Opcode::F32ReinterpretI32
            | Opcode::F64ReinterpretI64
            | Opcode::I64ExtendI32U
            | Opcode::AnyConvertExtern
            | Opcode::ExternConvertAny
            | Opcode::Nop => return Ok(true),
            _ => {}
        }
        let info = opcode.info();
        if info.class == Class::Control {
            return Ok(false);
        }
        let instr = Instr::read(opcode, reader).map_err(|_| Broken::Encoding)?;
        match info.class {
            Class::Vector => self.vector(opcode, instr)?,
            Class::Memory | Class::Atomic | Class::Table => self.store_state(opcode, instr)?,
            Class::Aggregate => self.aggregate(opcode, instr)?,
            _ => self.simple(opcode, instr)?,
        }
        Ok(true)
    }

    /// Constants, locals, globals, references.
    fn simple(&mut self, opcode: Opcode, instr: Instr<'_>) -> Result<()> {
        match instr {
            Instr::I32Const { value } => self.constant(value as u32 as u64)?,
            Instr::I64Const { value } => self.constant(value as u64)?,
            Instr::F32Const { value } => self.constant(value.0.into())?,
            Instr::F64Const { value } => self.constant(value.0)?,
            Instr::RefNull { .. } => self.constant(0)?,
            Instr::Drop => drop(self.pop()?),
            Instr::Select | Instr::SelectTyped { .. } => self.select()?,
            Instr::LocalGet { local } => {
                let (slot, wide) = self.local(local)?;
                self.push(Place::Local(slot), wide)?;
            }
            Instr::LocalSet { local } => drop(self.local_set(local)?),
            Instr::LocalTee { local } => {
                let (slot, wide) = self.local_set(local)?;
                self.push(Place::Local(slot), wide)?;
            }
            Instr::GlobalGet { global } => {
                let wide = width(self.global_type(global.0)?) == 2;
                let code = if wide { Code::GlobalGet2 } else { Code::GlobalGet };
                let a = self.push_home(wide)?;
                self.emit(Op::new(code, a, 0, 0, global.0.into()));
            }
            Instr::GlobalSet { global } => {
                let wide = width(self.global_type(global.0)?) == 2;
                let code = if wide { Code::GlobalSet2 } else { Code::GlobalSet };
                let b = self.pop_slot()?;
                self.emit(Op::new(code, 0, b, 0, global.0.into()));
            }
            Instr::RefFunc { func } => {
                let a = self.push_home(false)?;
                self.emit(Op::new(Code::RefFunc, a, 0, 0, func.0.into()));
            }
            Instr::RefAsNonNull => self.check(Code::RefAsNonNull, 0, 0)?,
            Instr::RefTest { target } => {
                let imm = self.heap_type(target.0);
                self.ref_test(0, imm)?;
            }
            Instr::RefTestNull { target } => {
                let imm = self.heap_type(target.0);
                self.ref_test(1, imm)?;
            }
            Instr::RefCast { target } => {
                let imm = self.heap_type(target.0);
                self.check(Code::RefCast, 0, imm)?;
            }
            Instr::RefCastNull { target } => {
                let imm = self.heap_type(target.0);
                self.check(Code::RefCast, 1, imm)?;
            }
            Instr::I64Add128 | Instr::I64Sub128 => {
                self.rare(opcode, Code::Row, 4, &[false, false], 0, 0)?;
            }
            Instr::I64MulWideS | Instr::I64MulWideU => {
                self.rare(opcode, Code::Row, 2, &[false, false], 0, 0)?;
            }
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        Ok(())
    }

    /// A check that leaves the operand as it is.
    fn check(&mut self, code: Code, c: Slot, imm: u32) -> Result<()> {
        let operand = self.pop()?;
        let b = self.slot(operand);
        let place = if let Place::Const(_) = operand.place { Place::Home } else { operand.place };
        self.push(place, false)?;
        self.emit(Op::new(code, 0, b, c, imm.into()));
        Ok(())
    }

    fn ref_test(&mut self, c: Slot, imm: u32) -> Result<()> {
        let b = self.pop_slot()?;
        let a = self.push_home(false)?;
        self.emit(Op::new(Code::RefTest, a, b, c, imm.into()));
        Ok(())
    }

    /// What works on memories and tables, other than the common loads and stores.
    fn store_state(&mut self, opcode: Opcode, instr: Instr<'_>) -> Result<()> {
        let rare = Code::Row;
        match instr {
            Instr::MemorySize { memory }
            | Instr::MemoryGrow { memory }
            | Instr::MemoryFill { memory } => self.rare_by_arrow(opcode, 0, memory.0.into()),
            Instr::MemoryInit { init } => {
                self.rare_by_arrow(opcode, 0, pack(init.data.0, init.memory.0))
            }
            Instr::DataDrop { data } => self.rare_by_arrow(opcode, 0, data.0.into()),
            Instr::ElemDrop { elem } => self.rare_by_arrow(opcode, 0, elem.0.into()),
            Instr::MemoryCopy { copy } => {
                self.rare(opcode, rare, 3, &[], 0, pack(copy.dst.0, copy.src.0))
            }
            Instr::TableInit { init } => {
                self.rare(opcode, rare, 3, &[], 0, pack(init.elem.0, init.table.0))
            }
            Instr::TableCopy { copy } => {
                self.rare(opcode, rare, 3, &[], 0, pack(copy.dst.0, copy.src.0))
            }
            Instr::TableGet { table } => self.rare(opcode, rare, 1, &[false], 0, table.0.into()),
            Instr::TableSet { table } => self.rare(opcode, rare, 2, &[], 0, table.0.into()),
            Instr::TableSize { table } => self.rare(opcode, rare, 0, &[false], 0, table.0.into()),
            Instr::TableGrow { table } => self.rare(opcode, rare, 2, &[false], 0, table.0.into()),
            Instr::TableFill { table } => self.rare(opcode, rare, 3, &[], 0, table.0.into()),
            Instr::AtomicFence { .. } => Ok(()),
            _ => {
                let mut access = Access::default();
                let _ = instr.write(0, &mut access);
                let memarg = access.memarg.ok_or(Broken::Instruction(opcode))?;
                let c = self.memory(memarg, access.lane)?;
                self.rare_by_arrow(opcode, c, memarg.offset)
            }
        }
    }

    fn vector(&mut self, opcode: Opcode, instr: Instr<'_>) -> Result<()> {
        use ArrowType::v128;
        let number = opcode as u32;
        match instr {
            Instr::V128Const { value } => {
                let a = self.push_home(true)?;
                let at = self.vector_constant(value.0);
                self.emit(Op::new(Code::VectorConst, a, 0, 0, at.into()));
                return Ok(());
            }
            Instr::I8x16Shuffle { lanes } => {
                let (c, b) = (self.pop_slot()?, self.pop_slot()?);
                let a = self.push_home(true)?;
                let at = self.vector_constant(lanes.0);
                self.emit(Op::new(Code::Shuffle, a, b, c, at.into()));
                return Ok(());
            }
            _ => {}
        }
        let mut access = Access::default();
        let _ = instr.write(0, &mut access);
        let arrow = arrow(opcode)?;
        let result = arrow.results.first().ok_or(Broken::Instruction(opcode))?;
        let laned = access.has_lane;
        let code = match (arrow.params, result) {
            ([v128], v128) => Code::VectorUnary,
            ([v128, v128], v128) => Code::VectorBinary,
            ([v128, v128, v128], v128) => Code::VectorTernary,
            ([v128, _], v128) if laned => Code::VectorReplace,
            ([v128, _], v128) => Code::VectorShift,
            ([v128], _) if laned => Code::VectorExtract,
            ([v128], _) => Code::VectorTest,
            ([_], v128) => Code::VectorSplat,
            _ => return Err(Broken::Instruction(opcode).into()),
        };
        let mut slots = [0; 3];
        for slot in slots.iter_mut().take(arrow.params.len()).rev() {
            *slot = self.pop_slot()?;
        }
        let a = self.push_home(*result == v128)?;
        let more = if laned { access.lane.into() } else { u32::from(slots[2]) };
        self.emit(Op::new(code, a, slots[0], slots[1], pack(number, more)));
        Ok(())
    }

    fn vector_constant(&mut self, bytes: [u8; 16]) -> u32 {
        self.vectors.push(V128(bytes));
        self.vectors.len() as u32 - 1
    }

    fn fields(&self, ty: TypeIdx) -> Result<&'m [FieldType]> {
        match self.module.ast().comp_type(ty).ok_or(Broken::Index)? {
            CompType::Struct(ty) => Ok(&ty.fields),
            _ => Err(Broken::Kind.into()),
        }
    }

    /// The slot of a field in a struct, how it is stored, and whether it is signed.
    fn field(&self, ty: TypeIdx, field: FieldIdx) -> Result<(u32, Storage)> {
        let fields = self.fields(ty)?;
        let before = fields.get(..field.idx()).ok_or(Broken::Index)?;
        let wide = |ty: StorageType| if Storage::of(ty) == Storage::Vector { 2 } else { 1 };
        let slot = before.iter().map(|field| wide(field.storage)).sum();
        Ok((slot, Storage::of(at(fields, field.0)?.storage)))
    }

    fn element(&self, ty: TypeIdx) -> Result<Storage> {
        let CompType::Array(ty) = self.module.ast().comp_type(ty).ok_or(Broken::Index)? else {
            return Err(Broken::Kind.into());
        };
        Ok(Storage::of(ty.field.storage))
    }

    fn struct_get(&mut self, ty: TypeIdx, field: FieldIdx, signed: u32) -> Result<()> {
        let (slot, storage) = self.field(ty, field)?;
        let b = self.pop_slot()?;
        let a = self.push_home(storage == Storage::Vector)?;
        self.emit(Op::new(Code::StructGet, a, b, 0, pack(slot, storage as u32 | signed)));
        Ok(())
    }

    fn array_get(&mut self, ty: TypeIdx, signed: u32) -> Result<()> {
        let storage = self.element(ty)?;
        let (c, b) = (self.pop_slot()?, self.pop_slot()?);
        let a = self.push_home(storage == Storage::Vector)?;
        self.emit(Op::new(Code::ArrayGet, a, b, c, pack(0, storage as u32 | signed)));
        Ok(())
    }

    fn aggregate(&mut self, opcode: Opcode, instr: Instr<'_>) -> Result<()> {
        let alloc = Code::AllocRow;
        match instr {
            Instr::StructNew { ty } => {
                self.rare(opcode, alloc, self.fields(ty)?.len(), &[false], 0, ty.0.into())
            }
            Instr::StructNewDefault { ty } => self.rare(opcode, alloc, 0, &[false], 0, ty.0.into()),
            Instr::StructGet { ty, field } | Instr::StructGetU { ty, field } => {
                self.struct_get(ty, field, 0)
            }
            Instr::StructGetS { ty, field } => self.struct_get(ty, field, SIGNED),
            Instr::StructSet { ty, field } => {
                let (slot, storage) = self.field(ty, field)?;
                let (value, object) = (self.pop()?, self.pop()?);
                let (a, b) = (self.slot(object), self.slot(value));
                self.emit(Op::new(Code::StructSet, a, b, 0, pack(slot, storage as u32)));
                Ok(())
            }
            Instr::ArrayNew { ty } => self.rare(opcode, alloc, 2, &[false], 0, ty.0.into()),
            Instr::ArrayNewDefault { ty } => self.rare(opcode, alloc, 1, &[false], 0, ty.0.into()),
            Instr::ArrayNewFixed { ty, len } => {
                let len = len.0;
                self.rare(opcode, alloc, len as usize, &[false], 0, pack(ty.0, len))
            }
            Instr::ArrayNewData { ty, data } => {
                self.rare(opcode, alloc, 2, &[false], 0, pack(ty.0, data.0))
            }
            Instr::ArrayNewElem { ty, elem } => {
                self.rare(opcode, alloc, 2, &[false], 0, pack(ty.0, elem.0))
            }
            Instr::ArrayGet { ty } | Instr::ArrayGetU { ty } => self.array_get(ty, 0),
            Instr::ArrayGetS { ty } => self.array_get(ty, SIGNED),
            Instr::ArraySet { ty } => {
                let storage = self.element(ty)?;
                let (value, index, object) = (self.pop()?, self.pop()?, self.pop()?);
                let (a, b, c) = (self.slot(object), self.slot(index), self.slot(value));
                self.emit(Op::new(Code::ArraySet, a, b, c, pack(0, storage as u32)));
                Ok(())
            }
            Instr::ArrayLen => {
                let b = self.pop_slot()?;
                let a = self.push_home(false)?;
                self.emit3(Code::ArrayLen, a, b, 0);
                Ok(())
            }
            Instr::ArrayFill { ty } => self.rare(opcode, Code::Row, 4, &[], 0, ty.0.into()),
            Instr::ArrayCopy { dst, .. } => self.rare(opcode, Code::Row, 5, &[], 0, dst.0.into()),
            Instr::ArrayInitData { ty, data } => {
                self.rare(opcode, Code::Row, 4, &[], 0, pack(ty.0, data.0))
            }
            Instr::ArrayInitElem { ty, elem } => {
                self.rare(opcode, Code::Row, 4, &[], 0, pack(ty.0, elem.0))
            }
            Instr::RefI31 | Instr::I31GetS | Instr::I31GetU => {
                let code = match instr {
                    Instr::RefI31 => Code::RefI31,
                    Instr::I31GetS => Code::I31GetS,
                    _ => Code::I31GetU,
                };
                let b = self.pop_slot()?;
                let a = self.push_home(false)?;
                self.emit3(code, a, b, 0);
                Ok(())
            }
            _ => Err(Broken::Instruction(opcode).into()),
        }
    }
}

fn arrow(opcode: Opcode) -> Result<Arrow> {
    opcode.info().arrow.ok_or(Broken::Instruction(opcode).into())
}

/// The half of a constant that tells what is stored, if there is one.
fn stored_half(code: Code, value: u64) -> Option<u32> {
    let all = matches!(code, Code::I64Store | Code::F64Store);
    (!all || value as i32 as i64 as u64 == value).then_some(value as u32)
}

/// Picks the memory and the lane out of the immediates of whatever instruction.
#[derive(Default)]
struct Access {
    memarg: Option<MemArg>,
    lane: u8,
    has_lane: bool,
}

macro_rules! ignore {
    ($( $method:ident $ty:ty; )*) => { $(
        fn $method(&mut self, _: $ty) -> core::result::Result<(), ()> {
            Ok(())
        }
    )* };
}

impl<'a> wattle_ast::Sink<'a> for Access {
    type Error = ();

    fn opcode(&mut self, _: Opcode, _: usize) -> core::result::Result<(), ()> {
        Ok(())
    }

    fn memarg(&mut self, memarg: MemArg) -> core::result::Result<(), ()> {
        self.memarg = Some(memarg);
        Ok(())
    }

    fn lane(&mut self, lane: wattle_ast::LaneIdx) -> core::result::Result<(), ()> {
        self.lane = lane.0;
        self.has_lane = true;
        Ok(())
    }

    ignore! {
        block_type wattle_ast::BlockType;
        label wattle_ast::LabelIdx;
        labels wattle_ast::Labels<'a>;
        catches wattle_ast::Catches<'a>;
        handlers wattle_ast::Handlers<'a>;
        select_types wattle_ast::SelectTypes<'a>;
        func wattle_ast::FuncIdx;
        ty TypeIdx;
        table wattle_ast::TableIdx;
        memory wattle_ast::MemIdx;
        global wattle_ast::GlobalIdx;
        local LocalIdx;
        tag wattle_ast::TagIdx;
        elem wattle_ast::ElemIdx;
        data wattle_ast::DataIdx;
        field FieldIdx;
        array_len wattle_ast::ArrayLen;
        call_indirect wattle_ast::CallIndirect;
        mem_init wattle_ast::MemInit;
        mem_copy wattle_ast::MemCopy;
        table_init wattle_ast::TableInit;
        table_copy wattle_ast::TableCopy;
        shuffle wattle_ast::Shuffle;
        i32 i32;
        i64 i64;
        f32 wattle_ast::F32;
        f64 wattle_ast::F64;
        v128 wattle_ast::V128;
        heap_type wattle_ast::HeapType;
        ref_type_non_null wattle_ast::RefTypeNonNull;
        ref_type_null wattle_ast::RefTypeNull;
        br_cast BrCast;
        fence_order wattle_ast::FenceOrder;
    }
}
