//! The limits that keep text in proportion to the module: a module of a few bytes can declare
//! millions of locals, and use a type or a name of thousands of bytes thousands of times.
//!
//! Text within the limits of engines is written out; what goes beyond has a shorter form that says
//! as much. `docs/limits.md` lists them.

/// The most parameters and results that are repeated where a function type is used.
pub(crate) const TYPES: usize = 64;

/// The most parameters and results that are repeated because parameters have names: as many as
/// engines allow of each. Names of the parameters of larger types stand in the annotation `@names`.
pub(crate) const TYPES_WITH_NAMES: usize = 2_000;

/// The number of locals that are written one by one in a module, beside one for each byte of its
/// functions: as many as engines allow in a function. The locals of functions beyond that are
/// written as runs: `(local (@repeat 1000000) i64)`.
pub(crate) const LOCALS: u64 = 50_000;

/// The most bytes of a name that is an identifier. A longer name stands in an annotation where it is
/// defined.
pub(crate) const ID_BYTES: usize = 1_024;

/// The number of results of start functions that are written one by one, in a component and all
/// components in it: as many values as engines allow in a component. The results of start functions
/// beyond that are written as `(result (@repeat 1000000) (value))`.
pub(crate) const RESULTS: u32 = 1_000;
