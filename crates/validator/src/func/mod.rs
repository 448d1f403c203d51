//! Function bodies and constant expressions: one loop that decodes and checks.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`FuncValidator`], and the loop |
//! | `arrows.rs` | the arrows of the instruction table, ready to apply |
//! | `fast.rs`, `short.rs` | the commonest instructions once more, in their commonest form |
//! | `stack.rs` | blocks and locals |
//! | `operands.rs` | what rules do with the operand stack |
//! | `control.rs` | rules of blocks, branches, calls and exceptions |
//! | `memory.rs` | rules of memories and tables |
//! | `reference.rs` | rules of references |
//! | `aggregate.rs` | rules of structs and arrays |
//! | `fault.rs` | from a fault to an [`Error`] |
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html>

mod aggregate;
mod arrows;
mod control;
mod fast;
mod fault;
mod memory;
mod operands;
mod reference;
mod short;
mod stack;

use alloc::vec::Vec;

use wattle_ast::{
    Body, Expr, Feature, FuncIdx, ItemKind, Malformed, Opcode, Reader, SectionId, Source,
};

use crate::registry::Registry;
use crate::ty::Ty;
use crate::{Error, ErrorKind, Types};
use arrows::{ARROWS, Shape};
use fault::{Fault, Place};
use stack::{BlockKind, Frame, Locals, OperandStack, Signature};

/// The outcome of a rule: details of a fault are kept aside, so that this is one word.
type Check<T = ()> = Result<T, Fault>;

/// Checks function bodies, one after the other.
///
/// It holds nothing but memory that is used again: keep one per thread.
///
/// ```
/// use wattle_ast::{Body, Func, FuncIdx, FuncType, Module, TypeIdx};
/// use wattle_validator::{FuncValidator, Validator};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// module.funcs.push(Func { ty: TypeIdx(0), body: Body::default() });
///
/// // All but the bodies, then the bodies in any order and on any thread.
/// let types = Validator::new().declarations(&module).unwrap();
/// let mut validator = FuncValidator::default();
/// assert!(validator.body(&types, FuncIdx(0), &module.funcs[0].body).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct FuncValidator {
    operands: OperandStack,
    frames: Vec<Frame>,
    locals: Locals,
    scratch: Vec<Ty>,
    /// Functions that the constant expressions checked so far name.
    pub(crate) declared: Vec<u32>,
}

impl FuncValidator {
    /// Checks the body of the function of index `func`, imported functions counted.
    ///
    /// # Errors
    /// The first fault. Its span is unknown, its path names function and instruction.
    pub fn body(&mut self, types: &Types, func: FuncIdx, body: &Body<'_>) -> Result<(), Error> {
        let place = Place { section: SectionId::Code, item: (ItemKind::Func, func.0) };
        self.check_body(types, func, body).map_err(|mut error| {
            error.path.section = Some(place.section);
            error.path.item = Some(place.item);
            error
        })
    }

    fn check_body(&mut self, types: &Types, func: FuncIdx, body: &Body<'_>) -> Result<(), Error> {
        let id = types.func(func).ok_or(ErrorKind::UnknownFunc(func.0))?;
        if body.bytes().len() > types.limits.body_bytes as usize {
            return Err(ErrorKind::Limit("bytes of a body", types.limits.body_bytes.into()).into());
        }
        self.locals.clear();
        self.locals.add_params(types.registry.params(id.0));
        for run in body.locals() {
            let ty = types.value(run.ty)?;
            let count = self.locals.add(run.count, ty);
            let count = count.ok_or(ErrorKind::Malformed(Malformed::TooManyLocals))?;
            if count > types.limits.locals {
                return Err(ErrorKind::Limit("locals", types.limits.locals.into()).into());
            }
        }
        self.run::<false>(types, Signature::func(id), body.code())
    }

    /// Checks that an expression is constant and gives a value of type `ty`.
    pub(crate) fn constant(&mut self, types: &Types, ty: Ty, expr: &Expr<'_>) -> Result<(), Error> {
        self.locals.clear();
        self.run::<true>(types, Signature::value(ty), expr.bytes())
    }

    fn run<const CONST: bool>(
        &mut self,
        types: &Types,
        signature: Signature,
        code: &[u8],
    ) -> Result<(), Error> {
        let memory0 = types.memory_addr(0);
        self.operands.clear();
        self.frames.clear();
        let mut checker = Checker {
            types,
            registry: &types.registry,
            operands: &mut self.operands,
            frames: &mut self.frames,
            locals: &mut self.locals,
            scratch: &mut self.scratch,
            declared: &mut self.declared,
            height: 0,
            // No operand is a marker, so nothing matches the address type of no memory.
            memory0: memory0.unwrap_or(Ty::ADDRESS),
            max_offset: if memory0 == Some(Ty::I32) { u32::MAX.into() } else { u64::MAX },
            br_tables: 0,
            error: None,
        };
        checker.open(BlockKind::Func, signature);
        let mut reader = Reader::at(code, 0, types.features);
        match checker.run::<CONST>(&mut reader) {
            Ok(()) => Ok(()),
            Err((fault, start)) => Err(checker.error(fault, start, &reader)),
        }
    }
}

/// The state of one expression being checked.
struct Checker<'s, 't> {
    types: &'t Types,
    registry: &'t Registry,
    operands: &'s mut OperandStack,
    frames: &'s mut Vec<Frame>,
    locals: &'s mut Locals,
    scratch: &'s mut Vec<Ty>,
    declared: &'s mut Vec<u32>,
    /// Where the marker of the innermost block lies.
    height: usize,
    /// The address type of memory 0.
    memory0: Ty,
    /// The greatest offset of an access to memory 0.
    max_offset: u64,
    /// How many `br_table`s there were.
    br_tables: u32,
    /// Details of a fault.
    error: Option<Error>,
}

impl<'t> Checker<'_, 't> {
    /// Checks instructions up to and including the final `end`. A fault comes with the position
    /// of the instruction.
    fn run<const CONST: bool>(&mut self, reader: &mut Reader<'_>) -> Result<(), (Fault, usize)> {
        let skims = self.types.features.contains(Feature::Mvp);
        loop {
            if skims && fast::may_be_simple(reader.peek()) && self.skim::<CONST>(reader) {
                return Ok(());
            }
            let start = reader.pos();
            match self.step::<CONST>(reader) {
                Ok(()) => {}
                Err(Fault::End) => break,
                Err(fault) => return Err((fault, start)),
            }
        }
        match reader.is_empty() {
            true => Ok(()),
            false => Err((Malformed::EndExpected.into(), reader.pos())),
        }
    }

    #[inline(always)]
    fn step<const CONST: bool>(&mut self, reader: &mut Reader<'_>) -> Check {
        let opcode = reader.opcode()?;
        if CONST {
            self.check_constant(opcode)?;
        }
        let applied = &ARROWS[opcode as usize];
        match applied.shape {
            Shape::Unary => match self.operands.last_mut() {
                Some(top) if *top == applied.params[0] => *top = applied.results[0],
                _ => self.apply(opcode, Ty::BOTTOM)?,
            },
            Shape::Binary => match &mut self.operands[..] {
                [.., a, b] if *a == applied.params[0] && *b == applied.params[1] => {
                    *a = applied.results[0];
                    self.operands.pop();
                }
                _ => self.apply(opcode, Ty::BOTTOM)?,
            },
            Shape::Const => {
                reader.i32()?;
                self.push(applied.results[0]);
            }
            Shape::Load => {
                let memarg = reader.memarg()?;
                let plain = memarg.memory.0 == 0
                    && memarg.align <= applied.align
                    && memarg.offset <= self.max_offset;
                match self.operands.last_mut() {
                    Some(top) if plain && *top == self.memory0 => *top = applied.results[0],
                    _ => self.access(opcode, memarg)?,
                }
            }
            Shape::Store => {
                let memarg = reader.memarg()?;
                let plain = memarg.memory.0 == 0
                    && memarg.align <= applied.align
                    && memarg.offset <= self.max_offset;
                match &self.operands[..] {
                    [rest @ .., a, b] if plain && *a == self.memory0 && *b == applied.params[1] => {
                        let len = rest.len();
                        self.operands.truncate(len);
                    }
                    _ => self.access(opcode, memarg)?,
                }
            }
            Shape::Other => self.other(opcode, reader)?,
            Shape::Special => self.special::<CONST>(opcode, reader)?,
        }
        Ok(())
    }

    /// Applies an arrow to operands that are not just what it asks for.
    #[inline(never)]
    fn apply(&mut self, opcode: Opcode, address: Ty) -> Check {
        let applied = &ARROWS[opcode as usize];
        let resolve = |ty| if ty == Ty::ADDRESS { address } else { ty };
        let params = applied.params.map(resolve);
        self.take(params.get(..applied.param_count.into()).unwrap_or_default())?;
        for &ty in applied.results.iter().take(applied.result_count.into()) {
            self.push(resolve(ty));
        }
        Ok(())
    }

    /// The instructions that have a rule of their own.
    #[inline(always)]
    fn special<const CONST: bool>(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Check {
        match opcode {
            Opcode::LocalGet => {
                let local = reader.u32()?;
                match self.locals.flat.get(local as usize) {
                    Some(&ty) if !ty.has_flag() => self.push(ty),
                    _ => self.local_get(local)?,
                }
            }
            Opcode::LocalSet => {
                let local = reader.u32()?;
                match (self.locals.flat.get(local as usize), self.operands.last()) {
                    (Some(&ty), Some(&top)) if !ty.has_flag() && self.registry.matches(top, ty) => {
                        self.operands.pop()
                    }
                    _ => self.local_set(local)?,
                }
            }
            Opcode::LocalTee => {
                let local = reader.u32()?;
                match (self.locals.flat.get(local as usize), self.operands.last()) {
                    (Some(&ty), Some(&top)) if !ty.has_flag() && self.registry.matches(top, ty) => {
                        self.operands.pop();
                        self.push(ty);
                    }
                    _ => self.local_tee(local)?,
                }
            }
            Opcode::GlobalGet => {
                let global = reader.u32()?;
                let ty = self.global(global)?;
                if CONST {
                    self.check_constant_global(global, ty)?;
                }
                self.push(ty.without_flag());
            }
            Opcode::GlobalSet => {
                let global = reader.u32()?;
                let ty = self.global(global)?;
                if !ty.has_flag() {
                    return Err(self.invalid(ErrorKind::ImmutableGlobal(global)));
                }
                self.pop(ty.without_flag())?;
            }
            Opcode::Drop => drop(self.pop_any()?),
            Opcode::Select => self.select()?,
            Opcode::SelectTyped => {
                let types = reader.select_types()?;
                self.select_typed(types)?;
            }
            Opcode::Block => self.block(BlockKind::Block, reader)?,
            Opcode::Loop => self.block(BlockKind::Loop, reader)?,
            Opcode::If => self.block_if(reader)?,
            Opcode::Else => self.block_else()?,
            Opcode::End => self.end()?,
            Opcode::Br => self.br(reader)?,
            Opcode::BrIf => self.br_if(reader)?,
            Opcode::BrTable => self.br_table(reader)?,
            Opcode::Call => self.call(reader)?,
            Opcode::CallIndirect => self.call_indirect(reader)?,
            Opcode::Unreachable => self.set_unreachable(),
            Opcode::Return => self.return_()?,
            _ => self.rare::<CONST>(opcode, reader)?,
        }
        Ok(())
    }

    /// The less frequent ones.
    #[inline(never)]
    fn rare<const CONST: bool>(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Check {
        match opcode {
            Opcode::ReturnCall => self.return_call(reader),
            Opcode::ReturnCallIndirect => self.return_call_indirect(reader),
            Opcode::CallRef => self.call_ref(reader),
            Opcode::ReturnCallRef => self.return_call_ref(reader),
            Opcode::Throw => self.throw(reader),
            Opcode::ThrowRef => self.throw_ref(),
            Opcode::TryTable => self.try_table(reader),
            Opcode::Try => self.block(BlockKind::Try, reader),
            Opcode::Catch => self.catch(reader),
            Opcode::CatchAll => self.catch_all(),
            Opcode::Delegate => self.delegate(reader),
            Opcode::Rethrow => self.rethrow(reader),
            Opcode::TableGet => self.table_get(reader),
            Opcode::TableSet => self.table_set(reader),
            Opcode::TableInit => self.table_init(reader),
            Opcode::TableCopy => self.table_copy(reader),
            Opcode::TableGrow => self.table_grow(reader),
            Opcode::TableFill => self.table_fill(reader),
            Opcode::MemoryCopy => self.memory_copy(reader),
            Opcode::RefNull => self.ref_null(reader),
            Opcode::RefIsNull => self.ref_is_null(),
            Opcode::RefFunc => self.ref_func::<CONST>(reader),
            Opcode::RefAsNonNull => self.ref_as_non_null(),
            Opcode::BrOnNull => self.br_on_null(reader),
            Opcode::BrOnNonNull => self.br_on_non_null(reader),
            Opcode::RefTest => self.ref_test(reader, false),
            Opcode::RefTestNull => self.ref_test(reader, true),
            Opcode::RefCast => self.ref_cast(reader, false),
            Opcode::RefCastNull => self.ref_cast(reader, true),
            Opcode::BrOnCast => self.br_on_cast(reader, opcode),
            Opcode::BrOnCastFail => self.br_on_cast(reader, opcode),
            Opcode::AnyConvertExtern | Opcode::ExternConvertAny => self.convert(opcode),
            Opcode::StructNew => self.struct_new(reader, true),
            Opcode::StructNewDefault => self.struct_new(reader, false),
            Opcode::StructGet => self.struct_get(reader, false),
            Opcode::StructGetS | Opcode::StructGetU => self.struct_get(reader, true),
            Opcode::StructSet => self.struct_set(reader),
            Opcode::ArrayNew => self.array_new(reader, true),
            Opcode::ArrayNewDefault => self.array_new(reader, false),
            Opcode::ArrayNewFixed => self.array_new_fixed(reader),
            Opcode::ArrayNewData => self.array_new_data(reader),
            Opcode::ArrayNewElem => self.array_new_elem(reader),
            Opcode::ArrayGet => self.array_get(reader, false),
            Opcode::ArrayGetS | Opcode::ArrayGetU => self.array_get(reader, true),
            Opcode::ArraySet => self.array_set(reader),
            Opcode::ArrayFill => self.array_fill(reader),
            Opcode::ArrayCopy => self.array_copy(reader),
            Opcode::ArrayInitData => self.array_init_data(reader),
            Opcode::ArrayInitElem => self.array_init_elem(reader),
            _ => Err(self.invalid(ErrorKind::Unsupported(opcode.feature()))),
        }
    }
}
