//! The built-ins of the component model, and their core types.

use wattle_ast::components::CanonOp;
use wattle_ast::{AddrType, FuncType, ValType};
use wattle_wit::model::Kind;

use super::matching::Matcher;
use super::part::{Copy, CoreFunc, Source};
use crate::names::{Side, encoding};
use crate::world::Place;

/// Functions that linkers leave open, and import from `env`.
pub(crate) const GET_STACK_POINTER: &str = "__wasm_get_stack_pointer";
pub(crate) const SET_STACK_POINTER: &str = "__wasm_set_stack_pointer";
pub(crate) const GET_TLS_BASE: &str = "__wasm_get_tls_base";
pub(crate) const SET_TLS_BASE: &str = "__wasm_set_tls_base";

/// A built-in with the properties that its name states, and the place that it refers to.
#[derive(Clone, Copy)]
pub(super) struct Builtin<'n> {
    pub(super) op: CanonOp,
    pub(super) variant: &'n str,
    pub(super) of: &'n str,
    pub(super) is_async: bool,
    pub(super) side: Side,
    pub(super) number: Option<usize>,
    pub(super) place: Place,
}

/// Checks that a built-in belongs to the world itself, and has no name behind its brackets.
fn plain_of(is_root: bool, is_export: bool, of: &str, is_async: bool) -> Option<()> {
    (is_root && !is_export && of.is_empty() && !is_async).then_some(())
}

impl Matcher<'_, '_> {
    /// Returns the core function of a built-in, and its core type.
    pub(super) fn builtin(&self, builtin: Builtin<'_>) -> Option<(CoreFunc, FuncType)> {
        let Builtin { op, variant, of, is_async, side, place, .. } = builtin;
        let is_root = builtin.number.is_none();
        let is_export = side == Side::Export;
        let plain = |has_async: bool| {
            let fits = is_root && !is_export && of.is_empty() && variant.is_empty();
            (fits && (!is_async || has_async)).then_some(())
        };
        let arrow = |addr| op.core_type().func_type(ValType::I32, addr);
        Some(match op {
            CanonOp::ResourceNew | CanonOp::ResourceDrop | CanonOp::ResourceRep => {
                let is_of_export = op != CanonOp::ResourceDrop;
                if is_async
                    || !variant.is_empty()
                    || (is_of_export && !is_export)
                    || (is_export && is_root)
                {
                    return None;
                }
                let resource = self.world.resource(place, of)?;
                (CoreFunc::Resource { op, place, resource }, arrow(AddrType::I32)?)
            }
            CanonOp::TaskReturn => {
                if !is_export || is_async || !variant.is_empty() {
                    return None;
                }
                let (export, func) = self.world.func_of(side, builtin.number, of)?;
                let (ty, _) = self.abis.func(side, export, &func.name).task_return();
                (CoreFunc::TaskReturn { export, func: func.name.clone() }, ty)
            }
            CanonOp::TaskCancel => {
                if !is_export || is_async || !variant.is_empty() || !of.is_empty() {
                    return None;
                }
                (CoreFunc::Plain { op, is_async }, arrow(AddrType::I32)?)
            }
            _ if copies(op).is_some() => {
                let can_be_async = copies(op) == Some(true);
                if is_async && !can_be_async {
                    return None;
                }
                self.copy(builtin)?
            }
            CanonOp::ContextGet | CanonOp::ContextSet => {
                plain_of(is_root, is_export, of, is_async)?;
                let (is_64, slot) = match variant.split_once('-') {
                    Some(("i32", slot)) => (false, slot),
                    Some(("i64", slot)) => (true, slot),
                    Some(_) => return None,
                    None => (false, variant),
                };
                // The context has two slots.
                let slot = slot.parse().ok().filter(|slot| *slot < 2)?;
                let ty = if is_64 { ValType::I64 } else { ValType::I32 };
                let expected = match op {
                    CanonOp::ContextGet => FuncType::new([], [ty]),
                    _ => FuncType::new([ty], []),
                };
                (CoreFunc::Context { op, slot, is_64 }, expected)
            }
            CanonOp::WaitableSetWait | CanonOp::WaitableSetPoll => {
                plain_of(is_root, is_export, of, is_async)?;
                let addr = match variant {
                    "" | "i32" => AddrType::I32,
                    "i64" => AddrType::I64,
                    _ => return None,
                };
                (CoreFunc::Wait { op }, arrow(addr)?)
            }
            CanonOp::ErrorContextNew | CanonOp::ErrorContextDebugMessage => {
                plain_of(is_root, is_export, of, is_async)?;
                let encoding = encoding(variant)?;
                (CoreFunc::ErrorContext { op, encoding }, arrow(AddrType::I32)?)
            }
            CanonOp::ThreadNewIndirect => {
                plain_of(is_root, is_export, of, is_async)?;
                if variant != "v0" {
                    return None;
                }
                (CoreFunc::ThreadNew, FuncType::new([ValType::I32; 2], [ValType::I32]))
            }
            _ => {
                plain(op == CanonOp::SubtaskCancel)?;
                (CoreFunc::Plain { op, is_async }, arrow(AddrType::I32)?)
            }
        })
    }

    /// Returns the core function of a built-in of a stream or future, and its core type.
    fn copy(&self, builtin: Builtin<'_>) -> Option<(CoreFunc, FuncType)> {
        let Builtin { op, variant, of, is_async, side, place, number } = builtin;
        let (item, func, ty) = match variant {
            // A stream or future without values is the same type for all functions.
            "unit" => (number.unwrap_or_default(), of.into(), None),
            nth => {
                let (item, func) = self.world.func_of(side, number, of)?;
                let abi = self.abis.func(side, item, &func.name);
                let ty = self.abis.copied(abi, nth.parse().ok()?)?;
                (item, func.name.clone(), Some(ty))
            }
        };
        if let Some(ty) = ty
            && is_stream(op) != matches!(self.world.model[ty].kind, Kind::Stream(_))
        {
            return None;
        }
        let copy = Copy { op, place, ty, is_async, func, item: (side, item) };
        Some((CoreFunc::Copy(copy), op.core_type().func_type(ValType::I32, AddrType::I32)?))
    }
}

/// Returns the source of a function that linkers leave open: it accesses the stack pointer or the
/// base of thread-local storage, which each thread keeps.
pub(super) fn linked_by_env(name: &str, ty: Option<&FuncType>) -> Option<Source> {
    let ty = ty?;
    let is_64 = |one: &[ValType], none: &[ValType]| match (one, none) {
        ([ValType::I32], []) => Some(false),
        ([ValType::I64], []) => Some(true),
        _ => None,
    };
    let reads = is_64(ty.results(), ty.params());
    let writes = is_64(ty.params(), ty.results());
    let (op, is_64) = match name {
        GET_STACK_POINTER => (CanonOp::ContextGet, reads?),
        SET_STACK_POINTER => (CanonOp::ContextSet, writes?),
        GET_TLS_BASE => return Some(Source::Tls { writes: false, is_64: reads? }),
        SET_TLS_BASE => return Some(Source::Tls { writes: true, is_64: writes? }),
        _ => return None,
    };
    Some(Source::Func(CoreFunc::Context { op, slot: 0, is_64 }))
}

/// Returns whether a built-in is one of streams.
pub(super) fn is_stream(op: CanonOp) -> bool {
    op.keyword().starts_with("stream.")
}

/// Returns whether a built-in of streams or futures can return before it is done; `None` for
/// others.
fn copies(op: CanonOp) -> Option<bool> {
    let (of, what) = op.keyword().split_once('.')?;
    matches!(of, "stream" | "future")
        .then_some(matches!(what, "read" | "write" | "cancel-read" | "cancel-write"))
}
