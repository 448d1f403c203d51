//! The state of a parser in a module: the current section, and the facts about earlier sections
//! that later sections are checked against.

use wattle_ast::components::Layer;
use wattle_ast::{
    Custom, Event, ExternKind, Feature, Item, Malformed, Nesting, Section as Header, SectionId,
};

use crate::frame::{Frame, Input, NoItem, section_size};
use crate::items::{self, BodyCheck};
use crate::sans_io::State;
use crate::section::Section;

pub(crate) const MAGIC: [u8; 4] = *b"\0asm";

#[derive(Clone, Debug, Default)]
pub(crate) struct ModuleState {
    /// Whether magic and version were read.
    pub(crate) started: bool,
    pub(crate) section: Option<Section>,
    /// The last section that was not custom.
    pub(crate) last: Option<SectionId>,
    /// The number of imports of each kind so far.
    pub(crate) imported: [u32; ExternKind::COUNT],
    /// The number of custom sections so far.
    pub(crate) customs: u32,
    /// The number of functions in the function section, and the number of bodies in the code
    /// section.
    funcs: u32,
    bodies: u32,
    data_count: Option<u32>,
    /// Whether a malformed part was skipped. Afterwards, order and counts are not checked.
    is_partial: bool,
    /// Whether an earlier attempt at the current body checked its instructions.
    body_checked: bool,
    nesting: Nesting,
}

impl State for ModuleState {
    type Event<'b> = Event<'b>;

    #[inline]
    fn blank<'b>() -> Event<'b> {
        Event { item: Item::Header, offset: 0, bytes: &[] }
    }

    #[inline(always)]
    fn locate<'b>(event: &mut Event<'b>, offset: usize, bytes: &'b [u8]) {
        (event.offset, event.bytes) = (offset, bytes);
    }

    #[inline]
    fn take<'b>(&mut self, event: &mut Event<'b>, input: &Input<'b>) -> Result<usize, NoItem> {
        self.take_item(&mut event.item, input)
    }

    #[cfg(feature = "std")]
    fn check_next(&mut self, input: &Input<'_>) -> Result<(), NoItem> {
        self.step(input, &mut 0, &mut Item::Header)?;
        self.body_checked = true;
        Ok(())
    }

    fn skip_malformed(&mut self, input: &Input<'_>) -> Option<usize> {
        // If only the order of sections or a count is wrong, the content can still be read.
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
        self.body_checked = false;
        Some(len)
    }
}

impl ModuleState {
    /// The state after the header of a module.
    pub(crate) fn behind_header() -> ModuleState {
        ModuleState { started: true, ..ModuleState::default() }
    }

    /// Takes the next item, as [`State::take`] does.
    #[inline]
    pub(crate) fn take_item<'b>(
        &mut self,
        to: &mut Item<'b>,
        input: &Input<'b>,
    ) -> Result<usize, NoItem> {
        let mut len = 0;
        self.step(input, &mut len, to)?;
        self.advance(to, input, len);
        Ok(len)
    }

    /// Decodes the next item to `to`; `len` becomes its length in bytes.
    #[inline]
    fn step<'b>(
        &mut self,
        input: &Input<'b>,
        len: &mut usize,
        to: &mut Item<'b>,
    ) -> Result<(), NoItem> {
        if let Some(section) = &self.section
            && section.entries.is_done()
        {
            section.extent.leave(input, Malformed::SectionSize)?;
            self.section = None;
        }
        match &self.section {
            Some(section) if section.id() == SectionId::Code => {
                let check = !input.skip_bodies && !self.body_checked;
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
        let id = self.section_id(code, input)?;
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

    fn section_id(&self, code: u8, input: &Input<'_>) -> Result<SectionId, NoItem> {
        let id = SectionId::from_code(code).ok_or(NoItem::Malformed(Malformed::SectionId, 0))?;
        let needs: &[Feature] = match id {
            SectionId::Tag => &[Feature::Exceptions, Feature::LegacyExceptions],
            SectionId::DataCount => &[Feature::BulkMemory],
            _ => &[Feature::Mvp],
        };
        if !needs.iter().any(|&feature| input.features.contains(feature)) {
            return Err(NoItem::Disabled(Malformed::SectionId, 0, needs[0]));
        }
        if id != SectionId::Custom && self.last >= Some(id) && !self.is_partial {
            return Err(NoItem::Malformed(Malformed::SectionOrder, 0));
        }
        Ok(id)
    }

    /// Compares the count of a section, which is at position `at`, with the counts of earlier
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

    /// Checks that no body is missing, when the code section can no longer follow.
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

    /// Moves past an item.
    #[inline(always)]
    fn advance(&mut self, item: &Item<'_>, input: &Input<'_>, len: usize) {
        if let Some(section) = &mut self.section {
            section.advance(item, len);
        }
        match item {
            Item::Header => self.started = true,
            Item::Section(header) => {
                self.last = Some(header.id);
                self.section = Some(Section::enter(*header, input, len));
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
        self.body_checked = false;
    }
}

/// Decodes magic and version.
fn header<'b>(input: &Input<'b>, len: &mut usize) -> Result<Item<'b>, NoItem> {
    let kind = match preamble(input, len)? {
        Some(Layer::Module) => return Ok(Item::Header),
        _ if is_component(input) => Malformed::Component,
        _ => Malformed::UnknownVersion,
    };
    Err(NoItem::Malformed(kind, MAGIC.len()))
}

/// Decodes magic, version and layer; `None` if version or layer are unknown.
pub(crate) fn preamble(input: &Input<'_>, len: &mut usize) -> Result<Option<Layer>, NoItem> {
    *len = Layer::Module.preamble().len();
    if input.data.len() < *len && !input.eof {
        return Err(NoItem::More(*len));
    }
    if input.data.get(..MAGIC.len()).is_some_and(|magic| magic != MAGIC) {
        return Err(NoItem::Malformed(Malformed::MagicHeader, 0));
    }
    if input.data.len() < *len {
        return Err(NoItem::Malformed(Malformed::UnexpectedEnd, input.data.len()));
    }
    Ok(Layer::of(input.data))
}

/// Whether a preamble is that of a component of any version.
pub(crate) fn is_component(input: &Input<'_>) -> bool {
    let layer = 6..8;
    input.data.get(layer.clone()) == Layer::Component.preamble().get(layer)
}
