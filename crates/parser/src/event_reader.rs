//! Parses the input of an [`io::Read`], with a buffer for one item.

use core::fmt;
use std::io;

use wattle_ast::{Error, Event, Module, Path};

use crate::feed::Feed;
use crate::module::ModuleState;
use crate::parser::Parser;
use crate::raw::Keep;
use crate::tree::Builder;

/// The events of a module that comes from an [`io::Read`].
///
/// An event borrows the reader's buffer, so it must be dropped before the next event is read. The
/// buffer grows with the bytes that have arrived, never by a number in the input, up to the largest
/// item that is [allowed](EventReader::max_item).
///
/// ```
/// use wattle_parser::EventReader;
///
/// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
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
    feed: Feed<R, ModuleState>,
}

/// The reason why an [`EventReader`] stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The input could not be read.
    Io(io::Error),
    /// The input is malformed.
    Malformed(Error),
    /// An item is larger than [`EventReader::max_item`] allows.
    TooLarge(ItemTooLarge),
}

/// The error for an item that was not read because it takes more bytes than are allowed.
///
/// ```
/// use wattle_parser::{EventReader, ReadError};
///
/// use std::io::Read;
///
/// // A custom section that claims 2 GiB and never ends.
/// let file = b"\0asm\x01\0\0\0\0\x80\x80\x80\x80\x08".chain(std::io::repeat(0));
/// let mut reader = EventReader::new(file).max_item(1 << 20);
/// assert!(reader.next().is_ok_and(|event| event.is_some()));
/// let error = reader.next().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "item too large: it takes more than 1048576 bytes at offset 0x8, in custom 0",
/// );
/// assert!(matches!(error, ReadError::TooLarge(error) if error.offset == 8));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemTooLarge {
    /// The offset of its first byte in the input.
    pub offset: usize,
    /// The greatest number of bytes that is allowed.
    pub max: usize,
    /// The path to the item in the module.
    pub path: Path,
}

impl fmt::Display for ItemTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ItemTooLarge { offset, max, path } = self;
        write!(f, "item too large: it takes more than {max} bytes at offset {offset:#x}")?;
        if path.is_empty() { Ok(()) } else { write!(f, ", in {path}") }
    }
}

impl core::error::Error for ItemTooLarge {}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Malformed(error) => error.fmt(f),
            ReadError::TooLarge(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            ReadError::Io(error) => error,
            ReadError::Malformed(error) => error,
            ReadError::TooLarge(error) => error,
        })
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        ReadError::Malformed(error)
    }
}

impl From<ItemTooLarge> for ReadError {
    fn from(error: ItemTooLarge) -> Self {
        ReadError::TooLarge(error)
    }
}

impl<R: io::Read> EventReader<R> {
    /// The events of `input`, with the default features.
    pub fn new(input: R) -> EventReader<R> {
        EventReader::with_parser(Parser::new(), input)
    }

    /// The events of `input`, with the features and checks of the parser, which must not have seen
    /// any input yet.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_parser::{EventReader, Parser};
    ///
    /// let file: &[u8] = b"\0asm\x01\0\0\0";
    /// let parser = Parser::new().features(Features::WASM2).check_bodies(false);
    /// assert!(EventReader::with_parser(parser, file).next()?.is_some());
    /// # Ok::<(), wattle_parser::ReadError>(())
    /// ```
    pub fn with_parser(parser: Parser, input: R) -> EventReader<R> {
        EventReader { feed: Feed::new(parser.sans_io, input, EventReader::<R>::MAX_ITEM) }
    }

    /// The greatest size in bytes of an item, unless [`max_item`](EventReader::max_item) sets
    /// another: 64 MiB. The largest items of real modules are data segments and custom sections
    /// with debug information; engines accept no function of more than 8 MB.
    pub const MAX_ITEM: usize = 64 << 20;

    /// Sets the greatest size in bytes of an item, which limits the memory of the reader to about
    /// twice as much. An item is the header of a section, an entry of a section, or a whole custom
    /// section. Items of up to 64 KiB are always allowed.
    #[must_use]
    pub fn max_item(mut self, bytes: usize) -> EventReader<R> {
        self.feed.set_max_item(bytes);
        self
    }

    /// The next event, or `None` at the end of the module.
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
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// let mut total = 0;
    /// wattle_parser::EventReader::new(file).pass_to(|event| total += event.bytes.len())?;
    /// assert_eq!(total, file.len());
    /// # Ok::<(), wattle_parser::ReadError>(())
    /// ```
    pub fn pass_to(mut self, take: impl FnMut(&Event<'_>)) -> Result<(), ReadError> {
        self.feed.pass_to(take)
    }

    /// The whole module.
    ///
    /// # Errors
    /// Errors of the input, and the first place where it is malformed.
    ///
    /// ```
    /// use wattle_parser::EventReader;
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// assert_eq!(EventReader::new(file).module()?.memories.len(), 1);
    /// # Ok::<(), wattle_parser::ReadError>(())
    /// ```
    pub fn module(mut self) -> Result<Module<'static>, ReadError> {
        let mut builder = Builder::new(Keep::copy());
        while let Some(event) = self.next()? {
            builder.add(event.item.into_owned(), event.offset, event.bytes);
        }
        Ok(builder.finish())
    }
}
