//! Parses a whole module or component in memory: an iterator over its events, and its tree.

use core::iter::FusedIterator;

use wattle_ast::components::{Component, Event, Layer, SectionId};
use wattle_ast::{DefinitionRef, Error, Features, Malformed, Path, Span, Wasm};

use super::parser::Parser;
use super::state::WasmState;
use super::tree::Builder;
use crate::module::MAGIC;
use crate::raw::Keep;
use crate::slice::{SectionFrame, frames_behind};
use crate::walk::{Skipped, Walk};

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

/// Parses the component in these bytes, with the default features.
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

/// Parses the module or component in these bytes, with the default features.
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
        Events { walk: Walk::new(self.sans_io, bytes) }
    }

    /// Parses the module or component in these bytes.
    ///
    /// # Errors
    /// The first place where the bytes are malformed.
    pub fn wasm(self, bytes: &[u8]) -> Result<Wasm<'_>, Error> {
        let mut builder = Builder::new(Keep::borrow(bytes, self.offset()));
        for event in self.events(bytes) {
            let Event { part, offset, bytes } = event?;
            builder.add(part, offset, bytes);
        }
        Ok(builder.finish())
    }

    /// Parses the component in these bytes.
    ///
    /// # Errors
    /// The first place where the bytes are malformed, or the error for a module.
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

/// The error for a module where only a component is accepted.
pub(super) fn not_a_component(start: usize) -> Error {
    let version = start.saturating_add(MAGIC.len());
    Error::new(Malformed::ComponentExpected, Span::new(version, version.saturating_add(4)))
}

/// The events of a slice. An error is the last event, unless the malformed part is
/// [skipped](Events::skip_malformed).
#[derive(Clone, Debug)]
pub struct Events<'a> {
    walk: Walk<'a, WasmState>,
}

impl<'a> Events<'a> {
    /// Continues after the malformed part of the last error, for tools that show as much as
    /// possible of a malformed component. In a core module, the skipped part is the part that
    /// [`Events::skip_malformed`](crate::Events::skip_malformed) skips, or else the rest of the
    /// module; in a component, it is the rest of the section. If types in the section are still
    /// open, their ends are missing. If the preamble of an inner module or component is malformed,
    /// all of it is skipped, without the events that enter and leave it.
    ///
    /// Returns `None` when the end of the malformed part is unknown or lies beyond the input. The
    /// events end there.
    ///
    /// ```
    /// use wattle_ast::components::{Definition, Part};
    ///
    /// // A type that does not exist, then a custom section.
    /// let wasm = b"\0asm\x0d\0\x01\0\x07\x03\x02\x3e\x7f\0\x02\x01a";
    /// let mut events = wattle_parser::components::events(wasm);
    /// assert!(events.find_map(Result::err).is_some());
    /// assert_eq!(events.skip_malformed().unwrap().bytes, b"\x3e\x7f");
    /// let part = events.next().unwrap()?.part;
    /// assert!(matches!(part, Part::Definition(Definition::Custom(_))));
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn skip_malformed(&mut self) -> Option<Skipped<'a>> {
        self.walk.skip_malformed()
    }

    /// Passes the remaining events to `take` without moving them. An iterator moves every event,
    /// which takes longer than reading a small definition.
    ///
    /// # Errors
    /// The first place where the bytes are malformed.
    ///
    /// ```
    /// use wattle_ast::components::Part;
    ///
    /// let mut definitions = 0;
    /// let events = wattle_parser::components::events(b"\0asm\x0d\0\x01\0\x07\x03\x02\x7f\x7f");
    /// events.pass_to(|event| definitions += u32::from(matches!(event.part, Part::Definition(_))))?;
    /// assert_eq!(definitions, 2);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn pass_to(self, take: impl FnMut(&Event<'a>)) -> Result<(), Error> {
        self.walk.pass_to(take)
    }

    /// The offset in the input of the next byte.
    pub fn offset(&self) -> usize {
        self.walk.parser.offset
    }

    /// The number of inner modules and components that are open.
    pub fn depth(&self) -> usize {
        self.walk.parser.state.ends.len()
    }

    /// The bytes after the last event.
    pub fn rest(&self) -> &'a [u8] {
        self.walk.rest
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.walk.next()
    }
}

impl FusedIterator for Events<'_> {}

/// The sections of a module or component, delimited by their sizes alone. Contents, codes and order
/// are not checked, so this works on binaries that cannot be read otherwise. The content of a
/// section with an inner module or component can be passed to this function again.
///
/// ```
/// use wattle_parser::components::frames;
///
/// // A section that does not exist, then a component with a custom section.
/// let wasm = b"\0asm\x0d\0\x01\0\x63\x01\xff\x04\x0c\0asm\x0d\0\x01\0\x00\x02\x01a";
/// let outer = frames(wasm).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(outer.iter().map(|frame| frame.code).collect::<Vec<_>>(), [0x63, 4]);
/// let inner = frames(outer[1].content).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(inner[0].content, b"\x01a");
/// # Ok::<(), wattle_ast::Error>(())
/// ```
///
/// # Errors
/// A malformed preamble, and a size that is malformed or larger than the rest of the input; no more
/// sections follow.
pub fn frames(bytes: &[u8]) -> impl Iterator<Item = Result<SectionFrame<'_>, Error>> {
    let events = Parser::new().features(Features::ALL).events(bytes);
    let is_component = Layer::of(bytes) == Some(Layer::Component);
    frames_behind(events.walk, move |code| match is_component {
        true => Path {
            definition: SectionId::from_code(code).map(DefinitionRef::Section),
            ..Path::default()
        },
        false => Path { section: wattle_ast::SectionId::from_code(code), ..Path::default() },
    })
}
