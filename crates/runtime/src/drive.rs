//! The driver of executions: from the call to the result, through the functions of the host.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use crate::execute::{self, Exit};
use crate::fuel::{self, Fuel};
use crate::limits::Resource;
use crate::state::{ENTRY, Exec, Frame, FuncKind, Pending};
use crate::store::{Caller, Inner, Store};
use crate::translate::Instrument;
use crate::trap::{Broken, Error, ErrorKind, HostError, Trap, at};

/// The outcome of a stretch of an execution.
pub(crate) enum Progress {
    Done(Exec),
    OutOfFuel(Exec),
    Blocked(Exec, i64),
    /// A function of the host suspended the execution, with this error.
    Host(Exec, HostError),
}

impl<T> Store<T> {
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
                Exit::Blocked(timeout) => return Ok(Progress::Blocked(exec, timeout)),
                Exit::Failed(failure) => return Err(inner.failed(exec, failure)),
                Exit::Exception(slot) => {
                    let uncaught = || ErrorKind::Exception(inner.state.object(slot)).into();
                    let error = exec.thrown.take().unwrap_or_else(uncaught);
                    return Err(inner.failed(exec, error));
                }
                Exit::Host(call) => exec.pending = Some(call),
            }
        }
    }

    /// Continues an execution, or stops it, after its call of a function of the host has returned.
    /// On success the results are in their slots already.
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
        Err(self.inner.failed(exec, error))
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
                    Err(trap) => return Err(self.inner.failed(hungry, trap)),
                },
                Progress::Host(exec, what) => {
                    return Err(self.inner.failed(exec, ErrorKind::Suspended(what)));
                }
                Progress::Blocked(blocked, timeout) => {
                    self.inner.state.waiters.remove(blocked.id);
                    if timeout < 0 {
                        return Err(self.inner.failed(blocked, Trap::Deadlock));
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
        let (fuel, observe) = (self.state.fuel.is_some(), self.state.observer.is_some());
        Ok(Exec {
            id: self.executions,
            stack,
            current: Frame { instance, func, pc: ENTRY, base: 0 },
            top: arguments.len(),
            instrument: Instrument { fuel, observe },
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

    /// Ends an execution with an error. Returns the error with its backtrace.
    fn failed(&mut self, exec: Exec, error: impl Into<Error>) -> Error {
        let calls = execute::backtrace(&self.instances, &exec);
        self.recycle(exec);
        error.into().with_place(calls, self.state.trap_index.take())
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
}
