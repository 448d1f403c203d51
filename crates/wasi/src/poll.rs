//! `poll_oneoff`: waiting for clocks and descriptors.

use std::io::Seek;
use std::time::Duration;

use crate::abi::{Errno, Result};
use crate::descriptors::Kind;
use crate::guest::{Guest, le_u32, le_u64};
use crate::process::time;
use crate::rights;
use crate::state::{State, interrupt};
use crate::time::nanos;

/// The event that a subscription waits for.
#[derive(Clone, Copy)]
enum Event {
    /// The moment that is this many nanoseconds from now.
    Clock(u64),
    Read(u32),
    Write(u32),
}

#[derive(Clone, Copy)]
struct Subscription {
    user: u64,
    event: Event,
}

/// The size of a subscription in bytes.
const SUBSCRIPTION: u32 = 48;
/// The size of an event in bytes.
const EVENT: u32 = 32;

/// The fuel for a subscription, for asking the system about its descriptor.
const CHECK: u32 = 250;

/// The most subscriptions of a call.
const MAX_SUBSCRIPTIONS: u32 = 1 << 16;

/// A subscription that is ready, with the number of bytes to read or an error.
type Ready = (Subscription, Result<u64>);

pub(crate) fn poll_oneoff(
    state: &mut State,
    memory: &mut Guest<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    to: u32,
) -> Result {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::INVAL);
    }
    let records = memory.slice(subscriptions, SUBSCRIPTION * count)?;
    let subscriptions: Vec<_> = records
        .chunks_exact(SUBSCRIPTION as usize)
        .map(|record| subscription(state, record))
        .collect::<Result<_>>()?;
    memory.slice(events, EVENT * count)?;
    memory.charge((CHECK * count).into())?;
    memory.slice(to, 4)?;
    // Output must be seen before the program waits. Its errors are for the next write to report.
    let _ = state.fds.flush();
    let ready = wait(state, &subscriptions);
    if ready.is_empty() {
        return interrupt(memory);
    }
    let mut address = events;
    for (subscription, result) in &ready {
        let mut record = [0; EVENT as usize];
        let errno = result.err().map_or(0, Errno::number);
        record[..8].copy_from_slice(&subscription.user.to_le_bytes());
        record[8..10].copy_from_slice(&errno.to_le_bytes());
        record[10] = match subscription.event {
            Event::Clock(_) => 0,
            Event::Read(_) => 1,
            Event::Write(_) => 2,
        };
        record[16..24].copy_from_slice(&result.unwrap_or(0).to_le_bytes());
        memory.write(address, &record)?;
        address = address.checked_add(EVENT).ok_or(Errno::FAULT)?;
    }
    memory.write_u32(to, u32::try_from(ready.len())?)
}

/// Reads a subscription. An absolute time becomes the time from now until then.
fn subscription(state: &mut State, record: &[u8]) -> Result<Subscription> {
    let at = |offset: usize| record.get(offset..).unwrap_or_default();
    let event = match at(8).first() {
        Some(0) => {
            let (clock, timeout) = (le_u32(at(16)), le_u64(at(24)));
            match at(40).first() {
                Some(0) => {
                    time(state, clock)?;
                    Event::Clock(timeout)
                }
                Some(1) => Event::Clock(timeout.saturating_sub(time(state, clock)?)),
                _ => return Err(Errno::INVAL),
            }
        }
        Some(1) => Event::Read(le_u32(at(16))),
        Some(2) => Event::Write(le_u32(at(16))),
        _ => return Err(Errno::INVAL),
    };
    Ok(Subscription { user: le_u64(at(0)), event })
}

/// Returns the result of an event if it is ready, after waiting for input for at most `patience`.
fn look(state: &mut State, event: Event, patience: Option<Duration>) -> Option<Result<u64>> {
    let (fd, reads) = match event {
        Event::Clock(0) => return Some(Ok(0)),
        Event::Clock(_) => return None,
        Event::Read(fd) => (fd, true),
        Event::Write(fd) => (fd, false),
    };
    let descriptor = match state.fds.get_mut(fd) {
        Ok(descriptor) => descriptor,
        Err(errno) => return Some(Err(errno)),
    };
    let right = if reads { rights::FD_READ } else { rights::FD_WRITE };
    if let Err(errno) = descriptor.needs(right | rights::POLL_FD_READWRITE) {
        return Some(Err(errno));
    }
    match &mut descriptor.kind {
        Kind::Input(input) if reads => input.wait(patience).then_some(Ok(1)),
        Kind::File(file) if reads => {
            let rest =
                file.stream_position().and_then(|at| Ok(file.metadata()?.len().saturating_sub(at)));
            Some(rest.map_err(Errno::from))
        }
        Kind::File(_) | Kind::Output(_) if !reads => Some(Ok(0)),
        _ => Some(Err(Errno::BADF)),
    }
}

/// Sleeps until `time` nanoseconds have passed or the deadline comes.
fn sleep(state: &mut State, time: u64) {
    let most = state.patience().map_or(u64::MAX, nanos);
    state.clock.sleep(time.min(most));
    // A clock that was set with the builder need not take real time, so the deadline may still be
    // far.
    if time > most && !state.is_late() {
        state.clock.sleep(time - most);
    }
}

/// Waits until a subscription is ready. The list is empty when the deadline comes first.
fn wait(state: &mut State, subscriptions: &[Subscription]) -> Vec<Ready> {
    let now = |state: &mut State, patience| -> Vec<Ready> {
        let found = subscriptions.iter().filter_map(|subscription| {
            Some((*subscription, look(state, subscription.event, patience)?))
        });
        found.collect()
    };
    let ready = now(state, Some(Duration::ZERO));
    if !ready.is_empty() {
        return ready;
    }
    let times = subscriptions.iter().filter_map(|subscription| match subscription.event {
        Event::Clock(time) => Some(time),
        _ => None,
    });
    let first = times.min();
    // Input may arrive before the first of the times.
    let waits = |subscription: &&Subscription| matches!(subscription.event, Event::Read(_));
    if let Some(input) = subscriptions.iter().find(waits) {
        let first = first.map(Duration::from_nanos);
        let most = [first, state.patience()].into_iter().flatten().min();
        if let Some(result) = look(state, input.event, most) {
            return vec![(*input, result)];
        }
    } else if let Some(time) = first {
        sleep(state, time);
    }
    if state.is_late() {
        return Vec::new();
    }
    let due = subscriptions.iter().filter(|subscription| match subscription.event {
        Event::Clock(time) => Some(time) == first,
        _ => false,
    });
    due.map(|subscription| (*subscription, Ok(0))).collect()
}
