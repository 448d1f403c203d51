//! Types as text.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/types.html>

use alloc::vec::Vec;

use wattle_ast::{
    AddrType, CompType, ExternType, FieldType, FuncType, GlobalType, HeapType, Limits, Local,
    LocalIdx, MemType, NameMap, PackType, RefType, StorageType, SubType, TableType, TypeIdx,
    ValType,
};

use crate::context::Context;
use crate::ids::{Ids, Space};
use crate::{limits, numbers};

/// Whether parameters and results are repeated where the type is used. `has_names` states whether
/// its parameters have names there.
pub(crate) fn repeats(func: &FuncType, has_names: bool) -> bool {
    let most = if has_names { limits::TYPES_WITH_NAMES } else { limits::TYPES };
    func.params().len() + func.results().len() <= most
}

/// Writes the text of core types, which depends only on the identifiers of types.
#[derive(Clone, Copy)]
pub(crate) struct Types<'i> {
    pub(crate) ids: &'i Ids,
    /// The number of types that references name by identifier. References to later types are
    /// numbers, because text cannot refer forwards by identifier there.
    pub(crate) known: u32,
}

/// The identifiers inside of a type.
#[derive(Clone, Copy, Default)]
pub(crate) struct Inner<'i> {
    pub(crate) params: Option<&'i Ids>,
    pub(crate) fields: Option<&'i Ids>,
}

impl Types<'_> {
    /// Appends a space, and the identifier or the number.
    #[inline]
    fn reference(self, out: &mut Vec<u8>, index: TypeIdx) {
        match index.0 < self.known {
            true => self.ids.reference(out, index.0),
            false => numbers::spaced(out, index.0.into()),
        }
    }

    pub(crate) fn heap_type(self, out: &mut Vec<u8>, ty: HeapType) {
        match ty {
            HeapType::Abs(abs) => {
                out.push(b' ');
                out.extend_from_slice(abs.keyword().as_bytes());
            }
            HeapType::Type(index) => self.reference(out, index),
            HeapType::Exact(index) => {
                out.extend_from_slice(b" (exact");
                self.reference(out, index);
                out.push(b')');
            }
        }
    }

    /// Appends a space and the type.
    pub(crate) fn ref_type(self, out: &mut Vec<u8>, ty: RefType) {
        match (ty.nullable, ty.heap) {
            (true, HeapType::Abs(abs)) => {
                out.push(b' ');
                out.extend_from_slice(abs.reference_keyword().as_bytes());
            }
            (nullable, heap) => {
                out.extend_from_slice(if nullable { b" (ref null" } else { b" (ref" });
                self.heap_type(out, heap);
                out.push(b')');
            }
        }
    }

    pub(crate) fn val_type(self, out: &mut Vec<u8>, ty: ValType) {
        match ty {
            ValType::Ref(ty) => self.ref_type(out, ty),
            number => {
                out.push(b' ');
                out.extend_from_slice(number.keyword().unwrap_or_default().as_bytes());
            }
        }
    }

    /// Appends ` (result types)`, even without types.
    pub(crate) fn result_types(self, out: &mut Vec<u8>, types: impl Iterator<Item = ValType>) {
        out.extend_from_slice(b" (result");
        types.for_each(|ty| self.val_type(out, ty));
        out.push(b')');
    }

    /// Appends parameters or locals. Each of them with an identifier has parentheses of its own.
    /// `first` is the index of the first one.
    pub(crate) fn variables(
        self,
        out: &mut Vec<u8>,
        keyword: &str,
        types: impl Iterator<Item = ValType>,
        first: u32,
        ids: Option<&Ids>,
    ) {
        let mut open = false;
        for (index, ty) in (first..=u32::MAX).zip(types) {
            let id = ids.map_or(&[][..], |ids| ids.definition(index));
            if open && !id.is_empty() {
                out.push(b')');
                open = false;
            }
            if !open {
                out.extend_from_slice(b" (");
                out.extend_from_slice(keyword.as_bytes());
                open = true;
            }
            if !id.is_empty() {
                out.push(b' ');
                out.extend_from_slice(id);
            }
            self.val_type(out, ty);
            if !id.is_empty() {
                out.push(b')');
                open = false;
            }
        }
        if open {
            out.push(b')');
        }
    }

    fn params_and_results(self, out: &mut Vec<u8>, ty: &FuncType, ids: Option<&Ids>) {
        self.variables(out, "param", ty.params().iter().copied(), 0, ids);
        if !ty.results().is_empty() {
            self.result_types(out, ty.results().iter().copied());
        }
    }

    /// Appends ` (type 5)`.
    pub(crate) fn type_ref(self, out: &mut Vec<u8>, ty: TypeIdx) {
        out.extend_from_slice(b" (type");
        self.reference(out, ty);
        out.push(b')');
    }

    fn field(self, out: &mut Vec<u8>, field: FieldType) {
        if field.mutable {
            out.extend_from_slice(b" (mut");
        }
        match field.storage {
            StorageType::Val(ty) => self.val_type(out, ty),
            StorageType::Pack(PackType::I8) => out.extend_from_slice(b" i8"),
            StorageType::Pack(PackType::I16) => out.extend_from_slice(b" i16"),
        }
        if field.mutable {
            out.push(b')');
        }
    }

    fn comp_type(self, out: &mut Vec<u8>, ty: &CompType, inner: Inner<'_>) {
        match ty {
            CompType::Func(func) => {
                out.extend_from_slice(b" (func");
                self.params_and_results(out, func, inner.params);
            }
            CompType::Struct(structure) => {
                out.extend_from_slice(b" (struct");
                for (index, field) in (0..=u32::MAX).zip(&structure.fields) {
                    out.extend_from_slice(b" (field");
                    let id = inner.fields.map(|ids| ids.definition(index));
                    if let Some(id) = id.filter(|id| !id.is_empty()) {
                        out.push(b' ');
                        out.extend_from_slice(id);
                    }
                    self.field(out, *field);
                    out.push(b')');
                }
            }
            CompType::Array(array) => {
                out.extend_from_slice(b" (array");
                self.field(out, array.field);
            }
            CompType::Cont(ty) => {
                out.extend_from_slice(b" (cont");
                self.reference(out, *ty);
            }
        }
        out.push(b')');
    }

    /// Appends a type definition without `(type $id`.
    pub(crate) fn sub_type(self, out: &mut Vec<u8>, ty: &SubType, inner: Inner<'_>) {
        let has_sub = !ty.is_final || !ty.supertypes.is_empty();
        if has_sub {
            out.extend_from_slice(if ty.is_final { b" (sub final" } else { b" (sub" });
            for supertype in &ty.supertypes {
                self.reference(out, *supertype);
            }
        }
        for (keyword, index) in [("describes", ty.describes), ("descriptor", ty.descriptor)] {
            if let Some(index) = index {
                out.extend_from_slice(b" (");
                out.extend_from_slice(keyword.as_bytes());
                self.reference(out, index);
                out.push(b')');
            }
        }
        self.comp_type(out, &ty.comp, inner);
        if has_sub {
            out.push(b')');
        }
    }

    pub(crate) fn table_type(self, out: &mut Vec<u8>, ty: &TableType) {
        limits(out, &ty.limits);
        self.ref_type(out, ty.elem);
    }

    /// Appends ` (func (type 0))`: the type of an import or export.
    pub(crate) fn extern_type(self, out: &mut Vec<u8>, ty: &ExternType) {
        out.extend_from_slice(b" (");
        out.extend_from_slice(ty.kind().keyword().as_bytes());
        match ty {
            ExternType::Func(ty) => self.type_ref(out, *ty),
            ExternType::FuncExact(ty) => {
                out.extend_from_slice(b" (exact");
                self.type_ref(out, *ty);
                out.push(b')');
            }
            ExternType::Table(ty) => self.table_type(out, ty),
            ExternType::Mem(ty) => mem_type(out, ty),
            ExternType::Global(ty) => self.global_type(out, ty),
            ExternType::Tag(tag) => self.type_ref(out, tag.ty),
        }
        out.push(b')');
    }

    pub(crate) fn global_type(self, out: &mut Vec<u8>, ty: &GlobalType) {
        self.field(out, FieldType { mutable: ty.mutable, storage: StorageType::Val(ty.val) });
    }
}

fn limits(out: &mut Vec<u8>, limits: &Limits) {
    if limits.addr == AddrType::I64 {
        out.extend_from_slice(b" i64");
    }
    numbers::spaced(out, limits.min);
    if let Some(max) = limits.max {
        numbers::spaced(out, max);
    }
    if limits.shared {
        out.extend_from_slice(b" shared");
    }
}

pub(crate) fn mem_type(out: &mut Vec<u8>, ty: &MemType) {
    limits(out, &ty.limits);
    if let Some(log2) = ty.page_size_log2 {
        out.extend_from_slice(b" (pagesize");
        numbers::spaced(out, 1_u64.checked_shl(log2.into()).unwrap_or(0));
        out.push(b')');
    }
}

impl Context<'_> {
    /// The writer of the types of the module.
    #[inline(always)]
    pub(crate) fn types(&self) -> Types<'_> {
        Types { ids: &self.ids.types, known: u32::MAX }
    }

    /// Appends locals as runs of one type: ` (local (@repeat 1000000) i64)`. Locals with
    /// identifiers, whose indices are `named`, are written one by one.
    pub(crate) fn local_runs(
        &self,
        out: &mut Vec<u8>,
        runs: impl Iterator<Item = Local>,
        first: u32,
        ids: &Ids,
        named: impl Iterator<Item = u32>,
    ) {
        let mut named = named.peekable();
        let mut index = first;
        for run in runs {
            // A body with more locals than indices is malformed.
            let end = index.saturating_add(run.count);
            while index < end {
                let id = ids.definition(index);
                while named.next_if(|named| *named <= index).is_some() {}
                let next = match id {
                    [] => named.peek().map_or(end, |named| (*named).min(end)),
                    _ => index + 1,
                };
                out.extend_from_slice(b" (local");
                if next - index > 1 {
                    numbers::repeat(out, next - index);
                }
                if !id.is_empty() {
                    out.push(b' ');
                    out.extend_from_slice(id);
                }
                self.types().val_type(out, run.ty);
                out.push(b')');
                index = next;
            }
        }
    }

    /// Appends ` (type 5)`, followed by parameters and results unless there are too many. `ids` are
    /// the identifiers of the parameters; `has_names` states whether some of them are names.
    pub(crate) fn type_use(
        &self,
        out: &mut Vec<u8>,
        ty: TypeIdx,
        ids: Option<&Ids>,
        has_names: bool,
    ) {
        self.types().type_ref(out, ty);
        if let Some(func) = self.module.func_type(ty).filter(|func| repeats(func, has_names)) {
            self.types().params_and_results(out, func, ids);
        }
    }

    /// Appends ` (type 5)` and the parameters and results, with these names for the parameters.
    pub(crate) fn type_use_with_names(
        &self,
        out: &mut Vec<u8>,
        ty: TypeIdx,
        names: Option<&NameMap<'_, LocalIdx>>,
    ) {
        let func = self.module.func_type(ty).filter(|func| repeats(func, true));
        let ids = func.and_then(|func| param_ids(names, func));
        self.type_use(out, ty, ids.as_ref(), ids.is_some());
    }

    /// Appends the definition of the type with this index without `(type $id`.
    pub(crate) fn sub_type(&self, out: &mut Vec<u8>, index: u32, ty: &SubType) {
        let names = self.module.names.type_params.get(index.into());
        let params = match &ty.comp {
            CompType::Func(func) => param_ids(names, func),
            _ => None,
        };
        let inner = Inner { params: params.as_ref(), fields: self.ids.fields.get(&index) };
        self.types().sub_type(out, ty, inner);
    }
}

/// The identifiers of parameters with these names; `None` without names.
fn param_ids(names: Option<&NameMap<'_, LocalIdx>>, func: &FuncType) -> Option<Ids> {
    let len = func.params().len();
    let space = Space { keyword: "local", first: 0, len, name_unnamed: false, nameless: &[] };
    names.map(|names| Ids::new(Some(names), space))
}
