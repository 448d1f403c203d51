//! Operands of instructions: taken off the stack if they fit, and made if not.

use wattle_ast::{Features, Opcode};

use crate::choice::by_result;
use crate::generator::{Generator, TypeRun};
use crate::ty::Ty;

/// The maximum nesting of instructions that are made as operands of others.
pub(crate) const MAX_DEPTH: u32 = 2;
/// The mask for addresses near the start of a memory.
const NEAR_MASK: i64 = 0xff;

impl Generator<'_, '_> {
    /// Returns the height of the stack below the operands that may be taken now.
    #[inline(always)]
    pub(crate) fn base(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.height as usize).max(self.floor)
    }

    /// Returns the topmost operand of the innermost block.
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

    /// Takes `count` operands, whose types `want` gives, the deepest first. Uses the operands on
    /// top of the stack as far as they fit, and makes the others.
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

    /// Returns whether a local has a value.
    #[inline(always)]
    fn is_set(&self, local: usize) -> bool {
        let defaultable = self.locals.get(local).is_none_or(|ty| ty.is_defaultable());
        defaultable || local < self.params as usize || self.sets.contains(&(local as u32))
    }

    /// Returns a random local that has a value and fits.
    pub(crate) fn local_with(&mut self, fits: impl Fn(&Self, Ty) -> bool) -> Option<u32> {
        self.entropy.rotation(self.locals.len()).find(|&local| {
            let local = local as usize;
            self.locals.get(local).is_some_and(|&ty| fits(self, ty)) && self.is_set(local)
        })
    }

    /// Returns a local with a value of this type.
    pub(crate) fn local_of(&mut self, ty: Ty) -> Option<u32> {
        self.local_with(|this, local| this.matches(local, ty))
    }

    /// Returns a local that takes a value of this type.
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

    /// Returns a local of this type for an intermediate value.
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

    /// Returns a random global that fits, of the first `count`.
    fn global_with(&mut self, count: usize, fits: impl Fn(&Self, Ty) -> bool) -> Option<u32> {
        let mut order = self.entropy.rotation(count);
        order.find(|&at| self.globals.get(at as usize).is_some_and(|&global| fits(self, global)))
    }

    /// Returns a global with a value of this type. A constant expression can only read some
    /// globals.
    fn global_of(&mut self, ty: Ty) -> Option<u32> {
        let count = match self.constant && !self.has(Features::GC) {
            true => self.imported_globals as usize,
            false => self.globals.len(),
        };
        self.global_with(count, |this, global| {
            this.matches(global.bare(), ty) && !(this.constant && global.is_mutable())
        })
    }

    /// Returns a global that takes a value of this type.
    pub(crate) fn global_for(&mut self, ty: Ty) -> Option<u32> {
        self.global_with(self.globals.len(), |this, global| {
            global.is_mutable() && this.matches(ty, global.bare())
        })
    }

    /// Makes `local.get` of a local with a value of this type. Returns `false` when there is none.
    #[inline(always)]
    pub(crate) fn produce_local(&mut self, ty: Ty) -> bool {
        let local = self.local_of(ty);
        local.and_then(|local| self.complete(Opcode::LocalGet, 0, &[local], Some(ty))).is_some()
    }

    /// Makes `global.get` of a global with a value of this type. Returns `false` when there is
    /// none.
    #[inline(always)]
    pub(crate) fn produce_global(&mut self, ty: Ty) -> bool {
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
                // The operands of the instruction are made too: those on the stack are for another
                // one.
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

    /// Decides whether the next guard against a trap is left out.
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
        // Most addresses are near the start, so that code reads values that other code wrote.
        let mask = if choice & 6 == 0 { mask } else { mask & NEAR_MASK };
        if choice & 1 == 0 || self.constant {
            let value = i64::from(self.entropy.u16()) & mask;
            return self.constant(ty, value);
        }
        self.produce(ty);
        self.mask(ty, mask);
    }

    /// Masks the number on top of the stack.
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
