//! Function bodies and constant expressions: one loop that decodes and checks.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`FuncValidator`] |
//! | `checker.rs` | the state of an expression being checked, the loop, the choice of the rule |
//! | `mode.rs` | the two modes in which each rule is compiled |
//! | `opcodes.rs` | a record per opcode, made of the instruction table |
//! | `operands.rs` | the operand stack, and rules of parametric instructions |
//! | `arrows.rs` | rules of instructions that have an arrow in the instruction table |
//! | `variables.rs` | rules of locals and globals |
//! | `blocks.rs`, `branches.rs`, `calls.rs`, `exceptions.rs` | rules of control instructions |
//! | `memory.rs` | rules of memories, tables and segments |
//! | `reference.rs` | rules of references |
//! | `aggregate.rs` | rules of structs and arrays |
//! | `failure.rs` | the place of an error, and the operands on the stack |
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/instructions.html>

mod aggregate;
mod arrows;
mod blocks;
mod branches;
mod calls;
mod checker;
mod exceptions;
mod failure;
mod memory;
mod mode;
mod opcodes;
mod operands;
mod reference;
mod variables;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Body, Expr, FuncIdx, ItemKind, Malformed, SectionId};

use crate::ty::Ty;
use crate::{Error, ErrorKind, OperandType, Types};
pub(crate) use opcodes::number_type;

use blocks::{Frame, Signature};
use checker::Checker;
use opcodes::Opcodes;
use variables::Locals;

/// Checks function bodies, one after the other.
///
/// It only holds memory that is reused from one body to the next: keep one per thread.
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
/// assert!(validator.body(&types, FuncIdx(0), &module.funcs[0.into()].body).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct FuncValidator {
    operands: Vec<Ty>,
    frames: Vec<Frame>,
    locals: Locals,
    /// The opcodes of the last module with other features than the default ones.
    opcodes: Option<Box<Opcodes>>,
    /// The functions that the constant expressions checked so far name.
    pub(crate) declared: Vec<u32>,
}

impl FuncValidator {
    /// Checks the body of the function with index `func`, imported functions included.
    ///
    /// # Errors
    /// The first fault. Its span is unknown, its path names function and instruction.
    pub fn body(&mut self, types: &Types, func: FuncIdx, body: &Body<'_>) -> Result<(), Error> {
        self.check_body(types, func, body).map_err(|error| in_func(error, func))
    }

    /// Checks the body as [`body`](FuncValidator::body) does, in more time, and passes the operands
    /// on the stack before each instruction to `watch`, with the offset of the instruction in the
    /// instructions. The last call is for the first instruction that is invalid.
    ///
    /// ```
    /// use wattle_ast::{Body, Func, FuncIdx, FuncType, Instr, Module, TypeIdx, ValType};
    /// use wattle_validator::{FuncValidator, Validator};
    ///
    /// let mut module = Module::default();
    /// module.types.push(FuncType::new([], [ValType::I32]).into());
    /// let body = [Instr::I32Const { value: 1 }, Instr::I32Eqz, Instr::Unreachable, Instr::End];
    /// let body = Body::new([], body.into_iter().collect());
    /// module.funcs.push(Func { ty: TypeIdx(0), body });
    /// let types = Validator::new().declarations(&module).unwrap();
    /// let mut stacks = Vec::new();
    /// let watch = &mut |offset, stack: wattle_validator::StackTypes| stacks.push((offset, stack.to_string()));
    /// FuncValidator::default().watch_body(&types, FuncIdx(0), &module.funcs[0.into()].body, watch).unwrap();
    /// let expected = [(0, "[]"), (2, "[i32]"), (3, "[i32]"), (4, "[...]")];
    /// assert_eq!(stacks, expected.map(|(offset, stack)| (offset, stack.to_owned())));
    /// ```
    ///
    /// # Errors
    /// The first fault, as [`body`](FuncValidator::body) reports it.
    pub fn watch_body(
        &mut self,
        types: &Types,
        func: FuncIdx,
        body: &Body<'_>,
        watch: &mut dyn FnMut(usize, StackTypes),
    ) -> Result<(), Error> {
        self.begin_body(types, func, body)
            .and_then(|signature| Checker::watch(self, types, signature, body.code(), watch))
            .map_err(|error| in_func(error, func))
    }

    fn check_body(&mut self, types: &Types, func: FuncIdx, body: &Body<'_>) -> Result<(), Error> {
        let signature = self.begin_body(types, func, body)?;
        Checker::check(self, types, signature, body.code(), false)
    }

    /// Checks the locals of a body, and returns the signature of its function.
    #[inline(always)]
    fn begin_body(
        &mut self,
        types: &Types,
        func: FuncIdx,
        body: &Body<'_>,
    ) -> Result<Signature, Error> {
        let id = types.func(func).ok_or(ErrorKind::UnknownFunc(func.0))?;
        if body.bytes().len() > types.limits.body_bytes as usize {
            return Err(ErrorKind::Limit("bytes of a body", types.limits.body_bytes.into()).into());
        }
        self.locals.clear(body.code().len());
        self.locals.add_params(types.registry.params(id.0));
        for run in body.locals() {
            let ty = types.value(run.ty)?;
            let count = self.locals.add(run.count, ty);
            let count = count.ok_or(ErrorKind::Malformed(Malformed::TooManyLocals))?;
            if count > types.limits.locals {
                return Err(ErrorKind::Limit("locals", types.limits.locals.into()).into());
            }
        }
        Ok(Signature::func(id))
    }

    /// Checks that an expression is constant and has type `ty`.
    pub(crate) fn constant(&mut self, types: &Types, ty: Ty, expr: &Expr<'_>) -> Result<(), Error> {
        self.locals.clear(0);
        Checker::check(self, types, Signature::value(ty), expr.bytes(), true)
    }
}

fn in_func(mut error: Error, func: FuncIdx) -> Error {
    error.path.section = Some(SectionId::Code);
    error.path.item = Some((ItemKind::Func, func.0));
    error
}

/// The operands on the stack before an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StackTypes {
    /// The topmost operands of the innermost block, at most 16, the deepest first.
    pub types: Vec<OperandType>,
    /// The number of operands of the innermost block below those.
    pub hidden: usize,
    /// Whether the instruction can be reached. Otherwise any operands may lie below.
    pub is_reachable: bool,
}

/// The most operands that [`StackTypes`] has.
const SHOWN: usize = 16;

impl fmt::Display for StackTypes {
    /// `[i32 i64]`; three dots stand for more operands below, and for any in code that cannot be
    /// reached.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_cut = self.hidden > 0 || !self.is_reachable;
        let mut separator = "";
        f.write_str("[")?;
        if is_cut {
            f.write_str("...")?;
            separator = " ";
        }
        for ty in &self.types {
            write!(f, "{separator}{ty}")?;
            separator = " ";
        }
        f.write_str("]")
    }
}
