//! The two ways in which a rule is compiled, and what a rule must heed for that.
//!
//! Every rule is written once, generic over a [`Mode`]. An [`Attempt`] at an instruction assumes
//! that all is as usual: immediates are compact, the operands are on the stack and match. Where
//! something is unusual (`M::unusual()?`) it gives up, and the instruction is checked once more,
//! from its beginning, in [`Full`] mode, which knows code that cannot be reached and explains
//! errors. So attempts call no functions, and the loop over them keeps its state in registers.
//!
//! An attempt that gives up must have changed nothing but the position and the height of the
//! operand stack, which the loop restores. In particular a rule that has written to the stack must
//! not give up afterwards: it makes room first when it pushes more than it has taken. Debug builds
//! check this.

use alloc::vec::Vec;

use wattle_ast::Malformed;

use super::checker::Checker;
use super::opcodes::{OpcodeType, Rule};
use crate::ty::Ty;
use crate::types::Unusable;
use crate::{Error, ErrorKind};

/// How rules deal with what is unusual.
pub(super) trait Mode: Sized {
    /// What a rule returns when the instruction does not pass.
    type Fault: From<ErrorKind> + From<Malformed> + From<Unusable> + From<Error>;

    /// The memory of the operand stack.
    type Words<'s>: Words;

    /// Gives up if this is an attempt.
    fn unusual() -> Result<(), Self::Fault>;

    /// Applies a rule that is not among the basic ones.
    fn other_rule(checker: &mut Checker<'_, '_, Self>, ty: &OpcodeType) -> Result<(), Self::Fault>;
}

/// The memory of an operand stack.
pub(super) trait Words: AsRef<[Ty]> + AsMut<[Ty]> {
    /// Makes room for at least `count` more words, unless the memory is fixed.
    fn grow(&mut self, count: usize);
}

impl Words for &mut Vec<Ty> {
    #[cold]
    #[inline(never)]
    fn grow(&mut self, count: usize) {
        let len = 2 * (self.len() + count);
        self.resize(len, Ty::BOTTOM);
    }
}

impl Words for &mut [Ty] {
    #[inline(always)]
    fn grow(&mut self, _: usize) {}
}

/// A rule gives up where something is unusual. Rules of references, structs and arrays are only
/// attempted in modules that use them much: the loop of attempts is slower with them.
pub(super) enum Attempt<const REFERENCES: bool> {}

/// The attempt at an instruction was given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct GaveUp;

impl<const REFERENCES: bool> Mode for Attempt<REFERENCES> {
    type Fault = GaveUp;
    type Words<'s> = &'s mut [Ty];

    #[inline(always)]
    fn unusual() -> Result<(), GaveUp> {
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

/// A rule goes through with everything.
pub(super) enum Full {}

impl Mode for Full {
    type Fault = Error;
    type Words<'s> = &'s mut Vec<Ty>;

    #[inline(always)]
    fn unusual() -> Result<(), Error> {
        Ok(())
    }

    fn other_rule(checker: &mut Checker<'_, '_, Full>, ty: &OpcodeType) -> Result<(), Error> {
        match checker.reference_rule(ty) {
            Some(outcome) => outcome,
            None => checker.uncommon_rule(ty),
        }
    }
}
