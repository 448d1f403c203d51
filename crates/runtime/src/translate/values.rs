//! Instructions with operations of their own that are not control instructions: numbers, vectors,
//! locals, globals, accesses to memory 0, references, fields and elements.

use wattle_ast::{
    ArrowType, CompType, FieldIdx, FieldType, GlobalIdx, HeapType, Instr, Kind, LocalIdx, MemArg,
    Opcode, Reader, StorageType, TypeIdx, V128,
};
use wattle_numerics::{simd, swapped};

use super::operands::Place;
use super::rows::memarg;
use super::{Result, Translator};
use crate::code::{Code, Scalar, Slot, pack};
use crate::trap::{Broken, at};
use crate::types::{Storage, width};

/// A flag in the immediate of an access to a field or an element, beside the storage: a narrow
/// value is signed.
pub(crate) const SIGNED: u32 = 8;

impl<'m> Translator<'m> {
    /// Translates a reachable instruction that is not a control instruction.
    pub(super) fn value(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        match Scalar::of(opcode) {
            Some(Scalar::Binary(slots, immediate)) => self.binary(opcode, slots, immediate),
            Some(Scalar::Unary(code)) => self.unary(code, false, 0, 0),
            Some(Scalar::Load(code)) => self.load(opcode, code, memarg(reader)?, false),
            Some(Scalar::Store(code, immediate)) => {
                self.store(opcode, code, Some(immediate), memarg(reader)?)
            }
            None => self.other(opcode, reader),
        }
    }

    /// Emits an operation whose result is pushed.
    fn emit_push(&mut self, code: Code, wide: bool, b: Slot, c: Slot, imm: u64) -> Result<()> {
        let a = self.push_home(wide)?;
        self.emit(code, a, b, c, imm);
        Ok(())
    }

    /// Emits an operation with one operand and one result.
    fn unary(&mut self, code: Code, wide: bool, c: Slot, imm: u64) -> Result<()> {
        let b = self.pop_slot()?;
        self.emit_push(code, wide, b, c, imm)
    }

    fn binary(&mut self, opcode: Opcode, slots: Code, immediate: Code) -> Result<()> {
        let (right, left) = (self.pop()?, self.pop()?);
        let (code, b, c, imm) = match (left.place, right.place, swapped_immediate(opcode)) {
            (_, Place::Const(value), _) => {
                // A subtraction becomes an addition, so that fewer fused operations are needed.
                let (immediate, value) = match immediate {
                    Code::I32SubImm => (Code::I32AddImm, (value as u32).wrapping_neg().into()),
                    Code::I64SubImm => (Code::I64AddImm, value.wrapping_neg()),
                    _ => (immediate, value),
                };
                (immediate, self.slot(left), 0, value)
            }
            (Place::Const(value), _, Some(immediate)) => (immediate, self.slot(right), 0, value),
            _ => (slots, self.slot(left), self.slot(right), 0),
        };
        self.emit_push(code, false, b, c, imm)
    }

    /// Translates `i32.eqz` and `i64.eqz`: a comparison before it is inverted; otherwise the
    /// operand is compared with 0.
    fn test_zero(&mut self, code: Code) -> Result<()> {
        let operand = self.last_operand()?;
        let inverse = self.last_into(operand).and_then(|op| {
            let inverse = op.code.inverse().filter(|_| op.code.branch().is_some());
            inverse.map(|code| op.code = code)
        });
        if inverse.is_some() { Ok(()) } else { self.unary(code, false, 0, 0) }
    }

    fn load(&mut self, opcode: Opcode, code: Code, memarg: MemArg, wide: bool) -> Result<()> {
        if !Self::is_short(memarg) {
            return self.access(opcode, memarg, 0);
        }
        let b = self.pop_slot()?;
        self.check_address(b);
        self.emit_push(code, wide, b, 0, memarg.offset)
    }

    fn store(
        &mut self,
        opcode: Opcode,
        code: Code,
        immediate: Option<Code>,
        memarg: MemArg,
    ) -> Result<()> {
        if !Self::is_short(memarg) {
            return self.access(opcode, memarg, 0);
        }
        let (value, address) = (self.pop()?, self.pop()?);
        let b = self.slot(address);
        let constant = match (value.place, immediate) {
            (Place::Const(value), Some(immediate)) => {
                stored_half(code, value).map(|half| (immediate, half))
            }
            _ => None,
        };
        let (code, c, imm) = match constant {
            Some((immediate, half)) => (immediate, 0, pack(memarg.offset as u32, half)),
            None => (code, self.slot(value), memarg.offset),
        };
        self.check_address(b);
        self.emit(code, 0, b, c, imm);
        Ok(())
    }

    fn local(&self, local: LocalIdx) -> Result<(Slot, bool)> {
        Ok(*at(&self.locals, local.0)?)
    }

    /// Translates `local.set`. Where possible, it changes the destination of the operation that
    /// made the value.
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
        } else {
            self.put(operand, slot);
        }
        Ok((slot, wide))
    }

    fn constant(&mut self, value: u64) -> Result<()> {
        self.push(Place::Const(value), false).map(drop)
    }

    fn is_wide(&self, global: GlobalIdx) -> Result<bool> {
        Ok(width(at(&self.spaces.globals, global.0)?.val) == 2)
    }

    fn select(&mut self) -> Result<()> {
        let condition = self.pop_slot()?;
        let (second, first) = (self.pop()?, self.pop()?);
        let code = if first.wide { Code::Select2 } else { Code::Select };
        let (b, c) = (self.slot(first), self.slot(second));
        self.emit_push(code, first.wide, b, c, condition.into())
    }

    /// Translates an instruction without an operation in the table.
    fn other(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        let start = reader.clone();
        let instr = Instr::read(opcode, reader).map_err(|_| Broken::Encoding)?;
        match instr {
            // These instructions keep the bits of their operand.
            Instr::I32ReinterpretF32
            | Instr::I64ReinterpretF64
            | Instr::F32ReinterpretI32
            | Instr::F64ReinterpretI64
            | Instr::I64ExtendI32U
            | Instr::AnyConvertExtern
            | Instr::ExternConvertAny
            | Instr::AtomicFence { .. } => {}
            Instr::I32Eqz => self.test_zero(Code::I32EqImm)?,
            Instr::I64Eqz => self.test_zero(Code::I64EqImm)?,
            Instr::RefIsNull => self.unary(Code::I64EqImm, false, 0, 0)?,
            Instr::RefEq => self.binary(opcode, Code::I64Eq, Code::I64EqImm)?,
            Instr::I32Const { value } => self.constant(value as u32 as u64)?,
            Instr::I64Const { value } => self.constant(value as u64)?,
            Instr::F32Const { value } => self.constant(value.0.into())?,
            Instr::F64Const { value } => self.constant(value.0)?,
            Instr::RefNull { .. } => self.constant(0)?,
            Instr::V128Const { value } => self.with_vector(Code::VectorConst, 0, 0, value)?,
            Instr::V128Load { memarg } => self.load(opcode, Code::V128Load, memarg, true)?,
            Instr::V128Store { memarg } => self.store(opcode, Code::V128Store, None, memarg)?,
            Instr::I8x16Shuffle { lanes } => {
                let (c, b) = (self.pop_slot()?, self.pop_slot()?);
                self.with_vector(Code::Shuffle, b, c, V128(lanes.0))?;
            }
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
                let wide = self.is_wide(global)?;
                let code = if wide { Code::GlobalGet2 } else { Code::GlobalGet };
                self.emit_push(code, wide, 0, 0, global.0.into())?;
            }
            Instr::GlobalSet { global } => {
                let code = if self.is_wide(global)? { Code::GlobalSet2 } else { Code::GlobalSet };
                let b = self.pop_slot()?;
                self.emit(code, 0, b, 0, global.0.into());
            }
            Instr::RefFunc { func } => self.emit_push(Code::RefFunc, false, 0, 0, func.0.into())?,
            Instr::RefAsNonNull => self.check(Code::RefAsNonNull, 0, 0)?,
            Instr::RefTest { target } => self.test(Code::RefTest, 0, target.0)?,
            Instr::RefTestNull { target } => self.test(Code::RefTest, 1, target.0)?,
            Instr::RefCast { target } => self.test(Code::RefCast, 0, target.0)?,
            Instr::RefCastNull { target } => self.test(Code::RefCast, 1, target.0)?,
            Instr::RefI31 => self.unary(Code::RefI31, false, 0, 0)?,
            Instr::I31GetS => self.unary(Code::I31GetS, false, 0, 0)?,
            Instr::I31GetU => self.unary(Code::I31GetU, false, 0, 0)?,
            Instr::StructGet { ty, field } | Instr::StructGetU { ty, field } => {
                self.struct_get(ty, field, 0)?;
            }
            Instr::StructGetS { ty, field } => self.struct_get(ty, field, SIGNED)?,
            Instr::StructSet { ty, field } => {
                let (slot, storage) = self.field(ty, field)?;
                let (value, object) = (self.pop()?, self.pop()?);
                let (a, b) = (self.slot(object), self.slot(value));
                self.emit(Code::StructSet, a, b, 0, pack(slot, storage as u32));
            }
            Instr::ArrayGet { ty } | Instr::ArrayGetU { ty } => self.array_get(ty, 0)?,
            Instr::ArrayGetS { ty } => self.array_get(ty, SIGNED)?,
            Instr::ArraySet { ty } => {
                let storage = self.element(ty)?;
                let (value, index, object) = (self.pop()?, self.pop()?, self.pop()?);
                let (a, b, c) = (self.slot(object), self.slot(index), self.slot(value));
                self.emit(Code::ArraySet, a, b, c, pack(0, storage as u32));
            }
            Instr::ArrayLen => self.unary(Code::ArrayLen, false, 0, 0)?,
            _ => {
                *reader = start;
                return self.vector_or_row(opcode, reader);
            }
        }
        Ok(())
    }

    /// Emits a check that leaves its operand as it is.
    fn check(&mut self, code: Code, c: Slot, imm: u64) -> Result<()> {
        let operand = self.pop()?;
        let b = self.slot(operand);
        self.push_again(operand)?;
        self.emit(code, 0, b, c, imm);
        Ok(())
    }

    /// Translates `ref.test` and `ref.cast`. `nullable` says whether null matches.
    fn test(&mut self, code: Code, nullable: Slot, heap: HeapType) -> Result<()> {
        let imm = self.heap_type(heap).into();
        match code {
            Code::RefCast => self.check(code, nullable, imm),
            _ => self.unary(code, false, nullable, imm),
        }
    }

    /// Translates a vector operator by the shape of its operands, or another instruction by its
    /// opcode.
    fn vector_or_row(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        use ArrowType::v128;
        let info = opcode.info();
        let Some(arrow) = info.arrow else { return self.row(opcode, reader) };
        let laned = info.kinds == [Kind::Lane];
        if !laned && !info.kinds.is_empty() {
            return self.row(opcode, reader);
        }
        let code = match (arrow.params, arrow.results) {
            ([v128], [v128]) => Code::VectorUnary,
            ([v128, v128], [v128]) => Code::VectorBinary,
            ([v128, v128, v128], [v128]) => Code::VectorTernary,
            ([v128, _], [v128]) if laned => Code::VectorReplace,
            ([v128, _], [v128]) => Code::VectorShift,
            ([v128], [_]) if laned => Code::VectorExtract,
            ([v128], [_]) => Code::VectorTest,
            ([_], [v128]) => Code::VectorSplat,
            _ => return self.row(opcode, reader),
        };
        // A vector of equal lanes takes fewer bytes as a number and a splat than as a vector.
        if let (Code::VectorSplat, Place::Const(value)) = (code, self.last_operand()?.place)
            && let Some(vector) = simd::from_number(opcode, value)
        {
            self.pop()?;
            return self.with_vector(Code::VectorConst, 0, 0, vector);
        }
        let lane = if laned { reader.byte().map_err(|_| Broken::Encoding)? } else { 0 };
        let mut slots = [0; 3];
        for slot in slots.iter_mut().take(arrow.params.len()).rev() {
            *slot = self.pop_slot()?;
        }
        let [b, c, third] = slots;
        let imm = pack(opcode as u32, if laned { lane.into() } else { third.into() });
        let code = code.common_vector(opcode);
        self.emit_push(code, arrow.results == [v128], b, c, imm)
    }

    /// Emits an operation that makes a vector, with a constant vector beside its operands.
    fn with_vector(&mut self, code: Code, b: Slot, c: Slot, constant: V128) -> Result<()> {
        let imm = self.code.vectors.len() as u64;
        match self.code.vectors.try_reserve(1) {
            Ok(()) => self.code.vectors.push(constant),
            Err(_) => self.is_full = true,
        }
        self.emit_push(code, true, b, c, imm)
    }

    pub(super) fn fields(&self, ty: TypeIdx) -> Result<&'m [FieldType]> {
        match self.ast.comp_type(ty) {
            Some(CompType::Struct(ty)) => Ok(&ty.fields),
            _ => Err(Broken::Kind.into()),
        }
    }

    /// The slot and the storage of a field in a struct.
    fn field(&self, ty: TypeIdx, field: FieldIdx) -> Result<(u32, Storage)> {
        let fields = self.fields(ty)?;
        let before = fields.get(..field.idx()).ok_or(Broken::Index)?;
        let width = |ty: StorageType| Storage::of(ty).width();
        let slot = before.iter().map(|field| width(field.storage)).sum();
        Ok((slot, Storage::of(at(fields, field.0)?.storage)))
    }

    fn element(&self, ty: TypeIdx) -> Result<Storage> {
        match self.ast.comp_type(ty) {
            Some(CompType::Array(ty)) => Ok(Storage::of(ty.field.storage)),
            _ => Err(Broken::Kind.into()),
        }
    }

    fn struct_get(&mut self, ty: TypeIdx, field: FieldIdx, signed: u32) -> Result<()> {
        let (slot, storage) = self.field(ty, field)?;
        let imm = pack(slot, storage as u32 | signed);
        self.unary(Code::StructGet, storage == Storage::Vector, 0, imm)
    }

    fn array_get(&mut self, ty: TypeIdx, signed: u32) -> Result<()> {
        let storage = self.element(ty)?;
        let c = self.pop_slot()?;
        let imm = pack(0, storage as u32 | signed);
        self.unary(Code::ArrayGet, storage == Storage::Vector, c, imm)
    }
}

/// The operation that takes the first operand as an immediate, if the operands can be swapped.
fn swapped_immediate(opcode: Opcode) -> Option<Code> {
    match Scalar::of(swapped(opcode)?) {
        Some(Scalar::Binary(_, immediate)) => Some(immediate),
        _ => None,
    }
}

/// The half of a constant that a store of an immediate holds, if the constant fits.
fn stored_half(code: Code, value: u64) -> Option<u32> {
    let all = matches!(code, Code::I64Store | Code::F64Store);
    (!all || value as i32 as i64 as u64 == value).then_some(value as u32)
}
