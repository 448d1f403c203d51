//! Threads of scripts: they take turns of a few instructions each, as the seed decides.
//!
//! A thread is in one of four places: it is ready for a turn, it waits in a call for a
//! notification, it waits for another thread to end, or it has ended. Only the threads that can go
//! on are looked at.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_runtime::{Store, Suspended};
use wattle_wat::script::{self, Directive};

use super::scope::Scope;

/// The most fuel of a turn.
const TURN: u64 = 40;

/// A thread that has not ended.
#[derive(Default)]
pub(super) struct Thread<'s> {
    pub(super) scope: Scope,
    /// The directives that the thread has yet to execute.
    pub(super) directives: &'s [Directive<'s>],
    /// The suspended call of the first of these directives, if it has begun.
    pub(super) call: Option<Suspended>,
}

/// The condition for the next turn of a thread.
pub(super) enum Next {
    Ready,
    /// The thread waits for a notification. The number is the timeout in nanoseconds; a negative
    /// number stands for none.
    Notified(i64),
    /// The thread waits until another one has ended.
    Ended(usize),
}

/// The threads of a script. A thread is identified by its number in the order in which they start.
pub(super) struct Threads<'s> {
    /// The last thread of each name.
    names: BTreeMap<&'s str, usize>,
    /// The threads; `None` for a thread that has ended or is taking its turn.
    list: Vec<Option<Thread<'s>>>,
    ready: Vec<usize>,
    /// The threads that wait for notifications, with their timeouts.
    waiting: BTreeMap<usize, i64>,
    /// The threads that wait until the thread with this number has ended.
    joining: BTreeMap<usize, Vec<usize>>,
    ended: BTreeSet<usize>,
    seed: u64,
}

impl<'s> Threads<'s> {
    pub(super) fn new(seed: u64) -> Threads<'s> {
        Threads {
            names: BTreeMap::new(),
            list: Vec::new(),
            ready: Vec::new(),
            waiting: BTreeMap::new(),
            joining: BTreeMap::new(),
            ended: BTreeSet::new(),
            seed,
        }
    }

    pub(super) fn start(&mut self, thread: &'s script::Thread<'s>, scope: Scope) {
        let number = self.list.len();
        self.names.insert(&thread.id.text, number);
        self.list.push(Some(Thread { scope, directives: &thread.directives, call: None }));
        match thread.directives.is_empty() {
            true => self.end(number),
            false => self.ready.push(number),
        }
    }

    /// Forgets all threads.
    pub(super) fn clear(&mut self) {
        *self = Threads::new(self.seed);
    }

    /// Returns the last thread of a name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(super) fn has_ended(&self, number: usize) -> bool {
        self.ended.contains(&number)
    }

    /// Returns a random number below `most`, or 0 if `most` is 0.
    fn random(&mut self, most: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31).checked_rem(most).unwrap_or(0)
    }

    /// Returns the fuel of the next turn, which is random.
    pub(super) fn fuel(&mut self) -> u64 {
        1 + self.random(TURN)
    }

    /// Takes out the thread whose turn is next; `None` when all wait forever.
    pub(super) fn next(&mut self, store: &Store) -> Option<(usize, Thread<'s>)> {
        if store.waiting() < self.waiting.len() {
            let list = &self.list;
            let waits = |number: usize| {
                let call = list.get(number)?.as_ref()?.call.as_ref()?;
                Some(call.is_waiting(store))
            };
            let ready = &mut self.ready;
            self.waiting.retain(|&number, _| {
                let stays = waits(number) == Some(true);
                if !stays {
                    ready.push(number);
                }
                stays
            });
        }
        let number = match self.random(self.ready.len() as u64) as usize {
            chosen if chosen < self.ready.len() => self.ready.swap_remove(chosen),
            _ => {
                // No thread can go on: time passes until the first timeout.
                let timeouts = self.waiting.iter().filter(|(_, timeout)| **timeout >= 0);
                let (&number, _) =
                    timeouts.min_by_key(|(number, timeout)| (**timeout, **number))?;
                self.waiting.remove(&number);
                number
            }
        };
        Some((number, self.list.get_mut(number)?.take()?))
    }

    /// Puts a thread back after its turn.
    pub(super) fn put_back(&mut self, number: usize, thread: Thread<'s>, next: Next) {
        if thread.directives.is_empty() {
            return self.end(number);
        }
        match next {
            Next::Ready => self.ready.push(number),
            Next::Notified(timeout) => drop(self.waiting.insert(number, timeout)),
            Next::Ended(other) => self.joining.entry(other).or_default().push(number),
        }
        if let Some(place) = self.list.get_mut(number) {
            *place = Some(thread);
        }
    }

    fn end(&mut self, number: usize) {
        if let Some(place) = self.list.get_mut(number) {
            *place = None;
        }
        self.ended.insert(number);
        self.ready.extend(self.joining.remove(&number).unwrap_or_default());
    }
}
