//! Running an execution: from instance to instance, with what the hot loop leaves to others.

use alloc::vec::Vec;

use wattle_ast::{Opcode, V128};

use super::hot::{Ground, Position, Stop, hot};
use super::{aggregates, rare, unwind};
use crate::code::{Code, Function, Op, Slot, WINDOW};
use crate::observe::Step;
use crate::state::{ENTRY, EXPRESSION, Exec, Frame, FuncKind, InstanceInst, State};
use crate::trap::Trap;
use crate::values::index_of;

/// Why the loop was left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit {
    /// The outermost function returned; its results are in slots 0 and up.
    Done,
    /// Function `func` of the store, one of the host's, is called; its arguments are at `base`.
    /// When `last`, the execution is done after it.
    Host {
        func: u32,
        base: usize,
        last: bool,
    },
    Trap(Trap),
    Exception(u64),
    OutOfFuel,
    /// An atomic wait.
    Blocked {
        timeout: i64,
    },
}

/// Why the loop of one instance was left.
enum Leave {
    /// To go on in the instance of the current frame.
    Switch,
    Throw(u64),
    Exit(Exit),
}

pub(super) type Window = [u64; WINDOW];

/// Executes until something calls for the outside.
pub(crate) fn run(instances: &[InstanceInst], state: &mut State, exec: &mut Exec) -> Exit {
    let mut stack = core::mem::take(&mut exec.stack);
    let exit = loop {
        match run_instance(instances, state, exec, &mut stack) {
            Leave::Switch => {}
            Leave::Throw(exception) => {
                if !unwind::unwind(instances, state, exec, &mut stack, exception) {
                    break Exit::Exception(exception);
                }
            }
            Leave::Exit(exit) => break exit,
        }
    };
    exec.stack = stack;
    exit
}

/// Goes on after a function of the host threw an exception: whether something caught it.
pub(crate) fn throw(
    instances: &[InstanceInst],
    state: &State,
    exec: &mut Exec,
    exception: u64,
) -> bool {
    let mut stack = core::mem::take(&mut exec.stack);
    let caught = unwind::unwind(instances, state, exec, &mut stack, exception);
    exec.stack = stack;
    caught
}

/// The window of the frame at `base`, after making room when there is too little.
#[inline(always)]
fn window(stack: &mut Vec<u64>, base: usize, most: usize) -> Option<&mut Window> {
    if stack.len() < base + WINDOW {
        grow(stack, base, most)?;
    }
    stack.get_mut(base..)?.first_chunk_mut::<WINDOW>()
}

#[cold]
#[inline(never)]
fn grow(stack: &mut Vec<u64>, base: usize, most: usize) -> Option<()> {
    if base > most {
        return None;
    }
    let len = (2 * stack.len()).clamp(base + WINDOW, most.max(base) + WINDOW);
    stack.try_reserve_exact(len - stack.len()).ok()?;
    stack.resize(len, 0);
    Some(())
}

/// How much a stack has above its first window, to begin with.
const FIRST_SLOTS: usize = 1 << 13;

/// Makes an empty stack one that has its first window.
pub(crate) fn prepare(stack: &mut Vec<u64>) {
    if stack.is_empty() {
        *stack = alloc::vec![0; WINDOW + FIRST_SLOTS];
    }
}

/// The bytes at an address. Address and offset are of 32 bits, so that no sum overflows and one
/// comparison does.
#[inline(always)]
pub(super) fn bytes_at<const N: usize>(
    memory: &[u8],
    address: u64,
    offset: u64,
) -> Option<&[u8; N]> {
    let start = u64::from(address as u32) + u64::from(offset as u32);
    let end = start + N as u64;
    if end > fault!(LoadBound, memory.len().saturating_sub(1), memory.len()) as u64 {
        return None;
    }
    memory.get(start as usize..end as usize)?.first_chunk::<N>()
}

#[inline(always)]
pub(super) fn bytes_at_mut<const N: usize>(
    memory: &mut [u8],
    address: u64,
    offset: u64,
) -> Option<&mut [u8; N]> {
    let start = u64::from(address as u32) + u64::from(offset as u32);
    let end = start + N as u64;
    if end > memory.len() as u64 {
        return None;
    }
    memory.get_mut(start as usize..end as usize)?.first_chunk_mut::<N>()
}

#[inline(always)]
pub(super) fn get(frame: &Window, slot: Slot) -> u64 {
    frame[slot as usize]
}

#[inline(always)]
pub(super) fn set(frame: &mut Window, slot: Slot, value: u64) {
    frame[slot as usize] = value;
}

#[inline(always)]
pub(super) fn get_vector(frame: &Window, slot: Slot) -> V128 {
    let halves = [get(frame, slot), get(frame, slot.wrapping_add(1))];
    let value = u128::from(halves[0]) | u128::from(halves[1]) << 64;
    V128(value.to_le_bytes())
}

#[inline(always)]
pub(super) fn set_vector(frame: &mut Window, slot: Slot, value: V128) {
    let value = u128::from_le_bytes(value.0);
    set(frame, slot, value as u64);
    set(frame, slot.wrapping_add(1), (value >> 64) as u64);
}

#[cold]
#[inline(never)]
fn translate(instance: &InstanceInst, exec: &Exec, func: u32) -> Result<(), Trap> {
    let module = &instance.module.inner;
    let cell = module.functions(exec.instrument).get(func as usize).ok_or(Trap::InvalidCode)?;
    cell.get_or_init(|| module.translate(func, exec.instrument)).as_ref().map(drop).map_err(|t| *t)
}

/// What is called through an address: the instance, when not the host's, and the function.
enum Callee {
    Here(u32),
    There(u32, u32),
    Host,
}

#[inline(always)]
fn callee(state: &State, addr: u32, instance: u32) -> Result<Callee, Trap> {
    match state.funcs.get(addr as usize).ok_or(Trap::InvalidCode)?.kind {
        FuncKind::Wasm { instance: there, func } if there == instance => Ok(Callee::Here(func)),
        FuncKind::Wasm { instance, func } => Ok(Callee::There(instance, func)),
        FuncKind::Host(_) => Ok(Callee::Host),
    }
}

/// The address of the function that an element of a table refers to, when it has the type.
#[inline(always)]
fn indirect(state: &mut State, instance: &InstanceInst, index: u64, op: &Op) -> Result<u32, Trap> {
    let invalid = Trap::InvalidCode;
    let table = *instance.tables.get(op.low() as usize).ok_or(invalid)?;
    let table = state.tables.get(table as usize).ok_or(invalid)?;
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    let slot = *table.elems.get(at).ok_or(Trap::UndefinedElement)?;
    if slot == 0 {
        state.trap_index = Some(index);
        return Err(Trap::UninitializedElement);
    }
    let addr = index_of(slot);
    let actual = state.funcs.get(addr as usize).ok_or(invalid)?.ty;
    let expected = instance.ty(op.high())?;
    let differs = actual != expected && !state.types.is_subtype(actual, expected);
    if fault!(CallTypeUnchecked, false, differs) {
        return Err(Trap::IndirectCallType);
    }
    Ok(addr)
}

#[allow(clippy::too_many_lines)]
fn run_instance(
    instances: &[InstanceInst],
    state: &mut State,
    exec: &mut Exec,
    stack: &mut Vec<u64>,
) -> Leave {
    let Frame { instance: number, mut func, pc, base } = exec.current;
    let Some(instance) = instances.get(number as usize) else {
        return Leave::Exit(Exit::Trap(Trap::InvalidCode));
    };
    let module = &*instance.module.inner;
    let functions = module.functions(exec.instrument);
    let expression = exec.expression.clone();
    let empty = Function::default();
    let memory_addr = instance.memories.first().map_or(usize::MAX, |&addr| addr as usize);
    let (most_calls, most_slots) = (state.limits.call_depth, state.limits.stack_slots);
    let nan = state.profile.nan;

    let mut memory = match state.memories.get_mut(memory_addr) {
        Some(memory) => core::mem::take(&mut memory.bytes),
        None => Vec::new(),
    };
    let mut function: &Function = &empty;
    let mut pc = pc as usize;
    let mut base = base as usize;
    // Where to go on in another instance.
    let mut next: Option<Frame> = None;

    let leave = 'run: {
        let mut frame: &mut Window;

        macro_rules! trap {
            ($trap:expr) => {
                break 'run Leave::Exit(Exit::Trap($trap))
            };
        }
        macro_rules! check {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(trap) => trap!(trap),
                }
            };
        }
        // Takes up the translation of `func`.
        macro_rules! load {
            () => {
                if func == EXPRESSION {
                    function = expression.as_deref().unwrap_or(&empty);
                } else {
                    function = match functions.get(func as usize).and_then(|cell| cell.get()) {
                        Some(Ok(function)) => function,
                        _ => {
                            check!(translate(instance, exec, func));
                            match functions.get(func as usize).and_then(|cell| cell.get()) {
                                Some(Ok(function)) => function,
                                _ => trap!(Trap::InvalidCode),
                            }
                        }
                    };
                }
            };
        }
        // Begins a call of `func` at `base`.
        macro_rules! enter {
            () => {
                load!();
                pc = 0;
                frame = match window(stack, base, most_slots) {
                    Some(frame) => frame,
                    None => trap!(Trap::StackExhausted),
                };
                let (first, count) = function.locals;
                for slot in first..first + fault!(StaleLocals, 0, count) {
                    set(frame, slot, 0);
                }
            };
        }
        macro_rules! push_frame {
            () => {
                if exec.frames.len() >= most_calls {
                    trap!(Trap::StackExhausted);
                }
                exec.frames.push(Frame {
                    instance: number,
                    func,
                    pc: pc as u32,
                    base: base as u32,
                });
            };
        }
        // Calls the function at an address, with its arguments at slot `at`.
        macro_rules! call {
            ($addr:expr, $at:expr) => {
                let addr = $addr;
                match check!(callee(state, addr, number)) {
                    Callee::Here(target) => {
                        push_frame!();
                        base += $at as usize;
                        func = target;
                        enter!();
                    }
                    Callee::There(instance, target) => {
                        push_frame!();
                        let base = base as u32 + u32::from($at);
                        next = Some(Frame { instance, func: target, pc: ENTRY, base });
                        break 'run Leave::Switch;
                    }
                    Callee::Host => {
                        let base = base + $at as usize;
                        break 'run Leave::Exit(Exit::Host { func: addr, base, last: false });
                    }
                }
            };
        }
        // The same in the place of the current call.
        macro_rules! tail_call {
            ($addr:expr) => {
                let addr = $addr;
                match check!(callee(state, addr, number)) {
                    Callee::Here(target) => {
                        func = target;
                        enter!();
                    }
                    Callee::There(instance, target) => {
                        next = Some(Frame { instance, func: target, pc: ENTRY, base: base as u32 });
                        break 'run Leave::Switch;
                    }
                    Callee::Host => {
                        next = exec.frames.pop();
                        let last = next.is_none();
                        break 'run Leave::Exit(Exit::Host { func: addr, base, last });
                    }
                }
            };
        }
        macro_rules! leave_function {
            () => {
                match exec.frames.pop() {
                    None => break 'run Leave::Exit(Exit::Done),
                    Some(caller) if caller.instance == number => {
                        func = caller.func;
                        pc = caller.pc as usize;
                        base = caller.base as usize;
                        load!();
                    }
                    Some(caller) => {
                        next = Some(caller);
                        break 'run Leave::Switch;
                    }
                }
            };
        }
        // Gives memory 0 back for as long as something else may use it.
        macro_rules! with_memory {
            ($do:expr) => {{
                if let Some(place) = state.memories.get_mut(memory_addr) {
                    core::mem::swap(&mut place.bytes, &mut memory);
                }
                let result = $do;
                if let Some(place) = state.memories.get_mut(memory_addr) {
                    core::mem::swap(&mut place.bytes, &mut memory);
                }
                result
            }};
        }
        macro_rules! func_ref {
            ($slot:expr) => {{
                let slot = get(frame, $slot);
                if slot == 0 {
                    trap!(Trap::NullFunction);
                }
                index_of(slot)
            }};
        }

        if pc == ENTRY as usize {
            enter!();
        } else {
            load!();
        }

        loop {
            let stop = {
                let mut ground = Ground {
                    state,
                    instance,
                    number,
                    functions,
                    frames: &mut exec.frames,
                    most_calls,
                };
                let mut position = Position { func, pc, base, function };
                let stop = hot(&mut ground, &mut position, stack, &mut memory, nan);
                (func, pc, base, function) =
                    (position.func, position.pc, position.base, position.function);
                stop
            };
            match stop {
                Stop::Slow => {}
                Stop::Trap(trap) => trap!(trap),
                Stop::Return => {
                    leave_function!();
                    continue;
                }
            }
            frame = match window(stack, base, most_slots) {
                Some(frame) => frame,
                None => trap!(Trap::StackExhausted),
            };
            let Some(op) = function.ops.get(pc) else { trap!(Trap::InvalidCode) };
            pc += 1;
            match op.code {
                Code::Call => {
                    push_frame!();
                    base += op.a as usize;
                    func = op.low();
                    enter!();
                }
                Code::CallImport => {
                    let Some(&addr) = instance.funcs.get(op.low() as usize) else {
                        trap!(Trap::InvalidCode)
                    };
                    call!(addr, op.a);
                }
                Code::CallIndirect => {
                    let addr = check!(indirect(state, instance, get(frame, op.b), op));
                    call!(addr, op.a);
                }
                Code::CallRef => {
                    let addr = func_ref!(op.b);
                    call!(addr, op.a);
                }
                Code::ReturnCall => {
                    func = op.low();
                    enter!();
                }
                Code::ReturnCallImport => {
                    let Some(&addr) = instance.funcs.get(op.low() as usize) else {
                        trap!(Trap::InvalidCode)
                    };
                    tail_call!(addr);
                }
                Code::ReturnCallIndirect => {
                    let addr = check!(indirect(state, instance, get(frame, op.b), op));
                    tail_call!(addr);
                }
                Code::ReturnCallRef => {
                    let addr = func_ref!(op.b);
                    tail_call!(addr);
                }
                Code::Unreachable => trap!(Trap::Unreachable),
                Code::Wide => check!(rare::wide(frame, op)),
                Code::Throw => {
                    if state.heap.wants_collection() {
                        collect(state, stack, base, function);
                        frame = match window(stack, base, most_slots) {
                            Some(frame) => frame,
                            None => trap!(Trap::StackExhausted),
                        };
                    }
                    let exception = check!(aggregates::exception(state, instance, frame, op));
                    break 'run Leave::Throw(exception);
                }
                Code::ThrowRef => {
                    let exception = get(frame, op.b);
                    if exception == 0 {
                        trap!(Trap::NullException);
                    }
                    break 'run Leave::Throw(exception);
                }
                Code::Rare => match with_memory!(rare::rare(state, instance, frame, op)) {
                    Ok(rare::Next::On) => {}
                    Ok(rare::Next::Wait { memory, address, timeout }) => {
                        let waiter = crate::state::Waiter { execution: exec.id, memory, address };
                        state.waiters.push(waiter);
                        exec.answer = Some(base + op.a as usize);
                        break 'run Leave::Exit(Exit::Blocked { timeout });
                    }
                    Err(trap) => trap!(trap),
                },
                Code::Alloc => {
                    if state.heap.wants_collection() {
                        collect(state, stack, base, function);
                        frame = match window(stack, base, most_slots) {
                            Some(frame) => frame,
                            None => trap!(Trap::StackExhausted),
                        };
                    }
                    match aggregates::alloc(state, instance, frame, op) {
                        Ok(()) => {}
                        Err(Trap::HeapExhausted) => {
                            collect(state, stack, base, function);
                            frame = match window(stack, base, most_slots) {
                                Some(frame) => frame,
                                None => trap!(Trap::StackExhausted),
                            };
                            check!(aggregates::alloc(state, instance, frame, op));
                        }
                        Err(trap) => trap!(trap),
                    }
                }
                Code::Fuel => {
                    if let Some(fuel) = &mut state.fuel {
                        match fuel.checked_sub(op.imm) {
                            Some(left) => *fuel = left,
                            None => {
                                pc -= 1;
                                break 'run Leave::Exit(Exit::OutOfFuel);
                            }
                        }
                    }
                }
                Code::Observe => {
                    if let Some(observer) = &mut state.observer {
                        let (offset, opcode) = (op.low(), opcode(op.b.into()));
                        observer.step(Step { instance: number, func, offset, opcode });
                    }
                }
                _ => trap!(Trap::InvalidCode),
            }
        }
    };

    if let Some(place) = state.memories.get_mut(memory_addr) {
        place.bytes = memory;
    }
    exec.top = base + function.slots as usize;
    exec.current =
        next.unwrap_or(Frame { instance: number, func, pc: pc as u32, base: base as u32 });
    leave
}

/// Frees what nothing reaches.
#[cold]
#[inline(never)]
fn collect(state: &mut State, stack: &[u64], base: usize, function: &Function) {
    let top = base + function.slots as usize;
    state.collect(stack.get(..top).unwrap_or(stack));
}

/// The opcode of a number.
#[inline(always)]
pub(super) fn opcode(number: u32) -> Opcode {
    Opcode::ALL.get(number as usize).copied().unwrap_or(Opcode::Nop)
}
