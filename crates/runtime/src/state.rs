//! The state of a store: everything that instructions read and write, by address.
//!
//! An address is a position in one of the lists; an instance maps its indices to addresses.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#store>

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use wattle_ast::AbsHeapType::{Any, Exn, Extern, I31};
use wattle_ast::{GlobalType, HeapType, MemType, TableType};
use wattle_numerics::Profile;
use wattle_validator::TypeId;

use crate::budget::Budget;
use crate::code::Function;
use crate::fuel;
use crate::heap::{Heap, Payload};
use crate::limits::Resource;
use crate::module::Module;
use crate::observe::Observer;
use crate::slots::{index_of, kind};
use crate::translate::Instrument;
use crate::trap::{Broken, Error, Trap, at};
use crate::types::{Types, number};

/// The definition of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FuncKind {
    /// Function `func` of those that the module of `instance` defines.
    Wasm { instance: u32, func: u32 },
    /// A function of the host.
    Host(u32),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FuncInst {
    pub(crate) ty: TypeId,
    pub(crate) kind: FuncKind,
}

#[derive(Debug)]
pub(crate) struct TableInst {
    pub(crate) ty: TableType,
    pub(crate) elems: Vec<u64>,
}

/// A memory. Behind its bytes there is room that has been zeroed already, so that growing it takes
/// no time.
#[derive(Debug)]
pub(crate) struct MemoryInst {
    pub(crate) ty: MemType,
    pub(crate) room: Box<[u8]>,
    /// The number of bytes of the memory.
    pub(crate) len: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalInst {
    pub(crate) ty: GlobalType,
    pub(crate) value: [u64; 2],
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TagInst {
    pub(crate) ty: TypeId,
    /// The number of slots that the values of an exception take.
    pub(crate) slots: usize,
}

/// The executions that wait for notifications.
#[derive(Default)]
pub(crate) struct Waiters {
    /// The execution for each memory, address and number of the wait.
    places: BTreeMap<(u32, u64, u64), u64>,
    /// The place at which an execution waits.
    executions: BTreeMap<u64, (u32, u64, u64)>,
    waits: u64,
}

impl Waiters {
    pub(crate) fn add(&mut self, execution: u64, memory: u32, address: u64) {
        self.waits += 1;
        let place = (memory, address, self.waits);
        self.places.insert(place, execution);
        self.executions.insert(execution, place);
    }

    pub(crate) fn len(&self) -> usize {
        self.executions.len()
    }

    /// Whether an execution still waits.
    pub(crate) fn contains(&self, execution: u64) -> bool {
        self.executions.contains_key(&execution)
    }

    /// Ends the wait of an execution. Returns whether it waited.
    pub(crate) fn remove(&mut self, execution: u64) -> bool {
        let place = self.executions.remove(&execution);
        place.is_some_and(|place| self.places.remove(&place).is_some())
    }

    /// Wakes at most `most` executions that wait at an address, those that wait longest first.
    /// Returns the number that it woke.
    pub(crate) fn notify(&mut self, memory: u32, address: u64, most: u32) -> u64 {
        let here = self.places.range((memory, address, 0)..=(memory, address, u64::MAX));
        let woken: Vec<u64> = here.take(most as usize).map(|(_, execution)| *execution).collect();
        woken.iter().filter(|execution| self.remove(**execution)).count() as u64
    }
}

/// The state of a store without its memories, which are separate so that the bytes of one can be
/// borrowed while the rest changes.
#[derive(Default)]
pub(crate) struct State {
    /// The number of the store, which its handles carry.
    pub(crate) id: u64,
    pub(crate) types: Types,
    pub(crate) funcs: Vec<FuncInst>,
    pub(crate) tables: Vec<TableInst>,
    pub(crate) globals: Vec<GlobalInst>,
    pub(crate) tags: Vec<TagInst>,
    pub(crate) elems: Vec<Box<[u64]>>,
    /// Whether each data segment was dropped.
    pub(crate) datas: Vec<bool>,
    pub(crate) heap: Heap,
    /// Executions that wait for a function of the host to return, the innermost last.
    pub(crate) parked: Vec<Exec>,
    /// Suspended executions by number, each with the handle that keeps it.
    pub(crate) suspended: BTreeMap<u64, (Exec, Weak<()>)>,
    /// The number of handles of suspended executions that were dropped since the last look.
    pub(crate) dropped: Arc<AtomicUsize>,
    /// References that the host is about to store somewhere.
    pub(crate) roots: Vec<u64>,
    /// The objects that the host has handles to.
    pub(crate) pins: Vec<(u64, Arc<()>)>,
    pub(crate) waiters: Waiters,
    pub(crate) profile: Profile,
    pub(crate) budget: Budget,
    pub(crate) fuel: Option<u64>,
    pub(crate) refill: Option<Refill>,
    pub(crate) observer: Option<Box<dyn Observer>>,
    /// The index that the message of a trap shows.
    pub(crate) trap_index: Option<u64>,
}

/// Called when the fuel is used up. Returns more units of fuel, or the trap that ends execution.
pub(crate) type Refill = Box<dyn FnMut() -> Result<u64, Trap> + Send + Sync>;

/// An instance: for each index of its module, the address in the store.
pub(crate) struct InstanceInst {
    pub(crate) module: Module,
    pub(crate) types: Box<[TypeId]>,
    pub(crate) funcs: Vec<u32>,
    pub(crate) tables: Vec<u32>,
    pub(crate) memories: Vec<u32>,
    pub(crate) globals: Vec<u32>,
    pub(crate) tags: Vec<u32>,
    /// The address of the first element segment, and of the first data segment.
    pub(crate) elems: u32,
    pub(crate) datas: u32,
}

/// A call that has not returned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) instance: u32,
    /// The index of the function among those that the module defines, or [`EXPRESSION`].
    pub(crate) func: u32,
    /// The position of the next operation, or [`ENTRY`].
    pub(crate) pc: u32,
    /// The first slot of the frame.
    pub(crate) base: u32,
}

/// The function of a frame that evaluates a constant expression.
pub(crate) const EXPRESSION: u32 = u32::MAX;

/// The position of a call that has not begun: its locals are not zero yet.
pub(crate) const ENTRY: u32 = u32::MAX;

/// A thread of execution: the stack, the frames of callers, and the innermost frame.
#[derive(Debug, Default)]
pub(crate) struct Exec {
    pub(crate) id: u64,
    pub(crate) stack: Vec<u64>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) current: Frame,
    /// The end of the slots in use.
    pub(crate) top: usize,
    pub(crate) expression: Option<Arc<Function>>,
    pub(crate) instrument: Instrument,
    /// The slot for the result of a wait.
    pub(crate) answer: Option<usize>,
    /// The step before the next operation.
    pub(crate) pending: Option<Pending>,
    /// The error of the host whose exception looks for a handler.
    pub(crate) thrown: Option<Error>,
    /// The fuel that was paid for the next operation or the pending call.
    pub(crate) paid: u64,
    /// The fuel that the pending call has cost so far.
    pub(crate) charged: u64,
    pub(crate) collector: Collector,
}

/// The state of the collector for the next operation, which allocates.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Collector {
    #[default]
    Idle,
    /// The heap is full: the operation is repeated after a collection.
    Due,
    /// There was a collection. If the heap is full now, it stays full.
    Done,
}

/// A step of an execution before its next operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pending {
    /// A call of function `func` of the store, which belongs to the host. Its arguments are at
    /// `base`. If `last`, the execution is done when the function returns.
    Host { func: u32, base: usize, last: bool },
    /// An exception looks for a handler, next in the frame with this number of callers.
    Throw { exception: u64, level: usize },
}

impl Exec {
    /// The bytes of its stack and its frames.
    pub(crate) fn bytes(&self) -> u64 {
        (size_of_val(self.stack.as_slice()) + self.frames.capacity() * size_of::<Frame>()) as u64
    }

    /// The slots that are in use.
    fn slots(&self) -> &[u64] {
        self.stack.get(..self.top).unwrap_or(&self.stack)
    }
}

macro_rules! addresses {
    ($( $(#[$doc:meta])* $name:ident $list:ident $ty:ty; )*) => {
        /// Methods that turn indices of the module into addresses of the store.
        impl InstanceInst { $(
            $(#[$doc])*
            pub(crate) fn $name(&self, index: u32) -> Result<$ty, Broken> {
                at(&self.$list, index).copied()
            }
        )* }
    };
}

addresses! {
    ty types TypeId;
    func funcs u32;
    table tables u32;
    memory memories u32;
    tag tags u32;
}

impl State {
    pub(crate) fn func(&self, addr: u32) -> Result<FuncInst, Broken> {
        at(&self.funcs, addr).copied()
    }

    /// The bytes of a data segment; none after it was dropped.
    pub(crate) fn data<'i>(
        &self,
        instance: &'i InstanceInst,
        index: u32,
    ) -> Result<&'i [u8], Broken> {
        let dropped = *at(&self.datas, instance.datas + index)?;
        let data = at(&instance.module.ast().datas, index)?;
        Ok(if dropped { &[] } else { &data.bytes })
    }

    /// Whether a reference that is not null matches a heap type of the store.
    pub(crate) fn ref_matches(&self, slot: u64, ty: HeapType) -> bool {
        let defined = match slot & kind::MASK {
            kind::FUNC => at(&self.funcs, index_of(slot)).ok().map(|func| func.ty),
            kind::OBJECT => self.heap.get(slot).and_then(Payload::ty),
            _ => None,
        };
        let registry = &self.types.registry;
        match (ty, defined) {
            (HeapType::Type(wanted), Some(defined)) => {
                let wanted = registry.id(wanted.0);
                wanted.is_some_and(|wanted| registry.is_subtype_of(defined, wanted))
            }
            (HeapType::Exact(wanted), Some(defined)) => wanted == number(defined),
            (HeapType::Type(_) | HeapType::Exact(_), None) => false,
            (HeapType::Abs(abs), _) => {
                let actual = match (defined, slot & kind::MASK) {
                    (Some(defined), _) => registry.structure_of(defined).heap(),
                    (None, kind::I31) => I31,
                    (None, kind::EXN) => Exn,
                    _ => Any,
                };
                // An external reference can hold any internal one.
                actual.is_subtype_of(abs) || abs == Extern && actual.top() == Any
            }
        }
    }

    /// Forgets the suspended executions whose handles were dropped.
    pub(crate) fn forget_dropped(&mut self) {
        if self.dropped.swap(0, Ordering::Relaxed) == 0 {
            return;
        }
        let State { suspended, waiters, budget, .. } = self;
        suspended.retain(|id, (exec, handle)| {
            let is_kept = handle.strong_count() > 0;
            if !is_kept {
                waiters.remove(*id);
                budget.shrink(Resource::Stack, exec.bytes());
            }
            is_kept
        });
    }

    /// The executions that do not run now.
    fn others(&self) -> impl Iterator<Item = &Exec> {
        self.parked.iter().chain(self.suspended.values().map(|(exec, _)| exec))
    }

    /// The fuel for a collection while the running execution has `top` slots.
    pub(crate) fn collection_cost(&self, top: usize) -> u64 {
        let tables = self.tables.iter().map(|table| table.elems.len()).sum::<usize>();
        let elems = self.elems.iter().map(|elem| elem.len()).sum::<usize>();
        let stacks = self.others().map(|exec| exec.slots().len()).sum::<usize>();
        let looked_at = [tables, elems, stacks, top, self.globals.len(), self.pins.len()];
        let slots = looked_at.iter().sum::<usize>() + self.tables.len() + self.elems.len();
        fuel::of_slots(slots + self.heap.bytes / 8) + 2 * self.heap.places() as u64
    }

    /// Frees unreachable objects. `stack` is the stack of the running execution.
    pub(crate) fn collect(&mut self, stack: &[u64]) {
        self.forget_dropped();
        self.heap.mark_all(stack);
        self.heap.mark_all(&self.roots);
        self.globals.iter().for_each(|global| self.heap.mark(global.value[0]));
        self.tables.iter().for_each(|table| self.heap.mark_all(&table.elems));
        self.elems.iter().for_each(|elem| self.heap.mark_all(elem));
        for exec in self.parked.iter().chain(self.suspended.values().map(|(exec, _)| exec)) {
            self.heap.mark_all(exec.slots());
            if let Some(Pending::Throw { exception, .. }) = exec.pending {
                self.heap.mark(exception);
            }
        }
        self.pins.retain(|(_, alive)| Arc::strong_count(alive) > 1);
        self.pins.iter().for_each(|(slot, _)| self.heap.mark(*slot));
        self.heap.sweep(&self.types);
        self.heap.shrink(&mut self.budget);
    }
}
