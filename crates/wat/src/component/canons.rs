//! Canonical definitions. The text is a source of their immediates, with one method per kind.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#canonical-definitions>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSource, ContextSlot, Definition, ResultList,
    Shared, Sort, SortIdx,
};
use wattle_ast::{ComponentFuncIdx, ComponentTypeIdx, FuncIdx, MemIdx, TableIdx, TypeIdx};
use wattle_syntax::TokenKind;

use super::ComponentState;
use crate::error::{Error, Expected, Result};

/// A source of the immediates of one canonical definition.
struct Immediates<'s, 't, 'a> {
    state: &'s mut ComponentState<'t, 'a>,
    op: CanonOp,
    /// The type of a function that is lifted.
    ty: Option<ComponentTypeIdx>,
    /// Whether the index of an option comes next, behind its keyword.
    in_option: bool,
}

impl<'a> ComponentState<'_, 'a> {
    /// Reads `(canon ...)`, behind the keyword.
    pub(super) fn canon(&mut self) -> Result<()> {
        if self.core.cursor.at_keyword(CanonOp::Lift.keyword()) {
            return self.canon_lift();
        }
        let canon = self.built_in()?;
        self.core.cursor.expect_open("core")?;
        self.core.cursor.expect_keyword("func")?;
        let head = self.head(false)?;
        self.core.cursor.expect_close()?;
        self.core.cursor.expect_close()?;
        self.add(head, Definition::Canon(canon))
    }

    /// Reads the keyword and the immediates of a canonical definition of a core function.
    pub(super) fn built_in(&mut self) -> Result<Canon> {
        let op = self.canon_op()?;
        if op == CanonOp::Lift {
            let before = self.core.cursor.pos() - 1;
            self.core.cursor.seek(before);
            return Err(self.core.cursor.unexpected(Expected::BuiltIn));
        }
        let mut source = Immediates { state: self, op, ty: None, in_option: false };
        Canon::read_from(op, &mut source)
    }

    fn canon_op(&mut self) -> Result<CanonOp> {
        let cursor = &self.core.cursor;
        let op = cursor.keyword().and_then(CanonOp::from_keyword);
        let Some(op) = op else { return Err(cursor.unexpected(Expected::Canon)) };
        self.require(op.feature())?;
        self.core.cursor.bump();
        Ok(op)
    }

    /// Reads `lift (core func ...) OPTION* (func $id? TYPE)`, and the closing parenthesis.
    fn canon_lift(&mut self) -> Result<()> {
        let start = self.core.cursor.clone();
        self.core.cursor.bump();
        // The type may add definitions, which come before those of the rest.
        while !self.core.cursor.at_open("func")
            && !matches!(self.core.cursor.peek(), TokenKind::Close | TokenKind::Eof)
        {
            self.core.cursor.bump_form();
        }
        self.core.cursor.expect_open("func")?;
        let head = self.head(false)?;
        let ty = self.func_type_use()?;
        self.core.cursor.expect_close()?;
        self.core.cursor.expect_close()?;
        let end = core::mem::replace(&mut self.core.cursor, start);
        let index = self.lift(ty)?;
        if !self.core.cursor.at_open("func") {
            return Err(self.core.cursor.unexpected_form(Expected::CanonOpt));
        }
        self.core.cursor = end;
        self.define(head, SortIdx::new(Sort::FUNC, index))
    }

    /// Reads `lift`, a core function and options, and defines a function of this type.
    pub(super) fn lift(&mut self, ty: ComponentTypeIdx) -> Result<u32> {
        let op = CanonOp::Lift;
        self.core.cursor.expect_keyword(op.keyword())?;
        let mut source = Immediates { state: self, op, ty: Some(ty), in_option: false };
        let canon = Canon::read_from(op, &mut source)?;
        Ok(self.emit(Definition::Canon(canon)))
    }
}

impl CanonSource for Immediates<'_, '_, '_> {
    type Error = Box<Error>;

    fn core_func(&mut self) -> Result<FuncIdx> {
        let func = match self.op == CanonOp::Lift && !self.in_option {
            true => self.state.item_form(Sort::CORE_FUNC)?,
            false => self.state.item(Sort::CORE_FUNC)?,
        };
        Ok(func.into())
    }

    fn func(&mut self) -> Result<ComponentFuncIdx> {
        Ok(self.state.item_form(Sort::FUNC)?.into())
    }

    fn ty(&mut self) -> Result<ComponentTypeIdx> {
        match self.ty {
            Some(ty) => Ok(ty),
            None => Ok(self.state.item(Sort::TYPE)?.into()),
        }
    }

    fn core_type(&mut self) -> Result<TypeIdx> {
        Ok(self.state.item(Sort::CORE_TYPE)?.into())
    }

    fn table(&mut self) -> Result<TableIdx> {
        Ok(self.state.item(Sort::CORE_TABLE)?.into())
    }

    fn memory(&mut self) -> Result<MemIdx> {
        if !self.in_option {
            self.state.core.cursor.expect_open("memory")?;
        }
        if self.state.at_idx() && self.state.core.cursor.peek_at(1) == TokenKind::String {
            // This looks like the export of an instance, which needs parentheses of its own.
            self.state.core.cursor.bump();
            return Err(self.state.core.cursor.unexpected(Expected::Token(")")));
        }
        let memory = self.state.item(Sort::CORE_MEMORY)?;
        if !self.in_option {
            self.state.core.cursor.expect_close()?;
        }
        Ok(memory.into())
    }

    fn results(&mut self) -> Result<ResultList> {
        self.state.opt_form("result", ComponentState::val_type).map(ResultList)
    }

    fn context_slot(&mut self) -> Result<ContextSlot> {
        let ty = self.state.core.val_type()?;
        Ok(ContextSlot { ty, slot: self.state.core.cursor.expect_u32()? })
    }

    fn is_async(&mut self) -> Result<Async> {
        Ok(Async(self.state.core.cursor.opt_keyword("async")))
    }

    fn is_shared(&mut self) -> Result<Shared> {
        Ok(Shared(self.state.core.cursor.opt_keyword("shared")))
    }

    fn opts(&mut self) -> Result<CanonOpts> {
        let mut opts = Vec::new();
        loop {
            let cursor = &mut self.state.core.cursor;
            let in_form = cursor.peek() == TokenKind::Open;
            let keyword = cursor.keyword().or_else(|| cursor.open_keyword());
            let row = CanonOpt::KEYWORDS
                .iter()
                .find(|(known, _, has_index)| keyword == Some(known) && *has_index == in_form);
            let Some((keyword, feature, _)) = row else { return Ok(opts.into()) };
            if in_form {
                cursor.bump();
            }
            self.state.require(*feature)?;
            self.state.core.cursor.bump();
            self.in_option = true;
            opts.extend(CanonOpt::read_from(keyword, self)?);
            self.in_option = false;
            if in_form {
                self.state.core.cursor.expect_close()?;
            }
        }
    }
}
