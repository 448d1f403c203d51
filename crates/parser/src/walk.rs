//! A walk over the events of an input that is wholly in memory.

use wattle_ast::Error;

use crate::sans_io::{Progress, SansIo, State};

/// The events of a slice. They end with the first error, unless the malformed part is skipped.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a, S> {
    pub(crate) parser: SansIo<S>,
    /// The bytes after the last event.
    pub(crate) rest: &'a [u8],
    done: bool,
}

/// A part of a module that was skipped because it is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Skipped<'a> {
    /// The offset in the input of the first byte.
    pub offset: usize,
    /// The bytes; empty if only the order of sections or a count is wrong.
    pub bytes: &'a [u8],
}

impl<'a, S: State> Walk<'a, S> {
    pub(crate) fn new(parser: SansIo<S>, rest: &'a [u8]) -> Walk<'a, S> {
        Walk { parser, rest, done: false }
    }

    /// The next event, or `None` after the last event or an error.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Result<S::Event<'a>, Error>> {
        if self.done {
            return None;
        }
        let mut event = S::blank();
        match self.parser.next_to(&mut event, self.rest, true) {
            Ok(Progress::Event(len)) => {
                self.rest = self.rest.get(len..).unwrap_or_default();
                Some(Ok(event))
            }
            // The whole input is here, so no more bytes can arrive.
            Ok(Progress::End | Progress::NeedMore(_)) => {
                self.done = true;
                None
            }
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }

    /// Passes the remaining events to `take` without moving them.
    pub(crate) fn pass_to(mut self, mut take: impl FnMut(&S::Event<'a>)) -> Result<(), Error> {
        while !self.done {
            let mut event = S::blank();
            match self.parser.next_to(&mut event, self.rest, true)? {
                Progress::Event(len) => {
                    self.rest = self.rest.get(len..).unwrap_or_default();
                    take(&event);
                }
                // The whole input is here, so no more bytes can arrive.
                Progress::End | Progress::NeedMore(_) => self.done = true,
            }
        }
        Ok(())
    }

    /// Skips the malformed part of the last error; `None` when the end of the part is unknown or
    /// lies beyond the input.
    pub(crate) fn skip_malformed(&mut self) -> Option<Skipped<'a>> {
        let offset = self.parser.offset;
        let len = self.parser.skip_malformed(self.rest)?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        self.done = false;
        Some(Skipped { offset, bytes })
    }
}
