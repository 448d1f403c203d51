//! Rules of blocks, branches and calls.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType as H, BrCast, Encode, Features, LabelIdx, Opcode};

use crate::generator::{BlockKind, CompKind, Frame, Generator, TableInfo, TypeRun};
use crate::ty::Ty;

/// The callee of a call, as the instruction names it.
#[derive(Clone, Copy)]
enum Callee {
    Func(u32),
    /// A reference to the function, which is an operand.
    Reference,
    /// An element of a table: that of `func` in the table for indirect calls, or any element.
    Table {
        table: u32,
        addr: Ty,
        func: Option<u32>,
    },
}

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

    pub(super) fn block(&mut self, opcode: Opcode) -> Option<()> {
        if !self.may_nest() {
            return None;
        }
        let (params, results) = self.some_block_type();
        let (kind, condition): (_, &[Ty]) = match opcode {
            Opcode::Loop => (BlockKind::Loop, &[]),
            Opcode::If => (BlockKind::If, &[Ty::I32]),
            _ => (BlockKind::Block, &[]),
        };
        self.operands_run(params, condition);
        self.op(opcode);
        self.block_type(params, results);
        self.open(kind, params, results);
        if kind == BlockKind::Loop {
            self.use_fuel();
        }
        Some(())
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

    /// Whether any branch may go to a block. Branches to loops are counted if the module has fuel.
    fn is_free(&self, frame: &Frame) -> bool {
        self.fuel.is_none() || frame.kind != BlockKind::Loop
    }

    pub(super) fn frame_of(&self, label: u32) -> Option<&Frame> {
        let place = self.frames.len().checked_sub(1 + label as usize)?;
        self.frames.get(place)
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

    pub(super) fn br(&mut self, opcode: Opcode) -> Option<()> {
        let (label, types) = self.label_with(|_, _| true)?;
        let depth = self.frames.len();
        self.leaving(|this| {
            this.operands_run(types, &[]);
            let more = this.frames.len() - depth;
            this.op_index(opcode, label + more as u32);
        })
    }

    pub(super) fn return_(&mut self, opcode: Opcode) -> Option<()> {
        let results = self.frames.first()?.results;
        self.leaving(|this| {
            this.operands_run(results, &[]);
            this.op(opcode);
        })
    }

    pub(super) fn br_if(&mut self, opcode: Opcode) -> Option<()> {
        let label = self.entropy.below(self.frames.len()) as u32;
        let frame = self.frame_of(label)?;
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
        self.complete(opcode, 0, &[label], None)
    }

    pub(super) fn br_table(&mut self, opcode: Opcode) -> Option<()> {
        let (default, types) = self.label_with(|_, _| true)?;
        let mut labels = Vec::new();
        for _ in 0..self.entropy.below(5) {
            let same = |this: &Self, run: TypeRun| this.types_of(run) == this.types_of(types);
            labels.extend(self.label_with(same).map(|(label, _)| label));
        }
        let depth = self.frames.len();
        self.leaving(|this| {
            this.operands_run(types, &[Ty::I32]);
            this.op_index(opcode, labels.len() as u32);
            let more = (this.frames.len() - depth) as u32;
            labels.iter().for_each(|&label| this.index(label + more));
            this.index(default + more);
        })
    }

    pub(super) fn br_on_null(&mut self, opcode: Opcode) -> Option<()> {
        let (label, types) = self.label_with(|_, _| true)?;
        let ty = match self.top() {
            Some(ty) if ty.is_ref() && types.len == 0 => ty,
            _ => self.some_ref(self.types.len() as u32),
        };
        self.operands_run(types, &[ty]);
        self.push_run(types);
        self.complete(opcode, 0, &[label], Some(ty.nullable(false)))
    }

    pub(super) fn br_on_non_null(&mut self, opcode: Opcode) -> Option<()> {
        let last = |this: &Self, run: TypeRun| this.types_of(run).last().copied();
        let ends_in_ref = |this: &Self, run: TypeRun| last(this, run).is_some_and(Ty::is_ref);
        let (label, types) = self.label_with(ends_in_ref)?;
        let others = TypeRun { len: types.len - 1, ..types };
        self.operands_run(others, &[last(self, types)?.nullable(true)]);
        self.push_run(others);
        self.complete(opcode, 0, &[label], None)
    }

    /// Makes a branch on a cast. Opens a block for the branch to go to, unless a label fits.
    pub(super) fn br_on_cast(&mut self, opcode: Opcode) -> Option<()> {
        let forward = self.types.len() as u32;
        let to = self.some_ref(forward);
        let to = if self.entropy.chance(128) { to.nullable(false) } else { to };
        let top = self.top_of(to);
        if top == Ty::abs(H::Exn, true) {
            return None;
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
            None => return None,
        };
        self.operands(&[from]);
        self.op(opcode);
        let (from, to) = (from.ref_type(), to.ref_type());
        BrCast { label: LabelIdx(label), from, to }.encode(&mut self.code);
        self.push(kept);
        Some(())
    }

    /// Makes `unreachable`. In code that must not trap, it stands in an `if` whose condition is
    /// false.
    pub(super) fn unreachable(&mut self, opcode: Opcode) -> Option<()> {
        if !self.config.no_traps {
            return self.leaving(|this| this.op(opcode));
        }
        self.i32_const(0);
        self.begin_if();
        self.op(opcode);
        self.end_if();
        Some(())
    }

    /// A random function, with its type.
    fn some_func(&mut self) -> Option<(u32, u32)> {
        let func = self.entropy.below(self.funcs.len());
        Some((func as u32, *self.funcs.get(func)?))
    }

    /// Makes `call`, `call_indirect` or `call_ref`.
    pub(super) fn call(&mut self, opcode: Opcode) -> Option<()> {
        let (func, ty) = self.some_func()?;
        let callee = self.callee(opcode, func)?;
        let (params, results) = self.signature(ty);
        self.write_call(opcode, callee, ty, params);
        self.push_run(results);
        Some(())
    }

    /// Makes `return_call`, `return_call_indirect` or `return_call_ref`.
    pub(super) fn return_call(&mut self, opcode: Opcode) -> Option<()> {
        let expected = self.frames.first()?.results;
        let (func, ty, params) = self.entropy.rotation(self.funcs.len()).find_map(|func| {
            let &ty = self.funcs.get(func as usize)?;
            let (params, results) = self.signature(ty);
            self.all_match(results, expected).then_some((func, ty, params))
        })?;
        let callee = self.callee(opcode, func)?;
        self.leaving(|this| this.write_call(opcode, callee, ty, params))
    }

    /// Chooses the callee of a call. Returns `None` if an indirect call finds no table.
    fn callee(&mut self, opcode: Opcode, func: u32) -> Option<Callee> {
        match opcode {
            Opcode::Call | Opcode::ReturnCall => return Some(Callee::Func(func)),
            Opcode::CallRef | Opcode::ReturnCallRef => return Some(Callee::Reference),
            _ => {}
        }
        let any_table = self.risks();
        let fits = |table: &TableInfo| match any_table {
            true => self.matches(table.elem, Ty::FUNCREF),
            false => table.dispatch,
        };
        let table = self.tables.iter().position(fits)?;
        let addr = self.tables.get(table)?.addr;
        Some(Callee::Table { table: table as u32, addr, func: (!any_table).then_some(func) })
    }

    /// Writes a call of a function of type `ty`, with its operands.
    fn write_call(&mut self, opcode: Opcode, callee: Callee, ty: u32, params: TypeRun) {
        match callee {
            Callee::Func(func) => {
                self.operands_run(params, &[]);
                self.op_index(opcode, func);
            }
            Callee::Reference => {
                let reference = Ty::defined(ty, self.risks());
                self.operands_run(params, &[reference]);
                self.op_index(opcode, ty);
            }
            Callee::Table { table, addr, func } => {
                self.operands_run(params, &[]);
                self.index_in_table(addr, func);
                self.op_index(opcode, ty);
                self.index(table);
            }
        }
    }

    /// Writes the index of a function in the table for indirect calls; without a function, any
    /// index.
    fn index_in_table(&mut self, addr: Ty, func: Option<u32>) {
        // The table holds pairs: the function, and the same or another function of its type.
        let first = func.map(|func| i64::from(func) * 2);
        if let Some(first) = first.filter(|_| !self.entropy.chance(128)) {
            let second = i64::from(self.entropy.byte() & 1);
            return self.address_const(addr, first + second);
        }
        self.produce(addr);
        self.pop();
        if let Some(first) = first {
            self.mask(addr, 1);
            self.address_const(addr, first);
            self.address_op(addr, Opcode::I32Or, Opcode::I64Or);
        }
    }

    /// Whether values of array types can be made.
    pub(super) fn has_arrays(&self) -> bool {
        self.has(Features::GC) && self.is_inhabited(Ty::abs(H::Array, false))
    }
}
