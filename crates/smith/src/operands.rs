//! Operands of instructions: they are taken off the stack when they fit, and made when not.

use wattle_ast::{AbsHeapType as H, BlockType, Catch, Encode, Features, LabelIdx, Opcode};

use crate::choice::by_result;
use crate::declarations::TABLE_MASK;
use crate::generator::{CompKind, Generator, TypeDef, TypeRun};
use crate::ty::Ty;
use crate::types::{ARRAY_LEN, MAX_COST};

/// How deeply the making of operands may be nested.
const MAX_DEPTH: u32 = 2;
/// Addresses up to this are near the start of a memory.
const NEAR_MASK: i64 = 0xff;

impl Generator<'_, '_> {
    /// The height of the stack below the operands that may be taken now.
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

    /// Writes an instruction with these indices. Takes the `pending` operands that are still on the
    /// stack, and pushes its result.
    #[inline(always)]
    pub(crate) fn complete(
        &mut self,
        opcode: Opcode,
        pending: usize,
        indices: &[u32],
        result: Option<Ty>,
    ) -> Option<()> {
        self.take(pending);
        self.op(opcode);
        indices.iter().for_each(|&index| self.index(index));
        self.stack.extend(result);
        Some(())
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Ty> {
        self.stack.pop()
    }

    /// Takes `count` operands, whose types `want` gives, the deepest first. As many of them as
    /// possible are those on top of the stack; the rest is made.
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
                .all(|(at, &ty)| self.matches(ty, want(self, at)));
            if fits {
                break;
            }
            have -= 1;
        }
        for place in have..count {
            let ty = want(self, place);
            self.produce(ty);
        }
        self.take(count);
    }

    /// Takes operands off the stack.
    #[inline(always)]
    pub(crate) fn take(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count));
    }

    #[inline(always)]
    pub(crate) fn operands(&mut self, want: &[Ty]) {
        self.operands_by(want.len(), |_, place| want.get(place).copied().unwrap_or(Ty::I32));
    }

    /// Takes operands of the types of a run, and then of the types `more`.
    pub(crate) fn operands_run(&mut self, run: TypeRun, more: &[Ty]) {
        let len = run.len as usize;
        self.operands_by(len + more.len(), |this, place| match place.checked_sub(len) {
            None => this.type_at(run, place as u32).unpacked(),
            Some(place) => more.get(place).copied().unwrap_or(Ty::I32),
        });
    }

    pub(crate) fn push_run(&mut self, run: TypeRun) {
        if let Some(types) = self.type_pool.get(run.range()) {
            self.stack.extend_from_slice(types);
        }
    }

    /// Whether a local has a value.
    #[inline(always)]
    fn is_set(&self, local: usize) -> bool {
        let defaultable = self.locals.get(local).is_none_or(|ty| ty.is_defaultable());
        defaultable || local < self.params as usize || self.sets.contains(&(local as u32))
    }

    /// A random local that has a value and fits.
    pub(crate) fn local_with(&mut self, fits: impl Fn(&Self, Ty) -> bool) -> Option<u32> {
        self.entropy.rotation(self.locals.len()).find(|&local| {
            let local = local as usize;
            self.locals.get(local).is_some_and(|&ty| fits(self, ty)) && self.is_set(local)
        })
    }

    /// A local with a value of this type.
    fn local_of(&mut self, ty: Ty) -> Option<u32> {
        self.local_with(|this, local| this.matches(local, ty))
    }

    /// A local that takes a value of this type.
    pub(crate) fn local_for(&mut self, ty: Ty) -> Option<u32> {
        let mut order = self.entropy.rotation(self.locals.len());
        order.find(|&at| self.locals.get(at as usize).is_some_and(|&want| self.matches(ty, want)))
    }

    /// Remembers that a local has a value now.
    pub(crate) fn set_local(&mut self, local: u32) {
        if !self.is_set(local as usize) {
            self.sets.push(local);
        }
    }

    /// A local of this type for values in between.
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

    /// A random global that fits, of the first `count`.
    fn global_with(&mut self, count: usize, fits: impl Fn(&Self, Ty) -> bool) -> Option<u32> {
        let mut order = self.entropy.rotation(count);
        order.find(|&at| self.globals.get(at as usize).is_some_and(|&global| fits(self, global)))
    }

    /// A global with a value of this type. A constant expression can only read some globals.
    fn global_of(&mut self, ty: Ty) -> Option<u32> {
        let count = match self.constant && !self.has(Features::GC) {
            true => self.imported_globals as usize,
            false => self.globals.len(),
        };
        self.global_with(count, |this, global| {
            this.matches(global.bare(), ty) && !(this.constant && global.is_mutable())
        })
    }

    /// A global that takes a value of this type.
    pub(crate) fn global_for(&mut self, ty: Ty) -> Option<u32> {
        self.global_with(self.globals.len(), |this, global| {
            global.is_mutable() && this.matches(ty, global.bare())
        })
    }

    /// Makes `local.get` of a local with a value of this type. `false` when there is none.
    #[inline(always)]
    fn produce_local(&mut self, ty: Ty) -> bool {
        let local = self.local_of(ty);
        local.and_then(|local| self.complete(Opcode::LocalGet, 0, &[local], Some(ty))).is_some()
    }

    /// Makes `global.get` of a global with a value of this type. `false` when there is none.
    #[inline(always)]
    fn produce_global(&mut self, ty: Ty) -> bool {
        let global = self.global_of(ty);
        global.and_then(|global| self.complete(Opcode::GlobalGet, 0, &[global], Some(ty))).is_some()
    }

    /// Makes a value of this type, and pushes it.
    pub(crate) fn produce(&mut self, ty: Ty) {
        if ty.is_ref() {
            self.produce_ref(ty);
        } else {
            self.produce_number(ty);
        }
    }

    /// Makes a value of this type that needs no operands, and pushes it.
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
        let made = match choice {
            0..110 => self.produce_local(ty),
            110..130 => self.produce_global(ty),
            130..200 if self.depth < MAX_DEPTH => {
                self.depth += 1;
                // Its operands are made too: those on the stack are for another instruction.
                let floor = core::mem::replace(&mut self.floor, self.stack.len());
                let opcode = self.entropy.pick(by_result(ty.operand_class()));
                let opcode = opcode.filter(|&opcode| self.allowed.contains(opcode));
                let made = opcode.and_then(|opcode| self.arrow(opcode)).is_some();
                self.floor = floor;
                self.depth -= 1;
                made
            }
            _ => false,
        };
        if !made {
            self.number_const(ty);
        }
    }

    fn constant_number(&mut self, ty: Ty, choice: u8) {
        if choice >= 200 && self.produce_global(ty) {
            return;
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

    fn produce_ref(&mut self, ty: Ty) {
        let choice = self.entropy.byte();
        // Ends the making of values of recursive types, which always have a nullable part.
        if ty.is_nullable() && self.depth >= MAX_DEPTH {
            return self.null(ty);
        }
        if choice < 120 && !self.constant && self.produce_local(ty) {
            return;
        }
        if (90..150).contains(&choice) && self.produce_global(ty) {
            return;
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
            // The value of the local, or a new value when that is null.
            self.op(Opcode::Block);
            ty.val_type().encode(&mut self.code);
            self.op_index(Opcode::LocalGet, local);
            self.op_index(Opcode::BrOnNonNull, 0);
            self.construct(ty);
            self.op(Opcode::End);
            return;
        }
        self.construct(ty);
    }

    /// Makes `table.get` of a table with elements of this type. `false` when there is none.
    fn produce_from_table(&mut self, ty: Ty) -> bool {
        if !self.has(Features::REFERENCE_TYPES) {
            return false;
        }
        let mut tables = self.tables.iter().zip(0..);
        let found = tables.find(|(table, _)| self.matches(table.elem, ty));
        let Some((addr, index)) = found.map(|(table, index)| (table.addr, index)) else {
            return false;
        };
        self.bounded(addr, TABLE_MASK);
        self.complete(Opcode::TableGet, 1, &[index], Some(ty)).is_some()
    }

    /// Makes null of this type, with either its heap type or the bottom of the hierarchy as
    /// immediate.
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

    /// Makes a reference to something new, or null when that is the only value.
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

    /// Writes the code of a value of an abstract heap type, without pushing its type.
    fn construct_abs(&mut self, heap: H) -> bool {
        match heap {
            H::Any | H::Eq => self.construct_any(),
            H::I31 => self.construct_i31(),
            H::Struct => self.construct_some(CompKind::Struct),
            H::Array => self.construct_some(CompKind::Array),
            H::Func => {
                let func = self.entropy.rotation(self.funcs.len()).next();
                func.inspect(|&func| self.ref_func(func)).is_some()
            }
            H::Extern if self.has(Features::GC) => {
                if !self.construct_any() {
                    return false;
                }
                self.op(Opcode::ExternConvertAny);
                true
            }
            H::Exn if !self.constant => self.construct_exn(),
            _ => false,
        }
    }

    fn construct_any(&mut self) -> bool {
        let choice = if self.depth < MAX_DEPTH { self.entropy.byte() } else { 0 };
        let kind = match choice {
            0..128 => return self.construct_i31(),
            128..192 => CompKind::Struct,
            _ => CompKind::Array,
        };
        self.construct_some(kind) || self.construct_i31()
    }

    fn construct_i31(&mut self) -> bool {
        if !self.has(Features::GC) {
            return false;
        }
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

    /// Writes the code of a value of a random struct or array type; of the first cheap one when
    /// that is too expensive.
    fn construct_some(&mut self, kind: CompKind) -> bool {
        let index = if self.depth < MAX_DEPTH { self.some_type(kind) } else { None };
        let is_cheap = |def: &TypeDef| def.kind == kind && def.cost <= MAX_COST;
        let index = index
            .filter(|&index| self.def(index).is_some_and(|def| is_cheap(&def)))
            .or_else(|| self.types.iter().position(is_cheap).map(|index| index as u32));
        index.is_some_and(|index| self.construct_defined(index))
    }

    /// Writes the code that throws and catches an exception, which gives its reference.
    fn construct_exn(&mut self) -> bool {
        let Some(tag) = self.some_tag() else { return false };
        self.op(Opcode::Block);
        Ty::abs(H::Exn, false).val_type().encode(&mut self.code);
        self.op(Opcode::TryTable);
        BlockType::Empty.encode(&mut self.code);
        self.index(1);
        Catch::AllRef(LabelIdx(0)).encode(&mut self.code);
        self.throw_leaf(tag);
        self.op(Opcode::End);
        self.op(Opcode::Unreachable);
        self.op(Opcode::End);
        true
    }

    pub(crate) fn some_tag(&mut self) -> Option<u32> {
        self.entropy.rotation(self.tags.len()).next()
    }

    /// Writes `ref.func`, and remembers that the function must be declared.
    pub(crate) fn ref_func(&mut self, func: u32) {
        self.op_index(Opcode::RefFunc, func);
        self.referenced.push(func);
    }

    /// Writes the code of a value of a defined type, without pushing its type.
    pub(crate) fn construct_defined(&mut self, index: u32) -> bool {
        let Some(def) = self.def(index) else { return false };
        match def.kind {
            CompKind::Func => {
                let Some(func) = self.func_of(index) else { return false };
                self.ref_func(func);
            }
            CompKind::Struct => {
                let defaultable = self.is_defaultable(def.params);
                if defaultable && (self.depth >= MAX_DEPTH || self.entropy.chance(110)) {
                    self.op_index(Opcode::StructNewDefault, index);
                    return true;
                }
                self.parts(def.params, def.params.len);
                self.op_index(Opcode::StructNew, index);
            }
            CompKind::Array => {
                let elem = self.type_at(def.params, 0);
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

    pub(crate) fn is_defaultable(&self, fields: TypeRun) -> bool {
        self.types_of(fields).iter().all(|ty| ty.is_defaultable())
    }

    /// Writes the code of `count` values of the types of fields; the last type is repeated.
    fn parts(&mut self, fields: TypeRun, count: u32) {
        self.depth += 1;
        for place in 0..count {
            let ty = self.type_at(fields, place.min(fields.len.saturating_sub(1))).unpacked();
            self.produce(ty);
        }
        self.depth -= 1;
        self.take(count as usize);
    }

    /// Whether the next guard against a trap is left out.
    pub(crate) fn risks(&mut self) -> bool {
        !self.config.no_traps && self.entropy.chance(24)
    }

    /// Pushes a number from 0 to `mask`, which is one less than a power of two. When traps are
    /// allowed, it may sometimes be any number.
    pub(crate) fn bounded(&mut self, ty: Ty, mask: i64) {
        if self.risks() {
            return self.produce(ty);
        }
        let choice = self.entropy.byte();
        // Mostly near the start, so that code reads what other code wrote.
        let mask = if choice & 6 == 0 { mask } else { mask & NEAR_MASK };
        if choice & 1 == 0 || self.constant {
            let value = i64::from(self.entropy.u16()) & mask;
            return self.constant(ty, value);
        }
        self.produce(ty);
        self.mask(ty, mask);
    }

    /// Masks the number on top.
    pub(crate) fn mask(&mut self, ty: Ty, mask: i64) {
        self.address_const(ty, mask);
        self.address_op(ty, Opcode::I32And, Opcode::I64And);
    }

    /// Pushes a constant of at most `most`.
    pub(crate) fn small(&mut self, ty: Ty, most: u32) {
        let value = self.entropy.below(most as usize + 1);
        self.constant(ty, value as i64);
    }

    /// Pushes a constant of an address type.
    pub(crate) fn constant(&mut self, ty: Ty, value: i64) {
        self.address_const(ty, value);
        self.push(ty);
    }

    /// Gets rid of the topmost operand: stores it in a global or local if there is one for it, else
    /// drops it.
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
