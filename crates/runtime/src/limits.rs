//! Limits of a store: memory, tables, calls and heap.

use crate::numerics::Profile;

/// Limits on the resources of a store's programs. Exceeding one is an error or a failed `grow`,
/// never an abort.
///
/// ```
/// use wattle_runtime::Limits;
/// let small = Limits { memory_bytes: 1 << 20, ..Limits::default() };
/// assert!(small.call_depth > 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The bytes of each memory; never more than 4 GiB.
    pub memory_bytes: u64,
    /// The elements of each table.
    pub table_elements: u64,
    /// The depth of nested calls in one execution.
    pub call_depth: usize,
    /// The 64-bit slots of the stack of one execution.
    pub stack_slots: usize,
    /// The bytes of all structs, arrays and exceptions.
    pub heap_bytes: usize,
    /// The depth of nested calls from the guest to the host.
    pub host_depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory_bytes: 4 << 30,
            table_elements: 10_000_000,
            call_depth: 1 << 16,
            stack_slots: 1 << 20,
            heap_bytes: 1 << 30,
            host_depth: 64,
        }
    }
}

/// The configuration of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// The resources that its programs may use.
    pub limits: Limits,
    /// The choices that the specification leaves open. The default is the deterministic profile.
    pub profile: Profile,
    /// The number of instructions that may run; `None` for no limit.
    pub fuel: Option<u64>,
}
