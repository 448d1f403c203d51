//! The store: its state, the functions and data of the host, and the driver of executions.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::budget::Budget;
use crate::execute::{self, Exit};
use crate::fuel::{self, Fuel};
use crate::handles::{Func, Global, Instance, Memory, Table, Tag};
use crate::limits::{Config, Limits, Resource, ResourceLimiter};
use crate::observe::Observer;
use crate::state::{
    ENTRY, Exec, Frame, FuncInst, FuncKind, GlobalInst, InstanceInst, MemoryInst, Pending, State,
    TableInst, TagInst,
};
use crate::translate::Instrument;
use crate::trap::{Broken, Error, ErrorKind, HostError, Trap, at};

static STORES: AtomicUsize = AtomicUsize::new(1);

/// The part of a store that does not depend on the type of the host's data.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) instances: Vec<InstanceInst>,
    pub(crate) memories: Vec<MemoryInst>,
    pub(crate) state: State,
    executions: u64,
    /// Stacks of finished executions, to be reused.
    stacks: Vec<Vec<u64>>,
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
    data: T,
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

    /// The entity, for changing.
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

/// How a stretch of an execution ended.
pub(crate) enum Progress {
    Done(Exec),
    OutOfFuel(Exec),
    Blocked(Exec, i64),
    /// A function of the host waits for this.
    Host(Exec, HostError),
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

    /// The data of the host, for changing.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The store without the data of the host, and that data.
    pub(crate) fn split(&mut self) -> (&mut Inner, &mut T) {
        (&mut self.inner, &mut self.data)
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

    /// Sets or removes what decides about growth beside the limits. Returns the previous one.
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
        (self.inner.state.heap.len(), self.inner.state.heap.bytes())
    }

    /// The number of times that the collector ran.
    pub fn collections(&self) -> u64 {
        self.inner.state.heap.collections
    }

    /// Continues an execution until it is done or cannot continue.
    pub(crate) fn drive(&mut self, mut exec: Exec) -> Result<Progress, Error> {
        loop {
            if let Some(Pending::Host { func, base, last }) = exec.pending {
                let (next, result) = self.host(exec, func, base);
                exec = match self.returned(next, last, result)? {
                    ControlFlow::Continue(exec) => exec,
                    ControlFlow::Break(progress) => return Ok(progress),
                };
            }
            let inner = &mut self.inner;
            match execute::run(&inner.instances, &mut inner.memories, &mut inner.state, &mut exec) {
                Exit::Done => return Ok(Progress::Done(exec)),
                Exit::OutOfFuel => return Ok(Progress::OutOfFuel(exec)),
                Exit::Blocked { timeout } => return Ok(Progress::Blocked(exec, timeout)),
                Exit::Failed(failure) => return Err(inner.failed(exec, failure.into())),
                Exit::Exception(slot) => {
                    let error = exec.thrown.take();
                    let error = error.unwrap_or_else(|| inner.state.uncaught(slot));
                    let calls = execute::backtrace(&inner.instances, &exec);
                    inner.recycle(exec);
                    return Err(error.with_backtrace(calls));
                }
                Exit::Host { func, base, last } => {
                    exec.pending = Some(Pending::Host { func, base, last });
                }
            }
        }
    }

    /// How an execution goes on after the pending call of a function of the host, whose results are
    /// in their slots if there is no error.
    pub(crate) fn returned(
        &mut self,
        mut exec: Exec,
        last: bool,
        result: Result<(), Error>,
    ) -> Result<ControlFlow<Progress, Exec>, Error> {
        let lacks_fuel = exec.charged > exec.paid;
        exec.charged = 0;
        let Err(error) = result else {
            (exec.pending, exec.paid) = (None, 0);
            return Ok(match last {
                true => ControlFlow::Break(Progress::Done(exec)),
                false => ControlFlow::Continue(exec),
            });
        };
        if lacks_fuel && error.trap() == Some(Trap::OutOfFuel) {
            return Ok(ControlFlow::Break(Progress::OutOfFuel(exec)));
        }
        if let ErrorKind::Suspended(what) = error.kind() {
            return Ok(ControlFlow::Break(Progress::Host(exec, what.clone())));
        }
        (exec.pending, exec.paid) = (None, 0);
        if let ErrorKind::Exception(object) = error.kind()
            && object.store == self.inner.state.id
            && !last
        {
            let level = exec.frames.len();
            exec.pending = Some(Pending::Throw { exception: object.slot, level });
            exec.thrown = Some(error);
            return Ok(ControlFlow::Continue(exec));
        }
        let calls = execute::backtrace(&self.inner.instances, &exec);
        self.inner.recycle(exec);
        Err(error.with_backtrace(calls))
    }

    /// Calls a function of the host for an execution, with its operands at `base`.
    fn host(&mut self, mut exec: Exec, func: u32, base: usize) -> (Exec, Result<(), Error>) {
        let host = match self.inner.state.func(func).map(|func| func.kind) {
            Ok(FuncKind::Host(number)) => self.hosts.get(number as usize).cloned(),
            _ => None,
        };
        let Some(host) = host else { return (exec, Err(Broken::Kind.into())) };
        let mut buffer = [0; 16];
        let mut long = Vec::new();
        let count = host.params.max(host.results);
        let slots = match buffer.get_mut(..count) {
            Some(slots) => slots,
            None => {
                long.resize(count, 0);
                long.as_mut_slice()
            }
        };
        let arguments = exec.stack.get(base..base + host.params).unwrap_or_default();
        slots.iter_mut().zip(arguments).for_each(|(to, from)| *to = *from);
        if self.inner.state.parked.len() >= self.inner.state.budget.limits.host_depth as usize {
            return (exec, Err(Trap::StackExhausted.into()));
        }
        let instance = exec.current.instance;
        exec.top = exec.top.max(base + count);
        self.inner.state.parked.push(exec);
        let cost = fuel::of_host_call(host.params, host.results);
        let paid = Fuel { state: &mut self.inner.state }.charge(cost);
        let result = paid.and_then(|()| {
            (host.call)(&mut Caller { store: self, instance: Some(instance) }, slots)
        });
        exec = self.inner.state.parked.pop().unwrap_or_default();
        if result.is_ok() {
            let results = exec.stack.get_mut(base..base + host.results).unwrap_or_default();
            results.iter_mut().zip(slots).for_each(|(to, from)| *to = *from);
        }
        (exec, result)
    }

    /// Calls a function by its address. The arguments and the results are slots.
    pub(crate) fn call_slots(
        &mut self,
        addr: u32,
        slots: &mut [u64],
        params: usize,
        results: usize,
    ) -> Result<(), Error> {
        match self.inner.state.func(addr)?.kind {
            FuncKind::Host(number) => {
                let host = at(&self.hosts, number)?.clone();
                (host.call)(&mut Caller { store: self, instance: None }, slots)
            }
            FuncKind::Wasm { instance, func } => {
                let arguments = slots.get(..params).unwrap_or_default();
                let exec = self.inner.begin(instance, func, arguments)?;
                let exec = self.finish(exec)?;
                let done = exec.stack.get(..results).unwrap_or_default();
                slots.iter_mut().zip(done).for_each(|(to, from)| *to = *from);
                self.inner.recycle(exec);
                Ok(())
            }
        }
    }

    /// Drives an execution to its end. It cannot be resumed, so lack of fuel is an error.
    pub(crate) fn finish(&mut self, mut exec: Exec) -> Result<Exec, Error> {
        loop {
            match self.drive(exec)? {
                Progress::Done(exec) => return Ok(exec),
                Progress::OutOfFuel(hungry) => match self.inner.refill() {
                    Ok(()) => exec = hungry,
                    Err(trap) => return Err(self.inner.failed(hungry, ErrorKind::Trap(trap))),
                },
                Progress::Host(exec, what) => {
                    return Err(self.inner.failed(exec, ErrorKind::Suspended(what)));
                }
                Progress::Blocked(blocked, timeout) => {
                    self.inner.state.waiters.remove(blocked.id);
                    if timeout < 0 {
                        return Err(self.inner.failed(blocked, ErrorKind::Trap(Trap::Deadlock)));
                    }
                    exec = blocked;
                    exec.answer(TIMED_OUT);
                }
            }
        }
    }
}

/// The results of an atomic wait.
pub(crate) const WOKEN: u64 = 0;
pub(crate) const TIMED_OUT: u64 = 2;

impl Exec {
    /// Sets the result of the wait that the execution is in.
    pub(crate) fn answer(&mut self, answer: u64) {
        if let Some(slot) = self.answer.take().and_then(|at| self.stack.get_mut(at)) {
            *slot = answer;
        }
    }
}

impl Inner {
    /// The instruments of functions that are called from now on.
    pub(crate) fn instrument(&self) -> Instrument {
        Instrument { fuel: self.state.fuel.is_some(), observe: self.state.observer.is_some() }
    }

    /// An execution that is about to call a function of an instance.
    pub(crate) fn begin(
        &mut self,
        instance: u32,
        func: u32,
        arguments: &[u64],
    ) -> Result<Exec, Error> {
        self.state.forget_dropped();
        let mut stack = match self.stacks.pop() {
            Some(stack) => stack,
            None => execute::new_stack(&mut self.state.budget)?,
        };
        stack.iter_mut().zip(arguments).for_each(|(to, from)| *to = *from);
        self.executions += 1;
        Ok(Exec {
            id: self.executions,
            stack,
            current: Frame { instance, func, pc: ENTRY, base: 0 },
            top: arguments.len(),
            instrument: self.instrument(),
            ..Exec::default()
        })
    }

    /// Ends an execution, and keeps its stack for another.
    pub(crate) fn recycle(&mut self, mut exec: Exec) {
        if self.stacks.len() < 4 && !exec.stack.is_empty() {
            self.stacks.push(core::mem::take(&mut exec.stack));
        }
        self.state.budget.shrink(Resource::Stack, exec.bytes());
    }

    fn failed(&mut self, exec: Exec, kind: ErrorKind) -> Error {
        let calls = execute::backtrace(&self.instances, &exec);
        self.recycle(exec);
        let index = self.state.trap_index.take();
        Error::new(kind).with_backtrace(calls).with_index(index)
    }

    /// Asks for more fuel.
    fn refill(&mut self) -> Result<(), Trap> {
        let refill = self.state.refill.as_mut().ok_or(Trap::OutOfFuel)?;
        let more = refill()?;
        self.state.fuel = self.state.fuel.map(|fuel| fuel.saturating_add(more));
        Ok(())
    }

    /// Pays for work that is not part of an execution.
    pub(crate) fn spend(&mut self, cost: u64) -> Result<(), Trap> {
        let mut paid = 0;
        while !fuel::pay(&mut self.state.fuel, cost, &mut paid) {
            self.refill()?;
        }
        Ok(())
    }

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
