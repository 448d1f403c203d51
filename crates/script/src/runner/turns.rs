//! The threads of a script: they start, take turns, and are waited for.

use alloc::string::ToString;

use wattle_runtime::{ErrorKind, Outcome, Trap};
use wattle_wat::script::{self, Directive, DirectiveKind, Word};

use super::{INTERRUPTED, Runner, needs_component};
use crate::scope::{Known, Scope};
use crate::threads::{Next, Thread};

impl<'s> Runner<'s> {
    /// Starts a thread. The shared instance is the only one that the thread knows by name;
    /// registered instances are known to all threads.
    pub(super) fn start_thread(
        &mut self,
        scope: &Scope,
        directive: &'s Directive<'s>,
        thread: &'s script::Thread<'s>,
    ) {
        let mut own = Scope::default();
        if let Some(shared) = &thread.shared {
            match scope.instance(Some(shared)) {
                Ok(instance) => own.name(Some(shared), Known::Instance(instance)),
                Err(error) => self.fail(directive, "success", error.to_string()),
            }
        }
        self.threads.start(thread, own);
    }

    /// Lets all threads take turns until the named one has ended.
    pub(super) fn wait(&mut self, directive: &Directive<'_>, name: &Word<'_>) {
        let Some(number) = self.threads.named(&name.text) else {
            return self.fail(directive, "a thread", "no such thread");
        };
        while !self.threads.has_ended(number) {
            if !self.goes_on() {
                return self.fail(directive, "the thread to end", INTERRUPTED);
            }
            let Some((number, thread)) = self.threads.next(&self.store) else {
                self.threads.clear();
                return self.fail(directive, "the thread to end", Trap::Deadlock.to_string());
            };
            self.take_turn(number, thread);
        }
    }

    /// Lets a thread take its turn: a few instructions of a call, or a directive.
    fn take_turn(&mut self, number: usize, mut thread: Thread<'s>) {
        let Some((directive, rest)) = thread.directives.split_first() else { return };
        let fuel = self.threads.fuel();
        let action = directive.kind.action();
        let action = action.filter(|_| !needs_component(&thread.scope, &directive.kind));
        let outcome = match (thread.call.take(), action) {
            (Some(call), _) => {
                self.store.set_fuel(Some(fuel));
                Some(call.resume(&mut self.store))
            }
            (None, Some(action)) => {
                self.store.set_fuel(Some(fuel));
                Some(self.start_action(&thread.scope, action))
            }
            (None, None) => None,
        };
        self.store.set_fuel(None);
        let next = match (outcome, &directive.kind) {
            (Some(Ok(Outcome::OutOfFuel(call))), _) => {
                thread.call = Some(call);
                return self.threads.put_back(number, thread, Next::Ready);
            }
            (Some(Ok(Outcome::Waiting(call, timeout))), _) => {
                thread.call = Some(call);
                return self.threads.put_back(number, thread, Next::Notified(timeout));
            }
            (Some(Ok(Outcome::Host(_, what))), _) => {
                self.judge(directive, Err(ErrorKind::Suspended(what).into()));
                Next::Ready
            }
            (Some(Ok(Outcome::Done(values))), _) => {
                self.judge(directive, Ok(values));
                Next::Ready
            }
            (Some(Err(error)), _) => {
                self.judge(directive, Err(error));
                Next::Ready
            }
            // The other thread does not run inside this call. It may wait for a thread too, and a
            // chain of such waits would use up the stack.
            (None, DirectiveKind::Wait { thread: name }) => match self.threads.named(&name.text) {
                Some(other) if self.threads.has_ended(other) => Next::Ready,
                Some(other) => return self.threads.put_back(number, thread, Next::Ended(other)),
                None => {
                    self.fail(directive, "a thread", "no such thread");
                    Next::Ready
                }
            },
            (None, _) => {
                self.directive(&mut thread.scope, directive);
                Next::Ready
            }
        };
        thread.directives = rest;
        self.threads.put_back(number, thread, next);
    }
}
