//! Functions: the host's, with values or with types of Rust's, and calls from the host.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use wattle_ast::{FuncType, ValType};
use wattle_validator::TypeId;

use crate::instance::Instance;
use crate::state::{Exec, FuncInst, FuncKind};
use crate::store::{Progress, Store, TIMED_OUT, WOKEN};
use crate::trap::{Broken, Error, ErrorKind};
use crate::types::{width, widths};
use crate::values::{Func, Value};

/// What a function of the host is called with: the store, and the instance that calls.
pub struct Caller<'s, T> {
    pub(crate) store: &'s mut Store<T>,
    pub(crate) instance: Option<u32>,
}

impl<T> Caller<'_, T> {
    /// The store.
    pub fn store(&mut self) -> &mut Store<T> {
        self.store
    }

    /// The data of the host.
    pub fn data(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The instance whose function calls; none when the host itself does.
    pub fn instance(&self) -> Option<Instance> {
        let store = self.store.inner.id;
        self.instance.map(|addr| Instance { store, addr })
    }

    /// A memory that the calling instance exports.
    pub fn memory(&self, name: &str) -> Option<crate::Memory> {
        self.instance()?.memory(self.store, name).ok()
    }
}

impl<T> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("instance", &self.instance).finish()
    }
}

type Call<T> = dyn Fn(&mut Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync;

/// A function of the host: arguments come in slots, results go out in them.
pub(crate) struct HostFunc<T> {
    pub(crate) call: Arc<Call<T>>,
    /// How many slots.
    pub(crate) params: usize,
    pub(crate) results: usize,
}

impl<T> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc { call: self.call.clone(), params: self.params, results: self.results }
    }
}

/// Values from a row of slots.
fn values<T>(store: &mut Store<T>, slots: &[u64], types: &[ValType]) -> Vec<Value> {
    let mut at = 0;
    let mut values = Vec::with_capacity(types.len());
    for &ty in types {
        let slot = |at: usize| slots.get(at).copied().unwrap_or(0);
        values.push(store.inner.value_of([slot(at), slot(at + 1)], ty));
        at += usize::from(width(ty));
    }
    values
}

/// Values into a row of slots.
fn slots<T>(store: &Store<T>, values: &[Value], types: &[ValType]) -> Result<Vec<u64>, Error> {
    if values.len() != types.len() {
        let (expected, got) = (types.len(), values.len());
        let why = alloc::format!("expected {expected} values, got {got}");
        return Err(Error::new(ErrorKind::Type(why)));
    }
    let mut slots = Vec::with_capacity(widths(types));
    for (value, &ty) in values.iter().zip(types) {
        let pair = store.inner.slots_of(value, ty)?;
        slots.extend_from_slice(pair.get(..usize::from(width(ty))).unwrap_or_default());
    }
    Ok(slots)
}

impl Func {
    fn add<T>(store: &mut Store<T>, ty: &FuncType, call: Arc<Call<T>>) -> Result<Func, Error> {
        let (params, results) = (widths(ty.params()), widths(ty.results()));
        let id = store.inner.state.types.add_func(ty)?;
        let kind = FuncKind::Host(store.hosts.len() as u32);
        store.hosts.push(HostFunc { call, params, results });
        let addr = store.inner.state.funcs.len() as u32;
        store.inner.state.funcs.push(FuncInst { ty: id, kind });
        Ok(Func { store: store.inner.id, addr })
    }

    /// A function of the host that takes and gives values.
    ///
    /// # Errors
    /// When the type names types of a module.
    ///
    /// ```
    /// use wattle_ast::{FuncType, ValType};
    /// use wattle_runtime::{Func, Store, Value};
    ///
    /// let mut store = Store::new(());
    /// let ty = FuncType::new([ValType::I32], [ValType::I32]);
    /// let double = Func::new(&mut store, ty, |_, arguments| {
    ///     Ok(vec![Value::I32(2 * arguments[0].i32().unwrap_or(0))])
    /// })?;
    /// assert_eq!(double.call(&mut store, &[Value::I32(21)])?, [Value::I32(42)]);
    /// # Ok::<(), wattle_runtime::Error>(())
    /// ```
    pub fn new<T>(
        store: &mut Store<T>,
        ty: FuncType,
        call: impl Fn(&mut Caller<'_, T>, &[Value]) -> Result<Vec<Value>, Error> + Send + Sync + 'static,
    ) -> Result<Func, Error> {
        let types = ty.clone();
        let number = store.hosts.len() as u32;
        let raw = move |caller: &mut Caller<'_, T>, row: &mut [u64]| {
            let arguments = values(caller.store, row, types.params());
            let results = call(caller, &arguments)?;
            let done = slots(caller.store, &results, types.results())?;
            row.iter_mut().zip(done).for_each(|(to, from)| *to = from);
            if let Some(observer) = &mut caller.store.inner.state.observer {
                observer.host_call(number, &arguments, &results);
            }
            Ok(())
        };
        Func::add(store, &ty, Arc::new(raw))
    }

    /// A function of the host from a closure on plain numbers; its type follows from the
    /// closure's.
    ///
    /// The closure takes a [`Caller`], then up to nine parameters of type `i32`, `u32`, `i64`,
    /// `u64`, `f32` or `f64`; it gives such a number, a tuple of them, nothing, or a
    /// [`Result`] of one of these with [`Error`].
    ///
    /// ```
    /// use wattle_runtime::{Caller, Func, Store};
    ///
    /// let mut store = Store::new(40);
    /// let add = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, n: i32| *caller.data() + n);
    /// assert_eq!(add.typed::<(i32,), i32, _>(&store)?.call(&mut store, (2,))?, 42);
    /// # Ok::<(), wattle_runtime::Error>(())
    /// ```
    pub fn wrap<T, P, R, F: IntoFunc<T, P, R>>(store: &mut Store<T>, func: F) -> Func {
        let (ty, call) = func.into_func(store.hosts.len() as u32);
        Func::add(store, &ty, call).unwrap_or(Func { store: 0, addr: 0 })
    }

    fn type_id<T>(self, store: &Store<T>) -> Result<TypeId, Error> {
        let func = store.inner.state.funcs.get(self.addr as usize);
        let func = func.filter(|_| self.store == store.inner.id);
        func.map(|func| func.ty).ok_or_else(|| Error::new(ErrorKind::WrongStore))
    }

    /// Its type. Type indices in it are numbers of types of the store.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn ty<T>(self, store: &Store<T>) -> Result<FuncType, Error> {
        let id = self.type_id(store)?;
        store.inner.state.types.func(id).ok_or_else(|| Error::new(ErrorKind::WrongStore))
    }

    /// Calls it.
    ///
    /// # Errors
    /// A trap, an exception, or arguments that do not fit.
    pub fn call<T>(self, store: &mut Store<T>, arguments: &[Value]) -> Result<Vec<Value>, Error> {
        let ty = self.ty(store)?;
        let mut row = slots(store, arguments, ty.params())?;
        let (params, results) = (row.len(), widths(ty.results()));
        row.resize(params.max(results), 0);
        store.call_slots(self.addr, &mut row, params, results)?;
        Ok(values(store, &row, ty.results()))
    }

    /// Begins a call that can be suspended: by lack of fuel, or by an atomic wait.
    ///
    /// # Errors
    /// As [`Func::call`].
    pub fn start<T>(self, store: &mut Store<T>, arguments: &[Value]) -> Result<Outcome, Error> {
        let ty = self.ty(store)?;
        let kind = store.inner.state.funcs.get(self.addr as usize).map(|func| func.kind);
        let Some(FuncKind::Wasm { instance, func }) = kind else {
            return self.call(store, arguments).map(Outcome::Done);
        };
        let row = slots(store, arguments, ty.params())?;
        let exec = store.inner.begin(instance, func, &row);
        go_on(store, exec, ty.results())
    }

    /// The function with Rust types as parameters and results: tuples of numbers, and as results
    /// also a number alone or nothing.
    ///
    /// # Errors
    /// When its type is another.
    pub fn typed<P: Numbers, R: Numbers, T>(
        self,
        store: &Store<T>,
    ) -> Result<TypedFunc<P, R>, Error> {
        let ty = self.ty(store)?;
        if ty.params() != P::types() || ty.results() != R::types() {
            let why = alloc::format!("the function is of type {ty:?}");
            return Err(Error::new(ErrorKind::Type(why)));
        }
        Ok(TypedFunc { func: self, of: PhantomData })
    }
}

/// How far a call that can be suspended came.
#[derive(Debug)]
pub enum Outcome {
    /// It returned these values.
    Done(Vec<Value>),
    /// There was no fuel for the next instructions.
    OutOfFuel(Suspended),
    /// It waits for a notification. With a timeout, in nanoseconds, it can be resumed at any
    /// time, and then that has passed; without one (negative), once it was notified.
    Waiting(Suspended, i64),
}

/// A call that was suspended. It lives in the store, for as long as this does.
#[derive(Debug)]
pub struct Suspended {
    id: u64,
    results: Vec<ValType>,
    handle: Arc<()>,
}

impl Suspended {
    /// Whether it waits for a notification that has not come.
    pub fn is_waiting<T>(&self, store: &Store<T>) -> bool {
        store.inner.state.waiters.iter().any(|waiter| waiter.execution == self.id)
    }

    /// Goes on. A call that still waits is told that its time has passed.
    ///
    /// # Errors
    /// As [`Func::call`].
    pub fn resume<T>(self, store: &mut Store<T>) -> Result<Outcome, Error> {
        let waiting = self.is_waiting(store);
        store.inner.forget_waiter(self.id);
        let suspended = &mut store.inner.state.suspended;
        let at = suspended.iter().position(|(exec, _)| exec.id == self.id);
        let at = at.ok_or_else(|| Error::new(ErrorKind::WrongStore))?;
        let (mut exec, _) = suspended.swap_remove(at);
        exec.answer(if waiting { TIMED_OUT } else { WOKEN });
        drop(self.handle);
        go_on(store, exec, &self.results)
    }
}

fn go_on<T>(store: &mut Store<T>, exec: Exec, results: &[ValType]) -> Result<Outcome, Error> {
    let suspend = |store: &mut Store<T>, exec: Exec| {
        let handle = Arc::new(());
        let id = exec.id;
        store.inner.state.suspended.push((exec, Arc::downgrade(&handle)));
        Suspended { id, results: results.to_vec(), handle }
    };
    Ok(match store.drive(exec)? {
        Progress::Done(exec) => {
            let row = exec.stack.get(..widths(results)).unwrap_or_default();
            let row = row.to_vec();
            store.inner.recycle(exec);
            Outcome::Done(values(store, &row, results))
        }
        Progress::OutOfFuel(exec) => Outcome::OutOfFuel(suspend(store, exec)),
        Progress::Blocked(exec, timeout) => Outcome::Waiting(suspend(store, exec), timeout),
    })
}

/// A function with parameters and results as types of Rust's.
pub struct TypedFunc<P, R> {
    func: Func,
    of: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.func.fmt(f)
    }
}

impl<P: Numbers, R: Numbers> TypedFunc<P, R> {
    /// The function without the types.
    pub fn func(self) -> Func {
        self.func
    }

    /// Calls it.
    ///
    /// # Errors
    /// A trap or an exception.
    pub fn call<T>(self, store: &mut Store<T>, arguments: P) -> Result<R, Error> {
        if self.func.store != store.inner.id {
            return Err(Error::new(ErrorKind::WrongStore));
        }
        let (params, results) = (P::types().len(), R::types().len());
        let mut row = [0; MOST];
        arguments.write(&mut row);
        let row = row.get_mut(..params.max(results)).ok_or(Broken::Index)?;
        store.call_slots(self.func.addr, row, params, results)?;
        Ok(R::read(row))
    }
}

/// The most numbers in a tuple.
const MOST: usize = 9;

/// A type of Rust's that is a number of WebAssembly's.
pub trait Number: Copy + Send + 'static {
    /// The type.
    const TYPE: ValType;
    /// As a slot.
    fn to_slot(self) -> u64;
    /// From a slot.
    fn from_slot(slot: u64) -> Self;
}

macro_rules! numbers {
    ($( $ty:ty, $val:ident, |$value:ident| $to:expr, |$slot:ident| $from:expr; )*) => { $(
        impl Number for $ty {
            const TYPE: ValType = ValType::$val;
            fn to_slot(self) -> u64 {
                let $value = self;
                $to
            }
            fn from_slot($slot: u64) -> Self {
                $from
            }
        }
    )* };
}

numbers! {
    i32, I32, |value| u64::from(value as u32), |slot| slot as i32;
    u32, I32, |value| value.into(), |slot| slot as u32;
    i64, I64, |value| value as u64, |slot| slot as i64;
    u64, I64, |value| value, |slot| slot;
    f32, F32, |value| value.to_bits().into(), |slot| f32::from_bits(slot as u32);
    f64, F64, |value| value.to_bits(), |slot| f64::from_bits(slot);
}

/// Numbers in a row: a number, or a tuple of up to nine.
pub trait Numbers: Sized {
    /// Their types.
    fn types() -> &'static [ValType];
    /// Into slots.
    fn write(self, row: &mut [u64]);
    /// From slots.
    fn read(row: &[u64]) -> Self;
}

impl<A: Number> Numbers for A {
    fn types() -> &'static [ValType] {
        const { &[A::TYPE] }
    }
    fn write(self, row: &mut [u64]) {
        if let Some(slot) = row.first_mut() {
            *slot = self.to_slot();
        }
    }
    fn read(row: &[u64]) -> Self {
        A::from_slot(row.first().copied().unwrap_or(0))
    }
}

/// What a function of the host gives: numbers, or a result of them.
pub trait Results {
    /// The numbers.
    type Numbers: Numbers;
    /// As a result.
    ///
    /// # Errors
    /// Its own.
    fn into_result(self) -> Result<Self::Numbers, Error>;
}

impl<N: Numbers> Results for N {
    type Numbers = N;
    fn into_result(self) -> Result<N, Error> {
        Ok(self)
    }
}

impl<N: Numbers> Results for Result<N, Error> {
    type Numbers = N;
    fn into_result(self) -> Result<N, Error> {
        self
    }
}

/// A closure that can be a function of the host.
pub trait IntoFunc<T, P, R> {
    /// The type, and the closure on slots.
    #[doc(hidden)]
    #[allow(clippy::type_complexity)]
    fn into_func(
        self,
        number: u32,
    ) -> (FuncType, Arc<dyn Fn(&mut Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync>);
}

/// Reports a call to whoever listens.
fn report<T>(caller: &mut Caller<'_, T>, number: u32, types: [&[ValType]; 2], rows: [&[u64]; 2]) {
    if caller.store.inner.state.observer.is_some() {
        let arguments = values(caller.store, rows[0], types[0]);
        let results = values(caller.store, rows[1], types[1]);
        if let Some(observer) = &mut caller.store.inner.state.observer {
            observer.host_call(number, &arguments, &results);
        }
    }
}

macro_rules! tuples {
    ($( ($( $name:ident $at:tt ),*) )*) => { $(
        #[allow(non_snake_case, unused_variables, clippy::unused_unit)]
        impl<$( $name: Number ),*> Numbers for ($( $name, )*) {
            fn types() -> &'static [ValType] {
                const { &[$( $name::TYPE ),*] }
            }
            fn write(self, row: &mut [u64]) {
                $( if let Some(slot) = row.get_mut($at) {
                    *slot = self.$at.to_slot();
                } )*
            }
            fn read(row: &[u64]) -> Self {
                ($( $name::from_slot(row.get($at).copied().unwrap_or(0)), )*)
            }
        }

        #[allow(non_snake_case)]
        impl<T, R, Z, $( $name: Number ),*> IntoFunc<T, ($( $name, )*), R> for Z
        where
            R: Results,
            Z: Fn(Caller<'_, T>, $( $name ),*) -> R + Send + Sync + 'static,
        {
            fn into_func(
                self,
                number: u32,
            ) -> (FuncType, Arc<dyn Fn(&mut Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync>)
            {
                let params = <($( $name, )*) as Numbers>::types();
                let results = <R::Numbers as Numbers>::types();
                let ty = FuncType::new(params.iter().copied(), results.iter().copied());
                let call = move |caller: &mut Caller<'_, T>, row: &mut [u64]| {
                    let ($( $name, )*) = <($( $name, )*) as Numbers>::read(row);
                    let mut before = [0; MOST];
                    before.iter_mut().zip(&*row).for_each(|(to, from)| *to = *from);
                    let inner = Caller { store: &mut *caller.store, instance: caller.instance };
                    self(inner, $( $name ),*).into_result()?.write(row);
                    report(caller, number, [params, results], [&before, row]);
                    Ok(())
                };
                (ty, Arc::new(call))
            }
        }
    )* };
}

tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
}
