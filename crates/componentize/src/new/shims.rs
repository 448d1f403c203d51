//! The two core modules that tie the others together.
//!
//! The main module is instantiated with functions, of which some need its memory or `realloc`, which
//! are there only afterwards. So a first module, the *shim*, has a table, and for each such function
//! one that calls an element of the table. When all modules are instantiated, a last module, the
//! *fixup*, fills the table. Instead of the table, the shim can have a global for each function, whose
//! type says which functions it may hold, so that a call need not check that.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{
    CallIndirect, FuncIdx, FuncType, GlobalIdx, GlobalType, HeapType, Instr, Limits, MemType,
    Module, RefType, TableIdx, TableType, TypeIdx, ValType,
};
use wattle_encoder::{BuildError, FuncBuilder, Imports, ModuleBuilder};
use wattle_wit::model::Text;

use super::part::CoreFunc;

/// The names of the shim's exports.
pub(super) const TABLE: &str = "$imports";
pub(super) const MEMORY: &str = "$memory";
pub(super) const TLS_GET: &str = "$get-tls-base";
pub(super) const TLS_SET: &str = "$set-tls-base";

/// The name of the global that holds a function.
fn global_name(number: usize) -> String {
    format!("g{number}")
}

/// The type of a global that holds a function of a type.
fn global_type(ty: TypeIdx) -> GlobalType {
    let holds = RefType { nullable: false, heap: HeapType::Type(ty) };
    GlobalType { mutable: true, val: ValType::Ref(holds) }
}

/// The functions that are called through the shim.
#[derive(Default)]
pub(super) struct Shims {
    pub(super) list: Vec<Shim>,
    places: BTreeMap<(CoreFunc, usize), usize>,
    /// Whether they are in globals, and not in a table.
    in_globals: bool,
}

/// A function that is called through the shim.
pub(super) struct Shim {
    pub(super) func: CoreFunc,
    /// The part whose memory, `realloc` and encoding the function has.
    pub(super) part: usize,
    pub(super) ty: FuncType,
    /// A name for people.
    pub(super) name: String,
}

impl Shims {
    pub(super) fn new(in_globals: bool) -> Shims {
        Shims { in_globals, ..Shims::default() }
    }

    /// Adds a function, unless it is there.
    pub(super) fn add(
        &mut self,
        func: CoreFunc,
        part: usize,
        ty: FuncType,
        name: impl FnOnce() -> String,
    ) {
        let next = self.list.len();
        self.places.entry((func.clone(), part)).or_insert_with(|| {
            self.list.push(Shim { func, part, ty, name: name() });
            next
        });
    }

    /// The number of a function, which is the name of its export.
    pub(super) fn find(&self, func: &CoreFunc, part: usize) -> Option<usize> {
        self.places.get(&(func.clone(), part)).copied()
    }

    fn table(&self) -> TableType {
        let len = self.list.len() as u64;
        let limits = Limits { min: len, max: Some(len), ..Limits::default() };
        TableType { elem: RefType::FUNCREF, limits }
    }

    /// The shim. It has the memory if the main module imports one, and the base of thread-local
    /// storage if that is asked for and kept in a global.
    pub(super) fn module(
        &self,
        memory: Option<MemType>,
        tls: Option<ValType>,
    ) -> Result<Module<'static>, BuildError> {
        let mut module = ModuleBuilder::new();
        // What globals hold until the fixup sets them.
        let mut traps: BTreeMap<TypeIdx, FuncIdx> = BTreeMap::new();
        for (number, shim) in self.list.iter().enumerate() {
            let ty = module.ty(shim.ty.params().iter().copied(), shim.ty.results().iter().copied());
            let call = if self.in_globals {
                let func = *traps.entry(ty).or_insert_with(|| trap(&mut module, ty));
                let global = module.global(global_type(ty), [Instr::RefFunc { func }]);
                module.export(&global_name(number), global);
                [Instr::GlobalGet { global }, Instr::ReturnCallRef { ty }]
            } else {
                let callee = CallIndirect { ty, table: TableIdx(0) };
                [Instr::I32Const { value: number as i32 }, Instr::CallIndirect { callee }]
            };
            let func = module.func(ty, |f| {
                forward(f);
                f.instrs(call);
            });
            module.export(&format!("{number}"), func);
            module.names().funcs.insert(func, shim.name.clone().into());
        }
        if !self.list.is_empty() && !self.in_globals {
            let table = module.table(self.table());
            module.export(TABLE, table);
        }
        if let Some(memory) = memory {
            let memory = module.memory(memory);
            module.export(MEMORY, memory);
        }
        if let Some(val) = tls {
            let zero = match val {
                ValType::I64 => Instr::I64Const { value: 0 },
                _ => Instr::I32Const { value: 0 },
            };
            let global = module.global(GlobalType { mutable: true, val }, [zero]);
            let (get, set) = (module.ty([], [val]), module.ty([val], []));
            let get = module.func(get, |f| {
                f.instr(Instr::GlobalGet { global });
            });
            let set = module.func(set, |f| {
                forward(f);
                f.instr(Instr::GlobalSet { global });
            });
            module.export(TLS_GET, get);
            module.export(TLS_SET, set);
        }
        module.names().module = Some("shim".into());
        module.build()
    }
}

/// A function that traps.
fn trap(module: &mut ModuleBuilder, ty: TypeIdx) -> FuncIdx {
    let func = module.func(ty, |f| {
        f.instr(Instr::Unreachable);
    });
    module.names().funcs.insert(func, "before fixup".into());
    func
}

/// Passes all parameters on.
fn forward(f: &mut FuncBuilder) {
    for param in 0..f.params() {
        let local = f.param(param);
        f.instr(Instr::LocalGet { local });
    }
}

/// What is to be told to the main module's hook when a task begins or ends.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    SyncStart = 0,
    SyncFinish = 1,
    AsyncStart = 2,
    AsyncResume = 3,
    AsyncBlock = 4,
    AsyncFinish = 5,
    InitializeStart = 6,
    InitializeFinish = 7,
    DestructorStart = 8,
    DestructorFinish = 9,
    ReallocStart = 12,
    ReallocFinish = 13,
}

/// How a hooked function ends.
#[derive(Clone, Copy)]
enum End {
    /// Another function that is called afterwards ends the task.
    Later,
    Event(Event),
    /// The result tells whether the task waits or has ended.
    ByResult,
}

/// A core function that is a task, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    Sync { has_post_return: bool },
    PostReturn,
    Stackful,
    Callback,
    Resume,
    Destructor,
    Realloc,
}

impl Task {
    fn events(self) -> (Option<Event>, End) {
        match self {
            Task::Sync { has_post_return: false } => {
                (Some(Event::SyncStart), End::Event(Event::SyncFinish))
            }
            Task::Sync { has_post_return: true } => (Some(Event::SyncStart), End::Later),
            Task::PostReturn => (None, End::Event(Event::SyncFinish)),
            Task::Stackful => (Some(Event::AsyncStart), End::Event(Event::AsyncFinish)),
            Task::Callback => (Some(Event::AsyncStart), End::ByResult),
            Task::Resume => (Some(Event::AsyncResume), End::ByResult),
            Task::Destructor => (Some(Event::DestructorStart), End::Event(Event::DestructorFinish)),
            Task::Realloc => (Some(Event::ReallocStart), End::Event(Event::ReallocFinish)),
        }
    }
}

/// A function that is exported by a part and called by others through the fixup, which tells the
/// hook.
pub(super) struct Hooked {
    /// The name of the part's instance among the fixup's imports.
    pub(super) module: String,
    pub(super) name: Text,
    pub(super) ty: FuncType,
    pub(super) task: Task,
}

/// What the fixup consists of.
pub(super) struct Fixup<'s> {
    pub(super) shims: &'s Shims,
    /// The main module's `_initialize`.
    pub(super) initialize: Option<Text>,
    /// The main module's hook.
    pub(super) hook: Option<Text>,
    pub(super) hooked: &'s [Hooked],
    /// For each shim that fetches a `realloc`, the number of the hooked function.
    pub(super) reallocs: BTreeMap<usize, usize>,
}

/// The name of the export of a hooked function.
pub(super) fn hooked_name(number: usize) -> String {
    format!("hook{number}")
}

impl Fixup<'_> {
    /// Whether there is nothing to fix.
    pub(super) fn is_empty(&self) -> bool {
        self.shims.list.is_empty() && self.initialize.is_none() && self.hooked.is_empty()
    }

    /// The fixup. It imports the functions that the shim calls from `actual`, the table or the globals
    /// that hold them from `shim`, and others from `main` and from adapters by their names.
    pub(super) fn module(&self) -> Result<Module<'static>, BuildError> {
        let mut imports = Imports::new();
        let mut import = |module: &str, name: &str, ty: &FuncType| {
            let index = imports.ty(ty.params().iter().copied(), ty.results().iter().copied());
            imports.func(module, name, index)
        };
        let shims = self.shims.list.iter().enumerate();
        let shims = shims.map(|(number, shim)| import("actual", &format!("{number}"), &shim.ty));
        let mut elems: Vec<FuncIdx> = shims.collect();
        let thunk = FuncType::default();
        let initialize = self.initialize.as_ref().map(|name| import("main", name, &thunk));
        let event = FuncType::new([ValType::I32], []);
        let hook = self.hook.as_ref().map(|name| import("main", name, &event));
        let hooked = self.hooked.iter().map(|it| import(&it.module, &it.name, &it.ty));
        let hooked: Vec<FuncIdx> = hooked.collect();
        let holder = Holder::new(self.shims, &mut imports);
        let mut module = ModuleBuilder::with_imports(imports);
        if let Some(hook) = hook {
            let mut defined = Vec::new();
            for (number, (it, func)) in self.hooked.iter().zip(hooked).enumerate() {
                let around = around(&mut module, hook, func, &it.ty, it.task);
                module.export(&hooked_name(number), around);
                defined.push(around);
            }
            for (number, shim) in self.shims.list.iter().enumerate() {
                let Some(elem) = elems.get_mut(number) else { continue };
                match &shim.func {
                    CoreFunc::Destructor { .. } => {
                        *elem = around(&mut module, hook, *elem, &shim.ty, Task::Destructor);
                    }
                    CoreFunc::Realloc { .. } => {
                        let hooked = self.reallocs.get(&number).and_then(|at| defined.get(*at));
                        *elem = hooked.copied().unwrap_or(*elem);
                    }
                    _ => {}
                }
            }
        }
        let sets = holder.fill(&mut module, elems);
        match (initialize, hook) {
            (None, _) if sets.is_empty() => {}
            (Some(initialize), None) if sets.is_empty() => module.start(initialize),
            _ => {
                let ty = module.ty([], []);
                let start = module.func(ty, |f| {
                    for (func, global) in sets {
                        f.instrs([Instr::RefFunc { func }, Instr::GlobalSet { global }]);
                    }
                    let Some(initialize) = initialize else { return };
                    if let Some(hook) = hook {
                        tell(f, hook, Event::InitializeStart);
                    }
                    f.instr(Instr::Call { func: initialize });
                    if let Some(hook) = hook {
                        tell(f, hook, Event::InitializeFinish);
                    }
                });
                module.start(start);
            }
        }
        module.names().module = Some("fixup".into());
        module.build()
    }
}

/// What the fixup imports of the shim, to put functions there.
enum Holder {
    Nothing,
    Table(TableIdx),
    Globals(Vec<GlobalIdx>),
}

impl Holder {
    fn new(shims: &Shims, imports: &mut Imports) -> Holder {
        if shims.list.is_empty() {
            return Holder::Nothing;
        }
        if !shims.in_globals {
            return Holder::Table(imports.table("shim", TABLE, shims.table()));
        }
        let globals = shims.list.iter().enumerate().map(|(number, shim)| {
            let ty = &shim.ty;
            let ty = imports.ty(ty.params().iter().copied(), ty.results().iter().copied());
            imports.global("shim", &global_name(number), global_type(ty))
        });
        Holder::Globals(globals.collect())
    }

    /// Fills the table. Returns the globals that are to be set, with the functions.
    fn fill(self, module: &mut ModuleBuilder, funcs: Vec<FuncIdx>) -> Vec<(FuncIdx, GlobalIdx)> {
        match self {
            Holder::Nothing => Vec::new(),
            Holder::Table(table) => {
                module.elem(table, [Instr::I32Const { value: 0 }], funcs);
                Vec::new()
            }
            Holder::Globals(globals) => {
                module.elem_declared(funcs.iter().copied());
                funcs.into_iter().zip(globals).collect()
            }
        }
    }
}

/// Tells the hook of an event.
pub(crate) fn tell(f: &mut FuncBuilder, hook: FuncIdx, event: Event) {
    f.instrs([Instr::I32Const { value: event as i32 }, Instr::Call { func: hook }]);
}

/// A function that calls another, and tells the hook before and afterwards.
fn around(
    module: &mut ModuleBuilder,
    hook: FuncIdx,
    func: FuncIdx,
    ty: &FuncType,
    task: Task,
) -> FuncIdx {
    let index = module.ty(ty.params().iter().copied(), ty.results().iter().copied());
    let (start, end) = task.events();
    module.func(index, |f| {
        if let Some(start) = start {
            tell(f, hook, start);
        }
        forward(f);
        f.instr(Instr::Call { func });
        match end {
            End::Later => {}
            End::Event(event) => tell(f, hook, event),
            End::ByResult => {
                let local = f.local(ValType::I32);
                f.instrs([
                    Instr::LocalSet { local },
                    Instr::I32Const { value: Event::AsyncBlock as i32 },
                    Instr::I32Const { value: Event::AsyncFinish as i32 },
                    Instr::LocalGet { local },
                    Instr::Select,
                    Instr::Call { func: hook },
                    Instr::LocalGet { local },
                ]);
            }
        }
    })
}
