//! Makes the parts of a module other than types, bodies and segments: imports, declarations and
//! exports.

use alloc::format;

use wattle_ast::{
    AddrType, Elem, ElemItems, ElemMode, Export, ExternIdx, ExternKind, ExternType, Features,
    FuncIdx, Global, GlobalIdx, GlobalType, Import, ImportGroup, Limits, List, MemType, Name,
    RefType, Table, TableType, TagType, TypeIdx, ValType,
};

use crate::ExternSpec;
use crate::generator::{CompKind, Generator, TableInfo, TypeDef};
use crate::ty::Ty;

/// The mask for addresses. The bytes at and shortly behind a masked address are within every
/// memory.
pub(crate) const ADDRESS_MASK: i64 = 0x7fff;
/// The mask for table indices. A masked index is within every table.
pub(crate) const TABLE_MASK: i64 = 7;
/// The maximum difference between the greatest and the least size of a memory or table, in pages or
/// elements.
const GROWTH: usize = 4;

/// Returns the letter and number that name an export, without an allocation for small numbers.
fn export_name(index: ExternIdx) -> Name<'static> {
    let names = match index.kind() {
        ExternKind::Func => "f0f1f2f3f4f5f6f7f8f9",
        ExternKind::Table => "t0t1t2t3t4t5t6t7t8t9",
        ExternKind::Mem => "m0m1m2m3m4m5m6m7m8m9",
        ExternKind::Global => "g0g1g2g3g4g5g6g7g8g9",
        ExternKind::Tag => "e0e1e2e3e4e5e6e7e8e9",
    };
    numbered(names, index.index())
}

/// Returns the name with this number. `names` holds the first ten names, of two bytes each.
fn numbered(names: &'static str, index: u32) -> Name<'static> {
    let start = index as usize * 2;
    match names.get(start..start + 2) {
        Some(name) => Name::Borrowed(name),
        None => Name::from(format!("{}{index}", names.get(..1).unwrap_or_default())),
    }
}

pub(crate) fn limits(min: u64, max: Option<u64>) -> Limits {
    Limits { min, max, ..Limits::default() }
}

impl Generator<'_, '_> {
    /// Makes all parts of the module other than types and bodies.
    pub(crate) fn make_declarations(&mut self) {
        self.make_imports();
        self.make_funcs();
        self.make_tables();
        self.make_some(self.config.max_memories, Self::some_mem_type);
        self.make_some(self.config.max_tags, Self::some_tag_type);
        self.make_globals();
        self.make_required_exports();
        self.make_fuel();
        self.make_elems();
        self.make_datas();
        if self.config.export_all {
            self.export_all();
        }
        if self.config.start && self.entropy.chance(50) {
            let is_empty = |&ty: &u32| {
                let (params, results) = self.signature(ty);
                params.len == 0 && results.len == 0
            };
            let start = self.funcs.iter().rposition(is_empty);
            self.module.start = start.map(|func| FuncIdx(func as u32));
        }
    }

    fn make_imports(&mut self) {
        match &self.config.imports {
            Some(specs) => {
                for spec in specs {
                    if spec.required || self.entropy.chance(128) {
                        let ty = self.extern_type(&spec.ty);
                        self.import(spec.module.clone().into(), spec.name.clone().into(), ty);
                    }
                }
            }
            None => {
                for index in 0..self.entropy.below(self.config.max_imports as usize + 1) {
                    if let Some(ty) = self.some_extern_type() {
                        let module = if self.entropy.chance(128) { "env" } else { "host" };
                        let name = numbered("i0i1i2i3i4i5i6i7i8i9", index as u32);
                        self.import(Name::Borrowed(module), name, ty);
                    }
                }
            }
        }
        if self.has(Features::COMPACT_IMPORTS) && self.entropy.chance(128) {
            self.group_imports();
        }
    }

    /// Groups neighbours that are imported from the same module. A group has one type when its
    /// imports agree.
    fn group_imports(&mut self) {
        let mut first = 0;
        let imports = &self.module.imports;
        for group in imports.chunk_by(|a, b| a.module == b.module) {
            let len = group.len() as u32;
            if let [import, _, ..] = group {
                let ty = Some(import.ty).filter(|ty| group.iter().all(|import| import.ty == *ty));
                let module = import.module.clone();
                self.module.import_groups.push(ImportGroup { first, len, module, ty });
            }
            first += len;
        }
    }

    fn import(&mut self, module: Name<'static>, name: Name<'static>, ty: ExternType) {
        match ty {
            ExternType::Func(_) | ExternType::FuncExact(_) => self.imported_funcs += 1,
            ExternType::Global(_) => self.imported_globals += 1,
            _ => {}
        }
        self.declare(ty);
        self.module.imports.push(Import { module, name, ty });
    }

    /// Adds an item of this type to its index space.
    fn declare(&mut self, ty: ExternType) {
        match ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => self.funcs.push(ty.0),
            ExternType::Table(ty) => {
                let (elem, addr) = (Ty::of(ValType::Ref(ty.elem)), Ty::address(ty.limits));
                self.tables.push(TableInfo { elem, addr, dispatch: false });
            }
            ExternType::Mem(ty) => self.memories.push(ty),
            ExternType::Global(ty) => self.globals.push(Ty::of(ty.val).mutable(ty.mutable)),
            ExternType::Tag(ty) => self.tags.push(ty.ty.0),
        }
    }

    /// Adds a table, memory or tag that the module defines.
    fn define_extern(&mut self, ty: ExternType) {
        self.declare(ty);
        match ty {
            ExternType::Table(ty) => self.module.tables.push(Table { ty, init: None }),
            ExternType::Mem(ty) => self.module.memories.push(ty),
            ExternType::Tag(ty) => self.module.tags.push(ty),
            _ => {}
        }
    }

    /// Defines up to `most` memories or tags, and at least one if any is possible.
    fn make_some(&mut self, most: u32, some: impl Fn(&mut Self) -> Option<ExternType>) {
        let most = most as usize;
        for _ in 0..(1 + self.entropy.below(most)).min(most) {
            let Some(ty) = some(self) else { break };
            self.define_extern(ty);
        }
    }

    fn extern_type(&mut self, spec: &ExternSpec) -> ExternType {
        match spec {
            ExternSpec::Func { params, results } => {
                ExternType::Func(TypeIdx(self.func_type(params, results)))
            }
            &ExternSpec::Global { ty, mutable } => {
                ExternType::Global(GlobalType { mutable, val: ty })
            }
            &ExternSpec::Memory { min, max } => {
                let limits = limits(min.into(), max.map(Into::into));
                ExternType::Mem(MemType { limits, page_size_log2: None })
            }
            &ExternSpec::Table { min, max } => ExternType::Table(TableType {
                elem: RefType::FUNCREF,
                limits: limits(min.into(), max.map(Into::into)),
            }),
        }
    }

    /// Chooses the type of an import whose values have defaults, since the provider makes no
    /// references.
    fn some_extern_type(&mut self) -> Option<ExternType> {
        match self.entropy.byte() {
            0..110 => {
                let ty = self.some_type(CompKind::Func)?;
                let (_, results) = self.signature(ty);
                let has_defaults = self.types_of(results).iter().all(|ty| ty.is_defaultable());
                has_defaults.then_some(ExternType::Func(TypeIdx(ty)))
            }
            110..170 => {
                let ty = self.any_type(self.types.len() as u32, 50);
                let ty = if ty.is_ref() { ty.nullable(true) } else { ty };
                let mutable = self.entropy.chance(100);
                Some(ExternType::Global(GlobalType { mutable, val: ty.val_type() }))
            }
            170..210 => self.some_mem_type(),
            210..240 => self.some_table_type().map(ExternType::Table),
            _ => self.some_tag_type(),
        }
    }

    fn make_funcs(&mut self) {
        let (least, most) = (self.config.min_funcs.max(1), self.config.max_funcs.max(1));
        let spare = most.saturating_sub(least) as usize;
        let count =
            least as usize + self.entropy.below(spare + 1).max(self.entropy.below(spare + 1));
        // Functions of single instructions come later, when their results are known.
        let count = if self.config.single_instruction { 1 } else { count };
        for _ in 0..count {
            let ty = self.some_type(CompKind::Func).unwrap_or(0);
            self.funcs.push(ty);
        }
        for ty in 0..self.types.len() as u32 {
            let is_needed = |def: TypeDef| def.needed && def.kind == CompKind::Func;
            if self.def(ty).is_some_and(is_needed) && !self.funcs.contains(&ty) {
                self.funcs.push(ty);
            }
        }
        for spec in &self.config.exports {
            if let ExternSpec::Func { params, results } = &spec.ty {
                let ty = self.func_type(params, results);
                let index = FuncIdx(self.funcs.len() as u32).into();
                self.funcs.push(ty);
                self.module.exports.push(Export { name: spec.name.clone().into(), index });
            }
        }
    }

    fn addr_type(&mut self) -> AddrType {
        let is_i64 = self.has(Features::MEMORY64) && self.entropy.chance(90);
        if is_i64 { AddrType::I64 } else { AddrType::I32 }
    }

    fn some_table_type(&mut self) -> Option<TableType> {
        let refs = self.has(Features::REFERENCE_TYPES);
        let most = self.config.max_tables.min(if refs { u32::MAX } else { 1 });
        if self.tables.len() >= most as usize {
            return None;
        }
        let elem = if refs { self.some_ref(self.types.len() as u32) } else { Ty::FUNCREF };
        let least = TABLE_MASK as u64 + 1;
        let spare = (self.config.max_table_elements as usize).saturating_sub(least as usize);
        let min = least + self.entropy.below(spare + 1) as u64;
        let mut limits = limits(min, Some(min + self.entropy.below(GROWTH + 1) as u64));
        limits.addr = self.addr_type();
        Some(TableType { elem: elem.ref_type(), limits })
    }

    fn make_tables(&mut self) {
        let room = self.config.max_tables > 0
            && (self.tables.is_empty() || self.has(Features::REFERENCE_TYPES));
        if room && self.entropy.chance(200) {
            let len = self.funcs.len() as u64 * 2;
            let mut limits = limits(len.max(TABLE_MASK as u64 + 1), None);
            limits.addr = self.addr_type();
            self.define_extern(ExternType::Table(TableType { elem: RefType::FUNCREF, limits }));
            self.tables.last_mut().into_iter().for_each(|table| table.dispatch = true);
        }
        for _ in 0..self.entropy.below(self.config.max_tables as usize + 1) {
            let Some(mut ty) = self.some_table_type() else { break };
            let elem = Ty::of(ValType::Ref(ty.elem));
            let elem = self.maybe_non_null(elem, 80);
            ty.elem = elem.ref_type();
            let explicit = !elem.is_nullable()
                || (self.has(Features::FUNCTION_REFERENCES) && self.entropy.chance(60));
            let init = if explicit { Some(self.constant_expr(elem)) } else { None };
            self.declare(ExternType::Table(ty));
            self.module.tables.push(Table { ty, init });
        }
    }

    fn some_mem_type(&mut self) -> Option<ExternType> {
        let multi = self.has(Features::MULTI_MEMORY);
        let most = self.config.max_memories.min(if multi { u32::MAX } else { 1 });
        if self.memories.len() >= most as usize {
            return None;
        }
        let page_size_log2 = match self.has(Features::CUSTOM_PAGE_SIZES) {
            true => match self.entropy.byte() {
                0..200 => None,
                200..226 => Some(16),
                _ => Some(0),
            },
            false => None,
        };
        let pages = 1 + self.entropy.below(self.config.max_memory_pages.max(1) as usize) as u64;
        let min = if page_size_log2 == Some(0) { pages << 16 } else { pages };
        let shared = self.has(Features::THREADS) && self.entropy.chance(90);
        let bounded = shared || self.config.no_traps || self.entropy.chance(200);
        let max = min + self.entropy.below(GROWTH + 1) as u64;
        let addr = self.addr_type();
        let limits = Limits { addr, shared, min, max: bounded.then_some(max) };
        Some(ExternType::Mem(MemType { limits, page_size_log2 }))
    }

    fn some_tag_type(&mut self) -> Option<ExternType> {
        let has_tags = self.has(Features::EXCEPTIONS) || self.has(Features::LEGACY_EXCEPTIONS);
        if !has_tags || self.tags.len() >= self.config.max_tags as usize {
            return None;
        }
        let mut order = self.entropy.rotation(self.types.len());
        let ty =
            order.find(|&ty| self.is_comp(ty, CompKind::Func) && self.signature(ty).1.len == 0)?;
        Some(ExternType::Tag(TagType { ty: TypeIdx(ty) }))
    }

    fn add_global(&mut self, ty: Ty) {
        let init = self.constant_expr(ty.bare());
        let global_type = GlobalType { mutable: ty.is_mutable(), val: ty.val_type() };
        self.module.globals.push(Global { ty: global_type, init });
        self.globals.push(ty);
    }

    fn make_globals(&mut self) {
        let most = self.config.max_globals as usize;
        for _ in 0..self.entropy.below(most + 1).max(self.entropy.below(most + 1)) {
            let ty = self.any_type(self.types.len() as u32, 60);
            let mutable = self.entropy.chance(180);
            self.add_global(ty.mutable(mutable));
        }
    }

    fn make_required_exports(&mut self) {
        for spec in &self.config.exports {
            if matches!(spec.ty, ExternSpec::Func { .. }) {
                continue;
            }
            let ty = self.extern_type(&spec.ty);
            match ty {
                ExternType::Global(ty) => self.add_global(Ty::of(ty.val).mutable(ty.mutable)),
                ty => self.define_extern(ty),
            }
            let index = ExternIdx::new(ty.kind(), self.count(ty.kind()) - 1);
            self.module.exports.push(Export { name: spec.name.clone().into(), index });
        }
    }

    /// Makes the global that counts the fuel. It is the last global, and only guards use it.
    fn make_fuel(&mut self) {
        let Some(fuel) = self.config.termination else { return };
        self.begin_body(Default::default());
        self.i32_const(fuel.min(i32::MAX as u32) as i32);
        let init = self.finish_expr();
        let ty = GlobalType { mutable: true, val: ValType::I32 };
        let index = self.globals.len() as u32;
        self.module.globals.push(Global { ty, init });
        self.module.exports.push(Export { name: "fuel".into(), index: GlobalIdx(index).into() });
        self.fuel = Some(index);
    }

    fn export_all(&mut self) {
        let count: u32 = ExternKind::ALL.iter().map(|&kind| self.count(kind)).sum();
        self.module.exports.reserve(count as usize);
        for &kind in ExternKind::ALL {
            for index in 0..self.count(kind) {
                self.export_unless_named(ExternIdx::new(kind, index));
            }
        }
    }

    /// Exports an item by its usual name, unless a required export has that name.
    pub(crate) fn export_unless_named(&mut self, index: ExternIdx) {
        let name = export_name(index);
        let is_free = self.config.exports.is_empty()
            || self.module.exports.iter().all(|export| export.name != name);
        if is_free {
            self.module.exports.push(Export { name, index });
        }
    }

    /// Makes the bodies of all functions, and the declarations that they need.
    pub(crate) fn make_bodies(&mut self) {
        self.weigh();
        for func in self.imported_funcs as usize..self.funcs.len() {
            let ty = self.funcs.get(func).copied().unwrap_or(0);
            self.make_body(ty);
            self.add_func(ty);
        }
        self.finish();
    }

    /// Makes the declaration that the bodies need: an element segment that declares functions.
    pub(crate) fn finish(&mut self) {
        if !self.config.export_all && !self.referenced.is_empty() {
            self.referenced.sort_unstable();
            self.referenced.dedup();
            let items = List::new(self.referenced.iter().map(|&func| FuncIdx(func)));
            let items = ElemItems::Funcs(items);
            let mode = ElemMode::Declarative;
            self.module.elems.push(Elem { ty: RefType::FUNC, items, mode });
        }
    }
}
