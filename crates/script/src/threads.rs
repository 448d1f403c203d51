//! Threads of scripts: they take turns of a few instructions each, as the seed decides.

use alloc::string::String;
use alloc::vec::Vec;

use wattle_runtime::{Store, Suspended};
use wattle_wat::script::{self, Directive};

use super::scope::Scope;

/// The most instructions of a turn.
const TURN: u64 = 40;

/// A thread that runs, waits, or has ended.
pub(super) struct Thread<'s> {
    name: String,
    pub(super) scope: Scope,
    /// What it has yet to do.
    pub(super) directives: &'s [Directive<'s>],
    /// The call that the first of the directives is in the middle of; with a timeout when it waits.
    pub(super) call: Option<(Suspended, Option<i64>)>,
    /// The fuel that its turns left over.
    pub(super) credit: u64,
}

impl Thread<'_> {
    fn has_ended(&self) -> bool {
        self.directives.is_empty()
    }

    fn is_ready(&self, store: &Store) -> bool {
        let waits = match &self.call {
            Some((call, Some(_))) => call.is_waiting(store),
            _ => false,
        };
        !self.has_ended() && !waits
    }

    /// The time after which it goes on without a notification.
    fn timeout(&self) -> Option<i64> {
        let (_, timeout) = self.call.as_ref()?;
        timeout.filter(|&timeout| timeout >= 0)
    }
}

/// The threads of a script.
pub(super) struct Threads<'s> {
    list: Vec<Thread<'s>>,
    seed: u64,
}

impl<'s> Threads<'s> {
    pub(super) fn new(seed: u64) -> Threads<'s> {
        Threads { list: Vec::new(), seed }
    }

    pub(super) fn start(&mut self, thread: &'s script::Thread<'s>, scope: Scope) {
        self.list.push(Thread {
            name: thread.id.text.as_str().into(),
            scope,
            directives: &thread.directives,
            call: None,
            credit: 0,
        });
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Thread<'s>> {
        self.list.get_mut(place)
    }

    /// Whether a thread of this name has ended; `None` when there is none.
    pub(super) fn has_ended(&self, name: &str) -> Option<bool> {
        let mut named = self.list.iter().filter(|thread| thread.name == name).peekable();
        named.peek()?;
        Some(named.any(Thread::has_ended))
    }

    /// A number below `most`.
    fn random(&mut self, most: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31).checked_rem(most).unwrap_or(0)
    }

    /// How many instructions the next turn of a thread may take beside what it has left over.
    pub(super) fn fuel(&mut self) -> u64 {
        1 + self.random(TURN)
    }

    /// The place of the thread whose turn is next; `None` when all wait forever.
    pub(super) fn next(&mut self, store: &Store) -> Option<usize> {
        let places = || self.list.iter().enumerate();
        let ready: Vec<_> = places().filter(|(_, t)| t.is_ready(store)).map(|(at, _)| at).collect();
        if ready.is_empty() {
            // Nobody can go on: time passes until the first timeout.
            return places().filter_map(|(at, t)| Some((t.timeout()?, at))).min().map(|(_, at)| at);
        }
        let chosen = self.random(ready.len() as u64) as usize;
        ready.get(chosen).copied()
    }
}
