//! Validation on several threads.
//!
//! The calling thread reads the module and checks its declarations, in order. Initializers and
//! bodies become tasks, which are handed on in portions. An idle thread checks the next portion.
//! The calling thread checks portions too, once all is read or when many portions wait: that bounds
//! memory, and lets validation finish even if no other thread runs.
//!
//! Initializers are checked against the types as they were when the portion was handed on, and may
//! name only the globals before their own. They declare the functions that bodies may name, so all
//! of them are checked before the first body.

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

/// The number of bytes of code from which one more thread pays off.
const WORTH_A_THREAD: usize = 1 << 18;

/// The number of bytes of code in a portion: small enough that all threads end at about the same
/// time, large enough that they seldom contend.
const PORTION: usize = 1 << 15;

/// The number of bytes of initializers from which a copy of the types pays off. Later declarations
/// still change the types, hence the copy.
const WORTH_A_COPY: usize = 1 << 18;

/// The number of portions that may wait.
const MOST_PORTIONS: usize = 64;

impl Validator {
    /// Validates a module from its events on up to `threads` threads, or on one per core without a
    /// number. Threads other than the calling one start when there is enough code for them, and end
    /// before this returns. Bodies are not deferred.
    ///
    /// The errors and their order do not depend on the number of threads.
    ///
    /// # Errors
    /// The first error among the events. Validation stops there, so errors of validation are not
    /// reported.
    ///
    /// ```
    /// use wattle_validator::Validator;
    ///
    /// // The validator reads the instructions, so the parser need not.
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
    /// All errors found, at most one per body.
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

    /// Validates a module from events. `have_places` says whether their offsets are in the input.
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
                // The validator also keeps the errors.
                let _ = self.item_at(&event.item, place(&event), &mut None);
            }
            return Ok(self.finish());
        }
        let team = Team::new(self.max_errors);
        thread::scope(|scope| {
            let _end = StopOnDrop(&team);
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

/// The order of errors: the number of the item, then whether the error is in the item itself, which
/// is checked after its expressions.
type Order = (u32, bool);

/// An expression, with the number of its item.
type Numbered<'a> = (u32, Task<'a>);

/// Tasks that are all bodies or all initializers, in order. All tasks of an item are in one
/// portion.
struct Portion<'a> {
    tasks: Vec<Numbered<'a>>,
    /// The types that initializers are checked against; `None` for bodies, which use
    /// [`State::types`].
    types: Option<Arc<Types>>,
    /// Whether bodies must wait for this portion.
    declares: bool,
}

struct State<'a> {
    portions: VecDeque<Portion<'a>>,
    /// The types that bodies are checked against.
    types: Arc<Types>,
    /// The number of unfinished portions that bodies must wait for.
    undone: usize,
    /// The functions that constant expressions name.
    declared: Vec<u32>,
    /// Whether `types` has the functions in `declared` yet.
    are_declared: bool,
    faults: Vec<(Order, Error)>,
    /// Bodies behind this item need no check, since enough errors were found up to it.
    last: u32,
    /// The number of idle threads.
    idle: usize,
    is_all_read: bool,
}

impl<'a> State<'a> {
    /// The next portion that can be checked, and the types that it is checked against.
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

    /// Whether there are no tasks, now or later.
    fn is_over(&self) -> bool {
        self.is_all_read && self.portions.is_empty()
    }

    /// Adds errors, and keeps the first `most` of all.
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

    /// Sorts the errors, and keeps one per item.
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

/// The state that all threads share.
struct Team<'a> {
    state: Mutex<State<'a>>,
    /// Wakes idle threads.
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

    /// No code panics while it holds the lock, so a poisoned lock is sound.
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks portions, and waits for more, until `enough` holds.
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
            // One error per item is enough.
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

    /// Sorts the errors, and finishes the module.
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

/// Makes all threads stop when it is dropped, even when its thread panics.
struct StopOnDrop<'t, 'a>(&'t Team<'a>);

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().stop();
        self.0.changed.notify_all();
    }
}

/// The state of the thread that reads.
struct Reading<'v, 'scope, 'env, 'a> {
    validator: &'v mut Validator,
    func_validator: FuncValidator,
    team: &'scope Team<'a>,
    scope: &'scope Scope<'scope, 'env>,
    /// The number of threads that may still start.
    others: usize,
    /// The number of bytes of code that were handed on since the last thread started.
    handed: usize,
    /// The number of the current item.
    item: u32,
    /// The initializers of the current item.
    fresh: Later<'a>,
    /// The tasks of the next portion, and its size in bytes of code.
    tasks: Vec<Numbered<'a>>,
    size: usize,
    /// Portions of initializers that wait for a copy of the types, and their size in bytes.
    initializers: Vec<Vec<Numbered<'a>>>,
    initializers_size: usize,
    /// Whether `tasks` are bodies.
    are_bodies: bool,
    /// Whether a body was read.
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
        // A long body at the end of a portion would leave all threads but one idle.
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

    /// Makes a portion from `tasks`.
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
        // A copy must also be small compared with the globals added since the last copy. After the
        // first body the types no longer change, so nothing is copied.
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

    /// Hands on a portion. When too many wait, the calling thread checks some of them first.
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
            let _end = StopOnDrop(team);
            team.work(&mut FuncValidator::default(), State::is_over);
        };
        // If no thread can start, those that run do all the work.
        let thread = thread::Builder::new().spawn_scoped(self.scope, work);
        self.others = if thread.is_ok() { self.others - 1 } else { 0 };
    }

    /// Hands on the rest, and checks what is left.
    fn finish(mut self) {
        self.cut();
        self.hand_on_initializers();
        self.team.lock().is_all_read = true;
        self.team.changed.notify_all();
        self.team.work(&mut self.func_validator, State::is_over);
    }
}

/// The approximate work of a task, in bytes of code. Even an empty task takes some.
fn size(task: &Task<'_>) -> usize {
    16 + match &task.code {
        Code::Body(body) => body.bytes().len(),
        Code::Expr(expr) => expr.bytes().len(),
        Code::Exprs(exprs) => exprs.view().bytes().len(),
    }
}
