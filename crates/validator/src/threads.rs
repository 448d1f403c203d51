//! Validation of a module on several threads.
//!
//! The calling thread reads the module and checks its declarations, in order, and shares the bodies
//! with the others. Initializers are checked where they are read: handing them on would take as
//! long.

use core::convert::Infallible;
use core::num::NonZeroUsize;
use std::io;

use wattle_ast::{Event, FuncIdx, Item, Span};

use crate::portion::{Again, with_again};
use crate::shared_work::{SharedWork, share};
use crate::{Errors, Types, Validator};

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
        self.on_threads(threads, None, |reading| {
            for event in events {
                let event = event?;
                reading.item(&event.item, Some(event.span()));
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
        let Ok(verdict) = self.on_threads(threads, None, |reading| {
            for item in items {
                reading.item(&item, None);
            }
            Ok::<_, Infallible>(())
        });
        verdict
    }

    /// Validates a module whose events come one by one, on up to `threads` threads, like
    /// [`events`](Validator::events). An event may be dropped once it was taken, so the module need
    /// not be in memory: code is copied until a thread has checked it.
    ///
    /// # Errors
    /// The error of `read`. Errors of validation are not reported then.
    ///
    /// ```
    /// use wattle_parser::{EventReader, Parser};
    /// use wattle_validator::Validator;
    ///
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// let reader = EventReader::with_parser(Parser::new().check_bodies(false), file);
    /// let types = Validator::new().read(None, |take| reader.pass_to(take))??;
    /// assert_eq!(types.func_count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<E>(
        self,
        threads: Option<NonZeroUsize>,
        read: impl FnOnce(&mut dyn FnMut(&Event<'_>)) -> Result<(), E>,
    ) -> Result<Result<Types, Errors>, E> {
        self.on_threads(threads, None, |reading| read(&mut |event| reading.passing(event)))
    }

    /// Validates a module like [`read`](Validator::read), but code is not copied: the thread that
    /// checks it calls `again`, which fills a buffer with the bytes of the module from an offset
    /// on.
    ///
    /// # Errors
    /// The error of `read` or `again`. Errors of validation are not reported then.
    ///
    /// ```
    /// use wattle_parser::{EventReader, Parser};
    /// use wattle_validator::Validator;
    ///
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// let again = |offset: u64, bytes: &mut [u8]| {
    ///     let offset = offset as usize;
    ///     bytes.copy_from_slice(&file[offset..offset + bytes.len()]);
    ///     Ok(())
    /// };
    /// let reader = EventReader::with_parser(Parser::new().check_bodies(false), file);
    /// let types = Validator::new().read_again(None, again, |take| reader.pass_to(take))??;
    /// assert_eq!(types.func_count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_again<E: From<io::Error>>(
        self,
        threads: Option<NonZeroUsize>,
        again: impl Fn(u64, &mut [u8]) -> io::Result<()> + Sync,
        read: impl FnOnce(&mut dyn FnMut(&Event<'_>)) -> Result<(), E>,
    ) -> Result<Result<Types, Errors>, E> {
        with_again(again, |again| {
            self.on_threads(threads, Some(again), |reading| {
                read(&mut |event| reading.passing(event))
            })
        })
    }

    /// Validates a module whose items `read` passes on.
    fn on_threads<'a, E>(
        mut self,
        threads: Option<NonZeroUsize>,
        again: Option<&'a Again<'a>>,
        read: impl FnOnce(&mut Reading<'_, '_, '_, 'a>) -> Result<(), E>,
    ) -> Result<Result<Types, Errors>, E> {
        self.defers_bodies = false;
        let faults = share(threads, self.max_errors, again, |work| {
            let mut reading = Reading { validator: &mut self, work, is_code: false };
            read(&mut reading)?;
            Ok(work.finish())
        })?;
        self.is_broken |= faults.len() >= self.max_errors;
        self.errors = faults.into_iter().map(|(_, error)| error).collect();
        Ok(self.finish())
    }
}

/// The state of the thread that reads.
struct Reading<'r, 'scope, 'env, 'a> {
    validator: &'r mut Validator,
    work: &'r mut SharedWork<'scope, 'env, 'a>,
    /// Whether a body was read.
    is_code: bool,
}

impl<'a> Reading<'_, '_, '_, 'a> {
    /// Takes an item that lasts as long as the validation.
    fn item(&mut self, item: &Item<'a>, span: Option<Span>) {
        let Item::Body(body) = item else { return self.declaration(item, span) };
        if let Some(func) = self.next_func(span) {
            self.work.hold(func, span, body);
        }
    }

    /// Takes an event that is gone after the call.
    fn passing(&mut self, event: &Event<'_>) {
        let span = event.span();
        let Item::Body(body) = &event.item else {
            return self.declaration(&event.item, Some(span));
        };
        if let Some(func) = self.next_func(Some(span)) {
            self.work.keep(func, span, body, event.bytes);
        }
    }

    /// Checks an item that is not a body.
    fn declaration(&mut self, item: &Item<'_>, span: Option<Span>) {
        self.work.next_item();
        if let Err(error) = self.validator.item_at(item, span) {
            self.work.fault(error);
        }
    }

    /// The index of the function whose body comes next, if it can be checked.
    fn next_func(&mut self, span: Option<Span>) -> Option<FuncIdx> {
        if self.validator.is_broken {
            return None;
        }
        if !self.is_code {
            self.is_code = true;
            self.work.begin(self.validator.types.share());
        }
        let func = self.validator.next_func().map_err(|mut error| {
            error.span = span;
            self.validator.note(&error);
            self.work.next_item();
            self.work.fault(error);
        });
        func.ok()
    }
}
