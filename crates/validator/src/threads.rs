//! Validation on several threads.
//!
//! The thread that calls reads the module and checks its declarations, in order. Initializers and
//! bodies become tasks, which change hands in portions. Whoever is free checks the next portion;
//! once all is read, the thread that calls does so too. It also does when portions pile up, which
//! bounds memory, so it depends on no other thread.
//!
//! Initializers are checked against the types as they were when the portion was cut, and see of
//! them only the globals before their own. They declare the functions that bodies may name, so no
//! body is checked before the last of them is.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::mem;
use core::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

use wattle_ast::{Body, Event, Item, Span};

use crate::tasks::{Code, Later, Task};
use crate::ty::Ty;
use crate::validator::span;
use crate::{Error, Errors, FuncValidator, Types, Validator};

/// How many bytes of code pay for one more thread.
const WORTH_A_THREAD: usize = 1 << 18;

/// How many bytes of code change hands at a time: little enough that all threads end at about the
/// same time, enough that they seldom meet.
const PORTION: usize = 1 << 15;

/// How many bytes of initializers are worth a copy of the types, which the declarations after them
/// still change.
const WORTH_A_COPY: usize = 1 << 18;

/// How many portions may wait.
const MOST_PORTIONS: usize = 64;

impl Validator {
    /// Validates a module from its events on up to `threads` threads: as many as there are cores
    /// when there is no number. Others than the one that calls start when there is enough code for
    /// them, and end before this returns. Bodies are not deferred.
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
        self,
        events: impl IntoIterator<Item = Result<Event<'a>, E>>,
        threads: Option<NonZeroUsize>,
    ) -> Result<Result<Types, Errors>, E> {
        self.on_threads(events.into_iter(), true, threads)
    }

    /// Validates a module from its items on up to `threads` threads, like
    /// [`events`](Validator::events).
    ///
    /// # Errors
    /// All errors found, one per body at most.
    ///
    /// ```
    /// use wattle_ast::{Func, FuncType, Module};
    /// use wattle_validator::Validator;
    ///
    /// let mut module = Module::default();
    /// module.types.push(FuncType::new([], []).into());
    /// module.funcs.resize(3, Func { ty: Default::default(), body: Default::default() });
    /// assert_eq!(Validator::new().items(module.items(), None)?.func_count(), 3);
    /// # Ok::<(), wattle_validator::Errors>(())
    /// ```
    pub fn items<'a>(
        self,
        items: impl IntoIterator<Item = Item<'a>>,
        threads: Option<NonZeroUsize>,
    ) -> Result<Types, Errors> {
        let event = |item| Ok::<_, Infallible>(Event { item, offset: 0, bytes: &[] });
        let Ok(verdict) = self.on_threads(items.into_iter().map(event), false, threads);
        verdict
    }

    /// Validates a module from events, which may or may not have a place in the input.
    fn on_threads<'a, E>(
        mut self,
        events: impl Iterator<Item = Result<Event<'a>, E>>,
        have_places: bool,
        threads: Option<NonZeroUsize>,
    ) -> Result<Result<Types, Errors>, E> {
        self.defers_bodies = false;
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let others = threads.map_or_else(cores, NonZeroUsize::get) - 1;
        let place = |event: &Event<'_>| have_places.then(|| span(event));
        if others == 0 {
            for event in events {
                let event = event?;
                // The validator keeps the errors itself.
                let _ = self.item_at(&event.item, place(&event), &mut None);
            }
            return Ok(self.finish());
        }
        let team = Team::new(self.max_errors);
        thread::scope(|scope| {
            let _end = End(&team);
            let mut reading = Reading {
                validator: &mut self,
                func_validator: FuncValidator::default(),
                team: &team,
                scope,
                others,
                handed: 0,
                item: 0,
                fresh: Some(Vec::new()),
                tasks: Vec::new(),
                size: 0,
                initializers: Vec::new(),
                initializers_size: 0,
                are_bodies: false,
                is_code: false,
            };
            for event in events {
                let event = event?;
                reading.event(&event.item, place(&event));
            }
            reading.finish();
            Ok(())
        })?;
        Ok(team.finish(self))
    }
}

/// The order of errors: the number of the item, and whether it is of the item itself, which is
/// checked after its expressions.
type Order = (u32, bool);

/// An expression of the item of this number.
type Numbered<'a> = (u32, Task<'a>);

/// Tasks of one kind, one after the other; those of an item are all in one portion.
struct Portion<'a> {
    tasks: Vec<Numbered<'a>>,
    /// What initializers are checked against; bodies have [`State::types`].
    types: Option<Arc<Types>>,
    /// Whether bodies wait for it.
    declares: bool,
}

struct State<'a> {
    portions: VecDeque<Portion<'a>>,
    /// What bodies are checked against.
    types: Arc<Types>,
    /// How many portions that bodies wait for are not done.
    undone: usize,
    /// The functions that constant expressions declare.
    declared: Vec<u32>,
    /// Whether the types say so.
    are_declared: bool,
    faults: Vec<(Order, Error)>,
    /// There are as many errors as are wanted up to this item.
    last: u32,
    /// How many threads have nothing to do.
    idle: usize,
    is_all_read: bool,
}

impl<'a> State<'a> {
    /// The next portion that can be checked, and what it is checked against.
    fn take(&mut self) -> Option<(Portion<'a>, Arc<Types>)> {
        loop {
            let next = match self.undone {
                0 => 0,
                _ => self.portions.iter().position(|portion| portion.declares)?,
            };
            let mut portion = self.portions.remove(next)?;
            if portion.types.is_none() && !mem::replace(&mut self.are_declared, true) {
                let types = Arc::make_mut(&mut self.types);
                self.declared.iter().for_each(|&func| types.declare(func));
            }
            if portion.declares || portion.tasks.first().is_some_and(|&(item, _)| item <= self.last)
            {
                let types = portion.types.take().unwrap_or_else(|| Arc::clone(&self.types));
                return Some((portion, types));
            }
        }
    }

    /// Whether there is nothing to do, now or later.
    fn is_over(&self) -> bool {
        self.is_all_read && self.portions.is_empty()
    }

    /// Adds faults, and keeps the first `most`.
    fn add(&mut self, faults: impl IntoIterator<Item = (Order, Error)>, most: usize) {
        self.faults.extend(faults);
        if self.faults.len() >= most {
            self.sort();
            self.faults.truncate(most);
            if let (true, Some(&((last, _), _))) = (self.faults.len() == most, self.faults.last()) {
                self.last = last;
            }
        }
    }

    /// Puts the faults in order, one per item.
    fn sort(&mut self) {
        self.faults.sort_by_key(|&(order, _)| order);
        self.faults.dedup_by_key(|&mut ((item, _), _)| item);
    }

    fn stop(&mut self) {
        self.portions.clear();
        self.undone = 0;
        self.is_all_read = true;
    }
}

/// What the threads share.
struct Team<'a> {
    state: Mutex<State<'a>>,
    /// Wakes those who have nothing to do.
    changed: Condvar,
    max_errors: usize,
}

impl<'a> Team<'a> {
    fn new(max_errors: usize) -> Team<'a> {
        let state = State {
            portions: VecDeque::new(),
            types: Arc::default(),
            undone: 0,
            declared: Vec::new(),
            are_declared: false,
            faults: Vec::new(),
            last: u32::MAX,
            idle: 0,
            is_all_read: false,
        };
        Team { state: Mutex::new(state), changed: Condvar::new(), max_errors }
    }

    /// Nothing panics while it has the state.
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks portions until there is `enough` of it.
    fn work(&self, validator: &mut FuncValidator, enough: impl Fn(&State<'a>) -> bool) {
        let mut state = self.lock();
        while !enough(&state) {
            if let Some((portion, types)) = state.take() {
                drop(state);
                self.check(&portion, &types, validator);
                state = self.lock();
            } else if !enough(&state) {
                state.idle += 1;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    fn check(&self, portion: &Portion<'_>, types: &Types, validator: &mut FuncValidator) {
        let mut faults: Vec<(Order, Error)> = Vec::new();
        for (item, task) in &portion.tasks {
            // One error per item will do.
            if faults.last().is_some_and(|((last, _), _)| last == item) {
                continue;
            }
            if let Err(error) = task.check(types, validator) {
                faults.push(((*item, false), error));
                if faults.len() >= self.max_errors {
                    break;
                }
            }
        }
        let declared = mem::take(&mut validator.declared);
        if portion.declares || !faults.is_empty() {
            let mut state = self.lock();
            state.add(faults, self.max_errors);
            if portion.declares {
                state.declared.extend(declared);
                state.undone = state.undone.saturating_sub(1);
                if state.undone == 0 {
                    self.changed.notify_all();
                }
            }
        }
    }

    /// Puts the errors in order, and ends the module.
    fn finish(self, mut validator: Validator) -> Result<Types, Errors> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.sort();
        state.faults.truncate(self.max_errors);
        drop(state.types);
        state.declared.into_iter().for_each(|func| validator.types_mut().declare(func));
        validator.errors = state.faults.into_iter().map(|(_, error)| error).collect();
        validator.is_broken |= validator.errors.len() >= self.max_errors;
        validator.finish()
    }
}

/// Sends everyone home when dropped, which a thread that panics does too.
struct End<'t, 'a>(&'t Team<'a>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().stop();
        self.0.changed.notify_all();
    }
}

/// What the thread that reads holds.
struct Reading<'v, 'scope, 'env, 'a> {
    validator: &'v mut Validator,
    func_validator: FuncValidator,
    team: &'scope Team<'a>,
    scope: &'scope Scope<'scope, 'env>,
    /// How many more threads may start.
    others: usize,
    /// How many bytes of code were handed on since the last one did.
    handed: usize,
    /// The number of the item at hand.
    item: u32,
    /// Its initializers.
    fresh: Later<'a>,
    /// The next portion, and about how much work it is, in bytes of code.
    tasks: Vec<Numbered<'a>>,
    size: usize,
    /// Portions of initializers that wait for a copy of the types, and their size.
    initializers: Vec<Vec<Numbered<'a>>>,
    initializers_size: usize,
    /// Whether the tasks are bodies.
    are_bodies: bool,
    /// Whether the first body has come.
    is_code: bool,
}

impl<'scope, 'a> Reading<'_, 'scope, '_, 'a> {
    fn event(&mut self, item: &Item<'a>, span: Option<Span>) {
        let is_body = matches!(item, Item::Body(_));
        if is_body != self.are_bodies {
            self.cut();
            self.are_bodies = is_body;
        }
        self.item = self.item.saturating_add(1);
        let checked = match item {
            Item::Body(body) => self.body(body, span),
            _ => self.validator.item_at(item, span, &mut self.fresh).map(drop),
        };
        for task in self.fresh.iter_mut().flat_map(|fresh| fresh.drain(..)) {
            self.size += size(&task);
            self.tasks.push((self.item, task));
        }
        if let Err(error) = checked {
            self.team.lock().add([((self.item, true), error)], self.team.max_errors);
        }
        if self.size >= PORTION {
            self.cut();
        }
    }

    fn body(&mut self, body: &Body<'a>, span: Option<Span>) -> Result<(), Error> {
        if self.validator.is_broken {
            return Ok(());
        }
        if !self.is_code {
            self.hand_on_initializers();
            self.is_code = true;
            self.team.lock().types = Arc::clone(&self.validator.types);
        }
        // A long body that comes last would leave all threads but one idle.
        let is_long = body.bytes().len() >= PORTION;
        if is_long {
            self.cut();
        }
        self.validator.next_func().map_err(|mut error| {
            error.span = span;
            self.validator.note(&error);
            error
        })?;
        self.validator.place.span = span;
        let task = self.validator.task(Code::Body(body.clone()), Ty::BOTTOM);
        self.size += size(&task);
        self.tasks.push((self.item, task));
        Ok(())
    }

    /// Makes a portion of the tasks.
    fn cut(&mut self) {
        if self.tasks.is_empty() {
            return;
        }
        let room = Vec::with_capacity(self.tasks.len());
        let (tasks, size) = (mem::replace(&mut self.tasks, room), mem::take(&mut self.size));
        self.handed += size;
        if self.are_bodies {
            return self.hand_on(Portion { tasks, types: None, declares: false });
        }
        self.initializers.push(tasks);
        self.initializers_size += size;
        // A copy is also to be small beside the globals since the one before. Behind the code
        // nothing changes, so there is no copy.
        let worth = WORTH_A_COPY.max(8 * self.validator.types.globals.len());
        if self.is_code || self.initializers_size >= worth {
            self.hand_on_initializers();
        }
    }

    fn hand_on_initializers(&mut self) {
        self.initializers_size = 0;
        for tasks in mem::take(&mut self.initializers) {
            let types = Some(Arc::clone(&self.validator.types));
            self.hand_on(Portion { tasks, types, declares: !self.is_code });
        }
    }

    /// Hands on a portion. When too many wait already, it checks some of them first.
    fn hand_on(&mut self, portion: Portion<'a>) {
        if self.handed >= WORTH_A_THREAD && self.others > 0 {
            self.handed = 0;
            self.start();
        }
        self.team.work(&mut self.func_validator, |state| state.portions.len() < MOST_PORTIONS);
        let mut state = self.team.lock();
        state.undone += usize::from(portion.declares);
        match portion.tasks.len() {
            1 => state.portions.push_front(portion),
            _ => state.portions.push_back(portion),
        }
        if state.idle > 0 {
            self.team.changed.notify_one();
        }
    }

    fn start(&mut self) {
        let team = self.team;
        let work = move || {
            let _end = End(team);
            team.work(&mut FuncValidator::default(), State::is_over);
        };
        // Where there are no more threads to be had, these must do.
        let thread = thread::Builder::new().spawn_scoped(self.scope, work);
        self.others = if thread.is_ok() { self.others - 1 } else { 0 };
    }

    /// Hands on the rest, and checks what there still is to check.
    fn finish(mut self) {
        self.cut();
        self.hand_on_initializers();
        self.team.lock().is_all_read = true;
        self.team.changed.notify_all();
        self.team.work(&mut self.func_validator, State::is_over);
    }
}

/// About how much work a task is, in bytes of code: there is a least that any takes.
fn size(task: &Task<'_>) -> usize {
    16 + match &task.code {
        Code::Body(body) => body.bytes().len(),
        Code::Expr(expr) => expr.bytes().len(),
        Code::Exprs(exprs) => exprs.view().bytes().len(),
    }
}
