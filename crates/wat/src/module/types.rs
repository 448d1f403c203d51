//! Types, and uses of function types.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/types.html>

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, AddrType, ArrayType, CompType, FieldType, FuncType, GlobalType, HeapType,
    ItemKind, Limits, MemType, PackType, RecGroup, RefType, StorageType, StructType, SubType,
    TableType, TypeIdx, ValType,
};
use wattle_syntax::TokenKind;

use super::State;
use crate::error::{Error, ErrorKind, Expected, Result};
use crate::help::Help;
use crate::ids::{IdMap, Space};

/// A function type as a list: parameters, a separator, results.
pub(super) type Signature = [Option<ValType>];

fn signature(params: &[ValType], results: &[ValType]) -> Box<Signature> {
    let (params, results) = (params.iter().copied().map(Some), results.iter().copied().map(Some));
    params.chain([None]).chain(results).collect()
}

/// The role of identifiers of parameters in a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ParamIds {
    /// They are not allowed.
    None,
    /// They are allowed, but name nothing, since several imports share the type.
    Shared,
    /// They name the parameters of the function type with this index.
    Type(u32),
    /// They name the parameters of the tag with this index.
    Tag(u32),
    /// They name the parameters of the imported function with this index.
    Import(u32),
    /// They name the parameters of the function with this index, and its body refers to them.
    Bound(u32),
}

impl<'a> State<'_, 'a> {
    /// Parses the explicit types.
    pub(super) fn types(&mut self) {
        for start in core::mem::take(&mut self.type_fields) {
            self.cursor.seek(start);
            if self.cursor.at_open("type") {
                self.type_def(true);
            } else if let Err(error) = self.rec_group() {
                self.report(*error);
            }
        }
        self.cursor.seek(self.start);
    }

    /// Reads `(rec (type ...)*)`.
    fn rec_group(&mut self) -> Result<()> {
        self.cursor.expect_open("rec")?;
        let first = self.module.types.len() as u32;
        let mut len = 0;
        while self.cursor.at_open("type") {
            self.type_def(false);
            len += 1;
        }
        if len == 1 && !self.broken_types.contains(&first) {
            self.use_type(first);
        }
        self.module.rec_groups.push(RecGroup { first: TypeIdx(first), len });
        self.cursor.expect_close()
    }

    /// Reads `(type $id? ...)`. A type with an error is reported, and counts as any type from then
    /// on.
    fn type_def(&mut self, single: bool) {
        let start = self.cursor.pos();
        self.cursor.bump_open();
        let index = self.module.types.len() as u32;
        match self.type_def_tail(index) {
            Ok(ty) => {
                self.module.types.push(ty);
                if single {
                    self.use_type(index);
                }
            }
            Err(error) => {
                self.report(*error);
                self.broken_types.insert(index);
                self.module.types.push(FuncType::default().into());
                self.cursor.seek(start);
                self.cursor.bump_form();
            }
        }
        self.locate(ItemKind::Type, index, start);
    }

    fn type_def_tail(&mut self, index: u32) -> Result<SubType> {
        self.bound(Space::Type)?;
        let ty = self.sub_type(index)?;
        self.cursor.expect_close()?;
        Ok(ty)
    }

    /// Makes a type that is a group of its own available to type uses without an index, unless an
    /// equal type precedes it.
    pub(crate) fn use_type(&mut self, index: u32) {
        if let Some(ty) = self.module.types.get(TypeIdx(index))
            && let CompType::Func(func) = &ty.comp
            && *ty == SubType::from(ty.comp.clone())
        {
            let signature = signature(func.params(), func.results());
            match self.is_type {
                true => drop(self.type_uses.insert(signature, index)),
                false => drop(self.type_uses.entry(signature).or_insert(index)),
            }
        }
    }

    pub(crate) fn sub_type(&mut self, index: u32) -> Result<SubType> {
        let sub = self.cursor.opt_open("sub");
        let is_final = !sub || self.cursor.opt_keyword("final");
        let mut supertypes = Vec::new();
        if sub {
            while let Some(supertype) = self.opt_idx(Space::Type)? {
                supertypes.push(TypeIdx(supertype));
            }
        }
        let type_idx = |state: &mut Self| state.idx(Space::Type).map(TypeIdx);
        let describes = self.opt_form("describes", type_idx)?;
        let descriptor = self.opt_form("descriptor", type_idx)?;
        let comp = self.comp_type(index)?;
        if sub {
            self.cursor.expect_close()?;
        }
        Ok(SubType { is_final, supertypes: supertypes.into(), describes, descriptor, comp })
    }

    fn comp_type(&mut self, index: u32) -> Result<CompType> {
        let keyword = self.cursor.open_keyword();
        let Some(keyword @ ("func" | "struct" | "array" | "cont")) = keyword else {
            return Err(self.cursor.unexpected_form(Expected::CompType));
        };
        self.cursor.bump_open();
        let comp = match keyword {
            "func" => {
                self.params_and_results(ParamIds::Type(index))?;
                CompType::Func(self.func_type())
            }
            "struct" => CompType::Struct(StructType { fields: self.struct_fields(index)? }),
            "array" => CompType::Array(ArrayType { field: self.field_type()? }),
            _ => CompType::Cont(TypeIdx(self.idx(Space::Type)?)),
        };
        self.cursor.expect_close()?;
        Ok(comp)
    }

    fn struct_fields(&mut self, index: u32) -> Result<Box<[FieldType]>> {
        let mut fields = Vec::new();
        let mut ids = IdMap::default();
        while self.cursor.opt_open("field") {
            let (at, span) = (self.cursor.pos(), self.cursor.span());
            let id = self.cursor.opt_id();
            if let Some(id) = &id {
                if !ids.insert(id.clone(), fields.len() as u32) {
                    return Err(Error::boxed(
                        ErrorKind::Duplicate(Space::Field, id.as_str().into()),
                        span,
                    ));
                }
                self.define(Space::Field, Some(index), fields.len() as u32, at, at - 2);
            }
            let annotated = self.name_annotation()?;
            let name = annotated.or(id);
            let named = name.is_some();
            if let Some(name) = name {
                self.module
                    .names
                    .fields
                    .entry(index.into())
                    .insert((fields.len() as u32).into(), name);
            }
            self.rest_of_form(named, |state| {
                fields.push(state.field_type()?);
                Ok(())
            })?;
        }
        self.field_ids.insert(index, ids);
        Ok(fields.into())
    }

    fn field_type(&mut self) -> Result<FieldType> {
        let (mutable, storage) = self.opt_mut(|state| {
            Ok(if state.cursor.opt_keyword("i8") {
                StorageType::Pack(PackType::I8)
            } else if state.cursor.opt_keyword("i16") {
                StorageType::Pack(PackType::I16)
            } else {
                StorageType::Val(state.val_type()?)
            })
        })?;
        Ok(FieldType { mutable, storage })
    }

    /// Calls `inside`, within `(mut ...)` if that form comes next. Also returns whether it does.
    fn opt_mut<T>(&mut self, inside: impl Fn(&mut Self) -> Result<T>) -> Result<(bool, T)> {
        match self.opt_form("mut", &inside)? {
            Some(value) => Ok((true, value)),
            None => Ok((false, inside(self)?)),
        }
    }

    /// Reads a value type.
    pub(crate) fn val_type(&mut self) -> Result<ValType> {
        let ty = match self.cursor.bytes() {
            b"i32" => ValType::I32,
            b"i64" => ValType::I64,
            b"f32" => ValType::F32,
            b"f64" => ValType::F64,
            b"v128" => ValType::V128,
            _ => return self.ref_type().map(ValType::Ref),
        };
        self.cursor.bump();
        Ok(ty)
    }

    /// Returns whether a reference type comes next, judging by its first tokens.
    pub(super) fn at_ref_type(&self) -> bool {
        match self.cursor.peek() {
            TokenKind::Keyword => AbsHeapType::from_reference_keyword(self.cursor.text()).is_some(),
            _ => self.cursor.at_open("ref"),
        }
    }

    /// Reads a reference type.
    pub(super) fn ref_type(&mut self) -> Result<RefType> {
        let explicit = self.opt_form("ref", |state| {
            let nullable = state.cursor.opt_keyword("null");
            Ok(RefType { nullable, heap: state.heap_type()? })
        })?;
        if let Some(ty) = explicit {
            return Ok(ty);
        }
        if self.cursor.peek() == TokenKind::Keyword
            && let Some(abs) = AbsHeapType::from_reference_keyword(self.cursor.text())
        {
            self.cursor.bump();
            return Ok(RefType::null(HeapType::Abs(abs)));
        }
        Err(self.cursor.unexpected_form(Expected::ValType))
    }

    /// Reads a heap type.
    pub(super) fn heap_type(&mut self) -> Result<HeapType> {
        match self.cursor.peek() {
            TokenKind::Keyword => self.cursor.expect_abs_heap_type().map(HeapType::Abs),
            TokenKind::Open => {
                self.cursor.expect_open("exact")?;
                let index = self.idx(Space::Type)?;
                self.cursor.expect_close()?;
                Ok(HeapType::Exact(TypeIdx(index)))
            }
            TokenKind::Id | TokenKind::Number => {
                self.idx(Space::Type).map(|index| HeapType::Type(TypeIdx(index)))
            }
            _ => Err(self.cursor.unexpected(Expected::HeapType)),
        }
    }

    pub(super) fn global_type(&mut self) -> Result<GlobalType> {
        let (mutable, val) = self.opt_mut(Self::val_type)?;
        Ok(GlobalType { mutable, val })
    }

    pub(super) fn addr_type(&mut self) -> AddrType {
        if self.cursor.opt_keyword("i64") {
            return AddrType::I64;
        }
        self.cursor.opt_keyword("i32");
        AddrType::I32
    }

    /// Reads the limits of a size. Without 64-bit memories, they have 32 bits.
    fn limits(&mut self) -> Result<Limits> {
        let addr = self.addr_type();
        let wide = self.features.contains(wattle_ast::Feature::Memory64);
        let bound = |state: &mut Self| {
            if wide { state.cursor.expect_u64() } else { state.cursor.expect_u32().map(u64::from) }
        };
        let min = bound(self)?;
        let max = if self.cursor.peek() == TokenKind::Number { Some(bound(self)?) } else { None };
        let shared = self.cursor.opt_keyword("shared");
        Ok(Limits { addr, shared, min, max })
    }

    pub(super) fn table_type(&mut self) -> Result<TableType> {
        let limits = self.limits()?;
        Ok(TableType { elem: self.ref_type()?, limits })
    }

    pub(super) fn mem_type(&mut self) -> Result<MemType> {
        let limits = self.limits()?;
        Ok(MemType { limits, page_size_log2: self.opt_page_size()? })
    }

    /// Reads `(pagesize N)`, if it comes next.
    pub(super) fn opt_page_size(&mut self) -> Result<Option<u8>> {
        self.opt_form("pagesize", |state| {
            let start = state.cursor.pos();
            let size = state.cursor.expect_u64()?;
            if !size.is_power_of_two() {
                return Err(Error::boxed(ErrorKind::PageSize, state.span_at(start)));
            }
            Ok(size.trailing_zeros() as u8)
        })
    }

    /// Reads parameters and results into `self.params` and `self.results`.
    pub(super) fn params_and_results(&mut self, ids: ParamIds) -> Result<()> {
        self.params.clear();
        self.results.clear();
        loop {
            let start = self.cursor.pos();
            if !self.cursor.opt_open("param") {
                break;
            }
            let named = match ids {
                ParamIds::None => false,
                _ => self.param_name(ids)?,
            };
            self.rest_of_form(named, |state| {
                let type_at = state.cursor.pos();
                let ty = state.val_type()?;
                if let ParamIds::Bound(func) = ids {
                    let index = state.params.len() as u32;
                    state.locate_local(func, index, if named { start } else { type_at });
                }
                state.params.push(ty);
                Ok(())
            })?;
        }
        while self.cursor.opt_open("result") {
            self.rest_of_form(false, |state| {
                let ty = state.val_type()?;
                state.results.push(ty);
                Ok(())
            })?;
        }
        if self.cursor.at_open("param") {
            self.cursor.bump();
            return Err(self.cursor.unexpected(Expected::NoParams));
        }
        Ok(())
    }

    fn param_name(&mut self, ids: ParamIds) -> Result<bool> {
        let index = self.params.len() as u32;
        if let ParamIds::Bound(func) = ids {
            return self.local_name(func, Some(index));
        }
        let id = self.cursor.opt_id();
        let Some(name) = self.name_annotation()?.or(id) else { return Ok(false) };
        let names = &mut self.module.names;
        let params = match ids {
            ParamIds::Type(ty) => names.type_params.entry(ty.into()),
            ParamIds::Tag(tag) => names.tag_params.entry(tag.into()),
            ParamIds::Import(func) | ParamIds::Bound(func) => names.locals.entry(func.into()),
            ParamIds::None | ParamIds::Shared => return Ok(true),
        };
        params.insert(index.into(), name);
        Ok(true)
    }

    /// Binds the identifier of a local, if one comes next, and records its name. Returns whether it
    /// has an identifier. The index is unknown if the type of the function is.
    pub(super) fn local_name(&mut self, func: u32, index: Option<u32>) -> Result<bool> {
        let (at, span) = (self.cursor.pos(), self.cursor.span());
        let id = self.cursor.opt_id();
        let annotated = self.name_annotation()?;
        let Some(name) = annotated.as_ref().or(id.as_ref()).cloned() else { return Ok(false) };
        let index = index.unwrap_or(0);
        if let Some(id) = id {
            if !self.scope[Space::Local].ids.insert(id.clone(), index) {
                return Err(Error::boxed(
                    ErrorKind::Duplicate(Space::Local, id.as_str().into()),
                    span,
                ));
            }
            self.define(Space::Local, Some(func), index, at, at - 2);
        }
        self.module.names.locals.entry(func.into()).insert(index.into(), name);
        Ok(true)
    }

    /// Returns the function type with the signature that was parsed last.
    fn func_type(&self) -> FuncType {
        FuncType::new(self.params.iter().copied(), self.results.iter().copied())
    }

    /// Reads a type use: `(type $t)`, parameters and results, or both, which then must agree.
    pub(super) fn type_use(&mut self, ids: ParamIds) -> Result<TypeIdx> {
        let (explicit, start) = self.opt_type_idx()?;
        self.params_and_results(ids)?;
        self.use_signature(explicit, start)
    }

    /// Reads `(type $t)`. Also returns the position of `$t`.
    pub(super) fn opt_type_idx(&mut self) -> Result<(Option<u32>, usize)> {
        let start = self.cursor.pos() + 2;
        Ok((self.opt_form("type", |state| state.idx(Space::Type))?, start))
    }

    /// Returns the index of a type with the signature that was parsed last: the explicit type,
    /// whose index is at position `start`; or the first equal type; or a new one.
    pub(super) fn use_signature(&mut self, explicit: Option<u32>, start: usize) -> Result<TypeIdx> {
        let Some(index) = explicit else { return Ok(self.implicit_type()) };
        if self.params.is_empty() && self.results.is_empty() {
            return Ok(TypeIdx(index));
        }
        let kind = match self.module.types.get(TypeIdx(index)) {
            _ if self.broken_types.contains(&index) => return Ok(TypeIdx(index)),
            None => {
                let text = self.cursor.tokens.text(self.cursor.tokens.get(start));
                ErrorKind::Unknown(Space::Type, text.into())
            }
            Some(SubType { comp: CompType::Func(ty), .. })
                if ty.params() == self.params && ty.results() == self.results =>
            {
                return Ok(TypeIdx(index));
            }
            Some(ty) => {
                let mut error = Error::boxed(ErrorKind::InlineFuncType, self.span_at(start));
                error.help = func_type_text(ty).map(|text| Help::TypeIs(text.into()));
                return Err(error);
            }
        };
        Err(Error::boxed(kind, self.span_at(start)))
    }

    fn implicit_type(&mut self) -> TypeIdx {
        let new = self.module.types.len() as u32;
        let signature = signature(&self.params, &self.results);
        let index = match self.is_type {
            true => self.type_uses.get(&signature).copied().unwrap_or(new),
            false => *self.type_uses.entry(signature).or_insert(new),
        };
        if index == new {
            self.module.types.push(self.func_type().into());
        }
        TypeIdx(index)
    }

    /// Returns the type of a function without parameters and results.
    pub(super) fn empty_func_type(&mut self) -> TypeIdx {
        self.params.clear();
        self.results.clear();
        self.implicit_type()
    }

    /// Returns the number of parameters of a type, if it is known to be a function type.
    pub(super) fn param_count(&self, ty: TypeIdx) -> Option<u32> {
        if self.broken_types.contains(&ty.0) {
            return Some(0);
        }
        match self.module.types.get(ty) {
            Some(SubType { comp: CompType::Func(ty), .. }) => Some(ty.params().len() as u32),
            _ => None,
        }
    }

    /// Reads a field: a number, or an identifier of a field of a struct type.
    pub(super) fn field_idx(&mut self, ty: TypeIdx) -> Result<u32> {
        if self.cursor.peek() != TokenKind::Id {
            return self.cursor.expect_idx();
        }
        match self.field_ids.get(&ty.0).and_then(|ids| ids.get(&self.cursor.id())) {
            Some(index) => {
                self.refer(Space::Field, Some(ty.0), index);
                self.cursor.bump();
                Ok(index)
            }
            // A type with an error may have this field.
            None if self.broken_types.contains(&ty.0) => {
                self.cursor.bump();
                Ok(0)
            }
            None => Err(self.unknown(Space::Field)),
        }
    }
}

/// Returns a function type as text, unless the text is long.
#[cold]
fn func_type_text(ty: &SubType) -> Option<String> {
    let CompType::Func(func) = &ty.comp else { return None };
    (func.params().len() + func.results().len() <= 16).then(|| func.to_string())
}
