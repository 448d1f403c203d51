//! The operand stack at translation time, and the emission of operations.

use super::Translator;
use crate::code::{Code, Function, Op, Slot, WINDOW};
use crate::trap::{Broken, Failure, Trap};

/// The place of an operand's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// In the home of the operand.
    Home,
    /// In a local.
    Local(Slot),
    /// Nowhere: the value is this constant.
    Const(u64),
}

/// An operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) place: Place,
    /// The slot that belongs to its place on the stack.
    pub(super) home: Slot,
    /// Whether it is a vector, which takes two slots.
    pub(super) wide: bool,
}

/// The most operands that stay in locals, which bounds the search when a local changes.
const IN_LOCALS: usize = 64;

impl Translator<'_> {
    pub(super) fn emit_op(&mut self, op: Op) {
        let Function { ops, offsets, .. } = &mut self.code;
        if ops.try_reserve(1).is_err() || offsets.try_reserve(1).is_err() {
            self.is_full = true;
            return;
        }
        ops.push(op);
        offsets.push(self.offset);
    }

    pub(super) fn emit(&mut self, code: Code, a: Slot, b: Slot, c: Slot, imm: u64) {
        self.emit_op(Op::new(code, a, b, c, imm));
    }

    /// The position of the next operation as a label, so that earlier operations are not changed
    /// any more.
    pub(super) fn label(&mut self) -> u32 {
        self.barrier = self.code.ops.len();
        self.fuel = None;
        self.code.ops.len() as u32
    }

    /// The first slot above the operands.
    pub(super) fn top(&self) -> u32 {
        match self.stack.last() {
            Some(operand) => u32::from(operand.home) + if operand.wide { 2 } else { 1 },
            None => self.locals_end,
        }
    }

    /// Pushes an operand. Returns its home.
    pub(super) fn push(&mut self, place: Place, wide: bool) -> Result<Slot, Failure> {
        let home = self.top();
        let end = home + if wide { 2 } else { 1 };
        if end as usize >= WINDOW {
            return Err(Trap::FrameTooLarge.into());
        }
        self.code.slots = self.code.slots.max(end);
        if matches!(place, Place::Local(_)) {
            self.in_locals.push(self.stack.len());
        }
        self.stack.push(Operand { place, home: home as Slot, wide });
        if self.in_locals.len() > IN_LOCALS {
            self.settle_locals();
        }
        Ok(home as Slot)
    }

    /// Pushes an operand whose value an operation puts into its home.
    pub(super) fn push_home(&mut self, wide: bool) -> Result<Slot, Failure> {
        self.push(Place::Home, wide)
    }

    /// The place on the stack of the deepest of the topmost `count` operands, which must belong to
    /// the innermost block.
    fn place_below(&self, count: usize) -> Result<usize, Broken> {
        let floor = self.blocks.last().map_or(0, |block| block.height);
        let place = self.stack.len().checked_sub(count).filter(|&place| place >= floor);
        place.ok_or(Broken::Operands)
    }

    pub(super) fn last_operand(&self) -> Result<Operand, Broken> {
        self.stack.last().copied().ok_or(Broken::Operands)
    }

    pub(super) fn pop(&mut self) -> Result<Operand, Broken> {
        self.place_below(1)?;
        let operand = self.stack.pop().ok_or(Broken::Operands)?;
        if self.in_locals.last() == Some(&self.stack.len()) {
            self.in_locals.pop();
        }
        Ok(operand)
    }

    /// Drops all operands from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.stack.truncate(len);
        while self.in_locals.last().is_some_and(|&at| at >= len) {
            self.in_locals.pop();
        }
    }

    /// The slot that holds an operand. A constant is put into its home first.
    pub(super) fn slot(&mut self, operand: Operand) -> Slot {
        match operand.place {
            Place::Home => operand.home,
            Place::Local(slot) => slot,
            Place::Const(value) => {
                self.emit(Code::Const, operand.home, 0, 0, value);
                operand.home
            }
        }
    }

    /// Pushes an operand again after its value was put into a slot.
    pub(super) fn push_again(&mut self, operand: Operand) -> Result<Slot, Failure> {
        let is_constant = matches!(operand.place, Place::Const(_));
        self.push(if is_constant { Place::Home } else { operand.place }, operand.wide)
    }

    /// Pops an operand. Returns the slot that holds it.
    pub(super) fn pop_slot(&mut self) -> Result<Slot, Failure> {
        let operand = self.pop()?;
        Ok(self.slot(operand))
    }

    /// Puts the value of an operand into a slot.
    pub(super) fn put(&mut self, operand: Operand, slot: Slot) {
        match operand.place {
            Place::Const(value) => self.emit(Code::Const, slot, 0, 0, value),
            Place::Home => self.copy(slot, operand.home, operand.wide),
            Place::Local(local) => self.copy(slot, local, operand.wide),
        }
    }

    fn copy(&mut self, to: Slot, from: Slot, wide: bool) {
        if from != to {
            self.emit(if wide { Code::Copy2 } else { Code::Copy }, to, from, 0, 0);
        }
    }

    fn settle(&mut self, at: usize) {
        let Some(&operand) = self.stack.get(at) else { return };
        if operand.place != Place::Home {
            self.put(operand, operand.home);
            if let Some(operand) = self.stack.get_mut(at) {
                operand.place = Place::Home;
            }
        }
    }

    /// Puts the topmost `count` operands into their homes. Returns the slot of the first.
    pub(super) fn settle_top(&mut self, count: usize) -> Result<Slot, Failure> {
        let from = self.place_below(count)?;
        for at in from..self.stack.len() {
            self.settle(at);
        }
        while self.in_locals.last().is_some_and(|&at| at >= from) {
            self.in_locals.pop();
        }
        Ok(self.stack.get(from).map_or_else(|| self.top() as Slot, |operand| operand.home))
    }

    /// Puts every operand that is in a local into its home.
    pub(super) fn settle_locals(&mut self) {
        for at in core::mem::take(&mut self.in_locals) {
            self.settle(at);
        }
    }

    /// Puts every operand that is in local `slot` into its home, because the local is about to
    /// change. Returns whether there was any.
    pub(super) fn settle_local(&mut self, slot: Slot) -> bool {
        let before = self.in_locals.len();
        let mut places = core::mem::take(&mut self.in_locals);
        places.retain(|&at| {
            let hit = self.stack.get(at).is_some_and(|o| o.place == Place::Local(slot));
            if hit {
                self.settle(at);
            }
            !hit
        });
        self.in_locals = places;
        self.in_locals.len() != before
    }

    /// The last operation, if all it did was put a value into the operand's home, and no branch
    /// goes behind it.
    pub(super) fn last_into(&mut self, operand: Operand) -> Option<&mut Op> {
        if operand.place != Place::Home || self.code.ops.len() <= self.barrier {
            return None;
        }
        self.code.ops.last_mut().filter(|op| op.a == operand.home && op.code.writes_a())
    }
}
