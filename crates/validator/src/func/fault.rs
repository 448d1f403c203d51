//! From a fault in an expression to an [`Error`]: all that is slow happens here.

use alloc::vec::Vec;

use wattle_ast::{Feature, Features, InstrRef, ItemKind, Malformed, Opcode, Reader, SectionId};
use wattle_ast::{Instrs, ValType};

use super::{Check, Checker};
use crate::ty::Ty;
use crate::types::Unusable;
use crate::{Error, ErrorKind, Mismatch, OperandType};

/// Something is wrong; what exactly, the checker remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// The bytes are no instructions.
    Malformed(Malformed),
    /// The instruction is invalid.
    Invalid,
    /// No fault: the expression has ended.
    End,
}

impl From<Malformed> for Fault {
    #[inline(always)]
    fn from(malformed: Malformed) -> Fault {
        Fault::Malformed(malformed)
    }
}

/// Which expression of a module it is.
pub(super) struct Place {
    pub(super) section: SectionId,
    pub(super) item: (ItemKind, u32),
}

/// How many operands an error shows.
const SHOWN: usize = 12;

impl Checker<'_> {
    /// Remembers what is wrong.
    #[cold]
    pub(super) fn invalid(&mut self, kind: ErrorKind) -> Fault {
        let mut error = Error::new(kind);
        error.operands = self.shown();
        self.error = Some(error);
        Fault::Invalid
    }

    /// Remembers what is wrong unless `feature` is enabled.
    #[cold]
    pub(super) fn disabled(&mut self, kind: ErrorKind, feature: Feature) -> Fault {
        let fault = self.invalid(kind);
        if let Some(error) = &mut self.error {
            error.enable = Some(feature);
        }
        fault
    }

    /// Types do not match.
    #[cold]
    pub(super) fn mismatched(&mut self, what: Mismatch, expected: &[Ty], found: &[Ty]) -> Fault {
        let mut error = Error::new(ErrorKind::TypeMismatch(what));
        error.expected = self.list(expected);
        error.found = self.list(found);
        error.operands = self.shown();
        self.error = Some(error);
        Fault::Invalid
    }

    /// The topmost operands do not match `want`.
    #[cold]
    pub(super) fn mismatch(&mut self, want: &[Ty]) -> Fault {
        let have = self.block_operands();
        let found: Vec<Ty> = match have.len().checked_sub(want.len()) {
            Some(skip) => have.iter().skip(skip).copied().collect(),
            None if self.is_unreachable() => {
                let unknown = want.len() - have.len();
                core::iter::repeat_n(Ty::BOTTOM, unknown).chain(have.iter().copied()).collect()
            }
            None => have.to_vec(),
        };
        self.mismatched(Mismatch::Operands, want, &found)
    }

    /// A value type that an instruction names.
    pub(super) fn value(&mut self, ty: ValType) -> Check<Ty> {
        self.types.value(ty).map_err(|why| self.unusable(why))
    }

    #[cold]
    pub(super) fn unusable(&mut self, why: Unusable) -> Fault {
        let mut error = Error::from(why);
        error.operands = self.shown();
        self.error = Some(error);
        Fault::Invalid
    }

    fn list(&self, types: &[Ty]) -> Vec<OperandType> {
        types.iter().map(|&ty| self.types.operand_type(ty)).collect()
    }

    fn shown(&self) -> Vec<OperandType> {
        let operands = self.block_operands();
        self.list(operands.get(operands.len().saturating_sub(SHOWN)..).unwrap_or_default())
    }

    /// The error of a fault in the instruction at position `start`.
    #[cold]
    pub(super) fn error(&mut self, fault: Fault, start: usize, reader: &Reader<'_>) -> Error {
        let mut all = Reader::at(reader.bytes(), 0, Features::ALL);
        all.seek(start);
        let opcode = all.opcode().ok();
        let mut error = match (fault, self.error.take()) {
            (Fault::Malformed(malformed), _) => {
                let mut error = Error::new(ErrorKind::Malformed(malformed));
                if malformed == Malformed::IllegalOpcode {
                    error.enable = opcode.map(Opcode::feature);
                }
                error
            }
            (_, Some(error)) => error,
            // Every rule that fails says why.
            (_, None) => Error::new(ErrorKind::Malformed(Malformed::IllegalOpcode)),
        };
        let mut instrs = Instrs::new(reader.bytes());
        let mut index = 0;
        while instrs.next_offset() < start && instrs.next().is_some() {
            index += 1;
        }
        error.path.instr = Some(InstrRef { index, offset: start as u32, opcode });
        error
    }
}
