//! Validation of a component whose core modules are checked on several threads.
//!
//! The calling thread reads the component and checks everything but the bodies of functions. Those
//! of a module are checked where the module ends, since what follows may depend on it.

use alloc::vec::Vec;
use core::num::NonZeroUsize;
use std::thread;

use wattle_ast::components::{Component, Definition, Event, Layer, Part};
use wattle_ast::{Body, Item, Module, Names};

use super::stream::PartVerdict;
use super::validator::Validator;
use super::view::ComponentTypes;
use crate::locate::body_offset;
use crate::validator::placed;
use crate::{Error, Errors, FuncToValidate, FuncValidator, Verdict};

/// The number of bytes of code from which one more thread pays off.
const WORTH_A_THREAD: usize = 1 << 18;

impl Validator {
    /// Validates a component from the events of its parser, on up to `threads` threads, or on one per
    /// core without a number. Threads other than the calling one start when a module has enough code
    /// for them.
    ///
    /// The errors and their order do not depend on the number of threads.
    ///
    /// # Errors
    /// The first error among the events. Validation stops there, so errors of validation are not
    /// reported.
    ///
    /// ```
    /// use wattle_parser::components::Parser;
    /// use wattle_validator::components::Validator;
    ///
    /// // The validator reads the instructions, so the parser need not.
    /// let parser = Parser::new().check_bodies(false);
    /// let events = parser.events(b"\0asm\x0d\0\x01\0");
    /// let types = Validator::new().events(events, None)??;
    /// assert_eq!(types.exports().len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events<'a, E>(
        self,
        events: impl IntoIterator<Item = Result<Event<'a>, E>>,
        threads: Option<NonZeroUsize>,
    ) -> Result<Result<ComponentTypes, Errors>, E> {
        self.read(threads, |take| {
            events.into_iter().try_for_each(|event| event.map(|it| take(&it)))
        })
    }

    /// Validates a component whose events `read` passes on one by one, like
    /// [`events`](Validator::events). What their code borrows must last until the validation ends.
    ///
    /// # Errors
    /// The error of `read`. Errors of validation are not reported then.
    ///
    /// ```
    /// use wattle_parser::components::Parser;
    /// use wattle_validator::components::Validator;
    ///
    /// let events = Parser::new().check_bodies(false).events(b"\0asm\x0d\0\x01\0");
    /// let types = Validator::new().read(None, |take| events.pass_to(take))??;
    /// assert_eq!(types.exports().len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<'a, E>(
        mut self,
        threads: Option<NonZeroUsize>,
        read: impl FnOnce(&mut dyn FnMut(&Event<'a>)) -> Result<(), E>,
    ) -> Result<Result<ComponentTypes, Errors>, E> {
        self.defers_bodies = true;
        let mut module = None;
        read(&mut |event| self.take(event, &mut module, threads))?;
        Ok(self.finish())
    }

    /// Checks an event. `module` has the bodies of the core module that is open.
    fn take<'a>(
        &mut self,
        event: &Event<'a>,
        module: &mut Option<Deferred<'a>>,
        threads: Option<NonZeroUsize>,
    ) {
        // The validator keeps its errors until the end.
        match &event.part {
            Part::Definition(_) => return drop(self.event(event)),
            Part::Enter(Layer::Module) => *module = Some(Deferred::default()),
            Part::Leave => {
                if let Some(module) = module.take() {
                    self.check_deferred(&module, threads);
                }
            }
            _ => {}
        }
        let verdict = self.event(event).ok();
        if let (Some(module), Part::Item(item)) = (module, &event.part) {
            module.add(verdict, item);
        }
    }

    /// Validates a component, with the bodies of its modules on up to `threads` threads, or on one
    /// per core without a number.
    ///
    /// # Errors
    /// All independent errors.
    ///
    /// ```
    /// use wattle_ast::components::Component;
    /// use wattle_validator::components::Validator;
    ///
    /// assert!(Validator::new().component_on(&Component::default(), None).is_ok());
    /// ```
    pub fn component_on(
        mut self,
        component: &Component<'_>,
        threads: Option<NonZeroUsize>,
    ) -> Result<ComponentTypes, Errors> {
        self.defers_bodies = true;
        for definition in &component.definitions {
            match definition {
                Definition::CoreModule(module) => self.module_on(module, threads),
                // The validator keeps its errors until the end.
                _ => drop(self.definition(definition)),
            }
        }
        self.finish()
    }

    fn module_on(&mut self, module: &Module<'_>, threads: Option<NonZeroUsize>) {
        self.begin_module();
        let mut deferred = Deferred::default();
        for item in module.items() {
            let verdict = match self.check_item(&item, |validator| validator.item(&item)) {
                Ok(Verdict::Body(func)) => Some(PartVerdict::Body(func)),
                _ => None,
            };
            deferred.add(verdict, &item);
        }
        deferred.names = Some(module.names.clone().into_owned());
        deferred.tree = Some(module);
        self.check_deferred(&deferred, threads);
        self.leave_core_module(None);
    }

    /// Checks the bodies of a core module that is about to end.
    fn check_deferred(&mut self, deferred: &Deferred<'_>, threads: Option<NonZeroUsize>) {
        for error in deferred.check(threads, self.max_errors) {
            self.report_body(&error);
        }
        if let (Some(module), Some(names)) = (&mut self.module, &deferred.names) {
            module.add_names(names);
        }
    }
}

/// What is left to do where a module ends.
#[derive(Default)]
struct Deferred<'a> {
    bodies: Vec<(FuncToValidate, Body<'a>)>,
    /// The number of bytes of code.
    code: usize,
    /// The names of the module, for messages.
    names: Option<Names<'static>>,
    /// The module, if its items came from a tree. The offset of a body in it takes time to find, so it
    /// is only found for an error.
    tree: Option<&'a Module<'a>>,
}

impl<'a> Deferred<'a> {
    fn add(&mut self, verdict: Option<PartVerdict>, item: &Item<'a>) {
        match (verdict, item) {
            (Some(PartVerdict::Body(func)), Item::Body(body)) => {
                self.code = self.code.saturating_add(body.bytes().len());
                self.bodies.push((func, body.clone()));
            }
            (_, Item::Custom(custom)) if custom.name == Names::NAME && self.names.is_none() => {
                let bytes = custom.data.bytes().unwrap_or_default();
                self.names = Names::parse(bytes).ok().map(Names::into_owned);
            }
            _ => {}
        }
    }

    /// Checks the bodies. Returns the first errors, at most `most`.
    fn check(&self, threads: Option<NonZeroUsize>, most: usize) -> Vec<Error> {
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let worth = self.code / WORTH_A_THREAD + 1;
        let parts = if worth == 1 { 1 } else { threads.map_or_else(cores, NonZeroUsize::get) };
        let parts = parts.min(worth);
        let mut errors = match parts {
            1 => self.check_all(&self.bodies, 0, most),
            _ => thread::scope(|scope| {
                let chunks = self.chunks(parts).into_iter();
                let chunks: Vec<_> = chunks
                    .map(|(first, bodies)| scope.spawn(move || self.check_all(bodies, first, most)))
                    .collect();
                let errors = chunks.into_iter().map(|chunk| match chunk.join() {
                    Ok(errors) => errors,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                errors.flatten().collect()
            }),
        };
        errors.truncate(most);
        errors
    }

    /// Divides the bodies into at most `parts` runs with about equally many bytes of code, each with
    /// the place of its first body.
    fn chunks(&self, parts: usize) -> Vec<(usize, &[(FuncToValidate, Body<'a>)])> {
        let mut chunks = Vec::new();
        let (mut start, mut seen) = (0, 0_usize);
        for (place, (_, body)) in self.bodies.iter().enumerate() {
            seen = seen.saturating_add(body.bytes().len());
            let is_last = place + 1 == self.bodies.len();
            if is_last || seen.saturating_mul(parts) >= self.code.saturating_mul(chunks.len() + 1) {
                chunks.push((start, self.bodies.get(start..=place).unwrap_or_default()));
                start = place + 1;
            }
        }
        chunks
    }

    fn check_all(
        &self,
        bodies: &[(FuncToValidate, Body<'_>)],
        first: usize,
        most: usize,
    ) -> Vec<Error> {
        let mut validator = FuncValidator::default();
        let checked = bodies.iter().enumerate().filter_map(|(place, (func, body))| {
            let error = func.validate(&mut validator, body).err()?;
            Some(match self.tree {
                Some(module) => placed(error, body_offset(module, first + place), body),
                None => error,
            })
        });
        checked.take(most).collect()
    }
}
