//! The types of values, functions and resources.
//!
//! A type inside of another is a definition before that. The types that are open are a list, so
//! nesting causes no recursion.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions>

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::components::{
    Case, Definition, Field, FuncType, PrimType, ResourceType, ResultList, Sort, SortIdx, Type,
    TypeForm, ValType,
};
use wattle_ast::{ComponentTypeIdx, Feature, FuncIdx, Name};
use wattle_syntax::TokenKind;

use super::ComponentState;
use super::items::Ref;
use super::scopes::{Head, Then};
use crate::error::{Error, ErrorKind, Expected, Result};
use crate::ids::Space;

/// A value type that is used, and may need to be resolved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Used {
    Prim(PrimType),
    Type(Ref),
}

/// A type whose parts are not all read.
pub(super) struct Open<'a> {
    form: TypeForm,
    /// The number of parts of the types around it.
    first: usize,
    /// The label of the next part.
    label: Name<'a>,
    /// The length of a list.
    len: Option<u32>,
    /// Whether `(error ...)` was found in a result.
    has_error: bool,
    /// The identifiers of cases. They name nothing.
    ids: BTreeSet<Name<'a>>,
}

/// A part of a type: a field, a case, a label, an element or a parameter.
pub(super) struct Part<'a> {
    label: Name<'a>,
    ty: Option<Used>,
}

/// Whether a form makes value types.
fn is_value(form: TypeForm) -> bool {
    !matches!(
        form,
        TypeForm::Func
            | TypeForm::AsyncFunc
            | TypeForm::Component
            | TypeForm::Instance
            | TypeForm::Resource
    )
}

impl<'a> ComponentState<'_, 'a> {
    /// Reads `(type $id? ...)`, behind the keyword.
    pub(super) fn type_field(&mut self, may_export: bool) -> Result<()> {
        let head = self.head(may_export)?;
        let Some(head) = self.unless_alias(Sort::TYPE, head)? else { return Ok(()) };
        let index = match self.core.cursor.open_keyword() {
            Some("func") => {
                self.core.cursor.bump_open();
                let index = self.func_type()?;
                self.core.cursor.expect_close()?;
                index
            }
            Some("resource") => {
                self.core.cursor.bump_open();
                let ty = self.resource_type()?;
                self.core.cursor.expect_close()?;
                self.emit(Definition::Type(Type::Resource(ty)))
            }
            Some("component") => return self.scope_type(head, Type::Component),
            Some("instance") => return self.scope_type(head, Type::Instance),
            Some("type") => return Err(self.core.cursor.unexpected_form(Expected::DefType)),
            _ if self.at_idx() => return Err(self.core.cursor.unexpected(Expected::DefType)),
            _ => match self.used_type()? {
                Used::Prim(prim) => self.emit(Definition::Type(Type::Prim(prim))),
                Used::Type(reference) => self.settle(Sort::TYPE, reference)?,
            },
        };
        self.core.cursor.expect_close()?;
        self.define(head, SortIdx::new(Sort::TYPE, index))
    }

    /// Moves into the type of a component or an instance.
    fn scope_type(&mut self, head: Head<'a>, ty: Type<'a>) -> Result<()> {
        self.core.cursor.bump_open();
        let id = head.id();
        self.enter(Definition::Type(ty), id, |item| Then::DefineType(head, item));
        Ok(())
    }

    /// Reads a value type that a definition uses. Defines a type that is written out.
    pub(super) fn val_type(&mut self) -> Result<ValType> {
        let used = self.used_type()?;
        self.settle_type(used)
    }

    fn settle_type(&mut self, used: Used) -> Result<ValType> {
        Ok(match used {
            Used::Prim(prim) => ValType::Prim(prim),
            Used::Type(reference) => ValType::Type(self.settle(Sort::TYPE, reference)?.into()),
        })
    }

    fn used_type(&mut self) -> Result<Used> {
        let base = self.open.len();
        loop {
            let mut used = match self.begin_type()? {
                Some(used) => used,
                None if self.next_part()? => continue,
                None => self.finish_type()?,
            };
            loop {
                if self.open.len() <= base {
                    return Ok(used);
                }
                self.add_part(used)?;
                if self.next_part()? {
                    break;
                }
                used = self.finish_type()?;
            }
        }
    }

    /// Reads a type without parts, or the beginning of a type with parts.
    fn begin_type(&mut self) -> Result<Option<Used>> {
        let cursor = &mut self.core.cursor;
        match cursor.peek() {
            TokenKind::Id | TokenKind::Number => self.later(Sort::TYPE).map(Used::Type).map(Some),
            TokenKind::Keyword => {
                let prim = match cursor.text() {
                    // Old names of the types.
                    "float32" => Some(PrimType::F32),
                    "float64" => Some(PrimType::F64),
                    text => PrimType::from_keyword(text),
                };
                let Some(prim) = prim else {
                    return Err(cursor.unexpected(Expected::ComponentValType));
                };
                self.require(prim.feature())?;
                self.core.cursor.bump();
                Ok(Some(Used::Prim(prim)))
            }
            TokenKind::Open if cursor.at_open("type") => {
                self.later(Sort::TYPE).map(Used::Type).map(Some)
            }
            TokenKind::Open => {
                cursor.bump();
                let form = cursor.keyword().and_then(TypeForm::from_keyword);
                let Some(form) = form.filter(|form| is_value(*form)) else {
                    return Err(cursor.unexpected(Expected::ComponentValType));
                };
                self.require(form.feature())?;
                self.core.cursor.bump();
                let (first, label) = (self.parts.len(), Name::default());
                let ids = BTreeSet::new();
                self.open.push(Open { form, first, label, len: None, has_error: false, ids });
                Ok(None)
            }
            _ => Err(cursor.unexpected(Expected::ComponentValType)),
        }
    }

    /// Moves to the next value type in the innermost open type. Returns false if there is none.
    fn next_part(&mut self) -> Result<bool> {
        let Some(open) = self.open.last_mut() else { return Ok(false) };
        let cursor = &mut self.core.cursor;
        let count = self.parts.len() - open.first;
        let at_close = cursor.peek() == TokenKind::Close;
        Ok(match open.form {
            TypeForm::Record if at_close => false,
            TypeForm::Record => {
                cursor.expect_open("field")?;
                open.label = cursor.expect_name()?;
                true
            }
            TypeForm::Variant => {
                while cursor.peek() != TokenKind::Close {
                    cursor.expect_open("case")?;
                    let span = cursor.span();
                    if let Some(id) = cursor.opt_id()
                        && !open.ids.insert(id.clone())
                    {
                        let kind = ErrorKind::Duplicate(Space::Case, id.as_str().into());
                        return Err(Error::boxed(kind, span));
                    }
                    open.label = cursor.expect_name()?;
                    if !cursor.opt(TokenKind::Close) {
                        return Ok(true);
                    }
                    self.parts.push(Part { label: core::mem::take(&mut open.label), ty: None });
                }
                false
            }
            TypeForm::Flags | TypeForm::Enum => {
                while cursor.peek() == TokenKind::String {
                    self.parts.push(Part { label: cursor.expect_name()?, ty: None });
                }
                false
            }
            TypeForm::List | TypeForm::FixedList => {
                if count == 1 && cursor.peek() == TokenKind::Number {
                    open.len = Some(cursor.expect_u32()?);
                    open.form = TypeForm::FixedList;
                    if !self.core.features.contains(TypeForm::FixedList.feature()) {
                        let before = self.core.cursor.pos() - 1;
                        self.core.cursor.seek(before);
                        return Err(self.not_enabled(TypeForm::FixedList.feature()));
                    }
                }
                count == 0
            }
            TypeForm::Option => count == 0,
            TypeForm::Map => count < 2,
            TypeForm::Tuple => !at_close,
            TypeForm::Stream | TypeForm::Future => count == 0 && !at_close,
            TypeForm::Result if at_close || open.has_error => false,
            TypeForm::Result => {
                open.has_error = cursor.opt_open("error");
                open.has_error || count == 0
            }
            _ => {
                // A handle names its resource.
                let reference = self.later(Sort::TYPE)?;
                let ty = Some(Used::Type(reference));
                self.parts.push(Part { label: Name::default(), ty });
                false
            }
        })
    }

    /// Adds a value type to the innermost open type.
    fn add_part(&mut self, used: Used) -> Result<()> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let label = core::mem::take(&mut open.label);
        self.parts.push(Part { label, ty: Some(used) });
        match open.form {
            TypeForm::Record | TypeForm::Variant => self.core.cursor.expect_close(),
            TypeForm::Result if open.has_error => self.core.cursor.expect_close(),
            _ => Ok(()),
        }
    }

    /// Defines the innermost open type, at its closing parenthesis.
    fn finish_type(&mut self) -> Result<Used> {
        self.core.cursor.expect_close()?;
        let Some(Open { form, first, len, has_error, .. }) = self.open.pop() else {
            return Err(self.core.cursor.unexpected(Expected::ComponentValType));
        };
        let ty = match form {
            TypeForm::Record => Type::Record(self.fields_from(first)?),
            TypeForm::Variant => {
                let case = |label, ty| Case { label, ty };
                Type::Variant(self.take_parts(first, case)?)
            }
            TypeForm::Flags => Type::Flags(self.take_parts(first, |label, _| label)?),
            TypeForm::Enum => Type::Enum(self.take_parts(first, |label, _| label)?),
            _ => {
                let types = self.take_parts(first, |_, ty| ty)?;
                let part = |place: usize| types.get(place).copied().flatten();
                match (form, part(0), part(1)) {
                    (TypeForm::Tuple, ..) => Type::Tuple(types.into_iter().flatten().collect()),
                    (TypeForm::Own, Some(ValType::Type(resource)), _) => Type::Own(resource),
                    (TypeForm::Borrow, Some(ValType::Type(resource)), _) => Type::Borrow(resource),
                    (TypeForm::Result, err, None) if has_error => Type::Result { ok: None, err },
                    (TypeForm::Result, ok, err) => Type::Result { ok, err },
                    (TypeForm::Stream, ty, _) => Type::Stream(ty),
                    (TypeForm::Future, ty, _) => Type::Future(ty),
                    (TypeForm::Option, Some(ty), _) => Type::Option(ty),
                    (TypeForm::Map, Some(key), Some(value)) => Type::Map { key, value },
                    (TypeForm::List | TypeForm::FixedList, Some(elem), _) => match len {
                        Some(len) => Type::FixedList { elem, len },
                        None => Type::List(elem),
                    },
                    _ => return Err(self.core.cursor.unexpected(Expected::ComponentValType)),
                }
            }
        };
        Ok(Used::Type(Ref::Index(self.emit(Definition::Type(ty)))))
    }

    /// Takes the parts from `first` on, and resolves their types.
    fn take_parts<T>(
        &mut self,
        first: usize,
        part: impl Fn(Name<'a>, Option<ValType>) -> T,
    ) -> Result<Box<[T]>> {
        let mut taken = Vec::with_capacity(self.parts.len() - first);
        for at in first..self.parts.len() {
            let Some(Part { label, ty }) = self.parts.get_mut(at) else { break };
            let (label, ty) = (core::mem::take(label), *ty);
            let ty = ty.map(|used| self.settle_type(used)).transpose()?;
            taken.push(part(label, ty));
        }
        self.parts.truncate(first);
        Ok(taken.into())
    }

    /// The parts from `first` on that have labels and types.
    fn fields_from(&mut self, first: usize) -> Result<Box<[Field<'a>]>> {
        let fields = self.take_parts(first, |label, ty| Some(Field { label, ty: ty? }))?;
        Ok(fields.into_vec().into_iter().flatten().collect())
    }

    /// Reads a function type behind `func` and the identifier, up to the closing parenthesis, and
    /// defines it.
    pub(super) fn func_type(&mut self) -> Result<u32> {
        let is_async = self.core.cursor.at_keyword("async");
        if is_async {
            self.require(Feature::CmAsync)?;
            self.core.cursor.bump();
        }
        let first = self.parts.len();
        while self.core.cursor.opt_open("param") {
            let label = self.core.cursor.expect_name()?;
            let ty = Some(self.used_type()?);
            self.core.cursor.expect_close()?;
            self.parts.push(Part { label, ty });
        }
        let result = self.opt_form("result", Self::used_type)?;
        if self.core.cursor.at_open("param") {
            self.core.cursor.bump();
            return Err(self.core.cursor.unexpected(Expected::NoParams));
        }
        let params = self.fields_from(first)?;
        let result = result.map(|used| self.settle_type(used)).transpose()?;
        let ty = FuncType { is_async, params, result: ResultList(result) };
        Ok(self.emit(Definition::Type(Type::Func(ty))))
    }

    /// Reads a resource type behind its keyword.
    fn resource_type(&mut self) -> Result<ResourceType> {
        self.core.cursor.expect_open("rep")?;
        let rep = self.core.val_type()?;
        self.core.cursor.expect_close()?;
        let destructor = self.opt_form("dtor", |state| state.item(Sort::CORE_FUNC))?;
        Ok(ResourceType { rep, destructor: destructor.map(FuncIdx) })
    }

    /// Whether the next form is `(type index ...)`, rather than the declaration of a type.
    pub(super) fn at_type_use(&self) -> bool {
        let cursor = &self.core.cursor;
        cursor.at_open("type")
            && matches!(cursor.peek_at(2), TokenKind::Id | TokenKind::Number)
            && matches!(cursor.peek_at(3), TokenKind::Close | TokenKind::String)
    }

    /// Reads the type of a function: `(type index)`, or the type written out.
    pub(super) fn func_type_use(&mut self) -> Result<ComponentTypeIdx> {
        let index = match self.core.cursor.at_open("type") {
            true => self.item(Sort::TYPE)?,
            false => self.func_type()?,
        };
        Ok(index.into())
    }
}
