//! The state of a program, and [`Wasi`], which holds it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wattle_runtime::Trap;

use crate::abi::Result;
use crate::descriptors::Descriptors;
use crate::guest::Guest;
use crate::time::{Clock, Random};

/// The state of a program that the functions work on.
pub(crate) struct State {
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) fds: Descriptors,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) random: Random,
    /// The time at which waiting ends, and the execution with it.
    pub(crate) deadline: Option<Instant>,
}

/// WASI for one program, made by a [`Builder`](crate::Builder). Clones share their state.
#[derive(Clone)]
pub struct Wasi(pub(crate) Arc<Mutex<State>>);

impl fmt::Debug for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wasi")
    }
}

impl Wasi {
    /// Writes the buffered output. Call it when the program has ended.
    ///
    /// # Errors
    /// The first error of a write.
    pub fn flush(&self) -> io::Result<()> {
        lock(&self.0).fds.flush()
    }
}

impl State {
    /// Returns the time that is left until the deadline; `None` without one.
    pub(crate) fn patience(&self) -> Option<Duration> {
        Some(self.deadline?.saturating_duration_since(Instant::now()))
    }

    /// Returns whether the deadline has passed.
    pub(crate) fn is_late(&self) -> bool {
        self.patience() == Some(Duration::ZERO)
    }
}

/// Ends an execution whose deadline has passed.
pub(crate) fn interrupt<T>(memory: &mut Guest<'_>) -> Result<T> {
    memory.stop(Trap::Interrupted.into())
}

pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
