//! Parsing what an [`io::Read`] delivers, with a buffer for one item.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use std::io;

use wattle_ast::{Collector, Error, Event, Item, Module, RawSection, SectionId};

use crate::parser::{Parser, Step};

/// How much is read at a time while items are small.
const CHUNK: usize = 64 * 1024;

/// The events of a module that comes from an [`io::Read`].
///
/// An event borrows the reader's buffer, so it must go before the next one comes. The buffer
/// grows with what has arrived, never by what the input claims.
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
    input: R,
    parser: Parser,
    /// Room for input. What arrived and was not handed out yet lies in `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
}

/// Why an [`EventReader`] stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The input could not be read.
    Io(io::Error),
    /// The input is no module.
    Malformed(Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Malformed(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            ReadError::Io(error) => error,
            ReadError::Malformed(error) => error,
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

impl<R: io::Read> EventReader<R> {
    /// The events of what `input` delivers, with the default features.
    pub fn new(input: R) -> EventReader<R> {
        EventReader::with_parser(Parser::new(), input)
    }

    /// The same with the features and checks of a parser that has seen no input yet.
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
        EventReader { input, parser, buffer: Vec::new(), start: 0, end: 0, eof: false }
    }

    /// The next event, or `None` at the end of the module.
    ///
    /// # Errors
    /// The input's, and the first reason why it is no module.
    #[allow(clippy::should_implement_trait)] // An iterator's items cannot borrow from it.
    pub fn next(&mut self) -> Result<Option<Event<'_>>, ReadError> {
        while self.parser.lacks(&self.buffer[self.start..self.end], self.eof)? {
            self.fill()?;
        }
        let data = &self.buffer[self.start..self.end];
        match self.parser.next(data, self.eof)? {
            Step::Event(event) => {
                self.start += event.bytes.len();
                Ok(Some(event))
            }
            Step::End | Step::NeedMore(_) => Ok(None),
        }
    }

    /// Reads on, once. The buffer doubles when what has arrived fills it.
    fn fill(&mut self) -> Result<(), ReadError> {
        if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.end > self.buffer.len() / 2 || self.buffer.is_empty() {
                self.buffer.resize((2 * self.buffer.len()).max(CHUNK), 0);
            }
        }
        let read = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.end += read;
        self.eof = read == 0;
        Ok(())
    }

    /// The whole module.
    ///
    /// # Errors
    /// The input's, and the first reason why it is no module.
    ///
    /// ```
    /// use wattle_parser::EventReader;
    /// let file: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// assert_eq!(EventReader::new(file).module()?.memories.len(), 1);
    /// # Ok::<(), wattle_parser::ReadError>(())
    /// ```
    pub fn module(mut self) -> Result<Module<'static>, ReadError> {
        let mut collector = Collector::default();
        let mut section: Option<(SectionId, Vec<u8>)> = None;
        while let Some(event) = self.next()? {
            let begins = match &event.item {
                Item::Section(section) => Some(section.id),
                Item::Custom(_) => Some(SectionId::Custom),
                _ => None,
            };
            if let Some(id) = begins {
                end_section(&mut collector, section.replace((id, Vec::new())));
            }
            if let Some((_, bytes)) = &mut section {
                bytes.extend_from_slice(event.bytes);
            }
            collector.item(event.item.into_owned());
        }
        end_section(&mut collector, section);
        Ok(collector.finish())
    }
}

fn end_section(collector: &mut Collector<'static>, section: Option<(SectionId, Vec<u8>)>) {
    if let Some((id, bytes)) = section {
        collector.raw_section(RawSection { id, bytes: Cow::Owned(bytes) });
    }
}
