//! Rules of blocks, branches and calls.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType as H, BrCast, Encode, Features, LabelIdx, Opcode};

use crate::generator::{BlockKind, CompKind, Frame, Generator, TableInfo, TypeRun};
use crate::ty::Ty;

impl Generator<'_, '_> {
    pub(super) fn may_nest(&self) -> bool {
        self.frames.len() <= self.config.max_nesting as usize
    }

    /// Parameters and results of a block.
    pub(super) fn some_block_type(&mut self) -> (TypeRun, TypeRun) {
        match self.entropy.byte() {
            0..100 => Default::default(),
            100..200 => {
                let ty = self.any_type(self.types.len() as u32, 40);
                (TypeRun::default(), self.add_run(&[ty]))
            }
            _ if self.is_multi_value() => {
                self.some_type(CompKind::Func).map(|ty| self.signature(ty)).unwrap_or_default()
            }
            _ => Default::default(),
        }
    }

    pub(super) fn block(&mut self, opcode: Opcode) -> bool {
        if !self.may_nest() {
            return false;
        }
        let (params, results) = self.some_block_type();
        let kind = match opcode {
            Opcode::Loop => BlockKind::Loop,
            Opcode::If => BlockKind::If,
            _ => BlockKind::Block,
        };
        let condition: &[Ty] = if kind == BlockKind::If { &[Ty::I32] } else { &[] };
        self.operands_run(params, condition);
        self.op(opcode);
        self.block_type(params, results);
        self.open(kind, params, results);
        if kind == BlockKind::Loop {
            self.use_fuel();
        }
        true
    }

    /// Opens a `block` without parameters.
    pub(super) fn open_block(&mut self, results: &[Ty]) {
        let results = self.add_run(results);
        self.op(Opcode::Block);
        self.block_type(TypeRun::default(), results);
        self.open(BlockKind::Block, TypeRun::default(), results);
    }

    /// The types of the operands of a branch to a block.
    fn label_types(frame: &Frame) -> TypeRun {
        if frame.kind == BlockKind::Loop { frame.params } else { frame.results }
    }

    /// Whether any branch may go to a block. Branches to loops are counted, if anything bounds
    /// them.
    fn is_free(&self, frame: &Frame) -> bool {
        self.fuel.is_none() || frame.kind != BlockKind::Loop
    }

    fn frame_of(&self, label: u32) -> Option<&Frame> {
        let place = self.frames.len().checked_sub(1 + label as usize)?;
        self.frames.get(place)
    }

    /// A random label that any branch may name, with the types of its operands.
    fn some_label(&mut self) -> Option<(u32, TypeRun)> {
        self.label_with(|_, _| true)
    }

    /// A random label that any branch may name and whose operand types fit, with these types.
    pub(super) fn label_with(
        &mut self,
        fits: impl Fn(&Self, TypeRun) -> bool,
    ) -> Option<(u32, TypeRun)> {
        self.entropy.rotation(self.frames.len()).find_map(|label| {
            let frame = self.frame_of(label).filter(|frame| self.is_free(frame))?;
            let types = Self::label_types(frame);
            fits(self, types).then_some((label, types))
        })
    }

    /// `br` and `return`.
    pub(super) fn br(&mut self, opcode: Opcode) -> bool {
        let outermost = self.frames.len() as u32 - 1;
        let Some((label, types)) = (match opcode {
            Opcode::Br => self.some_label(),
            _ => self.frames.first().map(|frame| (outermost, frame.results)),
        }) else {
            return false;
        };
        let depth = self.frames.len();
        self.leaving(|this| {
            this.operands_run(types, &[]);
            this.op(opcode);
            if opcode == Opcode::Br {
                let more = this.frames.len() - depth;
                this.index(label + more as u32);
            }
        });
        true
    }

    pub(super) fn br_if(&mut self) -> bool {
        let label = self.entropy.below(self.frames.len()) as u32;
        let Some(frame) = self.frame_of(label) else { return false };
        let types = Self::label_types(frame);
        let counted = !self.is_free(frame);
        self.operands_run(types, &[]);
        self.push_run(types);
        let floor = core::mem::replace(&mut self.floor, self.stack.len());
        self.condition();
        self.floor = floor;
        if counted {
            self.guard_repetition();
        }
        self.op_index(Opcode::BrIf, label);
        true
    }

    pub(super) fn br_table(&mut self) -> bool {
        let Some((default, types)) = self.some_label() else { return false };
        let mut labels = Vec::new();
        for _ in 0..self.entropy.below(5) {
            let same = |this: &Self, run: TypeRun| this.types_of(run) == this.types_of(types);
            labels.extend(self.label_with(same).map(|(label, _)| label));
        }
        let depth = self.frames.len();
        self.leaving(|this| {
            this.operands_run(types, &[Ty::I32]);
            this.op(Opcode::BrTable);
            let more = (this.frames.len() - depth) as u32;
            labels.iter_mut().for_each(|label| *label += more);
            this.labels(&labels, default + more);
        });
        true
    }

    pub(super) fn br_on_null(&mut self) -> bool {
        let Some((label, types)) = self.some_label() else { return false };
        let ty = match self.top() {
            Some(ty) if ty.is_ref() && types.len == 0 => ty,
            _ => self.some_ref(self.types.len() as u32),
        };
        self.operands_run(types, &[ty]);
        self.op_index(Opcode::BrOnNull, label);
        self.push_run(types);
        self.push(ty.nullable(false));
        true
    }

    pub(super) fn br_on_non_null(&mut self) -> bool {
        let ends_in_ref =
            |this: &Self, run: TypeRun| run.len > 0 && this.type_at(run, run.len - 1).is_ref();
        let Some((label, types)) = self.label_with(ends_in_ref) else { return false };
        let others = TypeRun { start: types.start, len: types.len - 1 };
        let last = self.type_at(types, types.len - 1);
        self.operands_run(others, &[last.nullable(true)]);
        self.op_index(Opcode::BrOnNonNull, label);
        self.push_run(others);
        true
    }

    /// Opens a block for the branch to go to, unless a label fits.
    pub(super) fn br_on_cast(&mut self, opcode: Opcode) -> bool {
        let forward = self.types.len() as u32;
        let to = self.some_ref(forward);
        let to = if self.entropy.chance(128) { to.nullable(false) } else { to };
        let top = self.top_of(to);
        if top == Ty::abs(H::Exn, true) {
            return false;
        }
        let from = match self.top() {
            Some(ty) if self.matches(to, ty) && self.is_made_of_something(ty) => ty,
            _ => top,
        };
        let rest = if to.is_nullable() { from.nullable(false) } else { from };
        let (sent, kept) = if opcode == Opcode::BrOnCast { (to, rest) } else { (rest, to) };
        let fits =
            |this: &Self, run: TypeRun| run.len == 1 && this.matches(sent, this.type_at(run, 0));
        let label = match self.label_with(fits) {
            Some((label, _)) => label,
            None if self.may_nest() => {
                self.open_block(&[top]);
                0
            }
            None => return false,
        };
        self.operands(&[from]);
        self.op(opcode);
        let (from, to) = (from.ref_type(), to.ref_type());
        BrCast { label: LabelIdx(label), from, to }.encode(&mut self.code);
        self.push(kept);
        true
    }

    /// In code that must not trap, it stands in an `if` whose condition is false.
    pub(super) fn unreachable(&mut self) -> bool {
        if self.config.no_traps {
            self.i32_const(0);
            self.begin_if();
            self.op(Opcode::Unreachable);
            self.end_if();
        } else {
            self.leaving(|this| this.op(Opcode::Unreachable));
        }
        true
    }

    pub(super) fn call(&mut self) -> bool {
        let func = self.entropy.below(self.funcs.len());
        let Some(&ty) = self.funcs.get(func) else { return false };
        let (params, results) = self.signature(ty);
        self.operands_run(params, &[]);
        self.op_index(Opcode::Call, func as u32);
        self.push_run(results);
        true
    }

    /// The table, the type and the function of an indirect call. In code that may trap, sometimes
    /// any table of functions, without a function.
    fn indirect(&mut self, callee: Option<u32>) -> Option<(u32, u32, Option<u32>)> {
        let func = match callee {
            Some(func) => func,
            None => self.entropy.below(self.funcs.len()) as u32,
        };
        let &ty = self.funcs.get(func as usize)?;
        let any_table = self.risks();
        let fits = |table: &TableInfo| match any_table {
            true => self.matches(table.elem, Ty::FUNCREF),
            false => table.dispatch,
        };
        let table = self.tables.iter().position(fits)? as u32;
        Some((table, ty, if any_table { None } else { Some(func) }))
    }

    /// Writes the index of a function in the table for indirect calls; any index without a
    /// function.
    fn index_in(&mut self, table: u32, func: Option<u32>) {
        let addr = self.tables.get(table as usize).map_or(Ty::I32, |table| table.addr);
        let Some(func) = func else {
            self.produce(addr);
            self.pop();
            return;
        };
        // The table holds pairs: the function, and the same or another function of its type.
        let first = i64::from(func) * 2;
        if self.entropy.chance(128) {
            self.produce(addr);
            self.pop();
            self.mask(addr, 1);
            self.address_const(addr, first);
            self.address_op(addr, Opcode::I32Or, Opcode::I64Or);
        } else {
            let second = i64::from(self.entropy.byte() & 1);
            self.address_const(addr, first + second);
        }
    }

    pub(super) fn call_indirect(&mut self) -> bool {
        let Some((table, ty, func)) = self.indirect(None) else { return false };
        let (params, results) = self.signature(ty);
        self.operands_run(params, &[]);
        self.index_in(table, func);
        self.op_index(Opcode::CallIndirect, ty);
        self.index(table);
        self.push_run(results);
        true
    }

    pub(super) fn call_ref(&mut self) -> bool {
        let func = self.entropy.below(self.funcs.len());
        let Some(&ty) = self.funcs.get(func) else { return false };
        let (params, results) = self.signature(ty);
        let reference = Ty::defined(ty, self.risks());
        self.operands_run(params, &[reference]);
        self.op_index(Opcode::CallRef, ty);
        self.push_run(results);
        true
    }

    pub(super) fn return_call(&mut self, opcode: Opcode) -> bool {
        let expected = self.frames.first().map_or(TypeRun::default(), |frame| frame.results);
        let fitting = self.entropy.rotation(self.funcs.len()).find_map(|func| {
            let &ty = self.funcs.get(func as usize)?;
            let (params, results) = self.signature(ty);
            self.all_match(results, expected).then_some((func, ty, params))
        });
        let Some((func, ty, params)) = fitting else { return false };
        let indirect = match opcode {
            Opcode::ReturnCallIndirect => self.indirect(Some(func)),
            _ => None,
        };
        if opcode == Opcode::ReturnCallIndirect && indirect.is_none() {
            return false;
        }
        self.leaving(|this| match (opcode, indirect) {
            (Opcode::ReturnCallIndirect, Some((table, _, func))) => {
                this.operands_run(params, &[]);
                this.index_in(table, func);
                this.op_index(opcode, ty);
                this.index(table);
            }
            (Opcode::ReturnCallRef, _) => {
                let reference = Ty::defined(ty, this.risks());
                this.operands_run(params, &[reference]);
                this.op_index(opcode, ty);
            }
            _ => {
                this.operands_run(params, &[]);
                this.op_index(opcode, func);
            }
        });
        true
    }

    /// Whether values of array types can be made.
    pub(super) fn has_arrays(&self) -> bool {
        self.has(Features::GC) && self.is_inhabited(Ty::abs(H::Array, false))
    }
}
