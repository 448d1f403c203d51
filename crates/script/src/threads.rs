//! Threads of scripts: they take turns of a few instructions each, as the seed decides.

use alloc::string::{String, ToString};

use wattle_runtime::{Outcome, Suspended, Trap};
use wattle_wat::script::{self, Directive, Word};

use super::runner::{Runner, Scope, find};

/// The most instructions of a turn.
const TURN: u64 = 40;

/// A thread that runs, waits, or has ended.
pub(super) struct Thread<'s> {
    name: String,
    scope: Scope,
    directives: &'s [Directive<'s>],
    /// The call that the first of the directives is in the middle of.
    call: Option<(Suspended, Option<i64>)>,
    /// The fuel that its turns left over.
    credit: u64,
}

impl<'s> Runner<'s> {
    /// A thread knows no instance but the one that it shares; what is registered, all know.
    pub(super) fn start_thread(
        &mut self,
        scope: &Scope,
        directive: &'s Directive<'s>,
        thread: &'s script::Thread<'s>,
    ) {
        let mut own = Scope::default();
        if let Some(shared) = &thread.shared {
            match find(scope, Some(shared)) {
                Ok(instance) => own.name(Some(shared), instance),
                Err(error) => self.fail(directive, "success", error.to_string()),
            }
        }
        self.threads.push(Thread {
            name: thread.id.text.as_str().into(),
            scope: own,
            directives: &thread.directives,
            call: None,
            credit: 0,
        });
    }

    /// A number below `most`.
    fn random(&mut self, most: u64) -> u64 {
        self.turn = self.turn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.turn;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31).checked_rem(most).unwrap_or(0)
    }

    /// Lets all threads take turns until the named one has ended.
    pub(super) fn wait(&mut self, directive: &Directive<'_>, name: &Word<'_>) {
        let known = |thread: &Thread<'_>| thread.name == name.text.as_str();
        if !self.threads.iter().any(known) {
            return self.fail(directive, "a thread", "no such thread");
        }
        loop {
            let ended = |thread: &Thread<'_>| known(thread) && thread.directives.is_empty();
            if self.threads.iter().any(ended) {
                return;
            }
            let blocked = |thread: &Thread<'_>| match &thread.call {
                Some((call, Some(_))) => call.is_waiting(&self.store),
                _ => false,
            };
            let live = |thread: &Thread<'_>| !thread.directives.is_empty();
            let ready = self.threads.iter().filter(|t| live(t) && !blocked(t)).count();
            let next = if ready > 0 {
                let chosen = self.random(ready as u64) as usize;
                let blocked = |thread: &Thread<'_>| match &thread.call {
                    Some((call, Some(_))) => call.is_waiting(&self.store),
                    _ => false,
                };
                let mut places = self.threads.iter().enumerate();
                places
                    .by_ref()
                    .filter(|(_, t)| live(t) && !blocked(t))
                    .nth(chosen)
                    .map(|(at, _)| at)
            } else {
                // Nobody can go on: time passes until the first timeout.
                let timeout = |thread: &Thread<'_>| match thread.call {
                    Some((_, Some(timeout))) if timeout >= 0 => Some(timeout),
                    _ => None,
                };
                let waiting = self.threads.iter().enumerate();
                waiting.filter_map(|(at, t)| Some((timeout(t)?, at))).min().map(|(_, at)| at)
            };
            let Some(next) = next else {
                self.threads.clear();
                return self.fail(directive, "the thread to end", Trap::Deadlock.to_string());
            };
            self.take_turn(next);
        }
    }

    fn take_turn(&mut self, at: usize) {
        let Some(thread) = self.threads.get_mut(at) else { return };
        let Some((directive, rest)) = thread.directives.split_first() else { return };
        let call = thread.call.take();
        let mut scope = core::mem::take(&mut thread.scope);
        let credit = thread.credit;
        let fuel = credit.saturating_add(1 + self.random(TURN));
        let outcome = match (call, directive.kind.action()) {
            (Some((call, _)), _) => {
                self.store.set_fuel(Some(fuel));
                Some(call.resume(&mut self.store))
            }
            (None, Some(action)) => {
                self.store.set_fuel(Some(fuel));
                Some(self.start_action(&scope, action))
            }
            (None, None) => None,
        };
        let credit = self.store.fuel().unwrap_or(0);
        self.store.set_fuel(None);
        let mut unfinished = None;
        match outcome {
            None => self.directive(&mut scope, directive),
            Some(Ok(Outcome::Done(values))) => self.judge(directive, Ok(values)),
            Some(Err(error)) => self.judge(directive, Err(error)),
            Some(Ok(Outcome::OutOfFuel(call))) => unfinished = Some((call, None)),
            Some(Ok(Outcome::Waiting(call, timeout))) => unfinished = Some((call, Some(timeout))),
        }
        if let Some(thread) = self.threads.get_mut(at) {
            thread.scope = scope;
            if unfinished.is_none() {
                thread.directives = rest;
            }
            thread.credit = if unfinished.is_some() { credit } else { 0 };
            thread.call = unfinished;
        }
    }
}
