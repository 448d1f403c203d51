//! The offsets of definitions in the binary that a component was read from.

use alloc::vec::Vec;

use wattle_ast::components::{Component, Definition, Entries, Holds, RawSection, SectionId};
use wattle_ast::{Features, Malformed, Reader};

/// The offset of each definition, by its place in the list; `usize::MAX` if it is unknown.
#[derive(Default)]
pub(super) struct Offsets {
    definitions: Vec<usize>,
    /// The offset of the content of each module, by the place of its definition, in order.
    modules: Vec<(usize, usize)>,
}

const UNKNOWN: usize = usize::MAX;

impl Offsets {
    /// Finds the offsets of the definitions, as far as the sections hold them: definitions after a
    /// changed one have no offsets.
    pub(super) fn of(component: &Component<'_>) -> Offsets {
        let mut offsets = Offsets::default();
        let mut at = Component::PREAMBLE.len();
        for section in &component.encoding.sections {
            match offsets.section(section, &component.definitions, at) {
                Some(end) => at = end,
                None => break,
            }
        }
        offsets
    }

    /// Adds the offsets of the definitions of a section, and returns the offset of the next
    /// section; `None` if the section does not hold the definitions at its place.
    fn section(
        &mut self,
        section: &RawSection<'_>,
        definitions: &[Definition<'_>],
        start: usize,
    ) -> Option<usize> {
        // The end of a component has no bytes.
        while matches!(definitions.get(self.definitions.len()), Some(Definition::End)) {
            self.definitions.push(UNKNOWN);
        }
        let rest = definitions.get(self.definitions.len()..)?;
        let mut reader = Reader::at(&section.bytes, start, Features::ALL);
        reader.advance();
        let size = reader.u32().ok()? as usize;
        let content = reader.offset();
        let place = self.definitions.len();
        match section.id {
            // A custom section that was removed does not change the offsets of the others.
            SectionId::Custom if section.holds(rest).is_none() => {
                Some(content.saturating_add(size))
            }
            SectionId::Component => {
                section.holds(rest)?;
                self.definitions.push(content);
                Some(content.saturating_add(Component::PREAMBLE.len()))
            }
            _ if section.id.holds() == Holds::Nested => {
                section.holds(rest)?;
                self.definitions.push(content);
                self.modules.push((place, content));
                Some(content.saturating_add(size))
            }
            _ => {
                self.entries(section.id, rest, &mut reader).ok()?;
                reader.is_empty().then_some(reader.offset())
            }
        }
    }

    fn entries(
        &mut self,
        id: SectionId,
        definitions: &[Definition<'_>],
        reader: &mut Reader<'_>,
    ) -> Result<(), Malformed> {
        let mut entries = Entries::begin(id, reader)?;
        let mut definitions = definitions.iter();
        loop {
            let at = reader.offset();
            let Some(definition) = entries.next(reader)? else { return Ok(()) };
            if definitions.next() != Some(&definition) {
                return Err(Malformed::SectionSize);
            }
            self.definitions.push(match definition {
                Definition::End => UNKNOWN,
                _ => at,
            });
        }
    }

    /// The offset of the definition at a place.
    pub(super) fn of_definition(&self, place: usize) -> Option<usize> {
        self.definitions.get(place).copied().filter(|at| *at != UNKNOWN)
    }

    /// The offset of the core module in the definition at a place.
    pub(super) fn of_module(&self, place: usize) -> Option<usize> {
        let at = self.modules.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        self.modules.get(at).map(|(_, content)| *content)
    }
}
