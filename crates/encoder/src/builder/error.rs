//! [`BuildError`]: misuse of a builder.

use core::convert::Infallible;
use core::fmt;

use wattle_ast::{FuncIdx, Malformed, Opcode};

/// The ways to misuse a builder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// A branch to a label whose block is closed, or to a label of another function.
    Label,
    /// An `end` where no block is open but the body itself, or an `end` that would close a block
    /// whose closure still runs.
    End,
    /// An instruction that does not belong to the innermost block, such as an `else` in a loop.
    Misplaced(Opcode),
    /// A block that was not closed.
    Open,
    /// A parameter that the function does not have.
    Param(u32),
    /// An expression whose bytes do not decode to instructions.
    Malformed(Malformed),
}

/// The error for a function that cannot be built, because the builder was misused. The first misuse
/// is reported when the body or the module is finished.
///
/// ```
/// use wattle_ast::BlockType;
/// use wattle_encoder::{BuildErrorKind, FuncBuilder};
///
/// let mut f = FuncBuilder::new(0);
/// let inner = f.block(BlockType::Empty, |_, label| label);
/// f.br(inner); // The block has ended.
/// let error = f.finish().unwrap_err();
/// assert_eq!(error.kind(), BuildErrorKind::Label);
/// assert_eq!(
///     error.to_string(),
///     "unknown label: its block is closed, or belongs to another function, at offset 0x3"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BuildError {
    pub(super) kind: BuildErrorKind,
    pub(super) offset: usize,
    pub(super) func: Option<FuncIdx>,
}

impl BuildError {
    /// The kind of misuse.
    pub fn kind(self) -> BuildErrorKind {
        self.kind
    }

    /// The offset in bytes, counted from the first instruction of the body.
    pub fn offset(self) -> usize {
        self.offset
    }

    /// The function, if its index is known.
    pub fn func(self) -> Option<FuncIdx> {
        self.func
    }
}

impl fmt::Display for BuildErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildErrorKind::Label => {
                f.write_str("unknown label: its block is closed, or belongs to another function,")
            }
            BuildErrorKind::End => f.write_str("unexpected `end`: there is no block to close"),
            BuildErrorKind::Misplaced(opcode) => {
                write!(f, "unexpected `{opcode}`: it does not belong to the innermost block")
            }
            BuildErrorKind::Open => f.write_str("END opcode expected: a block is not closed"),
            BuildErrorKind::Param(index) => {
                write!(f, "unknown local: there is no parameter {index}")
            }
            BuildErrorKind::Malformed(reason) => write!(f, "{reason}: an expression was added"),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {:#x}", self.kind, self.offset)?;
        match self.func {
            Some(func) => write!(f, ", in func {}", func.0),
            None => Ok(()),
        }
    }
}

impl core::error::Error for BuildError {}

/// Lets a finished body, which has no error, be added like a builder.
impl From<Infallible> for BuildError {
    fn from(never: Infallible) -> BuildError {
        match never {}
    }
}
