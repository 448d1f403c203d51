//! Canonical definitions: functions that are lifted and lowered, and built-ins.
//!
//! The type of a built-in is in its row of the table of canonical definitions. Here are the rules
//! for immediates, and the types that depend on them in other ways.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canonical-definitions>

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_abi::{Call, Mode, Signature};
use wattle_ast::components::{Canon, CanonOp, CanonOpt, ContextSlot, PlainSort, ResultList, Sort};
use wattle_ast::{AddrType, Feature, FuncType, TableIdx, TypeIdx, ValType};

use super::core_types::{CoreItem, UNKNOWN};
use super::error::{ComponentErrorKind as K, Leaf};
use super::nodes::{Kind, NodeId, Properties};
use super::options::Options;
use super::scope::CoreType;
use super::validator::{Checked, Validator};
use crate::registry::TypeId;
use crate::ty::Ty;
use crate::{Error, ErrorKind};

/// The types that the type of a built-in depends on, beside the built-in itself.
#[derive(Clone, Copy)]
struct Depends {
    rep: ValType,
    addr: AddrType,
    /// The core type that an option declares.
    declared: Option<TypeId>,
}

const PLAIN: Depends = Depends { rep: ValType::I32, addr: AddrType::I32, declared: None };

impl Depends {
    /// The types that options determine, with the default for the rest.
    fn on(options: &Options) -> Depends {
        Depends { addr: options.addr(), declared: options.core_type, ..PLAIN }
    }
}

/// The type of the core function that a canonical definition makes.
enum CoreFunc {
    /// The type depends on a definition that had an error.
    Unknown,
    /// A type that an option declares.
    Declared(TypeId),
    New(FuncType),
}

impl Validator {
    pub(crate) fn canon(&mut self, canon: &Canon) -> Checked {
        let op = canon.op();
        self.need_op("", op, op.feature())?;
        let sort = op.sort();
        self.add_index(sort)?;
        if let Canon::Lift { func, opts, ty } = canon {
            let id = self.lift(func.0, opts, ty.0)?;
            self.scope_mut().push(sort, id.0);
            return Ok(());
        }
        let ty = match canon {
            Canon::Lower { func, opts } => self.lower(func.0, opts)?,
            Canon::TaskReturn { result, opts } => self.task_return(*result, opts)?,
            Canon::ContextGet { slot } => {
                self.context(op, *slot)?;
                CoreFunc::New(FuncType::new([], [slot.ty]))
            }
            Canon::ContextSet { slot } => {
                self.context(op, *slot)?;
                CoreFunc::New(FuncType::new([slot.ty], []))
            }
            Canon::ThreadNewIndirect { ty, table } => {
                CoreFunc::New(self.thread_new_indirect(*ty, *table)?)
            }
            Canon::ThreadSpawnRef { .. } | Canon::ThreadSpawnIndirect { .. } => {
                return Err(ErrorKind::Unsupported(Feature::SharedEverythingThreads).into());
            }
            _ => {
                let depends = self.built_in(op, canon)?;
                let ty = op.core_type().func_type(depends.rep, depends.addr).unwrap_or_default();
                match depends.declared {
                    Some(declared) => {
                        self.check_is_func(declared, &ty, |expected, found| K::DeclaredCoreType {
                            expected,
                            found,
                        })?;
                        CoreFunc::Declared(declared)
                    }
                    None => CoreFunc::New(ty),
                }
            }
        };
        let item = match ty {
            CoreFunc::Unknown => UNKNOWN,
            CoreFunc::Declared(id) => self.core.add_item(CoreItem::Func(id)),
            CoreFunc::New(ty) => {
                let registry = Arc::make_mut(&mut self.registry);
                let id = registry.add_func_type(&ty)?;
                self.core.add_item(CoreItem::Func(id))
            }
        };
        self.scope_mut().push(sort, item);
        Ok(())
    }

    /// Checks that the feature that a built-in needs is on.
    fn need_op(&self, form: &'static str, op: CanonOp, feature: Feature) -> Checked {
        if self.has(feature) {
            return Ok(());
        }
        let words = match feature {
            Feature::CmAsync => "async",
            Feature::CmMoreAsyncBuiltins => "more async builtins",
            Feature::CmThreading => "threading",
            Feature::CmErrorContext => "error-context",
            Feature::CmForward => "forward",
            Feature::CmAsyncStackful => "async stackful",
            Feature::SharedEverythingThreads => "shared-everything-threads",
            _ => feature.name(),
        };
        Err(K::BuiltInFeature { form, op: op.keyword(), words }.enabled_by(Some(feature)))
    }

    /// Checks the immediates of a built-in whose type is in its row of the table.
    fn built_in(&mut self, op: CanonOp, canon: &Canon) -> Checked<Depends> {
        match canon {
            Canon::ResourceNew { resource } | Canon::ResourceRep { resource } => {
                let rep = self.local_resource(resource.0)?;
                Ok(Depends { rep, ..PLAIN })
            }
            Canon::ResourceDrop { resource } => self.resource_at(resource.0).map(|_| PLAIN),
            Canon::SubtaskCancel { is_async } => self.cancel(op, is_async.0),
            Canon::StreamNew { ty }
            | Canon::StreamDropReadable { ty }
            | Canon::StreamDropWritable { ty }
            | Canon::StreamForward { ty } => self.copy_type(op, Kind::Stream, ty.0).map(|_| PLAIN),
            Canon::FutureNew { ty }
            | Canon::FutureDropReadable { ty }
            | Canon::FutureDropWritable { ty }
            | Canon::FutureForward { ty } => self.copy_type(op, Kind::Future, ty.0).map(|_| PLAIN),
            Canon::StreamCancelRead { ty, is_async }
            | Canon::StreamCancelWrite { ty, is_async } => {
                self.copy_type(op, Kind::Stream, ty.0)?;
                self.cancel(op, is_async.0)
            }
            Canon::FutureCancelRead { ty, is_async }
            | Canon::FutureCancelWrite { ty, is_async } => {
                self.copy_type(op, Kind::Future, ty.0)?;
                self.cancel(op, is_async.0)
            }
            Canon::StreamRead { ty, opts } => self.copy(op, Kind::Stream, ty.0, opts, true),
            Canon::StreamWrite { ty, opts } => self.copy(op, Kind::Stream, ty.0, opts, false),
            Canon::FutureRead { ty, opts } => self.copy(op, Kind::Future, ty.0, opts, true),
            Canon::FutureWrite { ty, opts } => self.copy(op, Kind::Future, ty.0, opts, false),
            Canon::ErrorContextNew { opts } => self.error_context(op, opts, false),
            Canon::ErrorContextDebugMessage { opts } => self.error_context(op, opts, true),
            Canon::WaitableSetWait { memory } | Canon::WaitableSetPoll { memory } => {
                Ok(Depends { addr: self.abi_memory(memory.0)?, ..PLAIN })
            }
            _ => Ok(PLAIN),
        }
    }

    fn cancel(&self, op: CanonOp, is_async: bool) -> Checked<Depends> {
        if is_async {
            self.need_op("async ", op, Feature::CmMoreAsyncBuiltins)?;
        }
        Ok(PLAIN)
    }

    /// The type that represents a resource that this component defines.
    fn local_resource(&self, index: u32) -> Checked<ValType> {
        let id = self.resource_at(index)?;
        let Some(variable) = self.arena.resource_variable(id) else { return Ok(ValType::I32) };
        match self.scope().defined.get(&variable) {
            Some(Some(rep)) => Ok(*rep),
            _ => {
                let resource = self.arena.describe_variable(variable);
                Err(K::NotLocal { index, resource }.into())
            }
        }
    }

    /// The payload of a stream or future. `None` if it has none.
    fn copy_type(&self, op: CanonOp, wanted: Kind, index: u32) -> Checked<Option<NodeId>> {
        let (id, kind) = self.type_at(index)?;
        if kind == Kind::Unknown {
            return Ok(None);
        }
        if !kind.is_value() {
            return Err(K::NotDefined { index, found: kind.noun() }.into());
        }
        if kind != wanted {
            let (what, found) = (wanted.form(), self.arena.form(id).into());
            return Err(K::CopyType { op: op.keyword(), what, found }.into());
        }
        Ok(self.arena.bare(id).part(0))
    }

    fn copy(
        &self,
        op: CanonOp,
        wanted: Kind,
        index: u32,
        opts: &[CanonOpt],
        is_read: bool,
    ) -> Checked<Depends> {
        let payload = self.copy_type(op, wanted, index)?;
        let options = self.options(opts)?;
        if !options.is_async {
            self.need_op("synchronous ", op, Feature::CmMoreAsyncBuiltins)?;
        }
        let has_pointer = payload.is_some_and(|ty| self.arena.abi(ty).has_pointer());
        options.require(payload.is_some(), is_read && has_pointer)?;
        options.require_lower()?;
        Ok(Depends::on(&options))
    }

    fn error_context(&self, op: CanonOp, opts: &[CanonOpt], allocates: bool) -> Checked<Depends> {
        let options = self.options(opts)?;
        options.require(true, allocates)?;
        options.forbid(op, &["async"])?;
        options.require_lower()?;
        Ok(Depends::on(&options))
    }

    fn context(&mut self, op: CanonOp, slot: ContextSlot) -> Checked {
        let name = op.keyword();
        match slot.ty {
            ValType::I32 => {}
            ValType::I64 => {
                self.need(
                    Feature::Cm64,
                    "64-bit context requires the component model 64-bit feature",
                )?;
            }
            _ => return Err(K::ContextType { op: name }.into()),
        }
        match self.scope_mut().context.replace(slot.ty) {
            Some(previous) if previous != slot.ty => {
                self.scope_mut().context = Some(previous);
                return Err(K::ContextConflict { op: name, previous }.into());
            }
            _ => {}
        }
        if slot.slot > 1 {
            return Err(K::ContextSlot { op: name, slot: slot.slot }.into());
        }
        if slot.slot == 1 && !self.has(Feature::CmThreading) {
            let kind = K::ContextSlotZero { op: name, slot: slot.slot };
            return Err(kind.enabled_by(Some(Feature::CmThreading)));
        }
        Ok(())
    }

    /// The parameters and the result of a function. `None` if it had an error.
    fn func_types(&self, id: NodeId) -> Option<(Vec<NodeId>, Option<NodeId>)> {
        if self.arena.has(id, Properties::UNKNOWN) {
            return None;
        }
        let func = self.arena.bare(id).func()?;
        Some((func.params().map(|(_, ty)| ty).collect(), func.result))
    }

    /// The core function for a function with these parameters and this result.
    fn signature(&self, call: Call, params: &[NodeId], result: Option<NodeId>) -> Signature {
        let abi = |id: NodeId| self.arena.abi(id);
        Signature::new(call, params.iter().map(|&id| abi(id)), result.map(abi))
    }

    fn is_async_func(&self, id: NodeId) -> bool {
        self.arena.bare(id).func().is_none_or(|func| func.is_async)
    }

    fn lift(&mut self, func: u32, opts: &[CanonOpt], index: u32) -> Checked<NodeId> {
        let id = self.type_of(Kind::Func, index)?;
        let found = self.core_func_at(func)?;
        let options = self.options(opts)?;
        let mode = match (options.is_async, options.callback) {
            (false, _) => Mode::Sync,
            (true, Some(callback)) => {
                let expected = FuncType::new([ValType::I32; 3], [ValType::I32]);
                self.check_func("callback", callback, &expected)?;
                Mode::Callback
            }
            (true, None) => {
                self.need(
                    Feature::CmAsyncStackful,
                    "requires the component model async stackful feature: `async` without `callback`",
                )?;
                Mode::Stackful
            }
        };
        if options.is_async && !self.is_async_func(id) {
            return Err(K::AsyncType.into());
        }
        if options.core_type.is_some() {
            return Err(K::CoreTypeLift.into());
        }
        let (Some(found), Some((params, result))) = (found, self.func_types(id)) else {
            return Ok(id);
        };
        if let Some(post_return) = options.post_return {
            let results = self.registry.sub_type(found);
            let results = match results.comp {
                wattle_ast::CompType::Func(ty) => ty.results().to_vec(),
                _ => Vec::new(),
            };
            self.check_func("post-return", post_return, &FuncType::new(results, []))?;
        }
        if options.gc {
            self.check_gc(&params, result, found, options.encoding.unwrap_or_default())?;
            return Ok(id);
        }
        let signature = self.signature(Call::Lift(mode), &params, result);
        options.require(signature.needs_memory, signature.needs_realloc)?;
        let expected = signature.func_type(options.addr());
        if !self.is_func(found, &expected) {
            return Err(self.lift_mismatch(func, found, &expected));
        }
        Ok(id)
    }

    #[cold]
    fn lift_mismatch(&self, func: u32, found: crate::TypeId, expected: &FuncType) -> Error {
        let wattle_ast::CompType::Func(found) = self.registry.sub_type(found).comp else {
            return K::NotCoreFunc.into();
        };
        let listed = |types: &[ValType]| -> String {
            use core::fmt::Write;
            let mut text = String::from("[");
            for (place, ty) in types.iter().enumerate() {
                let _ = write!(text, "{}{ty}", if place == 0 { "" } else { ", " });
            }
            text.push(']');
            text.to_uppercase()
        };
        match found.params() == expected.params() {
            false => K::LiftParams {
                func,
                expected: listed(expected.params()),
                found: listed(found.params()),
            },
            true => K::LiftResults {
                func,
                expected: listed(expected.results()),
                found: listed(found.results()),
            },
        }
        .into()
    }

    fn lower(&mut self, func: u32, opts: &[CanonOpt]) -> Checked<CoreFunc> {
        let id = self.node_at(PlainSort::Func, func)?;
        let options = self.options(opts)?;
        options.require_lower()?;
        if options.is_async && !self.is_async_func(id) {
            return Err(K::AsyncType.into());
        }
        let Some((params, result)) = self.func_types(id) else { return Ok(CoreFunc::Unknown) };
        let call = Call::Lower { is_async: options.is_async };
        self.lowered(call, &params, result, &options)
    }

    /// The type of the core function that a function is lowered to.
    fn lowered(
        &self,
        call: Call,
        params: &[NodeId],
        result: Option<NodeId>,
        options: &Options,
    ) -> Checked<CoreFunc> {
        if let (true, Some(declared)) = (options.gc, options.core_type) {
            self.check_gc(params, result, declared, options.encoding.unwrap_or_default())?;
            return Ok(CoreFunc::Declared(declared));
        }
        let signature = self.signature(call, params, result);
        options.require(signature.needs_memory, signature.needs_realloc)?;
        Ok(CoreFunc::New(signature.func_type(options.addr())))
    }

    fn task_return(&mut self, result: ResultList, opts: &[CanonOpt]) -> Checked<CoreFunc> {
        let op = CanonOp::TaskReturn;
        let mut params = Vec::new();
        if let Some(ty) = result.0 {
            let id = self.val_type(ty)?;
            if self.arena.has(id, Properties::BORROW) {
                return Err(K::Borrow { what: "`task.return` result" }.into());
            }
            params.push(id);
        }
        let options = self.options(opts)?;
        options.forbid(op, &["realloc", "post-return"])?;
        options.require_lower()?;
        options.forbid(op, &["async"])?;
        self.lowered(Call::LOWER, &params, None, &options)
    }

    fn thread_new_indirect(&mut self, ty: TypeIdx, table: TableIdx) -> Checked<FuncType> {
        let of = |why| Err(K::ThreadType { why }.into());
        let closure = match self.core_type_at(ty.0)? {
            CoreType::Unknown => ValType::I32,
            CoreType::Module(_) => return Err(K::NotCoreFunc.into()),
            CoreType::Sub(id) => match self.registry.func(id.0) {
                None => return of("start type must be a function"),
                Some((_, [_, ..])) => return of("start function must not return any values"),
                Some(([Ty::I32], _)) => ValType::I32,
                Some(([Ty::I64], _)) if self.has(Feature::Cm64) => ValType::I64,
                Some((params, _)) => {
                    let why = "start function must take a single `i32` argument (currently)";
                    let enable = matches!(params, [Ty::I64]).then_some(Feature::Cm64);
                    return Err(K::ThreadType { why }.enabled_by(enable));
                }
            },
        };
        let item = self.core.item(self.get(Sort::CORE_TABLE, table.0)?);
        let mut addr = AddrType::I32;
        if let CoreItem::Table(table) = item {
            addr = table.ty.limits.addr;
            if addr == AddrType::I64 {
                self.need(
                    Feature::Cm64,
                    "64-bit tables require the component model 64-bit feature",
                )?;
            }
            if table.elem != Ty::FUNCREF {
                let found = super::core_types::shown(table.elem);
                let why = Leaf::TableElem { expected: "funcref".into(), found };
                return Err(K::ThreadTable { why }.into());
            }
            if table.ty.limits.shared {
                return Err(K::ThreadTable { why: Leaf::SharedTables }.into());
            }
        }
        Ok(FuncType::new([addr.into(), closure], [ValType::I32]))
    }
}
