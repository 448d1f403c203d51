//! Functions that pass values as references to structs and arrays, under the option `gc`.
//!
//! The specification does not have this yet. The rules are those of `wasm-tools`.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::AbsHeapType;
use wattle_ast::components::PrimType;

use super::core_types::shown;
use super::error::ComponentErrorKind as K;
use super::nodes::{Kind, NodeId, Properties};
use super::validator::{Checked, Validator};
use crate::registry::{Structure, TypeId};
use crate::ty::Ty;

/// The core type in which a value of a component is passed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    ty: Ty,
    /// Whether it is a field or an element, which can be packed.
    is_field: bool,
}

impl Validator {
    /// Checks that a core function can pass these parameters and this result.
    pub(crate) fn check_gc(
        &self,
        params: &[NodeId],
        result: Option<NodeId>,
        func: TypeId,
        encoding: &'static str,
    ) -> Checked {
        let Some((core_params, core_results)) = self.registry.func(func.0) else {
            return Err(K::NotCoreFunc.into());
        };
        let results = usize::from(result.is_some());
        for (what, core, wanted) in [
            ("parameters", core_params.len(), params.len()),
            ("results", core_results.len(), results),
        ] {
            if core != wanted {
                return Err(K::GcArity { what, core, wanted }.into());
            }
        }
        let all = params.iter().copied().chain(result);
        let types = core_params.iter().chain(core_results);
        let slot = |&ty| Slot { ty, is_field: false };
        let mut open: Vec<(NodeId, Slot)> = all.zip(types.map(slot)).collect();
        open.reverse();
        let mut seen = BTreeSet::new();
        while let Some((id, slot)) = open.pop() {
            let id = self.arena.node(id).structure;
            if seen.insert((id, slot)) && !self.arena.has(id, Properties::UNKNOWN) {
                self.check_gc_value(id, slot, encoding, &mut open)?;
            }
        }
        Ok(())
    }

    /// Checks one type, and adds the parts of it that are to be checked.
    fn check_gc_value(
        &self,
        id: NodeId,
        slot: Slot,
        encoding: &'static str,
        open: &mut Vec<(NodeId, Slot)>,
    ) -> Checked {
        let node = self.arena.node(id);
        let fail = |what: &'static str, wanted: &'static str| -> Checked {
            let found = match slot.ty {
                Ty::I8 => String::from("i8"),
                Ty::I16 => String::from("i16"),
                ty => shown(ty),
            };
            Err(K::GcType { what, wanted, found }.into())
        };
        let is = |ty: Ty| slot.ty == ty;
        let is_extern = slot.ty.abs_heap() == Some(AbsHeapType::Extern);
        let aggregate = |structure: Structure| {
            let id = slot.ty.id().filter(|&id| self.registry.structure(id) == structure);
            id.map(|id| self.registry.fields(id))
        };
        let field = |ty: &Ty| Slot { ty: ty.without_flag(), is_field: true };
        let what = match node.kind {
            Kind::FixedList => Kind::List.form(),
            _ => self.arena.form(id),
        };
        match node.kind {
            Kind::Prim => {
                let prim = self.arena.as_prim(id);
                let packed = |packed: Ty| if slot.is_field { is(packed) } else { is(Ty::I32) };
                let (fits, wanted) = match prim {
                    Some(PrimType::Bool | PrimType::S8 | PrimType::U8) => {
                        let wanted = ["to core `i32` type, found", "to core `i8` type, found"];
                        (packed(Ty::I8), wanted[usize::from(slot.is_field)])
                    }
                    Some(PrimType::S16 | PrimType::U16) => {
                        let wanted = ["to core `i32` type, found", "to core `i16` type, found"];
                        (packed(Ty::I16), wanted[usize::from(slot.is_field)])
                    }
                    Some(PrimType::S64 | PrimType::U64) => {
                        (is(Ty::I64), "to core `i64` type, found")
                    }
                    Some(PrimType::F32) => (is(Ty::F32), "to core `f32` type, found"),
                    Some(PrimType::F64) => (is(Ty::F64), "to core `f64` type, found"),
                    Some(PrimType::String) => {
                        let (elem, wanted) = match encoding {
                            "utf16" => {
                                (Ty::I16, "to core `(ref null? (array (mut? i16)))` type, found")
                            }
                            _ => (Ty::I8, "to core `(ref null? (array (mut? i8)))` type, found"),
                        };
                        let array = aggregate(Structure::Array);
                        let fits = array.is_some_and(|fields| {
                            fields.first().is_some_and(|ty| ty.without_flag() == elem)
                        });
                        (fits, wanted)
                    }
                    Some(PrimType::ErrorContext) => {
                        (is_extern, "into core `(ref null? extern)` type, but found")
                    }
                    Some(PrimType::S32 | PrimType::U32 | PrimType::Char) | None => {
                        (is(Ty::I32), "to core `i32` type, found")
                    }
                };
                if fits { Ok(()) } else { fail(what, wanted) }
            }
            Kind::Record | Kind::Tuple => {
                let Some(fields) = aggregate(Structure::Struct) else {
                    return fail(what, "to core `(ref null? (struct ...))`, but found");
                };
                let step = if node.kind == Kind::Record { 2 } else { 1 };
                let parts = node.words.iter().skip(step - 1).step_by(step);
                let count = node.words.len() / step;
                if fields.len() != count {
                    return Err(K::GcFields { core: fields.len(), what, count }.into());
                }
                let from = open.len();
                open.extend(parts.zip(fields).map(|(&word, ty)| (NodeId(word), field(ty))));
                open[from..].reverse();
                Ok(())
            }
            Kind::Variant | Kind::Option | Kind::Result => match aggregate(Structure::Struct) {
                Some([]) => Ok(()),
                _ => fail(what, "to core `(ref null? (struct))`, but found"),
            },
            Kind::List | Kind::FixedList => match aggregate(Structure::Array) {
                Some([elem, ..]) => {
                    open.extend(node.part(0).map(|id| (id, field(elem))));
                    Ok(())
                }
                _ => fail(what, "into `(ref null? (array ...))`, but found"),
            },
            Kind::Flags | Kind::Enum if is(Ty::I32) => Ok(()),
            Kind::Flags | Kind::Enum => fail(what, "into core `i32` type, but found"),
            Kind::Map => Err(K::GcMap.into()),
            _ if is_extern => Ok(()),
            _ => fail(what, "into core `(ref null? extern)` type, but found"),
        }
    }
}
