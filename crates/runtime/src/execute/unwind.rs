//! Exceptions on their way to a handler, and backtraces.

use alloc::vec::Vec;

use crate::code::{Catches, Function, Handler, Reference, WINDOW};
use crate::heap::Payload;
use crate::state::{EXPRESSION, Exec, Frame, InstanceInst, State};
use crate::trap::{BACKTRACE, CallSite};

/// The translated function that a frame executes, if it has been translated.
fn function<'i>(instances: &'i [InstanceInst], exec: &Exec, frame: Frame) -> Option<&'i Function> {
    let instance = instances.get(frame.instance as usize)?;
    let functions = instance.module.inner.functions(exec.instrument);
    functions.get(frame.func as usize)?.get()?.as_ref().ok()
}

/// Continues at the handler of an exception, and returns whether there is one. Without a handler,
/// nothing changes.
pub(crate) fn unwind(
    instances: &[InstanceInst],
    state: &State,
    exec: &mut Exec,
    exception: u64,
) -> bool {
    let Some(object) = state.heap.get(exception) else { return false };
    let Payload::Exn(tag, values) = &object.payload else { return false };
    for level in (0..=exec.frames.len()).rev() {
        let frame = exec.frames.get(level).copied().unwrap_or(exec.current);
        if let Some(function) = function(instances, exec, frame) {
            let tags = instances.get(frame.instance as usize).map_or(&[][..], |i| &i.tags);
            let catches = |handler: &Handler| match handler.catches {
                Catches::Tag(index) => {
                    fault!(CatchAnyTag, true, tags.get(index as usize) == Some(tag))
                }
                Catches::All => true,
                Catches::Delegate(_) => true,
            };
            // The operation that was executed last is the one before `pc`.
            let at = frame.pc.wrapping_sub(1);
            let mut outermost = u32::MAX;
            for handler in &function.handlers {
                let covers = handler.start <= at && at < handler.end;
                if !covers || handler.id > outermost || !catches(handler) {
                    continue;
                }
                if let Catches::Delegate(to) = handler.catches {
                    match to {
                        Some(id) => outermost = fault!(DelegateLost, outermost, id),
                        None => break,
                    }
                    continue;
                }
                let frame_base = frame.base as usize;
                let window = frame_base..frame_base + WINDOW;
                let Some(slots) = exec.stack.get_mut(window) else { break };
                let slot = usize::from(handler.slot);
                if handler.reference == Reference::Before
                    && let Some(place) = slots.get_mut(slot.wrapping_sub(1))
                {
                    *place = exception;
                }
                if handler.catches != Catches::All {
                    for (place, value) in slots.iter_mut().skip(slot).zip(values) {
                        *place = *value;
                    }
                }
                if handler.reference == Reference::After {
                    let more = if handler.catches == Catches::All { 0 } else { values.len() };
                    if let Some(place) = slots.get_mut(slot + more) {
                        *place = exception;
                    }
                }
                exec.current = Frame { pc: handler.target, ..frame };
                exec.frames.truncate(level);
                return true;
            }
        }
    }
    false
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
        let func = frame.func + instance.module.inner.imported_funcs();
        let offset = function(instances, exec, *frame)
            .and_then(|function| function.offsets.get(frame.pc.wrapping_sub(1) as usize));
        calls.push(CallSite {
            func,
            name: instance.module.inner.func_name(func),
            offset: offset.copied().unwrap_or(0),
        });
    }
    calls
}
