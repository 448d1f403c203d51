//! Known annotations: `@name`, `@custom`, `@metadata.code.*` and Wattle's own `@names` and
//! `@repeat`. They become custom sections, the place of the name section, and locals.
//! `custom_text.rs` has the annotations that spell out the content of custom sections.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html>

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::custom::{CodeMetadata, Dylink, Producers};
use wattle_ast::{Custom, CustomData, Encode, FuncIdx, Name, Names, SectionId, Span, components};
use wattle_syntax::{Annotation, TokenKind, strings};

use super::annotation_forms::{
    Place, after, bad, before, parse_custom, parse_custom_of_component, parse_metadata, parse_name,
    parse_names, parse_names_of_component, parse_repeat,
};
use super::{State, custom_text};
use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};
use crate::warning::{Warning, WarningKind};

const CUSTOM: &str = "custom";
/// The id of the annotation for a name that an identifier cannot express.
const NAME: &str = "name";
/// The beginning of the ids of annotations on instructions.
const CODE: &str = CodeMetadata::PREFIX;
/// The id of the annotation for the place of the name section, if that is not the default place.
const NAMES: &str = "names";

/// The id of the annotation for a run of locals of one type: `(local (@repeat 1000) i32)`.
const REPEAT: &str = "repeat";

/// The ids of the known annotations.
pub(crate) const KNOWN: &[&str] =
    &[CUSTOM, NAME, CODE, NAMES, REPEAT, Producers::NAME, Dylink::NAME];

/// The annotations of an instruction, as a range of those of the function.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct InstrMetadata {
    first: u32,
    end: u32,
}

impl InstrMetadata {
    pub(super) fn is_empty(self) -> bool {
        self.first == self.end
    }
}

/// An annotation between the fields of a component.
pub(crate) enum OfComponent<'a> {
    /// A custom section, and the place of its annotation.
    Custom(Custom<'a>, Span),
    /// The name section, with the names that no identifier can express, and the place of its
    /// annotation.
    Names(Box<components::Names<'static>>, Span),
}

/// Returns the error for an annotation with wrong names of a component.
#[cold]
pub(crate) fn bad_names(span: Span, reason: &'static str) -> Error {
    Error::new(ErrorKind::Annotation(NAMES.into(), reason), span)
}

impl<'t, 'a> State<'t, 'a> {
    /// Returns the annotations before the token at `pos`, as a range of indices.
    fn annots_at(&self, pos: usize) -> Range<usize> {
        let annots = self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < pos);
        first..annots.partition_point(|annot| annot.at <= pos)
    }

    /// Reads the annotations before the next token, between the fields of a component.
    #[inline(always)]
    pub(crate) fn between_component_fields(&mut self) -> Vec<OfComponent<'a>> {
        let pos = self.cursor.pos();
        if self.annotated(pos) { self.customs_at(pos) } else { Vec::new() }
    }

    #[cold]
    fn customs_at(&mut self, pos: usize) -> Vec<OfComponent<'a>> {
        let tokens = self.cursor.tokens;
        let mut found = Vec::new();
        for at in self.annots_at(pos) {
            let Some(annot) = tokens.annotations().get(at) else { continue };
            let result = match &*annot.id {
                CUSTOM => parse_custom_of_component(annot),
                NAMES => parse_names_of_component(annot),
                _ => match custom_text::section(annot) {
                    None => continue,
                    Some(section) => {
                        section.map(|(_, custom)| OfComponent::Custom(custom, annot.span))
                    }
                },
            };
            self.placed[at] = true;
            match result {
                Ok(annotation) => found.push(annotation),
                Err(error) => self.report(*error),
            }
        }
        found
    }

    /// Returns whether an annotation from the next token up to the token at `end` gives the names
    /// of the module, so that the identifier of a module in a component is not its name.
    pub(crate) fn states_names(&self, end: usize) -> bool {
        let within = self.annots_within(end);
        let annots = self.cursor.tokens.annotations().get(within).unwrap_or_default();
        annots.iter().any(|annot| match &*annot.id {
            NAMES => true,
            CUSTOM => {
                let name = strings::name(Cursor::new(&annot.tokens, 0).text());
                name.is_some_and(|name| name == Names::NAME)
            }
            _ => false,
        })
    }

    /// Reports the annotations of a component that no definition has taken.
    pub(crate) fn left_over_in_component(&mut self) {
        let annots = self.cursor.tokens.annotations();
        let failed = self.errors.iter().map(|error| error.span.start).min().unwrap_or(usize::MAX);
        for (at, annot) in annots.iter().enumerate() {
            if self.placed.get(at) == Some(&false) && annot.span.start < failed {
                let kind = ErrorKind::MisplacedAnnotation(annot.id.as_str().into());
                self.report(Error::new(kind, annot.span));
            }
        }
    }

    /// Returns the annotations from the first field up to the token at `end`, as a range of
    /// indices.
    fn annots_within(&self, end: usize) -> Range<usize> {
        let annots = self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < self.start);
        first..annots.partition_point(|annot| annot.at <= end)
    }

    /// Returns whether there are annotations before the token at `pos`.
    #[inline(always)]
    fn annotated(&mut self, pos: usize) -> bool {
        !self.unannotated.contains(&pos) && self.look_up_annotations(pos)
    }

    /// Looks up whether there are annotations before the token at `pos`. If not, remembers that
    /// there are none up to the next annotation.
    fn look_up_annotations(&mut self, pos: usize) -> bool {
        let annots = self.cursor.tokens.annotations();
        let first = annots.partition_point(|annot| annot.at < pos);
        let next = annots.get(first).map_or(usize::MAX, |annot| annot.at);
        self.unannotated = pos..next;
        next == pos
    }

    /// Returns the only annotation with an id before the token at `pos`, if any. `twice` is the
    /// reason of the error if there are several.
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

    /// Returns the name in an annotation before the next token.
    #[inline(always)]
    pub(crate) fn name_annotation(&mut self) -> Result<Option<Name<'a>>> {
        let pos = self.cursor.pos();
        if !self.annotated(pos) {
            return Ok(None);
        }
        self.place_annotation(pos, NAME, "multiple names")?.map(parse_name).transpose()
    }

    /// Returns the number of locals of the next type: one, unless an annotation gives another
    /// number.
    #[inline(always)]
    pub(crate) fn repeat_annotation(&mut self) -> Result<u32> {
        let pos = self.cursor.pos();
        if !self.annotated(pos) {
            return Ok(1);
        }
        self.place_annotation(pos, REPEAT, "multiple counts")?.map_or(Ok(1), parse_repeat)
    }

    /// Returns the annotations of the instruction at `pos`.
    #[inline(always)]
    pub(super) fn instr_metadata(&mut self, pos: usize) -> Result<InstrMetadata> {
        if self.annotated(pos) { self.instr_metadata_at(pos) } else { Ok(InstrMetadata::default()) }
    }

    #[cold]
    fn instr_metadata_at(&mut self, pos: usize) -> Result<InstrMetadata> {
        let tokens = self.cursor.tokens;
        let first = self.func_metadata.len();
        let mut ids = BTreeSet::new();
        for at in self.annots_at(pos) {
            let annot = tokens.annotations().get(at).filter(|it| it.id.starts_with(CODE));
            let Some(annot) = annot else { continue };
            self.placed[at] = true;
            if self.func.is_none() {
                return Err(bad(annot, "not in a function"));
            }
            if !ids.insert(&annot.id) {
                return Err(bad(annot, "duplicate annotation"));
            }
            self.func_metadata.push((annot.id.clone(), parse_metadata(annot)?));
        }
        Ok(InstrMetadata { first: first as u32, end: self.func_metadata.len() as u32 })
    }

    /// Keeps the annotations of a function's instructions at these offsets.
    #[cold]
    pub(super) fn keep_metadata(&mut self, func: FuncIdx, annotated: &[(u32, InstrMetadata)]) {
        for (offset, range) in annotated {
            let here = self
                .func_metadata
                .get(range.first as usize..range.end as usize)
                .unwrap_or_default();
            for (id, value) in here {
                let metadata = self.metadata.entry(id.clone()).or_default();
                metadata.set(func, *offset, value.clone());
            }
        }
    }

    /// Adds the custom sections and names of annotations to the module, after its fields, and
    /// reports annotations in wrong places.
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

    /// Processes the annotations between the fields.
    fn outside(&mut self, sections: &mut Vec<(Place, Custom<'a>)>, end: usize) {
        let tokens = self.cursor.tokens;
        let mut named = false;
        let mut more_names = None;
        loop {
            let at_start = self.cursor.pos() == self.start;
            for at in self.annots_between_fields(at_start) {
                let Some(annot) = tokens.annotations().get(at) else { continue };
                // The name of a module in a component is read before its fields.
                if self.placed[at] {
                    continue;
                }
                let result = match &*annot.id {
                    CUSTOM => parse_custom(annot).map(|section| sections.push(section)),
                    NAMES if sections.iter().any(|(_, it)| it.data == CustomData::Names) => {
                        Err(bad(annot, "duplicate annotation"))
                    }
                    NAMES => parse_names(annot).map(|(section, more)| {
                        sections.push(section);
                        more_names = Some((more, annot));
                    }),
                    NAME if at_start && named => Err(bad(annot, "multiple module names")),
                    NAME if at_start => {
                        named = true;
                        parse_name(annot).map(|name| self.module.names.module = Some(name))
                    }
                    _ => match custom_text::section(annot) {
                        None => continue,
                        Some(section) => section.map(|section| sections.push(section)),
                    },
                };
                self.placed[at] = true;
                if let Err(error) = result {
                    self.report(*error);
                }
            }
            if self.cursor.pos() >= end {
                break;
            }
            self.cursor.bump_form();
        }
        if let Some((more, annot)) = more_names
            && self.module.names.merge(more).is_some()
        {
            self.report(*bad(annot, "a name that differs from an identifier"));
        }
    }

    /// Returns the annotations before the next field. Before the first field, those between
    /// `(module` and the module's identifier are included.
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

    /// Reports annotations in wrong places. In or behind a field with an error, the parser may not
    /// have reached the right place of an annotation, so only those that are wrong in any place are
    /// reported there.
    fn left_over(&mut self, end: usize) {
        let tokens = self.cursor.tokens;
        let failed = self.errors.iter().map(|error| error.span.start).min().unwrap_or(usize::MAX);
        let mut field = Cursor::new(tokens, self.start);
        let mut field_end = tokens.form_end(self.start);
        for at in self.annots_within(end) {
            let Some(annot) = tokens.annotations().get(at) else { continue };
            if core::mem::replace(&mut self.placed[at], true) {
                continue;
            }
            while field_end < annot.at {
                field.seek(field_end);
                field_end = tokens.form_end(field_end);
            }
            let in_func = field.at_open("func") && field.pos() < annot.at && annot.at < field_end;
            let kind = match &*annot.id {
                id if id.starts_with(CODE) && in_func => {
                    ErrorKind::Annotation(id.into(), "invalid placement")
                }
                id if id.starts_with(CODE) => ErrorKind::Annotation(id.into(), "not in a function"),
                NAMES => ErrorKind::Annotation(NAMES.into(), "not between fields"),
                name => ErrorKind::MisplacedAnnotation(name.into()),
            };
            if annot.span.start < failed || matches!(&*annot.id, CUSTOM | NAMES) {
                self.report(Error::new(kind, annot.span));
            }
        }
    }

    /// Adds custom sections, code metadata and names in their places.
    fn place_customs(&mut self, mut sections: Vec<(Place, Custom<'a>)>) {
        for (name, metadata) in core::mem::take(&mut self.metadata) {
            let data = CustomData::Bytes(metadata.to_bytes().into());
            sections.push((before(SectionId::Code), Custom { name, data, after: None }));
        }
        // The sort is stable, so sections in one place stay in the order of the text.
        sections.sort_by_key(|(place, _)| *place);
        for (place, mut custom) in sections {
            custom.after = self.last_section(place);
            self.module.customs.push(custom);
        }
        self.place_names();
    }

    /// Returns the last section that is present and ends before a place.
    fn last_section(&self, place: Place) -> Option<SectionId> {
        let present = |id: &&SectionId| after(**id) <= place && self.module.has_section(**id);
        SectionId::ALL.iter().rev().find(present).copied()
    }

    /// Adds the name section. Names come from the identifiers. A name section that is written out
    /// beside them only gives the place, and a warning if it differs. If there are several, or a
    /// malformed one, they must agree with the identifiers.
    fn place_names(&mut self) {
        let customs = &mut self.module.customs;
        let written: Vec<usize> = (0..customs.len())
            .filter(|at| customs[*at].name == Names::NAME && customs[*at].data != CustomData::Names)
            .collect();
        let parsed = written.iter().find_map(|at| {
            let names = Names::parse(customs[*at].data.bytes()?).ok()?;
            Some((*at, names.into_owned()))
        });
        let has_ids = !self.module.names.is_empty();
        let is_written = parsed.is_some();
        if let Some((at, names)) = parsed {
            customs[at].data = CustomData::Names;
            let differs = has_ids && names != self.module.names;
            if !has_ids {
                self.module.names = names;
            } else if differs && written.len() > 1 {
                self.report_name_section("names that differ from the identifiers");
            } else if differs {
                self.warn_of_name_section();
            }
        } else if has_ids && !written.is_empty() {
            self.report_name_section("a malformed name section beside identifiers");
        }
        self.place_marked_names(is_written);
    }

    /// Adds a placeholder for the names at the end, unless there is one. Without names, removes it.
    fn place_marked_names(&mut self, is_written: bool) {
        let customs = &mut self.module.customs;
        if is_written {
            // A section that is written out is in its place, whatever the mark says.
            let mut is_first = true;
            customs.retain(|it| it.data != CustomData::Names || core::mem::take(&mut is_first));
        } else if self.module.names.is_empty() {
            customs.retain(|custom| custom.data != CustomData::Names);
        } else if customs.iter().all(|custom| custom.data != CustomData::Names) {
            let after = self.last_section(after(SectionId::Data));
            let name = Name::Borrowed(Names::NAME);
            self.module.customs.push(Custom { name, data: CustomData::Names, after });
        }
    }

    /// Returns the place of the annotation that writes out a name section.
    fn name_section_span(&self) -> Span {
        let within = self.annots_within(self.cursor.pos());
        let annots = self.cursor.tokens.annotations().get(within).unwrap_or_default();
        let mut sections = annots.iter().filter(|annot| {
            let name = strings::name(Cursor::new(&annot.tokens, 0).text());
            annot.id == CUSTOM && name.is_some_and(|name| name == Names::NAME)
        });
        sections.next().map_or(Span::at(0), |annot| annot.span)
    }

    fn report_name_section(&mut self, reason: &'static str) {
        let kind = ErrorKind::Annotation(CUSTOM.into(), reason);
        self.report(Error::new(kind, self.name_section_span()));
    }

    fn warn_of_name_section(&mut self) {
        let span = self.name_section_span();
        self.warnings.push(Warning { kind: WarningKind::NamesBesideIds, span });
    }
}
