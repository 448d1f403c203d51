//! The fields of components, and the declarations in types of components and instances.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{CoreSort, Definition, Scope, Sort, SortIdx, Start, Value};
use wattle_ast::{Feature, Outer};

use super::ComponentState;
use super::scopes::Then;
use crate::error::{ErrorKind, Expected, Result};
use crate::ids::Space;

impl<'a> ComponentState<'_, 'a> {
    /// Reads the field that begins at position `start`.
    pub(super) fn field(&mut self, start: usize) -> Result<()> {
        let is_component = self.scope.kind() == Scope::Component;
        let cursor = &mut self.core.cursor;
        let keyword = cursor.open_keyword().unwrap_or_default();
        cursor.bump_open();
        match keyword {
            "core" => self.core_field(),
            "type" => self.type_field(is_component),
            "alias" => self.alias(),
            "export" => self.export(),
            "import" if self.scope.kind() != Scope::InstanceType => self.import(),
            "component" if is_component => self.component(),
            "instance" if is_component => self.instance(),
            "func" if is_component => self.func(),
            "canon" if is_component => self.canon(),
            "start" if is_component => self.start(start),
            "value" if is_component => self.value(start),
            _ => {
                self.core.cursor.seek(start);
                Err(self.core.cursor.unexpected_form(self.scope.expected()))
            }
        }
    }

    /// Reads `(core ...)`, behind the keyword.
    fn core_field(&mut self) -> Result<()> {
        let is_component = self.scope.kind() == Scope::Component;
        let cursor = &mut self.core.cursor;
        let field: fn(&mut Self) -> Result<()> = match cursor.keyword().unwrap_or_default() {
            "type" => Self::core_type,
            "rec" => Self::core_rec,
            "module" if is_component => Self::core_module,
            "instance" if is_component => Self::core_instance,
            keyword => {
                let sort = CoreSort::from_keyword(keyword).filter(|_| is_component);
                let Some(sort) = sort else { return Err(cursor.unexpected(Expected::CoreField)) };
                cursor.bump();
                return self.core_item(sort);
            }
        };
        cursor.bump();
        field(self)
    }

    /// Reads `(core module $id? ...)`, behind the keywords.
    fn core_module(&mut self) -> Result<()> {
        let Some(head) = self.own_head(Sort::CORE_MODULE)? else { return Ok(()) };
        let field = self.core.field_start;
        let outer = self.core.begin();
        let index = self.scope.len(Sort::CORE_MODULE);
        if let Some(map) = &mut self.core.source_map {
            map.enter(Outer::CoreModule(index));
        }
        self.record_in(self.next_scope);
        self.next_scope += 1;
        let end = self.core.cursor.tokens.form_end(field).saturating_sub(1);
        if !self.core.states_names(end) {
            self.core.module.names.module = head.name.clone().or_else(|| head.id());
        }
        self.core.parse();
        if let Some(map) = &mut self.core.source_map {
            map.leave();
        }
        let module = self.core.return_to(outer).module;
        self.core.field_start = field;
        self.record_in(self.scope_number());
        let index = self.emit(Definition::CoreModule(Box::new(module)));
        let closed = self.core.cursor.expect_close();
        self.define(head, SortIdx::new(Sort::CORE_MODULE, index))?;
        closed
    }

    /// Reads `(component $id? ...)` in a component, behind the keyword.
    fn component(&mut self) -> Result<()> {
        let Some(head) = self.own_head(Sort::COMPONENT)? else { return Ok(()) };
        let id = head.id();
        let name = head.name.clone().or_else(|| id.clone());
        self.enter(Definition::Component, id, |item| Then::Define(head, item));
        self.scope.own = name;
        Ok(())
    }

    /// Reads `(func $id? ...)`, behind the keyword: an import, an alias, or `canon lift` with its
    /// type in front.
    fn func(&mut self) -> Result<()> {
        let Some(head) = self.own_head(Sort::FUNC)? else { return Ok(()) };
        let ty = self.func_type_use()?;
        self.core.cursor.expect_open("canon")?;
        let index = self.lift(ty)?;
        self.core.cursor.expect_close()?;
        self.core.cursor.expect_close()?;
        self.define(head, SortIdx::new(Sort::FUNC, index))
    }

    /// Reads `(core SORT $id? ...)`, behind the keywords, where the sort is not that of a field: an
    /// alias, or the function of a canonical definition.
    fn core_item(&mut self, sort: CoreSort) -> Result<()> {
        let head = self.head(false)?;
        let sort = Sort::Core(sort);
        let Some(head) = self.unless_alias(sort, head)? else { return Ok(()) };
        if sort != Sort::CORE_FUNC {
            return Err(self.core.cursor.unexpected_form(Expected::Token("alias")));
        }
        if !self.core.cursor.opt_open("canon") {
            return Err(self.core.cursor.unexpected_form(Expected::CanonOrAlias));
        }
        let canon = self.built_in()?;
        self.core.cursor.expect_close()?;
        self.core.cursor.expect_close()?;
        self.add(head, Definition::Canon(canon))
    }

    /// Reads `(start func (value index)* (result (value $id?))*)`, behind the keyword.
    fn start(&mut self, start: usize) -> Result<()> {
        self.require_at(start + 1, Feature::CmValues)?;
        let func = self.item(Sort::FUNC)?.into();
        let mut args = Vec::new();
        while self.core.cursor.at_open("value") {
            args.push(self.item_form(Sort::VALUE)?.into());
        }
        let mut results = Vec::new();
        let mut count = 0_u32;
        while self.core.cursor.opt_open("result") {
            let more = self.core.repeat_annotation()?;
            self.core.cursor.expect_open("value")?;
            results.push((self.head(false)?, count));
            let too_many = || self.core.cursor.error(ErrorKind::TooMany(Space::Value));
            count = count.checked_add(more).ok_or_else(too_many)?;
            self.core.cursor.expect_close()?;
            self.core.cursor.expect_close()?;
        }
        self.core.cursor.expect_close()?;
        let start = Start { func, args: args.into(), results: count };
        let first = self.emit(Definition::Start(start));
        for (head, nth) in results {
            self.define(head, SortIdx::new(Sort::VALUE, first.saturating_add(nth)))?;
        }
        Ok(())
    }

    /// Reads `(value $id? TYPE LITERAL)` or `(value $id? TYPE (binary "bytes"*))`, behind the
    /// keyword.
    fn value(&mut self, start: usize) -> Result<()> {
        self.require_at(start + 1, Feature::CmValues)?;
        let head = self.head(false)?;
        let ty = self.val_type()?;
        let bytes = match self.opt_form("binary", |state| Ok(state.core.cursor.strings()))? {
            Some(bytes) => bytes,
            None => self.literal(ty)?.into(),
        };
        self.core.cursor.expect_close()?;
        self.add(head, Definition::Value(Value { ty, bytes }))
    }

    /// Checks that the feature of the word at a position is enabled.
    fn require_at(&mut self, at: usize, feature: Feature) -> Result<()> {
        if !self.core.features.contains(feature) {
            self.core.cursor.seek(at);
        }
        self.require(feature)
    }
}
