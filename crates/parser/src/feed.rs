//! Feeds a parser with the input of an [`io::Read`], with a buffer for one item.

use alloc::vec::Vec;
use std::io;

use crate::event_reader::{ItemTooLarge, ReadError};
use crate::sans_io::{Progress, SansIo, State};

/// The number of bytes read at a time while items are small.
const CHUNK: usize = 64 * 1024;

/// A parser, its input and its buffers.
#[derive(Debug)]
pub(crate) struct Feed<R, S> {
    parser: SansIo<S>,
    input: R,
    buffer: Buffer,
    /// The buffer that takes over when `buffer` ends amid an item. `buffer` itself cannot grow,
    /// because an event may borrow it: whether it holds a whole event is known only when that event
    /// is returned.
    spare: Buffer,
    /// Whether `spare` holds the input now.
    is_spare_next: bool,
    /// The greatest size in bytes of an item.
    max_item: usize,
}

/// Input that has arrived.
#[derive(Debug, Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// `start..end` is the range of the bytes that arrived and were not handed out yet.
    start: usize,
    end: usize,
    /// Whether the end of the input was reached.
    eof: bool,
}

impl Buffer {
    fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Copies the bytes that another buffer has not handed out, and reads until the next event has
    /// arrived as a whole. The event may have at most `most` bytes.
    fn take_next(
        &mut self,
        from: &Buffer,
        input: &mut impl io::Read,
        parser: &mut SansIo<impl State>,
        most: usize,
    ) -> Result<(), ReadError> {
        self.take_over(from)?;
        loop {
            if self.end >= most {
                let path = parser.path_of_next(self.data());
                let offset = parser.offset;
                return Err(ReadError::TooLarge(ItemTooLarge { offset, max: most, path }));
            }
            self.fill(input, most)?;
            if !parser.needs_more(self.data(), self.eof)? {
                return Ok(());
            }
        }
    }

    /// Copies the bytes that another buffer has not handed out.
    fn take_over(&mut self, from: &Buffer) -> io::Result<()> {
        let rest = from.data();
        self.grow_to(rest.len())?;
        self.bytes[..rest.len()].copy_from_slice(rest);
        (self.start, self.end, self.eof) = (0, rest.len(), from.eof);
        Ok(())
    }

    /// Makes the buffer at least this long.
    fn grow_to(&mut self, len: usize) -> io::Result<()> {
        if len > self.bytes.len() {
            self.bytes.try_reserve_exact(len - self.bytes.len())?;
            self.bytes.resize(len, 0);
        }
        Ok(())
    }

    /// Reads once. A full buffer doubles first, but does not become longer than `most`, which must
    /// be more than the number of bytes that it holds.
    fn fill(&mut self, input: &mut impl io::Read, most: usize) -> io::Result<()> {
        if self.end == self.bytes.len() {
            let len = self.bytes.len().saturating_mul(2).max(CHUNK).min(most);
            self.grow_to(len)?;
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

impl<R: io::Read, S: State> Feed<R, S> {
    pub(crate) fn new(parser: SansIo<S>, input: R, max_item: usize) -> Feed<R, S> {
        let (buffer, spare) = Default::default();
        Feed { parser, input, buffer, spare, is_spare_next: false, max_item }
    }

    /// Sets the greatest size in bytes of an item.
    pub(crate) fn set_max_item(&mut self, bytes: usize) {
        self.max_item = bytes.max(CHUNK);
    }

    /// The offset in the input of the next byte.
    pub(crate) fn offset(&self) -> usize {
        self.parser.offset
    }

    /// The next event, or `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Result<Option<S::Event<'_>>, ReadError> {
        self.use_spare();
        let mut event = S::blank();
        let data = &self.buffer.bytes[self.buffer.start..self.buffer.end];
        match self.parser.next_to(&mut event, data, self.buffer.eof)? {
            Progress::Event(len) => {
                self.buffer.start += len;
                return Ok(Some(event));
            }
            Progress::End => return Ok(None),
            Progress::NeedMore(_) => {}
        }
        self.is_spare_next = true;
        self.spare.take_next(&self.buffer, &mut self.input, &mut self.parser, self.max_item)?;
        let data = &self.spare.bytes[self.spare.start..self.spare.end];
        match self.parser.next_to(&mut event, data, self.spare.eof)? {
            Progress::Event(len) => {
                self.spare.start += len;
                Ok(Some(event))
            }
            Progress::End | Progress::NeedMore(_) => Ok(None),
        }
    }

    /// Passes the remaining events to `take` without moving them.
    pub(crate) fn pass_to(&mut self, mut take: impl FnMut(&S::Event<'_>)) -> Result<(), ReadError> {
        loop {
            self.use_spare();
            let Buffer { bytes, start, end, eof } = &mut self.buffer;
            loop {
                let mut event = S::blank();
                match self.parser.next_to(&mut event, &bytes[*start..*end], *eof)? {
                    Progress::Event(len) => {
                        take(&event);
                        *start += len;
                    }
                    Progress::NeedMore(_) if !*eof => break,
                    Progress::End | Progress::NeedMore(_) => return Ok(()),
                }
            }
            self.is_spare_next = true;
            self.spare.take_next(&self.buffer, &mut self.input, &mut self.parser, self.max_item)?;
        }
    }

    /// Makes `spare` the buffer if it holds the input.
    fn use_spare(&mut self) {
        if core::mem::take(&mut self.is_spare_next) {
            core::mem::swap(&mut self.buffer, &mut self.spare);
        }
    }
}
