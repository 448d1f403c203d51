//! References to definitions: indices, identifiers, and the aliases that abbreviations stand for.
//!
//! A reference that stands in a definition is resolved when the rest of the definition has been
//! read, since an alias that it stands for comes behind the types that the definition holds.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#alias-definitions>

use alloc::boxed::Box;
use alloc::format;

use wattle_ast::components::{Alias, CoreSort, Definition, PlainSort, Scope, Sort, SortIdx};
use wattle_ast::{Feature, Name, nearest};
use wattle_syntax::TokenKind;

use super::ComponentState;
use super::scopes::Head;
use crate::error::{Error, ErrorKind, Expected, Result};
use crate::help::Help;
use crate::ids::Space;

/// A reference that may need to be resolved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ref {
    /// The index.
    Index(u32),
    /// The position of an identifier of an outer scope, or of a form such as `(func $i "name")`.
    At(usize),
}

impl<'a> ComponentState<'_, 'a> {
    /// Whether a number or an identifier comes next.
    pub(super) fn at_idx(&self) -> bool {
        matches!(self.core.cursor.peek(), TokenKind::Id | TokenKind::Number)
    }

    /// Reads an index: a number or an identifier. The identifier of an outer scope adds an alias.
    pub(super) fn idx(&mut self, sort: Sort) -> Result<u32> {
        if self.core.cursor.peek() != TokenKind::Id {
            return self.core.cursor.expect_idx();
        }
        let id = self.core.cursor.id();
        let Some(bound) = self.bindings.find(sort, &id) else { return Ok(self.missing(sort)) };
        let count = self.depth() - bound.depth;
        if count > 0 && !sort.has_outer_alias() {
            let kind = ErrorKind::OuterItem(id.as_str().into());
            return Err(self.core.cursor.error(kind));
        }
        self.refer(sort, bound.scope, bound.index);
        self.core.cursor.bump();
        if count == 0 {
            return Ok(bound.index);
        }
        let item = SortIdx::new(sort, bound.index);
        Ok(self.emit(Definition::Alias(Alias::Outer { count, item })))
    }

    /// Reads an index, whose identifier belongs to the current scope.
    fn idx_here(&mut self, sort: Sort) -> Result<u32> {
        if self.core.cursor.peek() == TokenKind::Id
            && let Some(bound) = self.bindings.find(sort, &self.core.cursor.id())
            && bound.depth < self.depth()
        {
            let kind = ErrorKind::OuterItem(self.core.cursor.id().as_str().into());
            return Err(self.core.cursor.error(kind));
        }
        self.idx(sort)
    }

    /// Records the target of the next identifier.
    fn refer(&mut self, sort: Sort, scope: u32, index: u32) {
        if let Some(recorder) = &mut self.core.recorder {
            let target = (Space::from(sort), None, index);
            recorder.refer_in(scope, target, self.core.cursor.span());
        }
    }

    /// Reports that the next identifier is not bound, and moves past it. Returns 0 as its index, so
    /// that the rest of the definition is read.
    #[cold]
    fn missing(&mut self, sort: Sort) -> u32 {
        let error = self.unknown(sort);
        self.core.report(*error);
        self.core.cursor.bump();
        0
    }

    /// The error that the next identifier is not bound.
    fn unknown(&mut self, sort: Sort) -> Box<Error> {
        let cursor = &self.core.cursor;
        let mut error = cursor.error(ErrorKind::Unknown(Space::from(sort), cursor.text().into()));
        let id = cursor.id();
        let near = nearest(&id, self.bindings.ids(sort), &mut self.core.budget);
        error.help = match near {
            Some(near) => Some(Help::Meant(format!("${near}").into())),
            None => {
                let bound = |sort: &Sort| self.bindings.find(*sort, &id).is_some();
                let elsewhere = Sort::all().find(bound);
                let bound = |sort: Sort| Help::BoundAs(sort.into(), cursor.text().into());
                Some(elsewhere.map_or(Help::BEFORE, bound))
            }
        };
        error
    }

    /// Reads a reference: an index, or `(SORT index "name"*)`.
    pub(super) fn item(&mut self, sort: Sort) -> Result<u32> {
        if self.core.cursor.peek() != TokenKind::Open {
            return self.idx(sort);
        }
        self.item_form(sort)
    }

    /// Reads `(SORT index "name"*)`.
    pub(super) fn item_form(&mut self, sort: Sort) -> Result<u32> {
        self.open_sort(sort)?;
        self.item_tail(sort)
    }

    /// Reads `(` and a sort.
    fn open_sort(&mut self, sort: Sort) -> Result<()> {
        let cursor = &mut self.core.cursor;
        if !cursor.opt(TokenKind::Open) {
            let mut error = cursor.unexpected(Expected::Token("("));
            if matches!(cursor.peek(), TokenKind::Id | TokenKind::Number) {
                error.help = Some(Help::Write(format!("({sort} {})", cursor.text()).into()));
            }
            return Err(error);
        }
        if let Sort::Core(_) = sort {
            if cursor.at_keyword(sort.keyword()) {
                let mut error = cursor.unexpected(Expected::Token("core"));
                error.help = Some(Help::Write(format!("{sort}").into()));
                return Err(error);
            }
            cursor.expect_keyword("core")?;
        }
        cursor.expect_keyword(sort.keyword())
    }

    /// Reads the index and the names of a reference, and its closing parenthesis.
    pub(super) fn item_tail(&mut self, sort: Sort) -> Result<u32> {
        let cursor = &self.core.cursor;
        let index = match (cursor.peek_at(1), sort) {
            (TokenKind::String, Sort::Core(sort)) if sort != CoreSort::Module => {
                self.core_export(sort)?
            }
            (TokenKind::String, _) => self.export_path(sort)?,
            _ => self.idx(sort)?,
        };
        self.core.cursor.expect_close()?;
        Ok(index)
    }

    /// Reads a core instance and the name of its export, and adds an alias.
    fn core_export(&mut self, sort: CoreSort) -> Result<u32> {
        if !sort.is_extern() {
            self.core.cursor.bump();
            return Err(self.core.cursor.error(ErrorKind::NotExported(Sort::Core(sort).into())));
        }
        let instance = self.idx_here(Sort::CORE_INSTANCE)?.into();
        let name = self.core.cursor.expect_name()?;
        Ok(self.emit(Definition::Alias(Alias::CoreExport { sort, instance, name })))
    }

    /// Reads an instance and the names that lead from it to an export, and adds an alias for each.
    fn export_path(&mut self, sort: Sort) -> Result<u32> {
        let mut index = self.idx_here(Sort::INSTANCE)?;
        while self.core.cursor.peek() == TokenKind::String {
            let name = self.core.cursor.expect_name()?;
            let is_last = self.core.cursor.peek() != TokenKind::String;
            let sort = if is_last { sort } else { Sort::INSTANCE };
            let instance = index.into();
            index = self.emit(Definition::Alias(Alias::Export { sort, instance, name }));
        }
        Ok(index)
    }

    /// Reads a reference that is resolved later by [`settle`](ComponentState::settle): an index, or
    /// a form.
    pub(super) fn later(&mut self, sort: Sort) -> Result<Ref> {
        let at = self.core.cursor.pos();
        match self.core.cursor.peek() {
            TokenKind::Open => {
                self.core.cursor.bump_form();
                Ok(Ref::At(at))
            }
            TokenKind::Id => {
                let id = self.core.cursor.id();
                let bound = self.bindings.find(sort, &id);
                let Some(bound) = bound else { return Ok(Ref::Index(self.missing(sort))) };
                if bound.depth < self.depth() {
                    self.core.cursor.bump();
                    return Ok(Ref::At(at));
                }
                self.refer(sort, bound.scope, bound.index);
                self.core.cursor.bump();
                Ok(Ref::Index(bound.index))
            }
            _ => self.core.cursor.expect_idx().map(Ref::Index),
        }
    }

    /// Resolves a reference.
    pub(super) fn settle(&mut self, sort: Sort, reference: Ref) -> Result<u32> {
        match reference {
            Ref::Index(index) => Ok(index),
            Ref::At(at) => {
                let behind = self.core.cursor.clone();
                self.core.cursor.seek(at);
                let index = self.item(sort)?;
                self.core.cursor = behind;
                Ok(index)
            }
        }
    }

    /// Reads a sort that components can import and export, or any core sort.
    pub(super) fn sort(&mut self) -> Result<Sort> {
        let cursor = &mut self.core.cursor;
        let start = cursor.pos();
        let is_core = cursor.opt_keyword("core");
        let text = cursor.keyword().unwrap_or_default();
        let sort = match is_core {
            true => CoreSort::from_keyword(text).map(Sort::Core),
            false => PlainSort::from_keyword(text).map(Sort::Plain),
        };
        let Some(sort) = sort else {
            let expected = if is_core { Expected::CoreSort } else { Expected::Sort };
            let mut error = cursor.unexpected(expected);
            if !is_core && CoreSort::from_keyword(text).is_some() {
                error.help = Some(Help::Write(format!("core {text}").into()));
            }
            return Err(error);
        };
        cursor.bump();
        if sort == Sort::VALUE && !self.core.features.contains(Feature::CmValues) {
            self.core.cursor.seek(start);
            return Err(self.not_enabled(Feature::CmValues));
        }
        Ok(sort)
    }

    /// Reads `(` and a sort that components can import and export.
    pub(super) fn open_extern_sort(&mut self) -> Result<Sort> {
        if !self.core.cursor.opt(TokenKind::Open) {
            return Err(self.core.cursor.unexpected(Expected::ExternDesc));
        }
        let start = self.core.cursor.pos();
        let sort = self.sort()?;
        if !sort.is_extern() {
            self.core.cursor.seek(start + 1);
            return Err(self.core.cursor.unexpected(Expected::Token("module")));
        }
        Ok(sort)
    }

    /// Reads `(SORT index "name"*)` of any sort that components can export. The reference is
    /// resolved later by [`settle`](ComponentState::settle).
    pub(super) fn any_item_later(&mut self) -> Result<(Sort, Ref)> {
        let start = self.core.cursor.pos();
        let sort = self.open_extern_sort()?;
        if self.at_idx() && self.core.cursor.peek_at(1) == TokenKind::Close {
            let reference = self.later(sort)?;
            self.core.cursor.bump();
            return Ok((sort, reference));
        }
        self.core.cursor.seek(start);
        self.core.cursor.bump_form();
        Ok((sort, Ref::At(start)))
    }

    /// Reads a form with this keyword, and its content by `read`, if it comes next.
    pub(super) fn opt_form<T>(
        &mut self,
        keyword: &str,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<Option<T>> {
        if !self.core.cursor.opt_open(keyword) {
            return Ok(None);
        }
        let content = read(self)?;
        self.core.cursor.expect_close()?;
        Ok(Some(content))
    }

    /// The error that the next word belongs to a feature that is not enabled.
    #[cold]
    pub(super) fn not_enabled(&self, feature: Feature) -> Box<Error> {
        let cursor = &self.core.cursor;
        cursor.error(ErrorKind::NotEnabled(cursor.text().into(), feature))
    }

    /// Checks that the feature of the next word is enabled.
    pub(super) fn require(&self, feature: Feature) -> Result<()> {
        match self.core.features.contains(feature) {
            true => Ok(()),
            false => Err(self.not_enabled(feature)),
        }
    }

    /// Reads `(alias ...)`, behind the keyword.
    pub(super) fn alias(&mut self) -> Result<()> {
        match self.core.cursor.opt_keyword("outer") {
            true => self.outer_alias(),
            false => {
                let core = self.core.cursor.opt_keyword("core");
                let (source, name) = self.alias_target(core)?;
                let start = self.core.cursor.pos();
                self.core.cursor.expect_paren()?;
                let sort = self.sort()?;
                let alias = self.alias_of(sort, core, source, name, start + 1)?;
                let head = self.head(false)?;
                self.core.cursor.expect_close()?;
                self.core.cursor.expect_close()?;
                self.add(head, Definition::Alias(alias))
            }
        }
    }

    /// Reads `export`, an instance and the name of its export.
    fn alias_target(&mut self, core: bool) -> Result<(u32, Name<'a>)> {
        if !self.core.cursor.opt_keyword("export") {
            return Err(self.core.cursor.unexpected(Expected::AliasTarget));
        }
        let source = self.idx_here(if core { Sort::CORE_INSTANCE } else { Sort::INSTANCE })?;
        Ok((source, self.core.cursor.expect_name()?))
    }

    /// The alias of an export of an instance. The sort is at position `at`.
    fn alias_of(
        &mut self,
        sort: Sort,
        core: bool,
        instance: u32,
        name: Name<'a>,
        at: usize,
    ) -> Result<Alias<'a>> {
        match sort {
            _ if !core && sort.is_extern() => {
                Ok(Alias::Export { sort, instance: instance.into(), name })
            }
            Sort::Core(sort) if core && sort.is_extern() => {
                Ok(Alias::CoreExport { sort, instance: instance.into(), name })
            }
            _ => {
                self.core.cursor.seek(at);
                Err(self.core.cursor.error(ErrorKind::NotExported(sort.into())))
            }
        }
    }

    /// Adds the definition that the head begins if `(alias export index "name")` or
    /// `(alias core export index "name")` comes next, and reads the parenthesis that closes the
    /// definition around the alias. Otherwise returns the head. The alias has no sort of its own,
    /// which tells it from an alias that is the first field of a component.
    pub(super) fn unless_alias(&mut self, sort: Sort, head: Head<'a>) -> Result<Option<Head<'a>>> {
        let start = self.core.cursor.pos();
        if !self.core.cursor.at_open("alias") {
            return Ok(Some(head));
        }
        let end = self.core.cursor.tokens.form_end(start);
        if self.core.cursor.tokens.get(end.saturating_sub(2)).kind != TokenKind::String {
            return Ok(Some(head));
        }
        self.core.cursor.bump_open();
        let core = self.core.cursor.opt_keyword("core");
        let (source, name) = self.alias_target(core)?;
        let behind = self.core.cursor.clone();
        let alias = self.alias_of(sort, core, source, name, start)?;
        self.core.cursor = behind;
        self.core.cursor.expect_close()?;
        self.core.cursor.expect_close()?;
        self.add(head, Definition::Alias(alias))?;
        Ok(None)
    }

    /// Reads `(alias outer SCOPE index (SORT $id?))`, behind `outer`.
    pub(super) fn outer_alias(&mut self) -> Result<()> {
        let outer = self.core.cursor.clone();
        let count = match outer.peek() {
            TokenKind::Id => self.outer_count()?,
            _ => self.core.cursor.expect_idx()?,
        };
        let item = self.core.cursor.clone();
        self.core.cursor.bump();
        let start = self.core.cursor.pos();
        self.core.cursor.expect_paren()?;
        let sort = match self.scope.kind() {
            // Types of modules have core types only.
            Scope::ModuleType => {
                self.core.cursor.expect_keyword("type")?;
                Sort::CORE_TYPE
            }
            _ => self.sort()?,
        };
        if !sort.has_outer_alias() {
            self.core.cursor.seek(start + 1);
            return Err(self.core.cursor.unexpected(Expected::OuterSort));
        }
        let head = self.head(false)?;
        self.core.cursor.expect_close()?;
        self.core.cursor.expect_close()?;
        let behind = core::mem::replace(&mut self.core.cursor, item);
        let index = match self.core.cursor.peek() {
            TokenKind::Id => {
                let depth = self.depth().checked_sub(count);
                let Some(depth) = depth else {
                    let kind = ErrorKind::OuterCount(count);
                    return Err(Error::boxed(kind, outer.span()));
                };
                let id = self.core.cursor.id();
                match self.bindings.find_at(sort, &id, depth) {
                    Some(bound) => {
                        self.refer(sort, bound.scope, bound.index);
                        bound.index
                    }
                    None => self.missing(sort),
                }
            }
            _ => self.core.cursor.expect_idx()?,
        };
        self.core.cursor = behind;
        let item = SortIdx::new(sort, index);
        self.add(head, Definition::Alias(Alias::Outer { count, item }))
    }

    /// Reads the identifier of an enclosing scope, and returns the number of scopes to it.
    fn outer_count(&mut self) -> Result<u32> {
        let id = self.core.cursor.id();
        let inner = core::iter::once(&self.scope);
        let mut scopes = inner.chain(self.outer.iter().rev());
        let Some(count) = scopes.position(|scope| scope.id.as_ref() == Some(&id)) else {
            let kind = ErrorKind::OuterComponent(id.as_str().into());
            return Err(self.core.cursor.error(kind));
        };
        self.core.cursor.bump();
        Ok(count as u32)
    }
}
