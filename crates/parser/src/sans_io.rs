//! The shared part of the parsers of modules and of components: they are given the input that has
//! arrived, and take one event off its front.

use wattle_ast::{Error, Features, Path};

use crate::frame::{Input, NoItem};

/// A parser that neither holds nor reads input: its place in the input, and the state of the module
/// or component that it reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct SansIo<S> {
    pub(crate) features: Features,
    /// Whether the instructions of bodies are not read.
    pub(crate) skip_bodies: bool,
    /// The number of bytes that the next attempt needs, as the last attempt found.
    wanted: usize,
    /// The offset in the input of the next byte.
    pub(crate) offset: usize,
    /// The offset where the outermost module or component must end, if it is set.
    pub(crate) end: Option<usize>,
    pub(crate) state: S,
}

/// The state of a parser in the module or component that it reads.
pub(crate) trait State: Explain {
    type Event<'b>;

    /// An event that is to be overwritten.
    fn blank<'b>() -> Self::Event<'b>;

    /// Sets the place of an event in the input.
    fn locate<'b>(event: &mut Self::Event<'b>, offset: usize, bytes: &'b [u8]);

    /// The offset where the innermost open module or component must end, unless it is the outermost
    /// one.
    #[inline(always)]
    fn inner_end(&self) -> Option<usize> {
        None
    }

    /// Decodes the event at the front of the input, overwrites a blank event with it, and moves
    /// past it. Returns the number of its bytes.
    fn take<'b>(&mut self, event: &mut Self::Event<'b>, input: &Input<'b>)
    -> Result<usize, NoItem>;

    /// Decodes the event at the front of the input. If it is a body, its instructions are checked now
    /// and not again.
    #[cfg(feature = "std")]
    fn check_next(&mut self, input: &Input<'_>) -> Result<(), NoItem>;

    /// Moves past the malformed part at the front of the input, which has arrived as a whole.
    /// Returns the length of the part, or `None` when its end is unknown.
    fn skip_malformed(&mut self, input: &Input<'_>) -> Option<usize>;
}

/// The errors of a state, and their places. None of this runs while the input is well-formed.
pub(crate) trait Explain {
    /// The error for an event that cannot be decoded.
    fn error(&self, input: &Input<'_>, why: NoItem) -> Error;

    /// The path to the next event.
    fn path(&self, input: &Input<'_>) -> Path;
}

/// The end of a step.
pub(crate) enum Progress {
    /// An event of this many bytes.
    Event(usize),
    /// The next event needs at least this many more bytes.
    NeedMore(usize),
    End,
}

impl<S: State> SansIo<S> {
    /// Takes one event off the front of `data`, and overwrites a blank event with it. To move a
    /// small event would take as long as to read it.
    #[inline(always)]
    pub(crate) fn next_to<'b>(
        &mut self,
        event: &mut S::Event<'b>,
        data: &'b [u8],
        eof: bool,
    ) -> Result<Progress, Error> {
        let input = &self.input(data, eof);
        let taken = match self.lacks(input) {
            false => self.state.take(event, input),
            true => Err(NoItem::More(self.wanted)),
        };
        match taken {
            Ok(len) => {
                S::locate(event, input.offset, input.data.get(..len).unwrap_or(input.data));
                self.advance(len);
                Ok(Progress::Event(len))
            }
            Err(why) => self.no_event(input, why),
        }
    }

    /// Whether the next step needs more than `data`. If not, and a body is next, its instructions
    /// are checked now and not again.
    #[cfg(feature = "std")]
    pub(crate) fn needs_more(&mut self, data: &[u8], eof: bool) -> Result<bool, Error> {
        let input = &self.input(data, eof);
        let checked = match self.lacks(input) {
            false => self.state.check_next(input),
            true => Err(NoItem::More(self.wanted)),
        };
        match checked {
            Ok(()) => Ok(false),
            Err(why) => Ok(matches!(self.no_event(input, why)?, Progress::NeedMore(_))),
        }
    }

    /// The data up to the offset where the innermost module or component must end.
    #[inline(always)]
    fn input<'b>(&self, data: &'b [u8], eof: bool) -> Input<'b> {
        let end = self.state.inner_end().or(self.end);
        let room = end.map_or(usize::MAX, |end| end.saturating_sub(self.offset));
        let (data, eof) = match data.get(..room) {
            Some(data) => (data, true),
            None => (data, eof),
        };
        let (offset, features, skip_bodies) = (self.offset, self.features, self.skip_bodies);
        Input { data, eof, offset, room, features, skip_bodies }
    }

    /// Whether the input has fewer bytes than the last attempt found to be needed.
    #[inline(always)]
    fn lacks(&self, input: &Input<'_>) -> bool {
        input.data.len() < self.wanted && !input.eof
    }

    /// Ends a step in which no event could be taken.
    #[cold]
    #[inline(never)]
    fn no_event(&mut self, input: &Input<'_>, why: NoItem) -> Result<Progress, Error> {
        match why {
            NoItem::End => Ok(Progress::End),
            NoItem::More(wanted) => {
                self.wanted = wanted.min(input.room);
                Ok(Progress::NeedMore(self.wanted.saturating_sub(input.data.len())))
            }
            malformed => Err(self.state.error(input, malformed)),
        }
    }

    /// Skips the malformed part at the front of `data`, which holds the rest of the input. Returns
    /// the length of the part, or `None` when its end is unknown.
    pub(crate) fn skip_malformed(&mut self, data: &[u8]) -> Option<usize> {
        let len = self.state.skip_malformed(&self.input(data, true))?;
        self.advance(len);
        Some(len)
    }

    /// The path to the event at the front of `data`.
    #[cfg(feature = "std")]
    pub(crate) fn path_of_next(&self, data: &[u8]) -> Path {
        self.state.path(&self.input(data, false))
    }

    #[inline(always)]
    fn advance(&mut self, len: usize) {
        self.offset = self.offset.saturating_add(len);
        self.wanted = 0;
    }
}
