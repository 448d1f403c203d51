//! Makes function bodies: the loop of steps, and the beginnings and ends of blocks.
//!
//! Open blocks are a list; nothing here is recursive. The ends of blocks are reachable as far as
//! possible: an instruction that branches away stands in an `if` of its own.

use alloc::vec::Vec;

use wattle_ast::{BlockType, Body, Class, Encode, Expr, Features, Func, Opcode, TypeIdx, leb128};

use crate::Weights;
use crate::choice::{by_class, by_operands};
use crate::generator::{BlockKind, CompKind, Frame, Generator, TypeDef, TypeRun};
use crate::ty::Ty;

/// The most operands of a block. A block with more drops some of them.
const MAX_OPERANDS: usize = 10;

impl Generator<'_, '_> {
    /// Prepares the choice of classes. A class whose instructions need something that the module
    /// lacks is never chosen.
    pub(crate) fn weigh(&mut self) {
        let weight = |class: Class| {
            let present = match class {
                Class::Table => !self.tables.is_empty(),
                Class::Memory => !self.memories.is_empty(),
                Class::Atomic => !self.memories.is_empty() && self.has(Features::THREADS),
                Class::Vector => self.has(Features::SIMD),
                Class::Aggregate => self.has(Features::GC),
                Class::Reference => self.has(Features::REFERENCE_TYPES),
                _ => true,
            };
            if present { u32::from(self.config.weights.of(class)) } else { 0 }
        };
        let total: u32 = Weights::CLASSES.iter().map(|&class| weight(class)).sum();
        let mut slots = [Class::Numeric; 64];
        let (mut start, mut sum) = (0, 0);
        for &class in Weights::CLASSES {
            sum += weight(class);
            let end = (64 * sum).div_ceil(total.max(1)) as usize;
            slots.get_mut(start..end).unwrap_or_default().fill(class);
            start = end;
        }
        self.slots = slots;
    }

    /// Makes the code of a function of this type.
    pub(crate) fn make_body(&mut self, ty: u32) {
        let (params, results) = self.signature(ty);
        self.begin_body(params);
        let most = self.config.max_locals as usize;
        for _ in 0..self.entropy.below(most + 1) {
            let ty = self.any_type(self.types.len() as u32, 90);
            self.locals.push(ty);
        }
        self.open(BlockKind::Func, TypeRun::default(), results);
        if let Some(frame) = self.frames.last_mut() {
            frame.budget = u16::MAX;
        }
        self.enter_function();
        let mut steps = self.config.max_instructions;
        while let Some(frame) = self.frames.last_mut() {
            if steps == 0 || frame.budget == 0 || self.entropy.is_empty() {
                self.close();
            } else {
                steps -= 1;
                frame.budget -= 1;
                self.step();
            }
        }
    }

    /// Starts a body or an expression with these parameters.
    pub(crate) fn begin_body(&mut self, params: TypeRun) {
        self.code.clear();
        self.stack.clear();
        self.frames.clear();
        self.locals.clear();
        self.sets.clear();
        self.depth = 0;
        self.locals.extend(self.type_pool.get(params.range()).unwrap_or_default());
        self.params = params.len;
    }

    /// Adds a function of this type. Its body is made of the current locals and code.
    pub(crate) fn add_func(&mut self, ty: u32) {
        let locals = self.locals.get(self.params as usize..).unwrap_or_default();
        let mut runs: Vec<u8> = Vec::with_capacity(self.code.len() + 2 * locals.len() + 8);
        let count = locals.chunk_by(|a, b| a == b).count();
        leb128::write_u32(&mut runs, count as u32);
        for run in locals.chunk_by(|a, b| a == b) {
            leb128::write_u32(&mut runs, run.len() as u32);
            run.first().copied().unwrap_or(Ty::I32).val_type().encode(&mut runs);
        }
        runs.extend_from_slice(&self.code);
        let body = Body::from_bytes(runs).unwrap_or_default();
        self.module.funcs.push(Func { ty: TypeIdx(ty), body });
    }

    /// Makes a constant expression of this type.
    pub(crate) fn constant_expr(&mut self, ty: Ty) -> Expr<'static> {
        self.begin_body(TypeRun::default());
        self.constant = true;
        self.produce(ty);
        self.constant = false;
        self.finish_expr()
    }

    /// The expression that was made.
    pub(crate) fn finish_expr(&mut self) -> Expr<'static> {
        self.op(Opcode::End);
        Expr::new(self.code.as_slice()).into_owned()
    }

    /// Opens a block. Its parameters were taken off the stack and are pushed again as its own.
    pub(crate) fn open(&mut self, kind: BlockKind, params: TypeRun, results: TypeRun) {
        let budget = 2 + self.entropy.below(14) as u16;
        let outer = self.frames.last().is_some_and(|frame| frame.protected);
        self.frames.push(Frame {
            kind,
            params,
            results,
            height: self.stack.len() as u32,
            sets: self.sets.len() as u32,
            budget,
            dead: false,
            protected: outer,
        });
        self.push_run(params);
    }

    /// Writes the type of a block. A block type with parameters or several results is a type of the
    /// module, which is added when the module lacks it.
    pub(crate) fn block_type(&mut self, params: TypeRun, results: TypeRun) {
        match (params.len, results.len) {
            (0, 0) => BlockType::Empty.encode(&mut self.code),
            (0, 1) => self.type_at(results, 0).val_type().encode(&mut self.code),
            _ => {
                let is_same = |def: &TypeDef| {
                    def.kind == CompKind::Func && def.params == params && def.results == results
                };
                let index = match self.types.iter().position(is_same) {
                    Some(index) => index as u32,
                    None => self.add_func_type(params, results),
                };
                BlockType::Type(index.into()).encode(&mut self.code);
            }
        }
    }

    /// Writes the start of a function, which returns at once when the fuel is used up.
    fn enter_function(&mut self) {
        let Some(fuel) = self.fuel else { return };
        self.op_index(Opcode::GlobalGet, fuel);
        self.i32_const(0);
        self.op(Opcode::I32LeS);
        self.op(Opcode::If);
        BlockType::Empty.encode(&mut self.code);
        let results = self.frames.last().map_or(TypeRun::default(), |frame| frame.results);
        for place in 0..results.len {
            let ty = self.type_at(results, place);
            self.produce_leaf(ty);
        }
        self.take(results.len as usize);
        self.op(Opcode::Return);
        self.op(Opcode::End);
        self.use_fuel();
    }

    /// Writes the decrement of the fuel, if the module has fuel.
    pub(crate) fn use_fuel(&mut self) {
        let Some(fuel) = self.fuel else { return };
        self.op_index(Opcode::GlobalGet, fuel);
        self.i32_const(1);
        self.op(Opcode::I32Sub);
        self.op_index(Opcode::GlobalSet, fuel);
    }

    /// Makes the condition on top of the stack false when the fuel is used up.
    pub(crate) fn guard_repetition(&mut self) {
        let Some(fuel) = self.fuel else { return };
        self.i32_const(0);
        self.op_index(Opcode::GlobalGet, fuel);
        self.op(Opcode::I32LtS);
        self.op(Opcode::I32And);
    }

    /// Makes one choice: an instruction, or a few that belong together.
    #[inline(always)]
    fn step(&mut self) {
        let base = self.base();
        let (second, top) = match self.stack.get(base..).unwrap_or_default() {
            [] => (0, 0),
            [top] => (0, top.operand_class()),
            [rest @ .., second, top] => {
                if rest.len() + 2 > MAX_OPERANDS {
                    return self.dispose();
                }
                (second.operand_class(), top.operand_class())
            }
        };
        for _ in 0..3 {
            let choice = self.entropy.byte();
            let class = self.slots.get(usize::from(choice & 63)).copied().unwrap_or(Class::Numeric);
            let mut list = by_operands(class, second, top);
            if choice < 64 || list.is_empty() {
                list = by_class(class);
            }
            let Some(opcode) = self.entropy.pick(list) else { continue };
            if self.instruction(opcode).is_some() {
                return;
            }
        }
        let ty = self.number_type();
        self.produce(ty);
    }

    /// Makes an instruction with everything that it needs. `None` when it is not allowed, or the
    /// module has no use for it.
    #[inline(always)]
    pub(crate) fn instruction(&mut self, opcode: Opcode) -> Option<()> {
        if !self.allowed.contains(opcode) {
            return None;
        }
        if opcode.info().arrow.is_some() { self.arrow(opcode) } else { self.special(opcode) }
    }

    /// Whether the operands of the innermost block are a prefix of `results`.
    fn is_prefix_of(&self, results: TypeRun) -> bool {
        let have = self.stack.get(self.base()..).unwrap_or_default();
        have.len() <= results.len as usize
            && have
                .iter()
                .enumerate()
                .all(|(place, &ty)| self.matches(ty, self.type_at(results, place as u32)))
    }

    /// Leaves exactly these operands in the innermost block, and then takes them off the stack.
    pub(crate) fn settle(&mut self, results: TypeRun) {
        while !self.is_prefix_of(results) {
            self.dispose();
        }
        let have = self.stack.len() - self.base().min(self.stack.len());
        for place in have as u32..results.len {
            let ty = self.type_at(results, place);
            self.produce(ty);
        }
        let base = self.base();
        self.stack.truncate(base);
    }

    /// Ends the innermost block, or this part of it.
    fn close(&mut self) {
        let Some(frame) = self.frames.last().copied() else { return };
        match frame.kind {
            BlockKind::Loop => self.repeat(&frame),
            BlockKind::If => return self.close_if(&frame),
            BlockKind::Try { catches } | BlockKind::Catch { catches } => {
                return self.close_try(&frame, catches);
            }
            BlockKind::TryDelegate { label } => {
                self.settle(frame.results);
                self.op_index(Opcode::Delegate, label);
                return self.leave(&frame);
            }
            _ => {}
        }
        self.settle(frame.results);
        self.op(Opcode::End);
        self.leave(&frame);
    }

    /// Removes the innermost block. Its results were taken off the stack and are pushed again for
    /// the outer block.
    fn leave(&mut self, frame: &Frame) {
        self.sets.truncate(frame.sets as usize);
        self.frames.pop();
        if !self.frames.is_empty() {
            self.push_run(frame.results);
        }
    }

    /// Perhaps makes a branch back to the start of a loop.
    fn repeat(&mut self, frame: &Frame) {
        if self.entropy.chance(60) || frame.dead {
            return;
        }
        self.operands_run(frame.params, &[]);
        self.push_run(frame.params);
        self.produce(Ty::I32);
        self.pop();
        self.guard_repetition();
        self.op_index(Opcode::BrIf, 0);
    }

    /// Begins another part of the innermost block.
    fn part(&mut self, frame: &Frame, kind: BlockKind, protected: bool) {
        self.sets.truncate(frame.sets as usize);
        let budget = 1 + self.entropy.below(10) as u16;
        if let Some(last) = self.frames.last_mut() {
            *last = Frame { kind, budget, dead: false, protected, ..*frame };
        }
    }

    fn close_if(&mut self, frame: &Frame) {
        self.settle(frame.results);
        if self.entropy.chance(110) || !self.all_match(frame.params, frame.results) {
            self.op(Opcode::Else);
            self.part(frame, BlockKind::Else, frame.protected);
            self.push_run(frame.params);
        } else {
            self.op(Opcode::End);
            self.leave(frame);
        }
    }

    /// Begins the next clause of a legacy `try`; the last is `catch_all`.
    fn close_try(&mut self, frame: &Frame, catches: u8) {
        self.settle(frame.results);
        let depth = self.frames.len();
        let outer = depth >= 2 && self.frames.get(depth - 2).is_some_and(|frame| frame.protected);
        let tag = if catches > 0 { self.some_tag() } else { None };
        match tag {
            Some(tag) => {
                self.op_index(Opcode::Catch, tag);
                self.part(frame, BlockKind::Catch { catches: catches - 1 }, outer);
                self.push_run(self.tag_params(tag));
            }
            None => {
                self.op(Opcode::CatchAll);
                self.part(frame, BlockKind::CatchAll, outer);
            }
        }
    }

    /// Makes an `if` whose body branches away; `leave` makes the branch. In code that may trap, the
    /// branch sometimes stands alone, and the code behind it is unreachable.
    pub(crate) fn leaving(&mut self, leave: impl FnOnce(&mut Self)) -> Option<()> {
        if !self.config.no_traps && self.entropy.chance(40) {
            leave(self);
            let base = self.base();
            self.stack.truncate(base);
            let frame = self.frames.last_mut()?;
            frame.dead = true;
            frame.budget = frame.budget.min(3);
        } else {
            self.condition();
            self.begin_if();
            leave(self);
            self.end_if();
        }
        Some(())
    }

    /// Opens an `if` without parameters and results. Its condition was taken off the stack.
    pub(crate) fn begin_if(&mut self) {
        self.op(Opcode::If);
        BlockType::Empty.encode(&mut self.code);
        self.open(BlockKind::If, TypeRun::default(), TypeRun::default());
    }

    /// Ends the `if` that `begin_if` opened, whose end is unreachable whatever its operands are.
    pub(crate) fn end_if(&mut self) {
        let base = self.base();
        self.stack.truncate(base);
        self.op(Opcode::End);
        if let Some(frame) = self.frames.pop() {
            self.sets.truncate(frame.sets as usize);
        }
    }

    /// Writes a condition that is rarely true. It does not count as an operand.
    pub(crate) fn condition(&mut self) {
        let choice = self.entropy.byte();
        match choice {
            0..24 => self.i32_const(i32::from(choice & 1)),
            24..60 => {
                self.operands(&[Ty::I32]);
                self.op(Opcode::I32Eqz);
            }
            60..80 => self.operands(&[Ty::I32]),
            _ => {
                self.operands(&[Ty::I32]);
                self.i32_const(i32::from(choice) - 100);
                self.op(Opcode::I32Eq);
            }
        }
    }

    /// Whether functions and blocks may have several results, and blocks parameters.
    pub(crate) fn is_multi_value(&self) -> bool {
        self.has(Features::MULTI_VALUE)
    }
}
