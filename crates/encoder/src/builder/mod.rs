//! The builder, for programs that generate modules.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`ModuleBuilder`]: the definitions of a module |
//! | `imports.rs` | [`Imports`]: the imports of a module, which come first |
//! | `types.rs` | the types of both, without duplicates |
//! | `func.rs` | [`FuncBuilder`]: locals and instructions |
//! | `error.rs` | [`BuildError`]: misuse of a builder |

mod error;
mod func;
mod imports;
mod types;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{
    Body, Custom, CustomData, Data, DataIdx, DataMode, DefIdx, Elem, ElemIdx, ElemItems, ElemMode,
    Export, Expr, ExternIdx, ExternKind, Func, FuncIdx, Global, GlobalIdx, GlobalType, Instr, List,
    MemIdx, MemType, Module, Name, Names, RefType, SectionId, Table, TableIdx, TableType, TagIdx,
    TagType, TypeIdx,
};

pub use error::{BuildError, BuildErrorKind};
pub use func::{FuncBuilder, Label};
pub use imports::Imports;
use types::{Types, type_methods};

/// Builds a module from its parts. Each method that adds a part returns its index.
///
/// In each index space, imports come before definitions. So imports are gathered first, in
/// [`Imports`], and a builder made from them cannot add further imports.
///
/// [`build`](ModuleBuilder::build) reports the errors that [`FuncBuilder`] finds in bodies. Nothing
/// else is checked: use a validator to find out whether the module is valid.
///
/// ```
/// use wattle_ast::{Instr, Limits, MemIdx, MemType, ValType};
/// use wattle_encoder::{Imports, ModuleBuilder, encode};
///
/// let mut imports = Imports::new();
/// let ty = imports.ty([ValType::I32, ValType::I32], []);
/// let write = imports.func("env", "write", ty);
///
/// let mut module = ModuleBuilder::with_imports(imports);
/// let limits = Limits { min: 1, ..Limits::default() };
/// let memory = module.memory(MemType { limits, ..MemType::default() });
/// module.data(memory, [Instr::I32Const { value: 8 }], "hello");
/// let ty = module.ty([], []);
/// let main = module.func(ty, |f| {
///     f.instrs([
///         Instr::I32Const { value: 8 },
///         Instr::I32Const { value: 5 },
///         Instr::Call { func: write },
///     ]);
/// });
/// module.export("memory", memory);
/// module.export("main", main);
/// module.names().funcs.insert(main, "main".into());
/// let bytes = encode(&module.build()?);
/// # assert_eq!(main.0, 1);
/// # assert!(bytes.ends_with(b"\x0b\x05hello\x00\x0e\x04name\x01\x07\x01\x01\x04main"));
/// # Ok::<(), wattle_encoder::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ModuleBuilder {
    module: Module<'static>,
    types: Types,
    /// The number of imports of each kind.
    imported: [u32; ExternKind::COUNT],
    /// The first body that cannot be built.
    error: Option<BuildError>,
}

/// A function that has an index but no body yet.
#[derive(Debug)]
#[must_use = "without `define`, its body is `unreachable`"]
pub struct Declared {
    index: FuncIdx,
    ty: TypeIdx,
}

impl Declared {
    /// The index of the function.
    pub fn index(&self) -> FuncIdx {
        self.index
    }
}

/// Makes a constant expression of these instructions and a final `end`.
fn constant<'i>(instrs: impl IntoIterator<Item = Instr<'i>>) -> Expr<'static> {
    instrs.into_iter().chain([Instr::End]).collect()
}

impl ModuleBuilder {
    /// Makes a builder of a module without imports.
    pub fn new() -> ModuleBuilder {
        ModuleBuilder::default()
    }

    /// Makes a builder of a module with these imports.
    pub fn with_imports(imports: Imports) -> ModuleBuilder {
        let Imports { types, imports, imported } = imports;
        let module = Module { imports, ..Module::default() };
        ModuleBuilder { module, types, imported, error: None }
    }

    type_methods!();

    /// Adds a function of type `ty`, whose body the closure writes.
    ///
    /// ```
    /// # use wattle_ast::{Instr, ValType};
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// let ty = module.ty([], [ValType::I64]);
    /// let answer = module.func(ty, |f| {
    ///     f.instr(Instr::I64Const { value: 42 });
    /// });
    /// assert_eq!(answer.0, 0);
    /// ```
    pub fn func(&mut self, ty: TypeIdx, body: impl FnOnce(&mut FuncBuilder)) -> FuncIdx {
        let mut func = self.func_builder(ty);
        body(&mut func);
        self.add_func(ty, func)
    }

    /// Adds a function of type `ty`, whose body the closure writes, unless the closure fails.
    ///
    /// ```
    /// # use wattle_ast::{Instr, ValType};
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// let ty = module.ty([], [ValType::I64]);
    /// let answer = module.try_func(ty, |f| {
    ///     f.instr(Instr::I64Const { value: "42".parse()? });
    ///     Ok(())
    /// })?;
    /// assert_eq!(answer.0, 0);
    /// # Ok::<(), core::num::ParseIntError>(())
    /// ```
    ///
    /// # Errors
    /// The error of the closure. No function is added then.
    pub fn try_func<E>(
        &mut self,
        ty: TypeIdx,
        body: impl FnOnce(&mut FuncBuilder) -> Result<(), E>,
    ) -> Result<FuncIdx, E> {
        let mut func = self.func_builder(ty);
        body(&mut func)?;
        Ok(self.add_func(ty, func))
    }

    /// Makes a builder for the body of a function of type `ty`. Pass it to
    /// [`add_func`](ModuleBuilder::add_func) or [`define`](ModuleBuilder::define) when the body is
    /// complete. It borrows nothing, so the module can grow meanwhile, and several threads can
    /// write bodies.
    pub fn func_builder(&self, ty: TypeIdx) -> FuncBuilder {
        FuncBuilder::new(self.types.params(ty))
    }

    /// Adds a function of type `ty` with a finished body.
    ///
    /// ```
    /// # use wattle_ast::{Body, Instr};
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// let ty = module.ty([], []);
    /// let mut f = module.func_builder(ty);
    /// f.instr(Instr::Nop);
    /// module.add_func(ty, f);
    /// module.add_func(ty, Body::default());
    /// assert_eq!(module.build().unwrap().funcs.len(), 2);
    /// ```
    pub fn add_func<B: TryInto<Body<'static>>>(&mut self, ty: TypeIdx, body: B) -> FuncIdx
    where
        BuildError: From<B::Error>,
    {
        let declared = self.declare(ty);
        let index = declared.index;
        self.define(declared, body);
        index
    }

    /// Adds a function of type `ty` whose body is added later, for functions that call each other.
    ///
    /// ```
    /// # use wattle_ast::Instr;
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// let ty = module.ty([], []);
    /// let pong = module.declare(ty);
    /// let ping = module.func(ty, |f| {
    ///     f.instr(Instr::Call { func: pong.index() });
    /// });
    /// let mut body = module.func_builder(ty);
    /// body.instr(Instr::Call { func: ping });
    /// module.define(pong, body);
    /// ```
    pub fn declare(&mut self, ty: TypeIdx) -> Declared {
        let trap = Body::new([], constant([Instr::Unreachable]));
        self.module.funcs.push(Func { ty, body: trap });
        Declared { index: self.last(ExternKind::Func, self.module.funcs.len()), ty }
    }

    /// Sets the body of a declared function.
    pub fn define<B: TryInto<Body<'static>>>(&mut self, func: Declared, body: B)
    where
        BuildError: From<B::Error>,
    {
        let body = match body.try_into() {
            Ok(body) => body,
            Err(error) => {
                let error = BuildError { func: Some(func.index), ..error.into() };
                self.error.get_or_insert(error);
                return;
            }
        };
        let place = DefIdx::behind(self.imported[ExternKind::Func as usize], func.index);
        if let Some(place) = place.and_then(|at| self.module.funcs.get_mut(at)) {
            *place = Func { ty: func.ty, body };
        }
    }

    /// The index of the last item of a kind, when the module defines `count` items of this kind.
    fn last<I: From<u32>>(&self, kind: ExternKind, count: usize) -> I {
        I::from(self.imported[kind as usize] + count as u32 - 1)
    }

    /// Adds a table whose elements are initially null.
    pub fn table(&mut self, ty: TableType) -> TableIdx {
        self.add_table(Table { ty, init: None })
    }

    /// Adds a table whose elements are initially the result of the instructions; `end` is added.
    pub fn table_of<'i>(
        &mut self,
        ty: TableType,
        init: impl IntoIterator<Item = Instr<'i>>,
    ) -> TableIdx {
        self.add_table(Table { ty, init: Some(constant(init)) })
    }

    fn add_table(&mut self, table: Table<'static>) -> TableIdx {
        self.module.tables.push(table);
        self.last(ExternKind::Table, self.module.tables.len())
    }

    /// Adds a memory.
    pub fn memory(&mut self, ty: MemType) -> MemIdx {
        self.module.memories.push(ty);
        self.last(ExternKind::Mem, self.module.memories.len())
    }

    /// Adds a tag with the parameters of a function type.
    pub fn tag(&mut self, ty: TypeIdx) -> TagIdx {
        self.module.tags.push(TagType { ty });
        self.last(ExternKind::Tag, self.module.tags.len())
    }

    /// Adds a global whose initial value is the result of the instructions; `end` is added.
    ///
    /// ```
    /// # use wattle_ast::{GlobalType, Instr, ValType};
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// let counter = GlobalType { mutable: true, val: ValType::I32 };
    /// let global = module.global(counter, [Instr::I32Const { value: 1 }]);
    /// assert_eq!(global.0, 0);
    /// ```
    pub fn global<'i>(
        &mut self,
        ty: GlobalType,
        init: impl IntoIterator<Item = Instr<'i>>,
    ) -> GlobalIdx {
        self.module.globals.push(Global { ty, init: constant(init) });
        self.last(ExternKind::Global, self.module.globals.len())
    }

    /// Exports an item under a name.
    pub fn export(&mut self, name: &str, index: impl Into<ExternIdx>) {
        let name = Name::from(String::from(name));
        self.module.exports.push(Export { name, index: index.into() });
    }

    /// Makes a function the start function.
    pub fn start(&mut self, func: FuncIdx) {
        self.module.start = Some(func);
    }

    /// Adds an element segment that is copied into a table at instantiation.
    ///
    /// ```
    /// # use wattle_ast::{Instr, Limits, RefType, TableType};
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// let ty = module.ty([], []);
    /// let f = module.func(ty, |_| ());
    /// let limits = Limits { min: 1, ..Limits::default() };
    /// let table = module.table(TableType { elem: RefType::FUNCREF, limits });
    /// module.elem(table, [Instr::I32Const { value: 0 }], [f]);
    /// assert_eq!(module.build().unwrap().elems.len(), 1);
    /// ```
    pub fn elem<'i>(
        &mut self,
        table: TableIdx,
        offset: impl IntoIterator<Item = Instr<'i>>,
        funcs: impl IntoIterator<Item = FuncIdx>,
    ) -> ElemIdx {
        let mode = ElemMode::Active {
            table: Some(table).filter(|table| table.0 > 0),
            offset: constant(offset),
        };
        self.add_elem(elem_of(funcs, mode))
    }

    /// Adds an element segment of functions for `table.init`.
    pub fn elem_passive(&mut self, funcs: impl IntoIterator<Item = FuncIdx>) -> ElemIdx {
        self.add_elem(elem_of(funcs, ElemMode::Passive))
    }

    /// Adds an element segment that only declares the functions that `ref.func` may name.
    pub fn elem_declared(&mut self, funcs: impl IntoIterator<Item = FuncIdx>) -> ElemIdx {
        self.add_elem(elem_of(funcs, ElemMode::Declarative))
    }

    /// Adds an element segment of any kind.
    pub fn add_elem(&mut self, elem: Elem<'static>) -> ElemIdx {
        self.module.elems.push(elem);
        ElemIdx(self.module.elems.len() as u32 - 1)
    }

    /// Adds a data segment that is copied into a memory at instantiation. The instructions compute
    /// the offset; `end` is added.
    pub fn data<'i>(
        &mut self,
        memory: MemIdx,
        offset: impl IntoIterator<Item = Instr<'i>>,
        bytes: impl Into<Vec<u8>>,
    ) -> DataIdx {
        let memory = Some(memory).filter(|memory| memory.0 > 0);
        self.add_data(DataMode::Active { memory, offset: constant(offset) }, bytes.into())
    }

    /// Adds a data segment for `memory.init`.
    pub fn data_passive(&mut self, bytes: impl Into<Vec<u8>>) -> DataIdx {
        self.add_data(DataMode::Passive, bytes.into())
    }

    fn add_data(&mut self, mode: DataMode<'static>, bytes: Vec<u8>) -> DataIdx {
        self.module.datas.push(Data { mode, bytes: Cow::Owned(bytes) });
        DataIdx(self.module.datas.len() as u32 - 1)
    }

    /// Adds a custom section after the section `after`, or before all others.
    ///
    /// ```
    /// # use wattle_ast::SectionId;
    /// # let mut module = wattle_encoder::ModuleBuilder::new();
    /// module.custom("build_id", b"\x02\xab\xcd", Some(SectionId::Data));
    /// assert_eq!(module.build().unwrap().customs.len(), 1);
    /// ```
    pub fn custom(&mut self, name: &str, bytes: impl Into<Vec<u8>>, after: Option<SectionId>) {
        let name = Name::from(String::from(name));
        let data = CustomData::Bytes(Cow::Owned(bytes.into()));
        self.module.customs.push(Custom { name, data, after });
    }

    /// The names of the module and its items, for reading and changing. They become the name
    /// section.
    pub fn names(&mut self) -> &mut Names<'static> {
        &mut self.module.names
    }

    /// Returns the module. A function that was declared but not defined has the body `unreachable`.
    ///
    /// # Errors
    /// The first misuse of a [`FuncBuilder`] whose body was added.
    pub fn build(self) -> Result<Module<'static>, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Types { types, rec_groups, .. } = self.types;
        let mut module = self.module;
        module.types = types.into();
        module.rec_groups = rec_groups;
        Ok(module)
    }
}

fn elem_of(funcs: impl IntoIterator<Item = FuncIdx>, mode: ElemMode<'static>) -> Elem<'static> {
    Elem { ty: RefType::FUNC, items: ElemItems::Funcs(List::new(funcs)), mode }
}
