//! Observation: what a store reports when someone listens, and costs nothing when nobody does.
//!
//! A store with an observer translates functions with reports woven in; one without does not.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::Opcode;

use crate::values::Value;

/// An instruction that is about to be executed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Step {
    /// Number of the instance in its store.
    pub instance: u32,
    /// Index of the function among those that its module defines.
    pub func: u32,
    /// Byte offset in the function's code.
    pub offset: u32,
    /// The instruction.
    pub opcode: Opcode,
}

/// Who listens.
pub trait Observer: Send {
    /// An instruction is about to be executed.
    fn step(&mut self, step: Step);

    /// A function of the host was called, by the number in which the host's functions were made.
    fn host_call(&mut self, func: u32, arguments: &[Value], results: &[Value]) {
        let _ = (func, arguments, results);
    }

    /// The observer as what it is, to be asked for what it saw.
    fn as_any(&self) -> &dyn core::any::Any;
}

/// Counts how often each place of the code was executed: coverage, and instruction counts.
///
/// ```
/// use wattle_runtime::Counts;
/// let counts = Counts::default();
/// assert_eq!(counts.total(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// How often, by place.
    pub steps: BTreeMap<Step, u64>,
    /// The calls of the host: number of the function, arguments, results.
    pub host_calls: Vec<(u32, Vec<Value>, Vec<Value>)>,
}

impl Counts {
    /// How many instructions were executed.
    pub fn total(&self) -> u64 {
        self.steps.values().sum()
    }

    /// How many instructions were executed, by instruction.
    pub fn by_opcode(&self) -> BTreeMap<Opcode, u64> {
        let mut counts = BTreeMap::new();
        for (step, count) in &self.steps {
            *counts.entry(step.opcode).or_default() += count;
        }
        counts
    }
}

impl Observer for Counts {
    fn step(&mut self, step: Step) {
        *self.steps.entry(step).or_default() += 1;
    }

    fn host_call(&mut self, func: u32, arguments: &[Value], results: &[Value]) {
        self.host_calls.push((func, arguments.to_vec(), results.to_vec()));
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}
