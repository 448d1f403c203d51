//! The parser: turns bytes into events as they arrive.

use core::ops::Range;

use wattle_ast::{
    Custom, Error, Event, ExternKind, Feature, Features, Item, Malformed, Nesting,
    Section as Header, SectionId,
};

use crate::frame::{Frame, Input, NoItem, section_size};
use crate::items::{self, BodyCheck};
use crate::state::Section;

pub(crate) const MAGIC: [u8; 4] = *b"\0asm";
pub(crate) const VERSION: [u8; 4] = [1, 0, 0, 0];
/// The second half of the version field is the layer: 0 for modules, 1 for components.
pub(crate) const COMPONENT_LAYER: [u8; 2] = [1, 0];

/// The result of [`Parser::next`].
#[derive(Clone, PartialEq, Debug)]
pub enum Step<'b> {
    /// The next event needs at least this many more bytes. Call again when more have arrived, or
    /// with `eof` at the end of the input.
    NeedMore(usize),
    /// An event. It took the first `event.bytes.len()` bytes of the data: do not pass them again.
    Event(Event<'b>),
    /// The module is complete, and the input ends here.
    End,
}

/// The result of `next_to`: a step without its event.
pub(crate) enum Progress {
    Event,
    NeedMore(usize),
    End,
}

/// A parser that neither holds nor reads input: the caller owns the bytes and passes those that
/// have arrived.
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
#[derive(Clone, Debug, Default)]
pub struct Parser {
    features: Features,
    /// Whether the instructions of bodies are left unread.
    skip_bodies: bool,
    /// The number of bytes from which another attempt can succeed, found by the last attempt.
    wanted: usize,
    pub(crate) offset: usize,
    /// The offset at which the module must end, if set.
    end: Option<usize>,
    /// Whether magic and version were read.
    pub(crate) started: bool,
    pub(crate) section: Option<Section>,
    /// The last section that was not custom.
    pub(crate) last: Option<SectionId>,
    /// The number of imports of each kind so far.
    pub(crate) imported: [u32; ExternKind::COUNT],
    /// The number of custom sections so far.
    pub(crate) customs: u32,
    /// The number of functions in the function section, and of bodies in the code section.
    funcs: u32,
    bodies: u32,
    data_count: Option<u32>,
    /// Whether a malformed part was skipped: from then on, order and counts are not checked.
    is_partial: bool,
    /// Whether an earlier attempt at the current body checked its instructions.
    body_checked: bool,
    nesting: Nesting,
}

impl Parser {
    /// A parser for a module, with the default features, that checks the bodies of functions.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Sets the features that are on. Encodings of all others are malformed.
    #[must_use]
    pub fn features(mut self, features: Features) -> Parser {
        self.features = features;
        self
    }

    /// Sets whether the instructions of function bodies are read. Without that, malformed
    /// instructions go unnoticed (locals are still read). Use it when you look at the bodies
    /// yourself, for example in parallel.
    ///
    /// ```
    /// use wattle_parser::Parser;
    /// let wasm = b"\0asm\x01\0\0\0\x03\x02\x01\x07\x0a\x04\x01\x02\0\xff";
    /// assert!(Parser::new().module(wasm).is_err());
    /// let module = Parser::new().check_bodies(false).module(wasm)?;
    /// assert!(module.funcs[0.into()].body.expr().check(Default::default()).is_err());
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    #[must_use]
    pub fn check_bodies(mut self, check: bool) -> Parser {
        self.skip_bodies = !check;
        self
    }

    /// Sets where the module lies in a larger input, such as a component. The parser is given the
    /// input from the start of the range on, and the module must end at the end of the range. Bytes
    /// behind the range are ignored. Offsets, also those of errors, are offsets in the input.
    ///
    /// ```
    /// use wattle_parser::Parser;
    ///
    /// let input = b"before\0asm\x01\0\0\0\x05\x03\x01\0\x01after";
    /// let events = Parser::new().within(6..19).events(&input[6..]);
    /// let offsets: Result<Vec<usize>, _> = events.map(|event| Ok(event?.offset)).collect();
    /// assert_eq!(offsets?, [6, 14, 17]);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    #[must_use]
    pub fn within(mut self, range: Range<usize>) -> Parser {
        self.offset = range.start;
        self.end = Some(range.end);
        self
    }

    /// The offset in the input of the next byte.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Takes one event off the front of `data`, which holds the bytes that have arrived and were
    /// not yet taken. `eof` says that no more will arrive.
    ///
    /// # Errors
    /// The first place where the input is malformed. Nothing is taken then, and calling again with
    /// this data returns this error again.
    #[inline]
    pub fn next<'b>(&mut self, data: &'b [u8], eof: bool) -> Result<Step<'b>, Error> {
        let mut event = Parser::BLANK;
        Ok(match self.next_to(&mut event, data, eof)? {
            Progress::Event => Step::Event(event),
            Progress::NeedMore(more) => Step::NeedMore(more),
            Progress::End => Step::End,
        })
    }

    /// An event to write over.
    pub(crate) const BLANK: Event<'static> = Event { item: Item::Header, offset: 0, bytes: &[] };

    /// Takes one event off the front of `data`, and writes it over a blank one. Moving a small item
    /// would take as long as reading it.
    #[inline]
    pub(crate) fn next_to<'b>(
        &mut self,
        event: &mut Event<'b>,
        data: &'b [u8],
        eof: bool,
    ) -> Result<Progress, Error> {
        event.offset = self.offset;
        let progress = self.item_to(&mut event.item, data, eof)?;
        event.bytes = self.taken(event.offset, data);
        Ok(progress)
    }

    /// Takes one item off the front of `data`, and writes it over one that owns nothing.
    #[inline]
    pub(crate) fn item_to<'b>(
        &mut self,
        to: &mut Item<'b>,
        data: &'b [u8],
        eof: bool,
    ) -> Result<Progress, Error> {
        let input = &self.input(data, eof);
        let mut len = 0;
        match self.step(input, &mut len, to) {
            Ok(()) => {
                self.take(to, input.data, len);
                Ok(Progress::Event)
            }
            Err(no_item) => self.no_item(input, no_item),
        }
    }

    /// The bytes of `data` that were taken since the parser was at this offset.
    #[inline(always)]
    pub(crate) fn taken<'b>(&self, offset: usize, data: &'b [u8]) -> &'b [u8] {
        data.get(..self.offset.saturating_sub(offset)).unwrap_or(data)
    }

    /// Whether the next step needs more than `data`. If not, and a body is next, its instructions
    /// are checked now and not again.
    ///
    /// # Errors
    /// The errors of [`next`](Parser::next).
    #[cfg(feature = "std")]
    pub(crate) fn needs_more(&mut self, data: &[u8], eof: bool) -> Result<bool, Error> {
        let input = &self.input(data, eof);
        match self.step(input, &mut 0, &mut Item::Header) {
            Ok(()) => {
                self.body_checked = true;
                Ok(false)
            }
            Err(no_item) => Ok(matches!(self.no_item(input, no_item)?, Progress::NeedMore(_))),
        }
    }

    /// The number of bytes up to where the module must end.
    #[inline(always)]
    fn room(&self) -> usize {
        self.end.map_or(usize::MAX, |end| end.saturating_sub(self.offset))
    }

    /// The data up to where the module must end.
    #[inline(always)]
    pub(crate) fn input<'b>(&self, data: &'b [u8], eof: bool) -> Input<'b> {
        let (data, eof) = match data.get(..self.room()) {
            Some(data) => (data, true),
            None => (data, eof),
        };
        Input { data, eof, offset: self.offset, features: self.features }
    }

    #[cold]
    fn no_item(&mut self, input: &Input<'_>, no_item: NoItem) -> Result<Progress, Error> {
        match no_item {
            NoItem::End => Ok(Progress::End),
            NoItem::More(wanted) => {
                let wanted = wanted.min(self.room());
                self.wanted = wanted;
                Ok(Progress::NeedMore(wanted.saturating_sub(input.data.len())))
            }
            malformed => Err(self.error(input, malformed)),
        }
    }

    /// Decodes the next item to `to`; `len` becomes its length in bytes.
    #[inline]
    fn step<'b>(
        &mut self,
        input: &Input<'b>,
        len: &mut usize,
        to: &mut Item<'b>,
    ) -> Result<(), NoItem> {
        if input.data.len() < self.wanted && !input.eof {
            return Err(NoItem::More(self.wanted));
        }
        if let Some(section) = &self.section
            && section.entries.is_done()
        {
            section.extent.leave(input, Malformed::SectionSize)?;
            self.section = None;
        }
        match &self.section {
            Some(section) if section.id() == SectionId::Code => {
                let check = !self.skip_bodies && !self.body_checked;
                let check = BodyCheck {
                    nesting: check.then_some(&mut self.nesting),
                    data_count: self.data_count.is_some(),
                };
                *to = Item::Body(items::body(input, section.frame(), check, len)?);
            }
            Some(section) => items::item(input, section, len, to)?,
            None if !self.started => *to = header(input, len)?,
            None => *to = self.between(input, len)?,
        }
        Ok(())
    }

    /// Decodes the header of the next section, or a custom section, or finds the end of the module.
    fn between<'b>(&self, input: &Input<'b>, len: &mut usize) -> Result<Item<'b>, NoItem> {
        let Some(&code) = input.data.first() else {
            return Err(match input.eof {
                true => self.check_end().err().unwrap_or(NoItem::End),
                false => NoItem::More(1),
            });
        };
        let id = self.section_id(code)?;
        if id > SectionId::Code {
            self.check_bodies_came()?;
        }
        let (start, end, size) = section_size(input)?;
        if id == SectionId::Custom {
            let frame = Frame::of_module(start, end, Malformed::UnexpectedEnd);
            let custom = items::custom(input, frame, len)?;
            return Ok(Item::Custom(Custom { after: self.last, ..custom }));
        }
        let mut section = Header { id, size, count: 1 };
        *len = start;
        if id.is_list() {
            let frame = Frame::of_module(start, end, Malformed::SectionSize);
            section.count = items::count(input, frame, len)?;
        }
        self.check_count(section, start)?;
        Ok(Item::Section(section))
    }

    fn section_id(&self, code: u8) -> Result<SectionId, NoItem> {
        let id = SectionId::from_code(code).ok_or(NoItem::Malformed(Malformed::SectionId, 0))?;
        let needs: &[Feature] = match id {
            SectionId::Tag => &[Feature::Exceptions, Feature::LegacyExceptions],
            SectionId::DataCount => &[Feature::BulkMemory],
            _ => &[Feature::Mvp],
        };
        if !needs.iter().any(|&feature| self.features.contains(feature)) {
            return Err(NoItem::Disabled(Malformed::SectionId, 0, needs[0]));
        }
        if id != SectionId::Custom && self.last >= Some(id) && !self.is_partial {
            return Err(NoItem::Malformed(Malformed::SectionOrder, 0));
        }
        Ok(id)
    }

    /// Compares a section's count, which stands at position `at`, with the counts of earlier
    /// sections.
    fn check_count(&self, section: Header, at: usize) -> Result<(), NoItem> {
        match (section.id, self.data_count) {
            _ if self.is_partial => Ok(()),
            (SectionId::Code, _) if section.count > self.funcs => {
                Err(NoItem::Counts(Malformed::FuncCount, at, [self.funcs, section.count]))
            }
            (SectionId::Data, Some(count)) if section.count != count => {
                Err(NoItem::Counts(Malformed::DataCount, at, [count, section.count]))
            }
            _ => Ok(()),
        }
    }

    /// Checks that no body is missing, once no code section can follow.
    fn check_bodies_came(&self) -> Result<(), NoItem> {
        match self.bodies == self.funcs || self.is_partial {
            true => Ok(()),
            false => Err(NoItem::Counts(Malformed::FuncCount, 0, [self.funcs, self.bodies])),
        }
    }

    fn check_end(&self) -> Result<(), NoItem> {
        self.check_bodies_came()?;
        match self.data_count {
            Some(count @ 1..) if self.last < Some(SectionId::Data) && !self.is_partial => {
                Err(NoItem::Counts(Malformed::DataCount, 0, [count, 0]))
            }
            _ => Ok(()),
        }
    }

    /// Skips the malformed part at the front of `data`, which holds the rest of the input. Returns
    /// its length, or `None` when its end is not known.
    pub(crate) fn skip_malformed(&mut self, data: &[u8]) -> Option<usize> {
        let input = &self.input(data, true);
        // If only the order or a count is wrong, the content can still be read.
        if self.started
            && !core::mem::replace(&mut self.is_partial, true)
            && matches!(self.step(input, &mut 0, &mut Item::Header), Ok(()) | Err(NoItem::End))
        {
            return Some(0);
        }
        let len = match &mut self.section {
            Some(section) => section.skip_malformed(input),
            None if self.started => section_size(input).ok()?.1,
            None => return None,
        };
        if len > input.data.len() {
            return None;
        }
        if self.section.as_ref().is_some_and(|section| section.extent.left == 0) {
            self.section = None;
        }
        self.offset = self.offset.saturating_add(len);
        self.wanted = 0;
        self.body_checked = false;
        Some(len)
    }

    /// Moves past an item.
    #[inline(always)]
    fn take(&mut self, item: &Item<'_>, data: &[u8], len: usize) {
        if let Some(section) = &mut self.section {
            section.advance(item, len);
        }
        match item {
            Item::Header => self.started = true,
            Item::Section(header) => {
                self.last = Some(header.id);
                self.section = Some(Section::enter(*header, data, self.offset, len));
                match header.id {
                    SectionId::Func => self.funcs = header.count,
                    SectionId::Code => self.bodies = header.count,
                    _ => {}
                }
            }
            Item::Import(import) => {
                let imported = &mut self.imported[import.ty.kind() as usize];
                *imported = imported.saturating_add(1);
            }
            Item::DataCount(count) => self.data_count = Some(*count),
            Item::Custom(_) => self.customs = self.customs.saturating_add(1),
            _ => {}
        }
        self.offset = self.offset.saturating_add(len);
        self.wanted = 0;
        self.body_checked = false;
    }
}

/// Decodes magic and version.
fn header<'b>(input: &Input<'b>, len: &mut usize) -> Result<Item<'b>, NoItem> {
    let kind = match preamble(input, len)? {
        VERSION => return Ok(Item::Header),
        [_, _, a, b] if [a, b] == COMPONENT_LAYER => Malformed::Component,
        _ => Malformed::UnknownVersion,
    };
    Err(NoItem::Malformed(kind, MAGIC.len()))
}

/// Decodes magic, and returns the version and layer.
pub(crate) fn preamble(input: &Input<'_>, len: &mut usize) -> Result<[u8; 4], NoItem> {
    *len = MAGIC.len() + VERSION.len();
    if input.data.len() < *len && !input.eof {
        return Err(NoItem::More(*len));
    }
    let cut_short = NoItem::Malformed(Malformed::UnexpectedEnd, input.data.len());
    let Some((magic, rest)) = input.data.split_first_chunk() else { return Err(cut_short) };
    if *magic != MAGIC {
        return Err(NoItem::Malformed(Malformed::MagicHeader, 0));
    }
    rest.first_chunk().copied().ok_or(cut_short)
}
