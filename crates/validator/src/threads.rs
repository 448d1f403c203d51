//! Validation on several threads.
//!
//! The calling thread reads the module and checks its declarations, in order. Initializers and
//! bodies become tasks, which are handed on in portions. An idle thread checks the next portion.
//! While enough portions wait, the calling thread checks the bodies that it reads itself; once all
//! is read, it checks portions too. That bounds memory, and lets validation finish even if no other
//! thread runs.
//!
//! Code that lies in the input is not copied. If the input goes while it is read, the code that is
//! handed on is copied.
//!
//! Initializers are checked against the types as they were when the portion was handed on, and may
//! name only the globals before their own. They declare the functions that bodies may name, so all
//! of them are checked before the first body.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::mem;
use core::num::NonZeroUsize;
use std::thread::{self, Scope};

use wattle_ast::{Body, Event, Item, Span};

use crate::tasks::{Code, Later, Task};
use crate::team::{PORTION, Portion, State, StopOnDrop, Team};
use crate::ty::Ty;
use crate::validator::span;
use crate::{Error, Errors, FuncValidator, Types, Validator};

/// The number of bytes of code from which one more thread pays off.
const WORTH_A_THREAD: usize = 1 << 18;

/// The number of bytes of initializers from which a copy of the types pays off. Later declarations
/// still change the types, hence the copy.
const WORTH_A_COPY: usize = 1 << 18;

/// The number of waiting portions, for each thread, from which the calling thread checks bodies
/// itself. It is large, so that the others stay busy while what follows the code is read.
const AMPLE_PORTIONS: usize = 40;

/// The number of portions that may wait, for each thread.
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
        self.on_threads(threads, |taker| {
            for event in events {
                let event = event?;
                taker.item(&event.item, Some(span(&event)));
            }
            Ok(())
        })
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
        let Ok(verdict) = self.on_threads(threads, |taker| {
            for item in items {
                taker.item(&item, None);
            }
            Ok::<_, Infallible>(())
        });
        verdict
    }

    /// Validates a module whose events come one by one, on up to `threads` threads, like
    /// [`events`](Validator::events). An event may go when it was taken, so the module need not be in
    /// memory: code is copied until a thread has checked it.
    ///
    /// # Errors
    /// The error of `read`. Errors of validation are not reported then.
    ///
    /// ```
    /// use wattle_parser::{EventReader, Parser, ReadError};
    /// use wattle_validator::Validator;
    ///
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// let mut reader = EventReader::with_parser(Parser::new().check_bodies(false), file);
    /// let types = Validator::new().read(None, |take| {
    ///     while let Some(event) = reader.next()? {
    ///         take(&event);
    ///     }
    ///     Ok::<_, ReadError>(())
    /// })??;
    /// assert_eq!(types.func_count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<E>(
        self,
        threads: Option<NonZeroUsize>,
        read: impl FnOnce(&mut dyn FnMut(&Event<'_>)) -> Result<(), E>,
    ) -> Result<Result<Types, Errors>, E> {
        self.on_threads(threads, |taker| {
            read(&mut |event| taker.passing(&event.item, Some(span(event))))
        })
    }

    /// Validates a module whose items `read` passes on.
    fn on_threads<'a, E>(
        mut self,
        threads: Option<NonZeroUsize>,
        read: impl FnOnce(&mut dyn Taker<'a>) -> Result<(), E>,
    ) -> Result<Result<Types, Errors>, E> {
        self.defers_bodies = false;
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let others = threads.map_or_else(cores, NonZeroUsize::get) - 1;
        if others == 0 {
            read(&mut self)?;
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
                threads: others + 1,
                own: None,
                handed: 0,
                item: 0,
                fresh: Some(Vec::new()),
                portion: Portion::default(),
                size: 0,
                initializers: Vec::new(),
                initializers_size: 0,
                are_bodies: false,
                is_code: false,
            };
            read(&mut reading)?;
            reading.finish();
            Ok(())
        })?;
        Ok(team.finish(self))
    }
}

/// Takes the items of a module: [`Validator`] checks each at once, [`Reading`] shares the work.
trait Taker<'a> {
    /// Takes an item that lasts as long as the validation.
    fn item(&mut self, item: &Item<'a>, span: Option<Span>);

    /// Takes an item that is gone after the call: its code is copied, unless it is checked at once.
    fn passing(&mut self, item: &Item<'_>, span: Option<Span>);
}

impl<'a> Taker<'a> for Validator {
    fn item(&mut self, item: &Item<'a>, span: Option<Span>) {
        self.passing(item, span);
    }

    fn passing(&mut self, item: &Item<'_>, span: Option<Span>) {
        // The validator keeps the error.
        let _ = self.item_at(item, span, &mut None);
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
    /// The number of threads that share the work.
    threads: usize,
    /// While the calling thread checks bodies itself, the types that they are checked against.
    own: Option<Arc<Types>>,
    /// The number of bytes of code that were handed on since the last thread started.
    handed: usize,
    /// The number of the current item.
    item: u32,
    /// The initializers of the current item.
    fresh: Later<'a>,
    /// The next portion, and its size in bytes of code.
    portion: Portion<'a>,
    size: usize,
    /// Portions of initializers that wait for a copy of the types, and their size in bytes.
    initializers: Vec<Portion<'a>>,
    initializers_size: usize,
    /// Whether the tasks of `portion` are bodies.
    are_bodies: bool,
    /// Whether a body was read.
    is_code: bool,
}

impl<'a> Taker<'a> for Reading<'_, '_, '_, 'a> {
    fn item(&mut self, item: &Item<'a>, span: Option<Span>) {
        let mut fresh = mem::take(&mut self.fresh);
        self.take(item, span, &mut fresh, |portion, item, task| portion.tasks.push((item, task)));
        self.fresh = fresh;
    }

    fn passing(&mut self, item: &Item<'_>, span: Option<Span>) {
        let mut fresh = Some(Vec::new());
        self.take(item, span, &mut fresh, |portion, item, task| portion.copies.add(item, &task));
    }
}

impl<'a> Reading<'_, '_, '_, 'a> {
    /// Takes an item. `add` adds a task of an item to a portion.
    fn take<'i>(
        &mut self,
        item: &Item<'i>,
        span: Option<Span>,
        fresh: &mut Later<'i>,
        add: impl Fn(&mut Portion<'a>, u32, Task<'i>),
    ) {
        let is_body = matches!(item, Item::Body(_));
        if is_body != self.are_bodies {
            self.cut();
            self.are_bodies = is_body;
        }
        self.item = self.item.saturating_add(1);
        let checked = match item {
            Item::Body(body) => self.body(body, span),
            _ => self.validator.item_at(item, span, fresh).map(|_| None),
        };
        let (mut body, mut fault) = match checked {
            Ok(body) => (body, None),
            Err(error) => (None, Some((true, error))),
        };
        // A long body is handed on, so that another thread begins with it early.
        if let Some(types) = &self.own
            && let Some(task) = body.take_if(|task| size(task) < PORTION)
        {
            self.size += size(&task);
            let checked = task.check(types, &mut self.func_validator);
            fault = checked.err().map(|error| (false, error));
        }
        for task in fresh.iter_mut().flat_map(|fresh| fresh.drain(..)).chain(body) {
            self.size += size(&task);
            add(&mut self.portion, self.item, task);
        }
        if let Some((is_in_item, error)) = fault {
            self.team.lock().add([((self.item, is_in_item), error)], self.team.max_errors);
        }
        if self.size >= PORTION {
            self.cut();
        }
    }

    /// The task to check a body.
    fn body<'i>(&mut self, body: &Body<'i>, span: Option<Span>) -> Result<Option<Task<'i>>, Error> {
        if self.validator.is_broken {
            return Ok(None);
        }
        if !self.is_code {
            self.hand_on_initializers();
            self.is_code = true;
            self.team.lock().types = Arc::clone(&self.validator.types);
        }
        // A long body at the end of a portion would leave all threads but one idle.
        if body.bytes().len() >= PORTION {
            self.cut();
        }
        self.validator.next_func().map_err(|mut error| {
            error.span = span;
            self.validator.note(&error);
            error
        })?;
        self.validator.place.span = span;
        Ok(Some(self.validator.task(Code::Body(body.clone()), Ty::BOTTOM)))
    }

    /// Ends the portion.
    fn cut(&mut self) {
        if self.portion.is_empty() {
            self.size = 0;
            return self.look_at_others();
        }
        let empty = self.team.lock().spare.pop().unwrap_or_default();
        let (portion, size) = (mem::replace(&mut self.portion, empty), mem::take(&mut self.size));
        self.handed += size;
        if self.are_bodies {
            return self.hand_on(portion);
        }
        self.initializers.push(portion);
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
        for portion in mem::take(&mut self.initializers) {
            let (types, declares) = (Some(Arc::clone(&self.validator.types)), !self.is_code);
            self.hand_on(Portion { types, declares, ..portion });
        }
    }

    /// Hands on a portion. When too many wait, the calling thread checks some of them first.
    fn hand_on(&mut self, portion: Portion<'a>) {
        if self.handed >= WORTH_A_THREAD && self.others > 0 {
            self.handed = 0;
            self.start();
        }
        let most = MOST_PORTIONS.saturating_mul(self.threads);
        self.team.work(&mut self.func_validator, |state| state.portions.len() < most);
        self.team.add(portion);
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
        self.team.all_read();
        self.team.work(&mut self.func_validator, State::is_over);
    }
}

/// The approximate work of a task, in bytes of code. Even an empty task takes some.
fn size(task: &Task<'_>) -> usize {
    16 + task.code.bytes().len()
}
