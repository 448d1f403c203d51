//! Functions of the host, with values or with Rust types, and calls from the host.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use wattle_ast::{FuncType, ValType};
use wattle_numerics::Slot;

use crate::fuel::Fuel;
use crate::handles::{Func, Instance, Memory};
use crate::state::{FuncInst, FuncKind};
use crate::store::{Caller, Handle as _, HostCall, HostFunc, Store};
use crate::suspend::{Outcome, outcome};
use crate::trap::{Broken, Error, ErrorKind};
use crate::types::widths;
use crate::values::Value;

impl<T> Caller<'_, T> {
    /// The store.
    pub fn store(&mut self) -> &mut Store<T> {
        self.store
    }

    /// The data of the host.
    pub fn data(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The fuel of the store, to pay for work of the host.
    pub fn fuel(&mut self) -> Fuel<'_> {
        Fuel { state: &mut self.store.inner.state }
    }

    /// The instance whose function calls; `None` if the host calls.
    pub fn instance(&self) -> Option<Instance> {
        let store = self.store.inner.state.id;
        self.instance.map(|addr| Instance { store, addr })
    }

    /// A memory that the calling instance exports.
    pub fn memory(&self, name: &str) -> Option<Memory> {
        self.instance()?.memory(self.store, name).ok()
    }
}

impl<T> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("instance", &self.instance).finish()
    }
}

/// Turns a function on values into a function on slots.
pub(crate) fn on_slots<T>(
    ty: &FuncType,
    call: impl Fn(&mut Caller<'_, T>, &[Value]) -> Result<Vec<Value>, Error> + Send + Sync + 'static,
) -> Arc<HostCall<T>> {
    let ty = ty.clone();
    Arc::new(move |caller: &mut Caller<'_, T>, row: &mut [u64]| {
        let arguments = caller.store.inner.state.values_of(row, ty.params());
        let results = call(caller, &arguments)?;
        let results = caller.store.inner.state.row_of(&results, ty.results())?;
        row.iter_mut().zip(results).for_each(|(to, from)| *to = from);
        Ok(())
    })
}

impl Func {
    pub(crate) fn host<T>(
        store: &mut Store<T>,
        ty: &FuncType,
        call: Arc<HostCall<T>>,
    ) -> Result<Func, Error> {
        let (params, results) = (widths(ty.params()), widths(ty.results()));
        let ty = store.inner.state.types.add_func(ty)?;
        let kind = FuncKind::Host(store.hosts.len() as u32);
        store.hosts.push(HostFunc { call, params, results });
        Ok(Func::add(store, FuncInst { ty, kind }))
    }

    /// A function of the host that takes and returns values.
    ///
    /// # Errors
    /// If the type names types of a module.
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
        let call = on_slots(&ty, call);
        Func::host(store, &ty, call)
    }

    /// A function of the host from a closure on numbers. The function type follows from the
    /// closure.
    ///
    /// The closure takes up to nine parameters of type `i32`, `u32`, `i64`, `u64`, `f32` or `f64`,
    /// and before them a [`Caller`] if it needs the store. It returns one of these numbers, a tuple
    /// of them, nothing, or a [`Result`] of one of these. The error of the result is an [`Error`],
    /// or a type of the host that converts to one.
    ///
    /// ```
    /// use wattle_runtime::{Caller, Func, Store};
    ///
    /// let mut store = Store::new(40);
    /// let add = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, n: i32| *caller.data() + n);
    /// assert_eq!(add.typed::<(i32,), i32>(&store)?.call(&mut store, (2,))?, 42);
    /// # Ok::<(), wattle_runtime::Error>(())
    /// ```
    pub fn wrap<T, P, R, F: IntoFunc<T, P, R>>(store: &mut Store<T>, func: F) -> Func {
        let (ty, call) = func.into_func();
        Func::host(store, &ty, call).unwrap_or(Func { store: 0, addr: 0 })
    }

    /// The type of the function. Its type indices are numbers of types of the store.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn ty<T>(self, store: &Store<T>) -> Result<FuncType, Error> {
        let id = self.entity(store)?.ty;
        Ok(store.inner.state.types.func(id).ok_or(Broken::Kind)?)
    }

    /// Calls the function.
    ///
    /// # Errors
    /// A trap, an exception, or arguments that do not fit.
    pub fn call<T>(self, store: &mut Store<T>, arguments: &[Value]) -> Result<Vec<Value>, Error> {
        let ty = self.ty(store)?;
        let mut row = store.inner.state.row_of(arguments, ty.params())?;
        let (params, results) = (row.len(), widths(ty.results()));
        row.resize(params.max(results), 0);
        store.call_slots(self.addr, &mut row, params, results)?;
        Ok(store.inner.state.values_of(&row, ty.results()))
    }

    /// Begins a call that can be suspended when it lacks fuel or waits for a notification.
    ///
    /// # Errors
    /// The errors of [`Func::call`].
    pub fn start<T>(self, store: &mut Store<T>, arguments: &[Value]) -> Result<Outcome, Error> {
        let ty = self.ty(store)?;
        let FuncKind::Wasm { instance, func } = self.entity(store)?.kind else {
            return self.call(store, arguments).map(Outcome::Done);
        };
        let row = store.inner.state.row_of(arguments, ty.params())?;
        let exec = store.inner.begin(instance, func, &row)?;
        let progress = store.drive(exec)?;
        Ok(outcome(store, progress, ty.results()))
    }

    /// The function with Rust types: the parameters are a tuple of numbers, and the results a
    /// tuple, a number, or nothing.
    ///
    /// # Errors
    /// If the function has another type.
    pub fn typed<P: Numbers, R: Numbers>(
        self,
        store: &Store<impl Sized>,
    ) -> Result<TypedFunc<P, R>, Error> {
        let ty = self.ty(store)?;
        if ty.params() != P::types() || ty.results() != R::types() {
            return Err(ErrorKind::Type(format!("the function is of type {ty:?}")).into());
        }
        Ok(TypedFunc { func: self, of: PhantomData })
    }
}

/// A function with parameters and results of Rust types.
#[derive(Clone, Copy, Debug)]
pub struct TypedFunc<P, R> {
    func: Func,
    of: PhantomData<fn(P) -> R>,
}

impl<P: Numbers, R: Numbers> TypedFunc<P, R> {
    /// The function without the types.
    pub fn func(self) -> Func {
        self.func
    }

    /// Calls the function.
    ///
    /// # Errors
    /// A trap or an exception.
    pub fn call<T>(self, store: &mut Store<T>, arguments: P) -> Result<R, Error> {
        self.func.entity(store)?;
        let (params, results) = (P::types().len(), R::types().len());
        let mut row = [0; MOST];
        arguments.write(&mut row);
        let row = row.get_mut(..params.max(results)).ok_or(Broken::Index)?;
        store.call_slots(self.func.addr, row, params, results)?;
        Ok(R::read(row))
    }
}

/// The most numbers in a tuple of parameters or results.
const MOST: usize = 9;

/// A Rust type that is a WebAssembly number type.
pub trait Number: Slot + Send + 'static {
    /// The number type.
    const TYPE: ValType;
}

macro_rules! numbers {
    ($( $name:ident $ty:ident; )*) => { $(
        impl Number for $name {
            const TYPE: ValType = ValType::$ty;
        }
    )* };
}

numbers! { i32 I32; u32 I32; i64 I64; u64 I64; f32 F32; f64 F64; }

/// Numbers in a row of slots: a number, or a tuple of up to nine.
pub trait Numbers: Copy {
    /// The types of the numbers.
    fn types() -> &'static [ValType];
    /// Writes the numbers into slots.
    fn write(self, row: &mut [u64]);
    /// Reads the numbers from slots.
    fn read(row: &[u64]) -> Self;
}

impl<A: Number> Numbers for A {
    fn types() -> &'static [ValType] {
        <(A,)>::types()
    }
    fn write(self, row: &mut [u64]) {
        (self,).write(row);
    }
    fn read(row: &[u64]) -> Self {
        <(A,)>::read(row).0
    }
}

/// The result of a function of the host: numbers, or a [`Result`] of numbers.
pub trait Results {
    /// The numbers of a result without an error.
    type Numbers: Numbers;
    /// Converts to a [`Result`].
    ///
    /// # Errors
    /// The error of the function itself.
    fn into_result(self) -> Result<Self::Numbers, Error>;
}

impl<N: Numbers> Results for N {
    type Numbers = N;
    fn into_result(self) -> Result<N, Error> {
        Ok(self)
    }
}

impl<N: Numbers, E: Into<Error>> Results for Result<N, E> {
    type Numbers = N;
    fn into_result(self) -> Result<N, Error> {
        self.map_err(Into::into)
    }
}

/// Stands for the parameters of a closure that takes a [`Caller`] before them.
#[derive(Debug)]
pub struct WithCaller<P>(PhantomData<P>);

/// A closure that can be a function of the host.
pub trait IntoFunc<T, P, R> {
    /// The function type, and the closure on slots.
    #[doc(hidden)]
    fn into_func(self) -> (FuncType, Arc<HostCall<T>>);
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
                    *slot = self.$at.into_slot();
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
            Z: Fn($( $name ),*) -> R + Send + Sync + 'static,
        {
            fn into_func(self) -> (FuncType, Arc<HostCall<T>>) {
                let with_caller = move |_: Caller<'_, T>, $( $name ),*| self($( $name ),*);
                IntoFunc::<T, WithCaller<($( $name, )*)>, R>::into_func(with_caller)
            }
        }

        #[allow(non_snake_case)]
        impl<T, R, Z, $( $name: Number ),*> IntoFunc<T, WithCaller<($( $name, )*)>, R> for Z
        where
            R: Results,
            Z: Fn(Caller<'_, T>, $( $name ),*) -> R + Send + Sync + 'static,
        {
            fn into_func(self) -> (FuncType, Arc<HostCall<T>>) {
                let params = <($( $name, )*) as Numbers>::types();
                let results = <R::Numbers as Numbers>::types();
                let ty = FuncType::new(params.iter().copied(), results.iter().copied());
                let call = move |caller: &mut Caller<'_, T>, row: &mut [u64]| {
                    let ($( $name, )*) = <($( $name, )*) as Numbers>::read(row);
                    let inner = Caller { store: &mut *caller.store, instance: caller.instance };
                    self(inner, $( $name ),*).into_result()?.write(row);
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
