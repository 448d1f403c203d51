//! The threads that share the work of one input: portions that wait, and the errors found so far.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::Types;
use crate::portion::{Fault, Portion, Worker};

/// The number of waiting portions from which an idle thread is woken.
const WORTH_WAKING: usize = 4;

struct State<'a> {
    portions: VecDeque<Portion<'a>>,
    /// Empty portions, whose memory is used again.
    spare: Vec<Portion<'a>>,
    /// The types that bodies are checked against.
    types: Arc<Types>,
    faults: Vec<Fault>,
    /// Items behind this one need no check, since enough errors were found up to it.
    last: u32,
    /// The number of threads that wait for a portion.
    idle: usize,
    /// The number of portions that are being checked.
    busy: usize,
    is_stopped: bool,
}

impl<'a> State<'a> {
    /// The next portion that is worth a check.
    fn take(&mut self) -> Option<Portion<'a>> {
        loop {
            let portion = self.portions.pop_front()?;
            if portion.item() <= self.last {
                return Some(portion);
            }
        }
    }

    /// Whether all portions were checked.
    fn is_done(&self) -> bool {
        self.is_stopped || (self.portions.is_empty() && self.busy == 0)
    }

    /// Adds errors, and keeps the first `most` of all.
    fn add(&mut self, faults: impl IntoIterator<Item = Fault>, most: usize) {
        self.faults.extend(faults);
        if self.faults.len() >= most {
            self.faults.sort_by_key(|&(item, _)| item);
            self.faults.truncate(most);
            self.last = self.faults.last().map_or(self.last, |&(item, _)| item);
        }
    }
}

/// The state that all threads share.
pub(crate) struct Team<'a> {
    state: Mutex<State<'a>>,
    /// Wakes idle threads.
    more: Condvar,
    /// Wakes the thread that waits until all portions are checked.
    done: Condvar,
    max_errors: usize,
}

impl<'a> Team<'a> {
    pub(crate) fn new(max_errors: usize) -> Team<'a> {
        let state = State {
            portions: VecDeque::new(),
            spare: Vec::new(),
            types: Arc::default(),
            faults: Vec::new(),
            last: u32::MAX,
            idle: 0,
            busy: 0,
            is_stopped: false,
        };
        Team { state: Mutex::new(state), more: Condvar::new(), done: Condvar::new(), max_errors }
    }

    /// No code panics while it holds the lock, so a poisoned lock is sound.
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the types that bodies are checked against.
    pub(crate) fn set_types(&self, types: Arc<Types>) {
        self.lock().types = types;
    }

    /// The types that bodies are checked against, if at least `ample` portions wait.
    pub(crate) fn types_if_busy(&self, ample: usize) -> Option<Arc<Types>> {
        let state = self.lock();
        (state.portions.len() >= ample).then(|| Arc::clone(&state.types))
    }

    /// Adds an error.
    pub(crate) fn add_fault(&self, fault: Fault) {
        self.lock().add([fault], self.max_errors);
    }

    /// Adds a portion, and returns an empty one. A body that fills a portion alone comes first, and
    /// is checked at once if a thread is idle. For other portions, an idle thread is woken only
    /// when a few of them wait, since a thread that is faster than the one that reads would be
    /// woken for each.
    pub(crate) fn add(&self, portion: Portion<'a>) -> Portion<'a> {
        let mut state = self.lock();
        let is_long = portion.len() == 1;
        match is_long {
            true => state.portions.push_front(portion),
            false => state.portions.push_back(portion),
        }
        if state.idle > 0 && (is_long || state.portions.len() >= WORTH_WAKING) {
            self.more.notify_one();
        }
        state.spare.pop().unwrap_or_default()
    }

    /// Checks portions while at least `most` wait.
    pub(crate) fn relieve(&self, worker: &mut Worker, most: usize) {
        let mut state = self.lock();
        while state.portions.len() >= most
            && let Some(portion) = state.take()
        {
            state = self.check(state, portion, worker);
        }
    }

    /// Checks portions until the team is stopped.
    pub(crate) fn work(&self, worker: &mut Worker) {
        let mut state = self.lock();
        while !state.is_stopped {
            if let Some(portion) = state.take() {
                state = self.check(state, portion, worker);
            } else {
                state.idle += 1;
                state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    /// Checks the remaining portions with the other threads, and returns all errors, in order.
    pub(crate) fn finish(&self, worker: &mut Worker) -> Vec<Fault> {
        let mut state = self.lock();
        self.more.notify_all();
        loop {
            if let Some(portion) = state.take() {
                state = self.check(state, portion, worker);
            } else if state.is_done() {
                break;
            } else {
                state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        // The caller may change them again without a copy.
        state.types = Arc::default();
        let mut faults = mem::take(&mut state.faults);
        faults.sort_by_key(|&(item, _)| item);
        faults
    }

    fn check<'t>(
        &'t self,
        mut state: MutexGuard<'t, State<'a>>,
        portion: Portion<'a>,
        worker: &mut Worker,
    ) -> MutexGuard<'t, State<'a>> {
        state.busy += 1;
        let types = Arc::clone(&state.types);
        drop(state);
        let mut faults = Vec::new();
        portion.check(&types, worker, &mut faults, self.max_errors);
        drop(types);
        let portion = portion.cleared();
        state = self.lock();
        state.busy -= 1;
        state.add(faults, self.max_errors);
        state.spare.push(portion);
        if state.is_done() {
            self.done.notify_one();
        }
        state
    }
}

/// Makes all threads stop when it is dropped, even when its thread panics.
pub(crate) struct StopOnDrop<'t, 'a>(pub(crate) &'t Team<'a>);

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.portions.clear();
        state.is_stopped = true;
        self.0.more.notify_all();
        self.0.done.notify_all();
    }
}
