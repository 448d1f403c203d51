//! The side table: where branches go, for interpreters that run bodies in place.

use alloc::vec::Vec;

use wattle_ast::{Body, FuncIdx, Opcode};

use crate::observe::{Branch, Observer, Operands};
use crate::{Error, FuncValidator, Types};

/// What a branch does when it is taken. Offsets count from the first instruction of the body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SideEntry {
    /// Where the branching instruction stands.
    pub at: u32,
    /// Where execution goes on: at a `loop` or `end`, which do nothing when they are executed, or
    /// just behind an `else`.
    pub target: u32,
    /// Index of the first entry of an instruction at or after the target.
    pub next: u32,
    /// How many of the topmost operands are kept.
    pub keep: u32,
    /// How many operands below them are dropped.
    pub drop: u32,
}

/// The branches of a body, in the order of the instructions.
///
/// Each instruction that can be reached and may branch has as many entries as it has targets, in
/// order: `br`, `br_if`, `br_on_*` and `return` one, `br_table` one per label with the default
/// last, `try_table` one per clause, `if` one for when the condition is false, `else` (and a
/// legacy `catch`, when execution falls into it) one to the end of the block. An interpreter
/// keeps an index into the entries: it steps over the entries of an instruction that does not
/// branch, and continues with [`SideEntry::next`] when it does. What catches a legacy exception
/// is not in the table.
///
/// ```
/// use wattle_ast::{BlockType, Body, Func, FuncIdx, FuncType, Instr, LabelIdx, Module, TypeIdx};
/// use wattle_validator::{FuncValidator, Validator};
///
/// let code = [
///     Instr::Block { block_type: BlockType::Empty }, // at 0
///     Instr::I32Const { value: 7 },                  // at 2
///     Instr::I32Const { value: 1 },                  // at 4
///     Instr::BrIf { label: LabelIdx(0) },            // at 6
///     Instr::Drop,                                   // at 8
///     Instr::End,                                    // at 9
///     Instr::End,
/// ];
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// let body = Body::new([], code.into_iter().collect());
/// module.funcs.push(Func { ty: TypeIdx(0), body });
/// let types = Validator::new().declarations(&module).unwrap();
/// let table = FuncValidator::default().side_table(&types, FuncIdx(0), &module.funcs[0].body);
/// let [entry] = table.as_ref().unwrap().entries() else { panic!() };
/// assert_eq!((entry.at, entry.target, entry.keep, entry.drop), (6, 9, 0, 1));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SideTable {
    entries: Vec<SideEntry>,
}

impl SideTable {
    /// The entries.
    pub fn entries(&self) -> &[SideEntry] {
        &self.entries
    }
}

/// The end of a chain of entries.
const NONE: u32 = u32::MAX;

/// An open block.
struct Open {
    /// Where a branch to it goes, if that is known already: the offset and the next entry.
    start: Option<(u32, u32)>,
    /// The last entry that goes to its end. Until that is known, the entries form a chain: each
    /// has the one before as its target.
    last: u32,
    /// The entry of its `if`.
    condition: Option<u32>,
}

struct Builder {
    entries: Vec<SideEntry>,
    open: Vec<Open>,
}

impl Builder {
    fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    fn open(&mut self, start: Option<(u32, u32)>) {
        self.open.push(Open { start, last: NONE, condition: None });
    }

    /// The innermost block ends at `offset`.
    fn close(&mut self, offset: u32) {
        let next = self.count();
        let Some(block) = self.open.pop() else { return };
        if let Some(entry) = block.condition.and_then(|at| self.entries.get_mut(at as usize)) {
            (entry.target, entry.next) = (offset, next);
        }
        let mut last = block.last;
        while let Some(entry) = self.entries.get_mut(last as usize) {
            last = entry.target;
            (entry.target, entry.next) = (offset, next);
        }
    }
}

impl Observer for Builder {
    fn before(&mut self, offset: u32, opcode: Opcode, _: Operands<'_>) {
        match opcode {
            Opcode::Loop => self.open(Some((offset, self.count()))),
            Opcode::Block | Opcode::If | Opcode::Try | Opcode::TryTable => self.open(None),
            Opcode::End | Opcode::Delegate => self.close(offset),
            _ => {}
        }
    }

    fn after(&mut self, offset: u32, opcode: Opcode, _: Operands<'_>) {
        if opcode != Opcode::Else {
            return;
        }
        let next = self.count();
        let condition = self.open.last_mut().and_then(|block| block.condition.take());
        if let Some(entry) = condition.and_then(|at| self.entries.get_mut(at as usize)) {
            (entry.target, entry.next) = (offset + 1, next);
        }
    }

    fn branch(&mut self, at: u32, opcode: Opcode, branch: Branch) {
        let place = self.count();
        let Some(block) = self.open.get_mut(branch.target as usize) else { return };
        let (target, next) = match block.start {
            Some(start) => start,
            None if opcode == Opcode::If => {
                block.condition = Some(place);
                (NONE, 0)
            }
            None => (core::mem::replace(&mut block.last, place), 0),
        };
        self.entries.push(SideEntry { at, target, next, keep: branch.keep, drop: branch.drop });
    }
}

impl FuncValidator {
    /// Checks a body as [`body`](FuncValidator::body) does, and gives its side table.
    ///
    /// # Errors
    /// The first fault.
    pub fn side_table(
        &mut self,
        types: &Types,
        func: FuncIdx,
        body: &Body<'_>,
    ) -> Result<SideTable, Error> {
        let mut builder = Builder { entries: Vec::new(), open: Vec::new() };
        builder.open(None);
        self.observed_body(types, func, body, &mut builder)?;
        Ok(SideTable { entries: builder.entries })
    }
}
