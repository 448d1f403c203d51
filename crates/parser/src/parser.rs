//! The parser: from bytes, as they come, to events.

use wattle_ast::{
    Error, Event, Feature, Features, Item, ItemKind, Malformed, Nesting, Section as Header,
    SectionId,
};

use crate::frame::{Frame, Input, Stop};
use crate::items::{self, BodyCheck, fitting};
use crate::state::{Counts, Section};

const MAGIC: [u8; 4] = *b"\0asm";
const VERSION: [u8; 4] = [1, 0, 0, 0];
/// The second half of the version field is the layer: 0 for modules, 1 for components.
const COMPONENT_LAYER: [u8; 2] = [1, 0];

/// What a [`Parser`] makes of its input.
#[derive(Clone, PartialEq, Debug)]
pub enum Step<'b> {
    /// The next event needs so many more bytes than there are, or more. Call again when some have
    /// come, or when there are none to come.
    NeedMore(usize),
    /// An event. It took the first `event.bytes.len()` bytes of the data: leave them out next time.
    Event(Event<'b>),
    /// The input ends here, and so does the module.
    End,
}

/// A parser that holds no input and reads none: whoever owns the bytes shows it what has come.
///
/// ```
/// use wattle_ast::{Error, Item};
/// use wattle_parser::{Parser, Step};
///
/// /// Counts the functions in chunks that come from anywhere.
/// fn count(chunks: &[&[u8]]) -> Result<usize, Error> {
///     let (mut parser, mut buffer, mut bodies) = (Parser::new(), Vec::new(), 0);
///     let mut chunks = chunks.iter();
///     let mut eof = false;
///     loop {
///         match parser.next(&buffer, eof)? {
///             Step::NeedMore(_) => match chunks.next() {
///                 Some(chunk) => buffer.extend_from_slice(chunk),
///                 None => eof = true,
///             },
///             Step::Event(event) => {
///                 bodies += usize::from(matches!(event.item, Item::Body(_)));
///                 let consumed = event.bytes.len();
///                 buffer.drain(..consumed);
///             }
///             Step::End => return Ok(bodies),
///         }
///     }
/// }
/// assert_eq!(count(&[b"\0asm\x01\0\0\0\x03\x02\x01", b"\x07\x0a\x04\x01\x02\0\x0b"])?, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parser {
    features: Features,
    check_bodies: bool,
    /// How much data there must be before it is worth trying; known from the try before.
    wanted: usize,
    pub(crate) offset: usize,
    started: bool,
    pub(crate) section: Option<Section>,
    /// The last section that was not custom.
    pub(crate) last: Option<SectionId>,
    pub(crate) counts: Counts,
    /// Functions defined here, and how many of them had their bodies yet.
    pub(crate) funcs: u32,
    pub(crate) bodies: u32,
    data_count: Option<u32>,
    /// The body at hand was checked before.
    pub(crate) checked: bool,
    nesting: Nesting,
}

impl Default for Parser {
    fn default() -> Self {
        Parser::new()
    }
}

impl Parser {
    /// A parser for a module, with the default features, that checks the bodies of functions.
    pub fn new() -> Parser {
        Parser {
            features: Features::default(),
            check_bodies: true,
            wanted: 0,
            offset: 0,
            started: false,
            section: None,
            last: None,
            counts: Counts::default(),
            funcs: 0,
            bodies: 0,
            data_count: None,
            checked: false,
            nesting: Nesting::default(),
        }
    }

    /// Sets the features that are on: what else is found is malformed.
    #[must_use]
    pub fn features(mut self, features: Features) -> Parser {
        self.features = features;
        self
    }

    /// Sets whether the instructions of function bodies are read. If not, a body that is
    /// malformed goes unnoticed (its locals are still read): for those who look at the bodies
    /// themselves, in parallel perhaps.
    ///
    /// ```
    /// use wattle_parser::Parser;
    /// let wasm = b"\0asm\x01\0\0\0\x03\x02\x01\x07\x0a\x04\x01\x02\0\xff";
    /// assert!(Parser::new().module(wasm).is_err());
    /// let module = Parser::new().check_bodies(false).module(wasm)?;
    /// assert!(module.funcs[0].body.expr().check(Default::default()).is_err());
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    #[must_use]
    pub fn check_bodies(mut self, check: bool) -> Parser {
        self.check_bodies = check;
        self
    }

    /// The offset in the input of the byte that comes next.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Takes one event off the front of `data`: the bytes of the input that were not yet taken,
    /// as far as they have come. `eof` says that no more will.
    ///
    /// # Errors
    /// The first reason why the input is no module. Nothing is taken then, and the same data
    /// bring the same error again.
    #[inline]
    pub fn next<'b>(&mut self, data: &'b [u8], eof: bool) -> Result<Step<'b>, Error> {
        if data.len() < self.wanted && !eof {
            return Ok(Step::NeedMore(self.wanted - data.len()));
        }
        let input = Input { data, eof, offset: self.offset, features: self.features };
        let mut len = 0;
        match self.step(input, &mut len) {
            Ok(item) => Ok(Step::Event(self.take(item, data, len))),
            Err(Stop::End) => Ok(Step::End),
            Err(Stop::More(wanted)) => {
                self.wanted = wanted;
                Ok(Step::NeedMore(wanted.saturating_sub(data.len())))
            }
            Err(stop) => Err(self.error(input, stop)),
        }
    }

    /// Whether the next step needs more than `data`. If not, the body that is next, if one is, is
    /// checked already.
    #[cfg(feature = "std")]
    pub(crate) fn lacks(&mut self, data: &[u8], eof: bool) -> Result<bool, Error> {
        if data.len() < self.wanted && !eof {
            return Ok(true);
        }
        let input = Input { data, eof, offset: self.offset, features: self.features };
        match self.step(input, &mut 0) {
            Ok(_) | Err(Stop::End) => {
                self.checked = true;
                Ok(false)
            }
            Err(Stop::More(wanted)) => {
                self.wanted = wanted;
                Ok(true)
            }
            Err(stop) => Err(self.error(input, stop)),
        }
    }

    /// Decodes the next item; `len` becomes how many bytes it takes.
    #[inline]
    fn step<'b>(&mut self, input: Input<'b>, len: &mut usize) -> Result<Item<'b>, Stop> {
        if let Some(section) = &self.section
            && section.is_done()
        {
            section.leave(input)?;
            self.section = None;
        }
        match &self.section {
            Some(section) if section.id == SectionId::Code => {
                let check = self.check_bodies && !self.checked;
                let check = BodyCheck {
                    nesting: check.then_some(&mut self.nesting),
                    data_count: self.data_count.is_some(),
                };
                items::body(input, section.frame(), check, len)
            }
            Some(section) => items::item(input, section, &self.counts, len),
            None if !self.started => header(input, len),
            None => self.between(input, len),
        }
    }

    /// What stands between sections: the next one, or the end.
    fn between<'b>(&self, input: Input<'b>, len: &mut usize) -> Result<Item<'b>, Stop> {
        let Some(&code) = input.data.first() else {
            return Err(match input.eof {
                true => self.check_end().err().unwrap_or(Stop::End),
                false => Stop::More(1),
            });
        };
        let id = self.section_id(code)?;
        if id > SectionId::Code {
            self.check_bodies_came()?;
        }
        let mut reader = input.reader(1, usize::MAX);
        let size = match reader.u32() {
            Ok(size) => size,
            Err(Malformed::UnexpectedEnd) if !input.eof => {
                return Err(Stop::More(reader.pos() + 1));
            }
            Err(error) => return Err(Stop::Malformed(error, reader.pos())),
        };
        let start = reader.pos();
        let end = start.saturating_add(size as usize);
        if id == SectionId::Custom {
            let frame = Frame { start, end, overrun: Malformed::UnexpectedEnd };
            return items::custom(input, frame, self.last, len);
        }
        let mut section = Header { id, size, count: 1 };
        *len = start;
        if id.is_list() {
            let frame = Frame { start, end, overrun: Malformed::SectionSize };
            section.count = frame.decode(input, len, |reader, bounds| {
                let count = reader.u32()?;
                fitting(reader, count, count, frame, bounds)
            })?;
        }
        self.check_count(section, start)?;
        Ok(Item::Section(section))
    }

    fn section_id(&self, code: u8) -> Result<SectionId, Stop> {
        let id = SectionId::from_code(code).ok_or(Stop::Malformed(Malformed::SectionId, 0))?;
        let needs: &[Feature] = match id {
            SectionId::Tag => &[Feature::Exceptions, Feature::LegacyExceptions],
            SectionId::DataCount => &[Feature::BulkMemory],
            _ => &[Feature::Mvp],
        };
        if !needs.iter().any(|&feature| self.features.contains(feature)) {
            return Err(Stop::Disabled(Malformed::SectionId, 0, needs[0]));
        }
        if id != SectionId::Custom && self.last >= Some(id) {
            return Err(Stop::Malformed(Malformed::SectionOrder, 0));
        }
        Ok(id)
    }

    /// Compares a section's count, which stands at position `at`, with what came before.
    fn check_count(&self, section: Header, at: usize) -> Result<(), Stop> {
        match (section.id, self.data_count) {
            (SectionId::Code, _) if section.count > self.funcs => {
                Err(Stop::Counts(Malformed::FuncCount, at, [self.funcs, section.count]))
            }
            (SectionId::Data, Some(count)) if section.count != count => {
                Err(Stop::Counts(Malformed::DataCount, at, [count, section.count]))
            }
            _ => Ok(()),
        }
    }

    /// Checks that no body is missing, when none can come any more.
    fn check_bodies_came(&self) -> Result<(), Stop> {
        match self.bodies == self.funcs {
            true => Ok(()),
            false => Err(Stop::Counts(Malformed::FuncCount, 0, [self.funcs, self.bodies])),
        }
    }

    fn check_end(&self) -> Result<(), Stop> {
        self.check_bodies_came()?;
        match self.data_count {
            Some(count @ 1..) if self.last < Some(SectionId::Data) => {
                Err(Stop::Counts(Malformed::DataCount, 0, [count, 0]))
            }
            _ => Ok(()),
        }
    }

    /// Takes note of an item.
    #[inline(always)]
    fn take<'b>(&mut self, item: Item<'b>, data: &'b [u8], len: usize) -> Event<'b> {
        let kind = match &item {
            Item::Header => {
                self.started = true;
                None
            }
            Item::Section(_) | Item::RecGroup(_) | Item::ImportGroup(_) => None,
            Item::Type(_) => Some(ItemKind::Type),
            Item::Import(import) => {
                self.counts.add(import.ty.kind().into());
                Some(ItemKind::Import)
            }
            Item::Func(_) => {
                self.funcs = self.funcs.saturating_add(1);
                Some(ItemKind::Func)
            }
            Item::Table(_) => Some(ItemKind::Table),
            Item::Mem(_) => Some(ItemKind::Mem),
            Item::Tag(_) => Some(ItemKind::Tag),
            Item::Global(_) => Some(ItemKind::Global),
            Item::Export(_) => Some(ItemKind::Export),
            Item::Start(_) => None,
            Item::Elem(_) => Some(ItemKind::Elem),
            Item::DataCount(count) => {
                self.data_count = Some(*count);
                None
            }
            Item::Body(_) => {
                self.bodies = self.bodies.saturating_add(1);
                None
            }
            Item::Data(_) => Some(ItemKind::Data),
            Item::Custom(_) => Some(ItemKind::Custom),
        };
        if let Some(kind) = kind {
            self.counts.add(kind);
        }
        match (&item, &mut self.section) {
            (Item::Section(header), _) => {
                self.last = Some(header.id);
                self.section = Some(Section::enter(*header, data, self.offset, len));
            }
            (_, Some(section)) => section.advance(&item, len),
            (_, None) => {}
        }
        let offset = self.offset;
        self.offset = offset.saturating_add(len);
        self.wanted = 0;
        self.checked = false;
        Event { item, offset, bytes: data.get(..len).unwrap_or(data) }
    }
}

/// Decodes magic and version.
fn header<'b>(input: Input<'b>, len: &mut usize) -> Result<Item<'b>, Stop> {
    *len = MAGIC.len() + VERSION.len();
    if input.data.len() < *len && !input.eof {
        return Err(Stop::More(*len));
    }
    let cut_short = Stop::Malformed(Malformed::UnexpectedEnd, input.data.len());
    let Some((magic, rest)) = input.data.split_first_chunk() else { return Err(cut_short) };
    if *magic != MAGIC {
        return Err(Stop::Malformed(Malformed::MagicHeader, 0));
    }
    match rest.first_chunk() {
        None => Err(cut_short),
        Some(&VERSION) => Ok(Item::Header),
        Some(&[_, _, a, b]) if [a, b] == COMPONENT_LAYER => {
            Err(Stop::Malformed(Malformed::Component, MAGIC.len()))
        }
        Some(_) => Err(Stop::Malformed(Malformed::UnknownVersion, MAGIC.len())),
    }
}
