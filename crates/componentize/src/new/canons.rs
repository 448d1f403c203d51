//! Core functions that a component makes: functions that are lowered, and built-ins.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use wattle_abi::Call;
use wattle_ast::components::{
    Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSource, ContextSlot, ResultList, Shared, Type,
};
use wattle_ast::{
    ComponentFuncIdx, ComponentTypeIdx, FuncIdx, FuncType, MemIdx, TableIdx, TypeIdx, ValType,
};
use wattle_wit::model::{Func, Kind, Text};

use super::builtins::is_stream;
use super::emit::{Emitter, Site, needed_by, owned};
use super::part::{Copy, CoreFunc, MAIN, item_name};
use crate::abi::{Abis, Needs};
use crate::error::ProblemKind;
use crate::names::Side;
use crate::world::World;
use wattle_wit::component_type::StringEncoding;

/// Returns the needs of a core function.
pub(super) fn needs(world: &World<'_>, abis: &Abis, func: &CoreFunc) -> Needs {
    match func {
        CoreFunc::Lower { import, func, is_async } => {
            let call = Call::Lower { is_async: *is_async };
            abis.func(Side::Import, *import, func).needs(call)
        }
        CoreFunc::TaskReturn { export, func } => {
            abis.func(Side::Export, *export, func).task_return().1
        }
        CoreFunc::Copy(copy) => match what(copy.op) {
            what @ ("read" | "write") => abis.copy(payload(world, copy), what == "read"),
            _ => Needs::default(),
        },
        CoreFunc::Wait { .. } => Needs { memory: true, ..Needs::default() },
        CoreFunc::ErrorContext { op, .. } => {
            let realloc = *op == CanonOp::ErrorContextDebugMessage;
            Needs { memory: true, realloc, encoding: true }
        }
        CoreFunc::Resource { .. }
        | CoreFunc::Plain { .. }
        | CoreFunc::Context { .. }
        | CoreFunc::ThreadNew
        | CoreFunc::Export { .. }
        | CoreFunc::Destructor { .. }
        | CoreFunc::Realloc { .. } => Needs::default(),
    }
}

/// Returns the part of a keyword behind the dot.
fn what(op: CanonOp) -> &'static str {
    op.keyword().split_once('.').map_or("", |(_, what)| what)
}

/// Returns the type of the values of a stream or future.
fn payload(world: &World<'_>, copy: &Copy) -> Option<wattle_wit::model::Val> {
    match world.model[copy.ty?].kind {
        Kind::Stream(ty) | Kind::Future(ty) => ty,
        _ => None,
    }
}

impl Emitter<'_, '_, '_> {
    /// Returns a core function for a part: the one of the shim, if the shim has one.
    pub(super) fn core_func(&mut self, func: &CoreFunc, part: usize, site: Site) -> FuncIdx {
        match self.shimmed(func, part) {
            Some(index) => index,
            None => self.define(func, part, site),
        }
    }

    /// Reads or writes a slot of the context.
    pub(super) fn context(&mut self, writes: bool, is_64: bool, slot: u32) -> FuncIdx {
        let op = if writes { CanonOp::ContextSet } else { CanonOp::ContextGet };
        self.define(&CoreFunc::Context { op, slot, is_64 }, MAIN, Site::Before)
    }

    /// Defines a core function for a part.
    pub(super) fn define(&mut self, func: &CoreFunc, part: usize, site: Site) -> FuncIdx {
        let plan = self.plan;
        let world = plan.world;
        let needs = needs(world, plan.abis, func);
        let mut made = Immediates::default();
        let (op, name) = match func {
            CoreFunc::Lower { import, func, is_async } => {
                let item = (Side::Import, *import);
                let index = self.imported(*import, func);
                let mut opts = self.options_of(needs, item, func, part, site);
                if *is_async {
                    opts.push(CanonOpt::Async);
                }
                let index = self.builder.lower(index, opts);
                self.builder.names().core_funcs.insert(index, owned(func));
                return index;
            }
            CoreFunc::Resource { op, place, resource } => {
                made.ty = self.ty(*place, *resource);
                let name = world.model[*resource].name.as_deref().unwrap_or_default();
                (*op, [op.keyword(), "-", name].concat())
            }
            CoreFunc::TaskReturn { export, func: name } => {
                let func = world.func(Side::Export, *export, name);
                made.results = ResultList(self.result(*export, func));
                made.opts = self.options_of(needs, (Side::Export, *export), name, part, site);
                (CanonOp::TaskReturn, ["task.return-", &**name].concat())
            }
            CoreFunc::Copy(copy) => {
                made.ty = match copy.ty {
                    Some(ty) => self.ty(copy.place, ty),
                    None => self.unit_type(copy.op),
                };
                made.is_async = Async(copy.is_async);
                made.opts = self.options_of(needs, copy.item, &copy.func, part, site);
                if copy.is_async {
                    made.opts.push(CanonOpt::Async);
                }
                (copy.op, String::from(copy.op.keyword()))
            }
            CoreFunc::Plain { op, is_async } => {
                made.is_async = Async(*is_async);
                (*op, String::from(op.keyword()))
            }
            CoreFunc::Context { op, slot, is_64 } => {
                let ty = if *is_64 { ValType::I64 } else { ValType::I32 };
                made.slot = Some(ContextSlot { ty, slot: *slot });
                (*op, format!("{}-{slot}", op.keyword()))
            }
            CoreFunc::Wait { op } => {
                match self.memory {
                    Some(memory) => made.memory = memory,
                    None => {
                        let needed_by = op.keyword().into();
                        self.problem(MAIN, ProblemKind::NoMemory { needed_by });
                    }
                }
                (*op, String::from(op.keyword()))
            }
            CoreFunc::ErrorContext { op, encoding } => {
                let keyword = op.keyword();
                let side = Side::Import;
                let encoding = encoding.opt();
                made.opts = self.options(needs, encoding, part, side, site, || keyword.into());
                (*op, String::from(keyword))
            }
            CoreFunc::ThreadNew => {
                made.core_type = self.builder.core_type(FuncType::new([ValType::I32], []));
                made.table = self.func_table();
                let op = CanonOp::ThreadNewIndirect;
                (op, String::from(op.keyword()))
            }
            // These functions are called through the shim, and fetched from their instances.
            CoreFunc::Export { .. } | CoreFunc::Destructor { .. } | CoreFunc::Realloc { .. } => {
                return FuncIdx::default();
            }
        };
        let Ok(canon) = Canon::read_from(op, &mut made);
        let index = self.builder.canon(canon);
        self.builder.names().core_funcs.insert(index, name.into());
        index
    }

    /// Returns the options that go with a function of an import or export.
    pub(super) fn options_of(
        &mut self,
        needs: Needs,
        item: (Side, usize),
        func: &Text,
        part: usize,
        site: Site,
    ) -> Vec<CanonOpt> {
        let plan = self.plan;
        let name = item_name(plan.world, item);
        let encoding = plan.parts.get(part).and_then(|it| it.encodings.get(item.0, name, func));
        let encoding = encoding.unwrap_or(StringEncoding::Utf8).opt();
        self.options(needs, encoding, part, item.0, site, || needed_by(name, func))
    }

    /// Returns the result type of an exported function.
    fn result(
        &mut self,
        export: usize,
        func: Option<&Func>,
    ) -> Option<wattle_ast::components::ValType> {
        let result = func?.result?;
        let place = self.plan.world.place(Side::Export, export);
        Some(self.with_types(|world, written, scope| written.val(world, scope, place, result)))
    }

    /// Returns the index of the type of a stream or future without values.
    fn unit_type(&mut self, op: CanonOp) -> ComponentTypeIdx {
        let is_stream = is_stream(op);
        let known = self.unit_types[usize::from(is_stream)];
        known.unwrap_or_else(|| {
            let ty = if is_stream { Type::Stream(None) } else { Type::Future(None) };
            let index = self.builder.ty(ty);
            self.unit_types[usize::from(is_stream)] = Some(index);
            index
        })
    }

    /// Returns the main module's table of the functions that threads begin with.
    fn func_table(&mut self) -> TableIdx {
        let exports = self.plan.exports.get(MAIN);
        let table = exports.and_then(|exports| exports.func_table.clone());
        let Some(name) = table else {
            self.problem(MAIN, ProblemKind::NoFuncTable);
            return TableIdx::default();
        };
        self.table_of_main(&name)
    }
}

/// The immediates of a canonical definition.
#[derive(Default)]
struct Immediates {
    ty: ComponentTypeIdx,
    core_type: TypeIdx,
    table: TableIdx,
    memory: MemIdx,
    results: ResultList,
    slot: Option<ContextSlot>,
    is_async: Async,
    opts: Vec<CanonOpt>,
}

/// Rows: a kind of immediate, its type, and its value.
macro_rules! kinds {
    ($it:ident; $( $method:ident $ty:ty = $value:expr; )*) => { $(
        fn $method(&mut self) -> Result<$ty, Infallible> {
            let $it = self;
            let _ = &$it;
            Ok($value)
        }
    )* };
}

impl CanonSource for Immediates {
    type Error = Infallible;

    kinds! {
        it;
        core_func FuncIdx = FuncIdx::default();
        func ComponentFuncIdx = ComponentFuncIdx::default();
        ty ComponentTypeIdx = it.ty;
        core_type TypeIdx = it.core_type;
        table TableIdx = it.table;
        memory MemIdx = it.memory;
        results ResultList = it.results;
        context_slot ContextSlot = it.slot.unwrap_or(ContextSlot { ty: ValType::I32, slot: 0 });
        is_async Async = it.is_async;
        is_shared Shared = Shared(false);
        opts CanonOpts = core::mem::take(&mut it.opts).into();
    }
}

/// Returns the side whose `realloc` a core function uses, if it uses one.
pub(super) fn realloc_side(func: &CoreFunc) -> Side {
    match func {
        CoreFunc::Copy(Copy { item: (side, _), .. }) => *side,
        _ => Side::Import,
    }
}

/// Returns whether a core function can only be made when the module that imports it has been
/// instantiated: it needs the memory of the main module, which does not exist before, or an export
/// or a table of a module.
pub(super) fn is_late(func: &CoreFunc, needs: Needs, has_memory: bool) -> bool {
    match func {
        CoreFunc::Export { .. }
        | CoreFunc::Destructor { .. }
        | CoreFunc::Realloc { .. }
        | CoreFunc::ThreadNew => true,
        _ => needs.memory && !has_memory,
    }
}
