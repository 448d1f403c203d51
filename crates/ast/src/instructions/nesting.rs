//! Open blocks, and the block that each `end` ends: the part of decoding that needs a stack.
//!
//! The stack is a vector of one byte per block, so nesting takes memory in proportion to the input,
//! and no recursion.

use alloc::vec::Vec;

use super::Opcode;
use crate::Malformed;

/// The effect of an instruction on the open blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Structure {
    /// The open blocks stayed as they were.
    Unchanged,
    /// It opened a block.
    Open,
    /// It began another part of the innermost block: `else`, `catch`, `catch_all`.
    Part,
    /// It closed the innermost block.
    Close,
    /// It was the `end` of the whole expression.
    End,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Block {
    /// A block that cannot have another part.
    OnePart,
    If,
    Try,
    /// A legacy `try` after `catch`.
    Catch,
}

/// The open blocks at a place in an expression.
///
/// ```
/// use wattle_ast::{Nesting, Opcode, Structure};
///
/// let mut nesting = Nesting::default();
/// assert_eq!(nesting.step(Opcode::If), Ok(Structure::Open));
/// assert_eq!(nesting.step(Opcode::Else), Ok(Structure::Part));
/// assert!(nesting.step(Opcode::Else).is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Nesting {
    blocks: Vec<Block>,
}

impl Nesting {
    /// The number of open blocks, without the expression itself.
    pub fn depth(&self) -> usize {
        self.blocks.len()
    }

    /// Closes all blocks, for another expression.
    pub fn reset(&mut self) {
        self.blocks.clear();
    }

    /// Processes the next opcode of the expression.
    ///
    /// # Errors
    /// [`Malformed::EndExpected`] when the opcode does not belong to an open block.
    #[inline]
    pub fn step(&mut self, opcode: Opcode) -> Result<Structure, Malformed> {
        match opcode {
            Opcode::Block | Opcode::Loop | Opcode::TryTable => self.blocks.push(Block::OnePart),
            Opcode::If => self.blocks.push(Block::If),
            Opcode::Try => self.blocks.push(Block::Try),
            Opcode::End => {
                return Ok(match self.blocks.pop() {
                    Some(_) => Structure::Close,
                    None => Structure::End,
                });
            }
            Opcode::Else => return self.part(|block| block == Block::If, Block::OnePart),
            Opcode::Catch | Opcode::CatchAll => {
                let next = if opcode == Opcode::Catch { Block::Catch } else { Block::OnePart };
                return self.part(|block| matches!(block, Block::Try | Block::Catch), next);
            }
            Opcode::Delegate if self.blocks.last() == Some(&Block::Try) => {
                self.blocks.pop();
                return Ok(Structure::Close);
            }
            Opcode::Delegate => return Err(Malformed::EndExpected),
            _ => return Ok(Structure::Unchanged),
        }
        Ok(Structure::Open)
    }

    fn part(&mut self, fits: impl Fn(Block) -> bool, next: Block) -> Result<Structure, Malformed> {
        match self.blocks.last_mut() {
            Some(block) if fits(*block) => {
                *block = next;
                Ok(Structure::Part)
            }
            _ => Err(Malformed::EndExpected),
        }
    }
}
