//! Annotations with a meaning: `@name`, `@custom`, `@metadata.code.branch_hint` and our own
//! `@data_count`; the custom sections they become, and the place of the name section.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html>

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::custom::BranchHints;
use wattle_ast::{Custom, CustomData, Encode, Name, Names, SectionId};
use wattle_syntax::{Annotation, TokenKind, strings};

use super::State;
use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};

const CUSTOM: &str = "custom";
const NAME: &str = "name";
const BRANCH_HINT: &str = BranchHints::NAME;
/// States how many data segments there are, though no function calls for it.
const DATA_COUNT: &str = "data_count";

/// The ids of the annotations that mean something here.
pub(crate) const KNOWN: &[&str] = &[CUSTOM, NAME, BRANCH_HINT, DATA_COUNT];

/// Where a custom section goes: two numbers for each section, one before and one after it.
type Place = usize;

fn before(section: SectionId) -> Place {
    2 * section as usize
}

fn after(section: SectionId) -> Place {
    2 * section as usize + 1
}

impl<'t, 'a> State<'t, 'a> {
    /// The annotations before the token at `pos`, by their numbers.
    fn annots_at(&self, pos: usize) -> Range<usize> {
        let annots = self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < pos);
        first..annots.partition_point(|annot| annot.at <= pos)
    }

    /// Whether there are annotations before the token at `pos`.
    #[inline(always)]
    fn annotated(&mut self, pos: usize) -> bool {
        !self.unannotated.contains(&pos) && self.look_up_annotations(pos)
    }

    /// Whether there are annotations before the token at `pos`. If not, the tokens up to the next
    /// annotation are remembered as free of them.
    fn look_up_annotations(&mut self, pos: usize) -> bool {
        let annots = self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < pos);
        let next = annots.get(first).map_or(usize::MAX, |annot| annot.at);
        self.unannotated = pos..next;
        next == pos
    }

    /// The one annotation with an id before the token at `pos`, if any. `twice` says what is wrong
    /// with two of them.
    #[cold]
    fn place_annotation(
        &mut self,
        pos: usize,
        id: &'static str,
        twice: &'static str,
    ) -> Result<Option<&'t Annotation<'a>>> {
        let tokens = self.cursor.tokens;
        let mut found = None;
        for at in self.annots_at(pos) {
            let annot = tokens.annotations().get(at).filter(|annot| annot.id == id);
            let Some(annot) = annot else { continue };
            self.placed[at] = true;
            if found.is_some() {
                return Err(bad(annot, twice));
            }
            found = Some(annot);
        }
        Ok(found)
    }

    /// The name that an annotation before the next token gives.
    #[inline(always)]
    pub(super) fn name_annotation(&mut self) -> Result<Option<Name<'a>>> {
        let pos = self.cursor.pos();
        if !self.annotated(pos) {
            return Ok(None);
        }
        self.place_annotation(pos, NAME, "multiple names")?.map(parse_name).transpose()
    }

    /// Whether a branch is likely, as an annotation before the token at `pos` says.
    #[inline(always)]
    pub(super) fn hint(&mut self, pos: usize) -> Result<Option<bool>> {
        if self.annotated(pos) { self.hint_at(pos) } else { Ok(None) }
    }

    #[cold]
    fn hint_at(&mut self, pos: usize) -> Result<Option<bool>> {
        match self.place_annotation(pos, BRANCH_HINT, "duplicate annotation")? {
            Some(annot) if self.func.is_none() => Err(bad(annot, "not in a function")),
            annot => annot.map(parse_hint).transpose(),
        }
    }

    /// Behind the fields: what the annotations add to the module, and those that are left over.
    pub(super) fn annotations(&mut self) {
        let end = self.cursor.pos();
        let mut sections = Vec::new();
        if !self.placed.is_empty() {
            self.cursor.seek(self.start);
            self.outside(&mut sections, end);
            self.left_over(end);
            self.cursor.seek(end);
        }
        self.place_customs(sections);
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
            self.cursor.bump_form();
        }
    }

    /// The annotations before the field that is next. Before the first one, those between
    /// `(module` and the identifier of the module belong there too.
    fn annots_between_fields(&self, at_start: bool) -> Range<usize> {
        let here = self.annots_at(self.cursor.pos());
        let annots = self.cursor.tokens.annotations();
        let id = self.start.checked_sub(1);
        let named = id.is_some_and(|id| self.cursor.tokens.get(id).kind == TokenKind::Id);
        if !at_start || !named {
            return here;
        }
        annots.partition_point(|annot| Some(annot.at) < id)..here.end
    }

    /// Reports the annotations that found no place. In or behind a field with an error, the parser
    /// may not have come to their place: only those that are wrong anywhere are reported there.
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
            let hints = BranchHints { funcs: core::mem::take(&mut self.hints) };
            let data = CustomData::Bytes(hints.to_bytes().into());
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
}

#[cold]
fn bad(annot: &Annotation<'_>, reason: &'static str) -> Box<Error> {
    Error::boxed(ErrorKind::Annotation(annot.id, reason), annot.span)
}

fn unexpected(annot: &Annotation<'_>, cursor: &Cursor<'_, '_>) -> Box<Error> {
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
fn parse_hint(annot: &Annotation<'_>) -> Result<bool> {
    let mut cursor = Cursor::new(&annot.tokens, 0);
    let bytes = cursor.strings();
    expect_end(annot, &cursor)?;
    match bytes[..] {
        [value @ (0 | 1)] => Ok(value == 1),
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
