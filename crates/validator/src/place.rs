//! The place of an item, which its errors name.

use wattle_ast::{Path, SectionId, Span};

use crate::Error;

/// An item: its section, its index in its index space, and where it lies in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) section: SectionId,
    pub(crate) index: u32,
    pub(crate) span: Option<Span>,
}

impl Default for Place {
    fn default() -> Place {
        Place { section: SectionId::Type, index: 0, span: None }
    }
}

impl Place {
    /// Adds this place to an error.
    #[cold]
    pub(crate) fn of(&self, mut error: Error) -> Error {
        let instr = error.path.instr;
        error.path = Path::item(self.section.item_kind(), self.index);
        error.path.section = Some(self.section);
        error.path.instr = instr;
        error.span = error.span.or(self.span);
        error
    }
}
