//! Almost valid modules: exactly one rule is broken, and it is known which.

use crate::world::Gen;

/// A rule that a module breaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Broken {
    /// An operand is of another type.
    Operand,
}

impl Gen<'_, '_> {
    pub(crate) fn break_rule(&mut self) -> Broken {
        Broken::Operand
    }
}
