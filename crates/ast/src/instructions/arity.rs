//! The numbers of operands and results of instructions, from the rows of the table.

/// The numbers of operands and results of an instruction, or its role in a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arity {
    /// It opens a block. Operands and results are those of the block type; `if` also takes a
    /// condition.
    Open,
    /// It begins another part of a block: `else`, `catch`, `catch_all`.
    Part,
    /// It closes a block: `end`, `delegate`.
    Close,
    /// It takes operands and leaves results.
    Values {
        /// The number of operands.
        takes: Count,
        /// The number of results; `None` when the code after the instruction is unreachable.
        leaves: Option<Count>,
    },
}

impl Arity {
    /// Whether the instruction opens, parts or closes a block.
    pub const fn is_structured(self) -> bool {
        !matches!(self, Arity::Values { .. })
    }
}

/// A number of operands or results: a fixed part, and a part that depends on the immediates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Count {
    /// The fixed part. It is negative for `br_on_non_null`, which leaves one value less than its
    /// label takes.
    pub fixed: i8,
    /// The items counted by the part that depends on the immediates.
    pub of: CountOf,
}

/// The items counted by the part of a [`Count`] that depends on the immediates. The items of a
/// function type are parameters when operands are counted, and results when results are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CountOf {
    /// Nothing: the number is fixed.
    Nothing,
    /// Operands of the label.
    Label,
    /// Results of the function that holds the instruction.
    Return,
    /// Parameters or results of the function.
    Func,
    /// Parameters or results of the function type.
    Type,
    /// Parameters or results of the tag.
    Tag,
    /// Parameters or results of the continuation type.
    Cont,
    /// Parameters of the first continuation type that the second does not have.
    Bound,
    /// Parameters of the continuation that is the last parameter of the continuation type.
    Switched,
    /// Fields of the struct type.
    Fields,
    /// Elements; their number is an immediate.
    Length,
}

/// Converts the part of a row after `special`, or the arrow, to an [`Arity`].
macro_rules! arity {
    (special (open)) => { Arity::Open };
    (special (part)) => { Arity::Part };
    (special (close)) => { Arity::Close };
    (special ($takes:tt $(+ $more:literal)? -> !)) => {
        Arity::Values { takes: count!($takes 0 $(+ $more)?), leaves: None }
    };
    (special ($takes:tt $(+ $more:literal)? -> $leaves:tt $(+ $plus:literal)? $(- $less:literal)?)) => {
        Arity::Values {
            takes: count!($takes 0 $(+ $more)?),
            leaves: Some(count!($leaves 0 $(+ $plus)? $(- $less)?)),
        }
    };
    ([$($param:ident)*] -> [$($result:ident)*]) => {
        Arity::Values {
            takes: length!($( $param )*),
            leaves: Some(length!($( $result )*)),
        }
    };
}
pub(super) use arity;

/// Converts a number, or the name of a [`CountOf`] and a fixed part, to a [`Count`].
macro_rules! count {
    ($of:ident $($fixed:tt)*) => { Count { fixed: $($fixed)*, of: CountOf::$of } };
    ($number:literal $($fixed:tt)*) => {
        Count { fixed: $number + $($fixed)*, of: CountOf::Nothing }
    };
}
pub(super) use count;

/// The fixed [`Count`] for a list of types: its length.
macro_rules! length {
    ($($ty:ident)*) => {{
        let types: &[&str] = &[$( stringify!($ty) ),*];
        Count { fixed: types.len() as i8, of: CountOf::Nothing }
    }};
}
pub(super) use length;
