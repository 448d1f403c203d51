//! Edits of the structure of a component: definitions are deleted, doubled, moved and changed, so that
//! most of the rest stays valid. They show where two validators disagree.

use wattle::Features;
use wattle::ast::Reader;
use wattle::ast::components::{
    Component, Definition, Entries, Holds, encode_entries, first_section,
};

use crate::Random;

/// Makes one edit. The list of definitions stays well-formed: a definition that opens a scope stays
/// together with its end.
pub fn edit(component: &mut Component<'static>, random: &mut Random) {
    let definitions = &mut component.definitions;
    if definitions.is_empty() {
        return;
    }
    let at = random.below(definitions.len());
    let Some(end) = run_end(definitions, at) else { return };
    match random.below(5) {
        0 => drop(definitions.drain(at..end)),
        1 => {
            let run = definitions[at..end].to_vec();
            definitions.splice(end..end, run);
        }
        2 => {
            // The next definition in this scope moves before it.
            if let Some(next) = run_end(definitions, end) {
                definitions[at..next].rotate_left(end - at);
            }
        }
        _ => {
            if let Some(changed) = change(&definitions[at..end], random) {
                definitions.splice(at..end, changed);
            }
        }
    }
}

/// The place behind a definition and everything in it; `None` at the end of a scope or of the list.
fn run_end(definitions: &[Definition<'_>], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, definition) in definitions.iter().enumerate().skip(start) {
        match definition {
            Definition::End => depth = depth.checked_sub(1)?,
            _ => depth += usize::from(definition.opens().is_some()),
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The definition with a byte of its encoding changed: an index, a sort, a type, a letter of a name.
/// `None` if the changed bytes do not decode to one definition.
fn change(run: &[Definition<'static>], random: &mut Random) -> Option<Vec<Definition<'static>>> {
    let (id, section) = first_section(run)?;
    if id.holds() == Holds::Nested || section.len() != run.len() {
        return None;
    }
    let mut bytes = Vec::new();
    encode_entries(id, run, &mut bytes);
    let at = random.below(bytes.len());
    bytes[at] = match random.below(3) {
        0 => bytes[at].wrapping_add(1),
        1 => bytes[at].wrapping_sub(1),
        _ => bytes[random.below(bytes.len())],
    };
    let mut reader = Reader::at(&bytes, 0, Features::ALL);
    let mut entries = Entries::begin(id, &mut reader).ok()?;
    let mut changed = Vec::new();
    while let Some(definition) = entries.next(&mut reader).ok()? {
        changed.push(definition.into_owned());
    }
    (reader.is_empty() && !changed.is_empty()).then_some(changed)
}
