//! Calls that are suspended, and continued later.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicUsize, Ordering};

use wattle_ast::ValType;

use crate::drive::{Progress, TIMED_OUT, WOKEN};
use crate::state::{Exec, Pending};
use crate::store::Store;
use crate::trap::{Broken, Error, ErrorKind, HostError};
use crate::types::widths;
use crate::values::Value;

/// The outcome of a call that can be suspended.
#[derive(Debug)]
pub enum Outcome {
    /// The call returned these values.
    Done(Vec<Value>),
    /// The call lacks fuel for the next instruction. All fuel that was left has been paid for it.
    OutOfFuel(Suspended),
    /// The call waits for a notification, with a timeout in nanoseconds. With a negative timeout,
    /// it can be resumed once it was notified. With any other, it can be resumed at any time, and
    /// the timeout then counts as passed.
    Waiting(Suspended, i64),
    /// The call waits for a function of the host, which gave this reason: [`Suspended::finish`]
    /// gives the function's results, [`Suspended::resume`] calls the function again.
    Host(Suspended, HostError),
}

/// A call that was suspended. The store keeps its state until this value is dropped, and frees it
/// with the next call.
#[derive(Debug)]
pub struct Suspended {
    store: u64,
    id: u64,
    results: Vec<ValType>,
    _handle: Handle,
}

/// A handle that tells the store when it is dropped.
#[derive(Debug)]
struct Handle {
    _alive: Arc<()>,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Suspended {
    /// Returns whether the call waits for a notification that has not come yet.
    pub fn is_waiting<T>(&self, store: &Store<T>) -> bool {
        self.store == store.inner.state.id && store.inner.state.waiters.contains(self.id)
    }

    /// Takes the execution out of the store.
    fn take<T>(&self, store: &mut Store<T>) -> Result<Exec, Error> {
        let state = &mut store.inner.state;
        let exec = (self.store == state.id).then(|| state.suspended.remove(&self.id)).flatten();
        Ok(exec.ok_or(ErrorKind::WrongStore)?.0)
    }

    /// Continues the call. A call that still waits is told that its timeout has passed.
    ///
    /// # Errors
    /// The errors of [`Func::call`](crate::Func::call).
    pub fn resume<T>(self, store: &mut Store<T>) -> Result<Outcome, Error> {
        let mut exec = self.take(store)?;
        let waited = store.inner.state.waiters.remove(self.id);
        exec.answer(if waited { TIMED_OUT } else { WOKEN });
        let progress = store.drive(exec)?;
        Ok(outcome(store, progress, &self.results))
    }

    /// Continues a call that waits for a function of the host, with the results of that function,
    /// or with its error.
    ///
    /// ```
    /// use wattle_runtime::{Error, Func, Imports, Instance, Module, Outcome, Store, Value};
    ///
    /// let module = wattle_wat::parse(r#"(module
    ///     (import "host" "read" (func $read (result i32)))
    ///     (func (export "next") (result i32) (i32.add (call $read) (i32.const 1))))"#).unwrap();
    /// let mut store = Store::new(());
    /// let mut imports = Imports::default();
    /// let read = || -> Result<i32, Error> { Err(Error::suspend("a number")) };
    /// imports.define("host", "read", Func::wrap(&mut store, read));
    /// let instance = Instance::new(&mut store, &Module::new(module)?, &imports)?;
    ///
    /// let next = instance.func(&store, "next")?;
    /// let Outcome::Host(call, what) = next.start(&mut store, &[])? else { panic!() };
    /// assert_eq!(what.to_string(), "a number");
    /// // The host does other things until it has a number.
    /// let outcome = call.finish(&mut store, Ok(&[Value::I32(41)]))?;
    /// assert!(matches!(outcome, Outcome::Done(values) if values == [Value::I32(42)]));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`Func::call`](crate::Func::call), and [`ErrorKind::Type`] if the values do
    /// not fit, or if the call does not wait for a function of the host.
    pub fn finish<T>(
        self,
        store: &mut Store<T>,
        result: Result<&[Value], Error>,
    ) -> Result<Outcome, Error> {
        let mut exec = self.take(store)?;
        let Some(Pending::Host { func, base, last }) = exec.pending else {
            store.inner.recycle(exec);
            let why = "the call does not wait for a function of the host";
            return Err(ErrorKind::Type(why.into()).into());
        };
        let state = &store.inner.state;
        let ty = state.types.func(state.func(func)?.ty).ok_or(Broken::Kind)?;
        let row = result.and_then(|values| state.row_of(values, ty.results()));
        let result = row.map(|row| {
            exec.stack.iter_mut().skip(base).zip(row).for_each(|(to, from)| *to = from);
        });
        let progress = match store.returned(exec, last, result)? {
            ControlFlow::Continue(exec) => store.drive(exec)?,
            ControlFlow::Break(progress) => progress,
        };
        Ok(outcome(store, progress, &self.results))
    }
}

pub(crate) fn outcome<T>(store: &mut Store<T>, progress: Progress, results: &[ValType]) -> Outcome {
    let mut suspend = |exec: Exec| {
        let state = &mut store.inner.state;
        let (id, alive) = (exec.id, Arc::new(()));
        state.suspended.insert(id, (exec, Arc::downgrade(&alive)));
        let handle = Handle { _alive: alive, dropped: state.dropped.clone() };
        Suspended { store: state.id, id, results: results.to_vec(), _handle: handle }
    };
    match progress {
        Progress::OutOfFuel(exec) => Outcome::OutOfFuel(suspend(exec)),
        Progress::Blocked(exec, timeout) => Outcome::Waiting(suspend(exec), timeout),
        Progress::Host(exec, what) => Outcome::Host(suspend(exec), what),
        Progress::Done(exec) => {
            let row = exec.stack.get(..widths(results)).unwrap_or_default();
            let values = store.inner.state.values_of(row, results);
            store.inner.recycle(exec);
            Outcome::Done(values)
        }
    }
}
