//! The limits that keep text in proportion to the module: a module of a few bytes can declare
//! millions of locals, and use a type or a name of thousands of bytes thousands of times.
//!
//! Text within the limits of engines is written out; beyond them, the text has a shorter form that
//! states the number. `docs/limits.md` lists the limits.

/// The greatest number of parameters and results that are repeated where a function type is used.
pub(crate) const TYPES: usize = 64;

/// The greatest number of parameters and results that are repeated because parameters have names:
/// the limit of engines for each. The names of the parameters of larger types stand in the
/// annotation `@names`.
pub(crate) const TYPES_WITH_NAMES: usize = 2_000;

/// The number of locals that are written one by one in a module, in addition to one for each byte
/// of its functions: the limit of engines for a function. The locals of functions beyond that are
/// written as runs: `(local (@repeat 1000000) i64)`.
pub(crate) const LOCALS: u64 = 50_000;

/// The greatest length in bytes of a name that is an identifier. A longer name stands in an
/// annotation where it is defined.
pub(crate) const ID_BYTES: usize = 1_024;

/// The number of results of start functions that are written one by one, in a component and all
/// components in it: the limit of engines for the values of a component. The results of start
/// functions beyond that are written as `(result (@repeat 1000000) (value))`.
pub(crate) const RESULTS: u32 = 1_000;
