//! Validation on several threads.
//!
//! The calling thread reads the module and checks its declarations, in order. Bodies are handed on
//! in portions. An idle thread checks the next portion. While enough portions wait, the calling
//! thread checks the bodies that it reads itself; once all is read, it checks portions too. That
//! bounds memory, and lets validation finish even if no other thread runs.
//!
//! Code that lies in memory is not copied. If the input goes while it is read, the thread that checks
//! a body reads it again, or the code is copied if the input cannot be read again.
//!
//! Initializers are checked where they are read: handing them on would take as long.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::mem;
use core::num::NonZeroUsize;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};

use wattle_ast::{Body, Event, FuncIdx, Item, Span};

use crate::portion::{Again, PORTION, Portion, Worker};
use crate::team::{State, StopOnDrop, Team};
use crate::validator::{body_start, placed, span};
use crate::{Error, Errors, Types, Validator};

/// The number of bytes of code from which one more thread pays off.
const WORTH_A_THREAD: usize = 1 << 18;

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
        self.on_threads(threads, None, |taker| {
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
        let Ok(verdict) = self.on_threads(threads, None, |taker| {
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
        self.on_threads(threads, None, |taker| read(&mut |event| taker.passing(event)))
    }

    /// Validates a module like [`read`](Validator::read), but code is not copied: the thread that checks
    /// it calls `again`, which fills a buffer with the bytes of the module from an offset on.
    ///
    /// # Errors
    /// The error of `read` or `again`. Errors of validation are not reported then.
    ///
    /// ```
    /// use wattle_parser::{EventReader, Parser, ReadError};
    /// use wattle_validator::Validator;
    ///
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// let again = |offset: u64, bytes: &mut [u8]| {
    ///     let offset = offset as usize;
    ///     bytes.copy_from_slice(&file[offset..offset + bytes.len()]);
    ///     Ok(())
    /// };
    /// let mut reader = EventReader::with_parser(Parser::new().check_bodies(false), file);
    /// let types = Validator::new().read_again(None, again, |take| {
    ///     while let Some(event) = reader.next()? {
    ///         take(&event);
    ///     }
    ///     Ok::<_, ReadError>(())
    /// })??;
    /// assert_eq!(types.func_count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_again<E: From<io::Error>>(
        self,
        threads: Option<NonZeroUsize>,
        again: impl Fn(u64, &mut [u8]) -> io::Result<()> + Sync,
        read: impl FnOnce(&mut dyn FnMut(&Event<'_>)) -> Result<(), E>,
    ) -> Result<Result<Types, Errors>, E> {
        let failure = Mutex::new(None);
        let again = |part: Span, bytes: &mut Vec<u8>| {
            let len = part.end.saturating_sub(part.start);
            let room = bytes.try_reserve(len.saturating_sub(bytes.len())).map_err(io::Error::from);
            let read = room.and_then(|()| {
                bytes.resize(len, 0);
                again(part.start as u64, bytes)
            });
            let is_read = read.is_ok();
            if let Err(error) = read {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            is_read
        };
        let verdict = self
            .on_threads(threads, Some(&again), |taker| read(&mut |event| taker.passing(event)))?;
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error.into()),
            None => Ok(verdict),
        }
    }

    /// Validates a module whose items `read` passes on.
    fn on_threads<'a, E>(
        mut self,
        threads: Option<NonZeroUsize>,
        again: Option<&'a Again<'a>>,
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
                worker: Worker::default(),
                again,
                team: &team,
                scope,
                others,
                threads: others + 1,
                own: None,
                handed: 0,
                item: 0,
                portion: Portion::default(),
                size: 0,
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

    /// Takes an event that is gone after the call.
    fn passing(&mut self, event: &Event<'_>);
}

impl<'a> Taker<'a> for Validator {
    fn item(&mut self, item: &Item<'a>, span: Option<Span>) {
        // The validator keeps the error.
        let _ = self.item_at(item, span);
    }

    fn passing(&mut self, event: &Event<'_>) {
        let _ = self.event(event);
    }
}

/// The state of the thread that reads.
struct Reading<'v, 'scope, 'env, 'a> {
    validator: &'v mut Validator,
    worker: Worker,
    /// The input, if bodies are read again by the thread that checks them.
    again: Option<&'a Again<'a>>,
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
    /// The next portion, and its size in bytes of code.
    portion: Portion<'a>,
    size: usize,
    /// Whether a body was read.
    is_code: bool,
}

impl<'a> Taker<'a> for Reading<'_, '_, '_, 'a> {
    fn item(&mut self, item: &Item<'a>, span: Option<Span>) {
        match item {
            Item::Body(body) => self.body(body, span, |reading, func| {
                reading.portion.hold(reading.item, func, span, body.clone());
            }),
            _ => self.declaration(item, span),
        }
    }

    fn passing(&mut self, event: &Event<'_>) {
        let span = Some(span(event));
        match &event.item {
            Item::Body(body) => self.body(body, span, |reading, func| {
                reading.portion.keep(reading.item, func, event, reading.again);
            }),
            item => self.declaration(item, span),
        }
    }
}

impl<'a> Reading<'_, '_, '_, 'a> {
    /// Checks an item that is not a body.
    fn declaration(&mut self, item: &Item<'_>, span: Option<Span>) {
        if !self.portion.is_empty() {
            self.cut();
        }
        self.item = self.item.saturating_add(1);
        if let Err(error) = self.validator.item_at(item, span) {
            self.fault(error);
        }
    }

    /// Checks a body, or has `add` add the body of a function to the portion.
    fn body(&mut self, body: &Body<'_>, span: Option<Span>, add: impl FnOnce(&mut Self, FuncIdx)) {
        self.item = self.item.saturating_add(1);
        if self.validator.is_broken {
            return;
        }
        if !self.is_code {
            self.is_code = true;
            self.team.lock().types = Arc::clone(&self.validator.types);
        }
        // Even an empty body takes some time.
        let size = 16 + body.bytes().len();
        // A long body at the end of a portion would leave all threads but one idle.
        if size >= PORTION {
            self.cut();
        }
        let func = match self.validator.next_func() {
            Ok(func) => func,
            Err(mut error) => {
                error.span = span;
                self.validator.note(&error);
                return self.fault(error);
            }
        };
        self.size += size;
        match &self.own {
            // A long body is handed on, so that another thread begins with it early.
            Some(types) if size < PORTION => {
                if let Err(error) = self.worker.validator.body(types, func, body) {
                    self.fault(placed(error, body_start(span, body), body));
                }
            }
            _ => add(self, func),
        }
        if self.size >= PORTION {
            self.cut();
        }
    }

    /// Adds the error of the current item.
    #[cold]
    fn fault(&self, error: Error) {
        self.team.lock().add([(self.item, error)], self.team.max_errors);
    }

    /// Ends the portion, and hands it on. When too many wait, the calling thread checks some of them
    /// first.
    fn cut(&mut self) {
        let size = mem::take(&mut self.size);
        if !self.portion.is_empty() {
            self.handed += size;
            if self.handed >= WORTH_A_THREAD && self.others > 0 {
                self.handed = 0;
                self.start();
            }
            let most = MOST_PORTIONS.saturating_mul(self.threads);
            self.team.work(&mut self.worker, |state| state.portions.len() < most);
            let empty = self.team.lock().spare.pop().unwrap_or_default();
            self.team.add(mem::replace(&mut self.portion, empty));
        }
        // Finds out whether the other threads are busy for a while.
        self.own = self.team.types_if_busy(AMPLE_PORTIONS.saturating_mul(self.threads));
    }

    fn start(&mut self) {
        let team = self.team;
        let work = move || {
            let _end = StopOnDrop(team);
            team.work(&mut Worker::default(), State::is_over);
        };
        // If no thread can start, those that run do all the work.
        let thread = thread::Builder::new().spawn_scoped(self.scope, work);
        self.others = if thread.is_ok() { self.others - 1 } else { 0 };
    }

    /// Hands on the rest, and checks what is left.
    fn finish(mut self) {
        self.cut();
        self.team.all_read();
        self.team.work(&mut self.worker, State::is_over);
    }
}
