//! Core modules that have the imports and exports of a world, and do nothing.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use wattle_abi::{Call, Mode};
use wattle_ast::components::CanonOp;
use wattle_ast::{AddrType, Feature, FuncType, Instr, MemType, Module, ValType};
use wattle_encoder::{BuildError, Imports, ModuleBuilder};
use wattle_wit::model::{Extern, Func, Kind, Model, Text, TypeId, WorldId};

use crate::abi::Abis;
use crate::names::{ExportName, ImportItem, ImportName, Realloc, Role, Scheme, Side};
use crate::new::{callback_type, destructor_type, realloc_type};
use crate::world::{Item, World, canonical};

/// A core module that imports and exports all that a world has. Its functions trap or do nothing.
///
/// It shows the imports and exports that a compiler has to make for the world, and can be filled
/// in.
///
/// ```
/// use wattle_componentize::{Dummy, Scheme};
/// use wattle_wit::Resolver;
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; world w { import log: func(line: string); export run: func(); }");
/// let resolved = resolver.resolve().unwrap();
/// let model = resolved.model();
/// let world = model.select_world(resolved.root(), None).unwrap();
///
/// let module = Dummy::new(model, world).module()?;
/// assert_eq!((&*module.imports[0].module, &*module.imports[0].name), ("cm32p2", "log"));
/// let module = Dummy::new(model, world).scheme(Scheme::Legacy).module()?;
/// assert_eq!((&*module.imports[0].module, &*module.imports[0].name), ("$root", "log"));
/// # Ok::<(), wattle_encoder::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dummy<'m> {
    model: &'m Model,
    world: WorldId,
    scheme: Scheme,
    mode: Mode,
}

impl<'m> Dummy<'m> {
    /// Starts with a world, and with names of the newer scheme.
    pub fn new(model: &'m Model, world: WorldId) -> Dummy<'m> {
        Dummy { model, world, scheme: Scheme::Standard, mode: Mode::Sync }
    }

    /// Sets the scheme of names.
    pub fn scheme(mut self, scheme: Scheme) -> Dummy<'m> {
        self.scheme = scheme;
        self
    }

    /// Sets how `async` functions are exported. Unless the mode is [`Mode::Sync`], imported `async`
    /// functions return before they are done, the module imports the built-ins that go with them,
    /// and names are of the older scheme, since the newer one has no names for these.
    pub fn mode(mut self, mode: Mode) -> Dummy<'m> {
        self.mode = mode;
        self
    }

    /// Makes the module.
    ///
    /// # Errors
    /// None that a world can cause.
    pub fn module(self) -> Result<Module<'static>, BuildError> {
        let world = World::new(self.model, self.world);
        let scheme = if self.mode == Mode::Sync { self.scheme } else { Scheme::Legacy };
        let abis = Abis::new(&world);
        let mut writer = Writer {
            dummy: Dummy { scheme, ..self },
            world: &world,
            abis: &abis,
            imports: Imports::new(),
        };
        writer.imports();
        let module = ModuleBuilder::with_imports(core::mem::take(&mut writer.imports));
        writer.exports(module)
    }
}

struct Writer<'w, 'm> {
    dummy: Dummy<'m>,
    world: &'w World<'m>,
    abis: &'w Abis,
    imports: Imports,
}

impl Writer<'_, '_> {
    /// Returns the mode in which a function is exported.
    fn mode(&self, func: &Func) -> Mode {
        if func.is_async { self.dummy.mode } else { Mode::Sync }
    }

    fn is_async(&self, func: &Func) -> bool {
        self.mode(func) != Mode::Sync
    }

    /// Returns the interface of an item as names have it; `None` if it is not an interface.
    fn interface<'i>(&self, item: &'i Item<'_>) -> Option<Cow<'i, str>> {
        item.interface().map(|_| match self.dummy.scheme {
            Scheme::Standard => Cow::Owned(canonical(&item.name)),
            Scheme::Legacy => Cow::Borrowed(&*item.name),
        })
    }

    fn import(&mut self, side: Side, interface: Option<&str>, item: ImportItem<'_>, ty: &FuncType) {
        let name = ImportName { scheme: self.dummy.scheme, side, interface, item };
        let (module, name) = name.write();
        let ty = self.imports.sub_type(ty.clone());
        self.imports.func(&module, &name, ty);
    }

    fn builtin(
        &mut self,
        side: Side,
        interface: Option<&str>,
        op: CanonOp,
        variant: &str,
        of: &str,
    ) {
        // Reads and writes may return before they are done.
        let is_async = matches!(
            op,
            CanonOp::StreamRead | CanonOp::StreamWrite | CanonOp::FutureRead | CanonOp::FutureWrite
        );
        let ty = match op {
            CanonOp::ContextGet => Some(FuncType::new([], [ValType::I32])),
            CanonOp::ContextSet => Some(FuncType::new([ValType::I32], [])),
            _ => op.core_type().func_type(ValType::I32, AddrType::I32),
        };
        let item = ImportItem::Builtin { op, variant, of, is_async };
        self.import(side, interface, item, &ty.unwrap_or_default());
    }

    fn imports(&mut self) {
        let world = self.world;
        for (number, item) in world.imports.items.iter().enumerate() {
            let interface = self.interface(item);
            let interface = interface.as_deref();
            for func in world.funcs(Side::Import, number) {
                let is_async = self.is_async(func);
                let abi = self.abis.func(Side::Import, number, &func.name);
                let ty = abi.core_type(Call::Lower { is_async });
                let name = ImportItem::Func { name: &func.name, is_async };
                self.import(Side::Import, interface, name, &ty);
                self.copies(Side::Import, interface, func);
            }
            for resource in self.resources(item) {
                self.builtin(Side::Import, interface, CanonOp::ResourceDrop, "", &resource);
            }
        }
        if self.dummy.mode != Mode::Sync {
            self.tasks();
        }
        for (number, item) in world.exports.items.iter().enumerate() {
            let interface = self.interface(item);
            let interface = interface.as_deref();
            for func in world.funcs(Side::Export, number) {
                if self.is_async(func) {
                    let (ty, _) = self.abis.func(Side::Export, number, &func.name).task_return();
                    let op = CanonOp::TaskReturn;
                    let item =
                        ImportItem::Builtin { op, variant: "", of: &func.name, is_async: false };
                    self.import(Side::Export, interface, item, &ty);
                }
                self.copies(Side::Export, interface, func);
            }
            for resource in self.resources(item) {
                let ops = [CanonOp::ResourceDrop, CanonOp::ResourceNew, CanonOp::ResourceRep];
                for op in ops {
                    self.builtin(Side::Export, interface, op, "", &resource);
                }
            }
        }
    }

    /// Returns the names of the resources that an interface defines, or of the resource that a type
    /// of the world is.
    fn resources(&self, item: &Item<'_>) -> Vec<Text> {
        let model = self.world.model;
        let types: Vec<TypeId> = match item.item {
            Extern::Interface { id, .. } => model[*id].types.iter().map(|(_, ty)| *ty).collect(),
            Extern::Type(ty) => [*ty].into(),
            Extern::Func(_) => [].into(),
        };
        let resources = types.into_iter().filter(|ty| model[*ty].kind == Kind::Resource);
        resources.filter_map(|ty| model[ty].name.clone()).collect()
    }

    /// Imports the built-ins of all streams and futures of a function that returns before it is
    /// done.
    fn copies(&mut self, side: Side, interface: Option<&str>, func: &Func) {
        if !self.is_async(func) {
            return;
        }
        for (number, ty) in self.abis.all_copied(self.world.model, func) {
            let of = match self.world.model[ty].kind {
                Kind::Stream(_) => "stream.",
                _ => "future.",
            };
            for op in of_feature().filter(|op| op.keyword().starts_with(of)) {
                self.builtin(side, interface, op, &number.to_string(), &func.name);
            }
        }
    }

    /// Imports the built-ins of tasks, which belong to no function.
    fn tasks(&mut self) {
        let of_others = ["stream", "future", "resource"];
        for op in of_feature() {
            let (of, _) = op.keyword().split_once('.').unwrap_or_default();
            if of_others.contains(&of) || op == CanonOp::TaskReturn {
                continue;
            }
            let side = if op == CanonOp::TaskCancel { Side::Export } else { Side::Import };
            let variant = if of == "context" { "0" } else { "" };
            self.builtin(side, None, op, variant, "");
        }
    }

    fn exports(&self, mut module: ModuleBuilder) -> Result<Module<'static>, BuildError> {
        let (world, scheme) = (self.world, self.dummy.scheme);
        let trap =
            |module: &mut ModuleBuilder, ty: &FuncType, name: &ExportName<'_>, traps: bool| {
                let ty = module.sub_type(ty.clone());
                let func = module.func(ty, |f| {
                    if traps {
                        f.instr(Instr::Unreachable);
                    }
                });
                module.export(&name.write(scheme), func);
            };
        for (number, item) in world.exports.items.iter().enumerate() {
            let interface = self.interface(item);
            let interface = interface.as_deref();
            for func in world.funcs(Side::Export, number) {
                let mode = self.mode(func);
                let name = |role| ExportName::Func { scheme, interface, name: &func.name, role };
                let abi = self.abis.func(Side::Export, number, &func.name);
                let ty = abi.core_type(Call::Lift(mode));
                trap(&mut module, &ty, &name(Role::Lift(mode)), true);
                match mode {
                    Mode::Sync => {
                        let ty = abi.post_return();
                        trap(&mut module, &ty, &name(Role::PostReturn), false);
                    }
                    Mode::Callback => {
                        trap(&mut module, &callback_type(), &name(Role::Callback), true);
                    }
                    Mode::Stackful => {}
                }
            }
            for resource in self.resources(item) {
                let Some(interface) = interface else { continue };
                let name = ExportName::Destructor { scheme, interface, resource: &resource };
                trap(&mut module, &destructor_type(), &name, false);
            }
        }
        let memory = module.memory(MemType::default());
        module.export(&ExportName::Memory.write(scheme), memory);
        trap(&mut module, &realloc_type(), &ExportName::Realloc(Realloc::Any), true);
        trap(&mut module, &FuncType::default(), &ExportName::Initialize, false);
        module.build()
    }
}

/// Returns the built-ins of asynchronous functions, without those of later features.
fn of_feature() -> impl Iterator<Item = CanonOp> {
    CanonOp::ALL.iter().copied().filter(|op| op.feature() == Feature::CmAsync)
}
