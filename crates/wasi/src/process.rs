//! Arguments, variables, clocks, random bytes, signals; and sockets, of which there are none.
#![allow(clippy::too_many_arguments)] // They are the interface's.

use crate::abi::{Errno, Result};
use crate::define::State;
use crate::guest::Guest;

/// Writes strings one after the other, and their addresses into a list.
fn put(memory: &mut Guest<'_>, strings: &[Vec<u8>], mut list: u32, mut to: u32) -> Result {
    for string in strings {
        memory.write_u32(list, to)?;
        memory.write(to, string)?;
        list = list.checked_add(4).ok_or(Errno::FAULT)?;
        to = to.checked_add(u32::try_from(string.len())?).ok_or(Errno::FAULT)?;
    }
    Ok(())
}

/// How many strings, and how many bytes.
fn sizes(memory: &mut Guest<'_>, strings: &[Vec<u8>], count: u32, size: u32) -> Result {
    memory.write_u32(count, u32::try_from(strings.len())?)?;
    memory.write_u32(size, u32::try_from(strings.iter().map(Vec::len).sum::<usize>())?)
}

pub(crate) fn args_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    argv: u32,
    buffer: u32,
) -> Result {
    put(memory, &state.args, argv, buffer)
}

pub(crate) fn args_sizes_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    count: u32,
    size: u32,
) -> Result {
    sizes(memory, &state.args, count, size)
}

pub(crate) fn environ_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    environ: u32,
    buffer: u32,
) -> Result {
    put(memory, &state.env, environ, buffer)
}

pub(crate) fn environ_sizes_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    count: u32,
    size: u32,
) -> Result {
    sizes(memory, &state.env, count, size)
}

/// The time of a clock. Time of the processor is the time since the program began: it has the
/// processor to itself.
pub(crate) fn time(state: &mut State, clock: u32) -> Result<u64> {
    match clock {
        0 => Ok(state.clock.realtime()),
        1..=3 => Ok(state.clock.monotonic()),
        _ => Err(Errno::INVAL),
    }
}

pub(crate) fn clock_res_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    clock: u32,
    to: u32,
) -> Result {
    if clock > 3 {
        return Err(Errno::INVAL);
    }
    memory.write_u64(to, state.clock.resolution())
}

pub(crate) fn clock_time_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    clock: u32,
    _precision: u64,
    to: u32,
) -> Result {
    let time = time(state, clock)?;
    memory.write_u64(to, time)
}

/// There are no signals.
pub(crate) fn proc_raise(_: &mut State, _: &mut Guest<'_>, _signal: u32) -> Result {
    Err(Errno::NOTSUP)
}

pub(crate) fn sched_yield(_: &mut State, _: &mut Guest<'_>) -> Result {
    std::thread::yield_now();
    Ok(())
}

pub(crate) fn random_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    buffer: u32,
    len: u32,
) -> Result {
    state.random.fill(memory.slice_mut(buffer, len)?)
}

/// No descriptor is a socket.
fn no_socket(state: &State, fd: u32) -> Result {
    state.fds.get(fd).and(Err(Errno::NOTSOCK))
}

pub(crate) fn sock_accept(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    _flags: u32,
    _to: u32,
) -> Result {
    no_socket(state, fd)
}

pub(crate) fn sock_recv(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    _data: u32,
    _count: u32,
    _flags: u32,
    _size: u32,
    _out: u32,
) -> Result {
    no_socket(state, fd)
}

pub(crate) fn sock_send(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    _data: u32,
    _count: u32,
    _flags: u32,
    _size: u32,
) -> Result {
    no_socket(state, fd)
}

pub(crate) fn sock_shutdown(state: &mut State, _: &mut Guest<'_>, fd: u32, _how: u32) -> Result {
    no_socket(state, fd)
}
