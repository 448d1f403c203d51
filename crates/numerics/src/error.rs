//! [`Error`]: the reason why an operator has no result.

use core::fmt;

/// The reason why an operator has no result for its operands. The instruction of the operator
/// traps.
///
/// `Display` prints the phrase of the official test suite.
///
/// ```
/// use wattle_ast::Opcode;
/// use wattle_numerics::{Error, Nan, binary};
///
/// let quotient = binary(Opcode::I32DivU, 1, 0, Nan::Canonical);
/// assert_eq!(quotient, Some(Err(Error::DivideByZero)));
/// assert_eq!(Error::DivideByZero.to_string(), "integer divide by zero");
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Error {
    /// The divisor of a division or a remainder is zero.
    DivideByZero,
    /// A quotient, or a float without its fraction, does not fit the type of the result.
    IntegerOverflow,
    /// A NaN has no integer value.
    InvalidConversion,
}

impl Error {
    /// The phrase that a message about the error begins with.
    pub const fn phrase(self) -> &'static str {
        match self {
            Error::DivideByZero => "integer divide by zero",
            Error::IntegerOverflow => "integer overflow",
            Error::InvalidConversion => "invalid conversion to integer",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

impl core::error::Error for Error {}
