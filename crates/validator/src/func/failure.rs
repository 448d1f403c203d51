//! Completes the error of a rule with its place and the operands on the stack.

use wattle_ast::{Feature, Features, Instr, InstrRef, Instrs, Malformed, Opcode, Reader};

use super::checker::Checker;
use super::mode::Full;
use crate::{Error, ErrorKind, Mismatch};

/// The most operands that an error shows.
const SHOWN: usize = 12;

impl Checker<'_, '_, Full> {
    /// Completes the error of a rule, in the instruction at position `start`.
    #[cold]
    #[inline(never)]
    pub(super) fn located(&self, mut error: Error, start: usize) -> Error {
        let code = self.reader.bytes();
        let mut all = Reader::at(code, 0, Features::ALL);
        all.seek(start);
        let opcode = all.opcode().ok();
        match error.kind {
            ErrorKind::Malformed(Malformed::IllegalOpcode) => {
                error.enable = opcode.map(Opcode::feature);
                error.code = Opcode::shown(&mut Reader::new(code.get(start..).unwrap_or_default()));
            }
            ErrorKind::Malformed(_) if error.enable.is_none() => {
                error.enable = self.feature_that_reads(start);
            }
            _ => {
                let operands = self.block_operands();
                let hidden = operands.len().saturating_sub(SHOWN);
                error.operands =
                    self.types.operand_types(operands.get(hidden..).unwrap_or_default());
            }
        }
        if let ErrorKind::TypeMismatch(what @ (Mismatch::Operands | Mismatch::Block)) = error.kind
            && matches!(opcode, Some(Opcode::End | Opcode::Else))
        {
            self.at_end(&mut error, what);
        }
        error.space_len = self.space_len(&error.kind);
        let mut instrs = Instrs::new(code);
        let mut index = 0;
        while instrs.next_offset() < start && matches!(instrs.next(), Some(Ok(_))) {
            index += 1;
        }
        error.path.instr = Some(InstrRef { index, offset: start as u32, opcode });
        error
    }

    /// The length of the index space in which an index is out of range.
    fn space_len(&self, kind: &ErrorKind) -> Option<u32> {
        match kind {
            ErrorKind::UnknownLocal(_) => Some(self.locals.count()),
            ErrorKind::UnknownLabel(_) => u32::try_from(self.frames.len()).ok(),
            // An initializer of a global may not name later ones.
            ErrorKind::UnknownGlobal(_) if self.is_constant => None,
            _ => self.types.space_len(kind),
        }
    }

    /// The feature, if any, that is missing for the instruction at position `start` to be decoded.
    fn feature_that_reads(&self, start: usize) -> Option<Feature> {
        let reads = |features| {
            let mut reader = Reader::at(self.reader.bytes(), 0, features);
            reader.seek(start);
            reader.read::<Instr<'_>>().is_ok()
        };
        let features = self.types.features;
        if reads(features) {
            // The fault is not in the instruction: for instance, a section is missing.
            return None;
        }
        Feature::ALL.iter().copied().find(|feature| reads(features | (*feature).into()))
    }

    /// Changes an error at the end of a block or function to show all values that were left there.
    fn at_end(&self, error: &mut Error, what: Mismatch) {
        if what == Mismatch::Block {
            // The results were popped before the rest was found.
            error.found = error.found.below(&error.expected);
            let hidden = error.found.len().saturating_sub(SHOWN);
            error.operands = error.found.iter().skip(hidden).copied().collect();
        }
        let ends_func = self.frames.len() == 1;
        let what = if ends_func { Mismatch::Func } else { Mismatch::Block };
        error.kind = ErrorKind::TypeMismatch(what);
    }
}
