//! Annotations with a meaning: `@name`, `@custom`, `@metadata.code.branch_hint` and our own
//! `@data_count`; the custom sections they become, and the place of the name section.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use wattle_ast::{Custom, CustomData, Name, Names, SectionId, leb128};
use wattle_syntax::{Annotation, TokenKind, strings};

use super::State;
use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};

const CUSTOM: &str = "custom";
const NAME: &str = "name";
const BRANCH_HINT: &str = "metadata.code.branch_hint";
/// States how many data segments there are, though no function calls for it.
const DATA_COUNT: &str = "data_count";

/// The ids of the annotations that mean something here.
pub(crate) const KNOWN: &[&str] = &[CUSTOM, NAME, BRANCH_HINT, DATA_COUNT];

/// Where a custom section goes: how many steps after the start of the module, counting two a
/// section: before it and after it.
type Place = usize;

fn before(section: SectionId) -> Place {
    2 * section as usize
}

fn after(section: SectionId) -> Place {
    2 * section as usize + 1
}

impl<'a> State<'_, 'a> {
    /// The annotations before the token at `pos`.
    fn annots_at(&self, pos: usize) -> core::ops::Range<usize> {
        let annots = &self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < pos);
        let here = annots.get(first..).unwrap_or_default();
        first..first + here.iter().take_while(|annot| annot.at == pos).count()
    }

    /// Whether there are annotations before the token at `pos`.
    #[inline(always)]
    fn annotated(&mut self, pos: usize) -> bool {
        if self.unannotated.contains(&pos) { false } else { self.annotated_anew(pos) }
    }

    /// Looks it up, and remembers how far there are none.
    fn annotated_anew(&mut self, pos: usize) -> bool {
        let annots = &self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < pos);
        let next = annots.get(first).map_or(usize::MAX, |annot| annot.at);
        self.unannotated = pos..next;
        next == pos
    }

    /// The name that an annotation before the next token gives.
    #[inline(always)]
    pub(super) fn name_annotation(&mut self) -> Result<Option<Name<'a>>> {
        if self.annotated(self.cursor.pos()) { self.name_annotation_here() } else { Ok(None) }
    }

    #[cold]
    fn name_annotation_here(&mut self) -> Result<Option<Name<'a>>> {
        let tokens = self.cursor.tokens;
        let mut name = None;
        for at in self.annots_at(self.cursor.pos()) {
            let Some(annot) = tokens.annotations().get(at).filter(|annot| annot.id == NAME) else {
                continue;
            };
            self.placed[at] = true;
            if name.is_some() {
                return Err(bad(annot, "multiple names"));
            }
            name = Some(parse_name(annot)?);
        }
        Ok(name)
    }

    /// The value of the branch hint before the token at `pos`.
    #[inline(always)]
    pub(super) fn hint(&mut self, pos: usize) -> Result<Option<u8>> {
        if self.annotated(pos) { self.hint_at(pos) } else { Ok(None) }
    }

    #[cold]
    fn hint_at(&mut self, pos: usize) -> Result<Option<u8>> {
        let tokens = self.cursor.tokens;
        let mut hint = None;
        for at in self.annots_at(pos) {
            let annot = tokens.annotations().get(at);
            let Some(annot) = annot.filter(|annot| annot.id == BRANCH_HINT) else { continue };
            self.placed[at] = true;
            if self.func.is_none() {
                return Err(bad(annot, "not in a function"));
            }
            if hint.is_some() {
                return Err(bad(annot, "duplicate annotation"));
            }
            hint = Some(parse_hint(annot)?);
        }
        Ok(hint)
    }

    /// Behind the fields: what the annotations add to the module, and those that are left over.
    pub(super) fn annotations(&mut self) {
        let end = self.cursor.pos();
        if !self.placed.is_empty() {
            let mut sections = Vec::new();
            self.cursor.seek(self.start);
            self.outside(&mut sections, end);
            self.left_over(end);
            self.place_customs(sections);
            self.cursor.seek(end);
        } else {
            self.place_customs(Vec::new());
        }
    }

    /// The annotations between the fields.
    fn outside(&mut self, sections: &mut Vec<(Place, Custom<'a>)>, end: usize) {
        let tokens = self.cursor.tokens;
        let mut named = false;
        loop {
            let at_start = self.cursor.pos() == self.start;
            for at in self.annots_between_fields(at_start) {
                let Some(annot) = tokens.annotations().get(at) else { continue };
                let result = match annot.id {
                    CUSTOM => parse_custom(annot).map(|section| sections.push(section)),
                    DATA_COUNT => {
                        self.module.encoding.data_count = true;
                        expect_end(annot, &Cursor::new(&annot.tokens, 0))
                    }
                    NAME if at_start && named => Err(bad(annot, "multiple module names")),
                    NAME if at_start => {
                        named = true;
                        parse_name(annot).map(|name| self.module.names.module = Some(name))
                    }
                    _ => continue,
                };
                self.placed[at] = true;
                if let Err(error) = result {
                    self.report(*error);
                }
            }
            if self.cursor.pos() >= end {
                return;
            }
            self.cursor.skip_form();
        }
    }

    /// The annotations before the field that is next. Before the first one, those between
    /// `(module` and the identifier of the module belong there too.
    fn annots_between_fields(&self, at_start: bool) -> core::ops::Range<usize> {
        let here = self.annots_at(self.cursor.pos());
        let annots = &self.cursor.tokens.annotations();
        let id = self.start.checked_sub(1);
        let named = id.is_some_and(|id| self.cursor.tokens.get(id).kind == TokenKind::Id);
        if !at_start || !named {
            return here;
        }
        annots.partition_point(|annot| Some(annot.at) < id)..here.end
    }

    /// The annotations that found no place. In or behind a field that failed, one may only not
    /// have been reached: nothing is said about it then, unless it is wrong anywhere.
    fn left_over(&mut self, end: usize) {
        let tokens = self.cursor.tokens;
        let failed = self.errors.iter().map(|error| error.span.start).min().unwrap_or(usize::MAX);
        let mut field = Cursor::new(tokens, self.start);
        let mut field_end = tokens.form_end(self.start);
        for (at, annot) in tokens.annotations().iter().enumerate() {
            let passed = annot.at < self.start || annot.at > end;
            if passed || self.placed.get(at) == Some(&true) {
                continue;
            }
            while field_end < annot.at {
                field.seek(field_end);
                field_end = tokens.form_end(field_end);
            }
            let in_func = field.at_open("func") && field.pos() < annot.at && annot.at < field_end;
            let kind = match annot.id {
                BRANCH_HINT if in_func => ErrorKind::Annotation(BRANCH_HINT, "invalid placement"),
                BRANCH_HINT => ErrorKind::Annotation(BRANCH_HINT, "not in a function"),
                DATA_COUNT => ErrorKind::Annotation(DATA_COUNT, "not between fields"),
                name => ErrorKind::MisplacedAnnotation(name),
            };
            if annot.span.start < failed || matches!(annot.id, CUSTOM | DATA_COUNT) {
                self.report(Error::new(kind, annot.span));
            }
        }
    }

    /// Puts custom sections, branch hints and names into their places.
    fn place_customs(&mut self, mut sections: Vec<(Place, Custom<'a>)>) {
        if !self.hints.is_empty() {
            let data = CustomData::Bytes(Cow::Owned(self.encode_hints()));
            let custom = Custom { name: Name::Borrowed(BRANCH_HINT), data, after: None };
            sections.push((before(SectionId::Code), custom));
        }
        // A stable sort: sections of one place stay in the order in which they were written.
        sections.sort_by_key(|(place, _)| *place);
        for (place, mut custom) in sections {
            custom.after = self.last_section(place);
            self.module.customs.push(custom);
        }
        self.place_names();
    }

    /// The last section that is present and ends before a place.
    fn last_section(&self, place: Place) -> Option<SectionId> {
        let present = |id: &&SectionId| after(**id) <= place && self.module.has_section(**id);
        SectionId::ALL.iter().rev().find(present).copied()
    }

    /// The name section: one that was written out says what the names are, as in the binary.
    fn place_names(&mut self) {
        let explicit = self.module.customs.iter_mut().find_map(|custom| {
            let named = custom.name == NAME;
            let bytes = custom.data.bytes().filter(|_| named)?;
            let names = Names::parse(bytes).ok()?.into_owned();
            custom.data = CustomData::Names;
            Some(names)
        });
        let written = self.module.customs.iter().any(|custom| custom.name == NAME);
        if written {
            self.module.names = explicit.unwrap_or_default();
        } else if !self.module.names.is_empty() {
            let after = self.last_section(after(SectionId::Data));
            let name = Name::Borrowed(NAME);
            self.module.customs.push(Custom { name, data: CustomData::Names, after });
        }
    }

    /// Functions, each with its hints: offset in the body, the size of the value (1), the value.
    fn encode_hints(&self) -> Vec<u8> {
        let mut out = Vec::new();
        leb128::write_u32(&mut out, self.hints.len() as u32);
        for (func, hints) in &self.hints {
            leb128::write_u32(&mut out, *func);
            leb128::write_u32(&mut out, hints.len() as u32);
            for (offset, value) in hints {
                leb128::write_u32(&mut out, *offset);
                out.extend([1, *value]);
            }
        }
        out
    }
}

#[cold]
fn bad(annot: &Annotation<'_>, reason: &'static str) -> alloc::boxed::Box<Error> {
    Error::boxed(ErrorKind::Annotation(annot.id, reason), annot.span)
}

fn unexpected(annot: &Annotation<'_>, cursor: &Cursor<'_, '_>) -> alloc::boxed::Box<Error> {
    Error::boxed(ErrorKind::Annotation(annot.id, "unexpected token"), cursor.span())
}

/// A string that is a name.
fn name_in<'a>(
    annot: &Annotation<'a>,
    cursor: &mut Cursor<'_, 'a>,
    missing: &'static str,
) -> Result<Name<'a>> {
    if cursor.peek() != TokenKind::String {
        return Err(bad(annot, missing));
    }
    let Some(name) = strings::name(cursor.text()) else {
        let kind = ErrorKind::Annotation(annot.id, "malformed UTF-8 encoding");
        return Err(cursor.error(kind));
    };
    cursor.bump();
    Ok(name)
}

fn expect_end(annot: &Annotation<'_>, cursor: &Cursor<'_, '_>) -> Result<()> {
    match cursor.peek() {
        TokenKind::Eof => Ok(()),
        _ => Err(unexpected(annot, cursor)),
    }
}

/// `(@name "..")`.
fn parse_name<'a>(annot: &Annotation<'a>) -> Result<Name<'a>> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let name = name_in(annot, &mut cursor, "string expected")?;
    expect_end(annot, &cursor)?;
    Ok(name)
}

/// `(@metadata.code.branch_hint "\00")`, or `"\01"` for a branch that is likely.
fn parse_hint(annot: &Annotation<'_>) -> Result<u8> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    match bytes[..] {
        [value @ (0 | 1)] => Ok(value),
        _ => Err(bad(annot, "invalid hint value")),
    }
}

/// `(@custom "name" (before|after section)? "data"*)`.
fn parse_custom<'a>(annot: &Annotation<'a>) -> Result<(Place, Custom<'a>)> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let name = name_in(annot, &mut cursor, "missing section name")?;
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
            return Err(unexpected(annot, &cursor));
        }
        place = direction(section);
    }
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    Ok((place, Custom { name, data: CustomData::Bytes(bytes), after: None }))
}
