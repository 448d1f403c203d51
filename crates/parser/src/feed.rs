//! Feeds a parser with what an [`io::Read`] delivers, with a buffer for one item.

use alloc::vec::Vec;
use std::io;

use wattle_ast::components::Event as WasmEvent;
use wattle_ast::{Error, Event};

use crate::components::Parser as WasmParser;
use crate::event_reader::{ItemTooLarge, ReadError};
use crate::parser::{Parser, Progress};

/// The number of bytes read at a time while items are small.
const CHUNK: usize = 64 * 1024;

/// A parser that is given the input that has arrived.
pub(crate) trait SansIo {
    /// What the parser finds.
    type Event<'b>;

    /// An event to write over.
    fn blank<'b>() -> Self::Event<'b>;

    /// Takes one event off the front of `data`, and writes it over a blank one.
    fn next_to<'b>(
        &mut self,
        event: &mut Self::Event<'b>,
        data: &'b [u8],
        eof: bool,
    ) -> Result<Progress, Error>;

    /// The offset of the next byte.
    fn offset(&self) -> usize;

    /// Whether `next_to` needs more than `data`.
    fn needs_more(&mut self, data: &[u8], eof: bool) -> Result<bool, Error>;

    /// The error for a next item that takes more than `max` bytes, and begins with `data`.
    fn too_large(&self, data: &[u8], max: usize) -> ItemTooLarge;
}

/// Rows: a parser and its events.
macro_rules! sans_io {
    ($( $parser:ident $event:ident; )*) => { $(
        impl SansIo for $parser {
            type Event<'b> = $event<'b>;

            #[inline]
            fn blank<'b>() -> $event<'b> {
                $parser::BLANK
            }

            #[inline]
            fn next_to<'b>(
                &mut self,
                event: &mut $event<'b>,
                data: &'b [u8],
                eof: bool,
            ) -> Result<Progress, Error> {
                $parser::next_to(self, event, data, eof)
            }

            fn offset(&self) -> usize {
                $parser::offset(self)
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
    Parser Event;
    WasmParser WasmEvent;
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

    /// Copies the bytes that another buffer has not handed out, and reads until the next event is here,
    /// which may have `most` bytes.
    fn take_next<P: SansIo>(
        &mut self,
        from: &Buffer,
        input: &mut impl io::Read,
        parser: &mut P,
        most: usize,
    ) -> Result<(), ReadError> {
        self.take_over(from);
        loop {
            if self.end >= most {
                return Err(ReadError::TooLarge(parser.too_large(self.data(), most)));
            }
            self.fill(input, most)?;
            if !parser.needs_more(self.data(), self.eof)? {
                return Ok(());
            }
        }
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
        self.use_spare();
        let start = parser.offset();
        let mut event = P::blank();
        let data = &self.buffer.bytes[self.buffer.start..self.buffer.end];
        match parser.next_to(&mut event, data, self.buffer.eof)? {
            Progress::Event => {
                self.buffer.start += parser.offset() - start;
                return Ok(Some(event));
            }
            Progress::End => return Ok(None),
            Progress::NeedMore(_) => {}
        }
        self.is_spare_next = true;
        self.spare.take_next(&self.buffer, &mut self.input, parser, self.max_item)?;
        let data = &self.spare.bytes[self.spare.start..self.spare.end];
        match parser.next_to(&mut event, data, self.spare.eof)? {
            Progress::Event => {
                self.spare.start += parser.offset() - start;
                Ok(Some(event))
            }
            Progress::End | Progress::NeedMore(_) => Ok(None),
        }
    }

    /// Passes the events that are left to `take`, each where the parser made it.
    pub(crate) fn pass_to<P: SansIo>(
        &mut self,
        parser: &mut P,
        mut take: impl FnMut(&P::Event<'_>),
    ) -> Result<(), ReadError> {
        loop {
            self.use_spare();
            let Buffer { bytes, start, end, eof } = &mut self.buffer;
            loop {
                let offset = parser.offset();
                let mut event = P::blank();
                match parser.next_to(&mut event, &bytes[*start..*end], *eof)? {
                    Progress::Event => take(&event),
                    Progress::NeedMore(_) if !*eof => break,
                    Progress::End | Progress::NeedMore(_) => return Ok(()),
                }
                *start += parser.offset() - offset;
            }
            self.is_spare_next = true;
            self.spare.take_next(&self.buffer, &mut self.input, parser, self.max_item)?;
        }
    }

    /// Makes `spare` the buffer if it holds the input.
    fn use_spare(&mut self) {
        if core::mem::take(&mut self.is_spare_next) {
            core::mem::swap(&mut self.buffer, &mut self.spare);
        }
    }
}
