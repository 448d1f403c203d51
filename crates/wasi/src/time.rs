//! Clocks and random bytes: those of the host, or reproducible ones.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use crate::abi::{Errno, Result};

/// The clocks of a program, and its way to sleep.
///
/// All times are in nanoseconds.
pub trait Clock: Send {
    /// Returns the time since 1970-01-01 00:00 UTC.
    fn realtime(&mut self) -> u64;

    /// Returns the time since a fixed moment. It never goes back.
    fn monotonic(&mut self) -> u64;

    /// Returns the smallest difference between two times of either clock.
    fn resolution(&self) -> u64 {
        1
    }

    /// Waits until this much time has passed.
    fn sleep(&mut self, time: u64);
}

/// The clocks of the host.
///
/// ```
/// use wattle_wasi::{Clock, SystemClock};
/// let mut clock = SystemClock::default();
/// assert!(clock.monotonic() <= clock.monotonic());
/// ```
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock { start: Instant::now() }
    }
}

/// Returns a duration in nanoseconds, or `u64::MAX` if it is longer.
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}

impl Clock for SystemClock {
    fn realtime(&mut self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, nanos)
    }

    fn monotonic(&mut self) -> u64 {
        nanos(self.start.elapsed())
    }

    fn sleep(&mut self, time: u64) {
        std::thread::sleep(Duration::from_nanos(time));
    }
}

/// A clock that shows the same times in every run. It advances by a microsecond whenever it is
/// read, and sleeping only moves it forward.
///
/// ```
/// use wattle_wasi::{Clock, SteadyClock};
/// let mut clock = SteadyClock::new(1_000_000_000);
/// assert_eq!(clock.realtime(), 1_000_001_000);
/// clock.sleep(500);
/// assert_eq!(clock.monotonic(), 2_500);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SteadyClock {
    start: u64,
    passed: u64,
}

impl SteadyClock {
    /// Makes a clock that starts at this time, in nanoseconds since 1970.
    pub fn new(start: u64) -> SteadyClock {
        SteadyClock { start, passed: 0 }
    }
}

impl Clock for SteadyClock {
    fn realtime(&mut self) -> u64 {
        self.start.saturating_add(self.monotonic())
    }

    fn monotonic(&mut self) -> u64 {
        self.sleep(1000);
        self.passed
    }

    fn resolution(&self) -> u64 {
        1000
    }

    fn sleep(&mut self, time: u64) {
        self.passed = self.passed.saturating_add(time);
    }
}

/// The source of random bytes.
pub(crate) enum Random {
    System,
    /// A sequence that this state determines.
    Seeded(u64),
}

impl Random {
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result {
        match self {
            Random::System => getrandom::fill(bytes).map_err(|_| Errno::IO),
            Random::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut mixed = *state;
                    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                    mixed ^= mixed >> 31;
                    chunk.iter_mut().zip(mixed.to_le_bytes()).for_each(|(to, from)| *to = from);
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
