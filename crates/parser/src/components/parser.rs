//! The parser of modules and components: turns bytes into parts as they arrive.

use core::ops::Range;

use wattle_ast::components::Event;
use wattle_ast::{Error, Features};

use super::state::WasmState;
use crate::sans_io::{Progress, SansIo, State};

/// The result of [`Parser::next`].
#[derive(Clone, PartialEq, Debug)]
pub enum Step<'b> {
    /// The next event needs at least this many more bytes. Call again when more have arrived, or
    /// with `eof` at the end of the input.
    NeedMore(usize),
    /// An event. It took the first `event.bytes.len()` bytes of the data, which may be none: do not
    /// pass them again.
    Event(Event<'b>),
    /// The module or component is complete, and the input ends here.
    End,
}

/// A parser of a module or component that neither holds nor reads input: the caller owns the bytes,
/// and passes the bytes that have arrived.
///
/// The parser needs no more than one definition or item at a time, so the caller never holds a
/// whole inner module or component. A level of nesting takes no stack, and only a few bytes of
/// memory.
///
/// ```
/// use wattle_ast::components::{Layer, Part};
/// use wattle_parser::components::{Parser, Step};
///
/// /// Counts the modules in chunks that come from anywhere.
/// fn count(chunks: &[&[u8]]) -> Result<usize, wattle_ast::Error> {
///     let (mut parser, mut buffer, mut modules) = (Parser::new(), Vec::new(), 0);
///     let mut chunks = chunks.iter();
///     let mut eof = false;
///     loop {
///         match parser.next(&buffer, eof)? {
///             Step::NeedMore(_) => match chunks.next() {
///                 Some(chunk) => buffer.extend_from_slice(chunk),
///                 None => eof = true,
///             },
///             Step::Event(event) => {
///                 modules += usize::from(event.part == Part::Enter(Layer::Module));
///                 let consumed = event.bytes.len();
///                 buffer.drain(..consumed);
///             }
///             Step::End => return Ok(modules),
///         }
///     }
/// }
/// assert_eq!(count(&[b"\0asm\x01\0\0\0"])?, 1);
/// assert_eq!(count(&[b"\0asm\x0d\0\x01\0\x01\x08", b"\0asm\x01\0\0\0"])?, 1);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Parser {
    pub(crate) sans_io: SansIo<WasmState>,
}

impl Parser {
    /// A parser with the default features, which checks the bodies of functions.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Sets the features that are on. Encodings that need other features are malformed.
    #[must_use]
    pub fn features(mut self, features: Features) -> Parser {
        self.sans_io.features = features;
        self
    }

    /// Sets whether the instructions of function bodies are read, as
    /// [`Parser::check_bodies`](crate::Parser::check_bodies) does.
    #[must_use]
    pub fn check_bodies(mut self, check: bool) -> Parser {
        self.sans_io.skip_bodies = !check;
        self
    }

    /// Sets the range of a larger input that holds the module or component. The parser is given the
    /// input from the start of the range on, and the module or component must end at the end of the
    /// range. Bytes after the range are ignored. All offsets, also those of errors, are offsets in
    /// the input.
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

    /// The number of inner modules and components that are open.
    pub fn depth(&self) -> usize {
        self.sans_io.state.ends.len()
    }

    /// Takes one event off the front of `data`, which holds the bytes that have arrived and were
    /// not yet taken. `eof` states that no more bytes will arrive.
    ///
    /// # Errors
    /// The first place where the input is malformed. Nothing is taken then, and calling again with
    /// this data returns this error again.
    #[inline]
    pub fn next<'b>(&mut self, data: &'b [u8], eof: bool) -> Result<Step<'b>, Error> {
        let mut event = WasmState::blank();
        Ok(match self.sans_io.next_to(&mut event, data, eof)? {
            Progress::Event(_) => Step::Event(event),
            Progress::NeedMore(more) => Step::NeedMore(more),
            Progress::End => Step::End,
        })
    }
}
