//! The fixup: the core module that is instantiated last, and gives the shim the functions that it calls.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::CoreSortIdx;
use wattle_ast::{CoreInstanceIdx, FuncIdx, FuncType, GlobalIdx, Instr, Module, TableIdx, ValType};
use wattle_encoder::{BuildError, FuncBuilder, Imports, ModuleBuilder};
use wattle_wit::model::Text;

use super::emit::{Emitter, Site, glue};
use super::matching::hook_type;
use super::part::{CoreFunc, MAIN};
use super::shims::{Shims, TABLE, forward, global_name, global_type};
use crate::error::Error;
use crate::func_types::{FuncTypeId, FuncTypes};

/// The events that the main module's hook is told when a task begins or ends.
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

/// The way in which a hooked function ends.
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

/// A function that a part exports. Others call it through the fixup, which tells the hook.
pub(super) struct Hooked {
    /// The name of the part's instance among the fixup's imports.
    pub(super) module: String,
    pub(super) name: Text,
    pub(super) ty: FuncTypeId,
    pub(super) task: Task,
}

/// The contents of the fixup.
pub(super) struct Fixup<'s> {
    pub(super) types: &'s FuncTypes,
    pub(super) shims: &'s Shims,
    /// The main module's `_initialize`.
    pub(super) initialize: Option<Text>,
    /// The main module's hook.
    pub(super) hook: Option<Text>,
    pub(super) hooked: &'s [Hooked],
    /// For each shim that fetches a `realloc`, the number of the hooked function.
    pub(super) reallocs: BTreeMap<usize, usize>,
}

/// Returns the name of the export of a hooked function.
pub(super) fn hooked_name(number: usize) -> String {
    format!("hook{number}")
}

impl Fixup<'_> {
    /// Returns whether the fixup would have nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.shims.list.is_empty() && self.initialize.is_none() && self.hooked.is_empty()
    }

    /// Builds the fixup. It imports the functions that the shim calls from `actual`, the table or
    /// the globals that hold them from `shim`, and others from `main` and from adapters by their
    /// names.
    pub(super) fn module(&self) -> Result<Module<'static>, BuildError> {
        let mut imports = Imports::new();
        let mut import = |module: &str, name: &str, ty: &FuncType| {
            let index = imports.sub_type(ty.clone());
            imports.func(module, name, index)
        };
        let shims = self.shims.list.iter().enumerate();
        let types = self.types;
        let shims =
            shims.map(|(number, shim)| import("actual", &format!("{number}"), &types[shim.ty]));
        let mut elems: Vec<FuncIdx> = shims.collect();
        let thunk = FuncType::default();
        let initialize = self.initialize.as_ref().map(|name| import("main", name, &thunk));
        let event = hook_type();
        let hook = self.hook.as_ref().map(|name| import("main", name, &event));
        let hooked = self.hooked.iter().map(|it| import(&it.module, &it.name, &types[it.ty]));
        let hooked: Vec<FuncIdx> = hooked.collect();
        let holder = Holder::new(types, self.shims, &mut imports);
        let mut module = ModuleBuilder::with_imports(imports);
        if let Some(hook) = hook {
            let mut defined = Vec::new();
            for (number, (it, func)) in self.hooked.iter().zip(hooked).enumerate() {
                let around = around(&mut module, hook, func, &types[it.ty], it.task);
                module.export(&hooked_name(number), around);
                defined.push(around);
            }
            for (number, shim) in self.shims.list.iter().enumerate() {
                let Some(elem) = elems.get_mut(number) else { continue };
                match &shim.func {
                    CoreFunc::Destructor { .. } => {
                        let ty = &types[shim.ty];
                        *elem = around(&mut module, hook, *elem, ty, Task::Destructor);
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

/// The table or the globals of the shim, which the fixup imports to put functions there.
enum Holder {
    Nothing,
    Table(TableIdx),
    Globals(Vec<GlobalIdx>),
}

impl Holder {
    fn new(types: &FuncTypes, shims: &Shims, imports: &mut Imports) -> Holder {
        if shims.list.is_empty() {
            return Holder::Nothing;
        }
        if !shims.in_globals {
            return Holder::Table(imports.table("shim", TABLE, shims.table()));
        }
        let globals = shims.list.iter().enumerate().map(|(number, shim)| {
            let ty = imports.sub_type(FuncType::clone(&types[shim.ty]));
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

/// Adds a function that calls another, and tells the hook before and afterwards.
fn around(
    module: &mut ModuleBuilder,
    hook: FuncIdx,
    func: FuncIdx,
    ty: &FuncType,
    task: Task,
) -> FuncIdx {
    let index = module.sub_type(ty.clone());
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

impl Emitter<'_, '_, '_> {
    pub(super) fn fixup(&mut self) -> Result<(), Error> {
        let plan = self.plan;
        let hooked = self.hooks();
        let main = plan.exports.get(MAIN);
        let mut reallocs = BTreeMap::new();
        for (number, shim) in plan.shims.list.iter().enumerate() {
            if let CoreFunc::Realloc { part, name } = &shim.func
                && let Some(place) = self.hooked.get(&(*part, name.clone()))
            {
                reallocs.insert(number, *place);
            }
        }
        let fixup = Fixup {
            types: plan.types,
            shims: plan.shims,
            initialize: main.and_then(|main| main.initialize.clone()),
            hook: main.and_then(|main| main.task_hook.clone()),
            hooked: &hooked,
            reallocs,
        };
        if fixup.is_empty() {
            return Ok(());
        }
        let module = fixup.module().map_err(glue)?;
        let mut args: Vec<(String, CoreInstanceIdx)> = Vec::new();
        let names: BTreeSet<&str> =
            module.imports.iter().map(|import| import.module.as_str()).collect();
        for name in names {
            let instance = match name {
                "actual" => self.actual(),
                "shim" => self.shim.unwrap_or_default(),
                "main" => self.instances.get(&MAIN).copied().unwrap_or_default(),
                // The name of an adapter's instance is its number.
                number => number
                    .parse()
                    .ok()
                    .and_then(|part: usize| self.instances.get(&part).copied())
                    .unwrap_or_default(),
            };
            args.push((name.to_string(), instance));
        }
        let instance = self.instance_of("fixup", module, &args);
        self.fixup = Some(instance);
        Ok(())
    }

    /// Makes an instance of the functions that the shim calls.
    fn actual(&mut self) -> CoreInstanceIdx {
        let plan = self.plan;
        let mut items = Vec::with_capacity(plan.shims.list.len());
        for (number, shim) in plan.shims.list.iter().enumerate() {
            let func = match &shim.func {
                CoreFunc::Export { part, name }
                | CoreFunc::Destructor { part, name }
                | CoreFunc::Realloc { part, name } => {
                    let instance = self.instances.get(part).copied().unwrap_or_default();
                    self.core_alias(instance, name)
                }
                func => self.define(func, shim.part, Site::Between),
            };
            items.push((format!("{number}"), CoreSortIdx::Func(func)));
        }
        let items = items.iter().map(|(name, item)| (name.as_str(), *item));
        let instance = self.builder.core_exports(items);
        self.builder.names().core_instances.insert(instance, "actual".into());
        instance
    }

    /// Returns the exported functions that the fixup wraps, if the main module has a hook. Their
    /// numbers are kept in `hooked`.
    fn hooks(&mut self) -> Vec<Hooked> {
        let mut hooked = Vec::new();
        if !self.has_hook() {
            return hooked;
        }
        for (part, exports) in self.plan.exports.iter().enumerate() {
            let module = if part == MAIN { "main".to_string() } else { format!("{part}") };
            for (name, task) in exports.tasks() {
                let ty = exports.types.get(name).copied().unwrap_or_default();
                self.hooked.insert((part, name.clone()), hooked.len());
                hooked.push(Hooked { module: module.clone(), name: name.clone(), ty, task });
            }
        }
        hooked
    }
}
