//! The state of a parser of modules and components: the open inner modules and components, and the
//! place in the innermost one.

use alloc::vec::Vec;

use wattle_ast::components::{
    Definition, Entries, Event, Holds, Layer, Part, Section as Header, SectionId,
};
use wattle_ast::{Feature, Item, Malformed};

use super::place::Place;
use crate::frame::{Frame, Input, NoItem, section_size};
use crate::items::{self, check_len};
use crate::module::{MAGIC, ModuleState, is_component, preamble};
use crate::sans_io::State;
use crate::section::{Extent, Section};

#[derive(Clone, Debug, Default)]
pub(crate) struct WasmState {
    pub(super) at: At,
    /// The ends of the open inner modules and components, as offsets, the innermost last. No end is
    /// after the one before it.
    pub(super) ends: Vec<usize>,
    pub(super) place: Place,
}

#[derive(Clone, Debug, Default)]
pub(super) enum At {
    /// Before the preamble of the outermost module or component.
    #[default]
    Start,
    /// Before the preamble of an inner module or component, in a section with this id.
    Preamble(SectionId),
    /// In a component, between sections.
    Sections,
    /// In a section of a component.
    Section(Section<Entries>),
    /// In a module.
    Module(ModuleState),
    /// After the outermost module or component.
    Done,
}

impl Section<Entries> {
    /// The frame of the remaining bytes.
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

impl State for WasmState {
    type Event<'b> = Event<'b>;

    #[inline]
    fn blank<'b>() -> Event<'b> {
        Event { part: Part::Leave, offset: 0, bytes: &[] }
    }

    #[inline(always)]
    fn locate<'b>(event: &mut Event<'b>, offset: usize, bytes: &'b [u8]) {
        (event.offset, event.bytes) = (offset, bytes);
    }

    #[inline(always)]
    fn inner_end(&self) -> Option<usize> {
        self.ends.last().copied()
    }

    #[inline(always)]
    fn take<'b>(&mut self, event: &mut Event<'b>, input: &Input<'b>) -> Result<usize, NoItem> {
        if let At::Module(module) = &mut self.at {
            event.part = Part::Item(Item::Header);
            let Part::Item(item) = &mut event.part else { return Err(NoItem::End) };
            match module.take_item(item, input) {
                Err(NoItem::End) => {}
                taken => return taken,
            }
        } else if self.is_in_section(input)? {
            return self.take_definition(event, input);
        }
        self.take_part(event, input)
    }

    #[cfg(feature = "std")]
    fn check_next(&mut self, input: &Input<'_>) -> Result<(), NoItem> {
        if let At::Module(module) = &mut self.at {
            return module.check_next(input);
        }
        let is_in_section = self.is_in_section(input)?;
        match &self.at {
            At::Section(section) if is_in_section => {
                section.definition(input, &mut 0, &mut Definition::End).map(drop)
            }
            _ => self.part(input, &mut 0).map(drop),
        }
    }

    fn skip_malformed(&mut self, input: &Input<'_>) -> Option<usize> {
        if let At::Module(module) = &mut self.at
            && let Some(len) = module.skip_malformed(input)
        {
            return Some(len);
        }
        let len = match &self.at {
            At::Module(_) | At::Preamble(_) => self.ends.last()?.checked_sub(input.offset)?,
            At::Section(section) => section.extent.left,
            At::Sections => section_size(input).ok()?.1,
            At::Start | At::Done => return None,
        };
        if len > input.data.len() {
            return None;
        }
        match &self.at {
            At::Module(_) => self.leave(),
            At::Preamble(_) => {
                self.ends.pop();
                self.at = At::Sections;
            }
            At::Section(section) => {
                (0..section.entries.depth()).for_each(|_| self.place.leave());
                self.at = At::Sections;
            }
            At::Sections | At::Start | At::Done => {}
        }
        Some(len)
    }
}

impl WasmState {
    /// Whether the next part is a definition of the section that the parser is in. Leaves a section
    /// without further definitions.
    #[inline]
    fn is_in_section(&mut self, input: &Input<'_>) -> Result<bool, NoItem> {
        let At::Section(section) = &self.at else { return Ok(false) };
        if !section.entries.is_done() {
            return Ok(true);
        }
        let surplus = match section.entries.section() {
            SectionId::Start => Malformed::StartRest,
            _ => Malformed::SectionRest,
        };
        section.extent.leave(input, surplus)?;
        self.at = At::Sections;
        Ok(false)
    }

    /// Takes the next definition of a section.
    #[inline(always)]
    fn take_definition<'b>(
        &mut self,
        event: &mut Event<'b>,
        input: &Input<'b>,
    ) -> Result<usize, NoItem> {
        event.part = Part::Definition(Definition::End);
        let (At::Section(section), Part::Definition(definition)) = (&mut self.at, &mut event.part)
        else {
            return Err(NoItem::End);
        };
        let mut len = 0;
        let count = section.definition(input, &mut len, definition)?;
        section.extent.advance(len);
        section.entries.advance(definition, count);
        self.place.add(definition);
        Ok(len)
    }

    /// Decodes the next part, which is neither a definition of a section nor an item of a module;
    /// `len` becomes the length of the part in bytes.
    fn part<'b>(&self, input: &Input<'b>, len: &mut usize) -> Result<Part<'b>, NoItem> {
        Ok(match &self.at {
            At::Sections => self.between(input, len)?,
            At::Preamble(section) => Part::Enter(inner_preamble(*section, input, len)?),
            At::Start => Part::Enter(outermost_preamble(input, len)?),
            At::Module(_) => self.end(input)?,
            At::Section(_) | At::Done => return Err(NoItem::End),
        })
    }

    /// Decodes the header of the next section, or a custom section, or finds the end of the
    /// component.
    fn between<'b>(&self, input: &Input<'b>, len: &mut usize) -> Result<Part<'b>, NoItem> {
        let Some(&code) = input.data.first() else {
            return if input.eof { self.end(input) } else { Err(NoItem::More(1)) };
        };
        let id = SectionId::from_code(code).ok_or(NoItem::Malformed(Malformed::SectionId, 0))?;
        if !input.features.contains(id.feature()) {
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
            // The inner module or component ends where the section does. This check comes before
            // anything inside is read, so that it never ends after the component around it.
            Holds::Nested if end > input.room => {
                return Err(NoItem::Malformed(Malformed::LengthOutOfBounds, 1));
            }
            Holds::Nested => {}
            Holds::List => header.count = items::count(input, frame, len)?,
        }
        Ok(Part::Section(header))
    }

    /// Returns the end of the module or component that the parser is in, whose input is complete.
    fn end<'b>(&self, input: &Input<'_>) -> Result<Part<'b>, NoItem> {
        match !self.ends.is_empty() && input.room > 0 {
            true => Err(NoItem::CutShort),
            false => Ok(Part::Leave),
        }
    }

    /// Takes the next part that is neither an item nor a definition of a section.
    #[inline(never)]
    fn take_part<'b>(&mut self, event: &mut Event<'b>, input: &Input<'b>) -> Result<usize, NoItem> {
        let mut len = 0;
        event.part = self.part(input, &mut len)?;
        match &event.part {
            Part::Definition(definition) => self.place.add(definition),
            Part::Section(header) => {
                let extent = Extent::new(header.size, input, len);
                self.at = match header.id.holds() {
                    Holds::Nested => {
                        let start = input.offset.saturating_add(len);
                        self.ends.push(start.saturating_add(extent.left));
                        At::Preamble(header.id)
                    }
                    _ => {
                        let entries = Entries::new(header.id, header.count);
                        At::Section(Section { extent, entries })
                    }
                };
            }
            Part::Enter(layer) => self.enter(*layer),
            Part::Leave => self.leave(),
            Part::Item(_) => {}
        }
        Ok(len)
    }

    /// Moves into the module or component whose preamble was read.
    fn enter(&mut self, layer: Layer) {
        if !self.ends.is_empty() {
            self.place.enter_inner(layer);
        }
        self.at = match layer {
            Layer::Component => At::Sections,
            Layer::Module => At::Module(ModuleState::behind_header()),
        };
    }

    /// Moves out of the innermost module or component.
    fn leave(&mut self) {
        self.at = match self.ends.pop() {
            Some(_) => {
                self.place.leave();
                At::Sections
            }
            None => At::Done,
        };
    }
}

fn outermost_preamble(input: &Input<'_>, len: &mut usize) -> Result<Layer, NoItem> {
    let (kind, feature) = (Malformed::UnknownVersion, Feature::ComponentModel);
    match preamble(input, len)? {
        Some(Layer::Component) if !input.features.contains(feature) => {
            Err(NoItem::Disabled(kind, MAGIC.len(), feature))
        }
        Some(layer) => Ok(layer),
        None => Err(NoItem::Malformed(kind, MAGIC.len())),
    }
}

fn inner_preamble(section: SectionId, input: &Input<'_>, len: &mut usize) -> Result<Layer, NoItem> {
    let kind = match (section, preamble(input, len)?) {
        (SectionId::CoreModule, Some(Layer::Module)) => return Ok(Layer::Module),
        (SectionId::CoreModule, _) if is_component(input) => Malformed::ModuleExpected,
        (SectionId::Component, Some(Layer::Component)) => return Ok(Layer::Component),
        (SectionId::Component, Some(Layer::Module)) => Malformed::ComponentExpected,
        _ => Malformed::UnknownVersion,
    };
    Err(NoItem::Malformed(kind, MAGIC.len()))
}
