//! The state of an expression that is being checked, and the loop over its instructions.

use alloc::vec::Vec;
use core::marker::PhantomData;

use wattle_ast::{Malformed, Opcode, Reader};

use super::FuncValidator;
use super::blocks::{BlockKind, Frame, Signature};
use super::mode::{Attempt, Full, GaveUp, Mode};
use super::opcodes::{
    ARROW, BINARY, BY_BYTE, BY_OPCODE, FLOAT, INTEGER, LOAD, OpcodeType, STORE, UNARY,
};
use super::operands::OperandStack;
use super::variables::Locals;
use crate::registry::Registry;
#[cfg(debug_assertions)]
use crate::ty::Ty;
use crate::{Error, ErrorKind, Types};

/// What a rule says.
pub(super) type Check<M, T = ()> = Result<T, <M as Mode>::Fault>;

/// The state of an expression that is being checked.
pub(super) struct Checker<'s, 't, M: Mode> {
    pub(super) types: &'t Types,
    pub(super) registry: &'t Registry,
    pub(super) reader: Reader<'t>,
    pub(super) operands: OperandStack<M::Words<'s>>,
    pub(super) frames: &'s mut Vec<Frame>,
    pub(super) locals: &'s mut Locals,
    /// Whether the expression must be constant.
    pub(super) is_constant: bool,
    /// Functions that constant expressions name.
    pub(super) declared: &'s mut Vec<u32>,
    mode: PhantomData<M>,
}

impl<'s, 't> Checker<'s, 't, Full> {
    /// Checks an expression, the last instruction of which must be its `end`. Locals are there
    /// already.
    pub(super) fn check(
        func: &'s mut FuncValidator,
        types: &'t Types,
        signature: Signature,
        code: &'t [u8],
        is_constant: bool,
    ) -> Result<(), Error> {
        func.frames.clear();
        let mut checker = Checker::<Full> {
            types,
            registry: &types.registry,
            reader: Reader::at(code, 0, types.features),
            operands: OperandStack::new(&mut func.operands),
            frames: &mut func.frames,
            locals: &mut func.locals,
            is_constant,
            declared: &mut func.declared,
            mode: PhantomData,
        };
        checker.open(BlockKind::Func, signature, &[])?;
        let outcome = checker.run();
        outcome.map_err(|(error, start)| checker.located(error, start))
    }

    /// Checks all instructions. An error comes with the position of its instruction.
    fn run(&mut self) -> Result<(), (Error, usize)> {
        while !self.frames.is_empty() {
            let (start, height) = self.attempt().run();
            self.reader.seek(start);
            self.operands.truncate(height);
            self.step().map_err(|error| (error, start))?;
        }
        match self.reader.is_empty() {
            true => Ok(()),
            false => Err((Malformed::EndExpected.into(), self.reader.pos())),
        }
    }

    /// The same state for attempts.
    #[inline(always)]
    fn attempt(&mut self) -> Checker<'_, 't, Attempt> {
        Checker {
            types: self.types,
            registry: self.registry,
            reader: self.reader.clone(),
            operands: self.operands.fixed(),
            frames: &mut *self.frames,
            locals: &mut *self.locals,
            is_constant: self.is_constant,
            declared: &mut *self.declared,
            mode: PhantomData,
        }
    }

    /// The rules that attempts do not have.
    #[inline(never)]
    pub(super) fn other_rule(&mut self, ty: &OpcodeType) -> Result<(), Error> {
        match ty.rule {
            ARROW => self.arrow(ty.opcode),
            Opcode::SelectTyped => self.select_typed(),
            Opcode::BrTable => self.br_table(),
            Opcode::ReturnCall => self.return_call(),
            Opcode::ReturnCallIndirect => self.return_call_indirect(),
            Opcode::CallRef => self.call_ref(),
            Opcode::ReturnCallRef => self.return_call_ref(),
            Opcode::Throw => self.throw(),
            Opcode::ThrowRef => self.throw_ref(),
            Opcode::TryTable => self.try_table(),
            Opcode::Catch => self.catch(),
            Opcode::CatchAll => self.catch_all(),
            Opcode::Delegate => self.delegate(),
            Opcode::Rethrow => self.rethrow(),
            Opcode::TableGet => self.table_get(),
            Opcode::TableSet => self.table_set(),
            Opcode::TableInit => self.table_init(),
            Opcode::TableCopy => self.table_copy(),
            Opcode::TableGrow => self.table_grow(),
            Opcode::TableFill => self.table_fill(),
            Opcode::MemoryCopy => self.memory_copy(),
            Opcode::BrOnCast => self.br_on_cast(true),
            Opcode::BrOnCastFail => self.br_on_cast(false),
            Opcode::AnyConvertExtern | Opcode::ExternConvertAny => self.convert(ty.opcode),
            Opcode::StructNewDefault => self.struct_new_default(),
            Opcode::StructGetS | Opcode::StructGetU => self.struct_get(true),
            Opcode::ArrayNew => self.array_new(),
            Opcode::ArrayNewDefault => self.array_new_default(),
            Opcode::ArrayNewData => self.array_new_data(),
            Opcode::ArrayNewElem => self.array_new_elem(),
            Opcode::ArrayGetS | Opcode::ArrayGetU => self.array_get(true),
            Opcode::ArrayFill => self.array_fill(),
            Opcode::ArrayCopy => self.array_copy(),
            Opcode::ArrayInitData => self.array_init_data(),
            Opcode::ArrayInitElem => self.array_init_elem(),
            opcode => Err(ErrorKind::Unsupported(opcode.feature()).into()),
        }
    }
}

impl Checker<'_, '_, Attempt> {
    /// What an attempt must leave as it is when it gives up: all but the position and the height of
    /// the operand stack.
    #[cfg(debug_assertions)]
    fn state(&mut self, height: usize) -> (Vec<Ty>, usize, Option<Frame>, u32, usize) {
        self.operands.truncate(height);
        let operands = self.operands.from(height.saturating_sub(16)).unwrap_or_default().to_vec();
        let frames = (self.frames.len(), self.frames.last().copied());
        (operands, frames.0, frames.1, self.locals.sets(), self.declared.len())
    }

    /// Checks instructions until it gives up. Gives the position of the instruction that it gave
    /// up at, and the height of the operand stack before it.
    #[inline(always)]
    fn run(mut self) -> (usize, usize) {
        loop {
            let (start, height) = (self.reader.pos(), self.operands.len());
            #[cfg(debug_assertions)]
            let before = self.state(height);
            if let Err(GaveUp) = self.step() {
                #[cfg(debug_assertions)]
                assert_eq!(self.state(height), before, "an attempt has changed something");
                return (start, height);
            }
        }
    }
}

impl<M: Mode> Checker<'_, '_, M> {
    /// Checks the next instruction.
    #[inline(always)]
    fn step(&mut self) -> Check<M> {
        let ty = self.opcode()?;
        if self.is_constant {
            self.check_constant(ty)?;
        }
        match ty.rule {
            UNARY => self.apply(&[ty.params[0]], &[ty.result]),
            BINARY => self.apply(&ty.params, &[ty.result]),
            LOAD => self.load(ty),
            STORE => self.store(ty),
            INTEGER => self.integer(ty),
            FLOAT => self.float(ty),
            Opcode::LocalGet => self.local_get(),
            Opcode::LocalSet => self.local_set(),
            Opcode::LocalTee => self.local_tee(),
            Opcode::GlobalGet => self.global_get(),
            Opcode::GlobalSet => self.global_set(),
            Opcode::Nop => Ok(()),
            Opcode::Drop => self.pop_any().map(drop),
            Opcode::Select => self.select(),
            Opcode::Block => self.block(BlockKind::Block),
            Opcode::Loop => self.block(BlockKind::Loop),
            Opcode::Try => self.block(BlockKind::Try),
            Opcode::If => self.block_if(),
            Opcode::Else => self.block_else(),
            Opcode::End => self.end(),
            Opcode::Br => self.br(),
            Opcode::BrIf => self.br_if(),
            Opcode::Call => self.call(),
            Opcode::CallIndirect => self.call_indirect(),
            Opcode::Unreachable => self.set_unreachable(),
            Opcode::Return => self.return_(),
            Opcode::RefNull => self.ref_null(),
            Opcode::RefIsNull => self.ref_is_null(),
            Opcode::RefFunc => self.ref_func(),
            Opcode::RefAsNonNull => self.ref_as_non_null(),
            Opcode::RefTest => self.ref_test(false),
            Opcode::RefTestNull => self.ref_test(true),
            Opcode::RefCast => self.ref_cast(false),
            Opcode::RefCastNull => self.ref_cast(true),
            Opcode::BrOnNull => self.br_on_null(),
            Opcode::BrOnNonNull => self.br_on_non_null(),
            Opcode::StructNew => self.struct_new(),
            Opcode::StructGet => self.struct_get(false),
            Opcode::StructSet => self.struct_set(),
            Opcode::ArrayNewFixed => self.array_new_fixed(),
            Opcode::ArrayGet => self.array_get(false),
            Opcode::ArraySet => self.array_set(),
            _ => M::other_rule(self, ty),
        }
    }

    /// The opcode that is next.
    #[inline(always)]
    fn opcode(&mut self) -> Check<M, &'static OpcodeType> {
        if let Some(byte) = self.reader.peek() {
            let ty = &BY_BYTE[usize::from(byte)];
            if self.types.features.intersects(ty.features) {
                self.reader.advance();
                return Ok(ty);
            }
            if let Some(opcode) = self.reader.compact_prefixed_opcode() {
                return Ok(&BY_OPCODE[opcode as usize]);
            }
        }
        M::unusual()?;
        let opcode = self.reader.opcode()?;
        Ok(&BY_OPCODE[opcode as usize])
    }

    /// Checks that an instruction may stand in a constant expression.
    #[inline(always)]
    fn check_constant(&self, ty: &OpcodeType) -> Check<M> {
        match ty.constant {
            Some(feature) if self.types.features.contains(feature) => Ok(()),
            Some(feature) => Err(Error::disabled(ErrorKind::NotConstant, feature).into()),
            None => Err(ErrorKind::NotConstant.into()),
        }
    }

    /// An index.
    #[inline(always)]
    pub(super) fn index(&mut self) -> Check<M, u32> {
        if let Some(index) = self.reader.compact_u32() {
            return Ok(index);
        }
        M::unusual()?;
        Ok(self.reader.u32()?)
    }

    #[inline(always)]
    fn integer(&mut self, ty: &OpcodeType) -> Check<M> {
        if self.reader.compact_bits().is_none() {
            M::unusual()?;
            match ty.opcode {
                Opcode::I32Const => drop(self.reader.s32()?),
                _ => drop(self.reader.s64()?),
            }
        }
        self.push(ty.result)
    }

    #[inline(always)]
    fn float(&mut self, ty: &OpcodeType) -> Check<M> {
        let size = if ty.opcode == Opcode::F32Const { 4 } else { 8 };
        self.reader.take(size)?;
        self.push(ty.result)
    }
}
