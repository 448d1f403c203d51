//! Instances and core instances.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#instance-definitions>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    Arg, CoreArg, CoreInlineExport, CoreInstance, CoreSort, CoreSortIdx, Definition, InlineExport,
    Instance, Sort, SortIdx,
};
use wattle_syntax::TokenKind;

use super::ComponentState;
use super::items::Ref;
use crate::error::{Expected, Result};

impl<'a> ComponentState<'_, 'a> {
    /// Reads `(core instance $id? ...)`, behind the keywords.
    pub(super) fn core_instance(&mut self) -> Result<()> {
        let head = self.head(false)?;
        let instance = match self.opt_form("instantiate", Self::instantiate_core)? {
            Some(instance) => instance,
            None => self.core_exports()?,
        };
        self.core.cursor.expect_close()?;
        self.add(head, Definition::CoreInstance(instance))
    }

    /// Reads a module and arguments.
    fn instantiate_core(&mut self) -> Result<CoreInstance<'a>> {
        let module = self.later(Sort::CORE_MODULE)?;
        let mut args = Vec::new();
        while self.core.cursor.opt_open("with") {
            let name = self.core.cursor.expect_name()?;
            self.core.cursor.expect_open("instance")?;
            let instance = match self.at_idx() {
                true => self.later(Sort::CORE_INSTANCE)?,
                false => {
                    let instance = self.core_exports()?;
                    Ref::Index(self.emit(Definition::CoreInstance(instance)))
                }
            };
            self.core.cursor.expect_close()?;
            self.core.cursor.expect_close()?;
            args.push((name, Sort::CORE_INSTANCE, instance));
        }
        let module = match module {
            Ref::At(at) if self.core.cursor.tokens.get(at).kind == TokenKind::Open => {
                // Inside of `(core ...)` a core sort has no `core` in front.
                let behind = self.core.cursor.clone();
                self.core.cursor.seek(at);
                self.core.cursor.expect_open("module")?;
                let module = self.item_tail(Sort::CORE_MODULE)?;
                self.core.cursor = behind;
                module.into()
            }
            module => self.settle(Sort::CORE_MODULE, module)?.into(),
        };
        let arg = |name, item: SortIdx| CoreArg { name, instance: item.number().into() };
        Ok(CoreInstance::Instantiate { module, args: self.settle_all(args, arg)? })
    }

    /// Resolves the references in a list.
    fn settle_all<N, T>(
        &mut self,
        items: Vec<(N, Sort, Ref)>,
        item: impl Fn(N, SortIdx) -> T,
    ) -> Result<Box<[T]>> {
        let settled = items.into_iter().map(|(name, sort, reference)| {
            let index = self.settle(sort, reference)?;
            Ok(item(name, SortIdx::new(sort, index)))
        });
        settled.collect()
    }

    /// Reads any number of `(export "name" (SORT index "name"?))`.
    fn core_exports(&mut self) -> Result<CoreInstance<'a>> {
        let mut exports = Vec::new();
        while self.core.cursor.opt_open("export") {
            let name = self.core.cursor.expect_name()?;
            let cursor = &mut self.core.cursor;
            cursor.expect_paren()?;
            let sort = cursor.keyword().and_then(CoreSort::from_keyword);
            let Some(sort) = sort else { return Err(cursor.unexpected(Expected::CoreSort)) };
            cursor.bump();
            let index = self.item_tail(Sort::Core(sort))?;
            self.core.cursor.expect_close()?;
            exports.push(CoreInlineExport { name, item: CoreSortIdx::new(sort, index) });
        }
        Ok(CoreInstance::Exports(exports.into()))
    }

    /// Reads `(instance $id? ...)` in a component, behind the keyword.
    pub(super) fn instance(&mut self) -> Result<()> {
        let Some(head) = self.own_head(Sort::INSTANCE)? else { return Ok(()) };
        let instance = match self.opt_form("instantiate", Self::instantiate)? {
            Some(instance) => instance,
            None => self.exports()?,
        };
        self.core.cursor.expect_close()?;
        self.add(head, Definition::Instance(instance))
    }

    /// Reads a component and arguments.
    fn instantiate(&mut self) -> Result<Instance<'a>> {
        let component = self.later(Sort::COMPONENT)?;
        let mut args = Vec::new();
        while self.core.cursor.opt_open("with") {
            let name = self.core.cursor.expect_name()?;
            let cursor = &self.core.cursor;
            let is_list = cursor.at_open("instance")
                && !matches!(cursor.peek_at(2), TokenKind::Id | TokenKind::Number);
            let (sort, reference) = match is_list {
                true => {
                    self.core.cursor.bump_open();
                    let instance = self.exports()?;
                    self.core.cursor.expect_close()?;
                    (Sort::INSTANCE, Ref::Index(self.emit(Definition::Instance(instance))))
                }
                false => self.any_item_later()?,
            };
            self.core.cursor.expect_close()?;
            args.push((name, sort, reference));
        }
        let component = self.settle(Sort::COMPONENT, component)?.into();
        let args = self.settle_all(args, |name, item| Arg { name, item })?;
        Ok(Instance::Instantiate { component, args })
    }

    /// Reads any number of `(export "name" ATTRIBUTE* (SORT index "name"*))`.
    fn exports(&mut self) -> Result<Instance<'a>> {
        let mut exports = Vec::new();
        while self.core.cursor.opt_open("export") {
            let name = self.extern_name()?;
            let (sort, reference) = self.any_item_later()?;
            self.core.cursor.expect_close()?;
            exports.push((name, sort, reference));
        }
        let export = |name, item| InlineExport { name, item };
        self.settle_all(exports, export).map(Instance::Exports)
    }
}
