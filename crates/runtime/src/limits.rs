//! Limits of a store: one budget of bytes, numbers of definitions, depths of calls.

use wattle_numerics::Profile;

/// Limits on the resources of a store's programs. Exceeding one is an error or a failed `grow`,
/// never an abort.
///
/// All that programs make grow shares the budget of [`bytes`](Limits::bytes). A [`ResourceLimiter`]
/// can refuse more than these numbers do.
///
/// ```
/// use wattle_runtime::Limits;
/// let small = Limits { bytes: 1 << 20, tables: 1, ..Limits::default() };
/// assert!(small.call_depth > 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The bytes of all memories, tables, objects, stacks and instances together. A memory never
    /// has more than 4 GiB.
    pub bytes: u64,
    /// The number of instances.
    pub instances: usize,
    /// The number of memories.
    pub memories: usize,
    /// The number of tables.
    pub tables: usize,
    /// The depth of nested calls in one execution.
    pub call_depth: usize,
    /// The 64-bit slots of the stack of one execution.
    pub stack_slots: usize,
    /// The depth of nested calls from the guest to the host.
    pub host_depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes: 4 << 30,
            instances: 10_000,
            memories: 10_000,
            tables: 10_000,
            call_depth: 1 << 16,
            stack_slots: 1 << 20,
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
    /// The units of fuel that executions may use; `None` for no limit.
    pub fuel: Option<u64>,
}

/// A resource that takes bytes from the budget of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Resource {
    /// The bytes of a memory.
    Memory,
    /// The elements of a table, 8 bytes each.
    Table,
    /// All structs, arrays and exceptions. They take bytes in steps of 64 KiB or more.
    Heap,
    /// The stack of an execution: half a megabyte of address space for the first frame.
    Stack,
    /// The addresses that an instance maps its indices to, its functions, globals and segments.
    Instance,
}

/// A resource that is about to grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Growth {
    /// The resource that grows.
    pub resource: Resource,
    /// The bytes that it has; 0 when it is created.
    pub current: u64,
    /// The bytes that it will have.
    pub desired: u64,
    /// The bytes of all resources of the store after the growth.
    pub total: u64,
}

/// Decides about the growth of a store's resources, within its [`Limits`]:
/// [`Store::set_limiter`](crate::Store::set_limiter).
///
/// Several stores can share the count of a limiter, for example to bound a process. A store drops
/// its limiter when it is dropped itself, and all that the limiter allowed is free then.
///
/// ```
/// use wattle_runtime::{Growth, Resource, ResourceLimiter, Store};
///
/// /// No memory may have more than a megabyte.
/// struct SmallMemories;
///
/// impl ResourceLimiter for SmallMemories {
///     fn grows(&mut self, growth: Growth) -> bool {
///         growth.resource != Resource::Memory || growth.desired <= 1 << 20
///     }
/// }
///
/// let mut store = Store::new(());
/// store.set_limiter(Some(Box::new(SmallMemories)));
/// # let module = wattle_wat::parse("(module (memory (export \"m\") 1))").unwrap();
/// # let module = wattle_runtime::Module::new(module).unwrap();
/// # let instance = wattle_runtime::Instance::new(&mut store, &module, &Default::default()).unwrap();
/// let memory = instance.memory(&store, "m")?;
/// assert_eq!(memory.grow(&mut store, 15)?, Some(1));
/// assert_eq!(memory.grow(&mut store, 1)?, None);
/// # Ok::<(), wattle_runtime::Error>(())
/// ```
pub trait ResourceLimiter: Send + Sync {
    /// Whether a resource may grow.
    fn grows(&mut self, growth: Growth) -> bool;

    /// Bytes that [`grows`](ResourceLimiter::grows) allowed could not be allocated, or were freed.
    fn shrinks(&mut self, resource: Resource, bytes: u64) {
        let _ = (resource, bytes);
    }
}
