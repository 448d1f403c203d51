//! The threads that share the work of one module: portions that wait, and the errors found so far.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::portion::{Fault, Portion, Worker};
use crate::{Errors, Types, Validator};

/// The number of waiting portions from which an idle thread is woken.
const WORTH_WAKING: usize = 4;

pub(crate) struct State<'a> {
    pub(crate) portions: VecDeque<Portion<'a>>,
    /// Empty portions, whose memory is used again.
    pub(crate) spare: Vec<Portion<'a>>,
    /// The types that bodies are checked against.
    pub(crate) types: Arc<Types>,
    faults: Vec<Fault>,
    /// Items behind this one need no check, since enough errors were found up to it.
    last: u32,
    /// The number of idle threads.
    idle: usize,
    is_all_read: bool,
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

    /// Whether all portions were taken, and no more will come.
    pub(crate) fn is_over(&self) -> bool {
        self.is_all_read && self.portions.is_empty()
    }

    /// Adds errors, and keeps the first `most` of all.
    pub(crate) fn add(&mut self, faults: impl IntoIterator<Item = Fault>, most: usize) {
        self.faults.extend(faults);
        if self.faults.len() >= most {
            self.faults.sort_by_key(|&(item, _)| item);
            self.faults.truncate(most);
            self.last = self.faults.last().map_or(self.last, |&(item, _)| item);
        }
    }

    fn stop(&mut self) {
        self.portions.clear();
        self.is_all_read = true;
    }
}

/// The state that all threads share.
pub(crate) struct Team<'a> {
    state: Mutex<State<'a>>,
    /// Wakes idle threads.
    changed: Condvar,
    pub(crate) max_errors: usize,
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
            is_all_read: false,
        };
        Team { state: Mutex::new(state), changed: Condvar::new(), max_errors }
    }

    /// No code panics while it holds the lock, so a poisoned lock is sound.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a portion. A body that fills a portion alone comes first, and is checked at once if a thread
    /// is idle. Of other portions a few must wait, so that threads that are faster than the one that reads
    /// are not woken for each.
    pub(crate) fn add(&self, portion: Portion<'a>) {
        let mut state = self.lock();
        let is_long = portion.len() == 1;
        match is_long {
            true => state.portions.push_front(portion),
            false => state.portions.push_back(portion),
        }
        if state.idle > 0 && (is_long || state.portions.len() >= WORTH_WAKING) {
            self.changed.notify_one();
        }
    }

    /// The types that bodies are checked against, if at least `ample` portions wait.
    pub(crate) fn types_if_busy(&self, ample: usize) -> Option<Arc<Types>> {
        let state = self.lock();
        (state.portions.len() >= ample).then(|| Arc::clone(&state.types))
    }

    /// Says that no more portions come.
    pub(crate) fn all_read(&self) {
        self.lock().is_all_read = true;
        self.changed.notify_all();
    }

    /// Checks portions, and waits for more, until `enough` holds.
    pub(crate) fn work(&self, worker: &mut Worker, enough: impl Fn(&State<'a>) -> bool) {
        let mut state = self.lock();
        while !enough(&state) {
            if let Some(portion) = state.take() {
                let (types, mut faults) = (Arc::clone(&state.types), Vec::new());
                drop(state);
                portion.check(&types, worker, &mut faults, self.max_errors);
                let portion = portion.cleared();
                state = self.lock();
                state.add(faults, self.max_errors);
                state.spare.push(portion);
            } else if !enough(&state) {
                state.idle += 1;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    /// Sorts the errors, and finishes the module.
    pub(crate) fn finish(self, mut validator: Validator) -> Result<Types, Errors> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.faults.sort_by_key(|&(item, _)| item);
        state.faults.truncate(self.max_errors);
        drop(state.types);
        validator.errors = state.faults.into_iter().map(|(_, error)| error).collect();
        validator.is_broken |= validator.errors.len() >= self.max_errors;
        validator.finish()
    }
}

/// Makes all threads stop when it is dropped, even when its thread panics.
pub(crate) struct StopOnDrop<'t, 'a>(pub(crate) &'t Team<'a>);

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().stop();
        self.0.changed.notify_all();
    }
}
