//! Feeds a parser with what an [`io::Read`] delivers, with a buffer for one item.

use alloc::vec::Vec;
use std::io;

use wattle_ast::components::Event as WasmEvent;
use wattle_ast::{Error, Event};

use crate::components::{Parser as WasmParser, Step as WasmStep};
use crate::event_reader::{ItemTooLarge, ReadError};
use crate::parser::{Parser, Step};

/// The number of bytes read at a time while items are small.
const CHUNK: usize = 64 * 1024;

/// A parser that is given the input that has arrived.
pub(crate) trait SansIo {
    /// What the parser finds.
    type Event<'b>;

    /// Takes one event off the front of `data`.
    fn next<'b>(&mut self, data: &'b [u8], eof: bool) -> Result<Next<Self::Event<'b>>, Error>;

    /// Whether `next` needs more than `data`.
    fn needs_more(&mut self, data: &[u8], eof: bool) -> Result<bool, Error>;

    /// The error for a next item that takes more than `max` bytes, and begins with `data`.
    fn too_large(&self, data: &[u8], max: usize) -> ItemTooLarge;
}

/// The result of [`SansIo::next`].
pub(crate) enum Next<E> {
    /// An event, and the number of bytes that it took.
    Event(E, usize),
    NeedMore,
    End,
}

/// Rows: a parser, its steps and its events.
macro_rules! sans_io {
    ($( $parser:ident $step:ident $event:ident; )*) => { $(
        impl SansIo for $parser {
            type Event<'b> = $event<'b>;

            fn next<'b>(&mut self, data: &'b [u8], eof: bool) -> Result<Next<$event<'b>>, Error> {
                Ok(match $parser::next(self, data, eof)? {
                    $step::Event(event) => {
                        let len = event.bytes.len();
                        Next::Event(event, len)
                    }
                    $step::NeedMore(_) => Next::NeedMore,
                    $step::End => Next::End,
                })
            }

            fn needs_more(&mut self, data: &[u8], eof: bool) -> Result<bool, Error> {
                $parser::needs_more(self, data, eof)
            }

            fn too_large(&self, data: &[u8], max: usize) -> ItemTooLarge {
                ItemTooLarge { offset: self.offset(), max, path: self.path_of_next(data) }
            }
        }
    )* };
}

sans_io! {
    Parser Step Event;
    WasmParser WasmStep WasmEvent;
}

/// An input and its buffers.
#[derive(Debug)]
pub(crate) struct Feed<R> {
    input: R,
    buffer: Buffer,
    /// The buffer that takes over when `buffer` ends amid an item. An event would borrow `buffer`,
    /// so `buffer` cannot grow while it is unknown whether it holds a whole event.
    spare: Buffer,
    /// Whether `spare` holds the input now.
    is_spare_next: bool,
    /// The most bytes of an item.
    max_item: usize,
}

/// Input that has arrived.
#[derive(Debug, Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// The bytes that arrived and were not handed out yet lie in `start..end`.
    start: usize,
    end: usize,
    /// Whether the end of the input was reached.
    eof: bool,
}

impl Buffer {
    fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Copies the bytes that another buffer has not handed out.
    fn take_over(&mut self, from: &Buffer) {
        let rest = from.data();
        self.bytes.resize(self.bytes.len().max(rest.len()), 0);
        self.bytes[..rest.len()].copy_from_slice(rest);
        (self.start, self.end, self.eof) = (0, rest.len(), from.eof);
    }

    /// Reads once. A full buffer doubles first, but does not become longer than `most`, which must
    /// be more than it holds.
    fn fill(&mut self, input: &mut impl io::Read, most: usize) -> io::Result<()> {
        if self.end == self.bytes.len() {
            let len = self.bytes.len().saturating_mul(2).max(CHUNK).min(most);
            self.bytes.try_reserve_exact(len - self.end)?;
            self.bytes.resize(len, 0);
        }
        let read = loop {
            match input.read(&mut self.bytes[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.end += read;
        self.eof = read == 0;
        Ok(())
    }
}

impl<R: io::Read> Feed<R> {
    pub(crate) fn new(input: R, max_item: usize) -> Feed<R> {
        let (buffer, spare) = Default::default();
        Feed { input, buffer, spare, is_spare_next: false, max_item }
    }

    /// Sets the most bytes of an item.
    pub(crate) fn set_max_item(&mut self, bytes: usize) {
        self.max_item = bytes.max(CHUNK);
    }

    /// The next event of a parser, or `None` at the end of the input.
    pub(crate) fn next<P: SansIo>(
        &mut self,
        parser: &mut P,
    ) -> Result<Option<P::Event<'_>>, ReadError> {
        if self.is_spare_next {
            core::mem::swap(&mut self.buffer, &mut self.spare);
            self.is_spare_next = false;
        }
        let data = &self.buffer.bytes[self.buffer.start..self.buffer.end];
        match parser.next(data, self.buffer.eof)? {
            Next::Event(event, len) => {
                self.buffer.start += len;
                return Ok(Some(event));
            }
            Next::End => return Ok(None),
            Next::NeedMore => {}
        }
        self.spare.take_over(&self.buffer);
        self.is_spare_next = true;
        loop {
            if self.spare.end >= self.max_item {
                let error = parser.too_large(self.spare.data(), self.max_item);
                return Err(ReadError::TooLarge(error));
            }
            self.spare.fill(&mut self.input, self.max_item)?;
            if !parser.needs_more(self.spare.data(), self.spare.eof)? {
                break;
            }
        }
        let data = &self.spare.bytes[self.spare.start..self.spare.end];
        match parser.next(data, self.spare.eof)? {
            Next::Event(event, len) => {
                self.spare.start += len;
                Ok(Some(event))
            }
            Next::End | Next::NeedMore => Ok(None),
        }
    }
}
