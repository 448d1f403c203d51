//! Makes the types of a module: functions, structs and arrays, with supertypes and recursive
//! groups; and chooses value types.
//!
//! Every type that a non-null reference names has values: such references only name earlier types,
//! and a function is made for each function type that is named so.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/types.html>

use wattle_ast::{AbsHeapType as H, Features, RecGroup, TypeIdx};

use crate::generator::{CompKind, Generator, TypeDef, TypeRun};
use crate::ty::Ty;

/// The highest [`TypeDef::cost`] of a value that is made as part of another value.
pub(crate) const MAX_COST: u16 = 12;
/// The least number of elements of an array, so that small indices are within bounds.
pub(crate) const ARRAY_LEN: u32 = 4;

impl Generator<'_, '_> {
    /// Makes all types.
    pub(crate) fn make_types(&mut self) {
        self.type_pool.extend([Ty::default(), Ty::I32, Ty::I64, Ty::F32, Ty::F64, Ty::V128]);
        self.add_func_type(TypeRun::default(), TypeRun::default());
        let most = self.config.max_types as usize;
        let count = 1 + self.entropy.below(most + 1).max(self.entropy.below(most + 1));
        while self.types.len() < count {
            let first = self.types.len() as u32;
            if self.has(Features::GC) && self.entropy.chance(72) {
                let len = 1 + self.entropy.below((count - self.types.len()).min(4)) as u32;
                self.module.rec_groups.push(RecGroup { first: TypeIdx(first), len });
                (0..len).for_each(|_| self.make_type(first + len));
            } else {
                self.make_type(first);
            }
        }
    }

    /// Makes a type. `forward` is the end of its recursive group, or its own index when it has no
    /// group: it may name the types below.
    fn make_type(&mut self, forward: u32) {
        let gc = self.has(Features::GC);
        let index = self.types.len() as u32;
        let supertype = if gc && index > 0 && self.entropy.chance(90) {
            let is_open = |def: TypeDef| !def.is_final && def.depth < 8;
            let mut order = self.entropy.rotation(index as usize);
            order.find(|&index| self.def(index).is_some_and(is_open))
        } else {
            None
        };
        let above = supertype.and_then(|index| self.def(index));
        let kind = match above {
            Some(def) => def.kind,
            None if !gc => CompKind::Func,
            None => match self.entropy.below(8) {
                0..3 => CompKind::Func,
                3..6 => CompKind::Struct,
                _ => CompKind::Array,
            },
        };
        let start = self.type_pool.len();
        if let Some(def) = above {
            self.type_pool.extend_from_within(def.params.range());
        }
        match kind {
            CompKind::Func if above.is_none() => self.add_types(self.config.max_params, forward),
            CompKind::Struct => {
                for place in start..self.type_pool.len() {
                    self.narrow_field(place);
                }
                let fields = self.type_pool.len() - start;
                let more = (self.config.max_fields as usize).saturating_sub(fields);
                for _ in 0..self.entropy.below(more + 1) {
                    self.add_field(forward);
                }
            }
            CompKind::Array if above.is_none() => self.add_field(forward),
            CompKind::Func | CompKind::Array => {}
        }
        let params = self.run_from(start);
        let start = self.type_pool.len();
        let most = self.config.max_results.min(if self.is_multi_value() { u32::MAX } else { 1 });
        match above {
            Some(def) => self.type_pool.extend_from_within(def.results.range()),
            None if kind == CompKind::Func => self.add_types(most, forward),
            None => {}
        }
        let results = self.run_from(start);
        let parts = self.types_of(params).iter().map(|&ty| self.cost(ty));
        let parts = parts.fold(1, u16::saturating_add);
        let cost = match kind {
            CompKind::Func => 1,
            CompKind::Struct => parts,
            CompKind::Array => parts.saturating_mul(ARRAY_LEN as u16),
        };
        let is_final = !gc || self.entropy.chance(120);
        let depth = above.map_or(0, |def| def.depth + 1);
        let needed = false;
        self.define(TypeDef { kind, params, results, supertype, is_final, depth, cost, needed });
    }

    /// Adds up to `most` value types to the pool.
    fn add_types(&mut self, most: u32, forward: u32) {
        for _ in 0..self.entropy.below(most as usize + 1) {
            let ty = self.any_type(forward, 12);
            self.type_pool.push(ty);
        }
    }

    /// Sometimes narrows the type of a field of the supertype, if the field is immutable.
    fn narrow_field(&mut self, place: usize) {
        let Some(&ty) = self.type_pool.get(place) else { return };
        let non_null = ty.nullable(false);
        if !ty.is_mutable()
            && ty.is_ref()
            && ty.is_nullable()
            && self.entropy.chance(100)
            && self.is_inhabited(non_null)
        {
            self.type_pool[place] = non_null;
            self.need(non_null);
        }
    }

    /// The cost of a value of this type as part of another value.
    fn cost(&self, ty: Ty) -> u16 {
        match ty.index() {
            Some(index) if !ty.is_nullable() => self.def(index).map_or(1, |def| def.cost),
            _ => 1,
        }
    }

    /// Adds the type of a field to the pool.
    fn add_field(&mut self, forward: u32) {
        let ty = match self.entropy.byte() {
            0..30 => Ty::I8,
            30..60 => Ty::I16,
            _ => self.any_type(forward, 60),
        };
        let mutable = self.entropy.chance(170);
        self.type_pool.push(ty.mutable(mutable));
    }

    /// A number or vector type.
    pub(crate) fn number_type(&mut self) -> Ty {
        let simd = self.has(Features::SIMD);
        match self.entropy.byte() {
            0..90 => Ty::I32,
            90..150 => Ty::I64,
            150..190 => Ty::F32,
            190..226 => Ty::F64,
            _ if simd => Ty::V128,
            _ => Ty::I32,
        }
    }

    /// A value type: a reference in `refs` of 256 cases, which may name the types below `forward`.
    pub(crate) fn any_type(&mut self, forward: u32, refs: u16) -> Ty {
        if !self.has(Features::REFERENCE_TYPES) || !self.entropy.chance(refs) {
            return self.number_type();
        }
        let ty = self.some_ref(forward);
        self.maybe_non_null(ty, 70)
    }

    /// A reference type, made non-null in `parts` of 256 cases if it has other values than null.
    pub(crate) fn maybe_non_null(&mut self, ty: Ty, parts: u16) -> Ty {
        let non_null = ty.nullable(false);
        if self.has(Features::FUNCTION_REFERENCES)
            && self.entropy.chance(parts)
            && self.is_inhabited(non_null)
        {
            self.need(non_null);
            return non_null;
        }
        ty
    }

    /// A nullable reference type.
    pub(crate) fn some_ref(&mut self, forward: u32) -> Ty {
        const WITHOUT_GC: [H; 2] = [H::Func, H::Extern];
        const GC: [H; 12] = [
            H::Any,
            H::Eq,
            H::I31,
            H::Struct,
            H::Array,
            H::Any,
            H::Eq,
            H::None,
            H::NoFunc,
            H::NoExtern,
            H::Func,
            H::Extern,
        ];
        let forward = forward as usize;
        if forward > 0 && self.has(Features::FUNCTION_REFERENCES) && self.entropy.chance(130) {
            return Ty::defined(self.entropy.below(forward) as u32, true);
        }
        if self.has(Features::EXCEPTIONS) && self.entropy.chance(24) {
            return Ty::abs(if self.entropy.chance(40) { H::NoExn } else { H::Exn }, true);
        }
        let heaps: &[H] = if self.has(Features::GC) { &GC } else { &WITHOUT_GC };
        Ty::abs(self.entropy.pick(heaps).unwrap_or(H::Func), true)
    }

    /// Whether a constant expression can make a value of a non-null reference type.
    pub(crate) fn is_inhabited(&self, ty: Ty) -> bool {
        if let Some(index) = ty.index() {
            return self.def(index).is_some_and(|def| def.cost <= MAX_COST)
                && (self.funcs.is_empty() || self.is_made(index));
        }
        let some = |kind| self.types.iter().any(|def| def.kind == kind && def.cost <= MAX_COST);
        match ty.heap() {
            Some(H::Any | H::Eq | H::I31 | H::Extern) => self.has(Features::GC),
            Some(H::Struct) => some(CompKind::Struct),
            Some(H::Array) => some(CompKind::Array),
            Some(H::Func) => true,
            _ => false,
        }
    }

    /// Whether operands of this type can be made.
    pub(crate) fn is_made_of_something(&self, ty: Ty) -> bool {
        ty.is_defaultable() || self.is_inhabited(ty)
    }

    /// Whether a value of a defined type can be made: a function type needs a function that has it.
    fn is_made(&self, index: u32) -> bool {
        !self.is_comp(index, CompKind::Func) || self.funcs.contains(&index)
    }

    /// Remembers that a function of the type that a reference names must exist.
    pub(crate) fn need(&mut self, ty: Ty) {
        let index = match ty.index() {
            Some(index) => index,
            None if ty.heap() == Some(H::Func) => 0,
            None => return,
        };
        if let Some(def) = self.types.get_mut(index as usize) {
            def.needed = true;
        }
    }
}
