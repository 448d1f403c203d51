//! Runs an execution across instances, with the operations that the loop in `dispatch.rs` leaves to
//! others.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;

use super::dispatch::{Ground, Position, Stop, dispatch};
use super::frame::{get, opcode, set, window};
use super::row::{Row, Wait};
use super::unwind::unwind;
use crate::budget::{Budget, zeroed};
use crate::code::{Code, Function, Op, WINDOW};
use crate::fuel::pay;
use crate::heap::Payload;
use crate::limits::Resource;
use crate::module::Functions;
use crate::observe::Step;
use crate::slots::index_of;
use crate::state::{
    Collector, ENTRY, EXPRESSION, Exec, Frame, FuncKind, InstanceInst, MemoryInst, Pending, State,
};
use crate::trap::{Broken, Failure, Trap, at};

/// The reason why an execution left the guest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit {
    /// The outermost function returned; its results are in slots 0 and up.
    Done,
    /// A function of the host is called: [`Pending::Host`].
    Host(Pending),
    Failed(Failure),
    Exception(u64),
    OutOfFuel,
    /// An atomic wait, with its timeout in nanoseconds.
    Blocked(i64),
}

/// The reason why an execution left its instance.
enum Leave {
    /// Execution continues with this frame of another instance.
    Switch(Frame),
    Throw(u64),
    Exit(Exit),
}

impl<F: Into<Failure>> From<F> for Leave {
    #[cold]
    fn from(failure: F) -> Leave {
        Leave::Exit(Exit::Failed(failure.into()))
    }
}

/// Executes until the execution leaves the guest.
pub(crate) fn run(
    instances: &[InstanceInst],
    memories: &mut [MemoryInst],
    state: &mut State,
    exec: &mut Exec,
) -> Exit {
    loop {
        if let Some(Pending::Throw { exception, level }) = exec.pending
            && let Err(exit) = unwind(instances, state, exec, exception, level)
        {
            return exit;
        }
        match run_instance(instances, memories, state, exec) {
            Leave::Switch(frame) => exec.current = frame,
            Leave::Throw(exception) => {
                let level = exec.frames.len();
                exec.pending = Some(Pending::Throw { exception, level });
            }
            Leave::Exit(exit) => return exit,
        }
    }
}

/// Executes until the instance of the current frame is left.
fn run_instance(
    instances: &[InstanceInst],
    memories: &mut [MemoryInst],
    state: &mut State,
    exec: &mut Exec,
) -> Leave {
    let Frame { instance: number, func, pc, base } = exec.current;
    let instance = match at(instances, number) {
        Ok(instance) => instance,
        Err(broken) => return broken.into(),
    };
    let empty = Function::default();
    let at = Position { func, pc: pc as usize, base: base as usize, function: &empty };
    let expression = exec.expression.clone();
    let functions = instance.module.inner.functions(exec.instrument);
    let mut run = Run {
        number,
        instance,
        functions,
        expression: expression.as_ref(),
        memories,
        state,
        exec,
        at,
        resumed: None,
    };
    let Err(leave) = run.run(pc == ENTRY);
    let Run { at, exec, resumed, .. } = run;
    exec.top = at.base + at.function.slots as usize;
    exec.current = resumed.unwrap_or(at.frame(number));
    leave
}

/// The number of slots that a new stack has above its first window.
const FIRST_SLOTS: usize = 1 << 13;

/// A stack with its first window.
pub(crate) fn new_stack(budget: &mut Budget) -> Result<Vec<u64>, Trap> {
    let len = WINDOW + FIRST_SLOTS;
    let stack = budget.grow(Resource::Stack, [0, 8 * len as u64], || zeroed(len));
    Ok(stack.ok_or(Trap::StackExhausted)?.into_vec())
}

/// Makes room for the window of a frame that begins at slot `base`.
#[cold]
#[inline(never)]
fn grow(stack: &mut Vec<u64>, base: usize, budget: &mut Budget) -> Result<(), Trap> {
    let most = budget.limits.stack_slots;
    if base > most {
        return Err(Trap::StackExhausted);
    }
    let (old, least) = (stack.len(), base + WINDOW);
    let ample = (2 * old).clamp(least, most.max(base) + WINDOW);
    let mut grow = |len: usize| {
        budget.grow(Resource::Stack, [8 * old as u64, 8 * len as u64], || {
            stack.try_reserve_exact(len - old).ok()?;
            stack.resize(len, 0);
            Some(())
        })
    };
    grow(ample).or_else(|| grow(least)).ok_or(Trap::StackExhausted)
}

/// An execution while it is in one instance.
struct Run<'a> {
    /// The number of the instance in its store.
    number: u32,
    instance: &'a InstanceInst,
    functions: &'a Functions,
    /// The constant expression that is being evaluated, if any.
    expression: Option<&'a Arc<Function>>,
    memories: &'a mut [MemoryInst],
    state: &'a mut State,
    exec: &'a mut Exec,
    at: Position<'a>,
    /// The frame with which execution continues, unless that is the current one.
    resumed: Option<Frame>,
}

impl Run<'_> {
    fn run(&mut self, enters: bool) -> Result<Infallible, Leave> {
        match enters {
            true => self.enter(self.at.func, self.at.base)?,
            false => self.load()?,
        }
        // The loop does not know the fuel that was paid for the operation that lacked some.
        let mut stop = if self.exec.paid > 0 { Stop::Elsewhere } else { self.dispatch() };
        loop {
            match stop {
                Stop::Elsewhere => self.execute()?,
                Stop::Return => self.leave()?,
                Stop::Failed(failure) => return Err(failure.into()),
            }
            stop = self.dispatch();
        }
    }

    /// Runs the loop over operations until it stops.
    fn dispatch(&mut self) -> Stop {
        let memory = self.instance.memories.first();
        let memory = memory.and_then(|&addr| self.memories.get_mut(addr as usize));
        let memory = memory.map_or(&mut [][..], |memory| memory.bytes_mut());
        let most_calls = self.state.budget.limits.call_depth;
        let nan = self.state.profile.nan;
        let mut ground = Ground {
            state: self.state,
            instance: self.instance,
            number: self.number,
            functions: self.functions,
            frames: &mut self.exec.frames,
            most_calls,
        };
        dispatch(&mut ground, &mut self.at, &mut self.exec.stack, memory, nan)
    }

    /// Loads the translation of the function at the current position.
    fn load(&mut self) -> Result<(), Failure> {
        let func = self.at.func;
        self.at.function = match self.expression {
            Some(expression) if func == EXPRESSION => expression,
            _ => {
                let module = &self.instance.module.inner;
                let translate = || module.translate(func, self.exec.instrument);
                let function = at(self.functions, func)?.get_or_init(translate);
                function.as_ref().map_err(|failure| *failure)?
            }
        };
        Ok(())
    }

    /// Begins a call of a function of the instance, whose frame begins at slot `base` of the stack.
    fn enter(&mut self, func: u32, base: usize) -> Result<(), Failure> {
        (self.at.func, self.at.base, self.at.pc) = (func, base, 0);
        self.load()?;
        let stack = &mut self.exec.stack;
        if stack.len() < base + WINDOW {
            grow(stack, base, &mut self.state.budget)?;
        }
        let frame = window(stack, base)?;
        let (first, count) = self.at.function.locals;
        for slot in first..first + fault!(StaleLocals, 0, count) {
            set(frame, slot, 0);
        }
        Ok(())
    }

    /// Continues with the caller.
    fn leave(&mut self) -> Result<(), Leave> {
        let caller = self.exec.frames.pop().ok_or(Leave::Exit(Exit::Done))?;
        if caller.instance != self.number {
            return Err(Leave::Switch(caller));
        }
        let Frame { func, pc, base, .. } = caller;
        (self.at.func, self.at.pc, self.at.base) = (func, pc as usize, base as usize);
        Ok(self.load()?)
    }

    fn push_frame(&mut self) -> Result<(), Trap> {
        let frames = &mut self.exec.frames;
        if frames.len() >= self.state.budget.limits.call_depth {
            return Err(Trap::StackExhausted);
        }
        if frames.len() == frames.capacity() {
            let (old, new) = (frames.capacity(), (2 * frames.capacity()).max(16));
            let change = [old, new].map(|count| (count * size_of::<Frame>()) as u64);
            let grown = self.state.budget.grow(Resource::Stack, change, || {
                frames.try_reserve_exact(new - frames.len()).ok()
            });
            grown.ok_or(Trap::StackExhausted)?;
        }
        frames.push(self.at.frame(self.number));
        Ok(())
    }

    /// Calls the function at an address of the store, or makes a tail call of it. Its arguments are
    /// in slots from `a` on.
    fn call(&mut self, addr: u32, op: &Op) -> Result<(), Leave> {
        let is_tail = op.code.is_tail_call();
        let base = self.at.base + op.a as usize;
        match self.state.func(addr)?.kind {
            FuncKind::Wasm { instance, func } => {
                if !is_tail {
                    self.push_frame()?;
                }
                if instance == self.number {
                    return Ok(self.enter(func, base)?);
                }
                Err(Leave::Switch(Frame { instance, func, pc: ENTRY, base: base as u32 }))
            }
            FuncKind::Host(_) => {
                if is_tail {
                    self.resumed = self.exec.frames.pop();
                }
                let last = is_tail && self.resumed.is_none();
                Err(Leave::Exit(Exit::Host(Pending::Host { func: addr, base, last })))
            }
        }
    }

    /// The address of the function that an element of a table refers to.
    fn indirect(&mut self, index: u64, op: &Op) -> Result<u32, Failure> {
        let table = at(&self.state.tables, self.instance.table(op.low())?)?;
        let element = usize::try_from(index).ok().and_then(|place| table.elems.get(place));
        let slot = *element.ok_or(Trap::UndefinedElement)?;
        if slot == 0 {
            self.state.trap_index = Some(index);
            return Err(Trap::UninitializedElement.into());
        }
        let addr = index_of(slot);
        let actual = self.state.func(addr)?.ty;
        let expected = self.instance.ty(op.high())?;
        let fits = self.state.types.registry.is_subtype_of(actual, expected);
        if fault!(CallTypeUnchecked, false, !fits) {
            return Err(Trap::IndirectCallType.into());
        }
        Ok(addr)
    }

    /// Pays for the current operation.
    fn pay(&mut self, cost: u64) -> Result<(), Leave> {
        if pay(&mut self.state.fuel, cost, &mut self.exec.paid) {
            Ok(())
        } else {
            Err(self.repeat())
        }
    }

    /// Leaves the current operation to be executed again with more fuel.
    #[cold]
    fn repeat(&mut self) -> Leave {
        self.at.pc -= 1;
        Leave::Exit(Exit::OutOfFuel)
    }

    /// Frees unreachable objects.
    #[cold]
    fn collect(&mut self) -> Result<(), Leave> {
        let top = self.at.base + self.at.function.slots as usize;
        if self.state.fuel.is_some() {
            self.pay(self.state.collection_cost(top))?;
        }
        self.state.collect(self.exec.stack.get(..top).unwrap_or(&self.exec.stack));
        Ok(())
    }

    /// Executes an instruction by its opcode.
    #[inline(always)]
    fn row(&mut self, op: &Op) -> Result<Option<Wait>, Leave> {
        let mut row = Row {
            state: self.state,
            memories: self.memories,
            instance: self.instance,
            frame: window(&mut self.exec.stack, self.at.base)?,
            op,
        };
        if row.state.fuel.is_some() {
            let cost = row.cost()?;
            if !pay(&mut row.state.fuel, cost, &mut self.exec.paid) {
                return Err(self.repeat());
            }
        }
        Ok(row.execute()?)
    }

    /// Executes an operation that allocates on the heap.
    #[inline(always)]
    fn allocate<R>(
        &mut self,
        op: &Op,
        attempt: impl Fn(&mut Self, &Op) -> Result<R, Leave>,
    ) -> Result<R, Leave> {
        if self.exec.collector == Collector::Idle && !self.state.heap.wants_collection() {
            match attempt(self, op) {
                Err(Leave::Exit(Exit::Failed(Failure::Trap(Trap::HeapExhausted)))) => {}
                done => return done,
            }
        }
        self.collect_and(op, attempt)
    }

    /// Executes an operation again after a collection.
    #[cold]
    #[inline(never)]
    fn collect_and<R>(
        &mut self,
        op: &Op,
        attempt: impl Fn(&mut Self, &Op) -> Result<R, Leave>,
    ) -> Result<R, Leave> {
        if self.exec.collector != Collector::Done {
            // The collection stays due until it has been paid for.
            self.exec.collector = Collector::Due;
            self.collect()?;
            self.exec.collector = Collector::Done;
        }
        let done = attempt(self, op);
        if !matches!(done, Err(Leave::Exit(Exit::OutOfFuel))) {
            self.exec.collector = Collector::Idle;
        }
        done
    }

    /// Executes the operation at which the loop stopped.
    #[inline]
    fn execute(&mut self) -> Result<(), Leave> {
        let function = self.at.function;
        let op = function.ops.get(self.at.pc).ok_or(Broken::Index)?;
        self.at.pc += 1;
        let slot_b = get(window(&mut self.exec.stack, self.at.base)?, op.b);
        match op.code {
            Code::Call => {
                self.push_frame()?;
                self.enter(op.low(), self.at.base + op.a as usize)?;
            }
            Code::ReturnCall => self.enter(op.low(), self.at.base)?,
            Code::CallImport | Code::ReturnCallImport => {
                self.call(self.instance.func(op.low())?, op)?
            }
            Code::CallIndirect | Code::ReturnCallIndirect => {
                let addr = self.indirect(slot_b, op)?;
                self.call(addr, op)?;
            }
            Code::CallRef | Code::ReturnCallRef => self.call(func_ref(slot_b)?, op)?,
            Code::Unreachable => return Err(Trap::Unreachable.into()),
            Code::Throw => {
                return Err(Leave::Throw(self.allocate(op, |run, op| Ok(run.exception(op)?))?));
            }
            Code::ThrowRef => match slot_b {
                0 => return Err(Trap::NullException.into()),
                exception => return Err(Leave::Throw(exception)),
            },
            Code::Row => {
                if let Some(Wait { memory, address, timeout }) = self.row(op)? {
                    self.state.waiters.add(self.exec.id, memory, address);
                    self.exec.answer = Some(self.at.base + op.a as usize);
                    return Err(Leave::Exit(Exit::Blocked(timeout)));
                }
            }
            Code::AllocRow => self.allocate(op, Self::row).map(drop)?,
            Code::Fuel => self.pay(op.imm)?,
            Code::Observe => {
                if let Some(observer) = &mut self.state.observer {
                    let (instance, func) = (self.number, self.at.func);
                    let (offset, opcode) = (op.low(), opcode(op.b.into())?);
                    observer.step(Step { instance, func, offset, opcode });
                }
            }
            _ => return Err(Broken::Kind.into()),
        }
        Ok(())
    }

    /// A new exception with the tag and the values that an operation names.
    #[inline]
    fn exception(&mut self, op: &Op) -> Result<u64, Failure> {
        let tag = self.instance.tag(op.low())?;
        let slots = at(&self.state.tags, tag)?.slots;
        let start = self.at.base + op.a as usize;
        let values = self.exec.stack.get(start..start + slots).ok_or(Broken::Index)?;
        let full = Trap::HeapExhausted;
        let State { heap, budget, .. } = &mut *self.state;
        let payload = match *values {
            [] => Payload::PairExn(tag, 0, [0; 2]),
            [value] => Payload::PairExn(tag, 1, [value, 0]),
            [first, second] => Payload::PairExn(tag, 2, [first, second]),
            _ => {
                heap.reserve(budget, size_of_val(values))?;
                let mut slots = zeroed(values.len()).ok_or(full)?;
                slots.copy_from_slice(values);
                Payload::Exn(tag, slots)
            }
        };
        heap.reserve(budget, 0)?;
        Ok(heap.add(payload).ok_or(full)?)
    }
}

/// The address of the function that a reference refers to.
fn func_ref(slot: u64) -> Result<u32, Trap> {
    if slot == 0 { Err(Trap::NullFunction) } else { Ok(index_of(slot)) }
}
