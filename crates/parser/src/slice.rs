//! Parses a whole module in memory: an iterator over its events, and its tree.

use core::iter::FusedIterator;

use wattle_ast::{Error, Event, Module, Path, Reader, SectionId, Span};

use crate::module::ModuleState;
use crate::parser::Parser;
use crate::raw::Keep;
use crate::sans_io::State;
use crate::tree::Builder;
use crate::walk::{Skipped, Walk};

/// The events of a module, with the default features.
///
/// ```
/// let wasm = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
/// let events = wattle_parser::events(wasm).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(events.iter().map(|event| event.offset).collect::<Vec<_>>(), [0, 8, 11]);
/// assert_eq!(events.iter().flat_map(|event| event.bytes).count(), wasm.len());
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn events(bytes: &[u8]) -> Events<'_> {
    Parser::new().events(bytes)
}

/// Parses the module in these bytes, with the default features.
///
/// # Errors
/// The first place where the bytes are malformed.
///
/// ```
/// let module = wattle_parser::parse(b"\0asm\x01\0\0\0\x05\x03\x01\0\x01")?;
/// assert_eq!(module.memories[0.into()].limits.min, 1);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub fn parse(bytes: &[u8]) -> Result<Module<'_>, Error> {
    Parser::new().module(bytes)
}

impl Parser {
    /// The events of a module that is wholly in memory.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_parser::Parser;
    ///
    /// let wasm = b"\0asm\x01\0\0\0\x05\x04\x01\x03\x01\x01"; // a shared memory
    /// let mut events = Parser::new().features(Features::WASM3).events(wasm);
    /// let error = events.find_map(Result::err).unwrap();
    /// let message = "malformed limits flags (threads is not enabled) at offset 0xb, in memory 0";
    /// assert_eq!(error.to_string(), message);
    /// ```
    pub fn events(self, bytes: &[u8]) -> Events<'_> {
        Events { walk: Walk::new(self.sans_io, bytes) }
    }

    /// Parses the module in these bytes.
    ///
    /// # Errors
    /// The first place where the bytes are malformed.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_parser::Parser;
    ///
    /// let module = Parser::new().features(Features::WASM1).module(b"\0asm\x01\0\0\0")?;
    /// assert_eq!(module, Default::default());
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn module(self, bytes: &[u8]) -> Result<Module<'_>, Error> {
        let mut builder = Builder::new(Keep::borrow(bytes, self.offset()));
        for event in self.events(bytes) {
            let Event { item, offset, bytes } = event?;
            builder.add(item, offset, bytes);
        }
        Ok(builder.finish())
    }
}

/// The events of a slice. An error is the last event, unless the malformed part is
/// [skipped](Events::skip_malformed).
#[derive(Clone, Debug)]
pub struct Events<'a> {
    walk: Walk<'a, ModuleState>,
}

impl<'a> Events<'a> {
    /// Continues after the malformed part of the last error, for tools that show as much as
    /// possible of a malformed module: after the body if its size is known, else after the section.
    /// Afterwards, the order of sections and their counts are not checked.
    ///
    /// Returns `None` when the end of the malformed part is unknown or lies beyond the input. The
    /// events end there.
    ///
    /// ```
    /// use wattle_ast::{Item, SectionId};
    ///
    /// // An export that is cut short, then a start section.
    /// let wasm = b"\0asm\x01\0\0\0\x07\x03\x01\x01x\x08\x01\x00";
    /// let mut events = wattle_parser::events(wasm);
    /// assert!(events.find_map(Result::err).is_some());
    /// assert_eq!(events.skip_malformed().unwrap().bytes, b"\x01x");
    /// let Item::Section(section) = events.next().unwrap()?.item else { panic!() };
    /// assert_eq!(section.id, SectionId::Start);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn skip_malformed(&mut self) -> Option<Skipped<'a>> {
        self.walk.skip_malformed()
    }

    /// The offset in the input of the next byte.
    pub fn offset(&self) -> usize {
        self.walk.parser.offset
    }

    /// The bytes after the last event.
    pub fn rest(&self) -> &'a [u8] {
        self.walk.rest
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<Event<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.walk.next()
    }
}

impl FusedIterator for Events<'_> {}

/// A section that is delimited by its size alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SectionFrame<'a> {
    /// The section code. [`SectionId::from_code`] gives the section of a module with this code, and
    /// [`components::SectionId::from_code`](wattle_ast::components::SectionId::from_code) that of a
    /// component; a code without a section is possible.
    pub code: u8,
    /// The offset in the input of the code.
    pub offset: usize,
    /// All bytes of the section, code and size included.
    pub bytes: &'a [u8],
    /// The bytes after the size.
    pub content: &'a [u8],
}

/// The sections of a module, delimited by their sizes alone. Contents, codes and order are not
/// checked, so this works on modules that cannot be read otherwise.
///
/// ```
/// // A section that does not exist, then a custom section.
/// let wasm = b"\0asm\x01\0\0\0\x63\x01\xff\x00\x02\x01a";
/// let frames = wattle_parser::frames(wasm).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(frames.iter().map(|frame| frame.code).collect::<Vec<_>>(), [0x63, 0]);
/// assert_eq!(frames[1].content, b"\x01a");
/// # Ok::<(), wattle_ast::Error>(())
/// ```
///
/// # Errors
/// A malformed header, and a size that is malformed or larger than the rest of the input; no more
/// sections follow.
pub fn frames(bytes: &[u8]) -> impl Iterator<Item = Result<SectionFrame<'_>, Error>> {
    let path = |code| Path { section: SectionId::from_code(code), ..Path::default() };
    frames_behind(Parser::new().events(bytes).walk, path)
}

/// The sections after the header, which is the first event of `walk`. `path` returns the path to a
/// section with a code.
pub(crate) fn frames_behind<'a, S: State>(
    mut walk: Walk<'a, S>,
    path: impl Fn(u8) -> Path,
) -> impl Iterator<Item = Result<SectionFrame<'a>, Error>> {
    let bytes = walk.rest;
    let mut error = walk.next().and_then(Result::err);
    let mut reader = Reader::new(bytes);
    reader.seek(bytes.len() - walk.rest.len());
    core::iter::from_fn(move || {
        if let Some(error) = error.take() {
            reader.seek(bytes.len());
            return Some(Err(error));
        }
        let offset = reader.pos();
        let code = *bytes.get(offset)?;
        reader.seek(offset + 1);
        match reader.byte_list() {
            Ok(content) => {
                let bytes = bytes.get(offset..reader.pos()).unwrap_or_default();
                Some(Ok(SectionFrame { code, offset, bytes, content }))
            }
            Err(kind) => {
                let error = Error::new(kind, Span::at(reader.pos()));
                reader.seek(bytes.len());
                Some(Err(Error { path: path(code), ..error }))
            }
        }
    })
}
