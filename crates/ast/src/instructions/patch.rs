//! Code with some of its instructions replaced or removed, or with instructions inserted.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Code that is copied except where it changes. Without changes, nothing is copied.
#[derive(Clone, Debug)]
pub(crate) struct Patch<'c> {
    source: &'c [u8],
    out: Vec<u8>,
    /// The number of bytes of the source that were copied, replaced or removed.
    done: usize,
    runs: Vec<Run>,
}

/// Bytes of the source, from `old` up to the next run.
#[derive(Clone, Copy, Debug)]
struct Run {
    old: usize,
    /// The new offset of the first of these bytes; `None` if they are removed.
    new: Option<usize>,
}

impl<'c> Patch<'c> {
    pub(crate) fn new(source: &'c [u8]) -> Patch<'c> {
        Patch { source, out: Vec::new(), done: 0, runs: Vec::new() }
    }

    pub(crate) fn source(&self) -> &'c [u8] {
        self.source
    }

    /// Whether the code stays as it is.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.out.is_empty() && self.done == 0
    }

    /// Copies the source up to `end`.
    fn copy_to(&mut self, end: usize) {
        if self.out.capacity() == 0 {
            // Most changes make code a little longer.
            self.out.reserve(self.source.len() + self.source.len() / 8 + 16);
        }
        if self.done < end {
            self.runs.push(Run { old: self.done, new: Some(self.out.len()) });
            self.out.extend_from_slice(self.source.get(self.done..end).unwrap_or_default());
            self.done = end;
        }
    }

    /// Copies the source up to byte `at`, and returns the new code, to which the caller appends the
    /// inserted instructions.
    pub(crate) fn insert(&mut self, at: usize) -> &mut Vec<u8> {
        self.copy_to(at);
        &mut self.out
    }

    /// Copies the source up to the instruction, and returns the new code, to which the caller
    /// appends the replacement.
    pub(crate) fn replace(&mut self, start: usize, end: usize) -> &mut Vec<u8> {
        self.copy_to(start);
        self.runs.push(Run { old: start, new: Some(self.out.len()) });
        self.done = end;
        &mut self.out
    }

    /// Removes an instruction.
    pub(crate) fn remove(&mut self, start: usize, end: usize) {
        self.copy_to(start);
        self.runs.push(Run { old: start, new: None });
        self.done = end;
    }

    /// Copies the rest of the source.
    pub(crate) fn copy_rest(&mut self) {
        if !self.is_unchanged() {
            self.copy_to(self.source.len());
        }
    }

    /// The new offset of an instruction; `None` if it is removed. All of the source must be copied.
    pub(crate) fn new_offset(&self, old: usize) -> Option<usize> {
        match self.runs.partition_point(|run| run.old <= old).checked_sub(1) {
            Some(at) => self.runs[at].new.map(|new| new + (old - self.runs[at].old)),
            None => Some(old),
        }
    }

    /// The new code.
    pub(crate) fn finish(mut self) -> Cow<'c, [u8]> {
        if self.is_unchanged() {
            return Cow::Borrowed(self.source);
        }
        self.copy_rest();
        Cow::Owned(self.out)
    }
}
