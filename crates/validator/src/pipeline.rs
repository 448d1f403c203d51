//! A module checked while it is still being read, on several threads.
//!
//! The thread that calls reads. What it reads goes through a queue to the one thread that has the
//! validator at the time, in order, so that initializers see just what they may and errors are
//! those of a single thread. The validator only counts bodies: from then on whoever is free
//! checks them. Once all is read, the thread that calls does what the others do.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use wattle_ast::{Body, Event, FuncIdx, Item, Section, SectionId, Span};

use crate::parallel::{WORTH_A_THREAD, cores};
use crate::validator::placed;
use crate::{Error, Errors, FuncValidator, Types, Validator};

/// The number of declarations in a section from which a second thread pays off, which checks them
/// while they are read.
const DECLARATIONS_WORTH_A_THREAD: u32 = 1 << 12;

/// How many declarations change hands at a time.
const BATCH: usize = 256;

/// How many batches a thread that has nothing to do is woken for: waking costs the reader as much
/// as some hundred declarations.
const WORTH_WAKING: usize = 8;

/// How many batches may wait. Then reading waits too, which bounds memory.
const MOST_BATCHES: usize = 64;

/// How many bytes of bodies change hands at a time: little enough that all threads end at about
/// the same time, enough that they seldom meet.
const PORTION: usize = 1 << 15;

impl Validator {
    /// Validates a module from its events on up to `threads` threads: as many as there are cores
    /// when there is no number. Others than the one that calls start when a section is large
    /// enough, and end before this returns. Bodies are not deferred.
    ///
    /// The errors are the same, and in the same order, on any number of threads.
    ///
    /// # Errors
    /// The first error among the events; nothing is said about the module then.
    ///
    /// ```
    /// use wattle_validator::Validator;
    ///
    /// // The validator reads instructions anyway.
    /// let parser = wattle_parser::Parser::new().check_bodies(false);
    /// let events = parser.events(b"\0asm\x01\0\0\0\x05\x03\x01\0\x01");
    /// let types = Validator::new().events(events, None)??;
    /// assert_eq!(types.func_count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events<'a, E>(
        mut self,
        events: impl IntoIterator<Item = Result<Event<'a>, E>>,
        threads: Option<NonZeroUsize>,
    ) -> Result<Result<Types, Errors>, E> {
        self.defers_bodies = false;
        let others = threads.map_or_else(cores, NonZeroUsize::get) - 1;
        let mut events = events.into_iter();
        while let Some(event) = events.next() {
            let event = event?;
            if let Item::Section(section) = &event.item
                && helpers(section).min(others) > 0
            {
                return on_threads(self, *section, events, others);
            }
            // The validator keeps the errors itself.
            let _ = self.event(&event);
        }
        Ok(self.finish())
    }
}

/// How many threads a section is worth beside the one that calls.
fn helpers(section: &Section) -> usize {
    match section.id {
        SectionId::Code => (section.size as usize / WORTH_A_THREAD).saturating_sub(1),
        _ => usize::from(section.count >= DECLARATIONS_WORTH_A_THREAD),
    }
}

/// Goes on in a section that has just begun, with up to `most` more threads.
fn on_threads<'a, E>(
    validator: Validator,
    section: Section,
    events: impl Iterator<Item = Result<Event<'a>, E>>,
    most: usize,
) -> Result<Result<Types, Errors>, E> {
    let team = Team::new(validator);
    thread::scope(|scope| {
        // However this ends, nobody waits for more.
        let _end = End(&team);
        let mut started = 0;
        let mut start = |section: &Section| {
            while started < helpers(section).min(most) {
                let work = || {
                    let _end = End(&team);
                    team.work(&mut FuncValidator::default());
                };
                // Where there are no more threads to be had, these must do.
                let thread = thread::Builder::new().spawn_scoped(scope, work);
                started = if thread.is_ok() { started + 1 } else { most };
            }
        };
        start(&section);
        let mut reading = Reading::new(&team);
        for event in events {
            let event = event?;
            match event.item {
                Item::Section(section) => start(&section),
                Item::Body(body) => {
                    let span = Span::new(event.offset, event.offset + event.bytes.len());
                    reading.body(body, span);
                }
                // They mean nothing to the validator.
                Item::Header | Item::ImportGroup(_) | Item::Custom(_) => {}
                _ => reading.declaration(event),
            }
        }
        reading.finish();
        Ok(())
    })?;
    Ok(team.finish())
}

/// A body, and where it lies with its size.
type PlacedBody<'a> = (Body<'a>, Span);

/// What was read and awaits the validator.
enum Batch<'a> {
    Declarations(Vec<Event<'a>>),
    Bodies(Vec<PlacedBody<'a>>),
}

/// Bodies that may be checked, of functions one after the other.
struct Portion<'a> {
    types: Arc<Types>,
    first: u32,
    bodies: Vec<PlacedBody<'a>>,
    /// How many errors the validator had found before.
    before: usize,
}

/// What there is to do for a thread.
enum Job<'a> {
    Declarations(Box<Validator>, Vec<Event<'a>>),
    Bodies(Portion<'a>),
}

/// An error in a body: the number of errors that the validator had found before, the function, the
/// error.
type BodyError = (usize, u32, Error);

struct State<'a> {
    /// `None` while a thread checks declarations.
    validator: Option<Box<Validator>>,
    batches: VecDeque<Batch<'a>>,
    portions: VecDeque<Portion<'a>>,
    /// Declarations that are done with. The reader drops them: memory that another thread than the
    /// one that allocated it frees makes both wait for each other.
    checked: Vec<Vec<Event<'a>>>,
    errors: Vec<BodyError>,
    /// There are as many errors as are wanted up to this function.
    last: u32,
    /// How many threads have nothing to do.
    idle: usize,
    is_reader_waiting: bool,
    is_all_read: bool,
    is_stopped: bool,
}

impl<'a> State<'a> {
    /// The next thing to do. Declarations go first: much may wait for them.
    fn job(&mut self) -> Option<Job<'a>> {
        while let Some(mut validator) = self.validator.take() {
            match self.batches.pop_front() {
                Some(Batch::Declarations(events)) => {
                    return Some(Job::Declarations(validator, events));
                }
                Some(Batch::Bodies(bodies)) => {
                    self.portions_of(&mut validator, bodies);
                    self.validator = Some(validator);
                }
                None => {
                    self.validator = Some(validator);
                    break;
                }
            }
        }
        self.portions.pop_front().map(Job::Bodies)
    }

    fn portions_of(&mut self, validator: &mut Validator, mut bodies: Vec<PlacedBody<'a>>) {
        let (before, mut first, mut count) = (validator.errors.len(), 0, 0);
        for (_, span) in &bodies {
            if validator.is_broken {
                break;
            }
            match validator.next_func() {
                Ok(func) => {
                    first = if count == 0 { func.0 } else { first };
                    count += 1;
                }
                Err(mut error) => {
                    error.span = Some(*span);
                    validator.note(&error);
                }
            }
        }
        bodies.truncate(count);
        if bodies.is_empty() || first > self.last {
            return;
        }
        let portion = Portion { types: Arc::clone(&validator.types), first, bodies, before };
        // A long body that comes last would leave all but one thread idle.
        match portion.bodies.len() {
            1 => self.portions.push_front(portion),
            _ => self.portions.push_back(portion),
        }
    }

    fn add_errors(&mut self, errors: Vec<BodyError>, most: usize) {
        self.errors.extend(errors);
        if self.errors.len() >= most {
            self.errors.sort_by_key(|&(_, func, _)| func);
            self.errors.truncate(most);
            self.last = self.errors.last().map_or(u32::MAX, |&(_, func, _)| func);
            let last = self.last;
            self.portions.retain(|portion| portion.first < last);
        }
    }

    /// Whether there is nothing to do, now or later.
    fn is_over(&self) -> bool {
        let is_done = self.is_all_read && self.batches.is_empty() && self.validator.is_some();
        self.is_stopped || is_done && self.portions.is_empty()
    }
}

/// What the threads share.
struct Team<'a> {
    state: Mutex<State<'a>>,
    /// Wakes those who have nothing to do.
    work: Condvar,
    /// Wakes the reader.
    room: Condvar,
    max_errors: usize,
}

impl<'a> Team<'a> {
    fn new(validator: Validator) -> Team<'a> {
        let max_errors = validator.max_errors;
        let state = State {
            validator: Some(Box::new(validator)),
            batches: VecDeque::new(),
            portions: VecDeque::new(),
            checked: Vec::new(),
            errors: Vec::new(),
            last: u32::MAX,
            idle: 0,
            is_reader_waiting: false,
            is_all_read: false,
            is_stopped: false,
        };
        let (work, room) = (Condvar::new(), Condvar::new());
        Team { state: Mutex::new(state), work, room, max_errors }
    }

    /// Nothing panics while it has the state.
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what there is to do, until there is no more.
    fn work(&self, validator: &mut FuncValidator) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.job() {
                self.wake(&state);
                drop(state);
                self.run(job, validator);
                state = self.lock();
            } else if state.is_over() {
                self.work.notify_all();
                return;
            } else {
                state.idle += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    /// Wakes those whom a job that was taken lets go on.
    fn wake(&self, state: &State<'a>) {
        if state.idle > 0 && !state.portions.is_empty() {
            self.work.notify_one();
        }
        if state.is_reader_waiting && state.batches.len() <= MOST_BATCHES / 2 {
            self.room.notify_one();
        }
    }

    fn run(&self, job: Job<'a>, func_validator: &mut FuncValidator) {
        match job {
            Job::Declarations(mut validator, events) => {
                for event in &events {
                    let _ = validator.event(event);
                }
                let mut state = self.lock();
                state.validator = Some(validator);
                state.checked.push(events);
            }
            Job::Bodies(portion) => {
                let errors = self.errors_in(&portion, func_validator);
                if !errors.is_empty() {
                    self.lock().add_errors(errors, self.max_errors);
                }
            }
        }
    }

    fn errors_in(&self, portion: &Portion<'_>, validator: &mut FuncValidator) -> Vec<BodyError> {
        let mut errors = Vec::new();
        for (func, (body, span)) in (portion.first..).zip(&portion.bodies) {
            if let Err(error) = validator.body(&portion.types, FuncIdx(func), body) {
                let offset = span.end.saturating_sub(body.bytes().len());
                errors.push((portion.before, func, placed(error, Some(offset), body)));
                if errors.len() >= self.max_errors {
                    break;
                }
            }
        }
        errors
    }

    /// Hands on what was read. When too much waits already, it does some of that first.
    fn push(&self, batch: Batch<'a>, validator: &mut FuncValidator) {
        let mut state = self.lock();
        while state.batches.len() >= MOST_BATCHES && !state.is_stopped {
            if let Some(job) = state.job() {
                drop(state);
                self.run(job, validator);
                state = self.lock();
            } else if state.batches.len() >= MOST_BATCHES {
                // Asking for a job may have emptied the queue: then nobody is left to wake this thread.
                state.is_reader_waiting = true;
                state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.is_reader_waiting = false;
            }
        }
        let wakes = matches!(batch, Batch::Bodies(_)) || state.batches.len() + 1 >= WORTH_WAKING;
        state.batches.push_back(batch);
        if state.idle > 0 && wakes {
            self.work.notify_one();
        }
    }

    /// Puts the errors in order, and ends the module.
    fn finish(self) -> Result<Types, Errors> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.portions.clear();
        // It is missing only after a panic, which does not get here.
        let mut validator = state.validator.take().unwrap_or_default();
        state.errors.sort_by_key(|&(before, func, _)| (before, func));
        for (place, (before, _, error)) in state.errors.into_iter().enumerate() {
            validator.errors.insert(before + place, error);
        }
        validator.errors.truncate(self.max_errors);
        validator.is_broken |= validator.errors.len() >= self.max_errors;
        validator.finish()
    }
}

/// Sends everyone home when dropped, which a thread that panics does too.
struct End<'t, 'a>(&'t Team<'a>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().is_stopped = true;
        self.0.work.notify_all();
        self.0.room.notify_all();
    }
}

/// What the reader holds before it hands it on.
struct Reading<'t, 'a> {
    team: &'t Team<'a>,
    validator: FuncValidator,
    declarations: Vec<Event<'a>>,
    bodies: Vec<PlacedBody<'a>>,
    /// How many bytes of bodies.
    size: usize,
}

impl<'t, 'a> Reading<'t, 'a> {
    fn new(team: &'t Team<'a>) -> Reading<'t, 'a> {
        let (declarations, bodies) = (Vec::new(), Vec::new());
        Reading { team, validator: FuncValidator::default(), declarations, bodies, size: 0 }
    }

    fn declaration(&mut self, event: Event<'a>) {
        self.end_bodies();
        self.declarations.push(event);
        if self.declarations.len() >= BATCH {
            self.end_declarations();
        }
    }

    fn body(&mut self, body: Body<'a>, span: Span) {
        self.end_declarations();
        let size = body.bytes().len();
        if size > PORTION {
            self.end_bodies();
        }
        self.bodies.push((body, span));
        self.size += size;
        if self.size >= PORTION {
            self.end_bodies();
        }
    }

    fn end_declarations(&mut self) {
        if !self.declarations.is_empty() {
            let mut spare = self.team.lock().checked.pop().unwrap_or_default();
            spare.clear();
            let events = core::mem::replace(&mut self.declarations, spare);
            self.team.push(Batch::Declarations(events), &mut self.validator);
        }
    }

    fn end_bodies(&mut self) {
        if !self.bodies.is_empty() {
            let bodies = core::mem::take(&mut self.bodies);
            self.size = 0;
            self.team.push(Batch::Bodies(bodies), &mut self.validator);
        }
    }

    /// Hands on the rest, and checks what there still is to check.
    fn finish(mut self) {
        self.end_declarations();
        self.end_bodies();
        self.team.lock().is_all_read = true;
        self.team.work(&mut self.validator);
    }
}

#[cfg(test)]
mod tests {
    use wattle_ast::{Section, SectionId};

    use super::helpers;

    #[test]
    fn little_is_not_worth_a_thread() {
        let section = |id, size, count| helpers(&Section { id, size, count });
        for id in [SectionId::Type, SectionId::Import, SectionId::Global, SectionId::Data] {
            assert_eq!(section(id, 4_095, 4_095), 0);
            // A long item is read once, and seldom looked at.
            assert_eq!(section(id, 100_000_000, 10), 0);
            assert_eq!(section(id, 4_096, 4_096), 1);
        }
        let code = |size| section(SectionId::Code, size, 1_000);
        assert_eq!([0, 100_000, 500_000].map(code), [0; 3]);
        assert_eq!([600_000, 1_000_000, 10_000_000].map(code), [1, 2, 37]);
    }
}
