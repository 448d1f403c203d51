//! The sections with the names of modules and of components.

use wattle_ast::components::Sort;
use wattle_ast::{Malformed, Name, NameSubsection, Quoted};

use super::{Customs, Walk};
use crate::name_parts::{NamePart, NamePartKind, name_parts};

/// Returns the word for the items that a subsection names, in the singular.
fn subsection_word(subsection: NameSubsection) -> &'static str {
    match subsection {
        NameSubsection::Module => "module",
        NameSubsection::Func => "func",
        NameSubsection::Local => "local",
        NameSubsection::Label => "label",
        NameSubsection::Type => "type",
        NameSubsection::Table => "table",
        NameSubsection::Memory => "memory",
        NameSubsection::Global => "global",
        NameSubsection::Elem => "elem",
        NameSubsection::Data => "data",
        NameSubsection::Field => "field",
        NameSubsection::Tag => "tag",
        NameSubsection::TypeParam | NameSubsection::TagParam => "param",
    }
}

/// Returns the word for the items whose parts a subsection names.
fn outer_word(subsection: NameSubsection) -> &'static str {
    match subsection {
        NameSubsection::Field | NameSubsection::TypeParam => "type",
        NameSubsection::TagParam => "tag",
        _ => "func",
    }
}

pub(super) fn names(walk: &mut Walk<'_, '_>, customs: &Customs<'_>) -> Result<(), Malformed> {
    for part in name_parts(walk.reader.bytes()) {
        let NamePart { subsection: id, kind, offset, len } = part?;
        walk.reader.seek(offset + len);
        let Some(subsection) = NameSubsection::from_code(id) else {
            match kind {
                NamePartKind::Unknown => walk.row(1, format_args!("names that are not known")),
                _ => walk.row(0, format_args!("subsection {id}, which is not known")),
            }
            continue;
        };
        let word = subsection_word(subsection);
        match kind {
            NamePartKind::Subsection { count: Some(count) } => {
                let entries = if count == 1 { "entry" } else { "entries" };
                walk.row(0, format_args!("{word} names, {count} {entries}"));
            }
            NamePartKind::Subsection { count: None } => walk.row(0, format_args!("{word} name")),
            NamePartKind::Module(name) => walk.row(1, format_args!("module {}", Quoted(name))),
            NamePartKind::Outer { index, count } => {
                let names = if count == 1 { "name" } else { "names" };
                walk.row(1, format_args!("{} {index}: {count} {names}", outer_word(subsection)));
            }
            NamePartKind::Name { outer, index, name } => {
                let level = 1 + usize::from(outer.is_some());
                walk.row(level, format_args!("{word} {index} {}", customs.quoted(&name)));
            }
            NamePartKind::Unknown => walk.row(1, format_args!("names that are not known")),
        }
    }
    Ok(())
}

pub(super) fn component_names(
    walk: &mut Walk<'_, '_>,
    customs: &Customs<'_>,
) -> Result<(), Malformed> {
    walk.subsections(|walk, id| match id {
        0 => {
            let name: Name<'_> = walk.reader.read()?;
            walk.row(0, format_args!("component {}", Quoted(name)));
            Ok(())
        }
        1 => {
            let sort: Sort = walk.reader.read()?;
            for _ in 0..walk.counted(0, format_args!("{sort} names, "), ["entry", "entries"])? {
                let index = walk.reader.u32()?;
                let name: Name<'_> = walk.reader.read()?;
                walk.row(1, format_args!("{sort} {index} {}", customs.quoted(&name)));
            }
            Ok(())
        }
        _ => walk.unknown(id),
    })
}
