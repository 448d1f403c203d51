//! What a caller can learn about each instruction while a body is checked.

use wattle_ast::Opcode;

use crate::ty::Ty;
use crate::{OperandType, Types};

/// Watches a body being checked. All methods do nothing unless they are overridden, and the
/// observer `()` costs nothing.
///
/// Offsets count from the first instruction of the expression.
pub trait Observer {
    /// Whether anything is observed.
    const ACTIVE: bool = true;

    /// An instruction is about to be checked.
    fn before(&mut self, offset: u32, opcode: Opcode, operands: Operands<'_>) {
        let _ = (offset, opcode, operands);
    }

    /// An instruction was checked.
    fn after(&mut self, offset: u32, opcode: Opcode, operands: Operands<'_>) {
        let _ = (offset, opcode, operands);
    }

    /// An instruction that can be reached may branch. `br_table` branches once per label.
    fn branch(&mut self, offset: u32, opcode: Opcode, branch: Branch) {
        let _ = (offset, opcode, branch);
    }
}

impl Observer for () {
    const ACTIVE: bool = false;
}

/// Where a branch goes, and what it does to the operand stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Branch {
    /// How many blocks around the instruction stay open: 0 is the function itself.
    pub target: u32,
    /// How many of the topmost operands it takes along.
    pub keep: u32,
    /// How many operands below them it drops.
    pub drop: u32,
}

/// The operand stack at a point of a function.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    pub(crate) types: &'a Types,
    /// Markers of blocks included.
    pub(crate) stack: &'a [Ty],
    pub(crate) blocks: u32,
    pub(crate) reachable: bool,
}

impl<'a> Operands<'a> {
    /// How many operands there are, those of outer blocks included.
    pub fn len(&self) -> usize {
        self.stack.len().saturating_sub(self.blocks as usize)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the point can be reached.
    pub fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// How many blocks are open, the function itself included.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// The operands, the topmost first.
    pub fn iter(&self) -> impl Iterator<Item = OperandType> + use<'a> {
        let types = self.types;
        let operands = self.stack.iter().rev();
        let operands = operands.filter(|&&ty| ty != Ty::BARRIER && ty != Ty::UNREACHABLE);
        operands.map(|&ty| types.operand_type(ty))
    }
}
