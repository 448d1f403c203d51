//! Parses a whole module or component in memory: an iterator over its events, and its tree.

use core::iter::FusedIterator;

use wattle_ast::components::{Component, Event, Layer};
use wattle_ast::{Error, Malformed, Span, Wasm};

use super::parser::{Parser, Step};
use super::tree::Builder;
use crate::parser::MAGIC;
use crate::raw::Keep;

/// The events of a module or component, with the default features.
///
/// ```
/// let wasm = b"\0asm\x0d\0\x01\0\x07\x02\x01\x7f";
/// let events = wattle_parser::components::events(wasm).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(events.iter().map(|event| event.offset).collect::<Vec<_>>(), [0, 8, 11, 12]);
/// assert_eq!(events.iter().flat_map(|event| event.bytes).count(), wasm.len());
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn events(bytes: &[u8]) -> Events<'_> {
    Parser::new().events(bytes)
}

/// The component of these bytes, with the default features.
///
/// # Errors
/// The first place where the bytes are malformed. A module is refused too, since it is not a
/// component: [`parse_wasm`] takes both.
///
/// ```
/// use wattle_ast::components::{Definition, PrimType, Type};
///
/// let component = wattle_parser::parse_component(b"\0asm\x0d\0\x01\0\x07\x02\x01\x7f")?;
/// assert_eq!(component.definitions, [Definition::Type(Type::Prim(PrimType::Bool))]);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn parse_component(bytes: &[u8]) -> Result<Component<'_>, Error> {
    Parser::new().component(bytes)
}

/// The module or component of these bytes, with the default features.
///
/// # Errors
/// The first place where the bytes are malformed.
///
/// ```
/// let wasm = wattle_parser::parse_wasm(b"\0asm\x01\0\0\0\x05\x03\x01\0\x01")?;
/// assert_eq!(wasm.module().unwrap().memories.len(), 1);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn parse_wasm(bytes: &[u8]) -> Result<Wasm<'_>, Error> {
    Parser::new().wasm(bytes)
}

impl Parser {
    /// The events of a module or component that is wholly in memory.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_parser::components::Parser;
    ///
    /// // A component in which a component has an asynchronous function type.
    /// let wasm = b"\0asm\x0d\0\x01\0\x04\x0f\0asm\x0d\0\x01\0\x07\x05\x01\x43\0\x01\0";
    /// let features = Features::ALL - Features::CM_ASYNC;
    /// let error = Parser::new().features(features).events(wasm).find_map(Result::err).unwrap();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid leading byte (0x43) for component defined type (cm-async is not enabled) \
    ///      at offset 0x15, in component 0, type 0",
    /// );
    /// ```
    pub fn events(self, bytes: &[u8]) -> Events<'_> {
        Events { parser: self, rest: bytes, done: false }
    }

    /// The module or component of these bytes.
    ///
    /// # Errors
    /// The first place where the bytes are malformed.
    pub fn wasm(self, bytes: &[u8]) -> Result<Wasm<'_>, Error> {
        let mut builder = Builder::new(Keep::Borrow(bytes, self.offset()));
        for event in self.events(bytes) {
            let Event { part, offset, bytes } = event?;
            builder.add(part, offset, bytes);
        }
        Ok(builder.finish())
    }

    /// The component of these bytes.
    ///
    /// # Errors
    /// The first place where the bytes are malformed, or that they are a module.
    pub fn component(self, bytes: &[u8]) -> Result<Component<'_>, Error> {
        let start = self.offset();
        if Layer::of(bytes) == Some(Layer::Module) {
            return Err(not_a_component(start));
        }
        match self.wasm(bytes)? {
            Wasm::Component(component) => Ok(component),
            Wasm::Module(_) => Err(not_a_component(start)),
        }
    }
}

/// The error for a module where only a component is wanted.
pub(super) fn not_a_component(start: usize) -> Error {
    let version = start.saturating_add(MAGIC.len());
    Error::new(Malformed::ComponentExpected, Span::new(version, version.saturating_add(4)))
}

/// The events of a slice. An error is the last event.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    parser: Parser,
    rest: &'a [u8],
    done: bool,
}

impl<'a> Events<'a> {
    /// The offset in the input of the next byte.
    pub fn offset(&self) -> usize {
        self.parser.offset()
    }

    /// The number of inner modules and components that are open.
    pub fn depth(&self) -> usize {
        self.parser.depth()
    }

    /// The bytes behind the last event.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
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
            // The whole input is here, so no more can arrive.
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
