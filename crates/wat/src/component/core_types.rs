//! Core types, those of modules among them. The parser of modules reads all of them.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{CoreExportDecl, CoreType, Definition, Sort, SortIdx};
use wattle_ast::{FuncType, Name, SubType, TypeIdx};
use wattle_syntax::TokenKind;

use super::ComponentState;
use super::scopes::{Head, Then};
use crate::error::Result;

impl<'a> ComponentState<'_, 'a> {
    /// Reads `(core type $id? ...)`, behind the keywords.
    pub(super) fn core_type(&mut self) -> Result<()> {
        let head = self.head(false)?;
        let Some(head) = self.unless_alias(Sort::CORE_TYPE, head)? else { return Ok(()) };
        if self.core.cursor.opt_open("module") {
            let index = self.module_type(head.id())?;
            self.core.cursor.expect_close()?;
            self.core.cursor.expect_close()?;
            return self.define(head, SortIdx::new(Sort::CORE_TYPE, index));
        }
        let ty = self.sub_type(head)?;
        self.emit(Definition::CoreType(CoreType::Sub(Box::new(ty))));
        Ok(())
    }

    /// Reads `(core rec (type $id? ...)*)`, behind the keywords.
    pub(super) fn core_rec(&mut self) -> Result<()> {
        let types = self.rec_group()?;
        self.emit(Definition::CoreType(CoreType::Rec(types.into())));
        Ok(())
    }

    /// Reads the types of a group, and its closing parenthesis.
    fn rec_group(&mut self) -> Result<Vec<SubType>> {
        let first = self.scope.len(Sort::CORE_TYPE);
        let start = self.core.cursor.clone();
        let mut heads = Vec::new();
        while self.core.cursor.at_open("type") {
            let form = self.core.cursor.clone();
            self.core.cursor.bump_open();
            heads.push(self.head(false)?);
            self.core.cursor = form;
            self.core.cursor.bump_form();
        }
        // Types of a group may refer to later ones.
        for (head, index) in heads.into_iter().zip(first..) {
            self.define(head, SortIdx::new(Sort::CORE_TYPE, index))?;
        }
        self.core.cursor = start;
        let mut types = Vec::new();
        while self.core.cursor.opt_open("type") {
            self.core.cursor.opt(TokenKind::Id);
            types.push(self.core.sub_type(first + types.len() as u32)?);
            self.core.cursor.expect_close()?;
        }
        self.core.cursor.expect_close()?;
        Ok(types)
    }

    /// Reads a type outside of a group, behind its identifier, and its closing parenthesis. The
    /// type may refer to itself.
    fn sub_type(&mut self, head: Head<'a>) -> Result<SubType> {
        let index = self.scope.len(Sort::CORE_TYPE);
        self.define(head, SortIdx::new(Sort::CORE_TYPE, index))?;
        let ty = self.core.sub_type(index)?;
        self.core.cursor.expect_close()?;
        Ok(ty)
    }

    /// Reads the declarations of the type of a module, up to its closing parenthesis, and defines
    /// it. Declarations with errors are reported and left out.
    pub(super) fn module_type(&mut self, id: Option<Name<'a>>) -> Result<u32> {
        let index = self.scope.len(Sort::CORE_TYPE);
        let field = self.core.field_start;
        self.enter(Definition::CoreType(CoreType::Module), id, |_| Then::Nothing);
        let outer = self.core.begin();
        self.core.is_type = true;
        loop {
            let start = self.core.cursor.pos();
            self.core.field_start = start;
            let result = match self.core.cursor.peek() {
                TokenKind::Close | TokenKind::Eof => break,
                _ => self.module_decl(start),
            };
            if let Err(error) = result {
                self.report(*error);
                self.pass_by(start);
                self.used_types();
            }
        }
        self.core.return_to(outer);
        self.core.field_start = field;
        self.leave();
        Ok(index)
    }

    /// Reads a declaration in the type of a module.
    fn module_decl(&mut self, start: usize) -> Result<()> {
        let keyword = self.core.cursor.open_keyword().unwrap_or_default();
        self.core.cursor.bump_open();
        match keyword {
            "type" => {
                let head = self.head(false)?;
                let ty = self.sub_type(head)?;
                let index = self.know_type(ty.clone());
                self.core.use_type(index);
                self.emit(Definition::CoreType(CoreType::Sub(Box::new(ty))));
            }
            "rec" => {
                let types = self.rec_group()?;
                for ty in &types {
                    let index = self.know_type(ty.clone());
                    if types.len() == 1 {
                        self.core.use_type(index);
                    }
                }
                self.emit(Definition::CoreType(CoreType::Rec(types.into())));
            }
            "alias" => {
                self.core.cursor.expect_keyword("outer")?;
                self.outer_alias()?;
                // The aliased type is not known here, so nothing is compared with it.
                let index = self.know_type(FuncType::default().into());
                self.core.broken_types.insert(index);
            }
            "import" => {
                self.core.import(start)?;
                self.core.cursor.expect_close()?;
                self.used_types();
                let imports = core::mem::take(&mut self.core.module.imports);
                self.core.module.import_groups.clear();
                for import in imports {
                    self.emit(Definition::CoreImportDecl(Box::new(import)));
                }
            }
            "export" => {
                let name = self.core.cursor.expect_name()?;
                let kind = self.core.expect_extern()?;
                // An identifier is allowed, though it names nothing.
                self.head(false)?;
                let ty = self.core.extern_type_tail(kind, None)?;
                self.core.cursor.expect_close()?;
                self.core.cursor.expect_close()?;
                self.used_types();
                self.emit(Definition::CoreExportDecl(Box::new(CoreExportDecl { name, ty })));
            }
            _ => {
                self.core.cursor.seek(start);
                return Err(self.core.cursor.unexpected_form(self.scope.expected()));
            }
        }
        Ok(())
    }

    /// Adds a type of the current scope to those that the parser of modules knows. Returns its
    /// index.
    fn know_type(&mut self, ty: SubType) -> u32 {
        let types = &mut self.core.module.types;
        types.push(ty);
        types.len() as u32 - 1
    }

    /// Defines the types that were added by type uses without an index.
    fn used_types(&mut self) {
        let mut next = self.scope.len(Sort::CORE_TYPE);
        while let Some(ty) = self.core.module.types.get(TypeIdx(next)) {
            let ty = CoreType::Sub(Box::new(ty.clone()));
            self.emit(Definition::CoreType(ty));
            next += 1;
        }
    }
}
