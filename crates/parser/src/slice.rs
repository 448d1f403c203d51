//! Parsing what is all there: an iterator over a slice, and the way to a tree.

use alloc::borrow::Cow;
use core::iter::FusedIterator;

use wattle_ast::{Collector, Error, Event, Module, RawSection, SectionId};

use crate::parser::{Parser, Step};

/// The events of a module, with the default features.
///
/// ```
/// let wasm = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
/// let events = wattle_parser::events(wasm).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(events.iter().map(|event| event.offset).collect::<Vec<_>>(), [0, 8, 11]);
/// assert_eq!(events.iter().flat_map(|event| event.bytes).count(), wasm.len());
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn events(bytes: &[u8]) -> Events<'_> {
    Parser::new().events(bytes)
}

/// The module of these bytes, with the default features.
///
/// # Errors
/// The first place where the bytes are malformed.
///
/// ```
/// let module = wattle_parser::parse(b"\0asm\x01\0\0\0\x05\x03\x01\0\x01")?;
/// assert_eq!(module.memories[0].limits.min, 1);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn parse(bytes: &[u8]) -> Result<Module<'_>, Error> {
    Parser::new().module(bytes)
}

impl Parser {
    /// The events of a module that is all there.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_parser::Parser;
    ///
    /// let wasm = b"\0asm\x01\0\0\0\x05\x04\x01\x03\x01\x01"; // a shared memory
    /// let mut events = Parser::new().features(Features::WASM3).events(wasm);
    /// let error = events.find_map(Result::err).unwrap();
    /// let message = "malformed limits flags (threads is not enabled) at offset 0xb, in memory 0";
    /// assert_eq!(error.to_string(), message);
    /// ```
    pub fn events(self, bytes: &[u8]) -> Events<'_> {
        Events { parser: self, rest: bytes, done: false }
    }

    /// The module of these bytes.
    ///
    /// # Errors
    /// The first place where the bytes are malformed.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_parser::Parser;
    ///
    /// let module = Parser::new().features(Features::WASM1).module(b"\0asm\x01\0\0\0")?;
    /// assert_eq!(module, Default::default());
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn module(self, bytes: &[u8]) -> Result<Module<'_>, Error> {
        let mut builder = Builder::new(bytes, self.offset());
        for event in self.events(bytes) {
            builder.event(event?);
        }
        Ok(builder.finish())
    }
}

/// The events of a slice; after an error there are no more.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    parser: Parser,
    rest: &'a [u8],
    done: bool,
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.parser.next(self.rest, true) {
            Ok(Step::Event(event)) => {
                self.rest = self.rest.get(event.bytes.len()..).unwrap_or_default();
                Some(Ok(event))
            }
            // At the end of the input nothing more is wanted.
            Ok(Step::End | Step::NeedMore(_)) => {
                self.done = true;
                None
            }
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

impl FusedIterator for Events<'_> {}

/// Collects events and the sections that they lie in.
struct Builder<'a> {
    bytes: &'a [u8],
    /// The offset in the input of the first of the bytes.
    base: usize,
    collector: Collector<'a>,
    /// The section at hand, and the offset at which it begins.
    section: Option<(SectionId, usize)>,
    /// The offset behind the last event.
    end: usize,
}

impl<'a> Builder<'a> {
    fn new(bytes: &'a [u8], base: usize) -> Builder<'a> {
        Builder { bytes, base, collector: Collector::default(), section: None, end: base }
    }

    fn event(&mut self, event: Event<'a>) {
        if let Some(id) = event.item.begins() {
            self.end_section();
            self.section = Some((id, event.offset));
        }
        self.end = event.offset + event.bytes.len();
        self.collector.item(event.item);
    }

    fn end_section(&mut self) {
        if let Some((id, start)) = self.section.take() {
            let bytes = self.bytes.get(start - self.base..self.end - self.base);
            let bytes = Cow::Borrowed(bytes.unwrap_or_default());
            self.collector.raw_section(RawSection { id, bytes });
        }
    }

    fn finish(mut self) -> Module<'a> {
        self.end_section();
        self.collector.finish()
    }
}
