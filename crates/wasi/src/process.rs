//! Arguments, variables and clocks.

use crate::abi::{Errno, Result};
use crate::guest::Guest;
use crate::state::State;

/// Writes strings one after the other, and their addresses into a list.
pub(crate) fn write_strings(
    memory: &mut Guest<'_>,
    strings: &[Vec<u8>],
    mut list: u32,
    mut to: u32,
) -> Result {
    memory.charge(strings.iter().map(|string| 1 + string.len() as u64 / 8).sum())?;
    for string in strings {
        memory.write_u32(list, to)?;
        memory.write(to, string)?;
        list = list.checked_add(4).ok_or(Errno::FAULT)?;
        to = to.checked_add(u32::try_from(string.len())?).ok_or(Errno::FAULT)?;
    }
    Ok(())
}

/// Writes the number of strings, and the sum of their sizes in bytes.
pub(crate) fn write_sizes(
    memory: &mut Guest<'_>,
    strings: &[Vec<u8>],
    count: u32,
    size: u32,
) -> Result {
    memory.write_u32(count, u32::try_from(strings.len())?)?;
    memory.write_u32(size, u32::try_from(strings.iter().map(Vec::len).sum::<usize>())?)
}

/// Returns the time of a clock. The clocks of processor time (2 and 3) count from the start of the
/// program.
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
