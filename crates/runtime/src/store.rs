//! The store: its state, and the functions and data of the host.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::budget::Budget;
use crate::handles::{Func, Global, Instance, Memory, Table, Tag};
use crate::limits::{Config, Limits, Resource, ResourceLimiter};
use crate::observe::Observer;
use crate::state::{FuncInst, GlobalInst, InstanceInst, MemoryInst, State, TableInst, TagInst};
use crate::trap::{Error, ErrorKind, Trap};

static STORES: AtomicUsize = AtomicUsize::new(1);

/// The part of a store that does not depend on the type of the host's data.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) instances: Vec<InstanceInst>,
    pub(crate) memories: Vec<MemoryInst>,
    pub(crate) state: State,
    /// The number of executions so far.
    pub(crate) executions: u64,
    /// Stacks of finished executions, to be reused.
    pub(crate) stacks: Vec<Vec<u64>>,
}

/// The store that programs run in: instances, their memories and everything else, with data of the
/// host.
///
/// ```
/// use wattle_runtime::{Config, Store};
///
/// let mut store = Store::with_config(7_u32, Config { fuel: Some(1000), ..Config::default() });
/// *store.data_mut() += 1;
/// assert_eq!(*store.data(), 8);
/// assert_eq!(store.fuel(), Some(1000));
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#store>
pub struct Store<T = ()> {
    pub(crate) inner: Inner,
    pub(crate) hosts: Vec<HostFunc<T>>,
    /// The functions of the host that came with imports, by the address of their code.
    pub(crate) imported: BTreeMap<usize, Func>,
    pub(crate) data: T,
}

impl<T> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("instances", &self.inner.instances.len()).finish()
    }
}

/// The caller of a function of the host: the store, and the calling instance.
pub struct Caller<'s, T> {
    pub(crate) store: &'s mut Store<T>,
    pub(crate) instance: Option<u32>,
}

/// A function of the host as the store calls it, with arguments and results in one row of slots.
pub(crate) type HostCall<T> =
    dyn Fn(&mut Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync;

/// A function of the host, and the numbers of slots of its parameters and its results.
pub(crate) struct HostFunc<T> {
    pub(crate) call: Arc<HostCall<T>>,
    pub(crate) params: usize,
    pub(crate) results: usize,
}

impl<T> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc { call: self.call.clone(), ..*self }
    }
}

/// A handle to an entity in one of the lists of a store.
pub(crate) trait Handle: Copy {
    type Entity;

    /// The entity, if the handle belongs to this store.
    fn entity<T>(self, store: &Store<T>) -> Result<&Self::Entity, Error>;

    /// The entity, to be changed.
    fn entity_mut<T>(self, store: &mut Store<T>) -> Result<&mut Self::Entity, Error>;

    /// Adds an entity, and returns its handle.
    fn add<T>(store: &mut Store<T>, entity: Self::Entity) -> Self;
}

macro_rules! handles {
    ($( $handle:ident $entity:ident $($list:ident).+; )*) => { $(
        impl Handle for $handle {
            type Entity = $entity;

            fn entity<T>(self, store: &Store<T>) -> Result<&$entity, Error> {
                let entity = store.inner.$($list).+.get(self.addr as usize);
                let entity = entity.filter(|_| self.store == store.inner.state.id);
                Ok(entity.ok_or(ErrorKind::WrongStore)?)
            }

            fn entity_mut<T>(self, store: &mut Store<T>) -> Result<&mut $entity, Error> {
                let id = store.inner.state.id;
                let entity = store.inner.$($list).+.get_mut(self.addr as usize);
                Ok(entity.filter(|_| self.store == id).ok_or(ErrorKind::WrongStore)?)
            }

            fn add<T>(store: &mut Store<T>, entity: $entity) -> $handle {
                let list = &mut store.inner.$($list).+;
                let addr = list.len() as u32;
                list.push(entity);
                $handle { store: store.inner.state.id, addr }
            }
        }
    )* };
}

handles! {
    Func FuncInst state.funcs;
    Table TableInst state.tables;
    Memory MemoryInst memories;
    Global GlobalInst state.globals;
    Tag TagInst state.tags;
    Instance InstanceInst instances;
}

impl<T> Store<T> {
    /// A store with the default configuration.
    pub fn new(data: T) -> Store<T> {
        Store::with_config(data, Config::default())
    }

    /// A store with this configuration.
    pub fn with_config(data: T, config: Config) -> Store<T> {
        let state = State {
            id: STORES.fetch_add(1, Ordering::Relaxed) as u64,
            profile: config.profile,
            budget: Budget::new(config.limits),
            fuel: config.fuel,
            ..State::default()
        };
        let inner = Inner { state, ..Inner::default() };
        Store { inner, hosts: Vec::new(), imported: BTreeMap::new(), data }
    }

    /// The data of the host.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The data of the host, to be changed.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The data of the host, without the store.
    pub fn into_data(self) -> T {
        self.data
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.inner.state.budget.limits
    }

    /// The bytes of all memories, tables, objects, stacks and instances together.
    pub fn bytes(&self) -> u64 {
        self.inner.state.budget.used()
    }

    /// Sets or removes the limiter of growth beside the limits. Returns the previous one.
    pub fn set_limiter(
        &mut self,
        limiter: Option<Box<dyn ResourceLimiter>>,
    ) -> Option<Box<dyn ResourceLimiter>> {
        core::mem::replace(&mut self.inner.state.budget.limiter, limiter)
    }

    /// The fuel that is left; `None` when fuel is not counted.
    pub fn fuel(&self) -> Option<u64> {
        self.inner.state.fuel
    }

    /// Sets the fuel for calls that begin from now on. With `None`, they do not count it.
    pub fn set_fuel(&mut self, fuel: Option<u64>) {
        self.inner.state.fuel = fuel;
        self.inner.state.refill = None;
    }

    /// Sets the fuel, and calls `goes_on` regularly during calls, after at most a million units of
    /// fuel each time. When `goes_on` returns false, the call fails with [`Trap::Interrupted`].
    /// Calls that can be suspended do not call it. It stays in force until the fuel is set again.
    ///
    /// ```
    /// use wattle_runtime::{Store, Trap};
    ///
    /// let mut store = Store::new(());
    /// let mut questions = 0;
    /// store.set_fuel_while(None, move || {
    ///     questions += 1;
    ///     questions < 5
    /// });
    /// # let module = wattle_wat::parse("(module (func (export \"spin\") (loop (br 0))))").unwrap();
    /// # let module = wattle_runtime::Module::new(module).unwrap();
    /// # let instance = wattle_runtime::Instance::new(&mut store, &module, &Default::default()).unwrap();
    /// let error = instance.call(&mut store, "spin", &[]).unwrap_err();
    /// assert_eq!(error.trap(), Some(Trap::Interrupted));
    /// ```
    pub fn set_fuel_while(
        &mut self,
        fuel: Option<u64>,
        mut goes_on: impl FnMut() -> bool + Send + Sync + 'static,
    ) {
        const SLICE: u64 = 1_000_000;
        let mut left = fuel;
        let mut slice = move || {
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            left = left.map(|left| left - slice);
            if slice > 0 { Ok(slice) } else { Err(Trap::OutOfFuel) }
        };
        self.inner.state.fuel = Some(slice().unwrap_or(0));
        self.inner.state.refill =
            Some(Box::new(move || if goes_on() { slice() } else { Err(Trap::Interrupted) }));
    }

    /// Sets or removes the observer of calls that begin from now on. Returns the previous one.
    pub fn observe(&mut self, observer: Option<Box<dyn Observer>>) -> Option<Box<dyn Observer>> {
        core::mem::replace(&mut self.inner.state.observer, observer)
    }

    /// The number of executions that wait for a notification.
    pub fn waiting(&self) -> usize {
        self.inner.state.waiters.len()
    }

    /// Frees the unreachable objects of the heap. The store also does this by itself.
    pub fn collect_garbage(&mut self) {
        self.inner.state.collect(&[]);
    }

    /// The number of objects on the heap and the number of their bytes, unreachable objects
    /// included.
    pub fn heap_size(&self) -> (usize, usize) {
        (self.inner.state.heap.len(), self.inner.state.heap.bytes)
    }

    /// The number of times that the collector ran.
    pub fn collections(&self) -> u64 {
        self.inner.state.heap.collections
    }
}

impl Inner {
    /// Whether the store may have `more` memories, tables or instances.
    pub(crate) fn has_room(&self, resource: Resource, more: usize) -> Result<(), Error> {
        let limits = &self.state.budget.limits;
        let (count, most, what) = match resource {
            Resource::Memory => (self.memories.len(), limits.memories, "number of memories"),
            Resource::Table => (self.state.tables.len(), limits.tables, "number of tables"),
            _ => (self.instances.len(), limits.instances, "number of instances"),
        };
        match count.saturating_add(more) <= most {
            true => Ok(()),
            false => Err(ErrorKind::Limit(what).into()),
        }
    }
}
