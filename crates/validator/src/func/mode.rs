//! The two modes in which rules are compiled.
//!
//! Every rule is written once, generic over a [`Mode`], and compiled twice. An [`Attempt`] takes
//! it for granted that nothing is unusual: immediates are compact, operands are there and match, and
//! nothing is wrong. Where that does not hold it gives up, having changed nothing, and the
//! instruction is checked again in [`Full`]. So an attempt needs no calls, and the loop of attempts
//! keeps its state in registers.

use alloc::vec::Vec;

use wattle_ast::Malformed;

use super::checker::Checker;
use super::opcodes::OpcodeType;
use crate::ty::Ty;
use crate::types::Unusable;
use crate::{Error, ErrorKind};

/// How rules deal with what is unusual.
pub(super) trait Mode: Sized {
    /// What a rule says when the instruction does not pass.
    type Fault: From<ErrorKind> + From<Malformed> + From<Unusable> + From<Error>;

    /// What the words of the operand stack lie in.
    type Words<'s>: Words;

    /// What follows is unusual: an attempt gives up here.
    fn unusual() -> Result<(), Self::Fault>;

    /// Applies a rule that attempts do not have.
    fn other_rule(checker: &mut Checker<'_, '_, Self>, ty: &OpcodeType) -> Result<(), Self::Fault>;
}

/// The words of an operand stack.
pub(super) trait Words: AsRef<[Ty]> + AsMut<[Ty]> {
    /// Makes room for at least `count` more words, if it can.
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

/// See the module's documentation.
pub(super) enum Attempt {}

/// An attempt does not say what is unusual.
#[derive(Clone, Copy, Debug)]
pub(super) struct GaveUp;

impl Mode for Attempt {
    type Fault = GaveUp;
    type Words<'s> = &'s mut [Ty];

    #[inline(always)]
    fn unusual() -> Result<(), GaveUp> {
        Err(GaveUp)
    }

    #[inline(always)]
    fn other_rule(_: &mut Checker<'_, '_, Attempt>, _: &OpcodeType) -> Result<(), GaveUp> {
        Err(GaveUp)
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

/// See the module's documentation.
pub(super) enum Full {}

impl Mode for Full {
    type Fault = Error;
    type Words<'s> = &'s mut Vec<Ty>;

    #[inline(always)]
    fn unusual() -> Result<(), Error> {
        Ok(())
    }

    fn other_rule(checker: &mut Checker<'_, '_, Full>, ty: &OpcodeType) -> Result<(), Error> {
        checker.other_rule(ty)
    }
}
