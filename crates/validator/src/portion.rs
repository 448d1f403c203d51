//! Portions of the work that threads share: the bodies of consecutive functions.

use alloc::vec::Vec;
use std::io;
use std::sync::{Mutex, PoisonError};

use wattle_ast::{Body, Entries, FuncIdx, Item, Malformed, Reader, SectionId, Span};

use crate::place::Place;
use crate::validator::{body_start, placed};
use crate::{Error, FuncValidator, Types};

/// The number of bytes of code in a portion: small enough that all threads end at about the same
/// time, large enough that they seldom contend.
pub(crate) const PORTION: usize = 1 << 15;

/// An error, with the number of its item.
pub(crate) type Fault = (u32, Error);

/// Reads a part of the input again, and returns whether that was possible.
pub(crate) type Again<'a> = dyn Fn(Span, &mut Vec<u8>) -> bool + Sync + 'a;

/// Calls `work` with a function that reads parts by `again`. An error of `again` is returned at the
/// end.
pub(crate) fn with_again<T, E: From<io::Error>>(
    again: impl Fn(u64, &mut [u8]) -> io::Result<()> + Sync,
    work: impl FnOnce(&Again<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let failure = Mutex::new(None);
    let done = work(&|part: Span, bytes: &mut Vec<u8>| {
        let len = part.end.saturating_sub(part.start);
        let room = bytes.try_reserve(len.saturating_sub(bytes.len())).map_err(io::Error::from);
        let read = room.and_then(|()| {
            bytes.resize(len, 0);
            again(part.start as u64, bytes)
        });
        let is_read = read.is_ok();
        if let Err(error) = read {
            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        is_read
    })?;
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error.into()),
        None => Ok(done),
    }
}

/// The bodies of consecutive functions, which are consecutive items.
#[derive(Default)]
pub(crate) struct Portion<'a> {
    /// The number of the first item.
    item: u32,
    /// The index of the first function.
    func: u32,
    /// Bodies that last as long as the validation, and where their items lie in the input.
    held: Vec<(Option<Span>, Body<'a>)>,
    /// The number of bodies that are entries of a code section, and where they lie in the input.
    count: u32,
    span: Span,
    /// Copies of these entries, unless they are read again.
    copies: Vec<u8>,
    again: Option<&'a Again<'a>>,
}

/// The memory that a thread needs to check portions.
#[derive(Default)]
pub(crate) struct Worker {
    pub(crate) validator: FuncValidator,
    /// Entries that were read again.
    bytes: Vec<u8>,
}

impl<'a> Portion<'a> {
    /// Adds a body that lasts as long as the validation.
    pub(crate) fn hold(&mut self, item: u32, func: FuncIdx, span: Option<Span>, body: Body<'a>) {
        self.begin(item, func);
        self.held.push((span, body));
    }

    /// Adds a body whose entry is about to go: its bytes are read `again` or copied.
    pub(crate) fn keep(
        &mut self,
        item: u32,
        func: FuncIdx,
        span: Span,
        entry: &[u8],
        again: Option<&'a Again<'a>>,
    ) {
        if self.begin(item, func) {
            (self.span, self.again) = (span, again);
        }
        self.span.end = span.end;
        self.count += 1;
        if again.is_none() {
            if self.copies.capacity() == 0 {
                // Growing step by step would touch twice the memory.
                self.copies.reserve(PORTION + PORTION / 4);
            }
            self.copies.extend_from_slice(entry);
        }
    }

    /// Sets the first item and its function if the portion is empty. Returns whether it was.
    fn begin(&mut self, item: u32, func: FuncIdx) -> bool {
        let is_first = self.is_empty();
        if is_first {
            (self.item, self.func) = (item, func.0);
        }
        is_first
    }

    /// The portion without its bodies. It keeps its memory for others.
    pub(crate) fn cleared(mut self) -> Self {
        self.held.clear();
        self.copies.clear();
        self.copies.shrink_to(2 * PORTION);
        Portion { count: 0, ..self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of bodies.
    pub(crate) fn len(&self) -> usize {
        self.held.len() + self.count as usize
    }

    /// The number of the first item.
    pub(crate) fn item(&self) -> u32 {
        self.item
    }

    /// Checks the bodies in order, and adds their errors to `faults`, up to `most`.
    pub(crate) fn check(
        &self,
        types: &Types,
        worker: &mut Worker,
        faults: &mut Vec<Fault>,
        most: usize,
    ) {
        let Worker { validator, bytes } = worker;
        // Checks a body, and returns whether to go on.
        let mut check = |nth: u32, span: Option<Span>, body: Result<&Body<'_>, Malformed>| {
            let func = FuncIdx(self.func + nth);
            let checked = match body {
                Ok(body) => validator
                    .body(types, func, body)
                    .map_err(|error| placed(error, body_start(span, body), body)),
                Err(error) => {
                    Err(Place { section: SectionId::Code, index: func.0, span }.of(error.into()))
                }
            };
            faults.extend(checked.err().map(|error| (self.item + nth, error)));
            faults.len() < most
        };
        for (nth, (span, body)) in (0..).zip(&self.held) {
            if !check(nth, *span, Ok(body)) {
                return;
            }
        }
        let bytes = match self.again {
            None => &self.copies,
            Some(again) if self.count > 0 && again(self.span, bytes) => bytes,
            Some(_) => return,
        };
        let mut reader = Reader::new(bytes);
        let mut entries = Entries::new(SectionId::Code, self.count);
        for nth in 0..self.count {
            let start = self.span.start + reader.pos();
            let body = match entries.next(&mut reader) {
                Ok(Some(Item::Body(body))) => Ok(body),
                Ok(_) => Err(Malformed::UnexpectedEnd),
                Err(error) => Err(error),
            };
            let span = Span::new(start, self.span.start + reader.pos());
            if !check(nth, Some(span), body.as_ref().map_err(Malformed::clone)) {
                return;
            }
        }
    }
}
