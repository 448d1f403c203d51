//! The state of an expression that is being checked, the loop over its instructions, and the choice
//! of the rule for each instruction.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;

use wattle_ast::{Features, Malformed, Opcode, Reader};

use super::blocks::{BlockKind, Frame, Signature};
use super::mode::{Attempt, Full, GaveUp, Mode};
use super::opcodes::{BY_OPCODE, ByCode, OpcodeType, Opcodes, Rule};
use super::operands::OperandStack;
use super::variables::Locals;
use super::{FuncValidator, SHOWN, StackTypes};
use crate::registry::Registry;
use crate::ty::Ty;
use crate::{Error, ErrorKind, Types};

/// The result of a rule.
pub(super) type Check<M, T = ()> = Result<T, <M as Mode>::Fault>;

/// The state of an expression that is being checked.
pub(super) struct Checker<'s, 't, M: Mode> {
    pub(super) types: &'t Types,
    pub(super) registry: &'t Registry,
    pub(super) reader: Reader<'t>,
    /// The opcodes that are attempted.
    opcodes: &'s ByCode,
    pub(super) operands: OperandStack<M::Words<'s>>,
    pub(super) frames: &'s mut Vec<Frame>,
    pub(super) locals: &'s mut Locals,
    /// Whether the expression must be constant.
    pub(super) is_constant: bool,
    /// The functions that constant expressions name.
    pub(super) declared: &'s mut Vec<u32>,
    mode: PhantomData<M>,
}

impl<'s, 't> Checker<'s, 't, Full> {
    /// Checks an expression, which must end with its `end`. The locals must be set up before.
    pub(super) fn check(
        func: &'s mut FuncValidator,
        types: &'t Types,
        signature: Signature,
        code: &'t [u8],
        is_constant: bool,
    ) -> Result<(), Error> {
        let mut checker = Checker::begin(func, types, signature, code, is_constant)?;
        checker.run().map_err(|(error, start)| checker.located(error, start))
    }

    /// A checker at the first instruction of an expression.
    #[inline(always)]
    fn begin(
        func: &'s mut FuncValidator,
        types: &'t Types,
        signature: Signature,
        code: &'t [u8],
        is_constant: bool,
    ) -> Result<Self, Error> {
        func.frames.clear();
        let features = types.features;
        let is_default = features.contains_all(Features::DEFAULT);
        if !is_default && func.opcodes.as_ref().is_none_or(|it| it.features != features) {
            func.opcodes = Some(Box::new(Opcodes::of(features)));
        }
        let opcodes = match &func.opcodes {
            Some(opcodes) if !is_default => &**opcodes,
            _ => Opcodes::DEFAULT,
        };
        let mut checker = Checker::<Full> {
            types,
            registry: &types.registry,
            reader: Reader::at(code, 0, types.features),
            opcodes: opcodes.by_code(is_constant),
            operands: OperandStack::new(&mut func.operands, types.limits.operands),
            frames: &mut func.frames,
            locals: &mut func.locals,
            is_constant,
            declared: &mut func.declared,
            mode: PhantomData,
        };
        checker.open(BlockKind::Func, signature, &[])?;
        Ok(checker)
    }

    /// Checks the instructions of a body one by one, and passes the operands on the stack before
    /// each to `watch`.
    pub(super) fn watch(
        func: &'s mut FuncValidator,
        types: &'t Types,
        signature: Signature,
        code: &'t [u8],
        watch: &mut dyn FnMut(usize, StackTypes),
    ) -> Result<(), Error> {
        let mut checker = Checker::begin(func, types, signature, code, false)?;
        while !checker.frames.is_empty() {
            let start = checker.reader.pos();
            watch(start, checker.stack_types());
            checker.step().map_err(|error| checker.located(error, start))?;
        }
        Ok(())
    }

    /// The operands on the stack of the innermost block.
    fn stack_types(&self) -> StackTypes {
        let is_reachable = self
            .operands
            .from(self.height())
            .is_none_or(|words| words.first() != Some(&Ty::UNREACHABLE));
        let operands = self.block_operands();
        let hidden = operands.len().saturating_sub(SHOWN);
        let types = self.types.operand_types(operands.get(hidden..).unwrap_or_default());
        StackTypes { types, hidden, is_reachable }
    }

    /// Checks all instructions. An error comes with the position of its instruction.
    fn run(&mut self) -> Result<(), (Error, usize)> {
        loop {
            let start = match self.types.has_aggregates {
                true => self.attempts::<true>(),
                false => self.attempts::<false>(),
            };
            if self.frames.is_empty() {
                // The attempt at the final `end` succeeded, but `attempts` went back before it.
                self.reader.advance();
                break;
            }
            self.step().map_err(|error| (error, start))?;
            if self.frames.is_empty() {
                break;
            }
        }
        match self.reader.is_empty() {
            true => Ok(()),
            false => Err((Malformed::EndExpected.into(), self.reader.pos())),
        }
    }

    /// Attempts instructions until one fails, and returns the position of that instruction.
    #[inline(never)]
    fn attempts<const REFERENCES: bool>(&mut self) -> usize {
        let attempts = Checker::<Attempt<REFERENCES>> {
            types: self.types,
            registry: self.registry,
            reader: self.reader.clone(),
            opcodes: self.opcodes,
            operands: self.operands.fixed(),
            frames: &mut *self.frames,
            locals: &mut *self.locals,
            is_constant: self.is_constant,
            declared: &mut *self.declared,
            mode: PhantomData,
        };
        let (start, height) = attempts.run();
        self.reader.seek(start);
        self.operands.truncate(height);
        start
    }

    /// Checks the next instruction.
    #[inline(never)]
    fn step(&mut self) -> Result<(), Error> {
        let opcode = self.reader.opcode()?;
        let ty = &BY_OPCODE[opcode as usize];
        self.check_constant(ty)?;
        self.rule(ty)
    }

    /// The rules that an attempt never tries.
    #[inline(never)]
    pub(super) fn unattempted_rule(&mut self, ty: &OpcodeType) -> Result<(), Error> {
        match ty.opcode {
            _ if ty.rule == Rule::Arrow => self.arrow(ty),
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

impl<'s, const REFERENCES: bool> Checker<'s, '_, Attempt<REFERENCES>> {
    /// Checks instructions until an attempt fails. Returns the position of that instruction, and
    /// the height of the operand stack before it.
    #[inline(always)]
    fn run(mut self) -> (usize, usize) {
        loop {
            let (start, height) = (self.reader.pos(), self.operands.len());
            #[cfg(debug_assertions)]
            let before = self.unchanged(height);
            if let Err(GaveUp) = self.step() {
                #[cfg(debug_assertions)]
                if !self.frames.is_empty() {
                    assert_eq!(self.unchanged(height), before, "an attempt has changed something");
                }
                return (start, height);
            }
        }
    }

    /// The state that a failed attempt must leave unchanged.
    #[cfg(debug_assertions)]
    fn unchanged(&mut self, height: usize) -> (Vec<Ty>, Vec<Frame>, u32, usize) {
        self.operands.truncate(height);
        let topmost = self.operands.from(height.saturating_sub(16)).unwrap_or_default();
        let blocks = self.frames.get(self.frames.len().saturating_sub(2)..).unwrap_or_default();
        (topmost.to_vec(), blocks.to_vec(), self.locals.sets(), self.declared.len())
    }

    /// Attempts the next instruction.
    #[inline(always)]
    fn step(&mut self) -> Result<(), GaveUp> {
        let byte = self.reader.peek().ok_or(GaveUp)?;
        let ty = &self.opcodes.by_byte[usize::from(byte)];
        self.reader.advance();
        self.rule(ty)
    }

    /// Reads the rest of an opcode that begins with a prefix.
    #[inline(always)]
    pub(super) fn prefixed_opcode(&mut self) -> Result<&'s OpcodeType, GaveUp> {
        let code = self.index()?;
        self.opcodes.prefixed.get(code as usize).ok_or(GaveUp)
    }
}

impl<M: Mode> Checker<'_, '_, M> {
    /// Applies the rule of an instruction, whose opcode was read already.
    #[inline(always)]
    fn rule(&mut self, ty: &OpcodeType) -> Check<M> {
        match ty.rule {
            Rule::Unary => self.give(&[ty.params[0]], ty.result),
            Rule::Binary => self.give(&ty.params, ty.result),
            Rule::Load => self.load(ty),
            Rule::Store => self.store(ty),
            Rule::Integer => self.integer(ty),
            Rule::Float => self.float(ty),
            Rule::LocalGet => self.local_get(),
            Rule::LocalSet => self.local_set(),
            Rule::LocalTee => self.local_tee(),
            Rule::GlobalGet => self.global_get(),
            Rule::GlobalSet => self.global_set(),
            Rule::Nop => Ok(()),
            Rule::Drop => self.pop_any().map(drop),
            Rule::Select => self.select(),
            Rule::Block => self.block(BlockKind::Block),
            Rule::Loop => self.block(BlockKind::Loop),
            Rule::Try => self.block(BlockKind::Try),
            Rule::If => self.block_if(),
            Rule::Else => self.block_else(),
            Rule::End => self.end(),
            Rule::Br => self.br(),
            Rule::BrIf => self.br_if(),
            Rule::Call => self.call(),
            Rule::CallIndirect => self.call_indirect(),
            Rule::Unreachable => self.set_unreachable(),
            Rule::Return => self.return_(),
            Rule::Arrow | Rule::Prefix | Rule::Other => M::other_rule(self, ty),
        }
    }

    /// The rules of instructions on references, structs and arrays that can be attempted.
    #[inline(always)]
    pub(super) fn reference_rule(&mut self, ty: &OpcodeType) -> Option<Check<M>> {
        Some(match ty.opcode {
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
            _ => return None,
        })
    }

    /// Checks that an instruction is constant if the expression must be.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions>
    fn check_constant(&self, ty: &OpcodeType) -> Check<M> {
        match ty.constant {
            _ if !self.is_constant => Ok(()),
            Some(feature) if self.types.features.contains(feature) => Ok(()),
            Some(feature) => Err(Error::disabled(ErrorKind::NotConstant, feature).into()),
            None => Err(ErrorKind::NotConstant.into()),
        }
    }

    /// Reads an index.
    #[inline(always)]
    pub(super) fn index(&mut self) -> Check<M, u32> {
        if let Some(index) = self.reader.compact_u32() {
            return Ok(index);
        }
        M::full_only()?;
        Ok(self.reader.u32()?)
    }
}
