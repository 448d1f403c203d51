//! Operands: taken off the stack where they fit, else made.

use wattle_ast::{AbsHeapType as H, Encode, Features, Opcode, V128, ValType, leb128};

use crate::choice::by_result;
use crate::ty::Ty;
use crate::types::ARRAY_LEN;
use crate::world::{Gen, Run, Structure};

/// How deep operands are made of operands that are made of operands.
const MAX_DEPTH: u32 = 2;
/// Addresses up to this are near the start of a memory.
const NEAR_MASK: i64 = 0xff;

impl Gen<'_, '_> {
    /// Where the operands of the innermost block begin.
    #[inline(always)]
    pub(crate) fn base(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.height as usize).max(self.floor)
    }

    /// The topmost operand of the innermost block.
    #[inline(always)]
    pub(crate) fn top(&self) -> Option<Ty> {
        if self.stack.len() > self.base() { self.stack.last().copied() } else { None }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, ty: Ty) {
        self.stack.push(ty);
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Ty> {
        self.stack.pop()
    }

    /// Takes `count` operands; `want` gives their types, the deepest first. The first of them may
    /// lie on the stack already, the others are made.
    #[inline(always)]
    pub(crate) fn operands_by(&mut self, count: usize, want: impl Fn(&Self, usize) -> Ty) {
        let base = self.base();
        let height = self.stack.len();
        let mut have = count.min(height.saturating_sub(base));
        while have > 0 {
            let start = height - have;
            let fits = self
                .stack
                .get(start..)
                .unwrap_or_default()
                .iter()
                .enumerate()
                .all(|(place, &ty)| self.matches(ty, want(self, place)));
            if fits {
                break;
            }
            have -= 1;
        }
        for place in have..count {
            let ty = want(self, place);
            self.produce(ty);
        }
        let height = self.stack.len();
        self.stack.truncate(height.saturating_sub(count));
    }

    #[inline(always)]
    pub(crate) fn operands(&mut self, want: &[Ty]) {
        self.operands_by(want.len(), |_, place| want.get(place).copied().unwrap_or(Ty::I32));
    }

    /// Takes operands of the types of a run, and then some more.
    pub(crate) fn operands_run(&mut self, run: Run, more: &[Ty]) {
        let len = run.len as usize;
        self.operands_by(len + more.len(), |gen_, place| match place.checked_sub(len) {
            None => gen_.at(run, place as u32).unpacked(),
            Some(place) => more.get(place).copied().unwrap_or(Ty::I32),
        });
    }

    pub(crate) fn push_run(&mut self, run: Run) {
        if let Some(types) = self.list.get(run.range()) {
            self.stack.extend_from_slice(types);
        }
    }

    /// Whether a local has a value.
    #[inline(always)]
    fn is_set(&self, local: usize) -> bool {
        let defaultable = self.locals.get(local).is_none_or(|ty| ty.is_defaultable());
        defaultable || local < self.params as usize || self.sets.contains(&(local as u32))
    }

    /// A local with a value of this type.
    pub(crate) fn local_of(&mut self, ty: Ty) -> Option<u32> {
        let count = self.locals.len();
        let start = self.entropy.below(count);
        (start..count)
            .chain(0..start)
            .find(|&local| {
                self.locals.get(local).is_some_and(|&have| self.matches(have, ty))
                    && self.is_set(local)
            })
            .map(|local| local as u32)
    }

    /// Any local with a value.
    pub(crate) fn some_local(&mut self) -> Option<u32> {
        let count = self.locals.len();
        let start = self.entropy.below(count);
        let local = (start..count).chain(0..start).find(|&local| self.is_set(local));
        local.map(|local| local as u32)
    }

    /// A local that takes a value of this type.
    pub(crate) fn local_for(&mut self, ty: Ty) -> Option<u32> {
        let count = self.locals.len();
        let start = self.entropy.below(count);
        let local = (start..count)
            .chain(0..start)
            .find(|&local| self.locals.get(local).is_some_and(|&want| self.matches(ty, want)));
        local.map(|local| local as u32)
    }

    /// Remembers that a local has a value now.
    pub(crate) fn set_local(&mut self, local: u32) {
        if !self.is_set(local as usize) {
            self.sets.push(local);
        }
    }

    /// A local for a moment.
    pub(crate) fn scratch(&mut self, ty: Ty) -> u32 {
        let params = self.params as usize;
        let found = self.locals.iter().skip(params).position(|&local| local == ty);
        match found {
            Some(place) => (params + place) as u32,
            None => {
                self.locals.push(ty);
                self.locals.len() as u32 - 1
            }
        }
    }

    /// A global that has a value of this type; in a constant expression one that may stand there.
    pub(crate) fn global_of(&mut self, ty: Ty) -> Option<u32> {
        let count = match self.constant && !self.has(Features::GC) {
            true => self.imported_globals as usize,
            false => self.globals.len(),
        };
        let start = self.entropy.below(count);
        let fits = |&place: &usize| {
            self.globals.get(place).is_some_and(|&global| {
                self.matches(global.bare(), ty) && !(self.constant && global.is_mutable())
            })
        };
        (start..count).chain(0..start).find(fits).map(|global| global as u32)
    }

    /// A global that takes a value of this type.
    pub(crate) fn global_for(&mut self, ty: Ty) -> Option<u32> {
        let count = self.globals.len();
        let start = self.entropy.below(count);
        let fits = |&place: &usize| {
            self.globals
                .get(place)
                .is_some_and(|global| global.is_mutable() && self.matches(ty, global.bare()))
        };
        (start..count).chain(0..start).find(fits).map(|global| global as u32)
    }

    /// Makes a value of this type and leaves it on the stack.
    pub(crate) fn produce(&mut self, ty: Ty) {
        if ty.is_ref() {
            self.produce_ref(ty);
        } else {
            self.produce_number(ty);
        }
    }

    /// The same without operands of its own.
    pub(crate) fn produce_leaf(&mut self, ty: Ty) {
        let depth = core::mem::replace(&mut self.depth, MAX_DEPTH);
        self.produce(ty);
        self.depth = depth;
    }

    fn produce_number(&mut self, ty: Ty) {
        let choice = self.entropy.byte();
        if self.constant {
            return self.constant_number(ty, choice);
        }
        match choice {
            0..110 => {
                if let Some(local) = self.local_of(ty) {
                    self.op_index(Opcode::LocalGet, local);
                    return self.push(ty);
                }
            }
            110..130 => {
                if let Some(global) = self.global_of(ty) {
                    self.op_index(Opcode::GlobalGet, global);
                    return self.push(ty);
                }
            }
            130..200 if self.depth < MAX_DEPTH => {
                let list = by_result(ty.top());
                self.depth += 1;
                // What lies there already is not for it.
                let floor = core::mem::replace(&mut self.floor, self.stack.len());
                let made = self
                    .entropy
                    .pick(list)
                    .is_some_and(|opcode| self.allowed.contains(opcode) && self.arrow(opcode));
                self.floor = floor;
                self.depth -= 1;
                if made {
                    return;
                }
            }
            _ => {}
        }
        self.number_const(ty);
    }

    fn constant_number(&mut self, ty: Ty, choice: u8) {
        if choice >= 200
            && let Some(global) = self.global_of(ty)
        {
            self.op_index(Opcode::GlobalGet, global);
            return self.push(ty);
        }
        self.number_const(ty);
        let opcodes = match ty {
            Ty::I32 => [Opcode::I32Add, Opcode::I32Sub, Opcode::I32Mul],
            Ty::I64 => [Opcode::I64Add, Opcode::I64Sub, Opcode::I64Mul],
            _ => return,
        };
        if self.has(Features::EXTENDED_CONST) && choice >= 150 {
            self.number_const(ty);
            let opcode = self.entropy.pick(&opcodes).unwrap_or(Opcode::I32Add);
            self.op(opcode);
            self.pop();
        }
    }

    /// A constant, an interesting one as often as not.
    pub(crate) fn number_const(&mut self, ty: Ty) {
        match ty {
            Ty::I64 => {
                let value = self.integer();
                self.op(Opcode::I64Const);
                leb128::write_s64(&mut self.code, value);
            }
            Ty::F32 => {
                let value = self.float32();
                self.op(Opcode::F32Const);
                self.code.extend_from_slice(&value.to_le_bytes());
            }
            Ty::F64 => {
                let value = self.float64();
                self.op(Opcode::F64Const);
                self.code.extend_from_slice(&value.to_le_bytes());
            }
            Ty::V128 => {
                let (low, high) = (self.entropy.u64(), self.entropy.u64());
                self.op(Opcode::V128Const);
                let mut bytes = [0; 16];
                let (front, back) = bytes.split_at_mut(8);
                front.copy_from_slice(&low.to_le_bytes());
                back.copy_from_slice(&high.to_le_bytes());
                V128(bytes).encode(&mut self.code);
            }
            _ => {
                let value = self.integer() as i32;
                self.i32_const(value);
            }
        }
        self.push(ty);
    }

    fn integer(&mut self) -> i64 {
        const EDGES: [i64; 10] = [
            0,
            -1,
            i64::MAX,
            i64::MIN,
            i32::MAX as i64,
            i32::MIN as i64,
            0x7fff,
            -0x8000,
            1 << 32,
            0x8000_8000,
        ];
        let choice = self.entropy.byte();
        match choice {
            0..140 => i64::from(choice) - 20,
            140..200 => i64::from(self.entropy.u16() as i16),
            200..220 => i64::from(self.entropy.u32() as i32),
            220..230 => self.entropy.u64() as i64,
            _ => self.entropy.pick(&EDGES).unwrap_or(0),
        }
    }

    /// Bits of a float; NaNs are canonical when the configuration says so.
    pub(crate) fn float32(&mut self) -> u32 {
        let choice = self.entropy.byte();
        match choice {
            0..150 => (f32::from(choice) / 4.0 - 10.0).to_bits(),
            150..164 => f32::INFINITY.to_bits() | u32::from(choice & 1) << 31,
            164..178 => 0x7fc0_0000,
            178..204 => u32::from(choice & 1) << 31,
            _ => {
                let bits = self.entropy.u32();
                let plain = self.config.canonical_nans && f32::from_bits(bits).is_nan();
                if plain { 0x7fc0_0000 } else { bits }
            }
        }
    }

    pub(crate) fn float64(&mut self) -> u64 {
        let choice = self.entropy.byte();
        match choice {
            0..150 => (f64::from(choice) / 4.0 - 10.0).to_bits(),
            150..164 => f64::INFINITY.to_bits() | u64::from(choice & 1) << 63,
            164..178 => 0x7ff8_0000_0000_0000,
            178..204 => u64::from(choice & 1) << 63,
            _ => {
                let bits = self.entropy.u64();
                let plain = self.config.canonical_nans && f64::from_bits(bits).is_nan();
                if plain { 0x7ff8_0000_0000_0000 } else { bits }
            }
        }
    }

    fn produce_ref(&mut self, ty: Ty) {
        let choice = self.entropy.byte();
        // Types may be cyclic through null only.
        if ty.is_nullable() && self.depth >= MAX_DEPTH {
            return self.null(ty);
        }
        if choice < 120
            && !self.constant
            && let Some(local) = self.local_of(ty)
        {
            self.op_index(Opcode::LocalGet, local);
            return self.push(ty);
        }
        if (90..150).contains(&choice)
            && let Some(global) = self.global_of(ty)
        {
            self.op_index(Opcode::GlobalGet, global);
            return self.push(ty);
        }
        if !self.constant && (150..190).contains(&choice) && self.produce_from_table(ty) {
            return;
        }
        if ty.is_nullable() && (200..225).contains(&choice) {
            return self.null(ty);
        }
        if !ty.is_nullable()
            && !self.constant
            && choice >= 225
            && self.has(Features::FUNCTION_REFERENCES)
            && let Some(local) = self.local_of(ty.nullable(true))
        {
            // The value of the local, or another one when it is null.
            self.op(Opcode::Block);
            ValType::Ref(ty.ref_type()).encode(&mut self.code);
            self.op_index(Opcode::LocalGet, local);
            self.op_index(Opcode::BrOnNonNull, 0);
            self.construct(ty);
            self.op(Opcode::End);
            return;
        }
        self.construct(ty);
    }

    /// A reference from a table whose elements are of this type.
    fn produce_from_table(&mut self, ty: Ty) -> bool {
        if !self.has(Features::REFERENCE_TYPES) {
            return false;
        }
        let found = self.tables.iter().position(|table| self.matches(table.elem, ty));
        let Some((index, table)) = found.and_then(|at| Some((at, *self.tables.get(at)?))) else {
            return false;
        };
        self.bounded(table.addr, crate::declarations::TABLE_MASK);
        self.pop();
        self.op_index(Opcode::TableGet, index as u32);
        self.push(ty);
        true
    }

    /// Null of this type. It is written as the type itself or as the bottom of its hierarchy.
    pub(crate) fn null(&mut self, ty: Ty) {
        let mut heap = ty;
        if self.has(Features::GC) && self.entropy.chance(60) {
            let top = self.top_of(ty).heap().unwrap_or(H::Any);
            heap = Ty::abs(top.bottom(), true);
        }
        self.op(Opcode::RefNull);
        self.heap_type(heap);
        self.push(ty);
    }

    /// Makes a reference to something new, or null when that is all there is.
    pub(crate) fn construct(&mut self, ty: Ty) {
        let made = match (ty.index(), ty.heap()) {
            (Some(index), _) => self.construct_defined(index),
            (None, Some(heap)) => self.construct_abs(heap),
            (None, None) => false,
        };
        if made {
            self.push(ty);
        } else {
            self.null(ty);
        }
    }

    /// Leaves a value in the code, not on the stack of types.
    fn construct_abs(&mut self, heap: H) -> bool {
        match heap {
            H::Any | H::Eq => {
                let choice = match self.depth < MAX_DEPTH {
                    true => self.entropy.byte(),
                    false => 0,
                };
                let structure = match choice {
                    0..128 => return self.construct_abs(H::I31),
                    128..192 => Structure::Struct,
                    _ => Structure::Array,
                };
                self.construct_some(structure) || self.construct_abs(H::I31)
            }
            H::I31 if self.has(Features::GC) => {
                if self.depth >= MAX_DEPTH {
                    self.number_const(Ty::I32);
                } else {
                    self.depth += 1;
                    self.produce(Ty::I32);
                    self.depth -= 1;
                }
                self.pop();
                self.op(Opcode::RefI31);
                true
            }
            H::Struct => self.construct_some(Structure::Struct),
            H::Array => self.construct_some(Structure::Array),
            H::Func => {
                let count = self.funcs.len();
                if count == 0 {
                    return false;
                }
                let func = self.entropy.below(count) as u32;
                self.ref_func(func);
                true
            }
            H::Extern if self.has(Features::GC) => {
                if !self.construct_abs(H::Any) {
                    return false;
                }
                self.op(Opcode::ExternConvertAny);
                true
            }
            H::Exn if !self.constant => self.construct_exn(),
            _ => false,
        }
    }

    fn construct_some(&mut self, structure: Structure) -> bool {
        // The cheapest one when it goes too deep.
        let index = match self.depth < MAX_DEPTH {
            true => self.some_type(structure),
            false => None,
        };
        let cheap = |def: &crate::world::TypeDef| def.structure == structure && def.cost <= 12;
        let index = index
            .filter(|&index| self.def(index).is_some_and(|def| cheap(&def)))
            .or_else(|| self.types.iter().position(cheap).map(|index| index as u32));
        index.is_some_and(|index| self.construct_defined(index))
    }

    /// An exception that was just caught.
    fn construct_exn(&mut self) -> bool {
        let Some(tag) = self.some_tag() else { return false };
        self.op(Opcode::Block);
        ValType::Ref(Ty::abs(H::Exn, false).ref_type()).encode(&mut self.code);
        // catch_all_ref 0
        self.op(Opcode::TryTable);
        self.code.extend_from_slice(&[0x40, 1, 3, 0]);
        self.throw_leaf(tag);
        self.op(Opcode::End);
        self.op(Opcode::Unreachable);
        self.op(Opcode::End);
        true
    }

    pub(crate) fn some_tag(&mut self) -> Option<u32> {
        let count = self.tags.len();
        if count == 0 { None } else { Some(self.entropy.below(count) as u32) }
    }

    /// `ref.func`, which declares the function too.
    pub(crate) fn ref_func(&mut self, func: u32) {
        self.op_index(Opcode::RefFunc, func);
        self.referenced.push(func);
    }

    /// Leaves a value of a defined type in the code, not on the stack of types.
    pub(crate) fn construct_defined(&mut self, index: u32) -> bool {
        let Some(def) = self.def(index) else { return false };
        match def.structure {
            Structure::Func => {
                let Some(func) = self.func_of(index) else { return false };
                self.ref_func(func);
            }
            Structure::Struct => {
                let plain = self.is_defaultable(def.params);
                if plain && (self.depth >= MAX_DEPTH || self.entropy.chance(110)) {
                    self.op_index(Opcode::StructNewDefault, index);
                    return true;
                }
                self.parts(def.params, def.params.len);
                self.op_index(Opcode::StructNew, index);
            }
            Structure::Array => {
                let elem = self.at(def.params, 0);
                if elem.is_defaultable() && (self.depth >= MAX_DEPTH || self.entropy.chance(128)) {
                    let len = ARRAY_LEN + self.entropy.below(5) as u32;
                    self.i32_const(len as i32);
                    self.op_index(Opcode::ArrayNewDefault, index);
                    return true;
                }
                if self.entropy.chance(100) {
                    self.parts(def.params, 1);
                    let len = ARRAY_LEN + self.entropy.below(5) as u32;
                    self.i32_const(len as i32);
                    self.op_index(Opcode::ArrayNew, index);
                } else {
                    self.parts(def.params, ARRAY_LEN);
                    self.op_index(Opcode::ArrayNewFixed, index);
                    self.index(ARRAY_LEN);
                }
            }
        }
        true
    }

    pub(crate) fn is_defaultable(&self, fields: Run) -> bool {
        self.run(fields).iter().all(|ty| ty.is_defaultable())
    }

    /// Values of fields, the last type again and again.
    fn parts(&mut self, fields: Run, count: u32) {
        self.depth += 1;
        for place in 0..count {
            let ty = self.at(fields, place.min(fields.len.saturating_sub(1))).unpacked();
            self.produce(ty);
        }
        self.depth -= 1;
        let height = self.stack.len();
        self.stack.truncate(height.saturating_sub(count as usize));
    }

    /// Whether the next guard against a trap is left out.
    pub(crate) fn risks(&mut self) -> bool {
        !self.config.no_traps && self.entropy.chance(24)
    }

    /// Leaves a number from 0 to `mask`, which is one less than a power of two. Without guards
    /// against traps it may be any number.
    pub(crate) fn bounded(&mut self, ty: Ty, mask: i64) {
        if self.risks() {
            return self.produce(ty);
        }
        let choice = self.entropy.byte();
        // Mostly near the start, so that what is written is read again.
        let mask = if choice & 6 == 0 { mask } else { mask & NEAR_MASK };
        if choice & 1 == 0 || self.constant {
            let value = i64::from(self.entropy.u16()) & mask;
            self.address_const(ty, value);
            return self.push(ty);
        }
        self.produce(ty);
        self.mask(ty, mask);
    }

    /// Masks the number on top.
    pub(crate) fn mask(&mut self, ty: Ty, mask: i64) {
        self.address_const(ty, mask);
        self.address_op(ty, Opcode::I32And, Opcode::I64And);
    }

    /// Leaves a constant of at most `most`.
    pub(crate) fn small(&mut self, ty: Ty, most: u32) {
        let value = self.entropy.below(most as usize + 1);
        self.address_const(ty, value as i64);
        self.push(ty);
    }

    /// Takes the topmost operand away: to where it can be seen, if there is such a place.
    pub(crate) fn dispose(&mut self) {
        let Some(ty) = self.pop() else { return };
        let choice = self.entropy.byte();
        if choice < 90
            && let Some(global) = self.global_for(ty)
        {
            return self.op_index(Opcode::GlobalSet, global);
        }
        if choice < 200
            && let Some(local) = self.local_for(ty)
        {
            self.set_local(local);
            return self.op_index(Opcode::LocalSet, local);
        }
        self.op(Opcode::Drop);
    }
}
