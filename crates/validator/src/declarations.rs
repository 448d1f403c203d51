//! Rules of declarations: imports, functions, tables, memories, tags, globals, exports and
//! segments.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/modules.html>

use alloc::string::String;

use wattle_ast::{
    AddrType, Data, DataMode, Elem, ElemItems, ElemMode, Export, Expr, ExternIdx, ExternType,
    Feature, FuncIdx, Global, GlobalType, Import, Limits, MemType, RefType, Table, TableType,
    TagType, TypeIdx, ValType,
};

use crate::func::number_type;
use crate::ty::Ty;
use crate::types::{self, Unusable, address};
use crate::validator::Validator;
use crate::{Error, ErrorKind, Mismatch};

type Checked = Result<(), Error>;

fn within(count: usize, what: &'static str, most: u32) -> Checked {
    if count >= most as usize { Err(ErrorKind::Limit(what, most.into()).into()) } else { Ok(()) }
}

impl Validator {
    fn need(&self, feature: Feature, phrase: &'static str) -> Checked {
        match self.types.features.contains(feature) {
            true => Ok(()),
            false => Err(Error::disabled(ErrorKind::NotEnabled(phrase), feature)),
        }
    }

    pub(crate) fn import(&mut self, import: &Import<'_>) -> Checked {
        let index = self.counts.imports;
        self.counts.imports += 1;
        let most = self.types.limits.imports;
        let outcome = within(index as usize, "imports", most);
        self.or_broken(outcome)?;
        match import.ty {
            ExternType::Func(ty) => {
                self.func(ty)?;
                self.types_mut().imported_funcs += 1;
                Ok(())
            }
            ExternType::FuncExact(_) => {
                self.or_broken(Err(Unusable::Unsupported(Feature::CustomDescriptors).into()))
            }
            ExternType::Table(ty) => self.add_table(ty).map(drop),
            ExternType::Mem(ty) => self.memory(&ty),
            ExternType::Global(ty) => {
                self.add_global(ty)?;
                self.types_mut().imported_globals += 1;
                Ok(())
            }
            ExternType::Tag(ty) => self.tag(ty),
        }
    }

    pub(crate) fn func(&mut self, ty: TypeIdx) -> Checked {
        let types = &self.types;
        let outcome = within(types.funcs.len(), "functions", types.limits.funcs)
            .and_then(|()| Ok(types.func_type_id(ty)?));
        let id = self.or_broken(outcome)?;
        self.types_mut().funcs.push(id);
        Ok(())
    }

    pub(crate) fn table(&mut self, table: &Table<'_>) -> Checked {
        let elem = self.add_table(table.ty)?;
        match &table.init {
            Some(init) => {
                self.need(Feature::FunctionReferences, "malformed table")?;
                self.constant(elem, init)
            }
            None if elem.is_defaultable() => Ok(()),
            None => Err(self.types.mismatch(Mismatch::TableInit, &[elem], &[])),
        }
    }

    fn add_table(&mut self, ty: TableType) -> Result<Ty, Error> {
        let outcome = self.table_elem(ty);
        let elem = self.or_broken(outcome)?;
        let addr = address(ty.limits.addr);
        self.types_mut().tables.push(types::Table { elem, addr, ty });
        self.need_address(ty.limits.addr)?;
        if ty.limits.shared {
            return Err(ErrorKind::SharedTable.into());
        }
        let (most, message) = match ty.limits.addr {
            AddrType::I32 => (u32::MAX.into(), "2^32-1 for i32"),
            AddrType::I64 => (u64::MAX, "2^64-1 for i64"),
        };
        check_limits(&ty.limits, most, || ErrorKind::TableSize(message))?;
        Ok(elem)
    }

    fn table_elem(&self, ty: TableType) -> Result<Ty, Error> {
        let types = &self.types;
        within(types.tables.len(), "tables", types.limits.tables)?;
        if !types.tables.is_empty() && !types.features.contains(Feature::ReferenceTypes) {
            return Err(Error::disabled(ErrorKind::MultipleTables, Feature::ReferenceTypes));
        }
        // Tables of functions existed before reference types.
        if ty.elem == RefType::FUNCREF {
            return Ok(Ty::FUNCREF);
        }
        Ok(types.value(ValType::Ref(ty.elem))?)
    }

    fn need_address(&self, addr: AddrType) -> Checked {
        match addr {
            AddrType::I32 => Ok(()),
            AddrType::I64 => self.need(Feature::Memory64, "malformed limits flags"),
        }
    }

    pub(crate) fn memory(&mut self, ty: &MemType) -> Checked {
        let count = self.types.memories.len();
        let outcome = within(count, "memories", self.types.limits.memories);
        self.or_broken(outcome)?;
        self.types_mut().memories.push(*ty);
        if count > 0 && !self.types.features.contains(Feature::MultiMemory) {
            return Err(Error::disabled(ErrorKind::MultipleMemories, Feature::MultiMemory));
        }
        self.need_address(ty.limits.addr)?;
        if ty.page_size_log2.is_some() {
            self.need(Feature::CustomPageSizes, "malformed limits flags")?;
        }
        if ty.limits.shared {
            self.need(Feature::Threads, "malformed limits flags")?;
        }
        let (most, message) = match (ty.page_bits(), ty.limits.addr) {
            (16, AddrType::I32) => (1 << 16, "65536 pages (4GiB)"),
            (16, AddrType::I64) => (1 << 48, "2^48 pages (256 TiB) for i64"),
            (0, AddrType::I32) => (u32::MAX.into(), "2^32-1 bytes for i32"),
            (0, AddrType::I64) => (u64::MAX, "2^64-1 bytes for i64"),
            _ => return Err(ErrorKind::PageSize.into()),
        };
        check_limits(&ty.limits, most, || ErrorKind::MemorySize(message))?;
        if ty.limits.shared && ty.limits.max.is_none() {
            return Err(ErrorKind::SharedNoMax.into());
        }
        Ok(())
    }

    pub(crate) fn tag(&mut self, ty: TagType) -> Checked {
        let types = &self.types;
        let legacy = types.features.contains(Feature::LegacyExceptions);
        let outcome = within(types.tags.len(), "tags", types.limits.tags)
            .and_then(|()| match legacy {
                true => Ok(()),
                false => self.need(Feature::Exceptions, "malformed section id"),
            })
            .and_then(|()| Ok(types.func_type_id(ty.ty)?));
        let id = self.or_broken(outcome)?;
        let has_results = !self.types.registry.results(id.0).is_empty();
        self.types_mut().tags.push(id);
        if has_results && !self.types.features.contains(Feature::StackSwitching) {
            return Err(ErrorKind::TagResults.into());
        }
        Ok(())
    }

    pub(crate) fn global(&mut self, global: &Global<'_>) -> Checked {
        let outcome = self.global_type(global.ty);
        let ty = self.or_broken(outcome)?;
        // The initializer of a global cannot name the global itself.
        let checked = self.constant(ty.without_flag(), &global.init);
        self.types_mut().globals.push(ty);
        checked
    }

    fn add_global(&mut self, ty: GlobalType) -> Checked {
        let outcome = self.global_type(ty);
        let ty = self.or_broken(outcome)?;
        self.types_mut().globals.push(ty);
        Ok(())
    }

    fn global_type(&self, ty: GlobalType) -> Result<Ty, Error> {
        let types = &self.types;
        within(types.globals.len(), "globals", types.limits.globals)?;
        Ok(types.value(ty.val)?.flagged(ty.mutable))
    }

    pub(crate) fn export(&mut self, export: &Export<'_>) -> Checked {
        let index = self.counts.exports;
        self.counts.exports += 1;
        let types = &self.types;
        within(index as usize, "exports", types.limits.exports)?;
        let (count, unknown) = match export.index {
            ExternIdx::Func(func) => (types.funcs.len(), ErrorKind::UnknownFunc(func.0)),
            ExternIdx::Table(table) => (types.tables.len(), ErrorKind::UnknownTable(table.0)),
            ExternIdx::Mem(memory) => (types.memories.len(), ErrorKind::UnknownMemory(memory.0)),
            ExternIdx::Global(global) => (types.globals.len(), ErrorKind::UnknownGlobal(global.0)),
            ExternIdx::Tag(tag) => (types.tags.len(), ErrorKind::UnknownTag(tag.0)),
        };
        if export.index.index() as usize >= count {
            return Err(unknown.into());
        }
        if let ExternIdx::Func(func) = export.index {
            self.types_mut().declare(func.0);
        }
        let name = String::from(export.name.as_str());
        if !self.export_names.insert(name) {
            let name = String::from(export.name.as_str());
            return Err(ErrorKind::DuplicateExport(name).into());
        }
        Ok(())
    }

    pub(crate) fn start(&mut self, func: FuncIdx) -> Checked {
        let types = &self.types;
        match types.func(func).map(|id| types.registry.func(id.0)) {
            Some(Some(([], []))) => Ok(()),
            Some(_) => Err(Error::from(ErrorKind::StartFunction)),
            None => Err(ErrorKind::UnknownFunc(func.0).into()),
        }
    }

    pub(crate) fn elem(&mut self, elem: &Elem<'_>) -> Checked {
        let outcome = self.elem_type(self.types.elems.len(), elem);
        let ty = self.or_broken(outcome)?;
        let checked = self.check_elem(ty, elem);
        self.types_mut().elems.push(ty);
        checked
    }

    fn elem_type(&self, index: usize, elem: &Elem<'_>) -> Result<Ty, Error> {
        within(index, "element segments", self.types.limits.elems)?;
        match elem.items {
            // Both forms existed before reference types.
            ElemItems::Funcs(_) => Ok(Ty::FUNCREF.nullable(false)),
            ElemItems::Exprs(_) if elem.ty == RefType::FUNCREF => Ok(Ty::FUNCREF),
            ElemItems::Exprs(_) => Ok(self.types.value(ValType::Ref(elem.ty))?),
        }
    }

    fn check_elem(&mut self, ty: Ty, elem: &Elem<'_>) -> Checked {
        match &elem.items {
            ElemItems::Funcs(funcs) => {
                let types = self.types_mut();
                for func in funcs.view().iter() {
                    if func.idx() >= types.funcs.len() {
                        return Err(ErrorKind::UnknownFunc(func.0).into());
                    }
                    types.declare(func.0);
                }
            }
            ElemItems::Exprs(exprs) => {
                exprs.view().iter().try_for_each(|expr| self.constant(ty, &expr))?;
            }
        }
        match &elem.mode {
            ElemMode::Active { table, offset } => {
                let table = table.unwrap_or_default();
                let Some(&table) = self.types.tables.get(table.idx()) else {
                    return Err(ErrorKind::UnknownTable(table.0).into());
                };
                if !self.types.registry.matches(ty, table.elem) {
                    return Err(self.types.mismatch(Mismatch::Segment, &[table.elem], &[ty]));
                }
                self.constant(table.addr, offset)
            }
            ElemMode::Passive => self.need(Feature::BulkMemory, "malformed elements segment kind"),
            ElemMode::Declarative => {
                self.need(Feature::ReferenceTypes, "malformed elements segment kind")
            }
        }
    }

    pub(crate) fn data(&mut self, data: &Data<'_>) -> Checked {
        let index = self.counts.datas as usize;
        self.counts.datas += 1;
        within(index, "data segments", self.types.limits.datas)?;
        match &data.mode {
            DataMode::Passive => self.need(Feature::BulkMemory, "malformed data segment kind"),
            DataMode::Active { memory, offset } => {
                let memory = memory.unwrap_or_default().0;
                match self.types.memory_addr(memory) {
                    Some(addr) => self.constant(addr, offset),
                    None => Err(ErrorKind::UnknownMemory(memory).into()),
                }
            }
        }
    }

    /// Checks a constant expression, and declares the functions that it names.
    fn constant(&mut self, ty: Ty, expr: &Expr<'_>) -> Checked {
        // Most constant expressions are a single number.
        if number_type(expr, self.types.features) == Some(ty) {
            return Ok(());
        }
        let checked = self.func_validator.constant(&self.types, ty, expr);
        if !self.func_validator.declared.is_empty() {
            let types = self.types.to_mut();
            self.func_validator.declared.drain(..).for_each(|func| types.declare(func));
        }
        checked
    }
}

/// Spec: <https://webassembly.github.io/spec/core/valid/types.html#limits>
fn check_limits(limits: &Limits, most: u64, too_large: impl Fn() -> ErrorKind) -> Checked {
    if limits.min > most || limits.max.is_some_and(|max| max > most) {
        return Err(too_large().into());
    }
    if limits.max.is_some_and(|max| limits.min > max) {
        return Err(ErrorKind::LimitsOrder.into());
    }
    Ok(())
}
