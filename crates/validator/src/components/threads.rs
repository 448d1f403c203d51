//! Validation of a component whose core modules are checked on several threads.
//!
//! The calling thread reads the component and checks everything but the bodies of functions, which
//! it shares with the others. All bodies of a module are checked before it ends, since later
//! definitions may depend on it.

use core::num::NonZeroUsize;
use std::io;

use wattle_ast::components::{Component, Definition, Event, Layer, Part};
use wattle_ast::{Body, DefIdx, FuncIdx, Item, Module, Names};

use super::stream::PartVerdict;
use super::validator::Validator;
use super::view::ComponentTypes;
use crate::locate::body_offset;
use crate::portion::{Fault, with_again};
use crate::shared_work::{SharedWork, share};
use crate::validator::placed;
use crate::{Error, Errors, Verdict};

impl Validator {
    /// Validates a component from the events of its parser, on up to `threads` threads, or on one
    /// per core without a number. Threads other than the calling one start when a module has enough
    /// code for them.
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
    /// [`events`](Validator::events). The bytes that their code borrows must last until the
    /// validation ends.
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
        share(threads, self.max_errors, None, |work| {
            let mut module = None;
            read(&mut |event| {
                if let Some((func, body)) = self.take(event, &mut module, work) {
                    work.hold(func, Some(event.span()), body);
                }
            })
        })?;
        Ok(self.finish())
    }

    /// Validates a component like [`read`](Validator::read), but an event may be dropped once it
    /// was taken, so the component need not be in memory: the thread that checks code calls
    /// `again`, which fills a buffer with the bytes of the component from an offset on.
    ///
    /// # Errors
    /// The error of `read` or `again`. Errors of validation are not reported then.
    ///
    /// ```
    /// use wattle_parser::components::{EventReader, Parser};
    /// use wattle_validator::components::Validator;
    ///
    /// let file: &[u8] = b"\0asm\x0d\0\x01\0";
    /// let again = |offset: u64, bytes: &mut [u8]| {
    ///     let offset = offset as usize;
    ///     bytes.copy_from_slice(&file[offset..offset + bytes.len()]);
    ///     Ok(())
    /// };
    /// let reader = EventReader::with_parser(Parser::new().check_bodies(false), file);
    /// let types = Validator::new().read_again(None, again, |take| reader.pass_to(take))??;
    /// assert_eq!(types.exports().len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_again<E: From<io::Error>>(
        mut self,
        threads: Option<NonZeroUsize>,
        again: impl Fn(u64, &mut [u8]) -> io::Result<()> + Sync,
        read: impl FnOnce(&mut dyn FnMut(&Event<'_>)) -> Result<(), E>,
    ) -> Result<Result<ComponentTypes, Errors>, E> {
        self.defers_bodies = true;
        with_again(again, |again| {
            share(threads, self.max_errors, Some(again), |work| {
                let mut module = None;
                read(&mut |event| {
                    if let Some((func, body)) = self.take(event, &mut module, work) {
                        work.keep(func, event.span(), body, event.bytes);
                    }
                })
            })
        })?;
        Ok(self.finish())
    }

    /// Checks an event. Returns a body that is to be shared, and its function. `module` is the core
    /// module that is open.
    #[inline(always)]
    fn take<'b, 'e>(
        &mut self,
        event: &'b Event<'e>,
        module: &mut Option<OpenModule>,
        work: &mut SharedWork<'_, '_, '_>,
    ) -> Option<(FuncIdx, &'b Body<'e>)> {
        // The validator keeps its errors until the end.
        match &event.part {
            Part::Definition(_) => {
                let _ = self.event(event);
                return None;
            }
            Part::Enter(Layer::Module) => *module = Some(OpenModule::default()),
            Part::Leave => {
                if let Some(module) = module.take() {
                    let errors = work.finish().into_iter().map(|(_, error)| error);
                    self.end_bodies(errors, module.names.as_ref());
                }
            }
            _ => {}
        }
        let verdict = self.event(event).ok();
        let (Some(module), Part::Item(item)) = (module, &event.part) else { return None };
        module.take(verdict, item, work)
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
        share(threads, self.max_errors, None, |work| {
            for definition in &component.definitions {
                match definition {
                    Definition::CoreModule(module) => self.module_on(module, work),
                    // The validator keeps its errors until the end.
                    _ => drop(self.definition(definition)),
                }
            }
        });
        self.finish()
    }

    fn module_on<'a>(&mut self, module: &'a Module<'_>, work: &mut SharedWork<'_, '_, 'a>) {
        self.begin_module();
        let mut open = OpenModule::default();
        for item in module.items() {
            let verdict = match self.check_item(&item, |validator| validator.item(&item)) {
                Ok(Verdict::Body(func)) => Some(PartVerdict::Body(func)),
                _ => None,
            };
            if let Some((func, body)) = open.take(verdict, &item, work) {
                work.hold(func, None, body);
            }
        }
        // The offset of a body in a tree takes time to find, so it is only found for an error.
        let placed = |(item, error): Fault| {
            let nth = item.saturating_sub(open.first_body.unwrap_or(item));
            match module.funcs.get(DefIdx::new(nth)) {
                Some(func) => placed(error, body_offset(module, nth as usize), &func.body),
                None => error,
            }
        };
        self.end_bodies(work.finish().into_iter().map(placed), Some(&module.names));
        self.leave_core_module(None);
    }

    /// Adds the errors of the bodies of a core module that is about to end, and its names to all
    /// errors.
    fn end_bodies(&mut self, errors: impl IntoIterator<Item = Error>, names: Option<&Names<'_>>) {
        errors.into_iter().for_each(|error| self.report_body(&error));
        if let (Some(module), Some(names)) = (&mut self.module, names) {
            module.add_names(names);
        }
    }
}

/// A core module that is being read.
#[derive(Default)]
struct OpenModule {
    /// The number of the item with its first body.
    first_body: Option<u32>,
    /// Its names, for messages.
    names: Option<Names<'static>>,
}

impl OpenModule {
    /// Takes an item that was checked. Returns a body that is to be shared, and its function.
    fn take<'b, 'e>(
        &mut self,
        verdict: Option<PartVerdict>,
        item: &'b Item<'e>,
        work: &mut SharedWork<'_, '_, '_>,
    ) -> Option<(FuncIdx, &'b Body<'e>)> {
        match (verdict, item) {
            (Some(PartVerdict::Body(func)), Item::Body(body)) => {
                if self.first_body.is_none() {
                    self.first_body = Some(work.begin(func.types()));
                }
                return Some((func.func(), body));
            }
            (_, Item::Custom(custom)) if custom.name == Names::NAME && self.names.is_none() => {
                let bytes = custom.data.bytes().unwrap_or_default();
                self.names = Names::parse(bytes).ok().map(Names::into_owned);
            }
            _ => {}
        }
        None
    }
}
