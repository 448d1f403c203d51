//! The first pass, which gives every field its index, and every identifier its binding.

use wattle_ast::{ExternKind, Name};
use wattle_syntax::TokenKind;

use super::State;
use crate::error::{Error, ErrorKind, Related, Result};
use crate::ids::Space;

/// The kind that a keyword defines or imports.
pub(super) fn extern_kind(keyword: &str) -> Option<ExternKind> {
    ExternKind::ALL.iter().copied().find(|kind| kind.keyword() == keyword)
}

/// The origin of the members that a field adds to index spaces.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// The members are imported.
    Import,
    /// The members are defined. Imports of any kind must come before.
    Definition(Space),
    /// The members are types.
    Types,
    /// The members are segments, or the field has no members.
    Other,
}

impl<'a> State<'_, 'a> {
    /// Scans all fields, then returns to the first. Malformed fields are left to the second pass,
    /// except for identifiers that are bound twice, and imports that come too late.
    pub(super) fn scan(&mut self) {
        let mut defined = None;
        let mut defined_at = 0;
        loop {
            let start = self.cursor.pos();
            match self.cursor.peek() {
                TokenKind::Close | TokenKind::Eof => break,
                TokenKind::Open => {}
                _ => {
                    self.cursor.bump();
                    continue;
                }
            }
            let field = self.cursor.clone();
            let members = self.members(&mut |state, space, form| state.bind(space, form));
            match (members, defined) {
                (Origin::Definition(space), None) => (defined, defined_at) = (Some(space), start),
                (Origin::Definition(space), _) => defined = Some(space),
                (Origin::Types, _) => self.type_fields.push(start),
                (Origin::Import, Some(space)) => {
                    let span = self.span_at(start).to(self.span_at(start + 1));
                    let mut error = Error::new(ErrorKind::ImportAfter(space), span);
                    error.related = Some(Related {
                        span: self.span_at(defined_at).to(self.span_at(defined_at + 1)),
                        note: "defined here",
                    });
                    self.report(error);
                }
                _ => {}
            }
            self.cursor = field;
            self.cursor.bump_form();
        }
        self.cursor.seek(self.start);
    }

    /// Visits the members that the current field adds to index spaces, as far as its form shows
    /// them. Calls `member` for each, with the cursor where its identifier would be, and with the
    /// position of the form that it stands in. Without such a form, the position is `None`, and
    /// there is no identifier.
    pub(super) fn members(
        &mut self,
        member: &mut dyn FnMut(&mut Self, Space, Option<usize>),
    ) -> Origin {
        let start = self.cursor.pos();
        let keyword = self.cursor.open_keyword().unwrap_or_default();
        self.cursor.bump_open();
        match keyword {
            "type" => {
                member(self, Space::Type, Some(start));
                return Origin::Types;
            }
            "rec" => {
                self.for_each_form("type", |state, start| member(state, Space::Type, Some(start)));
                return Origin::Types;
            }
            "elem" => member(self, Space::Elem, Some(start)),
            "data" => member(self, Space::Data, Some(start)),
            "import" => {
                self.imported(start, member);
                return Origin::Import;
            }
            _ => {
                let Some(kind) = extern_kind(keyword) else {
                    if !matches!(keyword, "export" | "start") {
                        // The form may be meant as a field that binds an identifier.
                        self.excuse(true);
                    }
                    return Origin::Other;
                };
                member(self, kind.into(), Some(start));
                while self.cursor.at_open("export") {
                    self.cursor.bump_form();
                }
                if self.cursor.at_open("import") {
                    return Origin::Import;
                }
                match kind {
                    ExternKind::Table if self.at_inline_elem() => member(self, Space::Elem, None),
                    ExternKind::Mem if self.at_inline_data() => member(self, Space::Data, None),
                    _ => {}
                }
                return Origin::Definition(kind.into());
            }
        }
        Origin::Other
    }

    /// For each of the next forms with this keyword, calls `inside` behind the keyword, with the
    /// position of the opening parenthesis.
    fn for_each_form(&mut self, keyword: &str, mut inside: impl FnMut(&mut Self, usize)) {
        while self.cursor.at_open(keyword) {
            let form = self.cursor.clone();
            self.cursor.bump_open();
            inside(self, form.pos());
            self.cursor = form;
            self.cursor.bump_form();
        }
    }

    /// Visits an import, or several imports of one module: `(item "name" (func ..)) ..`, or `(item
    /// "name") ..` with one type behind them.
    fn imported(&mut self, start: usize, member: &mut dyn FnMut(&mut Self, Space, Option<usize>)) {
        let mut typed = |state: &mut Self, start| {
            if let Some(kind) = state.cursor.open_keyword().and_then(extern_kind) {
                state.cursor.bump_open();
                member(state, kind.into(), Some(start));
            }
        };
        self.cursor.bump();
        if self.cursor.opt(TokenKind::String) {
            return typed(self, start);
        }
        let mut untyped = 0_u32;
        self.for_each_form("item", |state, start| {
            state.cursor.bump();
            match state.cursor.peek() {
                TokenKind::Close => untyped += 1,
                _ => typed(state, start),
            }
        });
        if let Some(kind) = self.cursor.open_keyword().and_then(extern_kind) {
            (0..untyped).for_each(|_| member(self, kind.into(), None));
        }
    }

    /// Whether a table states its elements instead of its size: `funcref (elem ..)`. The cursor is
    /// behind the inline exports.
    pub(super) fn at_inline_elem(&self) -> bool {
        let addr = self.cursor.at_keyword("i32") || self.cursor.at_keyword("i64");
        self.cursor.peek_at(addr.into()) != TokenKind::Number
    }

    /// Whether a memory states its content instead of its size: `(data ..)`.
    pub(super) fn at_inline_data(&self) -> bool {
        let addr = self.cursor.at_keyword("i32") || self.cursor.at_keyword("i64");
        self.cursor.peek_at(addr.into()) == TokenKind::Open
    }

    /// Gives out the next index of a space, and binds the next identifier to it, if there is one.
    /// The member stands in the form that begins at `form`; without a form it has no identifier.
    fn bind(&mut self, space: Space, form: Option<usize>) {
        let index = self.scope[space].found;
        self.scope[space].found = index.saturating_add(1);
        let (at, span) = (self.cursor.pos(), self.cursor.span());
        if let Some(form) = form
            && let Some(id) = self.cursor.opt_id()
        {
            if !self.scope[space].ids.insert(id.clone(), index) {
                self.report(Error::new(ErrorKind::Duplicate(space, id.as_str().into()), span));
            }
            self.define(space, None, index, at, form);
            self.name(space, index, id);
        }
    }

    /// Records the name of a member of a space of the module.
    pub(super) fn name(&mut self, space: Space, index: u32, name: Name<'a>) {
        let names = &mut self.module.names;
        match space {
            Space::Type => names.types.insert(index.into(), name),
            Space::Func => names.funcs.insert(index.into(), name),
            Space::Table => names.tables.insert(index.into(), name),
            Space::Mem => names.memories.insert(index.into(), name),
            Space::Tag => names.tags.insert(index.into(), name),
            Space::Global => names.globals.insert(index.into(), name),
            Space::Elem => names.elems.insert(index.into(), name),
            Space::Data => names.datas.insert(index.into(), name),
            // Names of locals, labels and fields have a second index, and are recorded elsewhere.
            _ => {}
        }
    }

    /// Behind the keyword of a field, moves past its identifier, which is bound already, and
    /// records the name in an annotation. Returns the index of the field.
    pub(super) fn bound(&mut self, space: Space) -> Result<u32> {
        let index = self.len(space);
        self.cursor.opt(TokenKind::Id);
        if let Some(name) = self.name_annotation()? {
            self.name(space, index, name);
        }
        Ok(index)
    }
}
