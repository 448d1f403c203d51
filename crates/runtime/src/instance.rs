//! Instances: instantiation, and the handles of what an instance exports.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_ast::{
    DataMode, ElemItems, ElemMode, Expr, ExternIdx, ExternType, GlobalType, Instr, Limits, RefType,
    TableType, ValType,
};

use crate::execute;
use crate::imports::Imports;
use crate::memory::{Memory, Table};
use crate::module::Module;
use crate::state::{
    EXPRESSION, FuncInst, FuncKind, GlobalInst, InstanceInst, MemoryInst, TableInst, TagInst,
};
use crate::store::Store;
use crate::trap::{Error, ErrorKind, at_mut};
use crate::types::{ref_in_store, val_in_store, widths};
use crate::values::{Func, Value, kind, slot_of};

/// A global of a store.
///
/// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#global-instances>
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Global {
    pub(crate) store: u64,
    pub(crate) addr: u32,
}

/// A tag of a store: two tags are the same only when they are one.
///
/// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#tag-instances>
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Tag {
    pub(crate) store: u64,
    pub(crate) addr: u32,
}

/// What is imported or exported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

macro_rules! into_extern {
    ($( $name:ident )*) => { $(
        impl From<$name> for Extern {
            fn from(value: $name) -> Extern {
                Extern::$name(value)
            }
        }
    )* };
}

into_extern! { Func Table Memory Global Tag }

impl Extern {
    fn kind(self) -> &'static str {
        match self {
            Extern::Func(_) => "function",
            Extern::Table(_) => "table",
            Extern::Memory(_) => "memory",
            Extern::Global(_) => "global",
            Extern::Tag(_) => "tag",
        }
    }
}

impl Global {
    /// A new global. Its type cannot name types of a module.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] when the value does not fit.
    ///
    /// ```
    /// use wattle_ast::{GlobalType, ValType};
    /// use wattle_runtime::{Global, Store, Value};
    /// let mut store = Store::new(());
    /// let ty = GlobalType { mutable: true, val: ValType::I32 };
    /// let global = Global::new(&mut store, ty, &Value::I32(1))?;
    /// global.set(&mut store, &Value::I32(2))?;
    /// assert_eq!(global.get(&mut store)?, Value::I32(2));
    /// # Ok::<(), wattle_runtime::Error>(())
    /// ```
    pub fn new<T>(store: &mut Store<T>, ty: GlobalType, value: &Value) -> Result<Global, Error> {
        let value = store.inner.slots_of(value, ty.val)?;
        let addr = store.inner.state.globals.len() as u32;
        store.inner.state.globals.push(GlobalInst { ty, value });
        Ok(Global { store: store.inner.id, addr })
    }

    fn inst<T>(self, store: &Store<T>) -> Result<GlobalInst, Error> {
        let inst = store.inner.state.globals.get(self.addr as usize);
        let inst = inst.filter(|_| self.store == store.inner.id);
        inst.copied().ok_or_else(|| Error::new(ErrorKind::WrongStore))
    }

    /// Its value.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn get<T>(self, store: &mut Store<T>) -> Result<Value, Error> {
        let inst = self.inst(store)?;
        Ok(store.inner.value_of(inst.value, inst.ty.val))
    }

    /// Sets its value.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] when it is immutable or the value does not fit.
    pub fn set<T>(self, store: &mut Store<T>, value: &Value) -> Result<(), Error> {
        let ty = self.inst(store)?.ty;
        if !ty.mutable {
            return Err(Error::new(ErrorKind::Type("the global is immutable".into())));
        }
        let value = store.inner.slots_of(value, ty.val)?;
        if let Some(global) = store.inner.state.globals.get_mut(self.addr as usize) {
            global.value = value;
        }
        Ok(())
    }
}

/// An instance of a module.
///
/// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#module-instances>
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Instance {
    pub(crate) store: u64,
    pub(crate) addr: u32,
}

impl Instance {
    /// Instantiates a module, its start function included.
    ///
    /// # Errors
    /// An import that is unknown or of an incompatible type, a limit, or a trap: of a segment
    /// that does not fit, or of the start function. What was written until then stays.
    pub fn new<T>(
        store: &mut Store<T>,
        module: &Module,
        imports: &Imports,
    ) -> Result<Instance, Error> {
        let types = store.inner.state.types.import(module.inner.types())?;
        let mut inst = InstanceInst {
            module: module.clone(),
            types,
            funcs: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            elems: store.inner.state.elems.len() as u32,
            datas: store.inner.state.datas.len() as u32,
        };
        import(store, &mut inst, imports)?;
        let addr = store.inner.instances.len() as u32;
        allocate(store, &mut inst, addr)?;
        store.inner.instances.push(inst);
        let instance = Instance { store: store.inner.id, addr };
        instance.initialize(store, module)?;
        Ok(instance)
    }

    /// Globals, tables and segments, whose expressions refer to the instance itself.
    fn initialize<T>(self, store: &mut Store<T>, module: &Module) -> Result<(), Error> {
        let ast = module.ast();
        for global in &ast.globals {
            let value = self.evaluate(store, global.ty.val, &global.init)?;
            let ty = GlobalType { val: self.store_type(store, global.ty.val)?, ..global.ty };
            let at = store.inner.state.globals.len() as u32;
            store.inner.state.globals.push(GlobalInst { ty, value });
            self.inst_mut(store)?.globals.push(at);
        }
        for table in &ast.tables {
            let init = match &table.init {
                Some(init) => self.evaluate(store, ValType::Ref(table.ty.elem), init)?[0],
                None => 0,
            };
            let elem = match self.store_type(store, ValType::Ref(table.ty.elem))? {
                ValType::Ref(elem) => elem,
                _ => table.ty.elem,
            };
            let ty = TableType { elem, ..table.ty };
            let state = &mut store.inner.state;
            let at = state.tables.len() as u32;
            state.tables.push(TableInst::new(ty, init, state.limits.table_elements)?);
            self.inst_mut(store)?.tables.push(at);
        }
        for (index, elem) in ast.elems.iter().enumerate() {
            let from = store.inner.state.roots.len();
            let result = self.evaluate_items(store, elem.ty, &elem.items);
            let elems = store.inner.state.roots.split_off(from);
            result?;
            let at = self.inst_mut(store)?.elems as usize + index;
            if let Some(place) = store.inner.state.elems.get_mut(at) {
                *place = elems.into();
            }
        }
        for (index, elem) in ast.elems.iter().enumerate() {
            let index = index as u32;
            if let ElemMode::Active { table, offset } = &elem.mode {
                let addr = module.inner.spaces.table(*table).map(|ty| ty.limits.addr);
                let offset = self.evaluate(store, addr.unwrap_or_default().into(), offset)?[0];
                let inner = &mut store.inner;
                let inst = inner.instances.get(self.addr as usize).ok_or_else(wrong)?;
                let count = elem.items.len().into();
                let table = *inst.tables.get(table.idx()).ok_or_else(|| Error::invalid("table"))?;
                execute::init_table(&mut inner.state, inst, index, table, [offset, 0, count])?;
            }
            if elem.mode != ElemMode::Passive {
                let at = self.inst_mut(store)?.elems + index;
                if let Some(elem) = store.inner.state.elems.get_mut(at as usize) {
                    *elem = Box::default();
                }
            }
        }
        for (index, data) in ast.datas.iter().enumerate() {
            let index = index as u32;
            if let DataMode::Active { memory, offset } = &data.mode {
                let addr = module.inner.spaces.mem(*memory).map(|ty| ty.limits.addr);
                let offset = self.evaluate(store, addr.unwrap_or_default().into(), offset)?[0];
                let inner = &mut store.inner;
                let inst = inner.instances.get(self.addr as usize).ok_or_else(wrong)?;
                let count = data.bytes.len() as u64;
                let memory =
                    *inst.memories.get(memory.idx()).ok_or_else(|| Error::invalid("memory"))?;
                let memory = at_mut(&mut inner.memories, memory)?;
                execute::init_memory(&inner.state, inst, memory, index, [offset, 0, count])?;
                let at = inst.datas + index;
                if let Some(dropped) = inner.state.datas.get_mut(at as usize) {
                    *dropped = true;
                }
            }
        }
        if let Some(start) = ast.start {
            let addr = self.inst_mut(store)?.funcs.get(start.idx()).copied();
            store.call_slots(addr.ok_or_else(wrong)?, &mut [], 0, 0)?;
        }
        Ok(())
    }

    fn inst_mut<T>(self, store: &mut Store<T>) -> Result<&mut InstanceInst, Error> {
        let inst = store.inner.instances.get_mut(self.addr as usize);
        inst.filter(|_| self.store == store.inner.id).ok_or_else(wrong)
    }

    fn store_type<T>(self, store: &Store<T>, ty: ValType) -> Result<ValType, Error> {
        let inst = store.inner.instances.get(self.addr as usize).ok_or_else(wrong)?;
        Ok(val_in_store(ty, &inst.types)?)
    }

    /// The elements of a segment, to the temporary roots.
    fn evaluate_items<T>(
        self,
        store: &mut Store<T>,
        ty: RefType,
        items: &ElemItems<'_>,
    ) -> Result<(), Error> {
        match items {
            ElemItems::Funcs(funcs) => {
                for func in funcs.view().iter() {
                    let addr = self.inst_mut(store)?.funcs.get(func.idx()).copied();
                    let slot = slot_of(kind::FUNC, addr.ok_or_else(|| Error::invalid("func"))?);
                    store.inner.state.roots.push(slot);
                }
            }
            ElemItems::Exprs(exprs) => {
                for expr in exprs.view().iter() {
                    let slot = self.evaluate(store, ValType::Ref(ty), &expr)?[0];
                    store.inner.state.roots.push(slot);
                }
            }
        }
        Ok(())
    }

    /// The value of a constant expression.
    fn evaluate<T>(
        self,
        store: &mut Store<T>,
        ty: ValType,
        expr: &Expr<'_>,
    ) -> Result<[u64; 2], Error> {
        let inst = store.inner.instances.get(self.addr as usize).ok_or_else(wrong)?;
        let mut instrs = expr.iter();
        if let (Some(first), Some(Instr::End)) = (instrs.next(), instrs.next()) {
            let value = match first {
                Instr::I32Const { value } => Some([value as u32 as u64, 0]),
                Instr::I64Const { value } => Some([value as u64, 0]),
                Instr::F32Const { value } => Some([value.0.into(), 0]),
                Instr::F64Const { value } => Some([value.0, 0]),
                Instr::RefNull { .. } => Some([0, 0]),
                Instr::RefFunc { func } => {
                    inst.funcs.get(func.idx()).map(|&addr| [slot_of(kind::FUNC, addr), 0])
                }
                Instr::GlobalGet { global } => {
                    let addr = inst.globals.get(global.idx()).copied();
                    let global = addr.and_then(|addr| store.inner.state.globals.get(addr as usize));
                    global.map(|global| global.value)
                }
                _ => None,
            };
            if let Some(value) = value {
                return Ok(value);
            }
        }
        let function = Arc::new(inst.module.inner.translate_const(ty, expr)?);
        let mut exec = store.inner.begin(self.addr, EXPRESSION, &[]);
        exec.expression = Some(function);
        let exec = store.finish(exec)?;
        let slot = |at| exec.stack.get(at).copied().unwrap_or(0);
        let value = [slot(0), slot(1)];
        store.inner.recycle(exec);
        Ok(value)
    }

    /// What the instance exports under a name.
    pub fn export<T>(self, store: &Store<T>, name: &str) -> Option<Extern> {
        let inst = store.inner.instances.get(self.addr as usize)?;
        if self.store != store.inner.id {
            return None;
        }
        inst.module.inner.export(name).and_then(|index| self.resolve(inst, index))
    }

    fn resolve(self, inst: &InstanceInst, index: ExternIdx) -> Option<Extern> {
        let store = self.store;
        let addr = |list: &[u32], at: usize| list.get(at).copied();
        Some(match index {
            ExternIdx::Func(at) => Func { store, addr: addr(&inst.funcs, at.idx())? }.into(),
            ExternIdx::Table(at) => Table { store, addr: addr(&inst.tables, at.idx())? }.into(),
            ExternIdx::Mem(at) => Memory { store, addr: addr(&inst.memories, at.idx())? }.into(),
            ExternIdx::Global(at) => Global { store, addr: addr(&inst.globals, at.idx())? }.into(),
            ExternIdx::Tag(at) => Tag { store, addr: addr(&inst.tags, at.idx())? }.into(),
        })
    }

    /// All that the instance exports.
    pub fn exports<T>(self, store: &Store<T>) -> Vec<(String, Extern)> {
        let inst = store.inner.instances.get(self.addr as usize);
        let Some(inst) = inst.filter(|_| self.store == store.inner.id) else { return Vec::new() };
        let exports = inst.module.exports();
        exports.filter_map(|(name, at)| Some((name.to_string(), self.resolve(inst, at)?))).collect()
    }

    /// The function that the instance exports under a name.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`], as those that follow.
    pub fn func<T>(self, store: &Store<T>, name: &str) -> Result<Func, Error> {
        match self.export(store, name) {
            Some(Extern::Func(func)) => Ok(func),
            _ => Err(Error::new(ErrorKind::NoExport(name.into()))),
        }
    }

    /// The memory that the instance exports under a name.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`].
    pub fn memory<T>(self, store: &Store<T>, name: &str) -> Result<Memory, Error> {
        match self.export(store, name) {
            Some(Extern::Memory(memory)) => Ok(memory),
            _ => Err(Error::new(ErrorKind::NoExport(name.into()))),
        }
    }

    /// The table that the instance exports under a name.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`].
    pub fn table<T>(self, store: &Store<T>, name: &str) -> Result<Table, Error> {
        match self.export(store, name) {
            Some(Extern::Table(table)) => Ok(table),
            _ => Err(Error::new(ErrorKind::NoExport(name.into()))),
        }
    }

    /// The global that the instance exports under a name.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`].
    pub fn global<T>(self, store: &Store<T>, name: &str) -> Result<Global, Error> {
        match self.export(store, name) {
            Some(Extern::Global(global)) => Ok(global),
            _ => Err(Error::new(ErrorKind::NoExport(name.into()))),
        }
    }

    /// Calls the function that the instance exports under a name.
    ///
    /// # Errors
    /// As [`Func::call`], and [`ErrorKind::NoExport`].
    pub fn call<T>(
        self,
        store: &mut Store<T>,
        name: &str,
        arguments: &[Value],
    ) -> Result<Vec<Value>, Error> {
        self.func(store, name)?.call(store, arguments)
    }
}

#[cold]
fn wrong() -> Error {
    Error::new(ErrorKind::WrongStore)
}

/// Whether a memory or table of these limits can be imported as one of those.
fn limits_match(actual: Limits, wanted: Limits) -> bool {
    actual.addr == wanted.addr
        && actual.shared == wanted.shared
        && actual.min >= wanted.min
        && wanted.max.is_none_or(|most| actual.max.is_some_and(|max| max <= most))
}

/// Resolves the imports.
fn import<T>(store: &Store<T>, inst: &mut InstanceInst, imports: &Imports) -> Result<(), Error> {
    let state = &store.inner.state;
    let module = inst.module.clone();
    for import in &module.ast().imports {
        let (from, name) = (import.module.as_str(), import.name.as_str());
        let found = imports
            .get(from, name)
            .ok_or_else(|| Error::new(ErrorKind::UnknownImport(from.into(), name.into())))?;
        let mismatch =
            |why: String| Error::new(ErrorKind::IncompatibleImport(from.into(), name.into(), why));
        let here = |id: u64| if id == store.inner.id { Ok(()) } else { Err(wrong()) };
        match (import.ty, found) {
            (ExternType::Func(ty) | ExternType::FuncExact(ty), Extern::Func(func)) => {
                here(func.store)?;
                let actual = state.funcs.get(func.addr as usize).ok_or_else(wrong)?.ty;
                let wanted = inst.ty(ty.0)?;
                let exact = matches!(import.ty, ExternType::FuncExact(_));
                if actual != wanted && (exact || !state.types.is_subtype(actual, wanted)) {
                    return Err(mismatch("the function is of another type".into()));
                }
                inst.funcs.push(func.addr);
            }
            (ExternType::Table(wanted), Extern::Table(table)) => {
                here(table.store)?;
                let actual = state.tables.get(table.addr as usize).ok_or_else(wrong)?.ty;
                let elem = ref_in_store(wanted.elem, &inst.types)?;
                let same = actual.elem == elem;
                if !same || !limits_match(actual.limits, wanted.limits) {
                    return Err(mismatch("the table is of another type".into()));
                }
                inst.tables.push(table.addr);
            }
            (ExternType::Mem(wanted), Extern::Memory(memory)) => {
                here(memory.store)?;
                let memories = &store.inner.memories;
                let actual = memories.get(memory.addr as usize).ok_or_else(wrong)?.ty;
                let page = actual.page_bits() == wanted.page_bits();
                if !page || !limits_match(actual.limits, wanted.limits) {
                    return Err(mismatch("the memory is of another type".into()));
                }
                inst.memories.push(memory.addr);
            }
            (ExternType::Global(wanted), Extern::Global(global)) => {
                here(global.store)?;
                let actual = state.globals.get(global.addr as usize).ok_or_else(wrong)?.ty;
                let val = val_in_store(wanted.val, &inst.types)?;
                let fits = state.types.val_matches(actual.val, val)
                    && (!wanted.mutable || state.types.val_matches(val, actual.val));
                if wanted.mutable != actual.mutable || !fits {
                    return Err(mismatch("the global is of another type".into()));
                }
                inst.globals.push(global.addr);
            }
            (ExternType::Tag(wanted), Extern::Tag(tag)) => {
                here(tag.store)?;
                let actual = state.tags.get(tag.addr as usize).ok_or_else(wrong)?.ty;
                if actual != inst.ty(wanted.ty.0)? {
                    return Err(mismatch("the tag is of another type".into()));
                }
                inst.tags.push(tag.addr);
            }
            (wanted, found) => {
                let (wanted, found) = (wanted.kind().keyword(), found.kind());
                return Err(mismatch(format!("expected a {wanted}, got a {found}")));
            }
        }
    }
    Ok(())
}

/// Takes in what needs no expression: functions, memories, tags, and room for segments.
fn allocate<T>(store: &mut Store<T>, inst: &mut InstanceInst, instance: u32) -> Result<(), Error> {
    let module = inst.module.clone();
    let ast = module.ast();
    let state = &mut store.inner.state;
    for &ty in &ast.memories {
        inst.memories.push(store.inner.memories.len() as u32);
        store.inner.memories.push(MemoryInst::new(ty, state.limits.memory_bytes)?);
    }
    for (func, defined) in ast.funcs.iter().enumerate() {
        let ty = inst.ty(defined.ty.0)?;
        inst.funcs.push(state.funcs.len() as u32);
        let kind = FuncKind::Wasm { instance, func: func as u32 };
        state.funcs.push(FuncInst { ty, kind });
    }
    for tag in &ast.tags {
        let ty = inst.ty(tag.ty.0)?;
        inst.tags.push(state.tags.len() as u32);
        let slots = state.types.func(ty).map_or(0, |ty| widths(ty.params()));
        state.tags.push(TagInst { ty, slots });
    }
    let elems = state.elems.len() + ast.elems.len();
    state.elems.resize(elems, Box::default());
    state.datas.resize(state.datas.len() + ast.datas.len(), false);
    Ok(())
}
