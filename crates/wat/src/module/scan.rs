//! The first pass: every field gets its index, every identifier its binding.

use wattle_ast::Name;
use wattle_syntax::TokenKind;

use super::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Space;

/// The space of what a keyword defines or imports.
pub(super) fn space(keyword: &str) -> Option<Space> {
    Some(match keyword {
        "func" => Space::Func,
        "table" => Space::Table,
        "memory" => Space::Memory,
        "tag" => Space::Tag,
        "global" => Space::Global,
        _ => return None,
    })
}

impl<'a> State<'_, 'a> {
    /// Goes over all fields, and back. What is not as it must be is left to the second pass,
    /// except for identifiers that are bound twice, and imports that come too late.
    pub(super) fn scan(&mut self) {
        let mut defined = None;
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
            if let Some(keyword) = self.cursor.open_keyword() {
                self.cursor.bump_open();
                self.scan_field(keyword, start, &mut defined);
            }
            self.cursor = field;
            self.cursor.skip_form();
        }
        self.cursor.seek(self.start);
    }

    fn scan_field(&mut self, keyword: &str, start: usize, defined: &mut Option<Space>) {
        match keyword {
            "type" => {
                self.type_fields.push(start);
                self.bind_next(Space::Type);
            }
            "rec" => {
                self.type_fields.push(start);
                while self.cursor.at_open("type") {
                    let field = self.cursor.clone();
                    self.cursor.bump_open();
                    self.bind_next(Space::Type);
                    self.cursor = field;
                    self.cursor.skip_form();
                }
            }
            "elem" => self.bind_next(Space::Elem),
            "data" => self.bind_next(Space::Data),
            "import" => {
                self.import_after(start, *defined);
                self.scan_import();
            }
            _ => {
                let Some(space) = space(keyword) else { return };
                self.bind_next(space);
                while self.cursor.at_open("export") {
                    self.cursor.skip_form();
                }
                if self.cursor.at_open("import") {
                    return self.import_after(start, *defined);
                }
                *defined = Some(space);
                match space {
                    Space::Table if self.at_inline_elem() => self.bind(Space::Elem, None),
                    Space::Memory if self.at_inline_data() => self.bind(Space::Data, None),
                    _ => {}
                }
            }
        }
    }

    /// Imports come before what the module itself defines, so that indices agree.
    fn import_after(&mut self, start: usize, defined: Option<Space>) {
        if let Some(space) = defined {
            let span = self.span_at(start).to(self.span_at(start + 1));
            self.report(Error::new(ErrorKind::ImportAfter(space), span));
        }
    }

    /// An import, or several of one module: `(item "name" (func ..)) ..`, or `(item "name") ..`
    /// with one type behind them.
    fn scan_import(&mut self) {
        self.cursor.bump();
        if self.cursor.opt(TokenKind::String) {
            return self.scan_extern_type();
        }
        let mut untyped = 0_u32;
        while self.cursor.at_open("item") {
            let item = self.cursor.clone();
            self.cursor.bump_open();
            self.cursor.bump();
            if self.cursor.peek() == TokenKind::Close {
                untyped += 1;
            } else {
                self.scan_extern_type();
            }
            self.cursor = item;
            self.cursor.skip_form();
        }
        if let Some(space) = self.cursor.open_keyword().and_then(space) {
            for _ in 0..untyped {
                self.bind(space, None);
            }
        }
    }

    fn scan_extern_type(&mut self) {
        if let Some(space) = self.cursor.open_keyword().and_then(space) {
            self.cursor.bump_open();
            self.bind_next(space);
        }
    }

    /// Whether a table says what it holds instead of how large it is: `funcref (elem ..)`. Stands
    /// behind the inline exports.
    pub(super) fn at_inline_elem(&self) -> bool {
        let addr = self.cursor.at_keyword("i32") || self.cursor.at_keyword("i64");
        self.cursor.peek_at(addr.into()) != TokenKind::Number
    }

    /// Whether a memory says what it holds instead of how large it is: `(data ..)`.
    pub(super) fn at_inline_data(&self) -> bool {
        let addr = self.cursor.at_keyword("i32") || self.cursor.at_keyword("i64");
        self.cursor.peek_at(addr.into()) == TokenKind::Open
    }

    /// Binds the identifier that is next, if any, to the next index of a space.
    fn bind_next(&mut self, space: Space) {
        let span = self.cursor.span();
        let id = self.cursor.opt_id();
        if let Some(id) = &id
            && self.ids[space as usize & 7].get(id).is_some()
        {
            self.report(Error::new(ErrorKind::duplicate(space, id), span));
        }
        self.bind(space, id);
    }

    /// Gives out the next index of a space, and a name for it.
    fn bind(&mut self, space: Space, id: Option<Name<'a>>) {
        let at = space as usize & 7;
        let index = self.counts[at];
        self.counts[at] = index.saturating_add(1);
        if let Some(id) = id {
            self.ids[at].insert(id.clone(), index);
            self.name(space, index, id);
        }
    }

    /// Notes a name of a member of a space of the module.
    pub(super) fn name(&mut self, space: Space, index: u32, name: Name<'a>) {
        let names = &mut self.module.names;
        let map = match space {
            Space::Type => &mut names.types,
            Space::Func => &mut names.funcs,
            Space::Table => &mut names.tables,
            Space::Memory => &mut names.memories,
            Space::Tag => &mut names.tags,
            Space::Global => &mut names.globals,
            Space::Elem => &mut names.elems,
            Space::Data => &mut names.datas,
            // These have a second index and go where it is known.
            Space::Local | Space::Label | Space::Field => return,
        };
        map.insert(index, name);
    }

    /// Behind the keyword of a field: past the identifier, which is bound already, and on to the
    /// name that an annotation gives. Returns the index of the field.
    pub(super) fn bound(&mut self, space: Space) -> Result<u32> {
        let index = self.next_index(space);
        self.cursor.opt(TokenKind::Id);
        if let Some(name) = self.name_annotation()? {
            self.name(space, index, name);
        }
        Ok(index)
    }
}
