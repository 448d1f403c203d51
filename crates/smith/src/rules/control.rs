//! Rules of blocks, branches and calls.

use alloc::vec::Vec;

use wattle_ast::{AbsHeapType as H, Encode, Features, Opcode};

use crate::ty::Ty;
use crate::world::{BlockKind, Frame, Gen, Run, Structure};

impl Gen<'_, '_> {
    pub(super) fn may_nest(&self) -> bool {
        self.frames.len() <= self.config.max_nesting as usize
    }

    /// The type of a block: parameters and results.
    pub(super) fn some_block_type(&mut self) -> (Run, Run) {
        match self.entropy.byte() {
            0..100 => (Run::default(), Run::default()),
            100..200 => {
                let ty = self.any_type(self.types.len() as u32, 40);
                (Run::default(), self.add_run(&[ty]))
            }
            _ if self.is_multi_value() => self
                .some_type(Structure::Func)
                .map_or_else(Default::default, |ty| self.signature(ty)),
            _ => (Run::default(), Run::default()),
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

    /// Opens a plain block without parameters.
    pub(super) fn open_block(&mut self, results: &[Ty]) {
        let results = self.add_run(results);
        self.op(Opcode::Block);
        self.block_type(Run::default(), results);
        self.open(BlockKind::Block, Run::default(), results);
    }

    /// What a branch to a block carries.
    fn label_types(frame: &Frame) -> Run {
        if frame.kind == BlockKind::Loop { frame.params } else { frame.results }
    }

    /// Whether any branch may go there: those to loops would have to be counted.
    fn is_free(&self, frame: &Frame) -> bool {
        self.fuel.is_none() || frame.kind != BlockKind::Loop
    }

    fn frame_of(&self, label: u32) -> Option<&Frame> {
        let place = self.frames.len().checked_sub(1 + label as usize)?;
        self.frames.get(place)
    }

    /// A label that any branch may name, with the types it takes.
    fn some_label(&mut self) -> Option<(u32, Run)> {
        let count = self.frames.len() as u32;
        let start = self.entropy.below(count as usize) as u32;
        (start..count).chain(0..start).find_map(|label| {
            let frame = self.frame_of(label).filter(|frame| self.is_free(frame))?;
            Some((label, Self::label_types(frame)))
        })
    }

    /// A free label whose types, the first `skip` aside from the end, fulfil `fits`.
    pub(super) fn label_with(&mut self, fits: impl Fn(&Self, Run) -> bool) -> Option<(u32, Run)> {
        let count = self.frames.len() as u32;
        let start = self.entropy.below(count as usize) as u32;
        (start..count).chain(0..start).find_map(|label| {
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
        self.leaving(|gen_| {
            gen_.operands_run(types, &[]);
            gen_.op(opcode);
            if opcode == Opcode::Br {
                let more = gen_.frames.len() - depth;
                gen_.index(label + more as u32);
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
            let same = |gen_: &Self, run: Run| gen_.run(run) == gen_.run(types);
            labels.extend(self.label_with(same).map(|(label, _)| label));
        }
        let depth = self.frames.len();
        self.leaving(|gen_| {
            gen_.operands_run(types, &[Ty::I32]);
            gen_.op(Opcode::BrTable);
            let more = (gen_.frames.len() - depth) as u32;
            labels.iter_mut().for_each(|label| *label += more);
            gen_.labels(&labels, default + more);
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
        let ends_in_ref = |gen_: &Self, run: Run| run.len > 0 && gen_.at(run, run.len - 1).is_ref();
        let Some((label, types)) = self.label_with(ends_in_ref) else { return false };
        let others = Run { start: types.start, len: types.len - 1 };
        let last = self.at(types, types.len - 1);
        self.operands_run(others, &[last.nullable(true)]);
        self.op_index(Opcode::BrOnNonNull, label);
        self.push_run(others);
        true
    }

    /// Opens a block for the branch to go to, unless there is one.
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
        let fits = |gen_: &Self, run: Run| run.len == 1 && gen_.matches(sent, gen_.at(run, 0));
        let label = match self.label_with(fits) {
            Some((label, _)) => label,
            None if self.may_nest() => {
                self.open_block(&[top]);
                0
            }
            None => return false,
        };
        self.operands(&[from]);
        self.op_index_cast(opcode, label, from, to);
        self.push(kept);
        true
    }

    fn op_index_cast(&mut self, opcode: Opcode, label: u32, from: Ty, to: Ty) {
        self.op(opcode);
        let label = wattle_ast::LabelIdx(label);
        let (from, to) = (from.ref_type(), to.ref_type());
        wattle_ast::BrCast { label, from, to }.encode(&mut self.code);
    }

    /// Mostly it stands where nothing goes.
    pub(super) fn unreachable(&mut self) -> bool {
        if self.config.no_traps {
            self.i32_const(0);
            self.begin_if();
            self.op(Opcode::Unreachable);
            self.end_if();
        } else {
            self.leaving(|gen_| gen_.op(Opcode::Unreachable));
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

    /// Where functions are called indirectly: a table, and a function with its place there. With
    /// traps, any table of functions and any type do.
    fn indirect(&mut self, callee: Option<u32>) -> Option<(u32, u32, Option<u32>)> {
        let func = match callee {
            Some(func) => func,
            None => self.entropy.below(self.funcs.len()) as u32,
        };
        let &ty = self.funcs.get(func as usize)?;
        if self.risks() {
            let funcs = |table: &crate::world::TableInfo| self.matches(table.elem, Ty::FUNCREF);
            let table = self.tables.iter().position(funcs)?;
            return Some((table as u32, ty, None));
        }
        let table = self.tables.iter().position(|table| table.dispatch)?;
        Some((table as u32, ty, Some(func)))
    }

    /// Leaves the place of a function in the table.
    fn place_in(&mut self, table: u32, func: Option<u32>) {
        let addr = self.tables.get(table as usize).map_or(Ty::I32, |table| table.addr);
        let Some(func) = func else {
            self.produce(addr);
            self.pop();
            return;
        };
        // Each function stands there twice, the second time perhaps another one of its type.
        let place = i64::from(func) * 2;
        if self.entropy.chance(128) {
            self.produce(addr);
            self.pop();
            self.mask(addr, 1);
            self.address_const(addr, place);
            self.address_op(addr, Opcode::I32Or, Opcode::I64Or);
        } else {
            let which = i64::from(self.entropy.byte() & 1);
            self.address_const(addr, place + which);
        }
    }

    pub(super) fn call_indirect(&mut self) -> bool {
        let Some((table, ty, func)) = self.indirect(None) else { return false };
        let (params, results) = self.signature(ty);
        self.operands_run(params, &[]);
        self.place_in(table, func);
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
        let expected = self.frames.first().map_or(Run::default(), |frame| frame.results);
        let count = self.funcs.len();
        let start = self.entropy.below(count);
        let fits = |&func: &usize| {
            let ty = self.funcs.get(func).copied().unwrap_or(0);
            self.all_match(self.signature(ty).1, expected)
        };
        let Some(func) = (start..count).chain(0..start).find(fits) else { return false };
        let Some(&ty) = self.funcs.get(func) else { return false };
        let (params, _) = self.signature(ty);
        let indirect = match opcode {
            Opcode::ReturnCallIndirect => match self.indirect(Some(func as u32)) {
                Some(indirect) => Some(indirect),
                None => return false,
            },
            _ => None,
        };
        self.leaving(|gen_| match (opcode, indirect) {
            (Opcode::ReturnCallIndirect, Some((table, _, func))) => {
                gen_.operands_run(params, &[]);
                gen_.place_in(table, func);
                gen_.op_index(opcode, ty);
                gen_.index(table);
            }
            (Opcode::ReturnCallRef, _) => {
                let reference = Ty::defined(ty, gen_.risks());
                gen_.operands_run(params, &[reference]);
                gen_.op_index(opcode, ty);
            }
            _ => {
                gen_.operands_run(params, &[]);
                gen_.op_index(opcode, func as u32);
            }
        });
        true
    }

    /// Whether struct or array types of this kind exist that a value can be made of.
    pub(super) fn has_arrays(&self) -> bool {
        self.has(Features::GC) && self.is_inhabited(Ty::abs(H::Array, false))
    }
}
