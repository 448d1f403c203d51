//! Imports and exports: their names and types.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions>

use wattle_ast::components::{
    Definition, Export, ExportDecl, ExternDesc, ExternName, Import, PlainSort, Scope, Sort,
    SortIdx, Type, TypeBound, ValueBound,
};
use wattle_ast::{Feature, Name};
use wattle_syntax::TokenKind;

use super::ComponentState;
use super::items::Ref;
use super::scopes::{Head, Then};
use crate::error::{ErrorKind, Expected, Result};

/// An import or export whose type is not read yet.
pub(super) struct Extern<'a> {
    pub(super) head: Head<'a>,
    pub(super) name: ExternName<'a>,
    pub(super) kind: ExternKind,
    /// The number of closing parentheses behind the type.
    pub(super) closes: u32,
}

/// The kind of an import or export.
pub(super) enum ExternKind {
    /// An import.
    Import,
    /// An export in the type of a component or instance.
    Decl,
    /// An export of this definition by a component.
    Export(Sort, Ref),
}

/// The keywords of attributes, and the feature that each belongs to.
const ATTRIBUTES: [(&str, Feature); 4] = [
    ("implements", Feature::CmImplements),
    ("versionsuffix", Feature::CmCanonNames),
    // `wasm-tools` writes the keyword in this form.
    ("version-suffix", Feature::CmCanonNames),
    ("external-id", Feature::CmImplements),
];

impl<'a> ComponentState<'_, 'a> {
    /// Whether `(export "name" ATTRIBUTE*)` comes next, without the item that is exported.
    pub(super) fn at_inline_export(&self) -> bool {
        self.core.cursor.at_open("export") && self.is_inline()
    }

    /// Whether the next form is closed behind a name and attributes.
    fn is_inline(&self) -> bool {
        let mut cursor = self.core.cursor.clone();
        cursor.bump_open();
        if cursor.peek() != TokenKind::String && !cursor.at_open("interface") {
            return false;
        }
        cursor.bump_form();
        while cursor.open_keyword().is_some_and(|word| attribute(word).is_some()) {
            cursor.bump_form();
        }
        cursor.peek() == TokenKind::Close
    }

    /// Reads the head of a definition. If the definition is an abbreviated import or alias, this
    /// reads and adds all of it, and returns `None`.
    pub(super) fn own_head(&mut self, sort: Sort) -> Result<Option<Head<'a>>> {
        let head = self.head(true)?;
        if !self.core.cursor.at_open("import") || !self.is_inline() {
            return self.unless_alias(sort, head);
        }
        self.core.cursor.bump_open();
        let name = self.extern_name()?;
        self.core.cursor.expect_close()?;
        self.extern_type(sort, Extern { head, name, kind: ExternKind::Import, closes: 1 })?;
        Ok(None)
    }

    /// Reads a name and its attributes.
    pub(super) fn extern_name(&mut self) -> Result<ExternName<'a>> {
        // Old texts write the name of an interface in this form.
        let old = self.opt_form("interface", |state| state.core.cursor.expect_name())?;
        let mut name = ExternName::from(match old {
            Some(name) => name,
            None => self.core.cursor.expect_name()?,
        });
        while let Some((keyword, feature)) = self.core.cursor.open_keyword().and_then(attribute) {
            self.core.cursor.bump();
            self.require(feature)?;
            let attributes = name.attributes_mut();
            let slot = match keyword {
                "implements" => &mut attributes.implements,
                "versionsuffix" | "version-suffix" => &mut attributes.version_suffix,
                _ => &mut attributes.external_id,
            };
            if slot.is_some() {
                return Err(self.core.cursor.error(ErrorKind::DuplicateAttribute(keyword)));
            }
            self.core.cursor.bump();
            let value: Name<'a> = self.core.cursor.expect_name()?;
            *slot = Some(value);
            self.core.cursor.expect_close()?;
        }
        Ok(name)
    }

    /// Reads `(import "name" ATTRIBUTE* (SORT $id? TYPE))`, behind the keyword.
    pub(super) fn import(&mut self) -> Result<()> {
        self.declared(ExternKind::Import)
    }

    /// Reads `"name" ATTRIBUTE* (SORT $id? TYPE))`.
    fn declared(&mut self, kind: ExternKind) -> Result<()> {
        let name = self.extern_name()?;
        let sort = self.open_extern_sort()?;
        let head = self.head(false)?;
        self.extern_type(sort, Extern { head, name, kind, closes: 2 })
    }

    /// Reads `(export ...)`, behind the keyword.
    pub(super) fn export(&mut self) -> Result<()> {
        if self.scope.kind() != Scope::Component {
            return self.declared(ExternKind::Decl);
        }
        let head = self.head(false)?;
        let name = self.extern_name()?;
        let (sort, reference) = self.any_item_later()?;
        if self.core.cursor.peek() == TokenKind::Open {
            let ascribed = self.open_extern_sort()?;
            let kind = ExternKind::Export(sort, reference);
            return self.extern_type(ascribed, Extern { head, name, kind, closes: 2 });
        }
        self.core.cursor.expect_close()?;
        let item = SortIdx::new(sort, self.settle(sort, reference)?);
        self.add(head, Definition::Export(Export { name, item, ty: None }))
    }

    /// Reads the rest of an import or export, behind the sort and the identifier of its type.
    pub(super) fn extern_type(&mut self, sort: Sort, mut ext: Extern<'a>) -> Result<()> {
        let desc = match sort {
            Sort::Core(_) => {
                let index = match self.at_type_use() {
                    true => self.core_type_use()?,
                    false => self.module_type(None)?,
                };
                ExternDesc::CoreModule(index.into())
            }
            Sort::FUNC => ExternDesc::Func(self.func_type_use()?),
            Sort::VALUE => ExternDesc::Value(self.value_bound()?),
            Sort::TYPE => ExternDesc::Type(self.type_bound()?),
            Sort::Plain(sort @ (PlainSort::Component | PlainSort::Instance)) => {
                let is_component = sort == PlainSort::Component;
                if self.at_type_use() {
                    let ty = self.item(Sort::TYPE)?.into();
                    let desc =
                        if is_component { ExternDesc::Component } else { ExternDesc::Instance };
                    return self.finish_extern(ext, desc(ty));
                }
                // The parenthesis that closes the type is read at the end of the scope.
                ext.closes -= 1;
                let ty = if is_component { Type::Component } else { Type::Instance };
                self.enter(Definition::Type(ty), None, |item| {
                    let ty = item.number().into();
                    let desc =
                        if is_component { ExternDesc::Component } else { ExternDesc::Instance };
                    Then::Extern(ext, desc(ty))
                });
                return Ok(());
            }
        };
        self.finish_extern(ext, desc)
    }

    /// Reads `(type index)`, of a core type.
    fn core_type_use(&mut self) -> Result<u32> {
        self.core.cursor.bump_open();
        self.item_tail(Sort::CORE_TYPE)
    }

    /// Reads `(eq index)` or `(sub resource)`.
    fn type_bound(&mut self) -> Result<TypeBound> {
        if let Some(ty) = self.opt_form("eq", |state| state.item(Sort::TYPE))? {
            return Ok(TypeBound::Eq(ty.into()));
        }
        match self.opt_form("sub", |state| state.core.cursor.expect_keyword("resource"))? {
            Some(()) => Ok(TypeBound::Resource),
            None => Err(self.core.cursor.unexpected_form(Expected::TypeBound)),
        }
    }

    /// Reads `(eq index)` or a value type.
    fn value_bound(&mut self) -> Result<ValueBound> {
        match self.opt_form("eq", |state| state.item(Sort::VALUE))? {
            Some(value) => Ok(ValueBound::Eq(value.into())),
            None => self.val_type().map(ValueBound::Type),
        }
    }

    /// Adds an import or export, behind its type.
    pub(super) fn finish_extern(&mut self, ext: Extern<'a>, ty: ExternDesc) -> Result<()> {
        let Extern { head, name, kind, closes } = ext;
        for _ in 0..closes {
            self.core.cursor.expect_close()?;
        }
        let definition = match kind {
            ExternKind::Import => Definition::Import(Import { name, ty }),
            ExternKind::Decl => Definition::ExportDecl(ExportDecl { name, ty }),
            ExternKind::Export(sort, reference) => {
                let item = SortIdx::new(sort, self.settle(sort, reference)?);
                Definition::Export(Export { name, item, ty: Some(ty) })
            }
        };
        self.add(head, definition)
    }
}

/// The keyword of an attribute, and its feature.
fn attribute(word: &str) -> Option<(&'static str, Feature)> {
    ATTRIBUTES.iter().copied().find(|(keyword, _)| *keyword == word)
}
