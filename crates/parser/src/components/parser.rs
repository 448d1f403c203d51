//! The parser of modules and components: turns bytes into parts as they arrive.

use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::components::{
    Definition, Entries, Event, Holds, Layer, Part, Section as Header, SectionId,
};
use wattle_ast::{Error, Feature, Features, Item, Malformed};

use super::place::Place;
use crate::frame::{Frame, Input, NoItem, section_size};
use crate::items::{self, check_len};
use crate::parser::{COMPONENT_LAYER, MAGIC, Progress, VERSION, preamble};
use crate::state::Extent;

/// The result of [`Parser::next`].
#[derive(Clone, PartialEq, Debug)]
pub enum Step<'b> {
    /// The next event needs at least this many more bytes. Call again when more have arrived, or
    /// with `eof` at the end of the input.
    NeedMore(usize),
    /// An event. It took the first `event.bytes.len()` bytes of the data, which may be none: do not
    /// pass them again.
    Event(Event<'b>),
    /// The module or component is complete, and the input ends here.
    End,
}

/// A parser of a module or component that neither holds nor reads input: the caller owns the bytes
/// and passes those that have arrived.
///
/// No more than one definition or item is needed at a time, so an inner module or component is never
/// held as a whole. Depth takes no stack, and a few bytes of memory a level.
///
/// ```
/// use wattle_ast::components::{Layer, Part};
/// use wattle_parser::components::{Parser, Step};
///
/// /// Counts the modules in chunks that come from anywhere.
/// fn count(chunks: &[&[u8]]) -> Result<usize, wattle_ast::Error> {
///     let (mut parser, mut buffer, mut modules) = (Parser::new(), Vec::new(), 0);
///     let mut chunks = chunks.iter();
///     let mut eof = false;
///     loop {
///         match parser.next(&buffer, eof)? {
///             Step::NeedMore(_) => match chunks.next() {
///                 Some(chunk) => buffer.extend_from_slice(chunk),
///                 None => eof = true,
///             },
///             Step::Event(event) => {
///                 modules += usize::from(event.part == Part::Enter(Layer::Module));
///                 let consumed = event.bytes.len();
///                 buffer.drain(..consumed);
///             }
///             Step::End => return Ok(modules),
///         }
///     }
/// }
/// assert_eq!(count(&[b"\0asm\x01\0\0\0"])?, 1);
/// assert_eq!(count(&[b"\0asm\x0d\0\x01\0\x01\x08", b"\0asm\x01\0\0\0"])?, 1);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Parser {
    features: Features,
    /// Whether the instructions of bodies are left unread.
    skip_bodies: bool,
    /// The number of bytes from which another attempt can succeed, found by the last attempt.
    wanted: usize,
    offset: usize,
    /// The offset at which the outermost module or component must end, if set.
    end: Option<usize>,
    state: State,
    /// The offsets at which the inner modules and components that are open end, the innermost last.
    /// None is behind the one before.
    pub(super) ends: Vec<usize>,
    pub(super) place: Place,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// Before the preamble of the outermost module or component.
    #[default]
    Start,
    /// Before the preamble of an inner module or component, in a section with this id.
    Preamble(SectionId),
    /// In a component, between sections.
    Sections,
    /// In a section of a component.
    Section(Section),
    /// In a module.
    Module(crate::Parser),
    /// Behind the outermost module or component.
    Done,
}

/// The section of a component that is being read.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) extent: Extent,
    pub(super) entries: Entries,
}

impl Section {
    /// The bytes that are left.
    fn frame(&self) -> Frame {
        Frame::of_component(0, self.extent.left)
    }

    /// Reads the next definition to `to`. Returns the number of definitions in the scope that it
    /// opens.
    #[inline(always)]
    fn definition<'b>(
        &self,
        input: &Input<'b>,
        end: &mut usize,
        to: &mut Definition<'b>,
    ) -> Result<u32, NoItem> {
        let frame = self.frame();
        frame.decode(input, end, |reader, bounds| {
            let check = |reader: &mut _, len| check_len(reader, len, frame, bounds);
            self.entries.read_checked(reader, to, check)
        })
    }
}

impl Parser {
    /// A parser with the default features, that checks the bodies of functions.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Sets the features that are on. Encodings of all others are malformed.
    #[must_use]
    pub fn features(mut self, features: Features) -> Parser {
        self.features = features;
        self
    }

    /// Sets whether the instructions of function bodies are read, as
    /// [`Parser::check_bodies`](crate::Parser::check_bodies) does.
    #[must_use]
    pub fn check_bodies(mut self, check: bool) -> Parser {
        self.skip_bodies = !check;
        self
    }

    /// Sets where the module or component lies in a larger input. The parser is given the input from
    /// the start of the range on, and the module or component must end at the end of the range. Bytes
    /// behind the range are ignored. Offsets, also those of errors, are offsets in the input.
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

    /// The number of inner modules and components that are open.
    pub fn depth(&self) -> usize {
        self.ends.len()
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
    pub(crate) const BLANK: Event<'static> = Event { part: Part::Leave, offset: 0, bytes: &[] };

    /// Takes one event off the front of `data`, and writes it over a blank one. Moving a small
    /// definition would take as long as reading it.
    #[inline]
    pub(crate) fn next_to<'b>(
        &mut self,
        event: &mut Event<'b>,
        data: &'b [u8],
        eof: bool,
    ) -> Result<Progress, Error> {
        if let State::Module(module) = &mut self.state {
            event.part = Part::Item(Item::Header);
            let Part::Item(item) = &mut event.part else { return Ok(Progress::End) };
            return match module.item_to(item, data, eof) {
                Ok(Progress::Event) => {
                    event.offset = self.offset;
                    event.bytes = module.taken(self.offset, data);
                    self.offset = module.offset();
                    Ok(Progress::Event)
                }
                step => self.leave_module(event, step, data),
            };
        }
        let input = &self.input(data, eof);
        let taken = match self.is_in_section(input) {
            Ok(true) => self.take_definition(event, input),
            Ok(false) => self.take_part(input).map(|found| *event = found),
            Err(why) => Err(why),
        };
        match taken {
            Ok(()) => Ok(Progress::Event),
            Err(why) => self.no_event(input, why),
        }
    }

    /// Whether the next step needs more than `data`. If not, and a body is next, its instructions
    /// are checked now and not again.
    ///
    /// # Errors
    /// The errors of [`next`](Parser::next).
    #[cfg(feature = "std")]
    pub(crate) fn needs_more(&mut self, data: &[u8], eof: bool) -> Result<bool, Error> {
        if let State::Module(module) = &mut self.state {
            return module.needs_more(data, eof).map_err(|error| self.in_module(error));
        }
        let input = &self.input(data, eof);
        let decoded = self.is_in_section(input).and_then(|is_in_section| match self.section() {
            Some(section) if is_in_section => {
                section.definition(input, &mut 0, &mut Definition::End).map(drop)
            }
            _ => self.part(input, &mut 0).map(drop),
        });
        match decoded {
            Ok(()) => Ok(false),
            Err(why) => Ok(matches!(self.no_event(input, why)?, Progress::NeedMore(_))),
        }
    }

    /// What the next step is where no event can be taken.
    #[cold]
    #[inline(never)]
    fn no_event(&mut self, input: &Input<'_>, why: NoItem) -> Result<Progress, Error> {
        match why {
            NoItem::End => Ok(Progress::End),
            NoItem::More(wanted) => {
                let wanted = wanted.min(self.room());
                self.wanted = wanted;
                Ok(Progress::NeedMore(wanted.saturating_sub(input.data.len())))
            }
            malformed => Err(self.error(input, malformed)),
        }
    }

    /// What a step of the module parser means that is not an event.
    #[cold]
    fn leave_module<'b>(
        &mut self,
        event: &mut Event<'b>,
        step: Result<Progress, Error>,
        data: &'b [u8],
    ) -> Result<Progress, Error> {
        match step {
            Ok(Progress::NeedMore(more)) => Ok(Progress::NeedMore(more)),
            Ok(_) if self.ends.last().is_some_and(|end| *end > self.offset) => {
                Err(self.error(&self.input(data, true), NoItem::Truncated))
            }
            Ok(_) => {
                *event = self.leave(data);
                Ok(Progress::Event)
            }
            Err(error) => Err(self.in_module(error)),
        }
    }

    /// The offset at which the innermost module or component that is open ends, if that is known.
    fn innermost_end(&self) -> Option<usize> {
        self.ends.last().copied().or(self.end)
    }

    /// The number of bytes up to where the innermost module or component must end.
    #[inline]
    fn room(&self) -> usize {
        self.innermost_end().map_or(usize::MAX, |end| end.saturating_sub(self.offset))
    }

    /// The data up to where the innermost module or component must end.
    #[inline(always)]
    pub(super) fn input<'b>(&self, data: &'b [u8], eof: bool) -> Input<'b> {
        let (data, eof) = match data.get(..self.room()) {
            Some(data) => (data, true),
            None => (data, eof),
        };
        Input { data, eof, offset: self.offset, features: self.features }
    }

    /// Whether the next part is a definition of the section that the parser is in. Leaves a section
    /// that has no more of them.
    #[inline]
    fn is_in_section(&mut self, input: &Input<'_>) -> Result<bool, NoItem> {
        if input.data.len() < self.wanted && !input.eof {
            return Err(NoItem::More(self.wanted));
        }
        let State::Section(section) = &self.state else { return Ok(false) };
        if !section.entries.is_done() {
            return Ok(true);
        }
        let surplus = match section.entries.section() {
            SectionId::Start => Malformed::StartRest,
            _ => Malformed::SectionRest,
        };
        section.extent.leave(input, surplus)?;
        self.state = State::Sections;
        Ok(false)
    }

    /// Takes the next definition of a section, as an event.
    #[inline]
    fn take_definition<'b>(
        &mut self,
        event: &mut Event<'b>,
        input: &Input<'b>,
    ) -> Result<(), NoItem> {
        event.part = Part::Definition(Definition::End);
        event.offset = self.offset;
        let (State::Section(section), Part::Definition(definition)) =
            (&mut self.state, &mut event.part)
        else {
            return Err(NoItem::End);
        };
        let mut len = 0;
        let count = section.definition(input, &mut len, definition)?;
        section.extent.advance(len);
        section.entries.advance(definition, count);
        self.place.add(definition);
        event.bytes = input.data.get(..len).unwrap_or(input.data);
        self.advance(len);
        Ok(())
    }

    /// Moves past a part of this length, or bytes that are skipped.
    #[inline]
    fn advance(&mut self, len: usize) {
        self.offset = self.offset.saturating_add(len);
        self.wanted = 0;
    }

    /// Decodes the next part that is neither an item nor a definition of a section; `len` becomes its
    /// length in bytes.
    fn part<'b>(&self, input: &Input<'b>, len: &mut usize) -> Result<Part<'b>, NoItem> {
        Ok(match &self.state {
            State::Sections => self.between(input, len)?,
            State::Preamble(section) => Part::Enter(self.inner_preamble(*section, input, len)?),
            State::Start => Part::Enter(self.outermost_preamble(input, len)?),
            State::Section(_) | State::Module(_) | State::Done => return Err(NoItem::End),
        })
    }

    fn outermost_preamble(&self, input: &Input<'_>, len: &mut usize) -> Result<Layer, NoItem> {
        let kind = Malformed::UnknownVersion;
        match preamble(input, len)? {
            VERSION => Ok(Layer::Module),
            version if is_component(version) => {
                match self.features.contains(Feature::ComponentModel) {
                    true => Ok(Layer::Component),
                    false => Err(NoItem::Disabled(kind, MAGIC.len(), Feature::ComponentModel)),
                }
            }
            _ => Err(NoItem::Malformed(kind, MAGIC.len())),
        }
    }

    fn inner_preamble(
        &self,
        section: SectionId,
        input: &Input<'_>,
        len: &mut usize,
    ) -> Result<Layer, NoItem> {
        let version = preamble(input, len)?;
        let is_module = section == SectionId::CoreModule;
        let kind = match version {
            VERSION if is_module => return Ok(Layer::Module),
            VERSION => Malformed::ComponentExpected,
            version if is_component(version) && !is_module => return Ok(Layer::Component),
            [_, _, a, b] if [a, b] == COMPONENT_LAYER && is_module => Malformed::ModuleExpected,
            _ => Malformed::UnknownVersion,
        };
        Err(NoItem::Malformed(kind, MAGIC.len()))
    }

    /// Decodes the header of the next section, or a custom section, or finds the end of the
    /// component.
    fn between<'b>(&self, input: &Input<'b>, len: &mut usize) -> Result<Part<'b>, NoItem> {
        let Some(&code) = input.data.first() else {
            return match input.eof {
                true if !self.ends.is_empty() && self.room() > 0 => Err(NoItem::Truncated),
                true => Ok(Part::Leave),
                false => Err(NoItem::More(1)),
            };
        };
        let id = SectionId::from_code(code).ok_or(NoItem::Malformed(Malformed::SectionId, 0))?;
        if !self.features.contains(id.feature()) {
            return Err(NoItem::Disabled(Malformed::SectionId, 0, id.feature()));
        }
        let (start, end, size) = section_size(input)?;
        let frame = Frame::of_component(start, end);
        if id == SectionId::Custom {
            let custom = items::custom(input, frame, len)?;
            return Ok(Part::Definition(Definition::from_custom(custom)));
        }
        let mut header = Header { id, size, count: 1 };
        *len = start;
        match id.holds() {
            Holds::One => {}
            // What is inside ends where the section does. So that it never ends behind what is
            // around it, this is an error before anything inside is read.
            Holds::Nested if end > self.room() => {
                return Err(NoItem::Malformed(Malformed::LengthOutOfBounds, 1));
            }
            Holds::Nested => {}
            Holds::List => header.count = items::count(input, frame, len)?,
        }
        Ok(Part::Section(header))
    }

    /// Takes the next part that is neither an item nor a definition of a section.
    #[inline(never)]
    fn take_part<'b>(&mut self, input: &Input<'b>) -> Result<Event<'b>, NoItem> {
        let mut len = 0;
        let part = self.part(input, &mut len)?;
        let data = input.data;
        match &part {
            Part::Definition(definition) => self.place.add(definition),
            Part::Section(header) => {
                let extent = Extent::new(header.size, data, self.offset, len);
                self.state = match header.id.holds() {
                    Holds::Nested => {
                        let start = self.offset.saturating_add(len);
                        self.ends.push(start.saturating_add(extent.left));
                        State::Preamble(header.id)
                    }
                    _ => {
                        let entries = Entries::new(header.id, header.count);
                        State::Section(Section { extent, entries })
                    }
                };
            }
            Part::Enter(layer) => self.enter(*layer, data),
            Part::Leave => return Ok(self.leave(data)),
            Part::Item(_) => {}
        }
        let (offset, bytes) = (self.offset, data.get(..len).unwrap_or(data));
        self.advance(bytes.len());
        Ok(Event { part, offset, bytes })
    }

    /// Moves into the module or component whose preamble begins `data`.
    fn enter(&mut self, layer: Layer, data: &[u8]) {
        if !self.ends.is_empty() {
            self.place.enter_inner(layer);
        }
        self.state = match layer {
            Layer::Component => State::Sections,
            Layer::Module => {
                let mut module =
                    crate::Parser::new().features(self.features).check_bodies(!self.skip_bodies);
                if let Some(end) = self.innermost_end() {
                    module = module.within(self.offset..end);
                }
                // The preamble was checked, so this is the event of the header.
                let _ = module.next(data, true);
                State::Module(module)
            }
        };
    }

    /// Moves out of the innermost module or component.
    fn leave<'b>(&mut self, data: &'b [u8]) -> Event<'b> {
        self.state = match self.ends.pop() {
            Some(_) => {
                self.place.leave();
                State::Sections
            }
            None => State::Done,
        };
        self.wanted = 0;
        Event { part: Part::Leave, offset: self.offset, bytes: data.get(..0).unwrap_or_default() }
    }

    /// Skips the malformed part at the front of `data`, which holds the rest of the input. Returns
    /// its length, or `None` when its end is not known.
    pub(crate) fn skip_malformed(&mut self, data: &[u8]) -> Option<usize> {
        let input = &self.input(data, true);
        let len = match &mut self.state {
            State::Module(module) => match module.skip_malformed(input.data) {
                Some(len) => {
                    self.offset = module.offset();
                    return Some(len);
                }
                None => {
                    let len = self.ends.last()?.checked_sub(self.offset)?;
                    (len <= input.data.len()).then(|| self.leave(data))?;
                    len
                }
            },
            State::Preamble(_) => {
                let len = self.ends.last()?.checked_sub(self.offset)?;
                (len <= input.data.len()).then(|| self.ends.pop())?;
                self.state = State::Sections;
                len
            }
            State::Section(section) => section.extent.left,
            State::Sections => section_size(input).ok()?.1,
            State::Start | State::Done => return None,
        };
        if len > input.data.len() {
            return None;
        }
        if let State::Section(section) = &self.state {
            (0..section.entries.depth()).for_each(|_| self.place.leave());
            self.state = State::Sections;
        }
        self.advance(len);
        Some(len)
    }

    /// The section of a component that the parser is in.
    pub(super) fn section(&self) -> Option<&Section> {
        match &self.state {
            State::Section(section) => Some(section),
            _ => None,
        }
    }

    /// Whether the parser is before the outermost module or component.
    pub(super) fn is_at_start(&self) -> bool {
        matches!(self.state, State::Start)
    }

    /// The module that the parser is in.
    #[cfg(feature = "std")]
    pub(super) fn module(&self) -> Option<&crate::Parser> {
        match &self.state {
            State::Module(module) => Some(module),
            _ => None,
        }
    }

    /// The id of the section whose module or component is about to begin.
    pub(super) fn preamble_of(&self) -> Option<SectionId> {
        match self.state {
            State::Preamble(id) => Some(id),
            _ => None,
        }
    }

    /// Whether the next part is a section of a component.
    pub(super) fn is_between_sections(&self) -> bool {
        matches!(self.state, State::Sections)
    }
}

fn is_component(version: [u8; 4]) -> bool {
    Layer::Component.preamble().ends_with(&version)
}
