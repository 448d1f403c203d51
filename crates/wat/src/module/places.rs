//! The records of the parser: the places of items, and the identifiers with their targets.

use wattle_ast::{ItemKind, Span};
use wattle_syntax::TokenKind;

use super::State;
use crate::ids::Space;

impl State<'_, '_> {
    /// Records the target of the next identifier.
    #[inline(always)]
    pub(super) fn refer(&mut self, space: Space, owner: Option<u32>, index: u32) {
        if let Some(recorder) = &mut self.recorder {
            recorder.refer((space, owner, index), self.cursor.span());
        }
    }

    /// Records the binding of the identifier at position `id`, by the form that begins at position
    /// `form`.
    #[inline(always)]
    pub(crate) fn define(
        &mut self,
        space: Space,
        owner: Option<u32>,
        index: u32,
        id: usize,
        form: usize,
    ) {
        if self.recorder.is_some() {
            let id = self.span_at(id);
            let form = self.form_span(form).to(id);
            if let Some(recorder) = &mut self.recorder {
                recorder.define((space, owner, index), id, form);
            }
        }
    }

    /// Records the place of an item, which is the form that begins at position `start`.
    pub(super) fn locate(&mut self, kind: ItemKind, index: u32, start: usize) {
        if self.source_map.is_some() {
            let span = self.form_span(start);
            if let Some(map) = &mut self.source_map {
                map.add_item(kind, index, span);
            }
        }
    }

    /// Records the place of a parameter or local, from position `start` to the end of its type,
    /// which was just read. If a form begins at `start`, the place ends with that form.
    pub(super) fn locate_local(&mut self, func: u32, local: u32, start: usize) {
        if self.source_map.is_some() {
            let end = self.cursor.pos().saturating_sub(1).max(start);
            let span = match self.cursor.tokens.get(start).kind {
                TokenKind::Open => self.form_span(start),
                _ => self.span_at(start).to(self.span_at(end)),
            };
            if let Some(map) = &mut self.source_map {
                map.add_local(func.into(), local.into(), span);
            }
        }
    }

    /// Returns the bytes of the form that begins at position `start`.
    pub(crate) fn form_span(&self, start: usize) -> Span {
        let last = self.cursor.tokens.form_end(start).saturating_sub(1);
        self.span_at(start).to(self.span_at(last))
    }

    /// Returns the bytes of the token at a position.
    pub(crate) fn span_at(&self, pos: usize) -> Span {
        self.cursor.tokens.get(pos).span()
    }
}
