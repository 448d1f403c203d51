//! Sections of a binary: custom ones, and those with a module or component in them.

use wattle_ast::components::{self, Holds};
use wattle_ast::{Reader, SectionId};
use wattle_parser::SectionFrame;

/// Returns the name and the content of a custom section.
pub(crate) fn custom<'a>(section: &SectionFrame<'a>) -> Option<(&'a str, &'a [u8])> {
    if SectionId::from_code(section.code) != Some(SectionId::Custom) {
        return None;
    }
    let mut reader = Reader::new(section.content);
    Some((reader.name().ok()?, reader.rest()))
}

/// Returns whether a section of a component has a module or component in it.
pub(crate) fn is_nested(code: u8) -> bool {
    components::SectionId::from_code(code).is_some_and(|id| id.holds() == Holds::Nested)
}

/// Returns the offset of the content of a section among the bytes that have the section.
pub(crate) fn content_offset(section: &SectionFrame<'_>) -> usize {
    section.offset + section.bytes.len() - section.content.len()
}
