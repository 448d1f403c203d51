//! Core modules and instances, and canonical definitions.

use alloc::format;
use alloc::vec::Vec;

use wattle_abi::{Call, Mode};
use wattle_ast::components::{
    Alias, Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSource, ContextSlot, CoreArg,
    CoreInlineExport, CoreInstance, CoreSort, CoreSortIdx, Definition, ResultList, Shared, ValType,
};
use wattle_ast::{
    AddrType, Body, ComponentFuncIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx, Export,
    ExternIdx, ExternType, Feature, Func, FuncIdx, FuncType, Import, Instr, Limits, MemIdx,
    MemType, Module, TableIdx, TypeIdx, ValType as CoreValType,
};

use super::generator::{Generator, Lib};
use super::model::TypeEntry;
use crate::Config;

/// The exports of the module that a function is lifted from.
const FUNC: &str = "f";
const REALLOC: &str = "realloc";
const POST_RETURN: &str = "post";
const CALLBACK: &str = "callback";
const MEMORY: &str = "memory";

const I32: CoreValType = CoreValType::I32;

/// A module with a memory, a function of a type, and everything that canonical options name. No
/// function ever returns.
fn provider(ty: &FuncType) -> Module<'static> {
    let mut module = Module::default();
    let funcs = [
        (FUNC, ty.clone()),
        (REALLOC, FuncType::new([I32; 4], [I32])),
        (POST_RETURN, FuncType::new(ty.results().iter().copied(), [])),
        (CALLBACK, FuncType::new([I32; 3], [I32])),
    ];
    for (index, (name, ty)) in (0..).zip(funcs) {
        let body = Body::new([], [Instr::Unreachable, Instr::End].into_iter().collect());
        module.types.push(ty.into());
        module.funcs.push(Func { ty: TypeIdx(index), body });
        module.exports.push(Export { name: name.into(), index: FuncIdx(index).into() });
    }
    let limits = Limits { min: 1, ..Limits::default() };
    module.memories.push(MemType { limits, ..MemType::default() });
    module.exports.push(Export { name: MEMORY.into(), index: ExternIdx::Mem(MemIdx(0)) });
    module
}

impl Generator<'_> {
    /// Adds a core module and gives its index.
    fn add_module(&mut self, module: Module<'static>) -> CoreModuleIdx {
        self.emit(Definition::CoreModule(module.into())).into()
    }

    fn add_core_instance(&mut self, instance: CoreInstance<'static>) -> CoreInstanceIdx {
        self.emit(Definition::CoreInstance(instance)).into()
    }

    fn core_alias(&mut self, sort: CoreSort, instance: CoreInstanceIdx, name: &'static str) -> u32 {
        self.emit(Definition::Alias(Alias::CoreExport { sort, instance, name: name.into() }))
    }

    /// Makes an alias of a function of a core instance.
    fn func_alias(
        &mut self,
        instance: CoreInstanceIdx,
        name: &'static str,
        ty: FuncType,
    ) -> FuncIdx {
        self.frame().core_funcs.push(Some(ty));
        self.core_alias(CoreSort::Func, instance, name).into()
    }

    /// Makes an instance of a module that [`provider`] makes.
    fn provide(&mut self, ty: &FuncType) -> CoreInstanceIdx {
        let module = self.add_module(provider(ty));
        self.add_core_instance(CoreInstance::Instantiate { module, args: [].into() })
    }

    fn lib_of(&mut self, instance: CoreInstanceIdx) -> Lib {
        let memory = self.core_alias(CoreSort::Memory, instance, MEMORY).into();
        let realloc = self.func_alias(instance, REALLOC, FuncType::new([I32; 4], [I32]));
        let lib = Lib { memory, realloc };
        self.frame().lib = Some(lib);
        lib
    }

    /// The memory and the allocator of the component, which are made when they are first needed.
    fn lib(&mut self) -> Lib {
        match self.frame().lib {
            Some(lib) => lib,
            None => {
                let instance = self.provide(&FuncType::default());
                self.lib_of(instance)
            }
        }
    }

    /// Makes any core module.
    pub(super) fn make_core_module(&mut self) {
        let config = Config {
            features: self.features,
            max_types: 3,
            max_imports: 2,
            max_funcs: 2,
            max_instructions: 8,
            max_data_bytes: 8,
            ..Config::default()
        };
        let len = self.entropy.below(64);
        let bytes = self.entropy.bytes(len);
        let (generated, _) = crate::generate_from(&config, &bytes);
        self.add_module(generated.module);
    }

    /// Makes a module that imports core functions, and instantiates it.
    pub(super) fn make_core_instance(&mut self) {
        let mut module = Module::default();
        let mut exports = Vec::new();
        for nth in 0..self.entropy.below(4) {
            let found = self.find(|frame| &frame.core_funcs, Option::clone);
            let Some((func, func_type)) = found else { break };
            let ty = ExternType::Func(TypeIdx(module.types.len() as u32));
            module.types.push(func_type.into());
            let name = format!("i{nth}");
            module.imports.push(Import { module: "env".into(), name: name.clone().into(), ty });
            let item = CoreSortIdx::Func(func.into());
            exports.push(CoreInlineExport { name: name.into(), item });
        }
        let has_imports = !exports.is_empty();
        let args = has_imports.then(|| {
            let instance = self.add_core_instance(CoreInstance::Exports(exports.into()));
            CoreArg { name: "env".into(), instance }
        });
        let module = self.add_module(module);
        let args = args.into_iter().collect();
        self.add_core_instance(CoreInstance::Instantiate { module, args });
    }

    fn encoding(&mut self) -> CanonOpt {
        let all = [CanonOpt::Utf8, CanonOpt::Utf16, CanonOpt::CompactUtf16];
        self.entropy.pick(&all).unwrap_or(CanonOpt::Utf8)
    }

    /// Lifts a function, with a core function that is made for it.
    pub(super) fn make_lift(&mut self) {
        let found = self.find_type(|ty| match ty {
            TypeEntry::Func(sig) => Some(sig.clone()),
            _ => None,
        });
        let Some((ty, sig)) = found else { return };
        let has_callback = sig.is_async && self.entropy.chance(128);
        let mode = if has_callback { Mode::Callback } else { Mode::Sync };
        let core = sig.core(Call::Lift(mode)).func_type(AddrType::I32);
        let post_return = FuncType::new(core.results().iter().copied(), []);
        let instance = self.provide(&core);
        let lib = self.lib_of(instance);
        let func = self.func_alias(instance, FUNC, core);
        let mut opts = Vec::from([
            self.encoding(),
            CanonOpt::Memory(lib.memory),
            CanonOpt::Realloc(lib.realloc),
        ]);
        if has_callback {
            let ty = FuncType::new([I32; 3], [I32]);
            let callback = self.func_alias(instance, CALLBACK, ty);
            opts.extend([CanonOpt::Async, CanonOpt::Callback(callback)]);
        } else if self.entropy.chance(100) {
            let post_return = self.func_alias(instance, POST_RETURN, post_return);
            opts.push(CanonOpt::PostReturn(post_return));
        }
        self.emit(Definition::Canon(Canon::Lift { func, opts: opts.into(), ty: ty.into() }));
        self.frame().funcs.push(sig);
    }

    /// Lowers a function.
    pub(super) fn make_lower(&mut self) {
        let found = self.find(|frame| &frame.funcs, |sig| Some(sig.clone()));
        let Some((func, sig)) = found else { return };
        let is_async = sig.is_async && self.entropy.chance(128);
        let core = sig.core(Call::Lower { is_async });
        let mut opts = Vec::from([self.encoding()]);
        if core.needs_memory || is_async {
            opts.push(CanonOpt::Memory(self.lib().memory));
        }
        if core.needs_realloc {
            opts.push(CanonOpt::Realloc(self.lib().realloc));
        }
        if is_async {
            opts.push(CanonOpt::Async);
        }
        self.emit(Definition::Canon(Canon::Lower { func: func.into(), opts: opts.into() }));
        self.frame().core_funcs.push(Some(core.func_type(AddrType::I32)));
    }

    /// Makes a built-in function.
    pub(super) fn make_built_in(&mut self) {
        let op = self.entropy.pick(CanonOp::ALL).unwrap_or(CanonOp::ResourceDrop);
        if !op.is_built_in() || !self.has(op.feature().into()) {
            return;
        }
        let source = &mut Immediates { generator: self, op, has_pointer: false };
        let Ok(canon) = Canon::read_from(op, source) else { return };
        self.emit(Definition::Canon(canon));
        self.frame().core_funcs.push(op.core_type().func_type(I32, AddrType::I32));
    }
}

/// The component lacks a definition that a built-in needs.
struct Missing;

/// Makes the immediates of one built-in.
struct Immediates<'g, 'a> {
    generator: &'g mut Generator<'a>,
    op: CanonOp,
    /// Whether the values that the built-in moves have pointers in them.
    has_pointer: bool,
}

impl CanonSource for Immediates<'_, '_> {
    type Error = Missing;

    fn core_func(&mut self) -> Result<FuncIdx, Missing> {
        Err(Missing)
    }

    fn func(&mut self) -> Result<ComponentFuncIdx, Missing> {
        Err(Missing)
    }

    fn ty(&mut self) -> Result<ComponentTypeIdx, Missing> {
        let kind = self.op.keyword().split('.').next();
        let needs_local = matches!(self.op, CanonOp::ResourceNew | CanonOp::ResourceRep);
        let found = self.generator.find_type(|ty| match ty {
            TypeEntry::Resource { is_local, .. } if kind == Some("resource") => {
                (*is_local || !needs_local).then_some(None)
            }
            TypeEntry::Stream(_, payload) if kind == Some("stream") => Some(*payload),
            TypeEntry::Future(_, payload) if kind == Some("future") => Some(*payload),
            _ => None,
        });
        let (index, payload) = found.ok_or(Missing)?;
        self.has_pointer = payload.is_some_and(|known| known.abi.has_pointer());
        Ok(ComponentTypeIdx(index))
    }

    fn core_type(&mut self) -> Result<TypeIdx, Missing> {
        Err(Missing)
    }

    fn table(&mut self) -> Result<TableIdx, Missing> {
        Err(Missing)
    }

    fn memory(&mut self) -> Result<MemIdx, Missing> {
        Ok(self.generator.lib().memory)
    }

    fn results(&mut self) -> Result<ResultList, Missing> {
        let found = self.generator.find_type(|ty| ty.value().filter(|known| !known.has_borrow));
        let index = found.map(|(index, _)| ValType::Type(ComponentTypeIdx(index)));
        Ok(ResultList(index))
    }

    fn context_slot(&mut self) -> Result<ContextSlot, Missing> {
        Ok(ContextSlot { ty: I32, slot: 0 })
    }

    fn is_async(&mut self) -> Result<Async, Missing> {
        let can_be = self.generator.has(Feature::CmMoreAsyncBuiltins.into());
        Ok(Async(can_be && self.generator.entropy.chance(128)))
    }

    fn is_shared(&mut self) -> Result<Shared, Missing> {
        Err(Missing)
    }

    fn opts(&mut self) -> Result<CanonOpts, Missing> {
        let lib = self.generator.lib();
        let mut opts = Vec::from([CanonOpt::Memory(lib.memory)]);
        match self.op {
            CanonOp::TaskReturn | CanonOp::ErrorContextNew => {}
            CanonOp::ErrorContextDebugMessage => opts.push(CanonOpt::Realloc(lib.realloc)),
            _ => {
                if self.has_pointer {
                    opts.push(CanonOpt::Realloc(lib.realloc));
                }
                opts.push(CanonOpt::Async);
            }
        }
        Ok(opts.into())
    }
}
