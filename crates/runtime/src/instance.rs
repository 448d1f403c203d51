//! Instances: instantiation, exports, and globals.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_ast::{
    self as ast, DataMode, ElemItems, ElemMode, Expr, ExternIdx, ExternType, GlobalType, Instr,
    TagType, ValType,
};

use crate::execute;
use crate::fuel;
use crate::handles::{Extern, Func, Global, Instance, Memory, Table, Tag};
use crate::imports::Imports;
use crate::limits::Resource;
use crate::memory::ELEMENT;
use crate::module::Module;
use crate::slots::{kind, slot_of};
use crate::state::{
    EXPRESSION, FuncInst, FuncKind, GlobalInst, InstanceInst, MemoryInst, TableInst, TagInst,
};
use crate::store::{Handle, Inner, Store};
use crate::trap::{Error, ErrorKind, at, at_mut};
use crate::types::{InStore, number, widths};
use crate::values::Value;

impl Global {
    /// A new global. Its type cannot name types of a module.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] if the value does not fit the type.
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
        let value = store.inner.state.slots_of(value, ty.val)?;
        Ok(Global::add(store, GlobalInst { ty, value }))
    }

    /// The current value.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn get<T>(self, store: &mut Store<T>) -> Result<Value, Error> {
        let GlobalInst { ty, value } = *self.entity(store)?;
        Ok(store.inner.state.value_of(value, ty.val))
    }

    /// Sets the value.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] if the global is immutable or the value does not fit its type.
    pub fn set<T>(self, store: &mut Store<T>, value: &Value) -> Result<(), Error> {
        let ty = self.entity(store)?.ty;
        if !ty.mutable {
            return Err(ErrorKind::Type("the global is immutable".into()).into());
        }
        self.entity_mut(store)?.value = store.inner.state.slots_of(value, ty.val)?;
        Ok(())
    }
}

macro_rules! exported {
    ($( $what:literal $name:ident $kind:ident; )*) => { $(
        #[doc = concat!("The ", $what, " that the instance exports under a name.")]
        ///
        /// # Errors
        /// [`ErrorKind::NoExport`].
        pub fn $name<T>(self, store: &Store<T>, name: &str) -> Result<$kind, Error> {
            match self.export(store, name) {
                Some(Extern::$kind(found)) => Ok(found),
                _ => Err(ErrorKind::NoExport(name.into()).into()),
            }
        }
    )* };
}

impl Instance {
    /// Instantiates a module, and calls its start function.
    ///
    /// # Errors
    /// An import that is unknown or has an incompatible type, an exceeded limit, or a trap of a
    /// segment or of the start function. Everything written before the error stays.
    pub fn new<T>(
        store: &mut Store<T>,
        module: &Module,
        imports: &Imports<T>,
    ) -> Result<Instance, Error> {
        let types = store.inner.state.types.import(module.inner.valid.types())?;
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
        store.inner.has_room(Resource::Instance, 1)?;
        import(store, &mut inst, imports)?;
        let addr = store.inner.instances.len() as u32;
        allocate(store, &mut inst, addr)?;
        let instance = Instance::add(store, inst);
        instance.initialize(store, module)?;
        Ok(instance)
    }

    /// Initializes globals, tables and segments, whose expressions can refer to the instance.
    fn initialize<T>(self, store: &mut Store<T>, module: &Module) -> Result<(), Error> {
        let ast = module.ast();
        for global in &ast.globals {
            let value = self.evaluate(store, global.ty.val, &global.init)?;
            let ty = global.ty.remap(&mut InStore(&self.entity(store)?.types))?;
            let global = Global::add(store, GlobalInst { ty, value });
            self.entity_mut(store)?.push(global.into());
        }
        for table in &ast.tables {
            let init = match &table.init {
                Some(init) => self.evaluate_slot(store, init)?,
                None => 0,
            };
            let ty = table.ty.remap(&mut InStore(&self.entity(store)?.types))?;
            let table = TableInst::new(ty, init, &mut store.inner.state.budget)?;
            let table = Table::add(store, table);
            self.entity_mut(store)?.push(table.into());
        }
        let first = self.entity(store)?.elems;
        for (place, elem) in (first..).zip(&ast.elems) {
            let from = store.inner.state.roots.len();
            let result = self.evaluate_items(store, &elem.items);
            let elems = store.inner.state.roots.split_off(from);
            result?;
            *at_mut(&mut store.inner.state.elems, place)? = elems.into();
        }
        for (index, elem) in (0..).zip(&ast.elems) {
            if let ElemMode::Active { table, offset } = &elem.mode {
                let offset = self.evaluate_slot(store, offset)?;
                let inner = &mut store.inner;
                let inst = at(&inner.instances, self.addr)?;
                let table = inst.table(table.unwrap_or_default().0)?;
                let count = elem.items.len().into();
                execute::init_table(&mut inner.state, inst, index, table, [offset, 0, count])?;
            }
            if elem.mode != ElemMode::Passive {
                *at_mut(&mut store.inner.state.elems, first + index)? = Box::default();
            }
        }
        for (index, data) in (0..).zip(&ast.datas) {
            if let DataMode::Active { memory, offset } = &data.mode {
                let offset = self.evaluate_slot(store, offset)?;
                let inner = &mut store.inner;
                let inst = at(&inner.instances, self.addr)?;
                let memory = inst.memory(memory.unwrap_or_default().0)?;
                let memory = at_mut(&mut inner.memories, memory)?;
                let operands = [offset, 0, data.bytes.len() as u64];
                execute::init_memory(&inner.state, inst, memory, index, operands)?;
                *at_mut(&mut inner.state.datas, inst.datas + index)? = true;
            }
        }
        if let Some(start) = ast.start {
            let start = self.entity(store)?.func(start.0)?;
            store.call_slots(start, &mut [], 0, 0)?;
        }
        Ok(())
    }

    /// Evaluates the elements of a segment and keeps them as temporary roots.
    fn evaluate_items<T>(self, store: &mut Store<T>, items: &ElemItems<'_>) -> Result<(), Error> {
        match items {
            ElemItems::Funcs(funcs) => {
                for func in funcs.view().iter() {
                    let slot = slot_of(kind::FUNC, self.entity(store)?.func(func.0)?);
                    store.inner.state.roots.push(slot);
                }
            }
            ElemItems::Exprs(exprs) => {
                for expr in exprs.view().iter() {
                    let slot = self.evaluate_slot(store, &expr)?;
                    store.inner.state.roots.push(slot);
                }
            }
        }
        Ok(())
    }

    /// The value of a constant expression whose type, whatever it is, takes one slot.
    fn evaluate_slot<T>(self, store: &mut Store<T>, expr: &Expr<'_>) -> Result<u64, Error> {
        Ok(self.evaluate(store, ValType::I64, expr)?[0])
    }

    /// The value of a constant expression. An expression of one instruction is evaluated without
    /// translation.
    fn evaluate<T>(
        self,
        store: &mut Store<T>,
        ty: ValType,
        expr: &Expr<'_>,
    ) -> Result<[u64; 2], Error> {
        let inst = self.entity(store)?;
        let mut instrs = expr.iter().flatten();
        if let (Some(first), Some(Instr::End)) = (instrs.next(), instrs.next()) {
            let slot = match first {
                Instr::I32Const { value } => Some(value as u32 as u64),
                Instr::I64Const { value } => Some(value as u64),
                Instr::F32Const { value } => Some(value.0.into()),
                Instr::F64Const { value } => Some(value.0),
                Instr::RefNull { .. } => Some(0),
                Instr::RefFunc { func } => Some(slot_of(kind::FUNC, inst.func(func.0)?)),
                Instr::GlobalGet { global } => {
                    let addr = *at(&inst.globals, global.0)?;
                    return Ok(at(&store.inner.state.globals, addr)?.value);
                }
                _ => None,
            };
            if let Some(slot) = slot {
                return Ok([slot, 0]);
            }
        }
        let function = Arc::new(inst.module.inner.translate_const(ty, expr)?);
        let mut exec = store.inner.begin(self.addr, EXPRESSION, &[])?;
        exec.expression = Some(function);
        let exec = store.finish(exec)?;
        let value = [*at(&exec.stack, 0)?, *at(&exec.stack, 1)?];
        store.inner.recycle(exec);
        Ok(value)
    }

    /// The export with this name.
    pub fn export<T>(self, store: &Store<T>, name: &str) -> Option<Extern> {
        let inst = self.entity(store).ok()?;
        self.resolve(inst, *inst.module.inner.exports.get(name)?)
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

    /// All exports, with their names.
    pub fn exports<T>(self, store: &Store<T>) -> Vec<(String, Extern)> {
        let Ok(inst) = self.entity(store) else { return Vec::new() };
        let exports = inst.module.exports();
        exports.filter_map(|(name, at)| Some((name.to_string(), self.resolve(inst, at)?))).collect()
    }

    exported! {
        "function" func Func;
        "memory" memory Memory;
        "table" table Table;
        "global" global Global;
    }

    /// Calls the exported function with this name.
    ///
    /// # Errors
    /// The errors of [`Func::call`], and [`ErrorKind::NoExport`].
    pub fn call<T>(
        self,
        store: &mut Store<T>,
        name: &str,
        arguments: &[Value],
    ) -> Result<Vec<Value>, Error> {
        self.func(store, name)?.call(store, arguments)
    }
}

impl InstanceInst {
    /// Adds a definition to the end of its index space.
    fn push(&mut self, what: Extern) {
        let (list, addr) = match what {
            Extern::Func(func) => (&mut self.funcs, func.addr),
            Extern::Table(table) => (&mut self.tables, table.addr),
            Extern::Memory(memory) => (&mut self.memories, memory.addr),
            Extern::Global(global) => (&mut self.globals, global.addr),
            Extern::Tag(tag) => (&mut self.tags, tag.addr),
        };
        list.push(addr);
    }
}

/// The type of a definition, with numbers of the store.
fn type_of<T>(store: &Store<T>, what: Extern) -> Result<ExternType, Error> {
    Ok(match what {
        Extern::Func(func) => ExternType::FuncExact(number(func.entity(store)?.ty)),
        Extern::Table(table) => ExternType::Table(table.entity(store)?.ty),
        Extern::Memory(memory) => ExternType::Mem(memory.entity(store)?.ty),
        Extern::Global(global) => ExternType::Global(global.entity(store)?.ty),
        Extern::Tag(tag) => ExternType::Tag(TagType { ty: number(tag.entity(store)?.ty) }),
    })
}

/// Resolves the imports of an instance.
fn import<T>(
    store: &mut Store<T>,
    inst: &mut InstanceInst,
    imports: &Imports<T>,
) -> Result<(), Error> {
    let module = inst.module.clone();
    for (from, name, wanted) in module.imports() {
        let unknown = || ErrorKind::UnknownImport(from.into(), name.into());
        let found = imports.resolve(store, from, name)?.ok_or_else(unknown)?;
        let expected = wanted.remap(&mut InStore(&inst.types))?;
        let registry = &store.inner.state.types.registry;
        if !registry.extern_type_matches(type_of(store, found)?, expected) {
            let why = match (wanted.kind().keyword(), found.kind().keyword()) {
                (wanted, found) if wanted == found => format!("the {found} is of another type"),
                (wanted, found) => format!("expected a {wanted}, got a {found}"),
            };
            return Err(ErrorKind::IncompatibleImport(from.into(), name.into(), why).into());
        }
        inst.push(found);
    }
    Ok(())
}

fn sum(mut sizes: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    sizes.try_fold(0_u64, |sum, size| sum.checked_add(size?))
}

/// The bytes that an instance takes from the budget, and those of each definition, import and
/// segment: no fewer than on any machine, so that limits mean the same everywhere.
const INSTANCE: u64 = 256;
const DEFINITION: u64 = 64;

/// The bytes of memories and tables that cost an instance no fuel. Any module takes some time to
/// instantiate, which the host knows.
const FREE: u64 = 1 << 20;

/// Pays for an instance, and checks that the store has room for all that it allocates, before it
/// allocates anything. The parts that cannot grow are taken from the budget at once.
fn admit(inner: &mut Inner, ast: &ast::Module<'_>) -> Result<(), Error> {
    inner.has_room(Resource::Memory, ast.memories.len())?;
    inner.has_room(Resource::Table, ast.tables.len())?;
    let memories = sum(ast.memories.iter().map(MemoryInst::first_bytes));
    let memories = memories.ok_or(ErrorKind::Limit("memory size"))?;
    let tables = sum(ast.tables.iter().map(|table| TableInst::first_bytes(&table.ty)));
    let tables = tables.ok_or(ErrorKind::Limit("table size"))?;
    let elems = ELEMENT * ast.elems.iter().map(|elem| elem.items.len() as u64).sum::<u64>();
    let datas = ast.datas.iter().map(|data| data.bytes.len() as u64).sum::<u64>();
    let new = memories.saturating_add(tables).saturating_sub(FREE);
    inner.spend(fuel::of_new_bytes(new).saturating_add(fuel::of_bytes(elems + datas)))?;
    let definitions = [ast.imports.len(), ast.funcs.len(), ast.tables.len(), ast.memories.len()];
    let segments = [ast.globals.len(), ast.tags.len(), ast.elems.len(), ast.datas.len()];
    let count = definitions.iter().chain(&segments).sum::<usize>() as u64;
    let own = INSTANCE + DEFINITION * count + elems;
    let budget = &mut inner.state.budget;
    let all = memories.saturating_add(tables).saturating_add(own);
    if !budget.has(all) {
        return Err(ErrorKind::Limit("memory size of the store").into());
    }
    Ok(budget.take(Resource::Instance, [0, own]).ok_or(ErrorKind::Limit("instance size"))?)
}

/// Allocates the parts that need no expression: functions, memories, tags, room for segments.
fn allocate<T>(store: &mut Store<T>, inst: &mut InstanceInst, instance: u32) -> Result<(), Error> {
    let module = inst.module.clone();
    let ast = module.ast();
    admit(&mut store.inner, ast)?;
    for &ty in &ast.memories {
        let memory = MemoryInst::new(ty, &mut store.inner.state.budget)?;
        inst.push(Memory::add(store, memory).into());
    }
    for (func, defined) in (0..).zip(&ast.funcs) {
        let kind = FuncKind::Wasm { instance, func };
        inst.push(Func::add(store, FuncInst { ty: inst.ty(defined.ty.0)?, kind }).into());
    }
    for tag in &ast.tags {
        let ty = inst.ty(tag.ty.0)?;
        let slots = store.inner.state.types.func(ty).map_or(0, |ty| widths(ty.params()));
        inst.push(Tag::add(store, TagInst { ty, slots }).into());
    }
    let state = &mut store.inner.state;
    state.elems.resize(state.elems.len() + ast.elems.len(), Box::default());
    state.datas.resize(state.datas.len() + ast.datas.len(), false);
    Ok(())
}
