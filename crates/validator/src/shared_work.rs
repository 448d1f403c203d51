//! Bodies that the thread that reads shares with others.
//!
//! Bodies are handed on in portions. An idle thread checks the next portion. While enough portions
//! wait, the calling thread checks the bodies that it reads itself; once all is read, it checks
//! portions too. That bounds memory, and lets validation finish even if no other thread runs.
//!
//! Code that lies in memory is not copied. If the input is not kept while it is read, the thread
//! that checks a body reads it again, or the code is copied if the input cannot be read again.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::num::NonZeroUsize;
use std::thread::{self, Scope};

use wattle_ast::{Body, FuncIdx, Span};

use crate::portion::{Again, Fault, PORTION, Portion, Worker};
use crate::team::{StopOnDrop, Team};
use crate::validator::{body_start, placed};
use crate::{Error, Types};

/// The number of bytes of code from which one more thread pays off.
const WORTH_A_THREAD: usize = 1 << 18;

/// The number of waiting portions, for each other thread, from which the calling thread checks
/// bodies itself. It is large, so that the others stay busy while the sections behind the code are
/// read.
const AMPLE_PORTIONS: usize = 80;

/// The number of portions that may wait, for each other thread.
const MOST_PORTIONS: usize = 128;

/// The bodies that the calling thread reads. They are checked on it and on other threads.
pub(crate) struct SharedWork<'scope, 'env, 'a> {
    worker: Worker,
    /// The input, if bodies are read again by the thread that checks them.
    again: Option<&'a Again<'a>>,
    team: &'scope Team<'a>,
    scope: &'scope Scope<'scope, 'env>,
    /// The number of threads that may still start.
    others: usize,
    /// The number of other threads that share the work.
    threads: usize,
    /// While the calling thread checks bodies itself, the types that they are checked against.
    own: Option<Arc<Types>>,
    /// The number of bytes of code that were handed on since the last thread started.
    handed: usize,
    /// The number of the current item.
    item: u32,
    /// The next portion, and its size in bytes of code.
    portion: Portion<'a>,
    size: usize,
}

/// Calls `read` with the work that it shares with other threads: `threads` with the calling one, or
/// one per core without a number. They start when there is enough code for them, and end before the
/// call returns. `most` is the number of errors that are wanted.
pub(crate) fn share<'a, T>(
    threads: Option<NonZeroUsize>,
    most: usize,
    again: Option<&'a Again<'a>>,
    read: impl FnOnce(&mut SharedWork<'_, '_, 'a>) -> T,
) -> T {
    let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let others = threads.map_or_else(cores, NonZeroUsize::get) - 1;
    let team = Team::new(most);
    thread::scope(|scope| {
        let _end = StopOnDrop(&team);
        read(&mut SharedWork {
            worker: Worker::default(),
            again,
            team: &team,
            scope,
            others,
            threads: others,
            own: None,
            handed: 0,
            item: 0,
            portion: Portion::default(),
            size: 0,
        })
    })
}

impl<'a> SharedWork<'_, '_, 'a> {
    /// Begins bodies that are checked against these types. Returns the number of the item with the
    /// first body.
    pub(crate) fn begin(&mut self, types: Arc<Types>) -> u32 {
        self.team.set_types(types);
        self.look_at_others();
        self.item.saturating_add(1)
    }

    /// Counts an item that is not a body.
    pub(crate) fn next_item(&mut self) {
        if !self.portion.is_empty() {
            self.cut();
        }
        self.item = self.item.saturating_add(1);
    }

    /// Takes the body of a function, which lasts as long as the work.
    pub(crate) fn hold(&mut self, func: FuncIdx, span: Option<Span>, body: &Body<'a>) {
        if self.is_for_portion(func, span, body) {
            self.portion.hold(self.item, func, span, body.clone());
            self.look_at_size();
        }
    }

    /// Takes the body of a function, which is gone after the call, from an entry of a code section.
    pub(crate) fn keep(&mut self, func: FuncIdx, span: Span, body: &Body<'_>, entry: &[u8]) {
        if self.is_for_portion(func, Some(span), body) {
            self.portion.keep(self.item, func, span, entry, self.again);
            self.look_at_size();
        }
    }

    /// Checks a body at once, or returns that it must be added to the portion.
    fn is_for_portion(&mut self, func: FuncIdx, span: Option<Span>, body: &Body<'_>) -> bool {
        self.item = self.item.saturating_add(1);
        // Even an empty body takes some time.
        let size = 16 + body.bytes().len();
        // A long body at the end of a portion would leave all threads but one idle.
        if size >= PORTION {
            self.cut();
        }
        self.size += size;
        match &self.own {
            // A long body is handed on, so that another thread begins with it early.
            Some(types) if size < PORTION || self.threads == 0 => {
                if let Err(error) = self.worker.validator.body(types, func, body) {
                    self.fault(placed(error, body_start(span, body), body));
                }
                self.look_at_size();
                false
            }
            _ => true,
        }
    }

    /// Adds an error of the current item.
    #[cold]
    pub(crate) fn fault(&self, error: Error) {
        self.team.add_fault((self.item, error));
    }

    fn look_at_size(&mut self) {
        if self.size >= PORTION {
            self.cut();
        }
    }

    /// Ends the portion, and hands it on. When too many wait, the calling thread checks some of
    /// them first.
    fn cut(&mut self) {
        let size = mem::take(&mut self.size);
        if !self.portion.is_empty() {
            self.handed += size;
            if self.handed >= WORTH_A_THREAD && self.others > 0 {
                self.handed = 0;
                self.start();
            }
            self.team.relieve(&mut self.worker, MOST_PORTIONS.saturating_mul(self.threads));
            self.portion = self.team.add(mem::take(&mut self.portion));
        }
        self.look_at_others();
    }

    /// Finds out whether the other threads are busy for a while.
    fn look_at_others(&mut self) {
        self.own = self.team.types_if_busy(AMPLE_PORTIONS.saturating_mul(self.threads));
    }

    fn start(&mut self) {
        let team = self.team;
        let work = move || {
            let _end = StopOnDrop(team);
            team.work(&mut Worker::default());
        };
        // If no thread can start, those that run do all the work.
        let thread = thread::Builder::new().spawn_scoped(self.scope, work);
        self.others = if thread.is_ok() { self.others - 1 } else { 0 };
    }

    /// Checks the remaining bodies with the other threads, and returns the errors so far, with the
    /// numbers of their items, in order.
    pub(crate) fn finish(&mut self) -> Vec<Fault> {
        self.cut();
        self.own = None;
        self.team.finish(&mut self.worker)
    }
}
