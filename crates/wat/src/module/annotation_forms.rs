//! The grammar of the known annotations, with a parser for each of them.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html>

use alloc::borrow::Cow;
use alloc::boxed::Box;

use wattle_ast::custom::{BranchHint, BranchHints, MetadataValue};
use wattle_ast::{Custom, CustomData, Name, Names, SectionId, components};
use wattle_syntax::{Annotation, TokenKind, numbers, strings};

use super::annotations::OfComponent;
use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};

/// The place of a custom section. Each section has two numbers, for before and after it.
pub(super) type Place = usize;

pub(super) fn before(section: SectionId) -> Place {
    2 * section as usize
}

pub(super) fn after(section: SectionId) -> Place {
    2 * section as usize + 1
}

#[cold]
pub(super) fn bad(annot: &Annotation<'_>, reason: &'static str) -> Box<Error> {
    Error::boxed(ErrorKind::Annotation(annot.id.as_str().into(), reason), annot.span)
}

pub(super) fn unexpected(annot: &Annotation<'_>, cursor: &Cursor<'_, '_>) -> Box<Error> {
    Error::boxed(ErrorKind::Annotation(annot.id.as_str().into(), "unexpected token"), cursor.span())
}

/// Reads a string that is a name.
pub(super) fn name_in<'a>(
    annot: &Annotation<'a>,
    cursor: &mut Cursor<'_, 'a>,
    missing: &'static str,
) -> Result<Name<'a>> {
    if cursor.peek() != TokenKind::String {
        return Err(bad(annot, missing));
    }
    let Some(name) = strings::name(cursor.text()) else {
        let kind = ErrorKind::Annotation(annot.id.as_str().into(), "malformed UTF-8 encoding");
        return Err(cursor.error(kind));
    };
    cursor.bump();
    Ok(name)
}

pub(super) fn expect_end(annot: &Annotation<'_>, cursor: &Cursor<'_, '_>) -> Result<()> {
    match cursor.peek() {
        TokenKind::Eof => Ok(()),
        _ => Err(unexpected(annot, cursor)),
    }
}

/// Reads `(@name "..")`.
pub(super) fn parse_name<'a>(annot: &Annotation<'a>) -> Result<Name<'a>> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let name = name_in(annot, &mut cursor, "string expected")?;
    expect_end(annot, &cursor)?;
    Ok(name)
}

/// Reads `(@repeat count)`.
pub(super) fn parse_repeat(annot: &Annotation<'_>) -> Result<u32> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let count = numbers::u32(cursor.text()).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| bad(annot, "a count is expected"))?;
    cursor.bump();
    expect_end(annot, &cursor)?;
    Ok(count)
}

/// Reads `(@metadata.code.KIND "data"*)`. A branch hint is `"\00"`, or `"\01"` for a branch that is
/// likely to be taken.
pub(super) fn parse_metadata<'a>(annot: &Annotation<'a>) -> Result<Cow<'a, [u8]>> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    if annot.id == BranchHints::NAME && BranchHint::from_bytes(&bytes).is_none() {
        return Err(bad(annot, "invalid hint value"));
    }
    Ok(bytes)
}

/// Reads `(@custom "name" (before|after section)? "data"*)`.
pub(super) fn parse_custom<'a>(annot: &Annotation<'a>) -> Result<(Place, Custom<'a>)> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let name = name_in(annot, &mut cursor, "missing section name")?;
    let place = placement(annot, &mut cursor)?;
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    Ok((place, Custom { name, data: CustomData::Bytes(bytes), after: None }))
}

/// Reads `(@custom "name" "data"*)` in a component, where the section has the place of the
/// annotation.
pub(super) fn parse_custom_of_component<'a>(annot: &Annotation<'a>) -> Result<OfComponent<'a>> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let name = name_in(annot, &mut cursor, "missing section name")?;
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    let custom = Custom { name, data: CustomData::Bytes(bytes), after: None };
    Ok(OfComponent::Custom(custom, annot.span))
}

/// Reads `(@names "data"*)` in a component.
pub(super) fn parse_names_of_component<'a>(annot: &Annotation<'a>) -> Result<OfComponent<'a>> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    let names = components::Names::parse(&bytes).map_err(|_| bad(annot, "malformed names"))?;
    Ok(OfComponent::Names(Box::new(names.into_owned()), annot.span))
}

/// Reads `(@names (before|after section)? "data"*)`: the place of the name section, and the names
/// in it that identifiers cannot express, such as those of items that do not exist.
pub(super) fn parse_names<'a>(annot: &Annotation<'a>) -> Result<((Place, Custom<'a>), Names<'a>)> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let place = placement(annot, &mut cursor)?;
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    let names = Names::parse(&bytes).map_err(|_| bad(annot, "malformed names"))?.into_owned();
    let name = Name::Borrowed(Names::NAME);
    Ok(((place, Custom { name, data: CustomData::Names, after: None }), names))
}

/// Reads `(before|after section)?`. The default is the end of the module.
fn placement(annot: &Annotation<'_>, cursor: &mut Cursor<'_, '_>) -> Result<Place> {
    let mut place = after(SectionId::Data);
    if cursor.opt(TokenKind::Open) {
        let direction: fn(SectionId) -> Place = match cursor.text() {
            "before" => before,
            "after" => after,
            _ => return Err(bad(annot, "malformed placement")),
        };
        cursor.bump();
        let section = match cursor.text() {
            "first" => Some(SectionId::Type),
            "last" => Some(SectionId::Data),
            word => SectionId::from_keyword(word).filter(|id| *id != SectionId::Custom),
        };
        let Some(section) = section else { return Err(bad(annot, "malformed section kind")) };
        cursor.bump();
        if !cursor.opt(TokenKind::Close) {
            return Err(unexpected(annot, cursor));
        }
        place = direction(section);
    }
    Ok(place)
}
