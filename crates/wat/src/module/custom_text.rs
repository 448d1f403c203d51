//! Custom sections that have a text form of their own, which other tools defined: `@producers` and
//! `@dylink.0`.

use alloc::vec::Vec;

use wattle_ast::custom::{
    Dylink, DylinkExport, DylinkImport, DylinkMemory, DylinkSubsection, Producers, ProducersField,
    SymbolFlags, VersionedName,
};
use wattle_ast::{Custom, CustomData, Encode, Name, SectionId};
use wattle_syntax::{Annotation, TokenKind};

use super::annotation_forms::{Place, after, bad, before, expect_end, name_in, unexpected};
use crate::cursor::Cursor;
use crate::error::Result;

/// Returns the custom section that an annotation spells out, and its place; `None` for other
/// annotations.
pub(super) fn section<'a>(annot: &Annotation<'a>) -> Option<Result<(Place, Custom<'a>)>> {
    let (place, bytes) = match &*annot.id {
        Producers::NAME => {
            (after(SectionId::Data), producers(annot).map(|section| section.to_bytes()))
        }
        // Loaders expect this section before all others.
        Dylink::NAME => (before(SectionId::Type), dylink(annot).map(|section| section.to_bytes())),
        _ => return None,
    };
    let custom = |bytes: Vec<u8>| {
        let data = CustomData::Bytes(bytes.into());
        (place, Custom { name: annot.id.clone(), data, after: None })
    };
    Some(bytes.map(custom))
}

/// Reads every `(keyword ..)` of an annotation.
fn forms<'a>(
    annot: &Annotation<'a>,
    mut form: impl FnMut(&mut Cursor<'_, 'a>, &'a str) -> Result<()>,
) -> Result<()> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    while let Some(keyword) = cursor.open_keyword() {
        cursor.bump_open();
        form(&mut cursor, keyword)?;
        if !cursor.opt(TokenKind::Close) {
            return Err(unexpected(annot, &cursor));
        }
    }
    expect_end(annot, &cursor)
}

fn name<'a>(annot: &Annotation<'a>, cursor: &mut Cursor<'_, 'a>) -> Result<Name<'a>> {
    name_in(annot, cursor, "string expected")
}

/// Reads `(@producers (language "C" "17") (processed-by "clang" "19") ..)`.
fn producers<'a>(annot: &Annotation<'a>) -> Result<Producers<'a>> {
    let mut fields: Vec<ProducersField<'a>> = Vec::new();
    forms(annot, |cursor, field| {
        let value = VersionedName { name: name(annot, cursor)?, version: name(annot, cursor)? };
        match fields.iter_mut().find(|known| known.name == field) {
            Some(known) => known.values.push(value),
            None => fields.push(ProducersField { name: field.into(), values: [value].into() }),
        }
        Ok(())
    })?;
    Ok(Producers { fields })
}

/// Reads `(@dylink.0 (mem-info (memory 16 4) (table 1 0)) (needed "lib.so") ..)`.
fn dylink<'a>(annot: &Annotation<'a>) -> Result<Dylink<'a>> {
    let mut subsections = Vec::new();
    forms(annot, |cursor, keyword| {
        match keyword {
            "mem-info" => subsections.push(DylinkSubsection::Memory(memory(cursor)?)),
            "needed" => subsections.push(DylinkSubsection::Needed(names(annot, cursor)?)),
            "runtime-path" => {
                subsections.push(DylinkSubsection::RuntimePath(names(annot, cursor)?))
            }
            "target-arch" => subsections.push(DylinkSubsection::TargetArch(name(annot, cursor)?)),
            "export-info" => {
                let export = DylinkExport { name: name(annot, cursor)?, flags: flags(cursor)? };
                match subsections.last_mut() {
                    Some(DylinkSubsection::Exports(exports)) => exports.push(export),
                    _ => subsections.push(DylinkSubsection::Exports([export].into())),
                }
            }
            "import-info" => {
                let (module, name) = (name(annot, cursor)?, name(annot, cursor)?);
                let import = DylinkImport { module, name, flags: flags(cursor)? };
                match subsections.last_mut() {
                    Some(DylinkSubsection::Imports(imports)) => imports.push(import),
                    _ => subsections.push(DylinkSubsection::Imports([import].into())),
                }
            }
            _ => return Err(bad(annot, "unknown subsection")),
        }
        Ok(())
    })?;
    Ok(Dylink { subsections })
}

/// Reads `(memory size align)? (table size align)?`.
fn memory(cursor: &mut Cursor<'_, '_>) -> Result<DylinkMemory> {
    let mut memory = DylinkMemory::default();
    for (keyword, size, align) in [
        ("memory", &mut memory.memory_size, &mut memory.memory_align),
        ("table", &mut memory.table_size, &mut memory.table_align),
    ] {
        if cursor.opt_open(keyword) {
            (*size, *align) = (cursor.expect_u32()?, cursor.expect_u32()?);
            cursor.expect_close()?;
        }
    }
    Ok(memory)
}

fn names<'a>(annot: &Annotation<'a>, cursor: &mut Cursor<'_, 'a>) -> Result<Vec<Name<'a>>> {
    let mut names = Vec::new();
    while cursor.peek() == TokenKind::String {
        names.push(name(annot, cursor)?);
    }
    Ok(names)
}

/// Reads the keywords of flags, and numbers for flags without one.
fn flags(cursor: &mut Cursor<'_, '_>) -> Result<SymbolFlags> {
    let mut flags = SymbolFlags::default();
    while cursor.peek() != TokenKind::Close {
        let word = SymbolFlags::WORDS.iter().find(|(_, word)| cursor.opt_keyword(word));
        flags = flags
            | match word {
                Some((flag, _)) => *flag,
                None => SymbolFlags(cursor.expect_u32()?),
            };
    }
    Ok(flags)
}
