//! Exceptions on their way to a handler, and backtraces.

use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_ast::ExternKind;

use super::run::Exit;
use crate::code::{Catches, Function, Handler, Reference, WINDOW};
use crate::fuel::{of_slots, pay};
use crate::heap::Payload;
use crate::state::{EXPRESSION, Exec, Frame, InstanceInst, Pending, State};
use crate::trap::{BACKTRACE, CallSite};

/// The translated function that a frame executes, if it has been translated.
fn function<'i>(instances: &'i [InstanceInst], exec: &Exec, frame: Frame) -> Option<&'i Function> {
    let instance = instances.get(frame.instance as usize)?;
    let functions = instance.module.inner.functions(exec.instrument);
    functions.get(frame.func as usize)?.get()?.as_ref().ok()
}

/// Continues at the handler of an exception. The search begins in the frame with `level` callers.
/// Without a handler, the execution stays at the instruction that threw.
pub(crate) fn unwind(
    instances: &[InstanceInst],
    state: &mut State,
    exec: &mut Exec,
    exception: u64,
    level: usize,
) -> Result<(), Exit> {
    exec.pending = None;
    for level in (0..=level).rev() {
        let frame = exec.frames.get(level).copied().unwrap_or(exec.current);
        let Some(function) = function(instances, exec, frame) else { continue };
        let thrown = state.heap.get(exception).and_then(Payload::exception);
        let Some((tag, values)) = thrown else { break };
        let cost = 1 + function.handlers.len() as u64 + of_slots(values.len());
        if !pay(&mut state.fuel, cost, &mut exec.paid) {
            exec.pending = Some(Pending::Throw { exception, level });
            return Err(Exit::OutOfFuel);
        }
        let tags = instances.get(frame.instance as usize).map_or(&[][..], |i| &i.tags);
        if let Some(handler) = handler(function, frame, tags, tag) {
            hand_over(exec, frame, handler, exception, values);
            exec.current = Frame { pc: handler.target, ..frame };
            exec.frames.truncate(level);
            exec.thrown = None;
            return Ok(());
        }
    }
    Err(Exit::Exception(exception))
}

/// The handler of a function that catches an exception of this tag.
fn handler<'f>(
    function: &'f Function,
    frame: Frame,
    tags: &[u32],
    tag: u32,
) -> Option<&'f Handler> {
    // The operation that was executed last is the one before `pc`.
    let at = frame.pc.wrapping_sub(1);
    let mut outermost = u32::MAX;
    for handler in &function.handlers {
        if !(handler.start <= at && at < handler.end) || handler.id > outermost {
            continue;
        }
        match handler.catches {
            Catches::All => return Some(handler),
            Catches::Tag(index) => {
                if fault!(CatchAnyTag, true, tags.get(index as usize) == Some(&tag)) {
                    return Some(handler);
                }
            }
            Catches::Delegate(Some(id)) => {
                outermost = fault!(DelegateLost, outermost, id);
            }
            Catches::Delegate(None) => return None,
        }
    }
    None
}

/// Puts an exception and its values into the slots where a handler expects them.
fn hand_over(exec: &mut Exec, frame: Frame, handler: &Handler, exception: u64, values: &[u64]) {
    let base = frame.base as usize;
    let Some(slots) = exec.stack.get_mut(base..base + WINDOW) else { return };
    let slot = usize::from(handler.slot);
    if handler.reference == Reference::Before
        && let Some(place) = slots.get_mut(slot.wrapping_sub(1))
    {
        *place = exception;
    }
    let values = if handler.catches == Catches::All { &[] } else { values };
    for (place, value) in slots.iter_mut().skip(slot).zip(values) {
        *place = *value;
    }
    if handler.reference == Reference::After
        && let Some(place) = slots.get_mut(slot + values.len())
    {
        *place = exception;
    }
}

/// The calls of an execution, the innermost first.
pub(crate) fn backtrace(instances: &[InstanceInst], exec: &Exec) -> Vec<CallSite> {
    let frames = core::iter::once(&exec.current).chain(exec.frames.iter().rev());
    let mut calls = Vec::new();
    for frame in frames.take(BACKTRACE) {
        let Some(instance) = instances.get(frame.instance as usize) else { continue };
        if frame.func == EXPRESSION {
            continue;
        }
        let func = frame.func + instance.module.inner.spaces.imported(ExternKind::Func);
        let names = &instance.module.ast().names.funcs;
        let offset = function(instances, exec, *frame)
            .and_then(|function| function.offsets.get(frame.pc.wrapping_sub(1) as usize));
        calls.push(CallSite {
            module: instance.module.clone(),
            func,
            name: names.get(func.into()).map(|name| name.as_str().to_string()),
            offset: offset.copied().unwrap_or(0),
        });
    }
    calls
}
