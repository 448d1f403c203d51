//! The fields of a module, in the second pass. Segments are in `segments.rs`, types in `types.rs`.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/modules.html>

use alloc::vec::Vec;

use wattle_ast::{
    AddrType, Body, Data, DataMode, Elem, ElemMode, Encode, Export, Expr, ExternIdx, ExternKind,
    ExternType, Feature, Func, FuncIdx, Global, Import, ImportGroup, Instr, ItemKind, Limits,
    Local, MemIdx, MemType, Name, Table, TableIdx, TableType, TagType, TypeIdx, leb128,
};
use wattle_syntax::TokenKind;

use super::State;
use super::code::{Code, Until};
use super::recovery::unreachable;
use super::scan::extern_kind;
use super::types::ParamIds;
use crate::error::{Error, ErrorKind, Expected, Result};
use crate::help::Help;
use crate::ids::Space;

impl<'a> State<'_, 'a> {
    /// Parses all fields except types. A field with an error is reported and leaves a placeholder.
    pub(super) fn fields(&mut self) {
        let mut code = Code::default();
        loop {
            let start = self.cursor.pos();
            self.field_start = start;
            let before = self.lengths();
            let result = match self.cursor.peek() {
                TokenKind::Close | TokenKind::Eof => break,
                TokenKind::Open => self.field(&mut code),
                _ => Err(self.cursor.unexpected(Expected::Field)),
            };
            if let Err(error) = result {
                self.report(*error);
                self.pass_by(start, &before);
            }
        }
    }

    fn field(&mut self, code: &mut Code<'a>) -> Result<()> {
        let start = self.cursor.pos();
        self.cursor.bump();
        if self.cursor.peek() != TokenKind::Keyword {
            return Err(self.cursor.unexpected(Expected::Field));
        }
        let keyword = self.cursor.text();
        self.cursor.bump();
        match keyword {
            "type" | "rec" => {
                // Types were parsed before, and their errors reported.
                self.cursor.seek(start);
                self.cursor.bump_form();
                return Ok(());
            }
            "import" => self.import(start)?,
            "export" => self.export(start)?,
            "elem" => self.elem(code, start)?,
            "data" => self.data(code, start)?,
            "start" => self.start_func(start)?,
            _ => match extern_kind(keyword) {
                Some(kind) => self.member(kind, code, start)?,
                None => {
                    self.cursor.seek(start + 1);
                    return Err(self.cursor.unexpected(Expected::Field));
                }
            },
        }
        self.cursor.expect_close()
    }

    /// Reads a function, table, memory, global or tag, which is imported or defined.
    fn member(&mut self, kind: ExternKind, code: &mut Code<'a>, start: usize) -> Result<()> {
        let index = self.bound(kind.into())?;
        self.inline_exports(kind, index)?;
        if let Some(names) = self.opt_inline_import()? {
            let ty = self.extern_type_tail(kind, Some(index))?;
            self.push_import(names, ty, start);
            return Ok(());
        }
        match kind {
            ExternKind::Func => self.func(code, index, start)?,
            ExternKind::Table => self.table(code, index)?,
            ExternKind::Mem => self.memory(index)?,
            ExternKind::Global => self.global(code, index)?,
            ExternKind::Tag => {
                let ty = self.type_use(ParamIds::Tag(index))?;
                self.module.tags.push(TagType { ty });
            }
        }
        self.locate(kind.item_kind(), index, start);
        Ok(())
    }

    /// Reads any number of `(export "name")` of the current member.
    fn inline_exports(&mut self, kind: ExternKind, index: u32) -> Result<()> {
        while self.cursor.at_open("export") {
            let start = self.cursor.pos();
            self.cursor.bump_open();
            let name = self.cursor.expect_name()?;
            self.cursor.expect_close()?;
            self.push_export(Export { name, index: ExternIdx::new(kind, index) }, start);
        }
        Ok(())
    }

    fn push_export(&mut self, export: Export<'a>, start: usize) {
        self.locate(ItemKind::Export, self.module.exports.len() as u32, start);
        self.module.exports.push(export);
    }

    /// Reads `(import "module" "name")` of the current member.
    fn opt_inline_import(&mut self) -> Result<Option<(Name<'a>, Name<'a>)>> {
        self.opt_form("import", |state| {
            Ok((state.cursor.expect_name()?, state.cursor.expect_name()?))
        })
    }

    pub(super) fn push_import(
        &mut self,
        (module, name): (Name<'a>, Name<'a>),
        ty: ExternType,
        start: usize,
    ) {
        self.locate(ItemKind::Import, self.module.imports.len() as u32, start);
        self.scope[ty.kind().into()].imported += 1;
        self.module.imports.push(Import { module, name, ty });
    }

    /// Reads the type of an imported function, which may be exact.
    fn func_import_type(&mut self, ids: ParamIds) -> Result<ExternType> {
        let exact = self.opt_form("exact", |state| state.type_use(ids))?;
        match exact {
            Some(ty) => Ok(ExternType::FuncExact(ty)),
            None => self.type_use(ids).map(ExternType::Func),
        }
    }

    /// Reads the type of an import behind its keyword. The import has an index unless several
    /// imports share the type.
    pub(crate) fn extern_type_tail(
        &mut self,
        kind: ExternKind,
        index: Option<u32>,
    ) -> Result<ExternType> {
        let ids = |named: fn(u32) -> ParamIds| index.map_or(ParamIds::Shared, named);
        Ok(match kind {
            ExternKind::Table => ExternType::Table(self.table_type()?),
            ExternKind::Mem => ExternType::Mem(self.mem_type()?),
            ExternKind::Global => ExternType::Global(self.global_type()?),
            ExternKind::Tag => ExternType::Tag(TagType { ty: self.type_use(ids(ParamIds::Tag))? }),
            ExternKind::Func => self.func_import_type(ids(ParamIds::Import))?,
        })
    }

    /// Reads `(` and the keyword of a kind of import.
    pub(crate) fn expect_extern(&mut self) -> Result<ExternKind> {
        let Some(kind) = self.cursor.open_keyword().and_then(extern_kind) else {
            return Err(self.cursor.unexpected_form(Expected::ExternType));
        };
        self.cursor.bump_open();
        Ok(kind)
    }

    /// Reads the type of an import with its keyword, such as `(func $id? ...)`.
    fn extern_type(&mut self) -> Result<ExternType> {
        let kind = self.expect_extern()?;
        let index = self.bound(kind.into())?;
        let ty = self.extern_type_tail(kind, Some(index))?;
        self.cursor.expect_close()?;
        Ok(ty)
    }

    pub(crate) fn import(&mut self, start: usize) -> Result<()> {
        let module = self.cursor.expect_name()?;
        if self.cursor.peek() == TokenKind::String {
            let name = self.cursor.expect_name()?;
            let ty = self.extern_type()?;
            self.push_import((module, name), ty, start);
            return Ok(());
        }
        if !self.features.contains(Feature::CompactImports) {
            return Err(self.cursor.unexpected(Expected::Name));
        }
        self.import_group(module)
    }

    /// Reads several imports of one module, each with its type, or with one type behind all of
    /// them.
    fn import_group(&mut self, module: Name<'a>) -> Result<()> {
        let first = self.module.imports.len() as u32;
        let mut names = Vec::new();
        while self.cursor.at_open("item") {
            let start = self.cursor.pos();
            self.cursor.bump_open();
            let name = self.cursor.expect_name()?;
            if self.cursor.peek() == TokenKind::Close && self.module.imports.len() as u32 == first {
                names.push((name, start));
            } else if names.is_empty() {
                let ty = self.extern_type()?;
                self.push_import((module.clone(), name), ty, start);
            } else {
                return Err(self.cursor.unexpected(Expected::Token(")")));
            }
            self.cursor.expect_close()?;
        }
        let typed = self.module.imports.len() as u32 - first;
        let untyped = names.len() as u32;
        if typed > 0 || (names.is_empty() && self.cursor.peek() == TokenKind::Close) {
            let group = ImportGroup { first, len: typed, module, ty: None };
            self.module.import_groups.push(group);
            return Ok(());
        }
        let kind = self.expect_extern()?;
        if self.cursor.peek() == TokenKind::Id {
            let mut error = self.cursor.error(ErrorKind::IdNotAllowed);
            error.help = names.is_empty().then_some(Help::IMPORT_NAMES);
            return Err(error);
        }
        let ty = self.extern_type_tail(kind, None)?;
        self.cursor.expect_close()?;
        for (name, start) in names {
            self.push_import((module.clone(), name), ty, start);
        }
        let group = ImportGroup { first, len: untyped, module, ty: Some(ty) };
        self.module.import_groups.push(group);
        Ok(())
    }

    fn export(&mut self, start: usize) -> Result<()> {
        let name = self.cursor.expect_name()?;
        let kind = self.expect_extern()?;
        let index = self.idx(kind.into())?;
        self.cursor.expect_close()?;
        self.push_export(Export { name, index: ExternIdx::new(kind, index) }, start);
        Ok(())
    }

    fn start_func(&mut self, start: usize) -> Result<()> {
        let func = self.idx(Space::Func)?;
        if self.module.start.is_some() {
            return Err(Error::boxed(ErrorKind::MultipleStarts, self.cursor.span_from(start)));
        }
        self.module.start = Some(FuncIdx(func));
        self.locate(ItemKind::Start, 0, start);
        Ok(())
    }

    fn func(&mut self, code: &mut Code<'a>, index: u32, start: usize) -> Result<()> {
        self.scope[Space::Local].ids.clear();
        self.func = Some(index);
        let (explicit, type_at) = self.opt_type_idx()?;
        self.params_and_results(ParamIds::Bound(index))?;
        let ty = self.use_signature(explicit, type_at)?;
        code.reset();
        let body = self.body(code, index, ty, type_at).and_then(|()| {
            let too_many = |_| Error::boxed(ErrorKind::TooMany(Space::Local), self.span_at(start));
            Body::from_bytes(code.out.as_slice().to_vec()).map_err(too_many)
        });
        let (body, result) = match body {
            Ok(_) if code.broken => {
                self.seek_close(start);
                (unreachable(), Ok(()))
            }
            Ok(body) => (body, Ok(())),
            Err(error) => (unreachable(), Err(error)),
        };
        self.func = None;
        self.module.funcs.push(Func { ty, body });
        result
    }

    /// Reads the locals and instructions of a function, and their annotations.
    fn body(&mut self, code: &mut Code<'a>, func: u32, ty: TypeIdx, type_at: usize) -> Result<()> {
        self.func_metadata.clear();
        self.locals(code, func, self.param_count(ty), type_at)?;
        self.expr(code, Until::Close, Some((ItemKind::Func, func)))?;
        if !code.annotated.is_empty() {
            self.keep_metadata(FuncIdx(func), &code.annotated);
        }
        Ok(())
    }

    /// Reads any number of `(local ...)`, and encodes them as runs of one type.
    fn locals(
        &mut self,
        code: &mut Code<'a>,
        func: u32,
        params: Option<u32>,
        type_at: usize,
    ) -> Result<()> {
        let mut runs: Vec<Local> = Vec::new();
        let mut index = params;
        while self.cursor.at_open("local") {
            let start = self.cursor.pos();
            self.cursor.bump_open();
            if self.cursor.peek() == TokenKind::Id && index.is_none() {
                // The index of the local depends on a type that could not be read.
                let text = self.cursor.tokens.text(self.cursor.tokens.get(type_at));
                let kind = ErrorKind::Unknown(Space::Type, text.into());
                return Err(Error::boxed(kind, self.span_at(type_at)));
            }
            let form = self.local_name(func, index).and_then(|named| {
                self.rest_of_form(named, |state| {
                    let count = state.repeat_annotation()?;
                    let type_at = state.cursor.pos();
                    let ty = state.val_type()?;
                    // Of repeated locals, the first has a place.
                    if let Some(index) = index {
                        state.locate_local(func, index, if named { start } else { type_at });
                    }
                    index = index.map(|index| index.saturating_add(count));
                    let last = runs.last_mut().filter(|run| run.ty == ty);
                    match last.and_then(|run| Some((run.count.checked_add(count)?, run))) {
                        Some((sum, run)) => run.count = sum,
                        None => runs.push(Local { count, ty }),
                    }
                    Ok(())
                })
            });
            if let Err(error) = form {
                code.broken = true;
                self.report(*error);
                self.cursor.seek(start);
                self.skip_form();
            }
        }
        leb128::write_u32(&mut code.out, runs.len() as u32);
        runs.iter().for_each(|run| run.encode(&mut code.out));
        Ok(())
    }

    /// Reads an expression that is not in a function.
    pub(super) fn const_expr(
        &mut self,
        code: &mut Code<'a>,
        until: Until,
        owner: Option<(ItemKind, u32)>,
    ) -> Result<Expr<'a>> {
        code.reset();
        self.expr(code, until, owner)?;
        Ok(Expr::new(code.out.as_slice().to_vec()))
    }

    fn global(&mut self, code: &mut Code<'a>, index: u32) -> Result<()> {
        let ty = self.global_type()?;
        let init = self.const_expr(code, Until::Close, Some((ItemKind::Global, index)))?;
        self.module.globals.push(Global { ty, init });
        Ok(())
    }

    fn memory(&mut self, index: u32) -> Result<()> {
        let ty = if self.at_inline_data() { self.inline_data(index)? } else { self.mem_type()? };
        self.module.memories.push(ty);
        Ok(())
    }

    /// Reads `(data "..")` in a memory, which becomes as large as the data.
    fn inline_data(&mut self, memory: u32) -> Result<MemType> {
        let data_index = self.len(Space::Data);
        let addr = self.addr_type();
        let page_size_log2 = self.opt_page_size()?;
        let start = self.cursor.pos();
        self.cursor.expect_open("data")?;
        let bytes = self.data_string()?;
        self.cursor.expect_close()?;
        let page = 1_u64.checked_shl(page_size_log2.unwrap_or(16).into()).unwrap_or(u64::MAX);
        let size = (bytes.len() as u64).div_ceil(page);
        let mode =
            DataMode::Active { memory: (memory > 0).then_some(MemIdx(memory)), offset: zero(addr) };
        self.module.datas.push(Data { mode, bytes });
        self.locate(ItemKind::Data, data_index, start);
        let limits = Limits { addr, shared: false, min: size, max: Some(size) };
        Ok(MemType { limits, page_size_log2 })
    }

    fn table(&mut self, code: &mut Code<'a>, index: u32) -> Result<()> {
        let table = if self.at_inline_elem() {
            self.inline_elem(code, index)?
        } else {
            let ty = self.table_type()?;
            let init = match self.cursor.peek() {
                TokenKind::Close => None,
                _ => Some(self.const_expr(code, Until::Close, Some((ItemKind::Table, index)))?),
            };
            Table { ty, init }
        };
        self.module.tables.push(table);
        Ok(())
    }

    /// Reads `funcref (elem ..)` in a table, which becomes as large as the list.
    fn inline_elem(&mut self, code: &mut Code<'a>, table: u32) -> Result<Table<'a>> {
        let elem_index = self.len(Space::Elem);
        let addr = self.addr_type();
        let elem = self.ref_type()?;
        let start = self.cursor.pos();
        self.cursor.expect_open("elem")?;
        let (ty, items) = self.inline_elem_items(code, elem)?;
        self.cursor.expect_close()?;
        let size = u64::from(items.len());
        let mode =
            ElemMode::Active { table: (table > 0).then_some(TableIdx(table)), offset: zero(addr) };
        self.module.elems.push(Elem { ty, items, mode });
        self.locate(ItemKind::Elem, elem_index, start);
        let limits = Limits { addr, shared: false, min: size, max: Some(size) };
        Ok(Table { ty: TableType { elem, limits }, init: None })
    }
}

/// The constant expression for address 0.
pub(super) fn zero(addr: AddrType) -> Expr<'static> {
    let zero = match addr {
        AddrType::I32 => Instr::I32Const { value: 0 },
        AddrType::I64 => Instr::I64Const { value: 0 },
    };
    [zero, Instr::End].into_iter().collect()
}
