//! Observation: the reports of a store to an observer.
//!
//! A store with an observer translates functions with reports in them. A store without one does
//! not, so observation costs nothing when it is not used.

use core::any::Any;

use wattle_ast::Opcode;

/// An instruction that is about to be executed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Step {
    /// The number of the instance in its store.
    pub instance: u32,
    /// The index of the function among those that its module defines.
    pub func: u32,
    /// The byte offset in the function's code.
    pub offset: u32,
    /// The instruction.
    pub opcode: Opcode,
}

/// Receives the reports of a store: [`Store::observe`](crate::Store::observe).
///
/// ```
/// use std::any::Any;
/// use wattle_runtime::{Observer, Step, Store};
///
/// #[derive(Default)]
/// struct Count(u64);
///
/// impl Observer for Count {
///     fn step(&mut self, _: Step) {
///         self.0 += 1;
///     }
/// }
///
/// let mut store = Store::new(());
/// store.observe(Some(Box::<Count>::default()));
/// // ... calls ...
/// let observer: Box<dyn Any> = store.observe(None).unwrap();
/// assert_eq!(observer.downcast::<Count>().unwrap().0, 0);
/// ```
pub trait Observer: Any + Send + Sync {
    /// An instruction is about to be executed.
    fn step(&mut self, step: Step);
}
