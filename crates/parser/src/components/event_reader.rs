//! Parses the input of an [`io::Read`], with a buffer for one definition or item.

use std::io;

use wattle_ast::Wasm;
use wattle_ast::components::{Component, Event, Layer, Part};

use super::parser::Parser;
use super::slice::not_a_component;
use super::state::WasmState;
use super::tree::Builder;
use crate::event_reader::ReadError;
use crate::feed::Feed;
use crate::raw::Keep;

/// The events of a module or component that comes from an [`io::Read`].
///
/// An event borrows the reader's buffer, so it must be dropped before the next event is read. The
/// buffer grows with the bytes that have arrived, never by a number in the input, up to the largest
/// definition or item that is [allowed](EventReader::max_item).
///
/// ```
/// use wattle_parser::components::EventReader;
///
/// let file: &[u8] = b"\0asm\x0d\0\x01\0\x07\x02\x01\x7f";
/// let mut reader = EventReader::new(file);
/// let mut total = 0;
/// while let Some(event) = reader.next()? {
///     total += event.bytes.len();
/// }
/// assert_eq!(total, file.len());
/// # Ok::<(), wattle_parser::ReadError>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R> {
    feed: Feed<R, WasmState>,
}

impl<R: io::Read> EventReader<R> {
    /// The events of `input`, with the default features.
    pub fn new(input: R) -> EventReader<R> {
        EventReader::with_parser(Parser::new(), input)
    }

    /// The events of `input`, with the features and checks of the parser, which must not have seen
    /// any input yet.
    pub fn with_parser(parser: Parser, input: R) -> EventReader<R> {
        EventReader { feed: Feed::new(parser.sans_io, input, crate::EventReader::<R>::MAX_ITEM) }
    }

    /// Sets the greatest size in bytes of a definition or item, which limits the memory of the
    /// reader to about twice as much; the default is [`MAX_ITEM`](crate::EventReader::MAX_ITEM).
    /// Items of up to 64 KiB are always allowed.
    #[must_use]
    pub fn max_item(mut self, bytes: usize) -> EventReader<R> {
        self.feed.set_max_item(bytes);
        self
    }

    /// The next event, or `None` at the end of the module or component.
    ///
    /// # Errors
    /// Errors of the input, the first place where it is malformed, or an item that is too large.
    #[allow(clippy::should_implement_trait)] // An iterator's items cannot borrow from it.
    pub fn next(&mut self) -> Result<Option<Event<'_>>, ReadError> {
        self.feed.next()
    }

    /// Passes the remaining events to `take`. The events are not moved, since moving an event takes
    /// longer than reading a small one.
    ///
    /// # Errors
    /// The errors of [`next`](EventReader::next).
    ///
    /// ```
    /// let file: &[u8] = b"\0asm\x0d\0\x01\0\x07\x02\x01\x7f";
    /// let mut total = 0;
    /// wattle_parser::components::EventReader::new(file).pass_to(|event| total += event.bytes.len())?;
    /// assert_eq!(total, file.len());
    /// # Ok::<(), wattle_parser::ReadError>(())
    /// ```
    pub fn pass_to(mut self, take: impl FnMut(&Event<'_>)) -> Result<(), ReadError> {
        self.feed.pass_to(take)
    }

    /// The whole module or component.
    ///
    /// # Errors
    /// Errors of the input, and the first place where it is malformed.
    ///
    /// ```
    /// use wattle_parser::components::EventReader;
    /// let file: &[u8] = b"\0asm\x0d\0\x01\0\x07\x02\x01\x7f";
    /// assert_eq!(EventReader::new(file).wasm()?.component().unwrap().definitions.len(), 1);
    /// # Ok::<(), wattle_parser::ReadError>(())
    /// ```
    pub fn wasm(mut self) -> Result<Wasm<'static>, ReadError> {
        let mut builder = Builder::new(Keep::copy());
        while let Some(event) = self.next()? {
            builder.add(event.part.into_owned(), event.offset, event.bytes);
        }
        Ok(builder.finish())
    }

    /// The whole component.
    ///
    /// # Errors
    /// Errors of the input, the first place where it is malformed, or the error for a module.
    pub fn component(mut self) -> Result<Component<'static>, ReadError> {
        let mut builder = Builder::new(Keep::copy());
        let start = self.feed.offset();
        while let Some(event) = self.next()? {
            if event.offset == start && event.part == Part::Enter(Layer::Module) {
                return Err(not_a_component(start).into());
            }
            builder.add(event.part.into_owned(), event.offset, event.bytes);
        }
        match builder.finish() {
            Wasm::Component(component) => Ok(component),
            Wasm::Module(_) => Err(not_a_component(start).into()),
        }
    }
}
