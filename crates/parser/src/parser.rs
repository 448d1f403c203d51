//! The parser of modules: turns bytes into events as they arrive.

use core::ops::Range;

use wattle_ast::{Error, Event, Features};

use crate::module::ModuleState;
use crate::sans_io::{Progress, SansIo, State};

/// The result of [`Parser::next`].
#[derive(Clone, PartialEq, Debug)]
pub enum Step<'b> {
    /// The next event needs at least this many more bytes. Call again when more have arrived, or
    /// with `eof` at the end of the input.
    NeedMore(usize),
    /// An event. It took the first `event.bytes.len()` bytes of the data: do not pass them again.
    Event(Event<'b>),
    /// The module is complete, and the input ends here.
    End,
}

/// A parser that neither holds nor reads input: the caller owns the bytes, and passes the bytes
/// that have arrived.
///
/// ```
/// use wattle_ast::{Error, Item};
/// use wattle_parser::{Parser, Step};
///
/// /// Counts the functions in chunks that come from anywhere.
/// fn count(chunks: &[&[u8]]) -> Result<usize, Error> {
///     let (mut parser, mut buffer, mut bodies) = (Parser::new(), Vec::new(), 0);
///     let mut chunks = chunks.iter();
///     let mut eof = false;
///     loop {
///         match parser.next(&buffer, eof)? {
///             Step::NeedMore(_) => match chunks.next() {
///                 Some(chunk) => buffer.extend_from_slice(chunk),
///                 None => eof = true,
///             },
///             Step::Event(event) => {
///                 bodies += usize::from(matches!(event.item, Item::Body(_)));
///                 let consumed = event.bytes.len();
///                 buffer.drain(..consumed);
///             }
///             Step::End => return Ok(bodies),
///         }
///     }
/// }
/// assert_eq!(count(&[b"\0asm\x01\0\0\0\x03\x02\x01", b"\x07\x0a\x04\x01\x02\0\x0b"])?, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Parser {
    pub(crate) sans_io: SansIo<ModuleState>,
}

impl Parser {
    /// A parser of a module, with the default features, which checks the bodies of functions.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Sets the features that are on. Encodings that need other features are malformed.
    #[must_use]
    pub fn features(mut self, features: Features) -> Parser {
        self.sans_io.features = features;
        self
    }

    /// Sets whether the instructions of function bodies are read. If they are not, malformed
    /// instructions go unnoticed (locals are still read). Turn this off if you read the bodies
    /// yourself, for example in parallel.
    ///
    /// ```
    /// use wattle_parser::Parser;
    /// let wasm = b"\0asm\x01\0\0\0\x03\x02\x01\x07\x0a\x04\x01\x02\0\xff";
    /// assert!(Parser::new().module(wasm).is_err());
    /// let module = Parser::new().check_bodies(false).module(wasm)?;
    /// assert!(module.funcs[0.into()].body.expr().check(Default::default()).is_err());
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    #[must_use]
    pub fn check_bodies(mut self, check: bool) -> Parser {
        self.sans_io.skip_bodies = !check;
        self
    }

    /// Sets the range of a larger input, such as a component, that holds the module. The parser is
    /// given the input from the start of the range on, and the module must end at the end of the
    /// range. Bytes after the range are ignored. All offsets, also those of errors, are offsets in
    /// the input.
    ///
    /// ```
    /// use wattle_parser::Parser;
    ///
    /// let input = b"before\0asm\x01\0\0\0\x05\x03\x01\0\x01after";
    /// let events = Parser::new().within(6..19).events(&input[6..]);
    /// let offsets: Result<Vec<usize>, _> = events.map(|event| Ok(event?.offset)).collect();
    /// assert_eq!(offsets?, [6, 14, 17]);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    #[must_use]
    pub fn within(mut self, range: Range<usize>) -> Parser {
        self.sans_io.offset = range.start;
        self.sans_io.end = Some(range.end);
        self
    }

    /// The offset in the input of the next byte.
    pub fn offset(&self) -> usize {
        self.sans_io.offset
    }

    /// Takes one event off the front of `data`, which holds the bytes that have arrived and were
    /// not yet taken. `eof` states that no more bytes will arrive.
    ///
    /// # Errors
    /// The first place where the input is malformed. Nothing is taken then, and calling again with
    /// this data returns this error again.
    #[inline]
    pub fn next<'b>(&mut self, data: &'b [u8], eof: bool) -> Result<Step<'b>, Error> {
        let mut event = ModuleState::blank();
        Ok(match self.sans_io.next_to(&mut event, data, eof)? {
            Progress::Event(_) => Step::Event(event),
            Progress::NeedMore(more) => Step::NeedMore(more),
            Progress::End => Step::End,
        })
    }
}
