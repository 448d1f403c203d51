//! What a store may take: memory, tables, calls, heap.

use crate::numerics::Profile;

/// Bounds of what the programs of a store may take. Going beyond is an error or a failed `grow`,
/// never an abort.
///
/// ```
/// use wattle_runtime::Limits;
/// let small = Limits { memory_bytes: 1 << 20, ..Limits::default() };
/// assert!(small.call_depth > 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of each memory; never more than 4 GiB.
    pub memory_bytes: u64,
    /// Elements of each table.
    pub table_elements: u64,
    /// Calls that are under way at once, in one execution.
    pub call_depth: usize,
    /// Slots of 64 bits of the stack of one execution.
    pub stack_slots: usize,
    /// Bytes of structs, arrays and exceptions.
    pub heap_bytes: usize,
    /// Calls of the host by the guest that are under way at once, each from within the one before.
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

/// How a store behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// What its programs may take.
    pub limits: Limits,
    /// What the specification leaves open. The default is the deterministic profile.
    pub profile: Profile,
    /// How many instructions may run; without a number, any.
    pub fuel: Option<u64>,
}
