//! The text for the names of a component.
//!
//! Identifiers are the names, as in modules. If the name section is not the last definition, the
//! annotation `(@names)` stands in its place, with the names that identifiers cannot express. Name
//! sections that identifiers do not lead back to are written as sections: several, malformed and
//! empty ones.

use alloc::vec::Vec;

use wattle_ast::components::{Definition, Names};
use wattle_ast::{Encode, Name};

use super::scope::Survey;

/// The way in which the text states the names of a component.
#[derive(Default)]
pub(super) enum NameText {
    /// The identifiers state all names.
    #[default]
    Ids,
    /// The annotation `(@names)` with this content is written: in the place of the section, or at
    /// the end of a component without a section.
    Mark(Vec<u8>),
    /// The sections are written.
    Sections,
}

/// Returns the names of a component, and the way in which the text states them.
///
/// `own` is the name that the text gives to the component by the identifier of its definition.
/// `None` stands for the outermost component, whose own name is its identifier.
pub(super) fn names<'c>(
    definitions: &'c [Definition<'c>],
    survey: &Survey,
    own: Option<Option<&Name<'_>>>,
) -> (Names<'c>, NameText) {
    let read = |place: &usize| match definitions.get(*place) {
        Some(Definition::Names(names)) => Some(Names::clone(names)),
        _ => None,
    };
    let (names, is_last) = match &survey.names[..] {
        [] => (Names::default(), true),
        places => {
            let names = places.iter().find_map(read);
            match (names, places) {
                (Some(names), [place]) if !names.is_empty() => {
                    (names, matches!(definitions.get(place + 1), None | Some(Definition::End)))
                }
                (names, _) => return (names.unwrap_or_default(), NameText::Sections),
            }
        }
    };
    let mut more = Names::default();
    for (index, name) in names.iter() {
        if !survey.has_place(index.sort(), index.number()) {
            more.insert(index.sort(), index.number(), name.clone());
        }
    }
    let is_own_name_told = own.is_none_or(|own| own == names.component.as_ref());
    if is_last && is_own_name_told && more.is_empty() {
        return (names, NameText::Ids);
    }
    // An inner component with the annotation has the name in the annotation, or none.
    if own.is_some() {
        more.component = names.component.clone();
    }
    let text = NameText::Mark(more.to_bytes());
    (names, text)
}
