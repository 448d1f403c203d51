//! The two modes in which a rule is compiled, and how to write rules for both.
//!
//! Every rule is written once, generic over a [`Mode`]. An [`Attempt`] at an instruction assumes
//! that immediates are compact and that the operands are on the stack and match. Where an
//! assumption fails, `M::full_only()?` makes the attempt fail, and the instruction is checked again
//! from its beginning in [`Full`] mode, which handles unreachable code and explains errors. So
//! attempts call no functions, and the loop over them keeps its state in registers.
//!
//! A failed attempt must have changed only the position and the height of the operand stack, which
//! the loop restores. In particular, a rule must not fail after it has written to the stack: it
//! makes room first when it pushes more than it has popped. Debug builds check this.

use alloc::vec::Vec;

use wattle_ast::Malformed;

use super::checker::Checker;
use super::opcodes::{OpcodeType, Rule};
use crate::ty::Ty;
use crate::types::Unusable;
use crate::{Error, ErrorKind};

/// A mode in which rules are compiled.
pub(super) trait Mode: Sized {
    /// The error of a rule.
    type Fault: From<ErrorKind> + From<Malformed> + From<Unusable> + From<Error>;

    /// The memory of the operand stack.
    type Words<'s>: Words;

    /// Makes an attempt fail, and does nothing in full mode.
    fn full_only() -> Result<(), Self::Fault>;

    /// Applies one of the rules that [`Checker::rule`] does not list.
    fn other_rule(checker: &mut Checker<'_, '_, Self>, ty: &OpcodeType) -> Result<(), Self::Fault>;
}

/// The memory of an operand stack.
pub(super) trait Words: AsRef<[Ty]> + AsMut<[Ty]> {
    /// Lengthens the memory to `len` words, unless it is fixed.
    fn lengthen(&mut self, len: usize) -> Result<(), OutOfMemory>;
}

/// The memory for an operand stack could not be had.
pub(super) struct OutOfMemory;

impl Words for &mut Vec<Ty> {
    fn lengthen(&mut self, len: usize) -> Result<(), OutOfMemory> {
        let more = len.saturating_sub(self.len());
        self.try_reserve_exact(more).map_err(|_| OutOfMemory)?;
        self.resize(len, Ty::BOTTOM);
        Ok(())
    }
}

impl Words for &mut [Ty] {
    #[inline(always)]
    fn lengthen(&mut self, _: usize) -> Result<(), OutOfMemory> {
        Ok(())
    }
}

/// The mode that handles only the cases that most instructions need, and fails otherwise. Rules of
/// references, structs and arrays are attempted only in modules with structs or arrays, because
/// they slow the loop down.
pub(super) enum Attempt<const REFERENCES: bool> {}

/// The error of a failed attempt, which explains nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct GaveUp;

impl<const REFERENCES: bool> Mode for Attempt<REFERENCES> {
    type Fault = GaveUp;
    type Words<'s> = &'s mut [Ty];

    #[inline(always)]
    fn full_only() -> Result<(), GaveUp> {
        Err(GaveUp)
    }

    #[inline(always)]
    fn other_rule(checker: &mut Checker<'_, '_, Self>, ty: &OpcodeType) -> Result<(), GaveUp> {
        if !REFERENCES {
            return Err(GaveUp);
        }
        let ty = if ty.rule == Rule::Prefix { checker.prefixed_opcode()? } else { ty };
        checker.reference_rule(ty).unwrap_or(Err(GaveUp))
    }
}

macro_rules! gave_up {
    ($($from:ty)*) => { $(
        impl From<$from> for GaveUp {
            #[inline(always)]
            fn from(_: $from) -> GaveUp {
                GaveUp
            }
        }
    )* };
}

gave_up! { Error ErrorKind Malformed Unusable }

/// The mode that handles everything.
pub(super) enum Full {}

impl Mode for Full {
    type Fault = Error;
    type Words<'s> = &'s mut Vec<Ty>;

    #[inline(always)]
    fn full_only() -> Result<(), Error> {
        Ok(())
    }

    fn other_rule(checker: &mut Checker<'_, '_, Full>, ty: &OpcodeType) -> Result<(), Error> {
        match checker.reference_rule(ty) {
            Some(outcome) => outcome,
            None => checker.unattempted_rule(ty),
        }
    }
}
